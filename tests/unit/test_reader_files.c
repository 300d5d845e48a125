/* Traces in folders and files: finding the events and the metadata beside them. */
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "limited_memory.h"
#include "reader/sidecars.h"
#include "reading.h"

static ctrace_status open_path(ctrace_reader **reader, const char *path, ctrace_error *error)
{
    /* The path does not end in NUL. */
    size_t size = strlen(path);
    char *copy = malloc(size);
    assert_non_null(copy);
    memcpy(copy, path, size);
    ctrace_status status = ctrace_reader_open(reader, (ctrace_str){copy, size}, NULL, error);
    free(copy);
    return status;
}

static bool text_is(ctrace_str text, const char *expected)
{
    return text.size == strlen(expected) && (!text.size || memcmp(text.data, expected, text.size) == 0);
}

#define METADATA "{\"workdir\":\"/w\",\"program\":\"p\",\"args\":[\"a\",\"b\\n\"]}"

/* ---- Finding ---- */

static void test_folder_and_file(void **state)
{
    folder *f = *state;
    put_text(f, "trace.json", "[{\"Path\":\"a\"}]");
    put_text(f, "trace_metadata.json", METADATA);
    char paths[3][512];
    snprintf(paths[0], sizeof paths[0], "%s", f->path);
    snprintf(paths[1], sizeof paths[1], "%s/", f->path);
    snprintf(paths[2], sizeof paths[2], "%s", below(f, "trace.json"));
    for (int i = 0; i < 3; i++) {
        ctrace_reader *reader;
        const ctrace_event *event;
        const ctrace_warning *warnings;
        assert_int_equal(open_path(&reader, paths[i], NULL), CTRACE_OK);
        assert_int_equal(ctrace_reader_file_size(reader), 14);
        const ctrace_metadata *metadata = ctrace_reader_metadata(reader);
        assert_non_null(metadata);
        assert_true(text_is(metadata->program, "p"));
        assert_true(text_is(metadata->workdir, "/w"));
        assert_int_equal(metadata->arg_count, 2);
        assert_true(text_is(metadata->args[1], "b\n"));
        assert_int_equal(metadata->recorder.size, 0);
        assert_int_equal(ctrace_reader_next(reader, &event, NULL), CTRACE_OK);
        assert_int_equal(ctrace_reader_warnings(reader, &warnings), 0);
        assert_true(text_is(event->path, "a"));
        assert_int_equal(ctrace_reader_next(reader, &event, NULL), CTRACE_END);
        ctrace_reader_close(&reader);
    }
}

static void assert_refused(folder *f, const char *path, ctrace_status status, const char *message, const char *file)
{
    ctrace_reader *reader;
    ctrace_error error;
    assert_int_equal(open_path(&reader, path, &error), status);
    assert_null(reader);
    assert_int_equal(error.status, status);
    if (!strstr(error.message, message))
        fail_msg("expected %s, found %s", message, error.message);
    if (file)
        assert_string_equal(error.file, below(f, file));
    else
        assert_string_equal(error.file, path);
}

/* Nobody writes to them, so that whoever opens one waits for ever. */
static void test_pipes(void **state)
{
    folder *f = *state;
    char path[512];
    strcpy(path, f->path);
    assert_int_equal(mkfifo(below(f, "trace_metadata.json"), 0600), 0);
    assert_int_equal(mkfifo(below(f, "trace.bin"), 0600), 0);
    assert_refused(f, path, CTRACE_NOT_FOUND, "holds no trace: no trace.json, trace.bin", NULL);
    put_text(f, "trace.json", "[]");
    ctrace_reader *reader;
    assert_int_equal(open_path(&reader, path, NULL), CTRACE_OK);
    assert_null(ctrace_reader_metadata(reader));
    ctrace_reader_close(&reader);
}

