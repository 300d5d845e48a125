/* The writer in every form that there is: the same calls give the same events. */
#include "limited_memory.h"
#include "writing.h"

#define EACH_FORM(form)                                                                             \
    for (ctrace_form form = CTRACE_FORM_JSON; form < CTRACE_FORM_COUNT; form = (ctrace_form)(form + 1)) \
        if (ctr_forms[form].open_encoder)

#define OPTIONS(...) ((ctrace_writer_options){CTRACE_WRITER_OPTIONS_INIT, .workdir = S("/w"), __VA_ARGS__})
/* For call_everything(), some of whose values are to be cut. */
#define CALLS(...) OPTIONS(.max_depth = 4, __VA_ARGS__)

static void assert_returned_alike(const returned *one, const returned *other)
{
    assert_int_equal(one->count, other->count);
    for (size_t i = 0; i < one->count; i++)
        if (one->all[i] != other->all[i])
            fail_msg("call %zu returned %lld, not %lld", i, (long long)other->all[i], (long long)one->all[i]);
}

/* Writes everything and gives what a reader makes of it. */
static char *write_and_read(ctrace_form form, const ctrace_writer_options *options, returned *calls,
                            ctrace_writer_counts *counts)
{
    growing g = GROWING;
    ctrace_writer *w;
    ctrace_error error;
    ctrace_writer_options chosen = *options;
    chosen.form = form;
    if (open_growing(&w, &g, &chosen, &error) != CTRACE_OK)
        fail_msg("%s: %s", ctrace_form_name(form), error.message);
    *calls = call_everything(w);
    ctrace_writer_get_counts(w, counts);
    assert_int_equal(ctrace_writer_close(&w, &error), CTRACE_ARGUMENT);
    assert_string_equal(error.message, "a step's path is not declared");
    char *text = read_back(g.data, g.size);
    free(g.data);
    return text;
}

static void assert_all_alike(const ctrace_writer_options *options)
{
    returned expected_calls, calls;
    ctrace_writer_counts expected_counts, counts;
    char *expected = write_and_read(CTRACE_FORM_JSON, options, &expected_calls, &expected_counts);
    assert_true(strlen(expected) > 4000);
    assert_int_equal(expected_counts.chars_as_raw, 0);
    EACH_FORM(form)
    {
        char *text = write_and_read(form, options, &calls, &counts);
        assert_returned_alike(&expected_calls, &calls);
        assert_string_equal(text, expected);
        assert_int_equal(counts.events, expected_counts.events);
        assert_int_equal(counts.steps, expected_counts.steps);
        assert_int_equal(counts.calls, expected_counts.calls);
        assert_int_equal(counts.returns, expected_counts.returns);
        assert_int_equal(counts.values_cut, expected_counts.values_cut);
        assert_int_equal(counts.texts_mended > 0, expected_counts.texts_mended > 0);
        free(text);
    }
    free(expected);
}

static void test_the_same_calls_give_the_same_events(void **state)
{
    (void)state;
    assert_all_alike(&CALLS(.form = CTRACE_FORM_JSON));
}

static void test_the_same_when_every_event_is_flushed(void **state)
{
    (void)state;
    assert_all_alike(&CALLS(.flush_bytes = 1));
}

static void test_the_same_with_another_thread(void **state)
{
    (void)state;
    assert_all_alike(&CALLS(.flush_bytes = 300, .compress_aside = true, .level = 1));
}

/* What a reader gave is written again, whatever form it came from. */
static void test_given_events(void **state)
{
    (void)state;
    returned calls;
    ctrace_writer_counts counts;
    char *expected = write_and_read(CTRACE_FORM_JSON, &OPTIONS(.max_depth = 60), &calls, &counts);
    EACH_FORM(form)
    {
        growing g = GROWING;
        ctrace_writer *w;
        ctrace_reader *reader;
        const ctrace_event *event;
        pieces p = {.data = expected, .size = strlen(expected)};
        ctrace_source source = {.cookie = &p, .read = pieces_read};
        assert_int_equal(open_growing(&w, &g, &OPTIONS(.form = form,
                                                       .without = CTRACE_CONVENIENCE_ALL), NULL), CTRACE_OK);
        assert_int_equal(ctrace_reader_open_source(&reader, &source, S("lines"), NULL, NULL), CTRACE_OK);
        while (ctrace_reader_next(reader, &event, NULL) == CTRACE_OK)
            assert_int_equal(ctrace_writer_event(w, event), CTRACE_OK);
        ctrace_reader_close(&reader);
        assert_int_equal(ctrace_writer_close(&w, NULL), CTRACE_OK);
        char *text = read_back(g.data, g.size);
        assert_string_equal(text, expected);
        free(text);
        free(g.data);
    }
    free(expected);
}

