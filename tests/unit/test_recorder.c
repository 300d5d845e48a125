/* Lanes, frames, variables, and what the recorder's thread makes of them. */
#include <pthread.h>

#include "recording.h"

static void test_variables_stay_until_they_change(void **state)
{
    (void)state;
    recording c;
    record(&c, DEFAULTS);
    set_int(&c, "x", 1);
    set_int(&c, "y", 2);
    ctrace_lane_step(c.l, c.path, 1);
    ctrace_lane_step(c.l, c.path, 2);
    set_int(&c, "x", 30);
    ctrace_lane_step(c.l, c.path, 3);
    ctrace_lane_forget(c.l, named(&c, "x"));
    ctrace_lane_step(c.l, c.path, 4);
    set_int(&c, "x", 5);
    ctrace_lane_step(c.l, c.path, 5);
    assert_recorded(&c, "S1 x=1 y=2 S2 x=1 y=2 S3 x=30 y=2 S4 y=2 S5 y=2 x=5");
}

static void test_variables_that_are_not_given_are_forgotten(void **state)
{
    (void)state;
    recording c;
    record(&c, DEFAULTS);
    ctrace_lane_begin_variables(c.l);
    set_int(&c, "a", 1);
    set_int(&c, "b", 2);
    set_int(&c, "c", 3);
    ctrace_lane_step(c.l, c.path, 1);
    ctrace_lane_begin_variables(c.l);
    set_int(&c, "c", 3);
    set_int(&c, "a", 1);
    ctrace_lane_step(c.l, c.path, 2);
    ctrace_lane_step(c.l, c.path, 3); /* nothing was said: they stay */
    ctrace_lane_begin_variables(c.l);
    ctrace_lane_step(c.l, c.path, 4);
    assert_recorded(&c, "S1 a=1 b=2 c=3 S2 a=1 c=3 S3 a=1 c=3 S4");
}

static void test_each_frame_has_its_own(void **state)
{
    (void)state;
    recording c;
    record(&c, DEFAULTS);
    set_int(&c, "x", 1);
    ctrace_lane_step(c.l, c.path, 1);
    ctrace_lane_begin_arg(c.l, named(&c, "n"));
    ctrace_lane_put_int(c.l, c.type, 7);
    ctrace_lane_call(c.l, function(&c, "f"));
    assert_int_equal(ctrace_lane_depth(c.l), 1);
    ctrace_lane_step(c.l, c.path, 11);
    set_int(&c, "n", 7); /* as it was */
    set_int(&c, "x", 9);
    ctrace_lane_step(c.l, c.path, 12);
    ctrace_lane_begin_return(c.l);
    ctrace_lane_put_int(c.l, c.type, 16);
    assert_int_equal(ctrace_lane_depth(c.l), 0);
    ctrace_lane_step(c.l, c.path, 2);
    assert_recorded(&c, "S1 x=1 C0 S11 n=7 S12 n=7 x=9 R S2 x=1");
}

static void test_an_unchanged_variable_is_not_sent(void **state)
{
    (void)state;
    recording c;
    record(&c, DEFAULTS);
    ctrace_lane_begin_variable(c.l, named(&c, "x"));
    size_t shown;
    assert_true(ctrace_lane_open(c.l, CTRACE_VALUE_SEQUENCE, c.type, 2, NULL, &shown));
    ctrace_lane_put_string(c.l, c.type, S("a"), 0);
    ctrace_lane_put_string(c.l, c.type, S("b"), 0);
    ctrace_lane_close(c.l);
    ctrace_lane_step(c.l, c.path, 1);
    ctrace_recorder_counts before, after;
    ctrace_recorder_get_counts(c.r, &before);
    for (int i = 0; i < 1000; i++) {
        ctrace_lane_begin_variable(c.l, named(&c, "x"));
        ctrace_lane_open(c.l, CTRACE_VALUE_SEQUENCE, c.type, 2, NULL, &shown);
        ctrace_lane_put_string(c.l, c.type, S("a"), 0);
        ctrace_lane_put_string(c.l, c.type, i == 500 ? S("c") : S("b"), 0);
        ctrace_lane_close(c.l);
        ctrace_lane_step(c.l, c.path, i);
    }
    ctrace_recorder_get_counts(c.r, &after);
    assert_int_equal(ctrace_recorder_flush(c.r, NULL), CTRACE_OK);
    char *text = ended(&c);
    size_t changed = 0, all = 0;
    for (const char *p = text; (p = strstr(p, "\"text\":\"c\"")); p++)
        changed++;
    for (const char *p = text; (p = strstr(p, "{\"Value\"")); p++)
        all++;
    assert_int_equal(changed, 1);
    assert_int_equal(all, 1001);
    free(text);
}

