/* Reading a trace that is still being written. */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "folder.h"
#include "limited_memory.h"
#include "reading.h"

#define BESIDE(more) "{\"workdir\":\"/w\",\"program\":\"p\",\"args\":[],\"recording_id\":\"1\"" more "}"
#define GOING_ON     BESIDE(",\"ctrace\":{\"complete\":false}")
#define COMPLETE     BESIDE(",\"ctrace\":{\"version\":\"1\",\"complete\":true,\"events\":3}")

static ctrace_status follow(ctrace_reader **reader, const char *path, const ctrace_allocator *allocator)
{
    ctrace_reader_options options = {CTRACE_READER_OPTIONS_INIT, .follow = true, .allocator = allocator};
    return ctrace_reader_open(reader, (ctrace_str){path, strlen(path)}, &options, NULL);
}

/* The line of the next step, or the status if there is none, which is never as large. */
static int64_t next_line(ctrace_reader *reader)
{
    const ctrace_event *event;
    ctrace_error error;
    ctrace_status status = ctrace_reader_next(reader, &event, &error);
    if (status != CTRACE_OK) {
        assert_null(event);
        return status;
    }
    assert_int_equal(event->kind, CTRACE_EVENT_STEP);
    return event->step.line;
}

/* Puts bytes into the middle or at the end of a file, as the writer does. */
static void put_at(folder *f, const char *name, size_t offset, const char *content)
{
    int file = open(below(f, name), O_WRONLY | O_CREAT, 0600);
    assert_true(file >= 0);
    assert_int_equal(pwrite(file, content, strlen(content), (off_t)offset), strlen(content));
    close(file);
}

/* ---- The writer of this library ---- */

static void test_writer_flushes(void **state)
{
    folder *f = *state;
    static const ctrace_form forms[] = {CTRACE_FORM_JSON, CTRACE_FORM_NDJSON, CTRACE_FORM_BIN, CTRACE_FORM_CT};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        ctrace_writer_options options = {CTRACE_WRITER_OPTIONS_INIT, .form = forms[i], .flush_bytes = 1 << 20,
                                         .flush_ms = 1 << 30, .without = CTRACE_CONVENIENCE_ALL};
        bool has_lines = forms[i] == CTRACE_FORM_JSON || forms[i] == CTRACE_FORM_NDJSON;
        ctrace_writer *w;
        ctrace_reader *reader;
        const ctrace_event *event;
        assert_int_equal(ctrace_writer_open(&w, (ctrace_str){f->path, strlen(f->path)}, &options, NULL), CTRACE_OK);
        ctrace_writer_start(w, CTRACE_STR("/a.py"), 1);
        assert_int_equal(ctrace_writer_flush(w, NULL), CTRACE_OK);
        assert_int_equal(follow(&reader, f->path, NULL), CTRACE_OK);
        assert_int_equal(ctrace_reader_form(reader), forms[i]);
        assert_int_equal(ctrace_reader_next(reader, &event, NULL), CTRACE_OK);
        assert_int_equal(event->kind, CTRACE_EVENT_PATH);
        assert_int_equal(next_line(reader), CTRACE_AGAIN);
        int64_t line = 0, seen = 0;
        for (int flush = 0; flush < 50; flush++) {
            for (int n = 0; n < flush % 7; n++)
                assert_int_equal(ctrace_step(w, 0, 100 + line++), CTRACE_OK);
            assert_int_equal(ctrace_writer_flush(w, NULL), CTRACE_OK);
            while (seen < line)
                assert_int_equal(next_line(reader), 100 + seen++);
            for (int n = 0; n < 3; n++)
                assert_int_equal(next_line(reader), CTRACE_AGAIN);
            const ctrace_warning *warnings;
            assert_int_equal(ctrace_reader_warnings(reader, &warnings), 0);
            ctrace_position position;
            ctrace_reader_position(reader, &position);
            if (has_lines) {
                assert_true(position.event == CTRACE_ID_NONE);
                assert_int_equal(position.offset, ctrace_reader_bytes_read(reader));
            }
        }
        ctrace_step(w, 0, 7);
        assert_int_equal(next_line(reader), CTRACE_AGAIN);
        assert_int_equal(ctrace_writer_close(&w, NULL), CTRACE_OK);
        assert_int_equal(next_line(reader), 7);
        ctrace_position position;
        ctrace_reader_position(reader, &position);
        assert_int_equal(position.event, line + 1);
        if (has_lines)
            assert_int_equal(position.line, line + 2 + (forms[i] == CTRACE_FORM_JSON));
        assert_int_equal(next_line(reader), CTRACE_END);
        assert_int_equal(next_line(reader), CTRACE_END);
        if (has_lines)
            assert_int_equal(ctrace_reader_bytes_read(reader), ctrace_reader_file_size(reader));
        ctrace_reader_close(&reader);
    }
}

