/* Any order of calls, sensible or not: every form returns the same and holds the same events. */
#include "writing.h"

#define SEEDS 60
#define CALLS 400

typedef struct dice {
    uint32_t state;
} dice;

static uint32_t roll(dice *d, uint32_t sides)
{
    d->state = d->state * 1664525u + 1013904223u;
    return (d->state >> 8) % sides;
}

static ctrace_str some_text(dice *d)
{
    static const ctrace_str texts[] = {{"", 0}, {"a", 1}, {"größe", 7}, {"\xff\xfe", 2}, {"quote\"\n", 7}, {"nul\0", 4}};
    return texts[roll(d, sizeof texts / sizeof *texts)];
}

static ctrace_id some_type(dice *d) { return roll(d, 2) ? CTRACE_ID_NONE : roll(d, 4); }

static int64_t put_anything(ctrace_writer *w, dice *d, const ctrace_kept *kept)
{
    static const ctrace_value flat[] = {{.kind = CTRACE_VALUE_TUPLE, .span = 3, .count = 2, .type_id = 1},
                                        {.kind = CTRACE_VALUE_STRING, .span = 1, .text = {"given", 5}},
                                        {.kind = CTRACE_VALUE_BIG_INT, .span = 1, .text = {"\x80", 1}}};
    ctrace_id type = some_type(d);
    switch (roll(d, 18)) {
    case 0:
        return ctrace_put_int(w, type, (int64_t)roll(d, 1000) - 500);
    case 1:
        return ctrace_put_uint(w, type, UINT64_MAX - roll(d, 3));
    case 2:
        return ctrace_put_float(w, type, roll(d, 100) / 8.0);
    case 3:
        return ctrace_put_bool(w, type, roll(d, 2));
    case 4:
        return ctrace_put_string(w, type, some_text(d));
    case 5:
        return ctrace_put_char(w, type, 'a' + roll(d, 1000));
    case 6:
        return ctrace_put_raw(w, type, some_text(d));
    case 7:
        return ctrace_put_none(w, type);
    case 8:
        return ctrace_put_cell(w, roll(d, 9));
    case 9:
        return ctrace_put_variant(w, type, some_text(d));
    case 10:
        return ctrace_put_reference(w, type, roll(d, 9), roll(d, 2));
    case 11:
        return ctrace_put_value(w, roll(d, 20) ? flat : NULL);
    case 12:
        return ctrace_put_kept(w, kept);
    case 13:
        return ctrace_put_sequence(w, type, roll(d, 3), roll(d, 2));
    case 14:
        return ctrace_put_struct(w, type, roll(d, 3));
    default:
        return ctrace_put_end(w);
    }
}

static int64_t call_anything(ctrace_writer *w, dice *d, ctrace_kept *kept)
{
    switch (roll(d, 24)) {
    case 0:
        return ctrace_step(w, roll(d, 2), roll(d, 100));
    case 1:
        return (int64_t)ctrace_path(w, some_text(d));
    case 2:
        return (int64_t)ctrace_variable(w, some_text(d));
    case 3:
        return (int64_t)ctrace_function(w, roll(d, 2), roll(d, 3), some_text(d));
    case 4:
        return (int64_t)ctrace_type(w, (ctrace_type_kind)roll(d, 5), some_text(d));
    case 5:
        return ctrace_call(w, roll(d, 3));
    case 6:
        return ctrace_begin_arg(w, roll(d, 3));
    case 7:
    case 8:
        return ctrace_begin_local(w, roll(d, 3));
    case 9:
        return ctrace_begin_return(w);
    case 10:
        return ctrace_begin_kept(w, kept);
    case 11:
        return ctrace_begin_cell(w, roll(d, 5));
    case 12:
        return ctrace_log(w, (ctrace_log_kind)roll(d, CTRACE_LOG_KIND_COUNT), some_text(d), some_text(d));
    case 13:
        return ctrace_thread_switch(w, roll(d, 3));
    case 14:
        if (roll(d, 4) == 0)
            ctrace_cancel_value(w);
        return 0;
    case 15:
        return ctrace_writer_flush(w, NULL);
    default:
        return put_anything(w, d, kept);
    }
}

static char *write_randomly(ctrace_form form, uint32_t seed, int64_t *statuses)
{
    dice d = {seed};
    growing g = GROWING;
    ctrace_writer *w;
    ctrace_writer_options options = {CTRACE_WRITER_OPTIONS_INIT, .workdir = S("/w"), .max_depth = 1 + roll(&d, 4),
                                     .flush_bytes = 1 + roll(&d, 2000), .flush_ms = UINT32_MAX, .form = form,
                                     .compress_aside = roll(&d, 2), .level = 1};
    assert_int_equal(open_growing(&w, &g, &options, NULL), CTRACE_OK);
    ctrace_kept *kept = ctrace_kept_new(w);
    assert_non_null(kept);
    ctrace_writer_start(w, S("/a"), 1);
    ctrace_variable(w, S("v"));
    for (size_t i = 0; i < CALLS; i++)
        statuses[i] = call_anything(w, &d, kept);
    ctrace_kept_free(kept);
    ctrace_writer_counts counts;
    ctrace_writer_get_counts(w, &counts);
    statuses[CALLS] = (int64_t)counts.events;
    statuses[CALLS + 1] = (int64_t)counts.values_cut;
    statuses[CALLS + 2] = ctrace_writer_close(&w, NULL);
    char *text = read_back(g.data, g.size);
    free(g.data);
    return text;
}

static void test_every_form_does_the_same(void **state)
{
    (void)state;
    int64_t expected_statuses[CALLS + 3], statuses[CALLS + 3];
    for (uint32_t seed = 1; seed <= SEEDS; seed++) {
        char *expected = write_randomly(CTRACE_FORM_JSON, seed, expected_statuses);
        for (ctrace_form form = CTRACE_FORM_NDJSON; form < CTRACE_FORM_COUNT; form = (ctrace_form)(form + 1)) {
            char *text = write_randomly(form, seed, statuses);
            for (size_t i = 0; i < CALLS + 3; i++)
                if (statuses[i] != expected_statuses[i])
                    fail_msg("seed %u, %s: call %zu returned %lld, not %lld", seed, ctrace_form_name(form), i,
                             (long long)statuses[i], (long long)expected_statuses[i]);
            assert_string_equal(text, expected);
            free(text);
        }
        free(expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_form_does_the_same),
    };
    return cmocka_run_group_tests_name("writer_random", tests, NULL, NULL);
}
