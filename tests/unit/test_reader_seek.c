/* Going to any place of a trace, and the index that is kept beside it. */
#include <fcntl.h>
#include <sys/stat.h>

#include "folder.h"
#include "limited_memory.h"
#include "reader/index.h"
#include "reading.h"

/* What is to be seen at an event. */
typedef struct seen {
    ctrace_event_kind kind;
    int64_t line;
    ctrace_position position;
} seen;

typedef struct truth {
    seen *events;
    size_t count;
    size_t *numbers[3]; /* of events, steps and calls: which event each is */
    size_t counts[3];
} truth;

static seen look(ctrace_reader *reader, const ctrace_event *event)
{
    seen s = {.kind = event->kind, .line = event->kind == CTRACE_EVENT_STEP ? event->step.line : 0};
    ctrace_reader_position(reader, &s.position);
    return s;
}

static ctrace_reader *open_with(const char *path, const ctrace_allocator *allocator, bool follow)
{
    ctrace_reader_options options = {CTRACE_READER_OPTIONS_INIT, .allocator = allocator, .follow = follow};
    ctrace_reader *reader;
    ctrace_error error;
    if (ctrace_reader_open(&reader, (ctrace_str){path, strlen(path)}, &options, &error) != CTRACE_OK)
        fail_msg("%s", error.message);
    return reader;
}

/* Reads all in order. */
static truth find_truth(const char *path)
{
    truth t = {0};
    size_t capacity = 0;
    ctrace_reader *reader = open_with(path, NULL, false);
    const ctrace_event *event;
    while (ctrace_reader_next(reader, &event, NULL) == CTRACE_OK) {
        if (t.count == capacity) {
            capacity = capacity ? capacity * 2 : 1024;
            t.events = realloc(t.events, capacity * sizeof *t.events);
            for (size_t unit = 0; unit < 3; unit++)
                t.numbers[unit] = realloc(t.numbers[unit], capacity * sizeof(size_t));
        }
        t.numbers[0][t.counts[0]++] = t.count;
        if (event->kind == CTRACE_EVENT_STEP)
            t.numbers[1][t.counts[1]++] = t.count;
        if (event->kind == CTRACE_EVENT_CALL)
            t.numbers[2][t.counts[2]++] = t.count;
        t.events[t.count++] = look(reader, event);
    }
    ctrace_reader_close(&reader);
    return t;
}

static void free_truth(truth *t)
{
    free(t->events);
    for (size_t unit = 0; unit < 3; unit++)
        free(t->numbers[unit]);
}

static void assert_next(ctrace_reader *reader, const truth *t, size_t n)
{
    const ctrace_event *event;
    ctrace_error error;
    ctrace_status status = ctrace_reader_next(reader, &event, &error);
    if (n >= t->count) {
        assert_int_equal(status, CTRACE_END);
        return;
    }
    if (status != CTRACE_OK)
        fail_msg("event %zu: %s", n, error.message);
    seen s = look(reader, event), expected = t->events[n];
    assert_int_equal(s.kind, expected.kind);
    assert_int_equal(s.line, expected.line);
    assert_int_equal(s.position.event, n);
    assert_int_equal(s.position.offset, expected.position.offset);
    assert_int_equal(s.position.line, expected.position.line);
    assert_int_equal(s.position.column, expected.position.column);
}

static void assert_seek(ctrace_reader *reader, const truth *t, ctrace_unit unit, uint64_t n)
{
    ctrace_error error;
    ctrace_status status = ctrace_reader_seek(reader, unit, n, &error);
    if (n >= t->counts[unit]) {
        assert_int_equal(status, CTRACE_END);
        assert_next(reader, t, t->count);
        return;
    }
    if (status != CTRACE_OK)
        fail_msg("unit %d number %llu: %s", (int)unit, (unsigned long long)n, error.message);
    for (size_t i = 0; i < 3; i++)
        assert_next(reader, t, t->numbers[unit][n] + i);
}