static void test_budgets(void **state)
{
    (void)state;
    recording c;
    ctrace_recorder_options options = DEFAULTS;
    options.max_depth = 2;
    options.max_items = 3;
    options.max_text = 5;
    options.max_total = 5;
    record(&c, options);
    size_t shown;
    int list, inner;
    ctrace_lane_begin_local(c.l, named(&c, "x"));
    assert_true(ctrace_lane_open(c.l, CTRACE_VALUE_SEQUENCE, c.type, 10, &list, &shown));
    assert_int_equal(shown, 3);
    ctrace_lane_put_string(c.l, c.type, S("größer"), 0);
    assert_false(ctrace_lane_open(c.l, CTRACE_VALUE_SEQUENCE, c.type, 1, &list, &shown)); /* a cycle */
    assert_true(ctrace_lane_open(c.l, CTRACE_VALUE_TUPLE, c.type, 4, &inner, &shown));
    assert_int_equal(shown, 2); /* of the total */
    assert_false(ctrace_lane_open(c.l, CTRACE_VALUE_TUPLE, c.type, 1, NULL, &shown)); /* too deep */
    ctrace_lane_put_int(c.l, c.type, 1);
    ctrace_lane_put_int(c.l, c.type, 99); /* more than announced */
    ctrace_lane_close(c.l);
    ctrace_lane_close(c.l);
    ctrace_lane_begin_local(c.l, named(&c, "y"));
    assert_true(ctrace_lane_open(c.l, CTRACE_VALUE_STRUCT, c.type, 2, NULL, &shown));
    ctrace_lane_put_int(c.l, c.type, 1); /* fewer than announced */
    ctrace_lane_close(c.l);
    ctrace_lane_begin_local(c.l, named(&c, "z"));
    ctrace_lane_put_string(c.l, c.type, S("abc"), 70);
    ctrace_recorder_counts counts;
    ctrace_recorder_get_counts(c.r, &counts);
    assert_int_equal(counts.texts_cut, 2);
    assert_int_equal(counts.containers_cut, 2);
    assert_int_equal(counts.containers_marked, 2);
    char *text = ended(&c);
    assert_non_null(strstr(text, "\"text\":\"gr\xC3\xB6\xE2\x80\xA6(+4)\""));
    assert_non_null(strstr(text, "\"r\":\"<cycle>\""));
    assert_non_null(strstr(text, "\"r\":\"\xE2\x80\xA6 7 more\""));
    assert_non_null(strstr(text, "\"r\":\"\xE2\x80\xA6 2 more\""));
    assert_non_null(strstr(text, "\"r\":\"<missing>\""));
    assert_non_null(strstr(text, "\"text\":\"abc\xE2\x80\xA6(+70)\""));
    assert_null(strstr(text, "99"));
    free(text);
}

static void test_shared_objects(void **state)
{
    (void)state;
    recording c;
    ctrace_recorder_options options = DEFAULTS;
    options.mark_shared = true;
    record(&c, options);
    size_t shown;
    int outer, inner;
    for (int i = 0; i < 2; i++) {
        ctrace_lane_begin_local(c.l, named(&c, "x"));
        assert_true(ctrace_lane_open(c.l, CTRACE_VALUE_SEQUENCE, c.type, 2, &outer, &shown));
        assert_true(ctrace_lane_open(c.l, CTRACE_VALUE_SEQUENCE, c.type, 0, &inner, &shown));
        ctrace_lane_close(c.l);
        assert_false(ctrace_lane_open(c.l, CTRACE_VALUE_SEQUENCE, c.type, 0, &inner, &shown));
        ctrace_lane_close(c.l);
    }
    char *text = ended(&c);
    assert_non_null(strstr(text, "<shared>"));
    free(text);
}

