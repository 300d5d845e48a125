/* trace.bin version 0, there and back: every event, from any place, with little memory, and what does not fit. */
#include <errno.h>

#include "capnp_messages.h"
#include "limited_memory.h"

static void from_hex(ctr_buffer *out, const char *hex)
{
    for (; *hex; hex += 2) {
        unsigned byte;
        assert_int_equal(sscanf(hex, "%2x", &byte), 1);
        char c = (char)byte;
        assert_true(ctr_buffer_append(out, &c, 1));
    }
}

/* What upstream's crates write. */
static const char vector[] = "c0de72ace2000000"
                             "1019400111014751100101010141180100004118020108412001011400001101321f2f61"
                             "2e707911040111040100000103500303fffbffffffffffffff00000111080100010101";

static void test_vector(void **state)
{
    (void)state;
    ctrace_value five = {.kind = CTRACE_VALUE_INT, .span = 1, .i = -5, .type_id = 1};
    ctrace_event events[] = {{.kind = CTRACE_EVENT_PATH, .path = CTRACE_STR("/a.py")},
                             {.kind = CTRACE_EVENT_STEP, .step = {0, 3}},
                             {.kind = CTRACE_EVENT_RETURN, .returned = {&five}},
                             {.kind = CTRACE_EVENT_DROP_LAST_STEP}};
    ctr_buffer expected = {0}, written = {0};
    from_hex(&expected, vector);
    telling t;
    assert_int_equal(tell_all(&t, expected.data, expected.size, 0, NULL), CTRACE_END);
    assert_string_equal(t.text.data, "{\"Path\":\"/a.py\"}\n"
                                     "{\"Step\":{\"path_id\":0,\"line\":3}}\n"
                                     "{\"Return\":{\"return_value\":{\"kind\":\"Int\",\"i\":-5,\"type_id\":1}}}\n"
                                     "\"DropLastStep\"\n"
                                     "CTRACE_END #4\n");
    tell_free(&t);
    assert_int_equal(encode_all(&written, events, 4, 0, NULL), CTRACE_OK);
    assert_int_equal(written.size, expected.size);
    assert_memory_equal(written.data, expected.data, expected.size);
    ctr_buffer_free(&expected);
    ctr_buffer_free(&written);
}

static void assert_comes_back(const ctrace_event *events, size_t count, uint64_t segment)
{
    ctr_buffer written = {0};
    telling expected, t;
    tell_begin(&expected);
    for (size_t i = 0; i < count; i++)
        tell_event(&expected, &events[i]);
    char end[64];
    snprintf(end, sizeof end, "CTRACE_END #%zu\n", count);
    assert_true(ctr_buffer_append(&expected.text, end, strlen(end) + 1));
    assert_int_equal(encode_all(&written, events, count, segment, NULL), CTRACE_OK);
    assert_int_equal(tell_all(&t, written.data, written.size, 0, NULL), CTRACE_END);
    assert_string_equal(t.text.data, expected.text.data);
    tell_free(&t);
    tell_free(&expected);
    ctr_buffer_free(&written);
}

static void test_every_event(void **state)
{
    (void)state;
    every_capnp_event *all = malloc(sizeof *all);
    assert_non_null(all);
    make_every_capnp_event(all);
    assert_comes_back(all->events, EVERY_EVENT_COUNT, 0);
    for (uint64_t segment = 1; segment < 200; segment = segment * 2 + 1)
        assert_comes_back(all->events, EVERY_EVENT_COUNT, segment);
    assert_comes_back(NULL, 0, 0);
    free(all);
}

static void test_numbers(void **state)
{
    (void)state;
    static const int64_t ints[] = {EVERY_INT};
    static const double floats[] = {EVERY_FLOAT};
    enum { INTS = sizeof ints / sizeof *ints, FLOATS = sizeof floats / sizeof *floats };
    ctrace_value values[INTS + FLOATS];
    ctrace_event events[INTS + FLOATS + CTRACE_TYPE_KIND_COUNT + CTRACE_LOG_KIND_COUNT];
    size_t count = 0;
    for (size_t i = 0; i < INTS; i++)
        values[count++] = (ctrace_value){.kind = CTRACE_VALUE_INT, .span = 1, .i = ints[i]};
    for (size_t i = 0; i < FLOATS; i++)
        values[count++] = (ctrace_value){.kind = CTRACE_VALUE_FLOAT, .span = 1, .f = floats[i]};
    for (size_t i = 0; i < count; i++)
        events[i] = (ctrace_event){.kind = CTRACE_EVENT_RETURN, .returned = {&values[i]}};
    for (unsigned kind = 0; kind < CTRACE_TYPE_KIND_COUNT; kind++)
        events[count++] = (ctrace_event){.kind = CTRACE_EVENT_TYPE, .type = {.kind = (ctrace_type_kind)kind}};
    for (unsigned kind = 0; kind < CTRACE_LOG_KIND_COUNT; kind++)
        events[count++] = (ctrace_event){.kind = CTRACE_EVENT_LOG, .log = {.kind = (ctrace_log_kind)kind}};
    assert_comes_back(events, count, 0);
}