static void assert_counts(ctrace_reader *reader, const truth *t)
{
    for (size_t unit = 0; unit < 3; unit++) {
        uint64_t count;
        assert_int_equal(ctrace_reader_count(reader, (ctrace_unit)unit, &count, NULL), CTRACE_OK);
        assert_int_equal(count, t->counts[unit]);
    }
}

/* Declarations, then calls in calls, steps in each. */
static void write_trace(folder *f, ctrace_form form, int64_t steps)
{
    ctrace_writer_options options = {CTRACE_WRITER_OPTIONS_INIT, .form = form, .without = CTRACE_CONVENIENCE_ALL,
                                     .flush_bytes = 100000};
    ctrace_writer *w;
    ctrace_error error;
    if (ctrace_writer_open(&w, (ctrace_str){f->path, strlen(f->path)}, &options, &error) != CTRACE_OK)
        fail_msg("%s", error.message);
    ctrace_writer_start(w, CTRACE_STR("/a.py"), 1);
    ctrace_id function = ctrace_function(w, 0, 1, CTRACE_STR("f")), variable = ctrace_variable(w, CTRACE_STR("v"));
    ctrace_step(w, 0, 1);
    ctrace_call(w, function);
    for (int64_t line = 2; line < steps; line++) {
        ctrace_step(w, 0, line);
        if (line % 5 == 0) {
            ctrace_begin_local(w, variable);
            ctrace_put_int(w, CTRACE_ID_NONE, line);
        }
        if (line % 13 == 0)
            ctrace_call(w, function);
        if (line % 13 == 7)
            ctrace_return(w);
    }
    assert_int_equal(ctrace_writer_close(&w, NULL), CTRACE_OK);
}

static const uint64_t places[] = {0,    1,    2,     4095,  4096,  4097,  8191,  8192, 8193,  12288, 20000, 5,
                                  3000, 7777, 19999, 24000, 26000, 27000, 30000, 100,  50000, 10,    15001};

static void seek_everywhere(ctrace_reader *reader, const truth *t)
{
    for (size_t unit = 0; unit < 3; unit++) {
        for (size_t i = 0; i < sizeof places / sizeof *places; i++)
            assert_seek(reader, t, (ctrace_unit)unit, places[i]);
        assert_seek(reader, t, (ctrace_unit)unit, t->counts[unit] - 1);
        assert_seek(reader, t, (ctrace_unit)unit, t->counts[unit]);
        assert_seek(reader, t, (ctrace_unit)unit, UINT64_MAX);
        assert_seek(reader, t, (ctrace_unit)unit, t->counts[unit] - 1);
    }
}

static void test_every_form(void **state)
{
    folder *f = *state;
    for (unsigned form = 0; form < CTRACE_FORM_COUNT; form++) {
        write_trace(f, (ctrace_form)form, 20000);
        truth t = find_truth(f->path);
        assert_true(t.count > 26000);
        ctrace_reader *reader = open_with(f->path, NULL, false);
        assert_int_equal(ctrace_reader_form(reader), form);
        seek_everywhere(reader, &t);
        assert_counts(reader, &t);
        seek_everywhere(reader, &t);
        assert_int_equal(ctrace_reader_keep_index(reader, NULL), CTRACE_OK);
        ctrace_reader_close(&reader);
        reader = open_with(f->path, NULL, false);
        seek_everywhere(reader, &t);
        assert_counts(reader, &t);
        ctrace_reader_close(&reader);
        free_truth(&t);
    }
}

/* ---- Reading goes on ---- */