static void test_logs_are_told_at_their_line(void **state)
{
    (void)state;
    recording c;
    record(&c, DEFAULTS);
    set_int(&c, "x", 1);
    ctrace_lane_step(c.l, c.path, 1);
    ctrace_lane_call(c.l, function(&c, "f"));
    ctrace_lane_step(c.l, c.path, 11);
    ctrace_lane_return(c.l);
    ctrace_lane_log(c.l, CTRACE_LOG_WRITE, S(""), S("out")); /* the call was on line 1 */
    ctrace_lane_log(c.l, CTRACE_LOG_WRITE, S(""), S("out"));
    ctrace_lane_log(c.l, CTRACE_LOG_ERROR, S(""), S("bad"));
    assert_recorded(&c, "S1 x=1 C0 S11 R S1 x=1 "
                        "{\"Event\":{\"kind\":0,\"metadata\":\"\",\"content\":\"out\"}} "
                        "{\"Event\":{\"kind\":0,\"metadata\":\"\",\"content\":\"out\"}} S1 x=1 "
                        "{\"Event\":{\"kind\":11,\"metadata\":\"\",\"content\":\"bad\"}}");
}

static void test_pause_keeps_calls_and_returns_in_pairs(void **state)
{
    (void)state;
    recording c;
    record(&c, DEFAULTS);
    ctrace_id f = function(&c, "f");
    ctrace_lane_call(c.l, f);
    ctrace_recorder_pause(c.r);
    assert_true(ctrace_recorder_is_paused(c.r));
    ctrace_lane_step(c.l, c.path, 1);
    ctrace_lane_call(c.l, f); /* is not recorded, */
    ctrace_recorder_resume(c.r);
    ctrace_lane_step(c.l, c.path, 2); /* nor are its steps, */
    ctrace_lane_call(c.l, f);         /* but this is */
    ctrace_lane_step(c.l, c.path, 3);
    ctrace_lane_return(c.l);
    ctrace_lane_begin_return(c.l);
    ctrace_lane_put_int(c.l, c.type, 1);
    assert_int_equal(ctrace_lane_depth(c.l), 1);
    ctrace_recorder_pause(c.r);
    ctrace_lane_return(c.l);
    ctrace_recorder_resume(c.r);
    ctrace_lane_step(c.l, c.path, 4);
    assert_recorded(&c, "C0 C0 S3 R R S4");
}

static void test_mistakes_harm_nothing(void **state)
{
    (void)state;
    recording c;
    ctrace_error error;
    record(&c, DEFAULTS);
    ctrace_lane_return(c.l);
    ctrace_lane_put_int(c.l, c.type, 1);
    ctrace_lane_close(c.l);
    ctrace_lane_begin_variable(c.l, named(&c, "x"));
    ctrace_lane_step(c.l, c.path, 1); /* in the middle of a value */
    ctrace_lane_begin_variable(c.l, 12345);
    ctrace_lane_put_int(c.l, c.type, 1);
    ctrace_lane_step(c.l, c.path, 2);
    ctrace_lane_step(c.l, 77, 2);
    ctrace_lane_call(c.l, 99);
    ctrace_lane_return(c.l);
    ctrace_lane_event(c.l, &(ctrace_event){.kind = CTRACE_EVENT_PATH, .path = S("x")});
    ctrace_lane_step(NULL, 0, 0);
    ctrace_lane_put_string(NULL, 0, S("x"), 0);
    ctrace_lane_begin_return(NULL);
    ctrace_lane_end(NULL);
    ctrace_lane_step(c.l, c.path, 3);
    assert_int_equal(ctrace_recorder_flush(c.r, &error), CTRACE_STATE);
    assert_int_equal(ctrace_recorder_close(&c.r, &error), CTRACE_STATE);
    c.sink.data = realloc(c.sink.data, c.sink.size + 1);
    c.sink.data[c.sink.size] = 0;
    char *text = shortened(c.sink.data);
    assert_string_equal(text, "S1 S2 S3");
    free(text);
    free(c.sink.data);
}