/* ---- Long traces ---- */

enum { LONG = 30000 };

/* Steps, values and now and then a text or a list that is longer than what is looked at at once. */
static void make_long(ctrace_event *events, ctrace_value *values, char *text, size_t text_size, ctrace_value *list,
                      uint32_t list_count)
{
    memset(text, 'x', text_size);
    list[0] = (ctrace_value){.kind = CTRACE_VALUE_SEQUENCE, .span = list_count + 1, .count = list_count, .type_id = 9};
    for (uint32_t i = 1; i <= list_count; i++)
        list[i] = (ctrace_value){.kind = CTRACE_VALUE_STRING, .span = 1, .text = {text, i % 100}, .type_id = i};
    for (size_t i = 0; i < LONG; i++) {
        if (i % 5 == 0) {
            events[i] = (ctrace_event){.kind = CTRACE_EVENT_STEP, .step = {i, (int64_t)i * 7}};
            continue;
        }
        values[i] = (ctrace_value){.kind = CTRACE_VALUE_STRING, .span = 1, .text = {text, i * 31 % 60}, .type_id = i};
        if (i % 9973 == 1)
            values[i].text.size = text_size - i;
        events[i] = (ctrace_event){.kind = CTRACE_EVENT_VALUE, .value = {i, &values[i]}};
        if (i % 7919 == 2)
            events[i].value.value = list;
    }
}

typedef struct long_trace {
    ctrace_event events[LONG];
    ctrace_value values[LONG];
    char text[200000];
    ctrace_value list[20001];
} long_trace;

static long_trace *make_long_trace(void)
{
    long_trace *l = calloc(1, sizeof *l);
    assert_non_null(l);
    make_long(l->events, l->values, l->text, sizeof l->text, l->list, 20000);
    return l;
}

static void test_long(void **state)
{
    (void)state;
    long_trace *l = make_long_trace();
    assert_comes_back(l->events, LONG, 0);
    assert_comes_back(l->events, LONG, 5000);
    free(l);
}

static void assert_next_is(ctr_decoder *d, const ctrace_event *events, size_t index)
{
    telling expected, t;
    tell_begin(&expected);
    tell_begin(&t);
    tell_event(&expected, &events[index]);
    assert_int_equal(tell_next(&t, d), CTRACE_OK);
    assert_int_equal(t.text.size, expected.text.size);
    assert_memory_equal(t.text.data, expected.text.data, t.text.size);
    ctrace_position position;
    d->class->position(d, &position);
    assert_int_equal(position.event, index);
    tell_free(&expected);
    tell_free(&t);
}

/* From any place to any other, forward and back. */
static void test_places(void **state)
{
    (void)state;
    long_trace *l = make_long_trace();
    for (int segments = 0; segments < 2; segments++) {
        ctr_buffer written = {0};
        ctr_source source;
        ctr_decoder *d;
        ctr_mark mark, first;
        ctr_decoder_options options = {.max_event_bytes = 16 << 20, .max_depth = 500};
        assert_int_equal(encode_all(&written, l->events, LONG, segments ? 5000 : 0, NULL), CTRACE_OK);
        source_of(&source, written.data, written.size);
        assert_int_equal(ctr_capnp_open_decoder(&d, &source, "input", &options, NULL), CTRACE_OK);
        assert_false(d->class->mark(d, &mark));
        assert_next_is(d, l->events, 0);
        assert_true(d->class->mark(d, &first));
        assert_int_equal(first.event, 0);
        assert_false(d->class->mark(d, &mark));
        uint32_t random = 1;
        for (int i = 0; i < 300; i++) {
            random = random * 1664525 + 1013904223;
            mark = (ctr_mark){.event = i % 3 == 0 ? (random >> 8) % (LONG - 2) : LONG - 3 - (uint64_t)i * 50};
            assert_int_equal(d->class->go_to(d, &mark, NULL), CTRACE_OK);
            assert_next_is(d, l->events, (size_t)mark.event);
            assert_next_is(d, l->events, (size_t)mark.event + 1);
        }
        assert_int_equal(d->class->go_to(d, NULL, NULL), CTRACE_OK);
        assert_next_is(d, l->events, 0);
        mark.event = LONG;
        assert_int_equal(d->class->go_to(d, &mark, NULL), CTRACE_OK);
        const ctrace_event *event;
        assert_int_equal(d->class->next(d, &event, NULL), CTRACE_END);
        mark.event = LONG + 1;
        assert_int_equal(d->class->go_to(d, &mark, NULL), CTRACE_SYNTAX);
        d->class->close(d);
        ctr_source_close(&source);
        ctr_buffer_free(&written);
    }
    free(l);
}