static void test_counting_leaves_reading_alone(void **state)
{
    folder *f = *state;
    write_trace(f, CTRACE_FORM_JSON, 10000);
    remove(below(f, "trace_metadata.json"));
    truth t = find_truth(f->path);
    ctrace_reader *reader = open_with(f->path, NULL, false);
    assert_counts(reader, &t);
    const ctrace_warning *warnings;
    assert_int_equal(ctrace_reader_warnings(reader, &warnings), 0);
    assert_next(reader, &t, 0);
    assert_int_equal(ctrace_reader_warnings(reader, &warnings), 1); /* about the metadata */
    ctrace_reader_close(&reader);

    for (size_t before = 1; before < 20000; before += 1234) {
        reader = open_with(f->path, NULL, false);
        for (size_t n = 0; n <= before && n <= t.count; n++)
            assert_next(reader, &t, n);
        assert_counts(reader, &t);
        if (before % 2)
            assert_counts(reader, &t);
        assert_next(reader, &t, before + 1);
        assert_next(reader, &t, before + 2);
        assert_int_equal(ctrace_reader_seek(reader, CTRACE_UNIT_EVENT, 100, NULL), CTRACE_OK);
        assert_counts(reader, &t);
        assert_next(reader, &t, 100);
        ctrace_reader_close(&reader);
    }
    free_truth(&t);
}

/* ---- Traces with faults ---- */

#define STEP "{\"Step\":{\"path_id\":0,\"line\":1}}"

static ctrace_status next_status(ctrace_reader *reader)
{
    const ctrace_event *event;
    return ctrace_reader_next(reader, &event, NULL);
}

static void test_bad_events(void **state)
{
    folder *f = *state;
    uint64_t count;
    ctrace_error error;
    put_text(f, "trace.json", "[" STEP ",{\"Odd\":1}," STEP ",{\"Odd\":2}]");
    ctrace_reader *reader = open_with(f->path, NULL, false);
    assert_int_equal(ctrace_reader_count(reader, CTRACE_UNIT_EVENT, &count, NULL), CTRACE_OK);
    assert_int_equal(count, 4);
    assert_int_equal(ctrace_reader_count(reader, CTRACE_UNIT_STEP, &count, NULL), CTRACE_OK);
    assert_int_equal(count, 2);
    assert_int_equal(ctrace_reader_seek(reader, CTRACE_UNIT_EVENT, 1, NULL), CTRACE_OK);
    assert_int_equal(ctrace_reader_count(reader, CTRACE_UNIT_CALL, &count, NULL), CTRACE_OK);
    const ctrace_event *event;
    assert_int_equal(ctrace_reader_next(reader, &event, &error), CTRACE_EVENT);
    assert_null(event);
    assert_int_equal(error.position.event, 1);
    assert_int_equal(ctrace_reader_count(reader, CTRACE_UNIT_CALL, &count, NULL), CTRACE_OK);
    assert_int_equal(next_status(reader), CTRACE_OK);
    assert_int_equal(next_status(reader), CTRACE_EVENT);
    assert_int_equal(ctrace_reader_seek(reader, CTRACE_UNIT_STEP, 1, NULL), CTRACE_OK);
    assert_int_equal(next_status(reader), CTRACE_OK);
    assert_int_equal(next_status(reader), CTRACE_EVENT);
    assert_int_equal(next_status(reader), CTRACE_END);
    ctrace_reader_close(&reader);
}

static void test_broken_traces(void **state)
{
    folder *f = *state;
    static const struct {
        const char *text;
        ctrace_status status;
    } cases[] = {{"[" STEP "," STEP STEP "]", CTRACE_SYNTAX}, {"[" STEP "," STEP ",{\"St", CTRACE_TRUNCATED}};
    for (size_t i = 0; i < 2; i++) {
        put_text(f, "trace.json", cases[i].text);
        uint64_t count;
        ctrace_error error;
        ctrace_reader *reader = open_with(f->path, NULL, false);
        assert_int_equal(ctrace_reader_count(reader, CTRACE_UNIT_STEP, &count, &error), cases[i].status);
        assert_int_equal(error.status, cases[i].status);
        assert_true(strlen(error.file) > 10);
        assert_int_equal(count, 2);
        assert_int_equal(next_status(reader), CTRACE_OK);
        assert_int_equal(ctrace_reader_count(reader, CTRACE_UNIT_STEP, &count, &error), cases[i].status);
        assert_int_equal(next_status(reader), CTRACE_OK);
        assert_int_equal(next_status(reader), cases[i].status);
        assert_int_equal(ctrace_reader_count(reader, CTRACE_UNIT_EVENT, &count, &error), cases[i].status);
        assert_int_equal(count, 2);
        assert_int_equal(next_status(reader), cases[i].status);
        assert_int_equal(ctrace_reader_seek(reader, CTRACE_UNIT_STEP, 1, NULL), CTRACE_OK);
        assert_int_equal(next_status(reader), CTRACE_OK);
        error = (ctrace_error){0};
        assert_int_equal(ctrace_reader_seek(reader, CTRACE_UNIT_STEP, 2, &error), cases[i].status);
        assert_int_equal(error.status, cases[i].status);
        assert_int_equal(next_status(reader), cases[i].status);
        assert_int_equal(ctrace_reader_keep_index(reader, &error), cases[i].status);
        assert_int_equal(access(below(f, "trace.json.index"), F_OK), -1);
        ctrace_reader_close(&reader);
    }
}