static void test_large_records(void **state)
{
    (void)state;
    recording c;
    ctrace_recorder_options options = DEFAULTS;
    options.max_text = 1 << 20;
    record(&c, options);
    size_t size = 700000;
    char *large = malloc(size);
    assert_non_null(large);
    memset(large, 'z', size);
    for (int i = 0; i < 50; i++) {
        ctrace_lane_begin_local(c.l, named(&c, "x"));
        ctrace_lane_put_string(c.l, c.type, (ctrace_str){large, size}, 0);
        ctrace_lane_log(c.l, CTRACE_LOG_WRITE, S(""), (ctrace_str){large, size});
    }
    char *text = ended(&c);
    size_t count = 0;
    for (const char *p = text; *p; p++)
        count += *p == 'z';
    assert_int_equal(count, 100 * size);
    free(text);
    free(large);
}

static void test_deep_recursion_lets_go(void **state)
{
    (void)state;
    recording c;
    record(&c, DEFAULTS);
    ctrace_id f = function(&c, "f"), x = named(&c, "x");
    char text[900];
    memset(text, 'q', sizeof text);
    int wanted = 0;
    enum { DEPTH = 15000 };
    for (int i = 0; i < DEPTH; i++) {
        ctrace_lane_call(c.l, f);
        ctrace_lane_begin_variable(c.l, x);
        ctrace_lane_put_string(c.l, c.type, (ctrace_str){text, sizeof text}, 0);
    }
    for (int i = 0; i < DEPTH; i++) {
        if (ctrace_lane_wants_variables(c.l)) {
            wanted++;
            ctrace_lane_begin_variable(c.l, x);
            ctrace_lane_put_int(c.l, c.type, i);
            assert_false(ctrace_lane_wants_variables(c.l));
        }
        ctrace_lane_step(c.l, c.path, i);
        ctrace_lane_return(c.l);
    }
    assert_true(wanted > 1000 && wanted < DEPTH);
    char *all = ended(&c);
    size_t texts = 0, ints = 0;
    for (const char *p = all; (p = strstr(p, "\"text\":\"qqq")); p++)
        texts++;
    for (const char *p = all; (p = strstr(p, "{\"kind\":\"Int\"")); p++)
        ints++;
    assert_int_equal(ints, wanted);
    assert_int_equal(texts + ints, DEPTH);
    free(all);
}

static void test_threads_in_turns_are_in_order(void **state)
{
    (void)state;
    recording c;
    record(&c, DEFAULTS);
    ctrace_lane *other = ctrace_recorder_lane(c.r);
    assert_int_equal(ctrace_lane_thread(other), 2);
    char expected[20000], *p = expected;
    for (int i = 1; i <= 300; i++) {
        ctrace_lane_step(i % 2 ? c.l : other, c.path, i);
        if (i == 1)
            p += sprintf(p, "{\"ThreadStart\":2} T2 T1 S1");
        else
            p += sprintf(p, " T%d S%d", i % 2 ? 1 : 2, i);
    }
    ctrace_lane_call(other, function(&c, "f"));
    ctrace_lane_end(other);
    p += sprintf(p, " C0 R {\"ThreadExit\":2}");
    ctrace_lane_step(c.l, c.path, 7);
    p += sprintf(p, " T1 S7");
    assert_recorded(&c, expected);
}

typedef struct worker {
    recording *c;
    int number;
    bool loose;
} worker;

enum { WORKERS = 4, WORKER_STEPS = 20000 };

static void *work(void *cookie)
{
    worker *w = cookie;
    ctrace_lane *l = ctrace_recorder_lane(w->c->r);
    ctrace_id x = ctrace_recorder_variable(w->c->r, S("x"));
    ctrace_id f = ctrace_recorder_function(w->c->r, w->c->path, w->number, S("work"));
    ctrace_lane_call(l, f);
    for (int i = 0; i < WORKER_STEPS; i++) {
        ctrace_lane_begin_variable(l, x);
        ctrace_lane_put_int(l, w->c->type, i / 2);
        ctrace_lane_step(l, w->c->path, i);
        if (i % 5000 == 0)
            ctrace_recorder_flush(w->c->r, NULL);
    }
    ctrace_lane_return(l);
    ctrace_lane_end(l);
    return NULL;
}