#define LINES 30000

static void write_lines(const char *path, ctrace_form form)
{
    ctrace_writer_options options = {CTRACE_WRITER_OPTIONS_INIT, .form = form, .flush_bytes = 3000,
                                     .without = CTRACE_CONVENIENCE_ALL};
    ctrace_writer *w;
    if (ctrace_writer_open(&w, (ctrace_str){path, strlen(path)}, &options, NULL) != CTRACE_OK)
        _exit(1);
    ctrace_writer_start(w, CTRACE_STR("/a.py"), 1);
    for (int64_t line = 100; line < 100 + LINES; line++)
        if (ctrace_step(w, 0, line) != CTRACE_OK)
            _exit(2);
    _exit(ctrace_writer_close(&w, NULL) == CTRACE_OK ? 0 : 3);
}

/* Whether the process has ended, which must be well. */
static bool has_ended(pid_t process)
{
    int how;
    pid_t ended = waitpid(process, &how, WNOHANG);
    assert_true(ended >= 0);
    if (ended)
        assert_int_equal(how, 0);
    return ended != 0;
}

/* Two processes at once: a write may be seen half. */
static void follow_another_process(folder *f, ctrace_form form)
{
    const ctrace_event *event;
    ctrace_reader *reader;
    ctrace_status status;
    bool ended = false;
    int late = 0;
    int64_t line = 100;
    pid_t writer = fork();
    assert_true(writer >= 0);
    if (writer == 0)
        write_lines(f->path, form);
    do {
        assert_false(ended);
        ended = has_ended(writer);
        status = follow(&reader, f->path, NULL);
    } while (status == CTRACE_AGAIN || status == CTRACE_NOT_FOUND);
    assert_int_equal(status, CTRACE_OK);
    for (;;) {
        bool was_ended = ended;
        ended = ended || has_ended(writer);
        status = ctrace_reader_next(reader, &event, NULL);
        if (status == CTRACE_OK && event->kind == CTRACE_EVENT_STEP)
            assert_int_equal(event->step.line, line++);
        else if (status == CTRACE_AGAIN && was_ended && ++late > 3)
            fail_msg("%s: it is complete, but the reader waits after %d steps", ctrace_form_name(form),
                     (int)(line - 100));
        else if (status != CTRACE_OK && status != CTRACE_AGAIN)
            break;
    }
    if (status != CTRACE_END || line != 100 + LINES)
        fail_msg("%s: %s after %d steps; %.*s", ctrace_form_name(form), ctrace_status_name(status), (int)(line - 100),
                 (int)ctrace_reader_details(reader).size, ctrace_reader_details(reader).data);
    ctrace_reader_close(&reader);
    assert_true(ended || waitpid(writer, NULL, 0) == writer);
}

static void test_another_process_writes(void **state)
{
    static const ctrace_form forms[] = {CTRACE_FORM_JSON, CTRACE_FORM_NDJSON, CTRACE_FORM_BIN, CTRACE_FORM_CT};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        folder *f = *state;
        remove(below(f, "trace_metadata.json"));
        remove(below(f, ctrace_form_file(forms[i ? i - 1 : 0])));
        follow_another_process(f, forms[i]);
    }
}

/* ---- Byte by byte ---- */

static void test_every_prefix(void **state)
{
    folder *f = *state;
    static const char *const texts[] = {
        "[{\"Step\":{\"path_id\":0,\"line\":101}} , {\"Step\":{\"path_id\":0,\"line\":102}},\n"
        "{\"Step\":{\"path_id\":0,\"line\":103}}]\n",
        "{\"Step\":{\"path_id\":0,\"line\":101}}\n{\"Step\":{\"path_id\":0,\"line\":102}}\n"
        "{\"Step\":{\"path_id\":0,\"line\":103}}\n"};
    for (size_t i = 0; i < 2; i++) {
        const char *text = texts[i];
        remove(below(f, "trace.json"));
        put_text(f, "trace_metadata.json", GOING_ON);
        put_text(f, "trace.json", "");
        ctrace_reader *reader;
        assert_int_equal(follow(&reader, f->path, NULL), CTRACE_AGAIN);
        assert_null(reader);
        put(f, "trace.json", text, 1);
        assert_int_equal(follow(&reader, f->path, NULL), CTRACE_OK);
        int64_t seen = 0;
        for (size_t size = 1; size <= strlen(text); size++) {
            put_at(f, "trace.json", size - 1, (char[]){text[size - 1], 0});
            int64_t there = 0;
            for (const char *at = text; (at = strstr(at, "}}")) && at + 2 <= text + size; at += 2)
                there++;
            while (seen < there)
                assert_int_equal(next_line(reader), 101 + seen++);
            assert_int_equal(next_line(reader), CTRACE_AGAIN);
        }
        put_text(f, "trace_metadata.json", COMPLETE);
        assert_int_equal(next_line(reader), CTRACE_END);
        ctrace_position position;
        ctrace_reader_position(reader, &position);
        assert_int_equal(position.offset, strlen(text));
        ctrace_reader_close(&reader);
    }
}