/* ---- Sources ---- */

static void test_source_that_cannot_go_back(void **state)
{
    (void)state;
    const char *text = "[" STEP ",{\"Path\":\"a\"}," STEP "]";
    pieces p = {.data = text, .size = strlen(text), .piece = 3, .interrupted = true};
    ctrace_source source = {.cookie = &p, .read = pieces_read};
    ctrace_reader *reader;
    ctrace_error error;
    uint64_t count;
    assert_int_equal(ctrace_reader_open_source(&reader, &source, CTRACE_STR("x"), NULL, &error), CTRACE_OK);
    assert_int_equal(ctrace_reader_count(reader, CTRACE_UNIT_STEP, &count, &error), CTRACE_UNSUPPORTED);
    assert_int_equal(ctrace_reader_keep_index(reader, &error), CTRACE_UNSUPPORTED);
    assert_int_equal(ctrace_reader_seek(reader, (ctrace_unit)3, 0, &error), CTRACE_ARGUMENT);
    assert_int_equal(ctrace_reader_count(reader, (ctrace_unit)3, &count, &error), CTRACE_ARGUMENT);
    assert_int_equal(ctrace_reader_seek(reader, CTRACE_UNIT_STEP, 1, &error), CTRACE_OK);
    assert_int_equal(ctrace_reader_seek(reader, CTRACE_UNIT_STEP, 0, &error), CTRACE_UNSUPPORTED);
    const ctrace_event *event;
    assert_int_equal(ctrace_reader_next(reader, &event, NULL), CTRACE_OK);
    ctrace_position position;
    ctrace_reader_position(reader, &position);
    assert_int_equal(position.event, 2);
    assert_int_equal(next_status(reader), CTRACE_END);
    ctrace_reader_close(&reader);
}

static void test_following(void **state)
{
    folder *f = *state;
    uint64_t count;
    put_text(f, "trace.json", "[" STEP "," STEP "]");
    put_text(f, "trace_metadata.json", "{\"ctrace\":{\"complete\":false}}");
    ctrace_reader *reader = open_with(f->path, NULL, true);
    assert_int_equal(ctrace_reader_seek(reader, CTRACE_UNIT_STEP, 2, NULL), CTRACE_AGAIN);
    assert_int_equal(next_status(reader), CTRACE_AGAIN);
    assert_int_equal(ctrace_reader_count(reader, CTRACE_UNIT_STEP, &count, NULL), CTRACE_AGAIN);
    assert_int_equal(count, 2);
    assert_int_equal(ctrace_reader_keep_index(reader, NULL), CTRACE_UNSUPPORTED);
    put_text(f, "trace.json", "[" STEP "," STEP "," STEP "]");
    assert_int_equal(ctrace_reader_seek(reader, CTRACE_UNIT_STEP, 2, NULL), CTRACE_OK);
    assert_int_equal(next_status(reader), CTRACE_OK);
    assert_int_equal(next_status(reader), CTRACE_AGAIN);
    assert_int_equal(ctrace_reader_seek(reader, CTRACE_UNIT_STEP, 0, NULL), CTRACE_OK);
    put_text(f, "trace_metadata.json", "{\"ctrace\":{\"complete\":true}}");
    assert_int_equal(ctrace_reader_count(reader, CTRACE_UNIT_STEP, &count, NULL), CTRACE_OK);
    assert_int_equal(count, 3);
    ctrace_reader_close(&reader);
}