/* ---- What does not fit ---- */

static void test_mended(void **state)
{
    (void)state;
    ctrace_value odd = {.kind = CTRACE_VALUE_CHAR, .span = 1, .text = {"\xC3\xA9", 2}};
    ctrace_event events[] = {{.kind = CTRACE_EVENT_PATH, .path = CTRACE_STR("a\xff\xfe z \xe4\xb8")},
                             {.kind = CTRACE_EVENT_RETURN, .returned = {&odd}},
                             {.kind = CTRACE_EVENT_PATH, .path = CTRACE_STR("nul \0 inside, gr\xC3\xBC\xC3\x9F")}};
    ctr_buffer written = {0};
    ctrace_sink sink = {.cookie = &written, .write = into_buffer};
    ctr_encoder_options options = {.sink = &sink, .spool_folder = -1};
    ctr_encoder *e;
    assert_int_equal(ctr_capnp_open_encoder(&e, &options, NULL), CTRACE_OK);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(e->class->event(e, &events[i]), CTRACE_OK);
    assert_int_equal(e->texts_mended, 1);
    assert_int_equal(e->chars_as_raw, 1);
    assert_int_equal(e->class->finish(e, &(ctr_trace_facts){0}), CTRACE_OK);
    e->class->close(e);
    telling t;
    assert_int_equal(tell_all(&t, written.data, written.size, 0, NULL), CTRACE_END);
    assert_string_equal(t.text.data,
                        "{\"Path\":\"a\xEF\xBF\xBD\xEF\xBF\xBD z \xEF\xBF\xBD\"}\n"
                        "{\"Return\":{\"return_value\":{\"kind\":\"Raw\",\"r\":\"\xC3\xA9\",\"type_id\":0}}}\n"
                        "{\"Path\":\"nul \\u0000 inside, gr\xC3\xBC\xC3\x9F\"}\n"
                        "CTRACE_END #3\n");
    tell_free(&t);
    ctr_buffer_free(&written);
}

static void test_unfit(void **state)
{
    (void)state;
    const uint64_t high = (uint64_t)INT64_MAX + 1;
    ctrace_value typed = {.kind = CTRACE_VALUE_NONE, .span = 1, .type_id = high};
    const ctrace_event unfit[] = {
        {.kind = CTRACE_EVENT_STEP, .step = {high, 1}},
        {.kind = CTRACE_EVENT_RETURN, .returned = {&typed}},
        {.kind = CTRACE_EVENT_DROP_VARIABLE, .drop_variable = high},
        {.kind = CTRACE_EVENT_DROP_VARIABLES, .drop_variables = {&high, 1}},
        {.kind = CTRACE_EVENT_ASSIGN_COMPOUND_ITEM, .assign_compound_item = {0, high, 0}},
    };
    for (size_t i = 0; i < sizeof unfit / sizeof *unfit; i++) {
        ctr_buffer written = {0};
        ctrace_sink sink = {.cookie = &written, .write = into_buffer};
        ctr_encoder_options options = {.sink = &sink, .spool_folder = -1};
        ctr_encoder *e;
        assert_int_equal(ctr_capnp_open_encoder(&e, &options, NULL), CTRACE_OK);
        assert_int_equal(e->class->event(e, &unfit[i]), CTRACE_OK);
        assert_int_equal(e->numbers_cut, 1);
        e->class->close(e);
        ctr_buffer_free(&written);
    }
}

static int full(void *cookie, uint64_t offset, const char *data, size_t size)
{
    (void)data;
    return offset + size > *(uint64_t *)cookie ? ENOSPC : 0;
}