/* Given values that lie too deep are cut, and spans that are not right are put right. */
static void test_given_values_are_made_to_fit(void **state)
{
    (void)state;
    ctrace_value deep[] = {{.kind = CTRACE_VALUE_TUPLE, .span = 4, .count = 2},
                           {.kind = CTRACE_VALUE_TUPLE, .span = 2, .count = 1},
                           {.kind = CTRACE_VALUE_INT, .span = 1, .i = 5},
                           {.kind = CTRACE_VALUE_STRING, .span = 1, .text = S("beside")}};
    ctrace_value flat[] = {{.kind = CTRACE_VALUE_TUPLE, .span = 1, .count = 1},
                           {.kind = CTRACE_VALUE_STRING, .span = 1, .text = S("flat")}};
    ctrace_value none = {.kind = CTRACE_VALUE_VARIANT, .span = 1};
    ctrace_argument args[] = {{0, flat}, {1, deep}, {2, flat}};
    EACH_FORM(form)
    {
        growing g = GROWING;
        ctrace_writer *w;
        assert_int_equal(open_growing(&w, &g, &OPTIONS(.form = form, .max_depth = 1,
                                                       .without = CTRACE_CONVENIENCE_ALL), NULL), CTRACE_OK);
        ctrace_event call = {.kind = CTRACE_EVENT_CALL, .call = {0, args, 3}};
        assert_int_equal(ctrace_writer_event(w, &call), CTRACE_OK);
        ctrace_event result = {.kind = CTRACE_EVENT_RETURN, .returned = {flat}};
        assert_int_equal(ctrace_writer_event(w, &result), CTRACE_OK);
        result.returned.return_value = &none;
        assert_int_equal(ctrace_writer_event(w, &result), CTRACE_ARGUMENT);
        assert_int_equal(ctrace_writer_close(&w, NULL), CTRACE_ARGUMENT);
        char *text = read_back(g.data, g.size);
        assert_string_equal(
            text,
            "{\"Type\":{\"kind\":16,\"lang_type\":\"raw\",\"specific_info\":{\"kind\":\"None\"}}}\n"
            "{\"Call\":{\"function_id\":0,\"args\":["
            "{\"variable_id\":0,\"value\":{\"kind\":\"Tuple\",\"elements\":[{\"kind\":\"String\",\"text\":\"flat\",\"type_id\":0}],\"type_id\":0}},"
            "{\"variable_id\":1,\"value\":{\"kind\":\"Tuple\",\"elements\":[{\"kind\":\"Raw\",\"r\":\"…\",\"type_id\":0},"
            "{\"kind\":\"String\",\"text\":\"beside\",\"type_id\":0}],\"type_id\":0}},"
            "{\"variable_id\":2,\"value\":{\"kind\":\"Tuple\",\"elements\":[{\"kind\":\"String\",\"text\":\"flat\",\"type_id\":0}],\"type_id\":0}}]}}\n"
            "{\"Return\":{\"return_value\":{\"kind\":\"Tuple\",\"elements\":[{\"kind\":\"String\",\"text\":\"flat\",\"type_id\":0}],\"type_id\":0}}}\n");
        free(text);
        free(g.data);
    }
}

static void test_a_step_that_was_taken_back(void **state)
{
    (void)state;
    EACH_FORM(form)
    {
        growing g = GROWING;
        ctrace_writer *w;
        assert_int_equal(open_growing(&w, &g, &OPTIONS(.form = form, .without = CTRACE_CONVENIENCE_ALL), NULL), CTRACE_OK);
        ctrace_path(w, S("/a"));
        ctrace_step(w, 0, 1);
        assert_int_equal(ctrace_drop_last_step(w), CTRACE_OK);
        ctrace_step(w, 0, 2);
        assert_int_equal(ctrace_writer_close(&w, NULL), CTRACE_OK);
        char *text = read_back(g.data, g.size);
        bool removed = form == CTRACE_FORM_JSON || form == CTRACE_FORM_NDJSON;
        assert_string_equal(text, removed ? "{\"Path\":\"/a\"}\n{\"Step\":{\"path_id\":0,\"line\":2}}\n"
                                          : "{\"Path\":\"/a\"}\n{\"Step\":{\"path_id\":0,\"line\":1}}\n"
                                            "\"DropLastStep\"\n{\"Step\":{\"path_id\":0,\"line\":2}}\n");
        free(text);
        free(g.data);
    }
}

static void test_empty_traces(void **state)
{
    (void)state;
    EACH_FORM(form)
    {
        growing g = GROWING;
        ctrace_writer *w;
        assert_int_equal(open_growing(&w, &g, &OPTIONS(.form = form), NULL), CTRACE_OK);
        assert_int_equal(ctrace_writer_flush(w, NULL), CTRACE_OK);
        assert_int_equal(ctrace_writer_close(&w, NULL), CTRACE_OK);
        if (form != CTRACE_FORM_NDJSON) { /* no lines are no trace to a reader */
            char *text = read_back(g.data, g.size);
            assert_string_equal(text, "");
            free(text);
        }
        free(g.data);
    }
}