/* ---- The index that is kept ---- */

typedef struct content {
    char *data;
    size_t size;
} content;

static content read_all(folder *f, const char *name)
{
    struct stat about;
    content c = {0};
    FILE *file = fopen(below(f, name), "rb");
    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &about), 0);
    c.size = (size_t)about.st_size;
    c.data = malloc(c.size + 1);
    assert_int_equal(fread(c.data, 1, c.size, file), c.size);
    fclose(file);
    return c;
}

static void set_time(folder *f, const struct stat *about)
{
    struct timespec times[2] = {about->st_mtim, about->st_mtim};
    assert_int_equal(utimensat(AT_FDCWD, below(f, "trace.json"), times, 0), 0);
}

static uint64_t count_steps(folder *f)
{
    uint64_t count;
    ctrace_reader *reader = open_with(f->path, NULL, false);
    assert_int_equal(ctrace_reader_count(reader, CTRACE_UNIT_STEP, &count, NULL), CTRACE_OK);
    ctrace_reader_close(&reader);
    return count;
}

static void keep(folder *f)
{
    ctrace_reader *reader = open_with(f->path, NULL, false);
    assert_int_equal(ctrace_reader_keep_index(reader, NULL), CTRACE_OK);
    ctrace_reader_close(&reader);
}

/* A step in the middle is no step any more: who still counts it did not read it. */
static void test_kept_index_is_used(void **state)
{
    folder *f = *state;
    struct stat about;
    write_trace(f, CTRACE_FORM_JSON, 10000);
    keep(f);
    assert_int_equal(stat(below(f, "trace.json"), &about), 0);
    content c = read_all(f, "trace.json");
    memcpy(strstr(c.data + c.size / 2, "Step"), "Stop", 4);
    put(f, "trace.json", c.data, c.size);
    set_time(f, &about);
    assert_int_equal(count_steps(f), 9999);
    /* Another limit, another index. */
    ctrace_reader_options options = {CTRACE_READER_OPTIONS_INIT, .max_depth = 7};
    ctrace_reader *reader;
    uint64_t count;
    assert_int_equal(ctrace_reader_open(&reader, (ctrace_str){f->path, strlen(f->path)}, &options, NULL), CTRACE_OK);
    assert_int_equal(ctrace_reader_count(reader, CTRACE_UNIT_STEP, &count, NULL), CTRACE_OK);
    assert_int_equal(count, 9998);
    ctrace_reader_close(&reader);
    /* Another time. */
    about.st_mtim.tv_nsec ^= 1;
    set_time(f, &about);
    assert_int_equal(count_steps(f), 9998);
    keep(f);
    /* Other first bytes, other last bytes. */
    size_t ends[] = {1, c.size - 1};
    for (size_t i = 0; i < 2; i++) {
        char was = c.data[ends[i]];
        keep(f);
        memcpy(strstr(c.data + c.size / 2, i ? "Stop" : "Step"), i ? "Step" : "Stop", 4);
        c.data[ends[i]] = ' ';
        put(f, "trace.json", c.data, c.size);
        set_time(f, &about);
        assert_int_equal(count_steps(f), i ? 9998 : 9997);
        c.data[ends[i]] = was;
    }
    /* Another size. */
    keep(f);
    memcpy(strstr(c.data + c.size / 2, "Step"), "Stop", 4);
    c.data[c.size] = '\n';
    put(f, "trace.json", c.data, c.size + 1);
    set_time(f, &about);
    assert_int_equal(count_steps(f), 9997);
    free(c.data);
}

