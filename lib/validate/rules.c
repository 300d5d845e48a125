#include "validate/rules.h"

#include <string.h>

#define N CTRACE_EFFECT_NONE
#define D CTRACE_EFFECT_DEGRADE
#define A CTRACE_EFFECT_ABORT
#define R CTRACE_EFFECT_REFUSE
#define EFFECTS(...) {__VA_ARGS__}

const ctrace_rule ctr_rules[CTR_RULE_COUNT] = {
#define RULE(name, id, severity, effects, summary, explanation) \
    {id, CTRACE_SEVERITY_##severity, summary, explanation, EFFECTS effects},
#include "validate/rules.def"
#undef RULE
};

#undef N
#undef D
#undef A
#undef R

const uint8_t ctr_leniency_rules[CTRACE_LENIENCY_COUNT] = {
    [CTRACE_LENIENCY_FLOAT_NUMBER] = CTR_RULE_FLOAT_NUMBER,
    [CTRACE_LENIENCY_FLOAT_NULL] = CTR_RULE_FLOAT_NULL,
    [CTRACE_LENIENCY_INT_TEXT] = CTR_RULE_INT_TEXT,
    [CTRACE_LENIENCY_INT_BIG] = CTR_RULE_INT_BIG,
    [CTRACE_LENIENCY_INT_MINUS_ZERO] = CTR_RULE_INT_MINUS_ZERO,
    [CTRACE_LENIENCY_LIST_NULL] = CTR_RULE_LIST_NULL,
    [CTRACE_LENIENCY_VALUE_NULL] = CTR_RULE_VALUE_NULL,
    [CTRACE_LENIENCY_TEXT_NULL] = CTR_RULE_TEXT_NULL,
    [CTRACE_LENIENCY_TYPE_INFO_NULL] = CTR_RULE_TYPE_INFO_NULL,
    [CTRACE_LENIENCY_FIELD_MISSING] = CTR_RULE_FIELD_MISSING,
    [CTRACE_LENIENCY_FIELD_UNKNOWN] = CTR_RULE_FIELD_UNKNOWN,
    [CTRACE_LENIENCY_FIELD_TWICE] = CTR_RULE_FIELD_TWICE,
    [CTRACE_LENIENCY_RECORD_AS_LIST] = CTR_RULE_RECORD_AS_LIST,
    [CTRACE_LENIENCY_UNIT_AS_OBJECT] = CTR_RULE_UNIT_AS_OBJECT,
    [CTRACE_LENIENCY_RVALUE_OLD] = CTR_RULE_RVALUE_OLD,
    [CTRACE_LENIENCY_KIND_AS_NAME] = CTR_RULE_KIND_AS_NAME,
    [CTRACE_LENIENCY_KIND_UNKNOWN] = CTR_RULE_KIND_UNKNOWN,
    [CTRACE_LENIENCY_TEXT_INVALID] = CTR_RULE_TEXT_INVALID,
    [CTRACE_LENIENCY_SURROGATE_LONE] = CTR_RULE_SURROGATE_LONE,
    [CTRACE_LENIENCY_BASE64_UNPADDED] = CTR_RULE_BASE64_UNPADDED,
    [CTRACE_LENIENCY_CHAR_NOT_ONE] = CTR_RULE_CHAR_NOT_ONE,
    [CTRACE_LENIENCY_BYTE_ORDER_MARK] = CTR_RULE_BYTE_ORDER_MARK,
    [CTRACE_LENIENCY_COMMA_TRAILING] = CTR_RULE_COMMA_TRAILING,
    [CTRACE_LENIENCY_NOT_A_LIST] = CTR_RULE_NOT_A_LIST,
    [CTRACE_LENIENCY_UNTERMINATED] = CTR_RULE_UNTERMINATED,
    [CTRACE_LENIENCY_METADATA] = CTR_RULE_METADATA_INCOMPLETE,
};

size_t ctrace_rule_count(void)
{
    return CTR_RULE_COUNT;
}

const ctrace_rule *ctrace_rule_at(size_t index)
{
    return index < CTR_RULE_COUNT ? &ctr_rules[index] : NULL;
}

static bool is_text(ctrace_str text, const char *known)
{
    return strlen(known) == text.size && (text.size == 0 || memcmp(known, text.data, text.size) == 0);
}

const ctrace_rule *ctrace_rule_find(ctrace_str id)
{
    for (size_t i = 0; i < CTR_RULE_COUNT; i++)
        if (is_text(id, ctr_rules[i].id))
            return &ctr_rules[i];
    return NULL;
}

static const struct {
    const char *name, *text;
} consumers[CTRACE_CONSUMER_COUNT] = {
#define X(name, text, what) {text, what},
    CTRACE_CONSUMERS(X)
#undef X
};

const char *ctrace_consumer_name(ctrace_consumer consumer)
{
    return (size_t)consumer < CTRACE_CONSUMER_COUNT ? consumers[consumer].name : NULL;
}

const char *ctrace_consumer_text(ctrace_consumer consumer)
{
    return (size_t)consumer < CTRACE_CONSUMER_COUNT ? consumers[consumer].text : NULL;
}

ctrace_consumer ctrace_consumer_find(ctrace_str name)
{
    size_t i = 0;
    while (i < CTRACE_CONSUMER_COUNT && !is_text(name, consumers[i].name))
        i++;
    return (ctrace_consumer)i;
}