static void at_the_same_time(ctrace_order order, ctrace_form form)
{
    recording c;
    ctrace_recorder_options options = DEFAULTS;
    options.order = order;
    options.buffer_bytes = 1 << 20;
    record_as(&c, options, (ctrace_writer_options){CTRACE_WRITER_OPTIONS_INIT, .form = form});
    pthread_t threads[WORKERS];
    worker workers[WORKERS];
    for (int i = 0; i < WORKERS; i++) {
        workers[i] = (worker){&c, i, false};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < WORKERS; i++)
        pthread_join(threads[i], NULL);
    ctrace_recorder_counts counts;
    assert_int_equal(ctrace_recorder_flush(c.r, NULL), CTRACE_OK);
    ctrace_recorder_get_counts(c.r, &counts);
    assert_int_equal(counts.steps, WORKERS * WORKER_STEPS);
    ctrace_error error;
    assert_int_equal(ctrace_recorder_close(&c.r, &error), CTRACE_OK);
    /* Each thread's steps are in their order, with their values. */
    pieces p = {.data = c.sink.data, .size = c.sink.size};
    ctrace_source source = {.cookie = &p, .read = pieces_read};
    ctrace_reader *reader;
    assert_int_equal(ctrace_reader_open_source(&reader, &source, S("input"), NULL, &error), CTRACE_OK);
    const ctrace_event *event;
    int64_t next[WORKERS + 2] = {0};
    uint64_t thread = 1, values = 0, starts = 0, exits = 0;
    while (ctrace_reader_next(reader, &event, &error) == CTRACE_OK) {
        switch (event->kind) {
        case CTRACE_EVENT_THREAD_START:
            starts++;
            break;
        case CTRACE_EVENT_THREAD_EXIT:
            exits++;
            break;
        case CTRACE_EVENT_THREAD_SWITCH:
            thread = event->thread_id;
            break;
        case CTRACE_EVENT_STEP:
            assert_int_equal(event->step.line, next[thread]++);
            break;
        case CTRACE_EVENT_VALUE:
            assert_int_equal(event->value.value->i, (next[thread] - 1) / 2);
            values++;
            break;
        default:
            break;
        }
    }
    ctrace_reader_close(&reader);
    assert_int_equal(values, WORKERS * WORKER_STEPS);
    assert_int_equal(starts, WORKERS);
    assert_int_equal(exits, WORKERS);
    free(c.sink.data);
}

static void test_threads_at_the_same_time(void **state)
{
    (void)state;
    at_the_same_time(CTRACE_ORDER_EXACT, CTRACE_FORM_JSON);
    at_the_same_time(CTRACE_ORDER_LOOSE, CTRACE_FORM_BIN);
    at_the_same_time(CTRACE_ORDER_LOOSE, CTRACE_FORM_CT);
}

static void test_a_failure_leaves_the_program_alone(void **state)
{
    (void)state;
    recording c;
    record(&c, (ctrace_recorder_options){CTRACE_RECORDER_OPTIONS_INIT, .buffer_bytes = 1 << 20});
    ctrace_id x = named(&c, "x");
    c.sink.until_failure = 2;
    for (int i = 0; i < 300000; i++) {
        ctrace_lane_begin_variable(c.l, x);
        ctrace_lane_put_int(c.l, c.type, i);
        ctrace_lane_step(c.l, c.path, i);
    }
    ctrace_error error;
    assert_int_equal(ctrace_recorder_flush(c.r, &error), CTRACE_IO);
    assert_non_null(strstr(error.message, "No space"));
    ctrace_lane *other = ctrace_recorder_lane(c.r);
    ctrace_lane_step(other, c.path, 1);
    assert_int_equal(ctrace_recorder_close(&c.r, &error), CTRACE_IO);
    free(c.sink.data);
}