/* FNV-1a, the sum at the end of an index. */
static void put_sum(content *c)
{
    uint64_t sum = UINT64_C(0xCBF29CE484222325);
    for (size_t i = 0; i < c->size - 8; i++)
        sum = (sum ^ (unsigned char)c->data[i]) * UINT64_C(0x100000001B3);
    for (size_t i = 0; i < 8; i++)
        c->data[c->size - 8 + i] = (char)(sum >> (8 * i));
}

static void test_damaged_index(void **state)
{
    folder *f = *state;
    write_trace(f, CTRACE_FORM_JSON, 10000);
    truth t = find_truth(f->path);
    keep(f);
    content good = read_all(f, "trace.json.index");
    assert_true(good.size > 100 && good.size < 1000);
    assert_int_equal(count_steps(f), 9999);
    for (size_t i = 0; i < good.size; i++) {
        char was = good.data[i];
        good.data[i] ^= 1;
        put(f, "trace.json.index", good.data, good.size);
        ctrace_reader *reader = open_with(f->path, NULL, false);
        assert_seek(reader, &t, CTRACE_UNIT_STEP, 8000);
        ctrace_reader_close(&reader);
        good.data[i] = was;
    }
    for (size_t size = 0; size < good.size; size++) {
        put(f, "trace.json.index", good.data, size);
        assert_int_equal(count_steps(f), 9999);
    }
    remove(below(f, "trace.json.index"));
    assert_int_equal(mkfifo(below(f, "trace.json.index"), 0600), 0);
    assert_int_equal(count_steps(f), 9999);
    free(good.data);
    free_truth(&t);
}

/* An index that was made to mislead may tell wrong numbers, but no more than that; and a mark where no event begins is
 * found out. */
static void test_hostile_index(void **state)
{
    folder *f = *state;
    write_trace(f, CTRACE_FORM_JSON, 20000);
    truth t = find_truth(f->path);
    keep(f);
    content good = read_all(f, "trace.json.index");
    const size_t head = 13, mark = 6, marks = (good.size / 8 - head - 1) / mark;
    assert_true(marks >= 4);
    uint32_t random = 1;
    for (int round = 0; round < 400; round++) {
        content bad = {malloc(good.size), good.size};
        memcpy(bad.data, good.data, good.size);
        random = random * 1664525 + 1013904223;
        size_t words = good.size / 8 - head, word = head - 4 + (random >> 8) % (words + 3);
        unsigned byte = (random >> 24) % 8;
        bad.data[word * 8 + byte] = (char)(random >> 16);
        put_sum(&bad);
        put(f, "trace.json.index", bad.data, bad.size);
        ctrace_reader *reader = open_with(f->path, NULL, false);
        for (size_t unit = 0; unit < 3; unit++)
            if (ctrace_reader_seek(reader, (ctrace_unit)unit, places[(size_t)round % 23], NULL) == CTRACE_OK)
                next_status(reader);
        ctrace_reader_close(&reader);
        free(bad.data);
    }
    /* Each mark's offset is one too large. */
    for (size_t i = 0; i < marks; i++)
        good.data[(head + i * mark + 3) * 8]++;
    put_sum(&good);
    put(f, "trace.json.index", good.data, good.size);
    ctrace_reader *reader = open_with(f->path, NULL, false);
    seek_everywhere(reader, &t);
    assert_counts(reader, &t);
    ctrace_reader_close(&reader);
    free(good.data);
    free_truth(&t);
}

static void test_index_cannot_be_written(void **state)
{
    folder *f = *state;
    write_trace(f, CTRACE_FORM_JSON, 10);
    assert_int_equal(mkdir(below(f, "trace.json.index"), 0700), 0);
    put_text(f, "trace.json.index/x", "");
    ctrace_error error;
    ctrace_reader *reader = open_with(f->path, NULL, false);
    assert_int_equal(ctrace_reader_keep_index(reader, &error), CTRACE_IO);
    assert_non_null(strstr(error.file, "trace.json.index"));
    assert_int_equal(next_status(reader), CTRACE_OK);
    ctrace_reader_close(&reader);
    remove(below(f, "trace.json.index/x"));
}

