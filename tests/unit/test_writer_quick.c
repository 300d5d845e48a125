/* A variable's value in one go is the same, byte by byte, as one that is begun and put. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cmocka_all.h"
#include "limited_memory.h"
#include "writer/quick.h"
#include "writing.h"

/* Texts that are escaped, mended and copied at every length and place. */
#define PARTS 9
static const char *const parts[PARTS] = {"a", "12345678", "\"", "\x01\x1f", "\xc3\xb6", "\xe2\x82\xac\xf0\x9f\x99\x82",
                                         "\xff", "\xe2\x82", "\n\\\t"};

static uint64_t random_state;

static uint64_t next_random(void)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return random_state >> 33;
}

static ctrace_str random_text(char *room, size_t most)
{
    size_t size = 0;
    for (size_t count = next_random() % 12; count > 0; count--) {
        const char *part = parts[next_random() % PARTS];
        size_t more = strlen(part);
        if (size + more <= most)
            memcpy(room + size, part, more);
        size += size + more <= most ? more : 0;
    }
    return (ctrace_str){room, size};
}

static ctrace_status put_one(ctrace_writer *w, bool quick, ctrace_id variable, ctrace_id type)
{
    static char room[100000];
    uint64_t kind = next_random() % 8, number = next_random() << (next_random() % 33) ^ next_random();
    double f = (double)number / (next_random() % 2 ? 1000.0 : 3.0);
    ctrace_str text = kind == 5 ? random_text(room, 40) : (ctrace_str){room, 0};
    if (kind == 6) { /* longer than what is flushed at once */
        memset(room, next_random() % 2 ? '"' : 'x', sizeof room);
        text.size = next_random() % 40 ? 0 : sizeof room;
    }
    if (next_random() % 16 == 0)
        f = f > 1e6 ? __builtin_inf() : __builtin_nan("");
    const ctrace_value_kind text_kinds[] = {CTRACE_VALUE_STRING, CTRACE_VALUE_RAW, CTRACE_VALUE_ERROR};
    ctrace_value_kind text_kind = text_kinds[next_random() % 3];
    ctrace_status status = quick ? CTRACE_OK : ctrace_begin_local(w, variable);
    if (status != CTRACE_OK)
        return status;
    switch (kind) {
    case 0:
    case 1:
        return quick ? ctr_quick_local_int(w, variable, type, (int64_t)number * (kind ? -1 : 1))
                     : ctrace_put_int(w, type, (int64_t)number * (kind ? -1 : 1));
    case 2:
        return quick ? ctr_quick_local_float(w, variable, type, f) : ctrace_put_float(w, type, f);
    case 3:
        return quick ? ctr_quick_local_bool(w, variable, type, number & 1) : ctrace_put_bool(w, type, number & 1);
    case 4:
        return quick ? ctr_quick_local_none(w, variable, type) : ctrace_put_none(w, type);
    default:
        if (quick)
            return ctr_quick_local_text(w, variable, text_kind, type, text);
        return text_kind == CTRACE_VALUE_STRING ? ctrace_put_string(w, type, text)
               : text_kind == CTRACE_VALUE_RAW  ? ctrace_put_raw(w, type, text)
                                                : ctrace_put_error(w, type, text);
    }
}

/* The same calls, quick or not. Returns what the last one that failed returned. */
static ctrace_status write_all(ctrace_writer *w, bool quick)
{
    ctrace_status failure = CTRACE_OK;
    random_state = 7;
    ctrace_writer_start(w, S("/a.py"), 1);
    ctrace_id variables[3] = {ctrace_variable(w, S("x")), ctrace_variable(w, S("y")), 999999};
    for (int i = 0; i < 3000; i++) {
        ctrace_id variable = variables[next_random() % (next_random() % 64 ? 2 : 3)];
        ctrace_id type = next_random() % 3 ? next_random() % 1000 : CTRACE_ID_NONE;
        if (next_random() % 4 == 0)
            ctrace_step(w, 0, i);
        if (next_random() % 64 == 0)
            ctrace_drop_last_step(w);
        if (next_random() % 256 == 0)
            ctrace_writer_flush(w, NULL);
        ctrace_status status = put_one(w, quick, variable, type);
        failure = status == CTRACE_OK ? failure : status;
    }
    return failure;
}