static void test_other_forms(void **state)
{
    folder *f = *state;
    char path[512], missing[512];
    strcpy(path, f->path);
    strcpy(missing, below(f, "missing"));
    assert_refused(f, missing, CTRACE_NOT_FOUND, "cannot open", NULL);
    assert_refused(f, path, CTRACE_NOT_FOUND, "holds no trace: no trace.json, trace.bin", NULL);
    put(f, "b.ct", "\xC0\xDE\x72\xAC\xE2\x09more", 10);
    assert_refused(f, path, CTRACE_UNSUPPORTED, "unknown version, 9", "b.ct");
    put_text(f, "a.ct", "no");
    assert_refused(f, path, CTRACE_ARGUMENT, "2 traces, among them a.ct and b.ct", NULL);
    put_text(f, "aa.ct", "no");
    assert_refused(f, path, CTRACE_ARGUMENT, "3 traces, among them a.ct and aa.ct", NULL);
    put_text(f, "trace.ct", "");
    assert_refused(f, path, CTRACE_NOT_A_TRACE, "the input is empty", "trace.ct");
    put_text(f, "trace.ndjson", "no");
    assert_refused(f, path, CTRACE_NOT_A_TRACE, "no JSON list of events", "trace.ndjson");
    put(f, "trace.bin", "\xC0\xDE\x72\xAC\xE2\x05\x00\x00", 8);
    assert_refused(f, path, CTRACE_UNSUPPORTED, "unknown version, 5", "trace.bin");
    strcpy(missing, below(f, "trace.bin"));
    assert_refused(f, missing, CTRACE_UNSUPPORTED, "unknown version, 5", NULL);
    put_text(f, "trace.json", "");
    assert_refused(f, path, CTRACE_NOT_A_TRACE, "the input is empty", "trace.json");
    put(f, "trace.json", "\xC0\xDE\x72\xAC\xE2\xFF", 6);
    assert_refused(f, path, CTRACE_UNSUPPORTED, "unknown version, 255", "trace.json");
    remove(below(f, "trace.json"));
    assert_int_equal(mkdir(below(f, "trace.json"), 0700), 0);
    assert_refused(f, path, CTRACE_IO, "cannot read", "trace.json");
    remove(below(f, "trace.json"));
    ctrace_reader *reader;
    assert_int_equal(ctrace_reader_open(&reader, (ctrace_str){"a\0b", 3}, NULL, NULL), CTRACE_ARGUMENT);
    assert_int_equal(ctrace_reader_open(&reader, (ctrace_str){NULL, 0}, NULL, NULL), CTRACE_ARGUMENT);
}

/* ---- Metadata ---- */

/* The warnings of the first call. */
static size_t metadata_warnings(folder *f, ctrace_status expected, bool has_metadata)
{
    ctrace_reader *reader;
    const ctrace_event *event;
    const ctrace_warning *warnings;
    assert_int_equal(open_path(&reader, f->path, NULL), CTRACE_OK);
    assert_int_equal(ctrace_reader_warnings(reader, &warnings), 0);
    assert_int_equal(ctrace_reader_next(reader, &event, NULL), expected);
    size_t count = ctrace_reader_warnings(reader, &warnings);
    if (count) {
        assert_int_equal(warnings[0].leniency, CTRACE_LENIENCY_METADATA);
        assert_int_equal(warnings[0].position.line, 0);
        assert_true(warnings[0].position.event == CTRACE_ID_NONE);
    }
    assert_int_equal(ctrace_reader_metadata(reader) != NULL, has_metadata);
    assert_int_equal(ctrace_reader_next(reader, &event, NULL), CTRACE_END);
    assert_int_equal(ctrace_reader_warnings(reader, &warnings), 0);
    ctrace_reader_close(&reader);
    return count;
}

static void test_metadata_warnings(void **state)
{
    folder *f = *state;
    put_text(f, "trace.json", "[{\"Path\":\"a\"}]");
    assert_int_equal(metadata_warnings(f, CTRACE_OK, false), 1);
    put_text(f, "trace_metadata.json", "{\"workdir\":");
    assert_int_equal(metadata_warnings(f, CTRACE_OK, false), 1);
    put_text(f, "trace_metadata.json", "{\"workdir\":\"/w\"}");
    assert_int_equal(metadata_warnings(f, CTRACE_OK, true), 1);
    put_text(f, "trace_metadata.json", METADATA);
    assert_int_equal(metadata_warnings(f, CTRACE_OK, true), 0);
    remove(below(f, "trace_metadata.json"));
    put_text(f, "trace.json", "[]");
    assert_int_equal(metadata_warnings(f, CTRACE_END, false), 1);
}