/* ---- Memory ---- */

static void test_each_allocation_fails(void **state)
{
    folder *f = *state;
    write_trace(f, CTRACE_FORM_JSON, 10000);
    truth t = find_truth(f->path);
    ctrace_status status = CTRACE_NO_MEMORY;
    size_t n = 0;
    for (; status == CTRACE_NO_MEMORY; n++) {
        limited_memory memory = {.until_failure = n};
        ctrace_allocator allocator = LIMITED_ALLOCATOR(&memory);
        ctrace_reader_options options = {CTRACE_READER_OPTIONS_INIT, .allocator = &allocator};
        ctrace_reader *reader;
        const ctrace_event *event;
        status = ctrace_reader_open(&reader, (ctrace_str){f->path, strlen(f->path)}, &options, NULL);
        if (status == CTRACE_OK)
            status = ctrace_reader_seek(reader, CTRACE_UNIT_STEP, 5000, NULL);
        if (status == CTRACE_OK) {
            assert_int_equal(ctrace_reader_next(reader, &event, NULL), CTRACE_OK);
            assert_int_equal(event->step.line, 5001);
            status = ctrace_reader_keep_index(reader, NULL);
        }
        ctrace_reader_close(&reader);
        assert_int_equal(memory.held, 0);
    }
    assert_int_equal(status, CTRACE_OK);
    assert_true(n > 8);
    assert_int_equal(count_steps(f), 9999);
    free_truth(&t);
}

/* A form with a mark at every event. */
static bool any_mark(ctr_decoder *d, ctr_mark *out)
{
    *out = (ctr_mark){.event = *(uint64_t *)(void *)d->options.cookie};
    return true;
}
static uint64_t no_bytes(const ctr_decoder *d)
{
    (void)d;
    return 0;
}

static void test_marks_are_bounded(void **state)
{
    (void)state;
    limited_memory memory = {.until_failure = SIZE_MAX};
    ctrace_allocator allocator = LIMITED_ALLOCATOR(&memory);
    ctr_index index;
    ctr_index_init(&index, &allocator);
    index.events_apart = index.due_event = 1;
    uint64_t event;
    static const ctr_decoder_class class = {.mark = any_mark, .bytes_read = no_bytes};
    ctr_decoder decoder = {.class = &class, .options = {.cookie = &event}};
    for (event = 0; event < 5 * CTR_INDEX_MOST; event++)
        ctr_index_consider(&index, &decoder, (uint64_t[]){event, event / 2, event / 3});
    assert_true(index.count <= CTR_INDEX_MOST && index.count > CTR_INDEX_MOST / 2);
    assert_true(memory.held <= CTR_INDEX_MOST * sizeof(ctr_index_mark));
    for (uint64_t n = 0; n < event; n += 997) {
        const ctr_index_mark *mark = ctr_index_find(&index, CTRACE_UNIT_EVENT, n);
        uint64_t at = mark ? mark->place.event : 0;
        assert_true(at <= n && n - at < 16);
        mark = ctr_index_find(&index, CTRACE_UNIT_CALL, n / 3);
        assert_true(!mark || mark->before[CTRACE_UNIT_CALL] <= n / 3);
    }
    ctr_index_free(&index);
    assert_int_equal(memory.held, 0);
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_every_form),
        IN_FOLDER(test_counting_leaves_reading_alone),
        IN_FOLDER(test_bad_events),
        IN_FOLDER(test_broken_traces),
        cmocka_unit_test(test_source_that_cannot_go_back),
        IN_FOLDER(test_following),
        IN_FOLDER(test_kept_index_is_used),
        IN_FOLDER(test_damaged_index),
        IN_FOLDER(test_hostile_index),
        IN_FOLDER(test_index_cannot_be_written),
        IN_FOLDER(test_each_allocation_fails),
        cmocka_unit_test(test_marks_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
