/* The table of rules, as its users see it. */
#include "ctrace/validate.h"

#include "cmocka_all.h"

static ctrace_str str(const char *text)
{
    return (ctrace_str){text, strlen(text)};
}

static void rules_are_sorted_and_found(void **state)
{
    (void)state;
    assert_true(ctrace_rule_count() >= 80);
    for (size_t i = 0; i < ctrace_rule_count(); i++) {
        const ctrace_rule *rule = ctrace_rule_at(i);
        assert_ptr_equal(ctrace_rule_find(str(rule->id)), rule);
        if (i)
            assert_true(strcmp(ctrace_rule_at(i - 1)->id, rule->id) < 0);
    }
    assert_null(ctrace_rule_at(ctrace_rule_count()));
    assert_null(ctrace_rule_find(CTRACE_STR("")));
    assert_null(ctrace_rule_find((ctrace_str){NULL, 0}));
    assert_null(ctrace_rule_find(CTRACE_STR("synta")));
    assert_null(ctrace_rule_find(CTRACE_STR("syntax ")));
}

static void rules_are_well_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < ctrace_rule_count(); i++) {
        const ctrace_rule *rule = ctrace_rule_at(i);
        assert_int_equal(strspn(rule->id, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(rule->id));
        assert_null(strchr(rule->summary, '\n'));
        assert_int_equal(rule->summary[strlen(rule->summary) - 1], '.');
        assert_true(strlen(rule->summary) <= 100);
        assert_true(strlen(rule->explanation) > 20);
        assert_true(rule->explanation[strlen(rule->explanation) - 1] != '\n');
        for (const char *line = rule->explanation; line; line = strchr(line, '\n')) {
            line += *line == '\n';
            assert_true(strcspn(line, "\n") <= 100);
        }
    }
}

/* An error is one because somebody fails on it; what no one minds is no warning's or error's matter alone. */
static void severities_fit_the_effects(void **state)
{
    (void)state;
    for (size_t i = 0; i < ctrace_rule_count(); i++) {
        const ctrace_rule *rule = ctrace_rule_at(i);
        ctrace_effect worst = CTRACE_EFFECT_NONE;
        for (size_t k = 0; k < CTRACE_CONSUMER_COUNT; k++)
            if (rule->effects[k] > worst)
                worst = rule->effects[k];
        bool unpredicted = strcmp(rule->id, "unsupported") == 0 || strcmp(rule->id, "too-large") == 0;
        if (rule->severity == CTRACE_SEVERITY_ERROR && !unpredicted && worst < CTRACE_EFFECT_DEGRADE)
            fail_msg("%s is an error, but nobody minds", rule->id);
        if (rule->severity == CTRACE_SEVERITY_WARNING && worst == CTRACE_EFFECT_REFUSE)
            fail_msg("%s is a warning, but somebody refuses it", rule->id);
        /* What only older programs and ct-print fail on is information. */
        if (rule->severity == CTRACE_SEVERITY_INFO && strcmp(rule->id, "form-unread") != 0)
            for (size_t k = 0; k < CTRACE_CONSUMER_COUNT; k++)
                if (rule->effects[k] != CTRACE_EFFECT_NONE)
                    assert_true(k == CTRACE_CONSUMER_RUST_OLD || k == CTRACE_CONSUMER_CODETRACER_2025 ||
                                k == CTRACE_CONSUMER_CT_PRINT);
    }
}

static void each_leniency_has_its_rule(void **state)
{
    (void)state;
    for (int i = 0; i < CTRACE_LENIENCY_COUNT; i++) {
        const char *name = ctrace_leniency_name((ctrace_leniency)i);
        if (i == CTRACE_LENIENCY_METADATA)
            name = "metadata-incomplete";
        if (!ctrace_rule_find(str(name)))
            fail_msg("there is no rule %s", name);
    }
}

static void consumers_are_found(void **state)
{
    (void)state;
    for (int i = 0; i < CTRACE_CONSUMER_COUNT; i++) {
        assert_int_equal(ctrace_consumer_find(str(ctrace_consumer_name((ctrace_consumer)i))), i);
        assert_true(strlen(ctrace_consumer_text((ctrace_consumer)i)) > 5);
    }
    assert_int_equal(ctrace_consumer_find(CTRACE_STR("rust")), CTRACE_CONSUMER_COUNT);
    assert_int_equal(ctrace_consumer_find((ctrace_str){NULL, 0}), CTRACE_CONSUMER_COUNT);
    assert_null(ctrace_consumer_name(CTRACE_CONSUMER_COUNT));
    assert_null(ctrace_consumer_text(CTRACE_CONSUMER_COUNT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_are_sorted_and_found), cmocka_unit_test(rules_are_well_told),
        cmocka_unit_test(severities_fit_the_effects), cmocka_unit_test(each_leniency_has_its_rule),
        cmocka_unit_test(consumers_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