/* ---- What is not right, and what only looks so ---- */

#define STEP(line) "{\"Step\":{\"path_id\":0,\"line\":" #line "}}"

static ctrace_reader *follow_text(folder *f, const char *metadata, const char *text)
{
    ctrace_reader *reader;
    remove(below(f, "trace.json"));
    put_text(f, "trace_metadata.json", metadata);
    put_text(f, "trace.json", text);
    assert_int_equal(follow(&reader, f->path, NULL), CTRACE_OK);
    return reader;
}

static void test_write_seen_half(void **state)
{
    folder *f = *state;
    const char *first = "[\n" STEP(101);
    static const char *const torn[] = {
        "\n]\n", ",]\n", "\n\n" STEP(102), "\n]" STEP(102), ",\n\nStep\":", ",\n{\"Step\":{\"pa", "\n]\n" STEP(102),
    };
    for (size_t i = 0; i < sizeof torn / sizeof *torn; i++) {
        ctrace_reader *reader = follow_text(f, GOING_ON, first);
        put_at(f, "trace.json", strlen(first), "\n]\n");
        assert_int_equal(next_line(reader), 101);
        put_at(f, "trace.json", strlen(first), torn[i]);
        assert_int_equal(next_line(reader), CTRACE_AGAIN);
        assert_int_equal(next_line(reader), CTRACE_AGAIN);
        put_at(f, "trace.json", strlen(first), ",\n" STEP(102) "\n]\n");
        assert_int_equal(next_line(reader), 102);
        assert_int_equal(next_line(reader), CTRACE_AGAIN);
        ctrace_reader_close(&reader);
    }
}

static void test_bad_events(void **state)
{
    folder *f = *state;
    ctrace_reader *reader = follow_text(f, GOING_ON, "[\n" STEP(101) ",\n{\"Odd\":1}");
    assert_int_equal(next_line(reader), 101);
    assert_int_equal(next_line(reader), CTRACE_AGAIN); /* so near to the end it may be half of something */
    size_t at = strlen("[\n" STEP(101) ",\n{\"Odd\":1}");
    put_at(f, "trace.json", at, ",\n" STEP(102) "," STEP(103) "\n]\n");
    assert_int_equal(next_line(reader), CTRACE_EVENT);
    assert_int_equal(next_line(reader), 102);
    assert_int_equal(next_line(reader), 103);
    assert_int_equal(next_line(reader), CTRACE_AGAIN);
    put_at(f, "trace.json", at, "\n{\"no comma\":1}" STEP(102) STEP(103) STEP(103));
    assert_int_equal(next_line(reader), CTRACE_AGAIN); /* what was read is not read again */
    ctrace_reader_close(&reader);

    reader = follow_text(f, GOING_ON, "[\n" STEP(101) "\n" STEP(102) STEP(103) STEP(103) STEP(103));
    assert_int_equal(next_line(reader), 101);
    assert_int_equal(next_line(reader), CTRACE_SYNTAX);
    assert_int_equal(next_line(reader), CTRACE_SYNTAX);
    ctrace_reader_close(&reader);

    /* A bad event whose end is not there yet. */
    static const char bad[] = "[\n" STEP(101) ",\n{\"Step\":{\"path_id\":true,\"odd\":["
                              "1111111111111111111111111, 22222222222222222222222222, 3333333333333333333333333333, ";
    reader = follow_text(f, GOING_ON, bad);
    assert_int_equal(next_line(reader), 101);
    assert_int_equal(next_line(reader), CTRACE_EVENT);
    assert_int_equal(next_line(reader), CTRACE_AGAIN);
    assert_int_equal(next_line(reader), CTRACE_AGAIN);
    put_at(f, "trace.json", strlen(bad), "4]}}," STEP(102) "\n]\n");
    assert_int_equal(next_line(reader), 102);
    assert_int_equal(next_line(reader), CTRACE_AGAIN);
    ctrace_reader_close(&reader);
}

/* ---- Who says that it is complete ---- */

