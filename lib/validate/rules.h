/* The rules and their numbers. */
#ifndef CTRACE_LIB_VALIDATE_RULES_H
#define CTRACE_LIB_VALIDATE_RULES_H

#include "ctrace/validate.h"

#define CTR_MAX_STEPS_ON_LINE 1000 /* steps in a row that one step over a line skips */
#define CTR_MANY_STEPS 30000

typedef enum ctr_rule_number {
#define RULE(name, id, severity, effects, summary, explanation) CTR_RULE_##name,
#include "validate/rules.def"
#undef RULE
    CTR_RULE_COUNT
} ctr_rule_number;

extern const ctrace_rule ctr_rules[CTR_RULE_COUNT];
/* The rule that forbids what a leniency takes. */
extern const uint8_t ctr_leniency_rules[CTRACE_LENIENCY_COUNT];

#endif
