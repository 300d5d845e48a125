/* Events whose repeats are known to the packer are read back as they were given: long and short runs, parts of every
 * kind, events larger than zstd's blocks. */
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#include "cmocka_all.h"
#include "limited_memory.h"
#include "writing.h"

static uint64_t random_state;

static uint64_t next_random(uint64_t below)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (random_state >> 33) % below;
}

static ctrace_str random_text(void)
{
    static char room[400000];
    static const size_t sizes[] = {0, 1, 5, 5, 12, 12, 20, 200};
    size_t size = sizes[next_random(sizeof sizes / sizeof *sizes)];
    if (next_random(20000) == 0)
        size = sizeof room;
    bool is_noise = size < 30 && next_random(8) == 0;
    for (size_t i = 0; i < size; i++)
        room[i] = (char)('a' + (is_noise ? next_random(26) : i % 7));
    return (ctrace_str){room, size};
}

static void put_random_value(ctrace_writer *w, int depth)
{
    ctrace_id type = next_random(4);
    size_t count = next_random(500) ? next_random(5) : 1500; /* that many parts are not all remembered */
    switch (next_random(depth < 3 ? 9 : 6)) {
    case 0:
    case 1:
        ctrace_put_int(w, type, (int64_t)next_random(1 << 20) - (1 << 19));
        break;
    case 2:
        ctrace_put_int(w, type, 7);
        break;
    case 3:
        ctrace_put_float(w, type, (double)next_random(100000) / 8);
        break;
    case 4:
        ctrace_put_string(w, type, random_text());
        break;
    case 5:
        ctrace_put_bool(w, type, next_random(2));
        break;
    case 6:
        ctrace_put_sequence(w, type, count, next_random(2));
        for (size_t i = 0; i < count; i++)
            put_random_value(w, count > 5 ? 3 : depth + 1);
        ctrace_put_end(w);
        break;
    case 7:
        ctrace_put_variant(w, type, S("Some"));
        put_random_value(w, depth + 1);
        ctrace_put_end(w);
        break;
    default:
        ctrace_put_reference(w, type, next_random(1000), false);
        put_random_value(w, depth + 1);
        ctrace_put_end(w);
    }
}

/* Events in every way; in `loop` as a program in a loop makes them, with its variables unchanged for the most part. */
static void write_events(ctrace_writer *w, uint64_t seed, size_t events, bool loop)
{
    random_state = seed;
    ctrace_writer_start(w, S("/a.py"), 1);
    ctrace_id variables[40], f = ctrace_function(w, 0, 3, S("f"));
    for (size_t i = 0; i < 40; i++)
        variables[i] = ctrace_variable(w, (ctrace_str){"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz", i + 1});
    int64_t values[10] = {0};
    for (size_t i = 0; i < events; i++) {
        if (loop) {
            ctrace_step(w, 0, (int64_t)(i % 13 + 3));
            values[next_random(10)] = (int64_t)next_random(100000);
            for (size_t k = 0; k < 10; k++) {
                ctrace_begin_local(w, variables[k]);
                ctrace_put_int(w, 1, values[k]);
            }
            continue;
        }
        switch (next_random(8)) {
        case 0:
            ctrace_step(w, 0, (int64_t)next_random(500));
            break;
        case 1:
            ctrace_begin_arg(w, variables[next_random(40)]);
            put_random_value(w, 1);
            ctrace_begin_arg(w, variables[next_random(40)]);
            ctrace_put_int(w, 1, 1);
            ctrace_call(w, f);
            break;
        case 2:
            ctrace_return(w);
            break;
        case 3:
            if (next_random(20) == 0)
                ctrace_log(w, CTRACE_LOG_WRITE, S("stdout"), random_text());
            break;
        default:
            ctrace_begin_local(w, variables[next_random(40)]);
            put_random_value(w, 0);
        }
        if (next_random(12000) == 0)
            ctrace_writer_flush(w, NULL);
    }
}

#define FIXED CTRACE_WRITER_OPTIONS_INIT, .workdir = S("/w"), .flush_ms = 1000000

static growing written(ctrace_writer_options options, uint64_t seed, size_t events, bool loop)
{
    growing g = GROWING;
    ctrace_writer *w;
    assert_int_equal(open_growing(&w, &g, &options, NULL), CTRACE_OK);
    write_events(w, seed, events, loop);
    ctrace_error error = {0};
    ctrace_status status = ctrace_writer_close(&w, &error);
    if (status != CTRACE_OK && status != CTRACE_STATE) /* a return without an open call */
        fail_msg("%s", error.message);
    return g;
}

/* What the frames hold; *frames is how many there are. */
static growing unpacked(const growing *g, size_t *frames)
{
    growing plain = GROWING;
    size_t at = 8;
    for (*frames = 0; memcmp(g->data + at, "\x28\xB5\x2F\xFD", 4) == 0; ++*frames) {
        size_t size = ZSTD_findFrameCompressedSize(g->data + at, g->size - at), room = 1 << 20, got;
        assert_false(ZSTD_isError(size));
        char *data = NULL;
        do {
            room *= 2;
            data = realloc(data, room);
            assert_non_null(data);
            got = ZSTD_decompress(data, room, g->data + at, size);
        } while (ZSTD_isError(got) && room < 64 << 20);
        if (ZSTD_isError(got))
            fail_msg("frame %zu: %s", *frames, ZSTD_getErrorName(got));
        growing_write(&plain, plain.size, data, got);
        free(data);
        at += size;
    }
    return plain;
}