typedef struct metadata_case {
    const char *content;
    ctr_sidecar_state state;
    uint64_t offset;
    const char *message;
} metadata_case;

static void test_metadata_content(void **state)
{
    folder *f = *state;
    static const metadata_case cases[] = {
        {METADATA, CTR_SIDECAR_FINE, 0, ""},
        {"\xEF\xBB\xBF " METADATA "\n", CTR_SIDECAR_FINE, 0, ""},
        {"{\"args\":[],\"x\":{\"y\":[1,null]},\"program\":\"p\",\"workdir\":\"/w\"}", CTR_SIDECAR_FINE, 0, ""},
        {"{\"program\":\"p\",\"args\":[]}", CTR_SIDECAR_INCOMPLETE, 24, "there is no workdir"},
        {"{\"program\":5,\"args\":[],\"workdir\":\"\"}", CTR_SIDECAR_INCOMPLETE, 11, "a field is not of its kind"},
        {"{\"program\":\"p\",\"args\":[\"a\",5,\"b\"],\"workdir\":\"\"}", CTR_SIDECAR_INCOMPLETE, 27,
         "a text in the list"},
        {"{\"program\":\"p\",\"args\":[],\"workdir\":\"\",\"recording_id\":5}", CTR_SIDECAR_INCOMPLETE, 53,
         "of its kind"},
        {"{}", CTR_SIDECAR_INCOMPLETE, 1, "there is no program"},
        {"[]", CTR_SIDECAR_MALFORMED, 0, "expected an object"},
        {"", CTR_SIDECAR_MALFORMED, 0, "found the end of the file"},
        {"{\"program\":\"p\"", CTR_SIDECAR_MALFORMED, 14, "found the end of the file"},
        {"{\"program\":\"p", CTR_SIDECAR_MALFORMED, 13, "found the end of the file"},
        {"{\"program\" \"p\"}", CTR_SIDECAR_MALFORMED, 11, "expected ':'"},
        {"{\"program\":\"p\" 5}", CTR_SIDECAR_MALFORMED, 15, "expected ',' or '}'"},
        {"{\"args\":[\"p\" 5]}", CTR_SIDECAR_MALFORMED, 13, "expected ',' or ']'"},
        {"{\"program\":\"\\x\"}", CTR_SIDECAR_MALFORMED, 13, "behind a backslash"},
        {"{\"program\":tru}", CTR_SIDECAR_MALFORMED, 11, "expected a value"},
        {METADATA "x", CTR_SIDECAR_MALFORMED, sizeof METADATA - 1, "expected nothing more"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ctr_arena arena = {.newest = NULL};
        ctrace_metadata metadata;
        ctr_sidecar about;
        put_text(f, "m.json", cases[i].content);
        assert_int_equal(ctr_read_metadata(below(f, "m.json"), &arena, &metadata, &about), CTRACE_OK);
        if (about.state != cases[i].state || about.problem.position.offset != cases[i].offset ||
            !strstr(about.problem.message, cases[i].message))
            fail_msg("%s: state %d at %llu: %s", cases[i].content, about.state,
                     (unsigned long long)about.problem.position.offset, about.problem.message);
        if (about.state != CTR_SIDECAR_FINE)
            assert_string_equal(about.problem.file, f->file);
        ctr_arena_free(&arena);
    }
}

static void test_recorder(void **state)
{
    folder *f = *state;
    static const char *const contents[] = {
        "{\"program\":\"p\",\"args\":[],\"workdir\":\"\",\"recording_id\":\"id\",\"recorder\":{\"target\":1,\"name\":"
        "\"n\","
        "\"version\":\"1\"}}",
        "{\"program\":\"p\",\"args\":[],\"workdir\":\"\",\"recording_id\":\"id\",\"recorder\":\"n\"}",
    };
    for (int i = 0; i < 2; i++) {
        ctr_arena arena = {.newest = NULL};
        ctrace_metadata metadata;
        ctr_sidecar about;
        put_text(f, "m.json", contents[i]);
        assert_int_equal(ctr_read_metadata(below(f, "m.json"), &arena, &metadata, &about), CTRACE_OK);
        assert_int_equal(about.state, CTR_SIDECAR_FINE);
        assert_true(text_is(metadata.recording_id, "id"));
        assert_true(text_is(metadata.recorder, "n"));
        assert_true(text_is(metadata.recorder_version, i ? "" : "1"));
        ctr_arena_free(&arena);
    }
}

static void test_paths(void **state)
{
    folder *f = *state;
    ctr_arena arena = {.newest = NULL};
    const ctrace_str *paths;
    size_t count;
    ctr_sidecar about;
    story s = {0};
    story_say(&s, "[\"/a\\n\"");
    for (int i = 0; i < 1000; i++)
        story_say(&s, ",\n\"\"");
    story_say(&s, ",\"/last\"]\n");
    put_text(f, "p.json", s.text);
    free(s.text);
    assert_int_equal(ctr_read_paths(below(f, "p.json"), &arena, &paths, &count, &about), CTRACE_OK);
    assert_int_equal(about.state, CTR_SIDECAR_FINE);
    assert_int_equal(count, 1002);
    assert_true(text_is(paths[0], "/a\n"));
    assert_true(text_is(paths[1001], "/last"));
    put_text(f, "p.json", "[\"/a\",\n 5, \"/b\"]");
    assert_int_equal(ctr_read_paths(below(f, "p.json"), &arena, &paths, &count, &about), CTRACE_OK);
    assert_int_equal(about.state, CTR_SIDECAR_INCOMPLETE);
    assert_int_equal(count, 1);
    assert_int_equal(about.problem.position.line, 2);
    assert_int_equal(about.problem.position.column, 2);
    put_text(f, "p.json", "{}");
    assert_int_equal(ctr_read_paths(below(f, "p.json"), &arena, &paths, &count, &about), CTRACE_OK);
    assert_int_equal(about.state, CTR_SIDECAR_MALFORMED);
    assert_int_equal(ctr_read_paths(below(f, "missing.json"), &arena, &paths, &count, &about), CTRACE_OK);
    assert_int_equal(about.state, CTR_SIDECAR_MISSING);
    assert_int_equal(ctr_read_paths(f->path, &arena, &paths, &count, &about), CTRACE_OK);
    assert_int_equal(about.state, CTR_SIDECAR_UNREADABLE);
    ctr_arena_free(&arena);
}

static void test_each_allocation_fails(void **state)
{
    folder *f = *state;
    put_text(f, "trace.json", "[{\"Path\":\"a\"}]");
    put_text(f, "trace_metadata.json", "{\"x\":[1],\"workdir\":\"\\n\",\"program\":\"p\",\"args\":[\"a\",\"b\\n\"]}");
    ctrace_status status;
    size_t n = 0;
    do {
        limited_memory memory = {.until_failure = n++};
        ctrace_allocator allocator = LIMITED_ALLOCATOR(&memory);
        ctrace_reader_options options = {CTRACE_READER_OPTIONS_INIT, .allocator = &allocator};
        ctrace_reader *reader;
        status = ctrace_reader_open(&reader, (ctrace_str){f->path, strlen(f->path)}, &options, NULL);
        if (status != CTRACE_OK) {
            assert_int_equal(status, CTRACE_NO_MEMORY);
            assert_null(reader);
        }
        ctrace_reader_close(&reader);
        assert_int_equal(memory.held, 0);
    } while (status != CTRACE_OK);
    assert_true(n > 6);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_folder_and_file), IN_FOLDER(test_pipes),            IN_FOLDER(test_other_forms),
        IN_FOLDER(test_metadata_warnings), IN_FOLDER(test_metadata_content), IN_FOLDER(test_recorder),
        IN_FOLDER(test_paths),           IN_FOLDER(test_each_allocation_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