static void test_completeness(void **state)
{
    folder *f = *state;
    static const struct {
        const char *metadata, *text;
        int64_t expected;
    } cases[] = {
        {GOING_ON, "[" STEP(101) "]", CTRACE_AGAIN},
        {COMPLETE, "[" STEP(101) "]", CTRACE_END},
        {COMPLETE, "[" STEP(101), CTRACE_END},
        {COMPLETE, "[" STEP(101) ",{\"St", CTRACE_TRUNCATED},
        {COMPLETE, "[" STEP(101) "{}", CTRACE_SYNTAX},
        {COMPLETE, "[" STEP(101) ",{}", CTRACE_EVENT},
        /* A writer that does not tell: the list's own end counts. */
        {BESIDE(""), "[" STEP(101) "]", CTRACE_END},
        {BESIDE(""), "[" STEP(101), CTRACE_AGAIN},
        {BESIDE(",\"ctrace\":null"), "[" STEP(101) "]", CTRACE_END},
        {BESIDE(",\"ctrace\":{\"complete\":null}"), "[" STEP(101) "]", CTRACE_AGAIN},
        {BESIDE(""), STEP(101) "\n", CTRACE_AGAIN},
        /* Metadata that may still come. */
        {"", "[" STEP(101) "]", CTRACE_AGAIN},
        {"{", "[" STEP(101) "]", CTRACE_AGAIN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ctrace_reader *reader = follow_text(f, cases[i].metadata, cases[i].text);
        assert_int_equal(next_line(reader), 101);
        if (next_line(reader) != cases[i].expected)
            fail_msg("case %zu", i);
        ctrace_reader_close(&reader);
    }
    ctrace_reader *reader = follow_text(f, GOING_ON, "[" STEP(101) "]");
    assert_int_equal(next_line(reader), 101);
    remove(below(f, "trace_metadata.json"));
    assert_int_equal(next_line(reader), CTRACE_AGAIN);
    put_text(f, "trace_metadata.json",
             "{\"workdir\":\"/w\",\"program\":\"p\",\"args\":[],\"recording_id\":\"2\",\"ctrace\":{\"complete\":false}}");
    assert_int_equal(next_line(reader), CTRACE_END); /* another trace took its place */
    ctrace_reader_close(&reader);
}

/* What was written last is read, though its end had been reached before it was there. */
static void test_last_events(void **state)
{
    folder *f = *state;
    ctrace_reader *reader = follow_text(f, GOING_ON, "[" STEP(101) "\n]\n");
    assert_int_equal(next_line(reader), 101);
    assert_int_equal(next_line(reader), CTRACE_AGAIN);
    put_at(f, "trace.json", strlen("[" STEP(101)), "," STEP(102) "," STEP(103) "\n]\n");
    put_text(f, "trace_metadata.json", COMPLETE);
    assert_int_equal(next_line(reader), 102);
    assert_int_equal(next_line(reader), 103);
    assert_int_equal(next_line(reader), CTRACE_END);
    ctrace_reader_close(&reader);
}

/* A source that cannot go back is waited for by reading it, so its end is the end. */
static void test_source(void **state)
{
    (void)state;
    const char *text = "[" STEP(101) "]";
    pieces p = {.data = text, .size = strlen(text), .piece = 3, .interrupted = true};
    ctrace_source source = {.cookie = &p, .read = pieces_read};
    ctrace_reader_options options = {CTRACE_READER_OPTIONS_INIT, .follow = true};
    ctrace_reader *reader;
    assert_int_equal(ctrace_reader_open_source(&reader, &source, CTRACE_STR("x"), &options, NULL), CTRACE_OK);
    assert_int_equal(next_line(reader), 101);
    assert_int_equal(next_line(reader), CTRACE_END);
    ctrace_reader_close(&reader);
}

static void test_each_allocation_fails(void **state)
{
    folder *f = *state;
    put_text(f, "trace_metadata.json", GOING_ON);
    put_text(f, "trace.json", "[" STEP(101) "]");
    ctrace_status status = CTRACE_NO_MEMORY;
    size_t n = 0;
    for (; status == CTRACE_NO_MEMORY; n++) {
        limited_memory memory = {.until_failure = n};
        ctrace_allocator allocator = LIMITED_ALLOCATOR(&memory);
        ctrace_reader *reader;
        status = follow(&reader, f->path, &allocator);
        if (status == CTRACE_OK) {
            int64_t line = next_line(reader);
            if (line == 101)
                assert_int_equal(next_line(reader), CTRACE_AGAIN);
            else
                status = (ctrace_status)line;
        }
        ctrace_reader_close(&reader);
        assert_int_equal(memory.held, 0);
    }
    assert_int_equal(status, CTRACE_OK);
    assert_true(n > 5);
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_writer_flushes),
        IN_FOLDER(test_another_process_writes),
        IN_FOLDER(test_every_prefix),
        IN_FOLDER(test_write_seen_half),
        IN_FOLDER(test_bad_events),
        IN_FOLDER(test_completeness),
        IN_FOLDER(test_last_events),
        cmocka_unit_test(test_source),
        IN_FOLDER(test_each_allocation_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