static void test_lines(void **state)
{
    (void)state;
    growing g = GROWING;
    ctrace_writer *w;
    assert_int_equal(open_growing(&w, &g, &OPTIONS(.form = CTRACE_FORM_NDJSON, .without = CTRACE_CONVENIENCE_ALL,
                                                   .flush_bytes = 1), NULL), CTRACE_OK);
    ctrace_path(w, S("/a"));
    ctrace_step(w, 0, 1);
    assert_memory_equal(g.data, "{\"Path\":\"/a\"}\n{\"Step\":{\"path_id\":0,\"line\":1}}\n", 46);
    assert_int_equal(g.size, 46);
    ctrace_writer_counts counts;
    ctrace_writer_get_counts(w, &counts);
    assert_int_equal(counts.bytes, 46);
    assert_int_equal(ctrace_writer_close(&w, NULL), CTRACE_OK);
    assert_int_equal(g.size, 46);
    free(g.data);
}

static void test_sequential_sinks(void **state)
{
    (void)state;
    EACH_FORM(form)
    {
        growing g = GROWING;
        ctrace_writer *w;
        ctrace_error error;
        g.sequential = true;
        ctrace_status status = open_growing(&w, &g, &CALLS(.form = form, .flush_bytes = 100), &error);
        if (status == CTRACE_UNSUPPORTED) {
            assert_null(w);
            assert_true(strlen(error.message) > 10);
            continue;
        }
        assert_int_equal(status, CTRACE_OK);
        call_everything(w);
        assert_int_equal(ctrace_writer_close(&w, NULL), CTRACE_ARGUMENT);
        returned calls;
        ctrace_writer_counts counts;
        char *text = read_back(g.data, g.size), *expected = write_and_read(form, &CALLS(.level = 0), &calls, &counts);
        assert_string_equal(text, expected);
        free(text);
        free(expected);
        free(g.data);
    }
}

/* ---- What fails ---- */

static void test_a_sink_that_fails_at_every_write(void **state)
{
    (void)state;
    EACH_FORM(form)
    {
        bool reached_end = false;
        for (size_t n = 0; !reached_end; n++) {
            growing g = GROWING;
            ctrace_writer *w;
            ctrace_error error;
            limited_memory l = {.until_failure = SIZE_MAX};
            ctrace_allocator allocator = LIMITED_ALLOCATOR(&l);
            g.until_failure = n;
            ctrace_status status = open_growing(&w, &g, &CALLS(.form = form, .flush_bytes = 2000, .allocator = &allocator), &error);
            if (status == CTRACE_OK) {
                call_everything(w);
                status = ctrace_writer_close(&w, &error);
            }
            assert_null(w);
            assert_int_equal(l.held, 0);
            /* The first failure is told, and that can be the misuse. */
            assert_true((status == CTRACE_IO && error.system == ENOSPC) || status == CTRACE_ARGUMENT);
            reached_end = g.until_failure > 0;
            free(g.data);
        }
    }
}

static void test_memory_that_fails_at_every_allocation(void **state)
{
    (void)state;
    EACH_FORM(form)
    {
        bool reached_end = false;
        for (size_t n = 0; !reached_end; n++) {
            growing g = GROWING;
            ctrace_writer *w;
            ctrace_error error;
            limited_memory l = {.until_failure = n};
            ctrace_allocator allocator = LIMITED_ALLOCATOR(&l);
            ctrace_status status = open_growing(&w, &g, &CALLS(.form = form, .flush_bytes = 3000, .allocator = &allocator), &error);
            if (status == CTRACE_OK) {
                call_everything(w);
                status = ctrace_writer_close(&w, &error);
            } else {
                assert_int_equal(status, CTRACE_NO_MEMORY);
            }
            assert_null(w);
            assert_int_equal(l.held, 0);
            assert_true(status == CTRACE_NO_MEMORY || status == CTRACE_ARGUMENT);
            reached_end = l.until_failure > 0;
            free(g.data);
        }
    }
}

static void test_options_of_forms_are_checked(void **state)
{
    (void)state;
    growing g = GROWING;
    ctrace_writer *w;
    ctrace_error error;
    ctrace_writer_options bad[] = {
        OPTIONS(.form = CTRACE_FORM_COUNT),
        OPTIONS(.level = -1),
        OPTIONS(.level = 20),
        OPTIONS(.recording_id = S("0192a5f0")),
        OPTIONS(.recording_id = S("0192a5f0-7b3c-7d2e-9f41-0123456789ag")),
        OPTIONS(.recording_id = S("0192a5f0x7b3c-7d2e-9f41-0123456789ab")),
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(open_growing(&w, &g, &bad[i], &error), CTRACE_ARGUMENT);
        assert_null(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_calls_give_the_same_events),
        cmocka_unit_test(test_the_same_when_every_event_is_flushed),
        cmocka_unit_test(test_the_same_with_another_thread),
        cmocka_unit_test(test_given_events),
        cmocka_unit_test(test_given_values_are_made_to_fit),
        cmocka_unit_test(test_a_step_that_was_taken_back),
        cmocka_unit_test(test_empty_traces),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_sequential_sinks),
        cmocka_unit_test(test_a_sink_that_fails_at_every_write),
        cmocka_unit_test(test_memory_that_fails_at_every_allocation),
        cmocka_unit_test(test_options_of_forms_are_checked),
    };
    return cmocka_run_group_tests_name("writer_forms", tests, NULL, NULL);
}