static void test_full_sink(void **state)
{
    (void)state;
    long_trace *l = make_long_trace();
    for (uint64_t room = 0; room < 600000; room += 100000) {
        ctrace_sink sink = {.cookie = &room, .write = full};
        ctr_encoder_options options = {.sink = &sink, .spool_folder = -1};
        ctr_encoder *e;
        assert_int_equal(ctr_capnp_open_encoder(&e, &options, NULL), CTRACE_OK);
        for (size_t i = 0; i < LONG; i++)
            assert_int_equal(e->class->event(e, &l->events[i]), CTRACE_OK);
        assert_int_equal(e->class->finish(e, &(ctr_trace_facts){0}), CTRACE_IO);
        assert_int_equal(e->system_error, ENOSPC);
        e->class->close(e);
    }
    free(l);
}

/* ---- Memory ---- */

static void test_no_memory(void **state)
{
    (void)state;
    every_capnp_event *all = malloc(sizeof *all);
    assert_non_null(all);
    make_every_capnp_event(all);
    ctr_buffer whole = {0};
    assert_int_equal(encode_all(&whole, all->events, EVERY_EVENT_COUNT, 100, NULL), CTRACE_OK);
    ctrace_status status;
    size_t n = 0;
    do {
        limited_memory memory = {.until_failure = n++};
        ctrace_allocator allocator = LIMITED_ALLOCATOR(&memory);
        ctr_buffer written = {0};
        status = encode_all(&written, all->events, EVERY_EVENT_COUNT, 100, &allocator);
        assert_true(status == CTRACE_OK || status == CTRACE_NO_MEMORY);
        assert_int_equal(memory.held, 0);
        if (status == CTRACE_OK)
            assert_memory_equal(written.data, whole.data, whole.size);
        ctr_buffer_free(&written);
    } while (status != CTRACE_OK);
    assert_true(n > 5);
    n = 0;
    do {
        limited_memory memory = {.until_failure = n++};
        ctrace_allocator allocator = LIMITED_ALLOCATOR(&memory);
        telling t;
        status = tell_all(&t, whole.data, whole.size, 0, &allocator);
        assert_true(status == CTRACE_END || status == CTRACE_NO_MEMORY);
        assert_int_equal(memory.held, 0);
        tell_free(&t);
    } while (status != CTRACE_END);
    assert_true(n > 5);
    ctr_buffer_free(&whole);
    free(all);
}

/* All memory is bounded, however long the trace. */
static void test_little_memory(void **state)
{
    (void)state;
    long_trace *l = make_long_trace();
    limited_memory memory = {.until_failure = SIZE_MAX};
    ctrace_allocator allocator = LIMITED_ALLOCATOR(&memory);
    ctr_buffer written = {0};
    assert_int_equal(encode_all(&written, l->events, LONG, 0, NULL), CTRACE_OK);
    ctr_source source;
    ctr_decoder *d;
    ctr_decoder_options options = {.allocator = &allocator, .max_event_bytes = 16 << 20, .max_depth = 500};
    source_of(&source, written.data, written.size);
    assert_int_equal(ctr_capnp_open_decoder(&d, &source, "input", &options, NULL), CTRACE_OK);
    const ctrace_event *event;
    size_t steps = 0;
    while (d->class->next(d, &event, NULL) == CTRACE_OK) {
        steps += event->kind == CTRACE_EVENT_STEP;
        assert_in_range(memory.held, 1, 6 << 20);
    }
    assert_int_equal(steps, LONG / 5);
    d->class->close(d);
    assert_int_equal(memory.held, 0);
    ctr_source_close(&source);
    ctr_buffer_free(&written);
    free(l);
}

static void test_follow(void **state)
{
    (void)state;
    ctr_source source;
    ctr_decoder *d;
    ctrace_error error;
    ctr_decoder_options options = {.max_event_bytes = 16 << 20, .max_depth = 500, .follow = true};
    source_of(&source, CAPNP_HEAD, 8);
    assert_int_equal(ctr_capnp_open_decoder(&d, &source, "input", &options, &error), CTRACE_UNSUPPORTED);
    assert_null(d);
    ctr_source_close(&source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vector),    cmocka_unit_test(test_every_event), cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_long),      cmocka_unit_test(test_places),      cmocka_unit_test(test_mended),
        cmocka_unit_test(test_unfit),     cmocka_unit_test(test_full_sink),   cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_little_memory), cmocka_unit_test(test_follow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