#define FIXED                                                                                            \
    CTRACE_WRITER_OPTIONS_INIT, .workdir = S("/w"), .recording_id = S("0192a5f0-7b3c-7d2e-9f41-0123456789ab"), \
        .flush_ms = 1000000, .flush_bytes = 40000

static void compare(ctrace_writer_options options)
{
    growing g[2] = {GROWING, GROWING};
    ctrace_writer_counts counts[2];
    for (int quick = 0; quick < 2; quick++) {
        ctrace_writer *w;
        assert_int_equal(open_growing(&w, &g[quick], &options, NULL), CTRACE_OK);
        assert_int_equal(write_all(w, quick), CTRACE_ARGUMENT); /* a variable that is not declared */
        ctrace_writer_get_counts(w, &counts[quick]);
        assert_int_equal(ctrace_writer_close(&w, NULL), CTRACE_ARGUMENT);
    }
    assert_memory_equal(&counts[0], &counts[1], sizeof counts[0]);
    assert_int_equal(g[0].size, g[1].size);
    assert_memory_equal(g[0].data, g[1].data, g[0].size);
    free(g[0].data);
    free(g[1].data);
}

static void test_it_is_the_same_in_every_form(void **state)
{
    (void)state;
    const ctrace_form forms[] = {CTRACE_FORM_JSON, CTRACE_FORM_NDJSON, CTRACE_FORM_BIN, CTRACE_FORM_BIN_V0};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        compare((ctrace_writer_options){FIXED, .form = forms[i]});
    compare((ctrace_writer_options){FIXED, .floats = CTRACE_FLOAT_NUMBER});
}

static void test_it_refuses_inside_a_value(void **state)
{
    (void)state;
    growing g = GROWING;
    ctrace_writer *w;
    assert_int_equal(open_growing(&w, &g, &(ctrace_writer_options){FIXED}, NULL), CTRACE_OK);
    ctrace_writer_start(w, S("/a.py"), 1);
    ctrace_id x = ctrace_variable(w, S("x"));
    assert_int_equal(ctrace_begin_local(w, x), CTRACE_OK);
    assert_int_equal(ctr_quick_local_int(w, x, 0, 1), CTRACE_STATE);
    assert_int_equal(ctrace_put_tuple(w, 0, 1), CTRACE_OK);
    assert_int_equal(ctr_quick_local_text(w, x, CTRACE_VALUE_STRING, 0, S("no")), CTRACE_STATE);
    assert_int_equal(ctrace_put_int(w, 0, 2), CTRACE_OK);
    assert_int_equal(ctrace_put_end(w), CTRACE_OK);
    assert_int_equal(ctr_quick_local_bool(w, x, 0, true), CTRACE_OK);
    assert_int_equal(ctrace_writer_close(&w, NULL), CTRACE_STATE);
    char *events = read_back(g.data, g.size);
    assert_null(strstr(events, "\"i\":1"));
    assert_non_null(strstr(events, "\"i\":2"));
    assert_non_null(strstr(events, "\"b\":true"));
    free(events);
    free(g.data);
}

static void test_without_memory_it_stops(void **state)
{
    (void)state;
    for (size_t allowed = 0;; allowed++) {
        limited_memory memory = {.until_failure = allowed};
        ctrace_allocator allocator = LIMITED_ALLOCATOR(&memory);
        growing g = GROWING;
        ctrace_writer *w;
        ctrace_status status = open_growing(&w, &g, &(ctrace_writer_options){FIXED, .allocator = &allocator}, NULL);
        if (status == CTRACE_OK) {
            write_all(w, true);
            status = ctrace_writer_close(&w, NULL);
        }
        free(g.data);
        assert_int_equal(memory.held, 0);
        if (status == CTRACE_ARGUMENT) /* there was enough */
            break;
        assert_int_equal(status, CTRACE_NO_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_is_the_same_in_every_form),
        cmocka_unit_test(test_it_refuses_inside_a_value),
        cmocka_unit_test(test_without_memory_it_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