static void test_flight_recorder(void **state)
{
    (void)state;
    recording c;
    ctrace_recorder_options options = DEFAULTS;
    options.overflow = CTRACE_OVERFLOW_DROP_OLDEST;
    options.buffer_bytes = 1 << 20;
    record(&c, options);
    ctrace_id f = function(&c, "f"), g = function(&c, "g");
    set_int(&c, "x", 1);
    ctrace_lane_call(c.l, f);
    set_int(&c, "y", 2);
    for (int i = 0; i < 500000; i++)
        ctrace_lane_step(c.l, c.path, i);
    assert_int_equal(ctrace_recorder_flush(c.r, NULL), CTRACE_OK);
    for (size_t i = 0; i + 6 < c.sink.size; i++)
        assert_memory_not_equal(c.sink.data + i, "\"Step\"", 6);
    ctrace_lane_call(c.l, g);
    ctrace_lane_step(c.l, c.path, 7);
    assert_int_equal(ctrace_recorder_dump(c.r, NULL), CTRACE_OK);
    ctrace_lane_return(c.l);
    ctrace_lane_return(c.l);
    ctrace_lane_step(c.l, c.path, 8);
    for (int i = 0; i < 500000; i++)
        ctrace_lane_step(c.l, c.path, i);
    ctrace_lane_step(c.l, c.path, 9);
    assert_int_equal(ctrace_recorder_dump(c.r, NULL), CTRACE_OK);
    ctrace_recorder_counts counts;
    ctrace_recorder_get_counts(c.r, &counts);
    assert_true(counts.events_lost > 100000);
    char *text = shortened(ended(&c));
    /* The call that was open, a step with what it had, what was lost; at the second dump the same again. */
    assert_ptr_equal(strstr(text, "C0 S"), text);
    assert_non_null(strstr(text, " y=2 {\"Event\":{\"kind\":12,\"metadata\":\"lost\""));
    assert_non_null(strstr(text, " C1 S7 R R S"));
    assert_non_null(strstr(text, " S9 x=1"));
    free(text);
    free(c.sink.data);
}

static void test_events_as_they_are(void **state)
{
    (void)state;
    recording c;
    record(&c, DEFAULTS);
    ctrace_id x = named(&c, "x"), y = named(&c, "y"), both[2] = {x, y};
    ctrace_str lines[2] = {S("mov"), S("ret")};
    ctrace_lane_event(c.l, &(ctrace_event){.kind = CTRACE_EVENT_ASM, .assembly = {lines, 2}});
    ctrace_lane_event(c.l, &(ctrace_event){.kind = CTRACE_EVENT_DROP_VARIABLES, .drop_variables = {both, 2}});
    ctrace_rvalue from = {.kind = CTRACE_RVALUE_COMPOUND, .variable_ids = both, .variable_count = 2};
    ctrace_lane_event(c.l, &(ctrace_event){.kind = CTRACE_EVENT_ASSIGNMENT, .assignment = {x, 0, from}});
    from = (ctrace_rvalue){.kind = CTRACE_RVALUE_FIELD_ACCESS, .variable_id = y, .field = S("size")};
    ctrace_lane_event(c.l, &(ctrace_event){.kind = CTRACE_EVENT_ASSIGNMENT, .assignment = {x, 0, from}});
    ctrace_lane_event(c.l, &(ctrace_event){.kind = CTRACE_EVENT_BIND_VARIABLE, .bind_variable = {y, 5}});
    char *text = ended(&c);
    assert_non_null(strstr(text, "\"mov\",\"ret\""));
    assert_non_null(strstr(text, "{\"DropVariables\":[0,1]}"));
    assert_non_null(strstr(text, "\"Compound\",\"data\":[0,1]"));
    assert_non_null(strstr(text, "\"size\""));
    assert_non_null(strstr(text, "{\"BindVariable\":{\"variable_id\":1,\"place\":5}}"));
    free(text);
}