/* With a level that searches, what lies in the frames is the same. */
static void compare(uint64_t seed, size_t events, bool loop, bool aside)
{
    ctrace_writer_options options = {FIXED, .form = CTRACE_FORM_BIN, .compress_aside = aside};
    growing known = written(options, seed, events, loop);
    options.level = 4;
    growing searched = written(options, seed, events, loop);
    size_t frames;
    growing found = unpacked(&known, &frames), expected = unpacked(&searched, &frames);
    assert_int_equal(found.size, expected.size);
    assert_memory_equal(found.data, expected.data, found.size);
    free(found.data);
    free(expected.data);
    free(known.data);
    free(searched.data);
}

static void test_random_events(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++)
        compare(seed, 40000, false, seed % 2);
}

static void test_a_loop(void **state)
{
    (void)state;
    compare(1, 20000, true, false);
    compare(2, 20000, true, true);
}

/* In a loop the file is no larger than one for which zstd searches. */
static void test_the_file_is_not_larger(void **state)
{
    (void)state;
    ctrace_writer_options options = {FIXED, .form = CTRACE_FORM_BIN};
    growing known = written(options, 1, 60000, true);
    options.level = 4; /* searches */
    growing searched = written(options, 1, 60000, true);
    assert_true(known.size * 4 < searched.size * 5);
    free(known.data);
    free(searched.data);
}

/* Variables that are told when they change: values are never those of the step before, lines come again. */
static growing changes_written(ctrace_writer_options options, ctrace_value_kind last)
{
    growing g = GROWING;
    ctrace_writer *w;
    assert_int_equal(open_growing(&w, &g, &options, NULL), CTRACE_OK);
    ctrace_writer_start(w, S("/a.py"), 1);
    ctrace_id a = ctrace_variable(w, S("a")), b = ctrace_variable(w, S("b"));
    for (size_t i = 0; i < 40000; i++) {
        ctrace_step(w, 0, (int64_t)(i % 7 + 3));
        ctrace_begin_local(w, i % 7 < 3 ? a : b);
        ctrace_put_int(w, 1, (int64_t)next_random(1 << 30));
        ctrace_begin_local(w, i % 7 % 2 ? a : b);
        if (i % 7 < 4)
            ctrace_put_bool(w, 2, next_random(2));
        else if (last == CTRACE_VALUE_FLOAT)
            ctrace_put_float(w, 3, (double)next_random(1 << 20) / 8);
        else
            ctrace_put_none(w, 3);
    }
    assert_int_equal(ctrace_writer_close(&w, NULL), CTRACE_OK);
    return g;
}

static void test_changes_alone(void **state)
{
    (void)state;
    const ctrace_value_kind kinds[] = {CTRACE_VALUE_FLOAT, CTRACE_VALUE_NONE};
    for (size_t i = 0; i < 2; i++) {
        ctrace_writer_options options = {FIXED, .form = CTRACE_FORM_BIN};
        random_state = 1;
        growing known = changes_written(options, kinds[i]);
        options.level = 4;
        random_state = 1;
        growing searched = changes_written(options, kinds[i]);
        size_t frames;
        growing found = unpacked(&known, &frames), expected = unpacked(&searched, &frames);
        assert_int_equal(found.size, expected.size);
        assert_memory_equal(found.data, expected.data, found.size);
        assert_true(known.size < searched.size);
        free(found.data);
        free(expected.data);
        free(known.data);
        free(searched.data);
    }
}

/* Small portions in one open frame, then a large one as a frame of its own, and small ones again. */
static void test_frames_of_both_kinds(void **state)
{
    (void)state;
    growing g = GROWING;
    ctrace_writer *w;
    ctrace_writer_options options = {FIXED, .form = CTRACE_FORM_BIN};
    assert_int_equal(open_growing(&w, &g, &options, NULL), CTRACE_OK);
    ctrace_writer_start(w, S("/a.py"), 1);
    for (int round = 0; round < 4; round++)
        for (int size = 0; size < 3; size++) {
            for (int i = 0; i < (size == 2 ? 25000 : 10); i++)
                ctrace_step(w, 0, i);
            assert_int_equal(ctrace_writer_flush(w, NULL), CTRACE_OK);
            size_t frames;
            growing so_far = unpacked(&g, &frames); /* whole after every flush */
            assert_true(frames > 0 && so_far.size > 0);
            free(so_far.data);
        }
    assert_int_equal(ctrace_writer_close(&w, NULL), CTRACE_OK);
    char *events = read_back(g.data, g.size); /* the seek table fits */
    free(events);
    size_t frames;
    growing all = unpacked(&g, &frames);
    assert_true(frames == 9 || frames == 1); /* 1: this library of zstd takes no repeats */
    free(all.data);
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
        ctrace_writer_options options = {FIXED, .form = CTRACE_FORM_BIN, .allocator = &allocator};
        ctrace_status status = open_growing(&w, &g, &options, NULL);
        if (status == CTRACE_OK) {
            write_events(w, 1, 1500, true);
            status = ctrace_writer_close(&w, NULL);
        }
        free(g.data);
        assert_int_equal(memory.held, 0);
        if (status == CTRACE_OK)
            break;
        assert_int_equal(status, CTRACE_NO_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_events),        cmocka_unit_test(test_a_loop),
        cmocka_unit_test(test_the_file_is_not_larger), cmocka_unit_test(test_frames_of_both_kinds),
        cmocka_unit_test(test_changes_alone),          cmocka_unit_test(test_without_memory_it_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
