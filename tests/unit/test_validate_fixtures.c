/* Traces of other producers, which do not belong to this project: judged as their README says, when they are there. */
#include "ctrace/validate.h"

#include "fixtures.h"

static ctrace_report *judge(const char *name)
{
    char path[1024];
    fixture(path, name);
    ctrace_validate_options options = {CTRACE_VALIDATE_OPTIONS_INIT, .no_sources = true};
    ctrace_report *report;
    ctrace_error error;
    if (ctrace_validate(&report, (ctrace_str){path, strlen(path)}, &options, &error) != CTRACE_OK)
        fail_msg("%s", error.message);
    return report;
}

static bool has(const ctrace_report *report, const char *rule)
{
    for (size_t i = 0; i < ctrace_report_count(report); i++)
        if (strcmp(ctrace_report_at(report, i)->rule->id, rule) == 0)
            return true;
    return false;
}

#define E(effect) CTRACE_EFFECT_##effect
static void expect(ctrace_report *report, uint64_t events, const ctrace_effect effects[CTRACE_CONSUMER_COUNT],
                   const char *const rules[])
{
    assert_int_equal(ctrace_report_events(report), events);
    for (size_t i = 0; i < CTRACE_CONSUMER_COUNT; i++)
        if (effects && ctrace_consumer_reads((ctrace_consumer)i, CTRACE_FORM_JSON) &&
            ctrace_report_effect(report, (ctrace_consumer)i) != effects[i])
            fail_msg("%s: effect %d, expected %d", ctrace_consumer_name((ctrace_consumer)i),
                     (int)ctrace_report_effect(report, (ctrace_consumer)i), (int)effects[i]);
    for (size_t i = 0; rules[i]; i++)
        if (!has(report, rules[i]))
            fail_msg("%s was not found", rules[i]);
    ctrace_report_free(&report);
}

static void the_pure_python_recorder(void **state)
{
    (void)state;
    static const char *const rules[] = {"path-empty", "path-relative", "entry-step", "type-zero", "value-kind", NULL};
    ctrace_report *report = judge("python_array_sum.trace.json");
    assert_true(ctrace_report_is_valid(report));
    expect(report, 66, (ctrace_effect[CTRACE_CONSUMER_COUNT]){E(NONE), E(NONE), E(NONE), E(DEGRADE), E(DEGRADE)}, rules);
}

static void the_pure_ruby_recorder(void **state)
{
    (void)state;
    static const ctrace_effect effects[CTRACE_CONSUMER_COUNT] = {E(REFUSE), E(REFUSE), E(NONE), E(REFUSE), E(REFUSE)};
    static const char *const addition[] = {"assignment", "rvalue-data", "bind-variable", "path-empty", NULL};
    static const char *const classes[] = {"assignment", "rvalue-data", "struct-fields", "value-twice", NULL};
    expect(judge("ruby_addition.trace.json"), 34, effects, addition);
    expect(judge("ruby_classes.trace.json"), 175, effects, classes);
}

static void the_go_library(void **state)
{
    (void)state;
    static const char *const rules[] = {"float-number", "list-null",   "value-null",    "text-null",
                                        "type-info-null", "line-zero",   "line-negative", "tuple-value",
                                        "struct-fields",  "entry-step",  "type-zero",     "return-below-top", NULL};
    expect(judge("go_kinds.trace.json"), 35,
           (ctrace_effect[CTRACE_CONSUMER_COUNT]){E(REFUSE), E(REFUSE), E(REFUSE), E(REFUSE), E(REFUSE)}, rules);
}

static void the_rust_writer(void **state)
{
    (void)state;
    static const char *const rules[] = {"float-text", "return-below-top", "no-types", "step-before-call", NULL};
    expect(judge("rust_values.trace.json"), 10,
           (ctrace_effect[CTRACE_CONSUMER_COUNT]){E(REFUSE), E(NONE), E(NONE), E(REFUSE), E(ABORT)}, rules);
}

static void the_specification_s_container(void **state)
{
    (void)state;
    static const char *const rules[] = {"ct-meta-missing", "variable-undeclared", "type-undeclared", NULL};
    ctrace_report *report = judge("spec_minimal_trace.ct");
    assert_false(ctrace_report_is_valid(report));
    assert_int_equal(ctrace_report_form(report), CTRACE_FORM_CT);
    assert_int_equal(ctrace_report_effect(report, CTRACE_CONSUMER_CODETRACER_CT), CTRACE_EFFECT_REFUSE);
    expect(report, 11, NULL, rules);
}

int main(void)
{
    if (fixtures_are_missing())
        return 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_pure_python_recorder), cmocka_unit_test(the_pure_ruby_recorder),
        cmocka_unit_test(the_go_library),           cmocka_unit_test(the_rust_writer),
        cmocka_unit_test(the_specification_s_container),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