/* Something of everything: variables that stay, change, grow, shrink and go; containers; arguments; texts. */
static char *told_in(ctrace_form form)
{
    recording c;
    ctrace_error error;
    record_as(&c, DEFAULTS, (ctrace_writer_options){CTRACE_WRITER_OPTIONS_INIT, .form = form});
    ctrace_id f = function(&c, "f"), x = named(&c, "x"), list = named(&c, "list");
    char text[300];
    memset(text, 'w', sizeof text);
    size_t shown;
    for (int i = 0; i < 300; i++) {
        ctrace_lane_begin_variable(c.l, x);
        ctrace_lane_put_string(c.l, c.type, (ctrace_str){text, (size_t)(i * 7 % 300)}, 0);
        if (i % 5 == 0) {
            ctrace_lane_begin_variable(c.l, list);
            ctrace_lane_open(c.l, CTRACE_VALUE_SEQUENCE, c.type, 3, NULL, &shown);
            ctrace_lane_put_int(c.l, c.type, i);
            ctrace_lane_put_none(c.l, CTRACE_ID_NONE);
            ctrace_lane_put_bool(c.l, CTRACE_ID_NONE, i % 2);
            ctrace_lane_close(c.l);
        }
        if (i % 7 == 0)
            ctrace_lane_forget(c.l, i % 2 ? x : list);
        ctrace_lane_step(c.l, c.path, i);
        if (i % 3 == 0) {
            ctrace_lane_begin_arg(c.l, x);
            ctrace_lane_put_int(c.l, c.type, i);
            ctrace_lane_call(c.l, f);
            ctrace_lane_step(c.l, c.path, 1000 + i);
        }
        if (i % 3 == 2) {
            ctrace_lane_begin_return(c.l);
            ctrace_lane_put_string(c.l, c.type, S("done"), 0);
        }
        if (i % 50 == 0)
            ctrace_recorder_flush(c.r, NULL);
    }
    assert_int_equal(ctrace_recorder_close(&c.r, &error), CTRACE_OK);
    pieces p = {.data = c.sink.data, .size = c.sink.size};
    ctrace_source source = {.cookie = &p, .read = pieces_read};
    ctrace_reader *reader;
    assert_int_equal(ctrace_reader_open_source(&reader, &source, S("input"), NULL, &error), CTRACE_OK);
    const ctrace_event *event;
    story s = {0};
    while (ctrace_reader_next(reader, &event, &error) == CTRACE_OK)
        story_add_event(&s, event);
    ctrace_reader_close(&reader);
    free(c.sink.data);
    return s.text;
}

static void test_every_form_tells_the_same(void **state)
{
    (void)state;
    char *first = told_in(CTRACE_FORM_JSON);
    assert_true(strlen(first) > 50000);
    for (ctrace_form form = 0; form < CTRACE_FORM_COUNT; form++) {
        char *other = told_in(form);
        assert_string_equal(other, first);
        free(other);
    }
    free(first);
}

static void test_secrets_are_not_written(void **state)
{
    (void)state;
    for (int keep = 0; keep < 2; keep++) {
        recording c;
        ctrace_recorder_options options = DEFAULTS;
        options.keep_secrets = keep;
        record(&c, options);
        ctrace_lane_begin_variable(c.l, named(&c, "x"));
        ctrace_lane_put_string(c.l, c.type, S("AKIAIOSFODNN7EXAMPLE"), 0);
        ctrace_lane_step(c.l, c.path, 1);
        ctrace_lane_log(c.l, CTRACE_LOG_ERROR, S(""), S("no such key: AKIAIOSFODNN7EXAMPLE"));
        assert_int_equal(ctrace_recorder_flush(c.r, NULL), CTRACE_OK);
        ctrace_lane_begin_variable(c.l, named(&c, "y"));
        ctrace_lane_put_redacted(c.l, S("by name"));
        ctrace_lane_step(c.l, c.path, 2);
        assert_int_equal(ctrace_recorder_flush(c.r, NULL), CTRACE_OK);
        ctrace_recorder_counts counts;
        ctrace_recorder_get_counts(c.r, &counts);
        assert_int_equal(counts.values_redacted, keep ? 1 : 3);
        char *text = ended(&c);
        assert_true((strstr(text, "AKIA") != NULL) == keep);
        assert_non_null(strstr(text, "<redacted: by name>"));
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_variables_stay_until_they_change),
        cmocka_unit_test(test_variables_that_are_not_given_are_forgotten),
        cmocka_unit_test(test_each_frame_has_its_own),
        cmocka_unit_test(test_an_unchanged_variable_is_not_sent),
        cmocka_unit_test(test_budgets),
        cmocka_unit_test(test_shared_objects),
        cmocka_unit_test(test_logs_are_told_at_their_line),
        cmocka_unit_test(test_pause_keeps_calls_and_returns_in_pairs),
        cmocka_unit_test(test_mistakes_harm_nothing),
        cmocka_unit_test(test_large_records),
        cmocka_unit_test(test_deep_recursion_lets_go),
        cmocka_unit_test(test_threads_in_turns_are_in_order),
        cmocka_unit_test(test_threads_at_the_same_time),
        cmocka_unit_test(test_a_failure_leaves_the_program_alone),
        cmocka_unit_test(test_flight_recorder),
        cmocka_unit_test(test_events_as_they_are),
        cmocka_unit_test(test_every_form_tells_the_same),
        cmocka_unit_test(test_secrets_are_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
