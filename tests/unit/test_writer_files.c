/* The files that a writer makes, in every form that there is. */
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "writing.h"

#define EACH_FORM(form)                                                                             \
    for (ctrace_form form = CTRACE_FORM_JSON; form < CTRACE_FORM_COUNT; form = (ctrace_form)(form + 1)) \
        if (ctr_forms[form].open_encoder)

#define OPTIONS(...) (&(ctrace_writer_options){CTRACE_WRITER_OPTIONS_INIT, __VA_ARGS__})
#define ID "0192a5f0-7b3c-7d2e-9f41-0123456789ab"

static char root[64];

static int make_root(void **state)
{
    (void)state;
    strcpy(root, "/tmp/ctrace-test-XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    return system(command);
}

/* A name below the root; two hold at a time. */
static const char *below(const char *name)
{
    static char paths[2][256];
    static int next;
    next = !next;
    snprintf(paths[next], sizeof paths[next], "%s/%s", root, name);
    return paths[next];
}

static bool is_there(const char *name)
{
    struct stat st;
    return lstat(below(name), &st) == 0;
}

static void write_text(const char *name, const char *text)
{
    FILE *f = fopen(below(name), "wb");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static char *read_file(const char *name, size_t *size)
{
    FILE *f = fopen(below(name), "rb");
    if (!f)
        fail_msg("%s is not there", name);
    char *data = malloc(1 << 20);
    assert_non_null(data);
    *size = fread(data, 1, 1 << 20, f);
    fclose(f);
    return data;
}

/* How many events a reader finds in a whole trace. */
static size_t count_events(const char *name)
{
    size_t size, count = 0;
    char *data = read_file(name, &size), *text = read_back(data, size);
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
        count++;
    free(data);
    free(text);
    return count;
}

static size_t entries(const char *name)
{
    char command[512], line[64] = "";
    snprintf(command, sizeof command, "ls -A '%s' | wc -l", below(name));
    FILE *f = popen(command, "r");
    assert_non_null(f);
    assert_non_null(fgets(line, sizeof line, f));
    pclose(f);
    return (size_t)strtoul(line, NULL, 10);
}

static ctrace_writer *open_at(const char *name, bool is_file, const ctrace_writer_options *options)
{
    ctrace_writer *w;
    ctrace_error error;
    const char *path = below(name);
    ctrace_str text = {path, strlen(path)};
    ctrace_status status = is_file ? ctrace_writer_open_file(&w, text, options, &error)
                                   : ctrace_writer_open(&w, text, options, &error);
    if (status != CTRACE_OK)
        fail_msg("%s: %s", name, error.message);
    return w;
}

static void assert_closes(ctrace_writer *w)
{
    ctrace_error error;
    if (ctrace_writer_close(&w, &error) != CTRACE_OK)
        fail_msg("close: %s", error.message);
}

static void test_a_folder_in_every_form(void **state)
{
    (void)state;
    mkdir(below("out"), 0777);
    mkdir(below("out/files"), 0777);
    write_text("out/files/kept", "x");
    write_text("out/trace.other", "x");
    write_text("s.py", "1\n");
    EACH_FORM(form)
    {
        char name[64];
        const char *file = ctrace_form_file(form);
        /* What an older trace left, in each form. */
        EACH_FORM(old)
        {
            snprintf(name, sizeof name, "out/%s", ctrace_form_file(old));
            write_text(name, "old");
        }
        write_text("out/trace_paths.json", "old");
        ctrace_writer *w = open_at("out", false, OPTIONS(.form = form, .recording_id = S(ID), .program = S("s.py"),
                                                         .workdir = {root, strlen(root)}));
        EACH_FORM(old)
        {
            snprintf(name, sizeof name, "out/%s", ctrace_form_file(old));
            assert_int_equal(is_there(name), ctr_forms[form].whole && strcmp(ctrace_form_file(old), file) == 0);
        }
        ctrace_writer_start(w, S("s.py"), 1);
        ctrace_step(w, 0, 1);
        assert_int_equal(ctrace_writer_flush(w, NULL), CTRACE_OK);
        snprintf(name, sizeof name, "out/%s", file);
        if (ctr_forms[form].whole)
            assert_int_equal(count_events(name), 6);
        assert_closes(w);
        assert_int_equal(count_events(name), 7);
        assert_true(is_there("out/files/kept") && is_there("out/files/s.py") && is_there("out/trace.other"));
        assert_int_equal(is_there("out/trace_metadata.json"), form != CTRACE_FORM_CT);
        assert_int_equal(is_there("out/trace_paths.json"), form != CTRACE_FORM_CT);
        assert_int_equal(entries("out"), form == CTRACE_FORM_CT ? 3 : 5);
        if (form != CTRACE_FORM_CT) {
            size_t size;
            char *metadata = read_file("out/trace_metadata.json", &size);
            metadata[size] = 0;
            assert_non_null(strstr(metadata, "\"recording_id\":\"" ID "\""));
            assert_non_null(strstr(metadata, "\"complete\":true"));
            free(metadata);
        }
        /* A reader of the folder finds this one, whatever was there before. */
        ctrace_reader *reader;
        const char *path = below("out");
        assert_int_equal(ctrace_reader_open(&reader, (ctrace_str){path, strlen(path)}, NULL, NULL), CTRACE_OK);
        assert_int_equal(ctrace_reader_form(reader), form);
        const ctrace_metadata *metadata = ctrace_reader_metadata(reader);
        assert_non_null(metadata);
        assert_int_equal(metadata->recording_id.size, sizeof ID - 1);
        assert_memory_equal(metadata->recording_id.data, ID, sizeof ID - 1);
        assert_int_equal(metadata->program.size, 4);
        ctrace_reader_close(&reader);
    }
}

static void test_a_lone_file_in_every_form(void **state)
{
    (void)state;
    EACH_FORM(form)
    {
        mkdir(below("alone"), 0777);
        write_text("alone/t", "old");
        ctrace_writer *w = open_at("alone/t", true, OPTIONS(.form = form));
        ctrace_writer_start(w, S("s.py"), 1);
        ctrace_step(w, 0, 1);
        assert_int_equal(ctrace_writer_flush(w, NULL), CTRACE_OK);
        if (ctr_forms[form].whole)
            assert_int_equal(count_events("alone/t"), 6);
        assert_closes(w);
        assert_int_equal(count_events("alone/t"), 7);
        assert_int_equal(entries("alone"), 1);
        w = open_at("alone/u", true, OPTIONS(.form = form));
        ctrace_writer_abandon(&w);
        assert_int_equal(is_there("alone/u"), ctr_forms[form].whole);
        unlink(below("alone/u"));
        assert_int_equal(entries("alone"), 1);
    }
}

static void test_what_is_no_plain_file_is_not_replaced(void **state)
{
    (void)state;
    ctrace_writer *w;
    ctrace_error error;
    mkdir(below("folder"), 0777);
    write_text("target", "kept");
    assert_int_equal(symlink("target", below("link")), 0);
    assert_int_equal(mkfifo(below("pipe"), 0666), 0);
    const char *names[] = {"folder", "link", "pipe"};
    for (size_t i = 0; i < 3; i++) {
        const char *path = below(names[i]);
        assert_int_equal(ctrace_writer_open_file(&w, (ctrace_str){path, strlen(path)}, NULL, &error), CTRACE_ARGUMENT);
        assert_null(w);
        assert_non_null(strstr(error.message, "no plain file"));
        assert_true(is_there(names[i]));
    }
    const char *path = below("missing/t.json");
    assert_int_equal(ctrace_writer_open_file(&w, (ctrace_str){path, strlen(path)}, NULL, &error), CTRACE_NOT_FOUND);
    assert_int_equal(ctrace_writer_open_file(&w, S("/tmp/"), NULL, &error), CTRACE_IO);
    assert_int_equal(ctrace_writer_open_file(&w, S(""), NULL, &error), CTRACE_ARGUMENT);
}

/* What was flushed before stays whole. */
static void test_a_disk_that_fills(void **state)
{
    (void)state;
    struct rlimit unlimited, limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &unlimited), 0);
    signal(SIGXFSZ, SIG_IGN);
    EACH_FORM(form)
    {
        char name[64];
        ctrace_error error;
        snprintf(name, sizeof name, "full.%s", ctrace_form_name(form));
        ctrace_writer *w = open_at(name, true, OPTIONS(.form = form, .flush_bytes = 700, .flush_ms = UINT32_MAX));
        limit = unlimited;
        limit.rlim_cur = 50000;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        ctrace_writer_start(w, S("/a"), 1);
        ctrace_status status = CTRACE_OK;
        uint64_t before = 0;
        ctrace_writer_counts counts = {0};
        for (int64_t i = 0; status == CTRACE_OK && i < 1000000; i++) {
            before = counts.events;
            status = ctrace_step(w, 0, i * i * 7919);
            ctrace_writer_get_counts(w, &counts);
        }
        if (status == CTRACE_OK) /* what is not written before the end fails there */
            assert_false(ctr_forms[form].whole);
        assert_int_equal(ctrace_writer_close(&w, &error), CTRACE_IO);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &unlimited), 0);
        assert_int_equal(error.system, EFBIG);
        assert_non_null(strstr(error.message, name));
        if (!ctr_forms[form].whole) {
            assert_false(is_there(name));
            continue;
        }
        size_t found = count_events(name);
        assert_true(found > 100);
        assert_true(found < before + 1);
    }
}

/* The child of a fork gives the writer up; the parent goes on. */
static void test_the_child_of_a_fork(void **state)
{
    (void)state;
    EACH_FORM(form)
    {
        ctrace_writer *w = open_at("forked", true, OPTIONS(.form = form, .compress_aside = true, .flush_bytes = 1000));
        ctrace_writer_start(w, S("/a"), 1);
        for (int i = 0; i < 100; i++)
            ctrace_step(w, 0, i);
        pid_t child = fork();
        if (child == 0) {
            ctrace_writer_abandon(&w);
            _exit(w ? 1 : 0);
        }
        int status = -1;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
        for (int i = 0; i < 100; i++)
            ctrace_step(w, 0, i);
        assert_closes(w);
        assert_int_equal(count_events("forked"), 206);
    }
}

/* Names of what is hidden in the folder. */
static size_t hidden_entries(const char *name)
{
    char command[512], line[64] = "";
    snprintf(command, sizeof command, "ls -A '%s' | grep -c '^\\.'", below(name));
    FILE *f = popen(command, "r");
    assert_non_null(f);
    assert_non_null(fgets(line, sizeof line, f));
    pclose(f);
    return (size_t)strtoul(line, NULL, 10);
}

static void test_a_copy_is_kept_until_close(void **state)
{
    (void)state;
    EACH_FORM(form)
    {
        for (int single = 0; single < 2; single++) {
            char name[64], copy[128];
            snprintf(name, sizeof name, "copies.%s.%d", ctrace_form_name(form), single);
            ctrace_writer *w = open_at(name, false, OPTIONS(.form = form, .single_copy = single));
            bool twice = !single && (form == CTRACE_FORM_JSON || form == CTRACE_FORM_BIN);
            assert_int_equal(hidden_entries(name), twice || form == CTRACE_FORM_BIN_V0);
            ctrace_writer_start(w, S("/a"), 1);
            struct stat before, after;
            snprintf(copy, sizeof copy, "%s/%s", name, ctrace_form_file(form));
            for (int i = 0; i < 5; i++) {
                ctrace_step(w, 0, i);
                assert_int_equal(stat(below(copy), &before), form == CTRACE_FORM_BIN_V0 ? -1 : 0);
                assert_int_equal(ctrace_writer_flush(w, NULL), CTRACE_OK);
                if (form == CTRACE_FORM_BIN_V0)
                    continue;
                assert_int_equal(stat(below(copy), &after), 0);
                assert_int_equal(before.st_ino != after.st_ino, twice);
                assert_int_equal(count_events(copy), 6 + i);
            }
            assert_closes(w);
            assert_int_equal(hidden_entries(name), 0);
            assert_int_equal(count_events(copy), 11);
        }
    }
}

static void test_what_killed_writers_left_is_removed(void **state)
{
    (void)state;
    pid_t gone = fork();
    if (gone == 0)
        _exit(0);
    assert_int_equal(waitpid(gone, NULL, 0), gone);
    mkdir(below("left"), 0777);
    char name[64];
    const char *ends[] = {"part", "copy"};
    for (size_t i = 0; i < 2; i++) {
        snprintf(name, sizeof name, "left/.trace.json.%ld.%s", (long)gone, ends[i]);
        write_text(name, "x");
    }
    snprintf(name, sizeof name, "left/.trace_paths.json.%ld", (long)gone);
    write_text(name, "x");
    snprintf(name, sizeof name, "left/.trace.bin.%ld.part", (long)getppid());
    write_text(name, "x");
    write_text("left/.trace.json.99999999999999.part", "x");
    write_text("left/.trace.json.part", "x");
    ctrace_writer *w = open_at("left", false, NULL);
    assert_int_equal(hidden_entries("left"), 4);
    assert_closes(w);
    assert_int_equal(hidden_entries("left"), 3);
    assert_true(is_there(name));
}

static void test_durable_writes_the_same(void **state)
{
    (void)state;
    EACH_FORM(form)
    {
        for (int single = 0; single < 2; single++) {
            char names[2][64];
            size_t sizes[2];
            char *data[2];
            for (int durable = 0; durable < 2; durable++) {
                char *name = names[durable];
                snprintf(name, sizeof names[0], "synced.%s.%d.%d", ctrace_form_name(form), single, durable);
                ctrace_writer *w = open_at(name, true, OPTIONS(.form = form, .recording_id = S(ID), .program = S("p"),
                                                               .durable = durable, .single_copy = single));
                ctrace_writer_start(w, S("/a"), 1);
                for (int i = 0; i < 10; i++) {
                    ctrace_step(w, 0, i);
                    assert_int_equal(ctrace_writer_flush(w, NULL), CTRACE_OK);
                }
                assert_closes(w);
                data[durable] = read_file(name, &sizes[durable]);
            }
            assert_int_equal(sizes[0], sizes[1]);
            if (form != CTRACE_FORM_CT) /* which has the time in it */
                assert_memory_equal(data[0], data[1], sizes[0]);
            free(data[0]);
            free(data[1]);
        }
    }
    ctrace_writer *w;
    ctrace_error error;
    ctrace_sink sink = {.write = growing_write};
    assert_int_equal(ctrace_writer_open_sink(&w, &sink, OPTIONS(.durable = true), &error), CTRACE_ARGUMENT);
    assert_null(w);
    assert_non_null(strstr(error.message, "durable"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_folder_in_every_form, make_root, remove_root),
        cmocka_unit_test_setup_teardown(test_a_lone_file_in_every_form, make_root, remove_root),
        cmocka_unit_test_setup_teardown(test_what_is_no_plain_file_is_not_replaced, make_root, remove_root),
        cmocka_unit_test_setup_teardown(test_a_disk_that_fills, make_root, remove_root),
        cmocka_unit_test_setup_teardown(test_the_child_of_a_fork, make_root, remove_root),
        cmocka_unit_test_setup_teardown(test_a_copy_is_kept_until_close, make_root, remove_root),
        cmocka_unit_test_setup_teardown(test_what_killed_writers_left_is_removed, make_root, remove_root),
        cmocka_unit_test_setup_teardown(test_durable_writes_the_same, make_root, remove_root),
    };
    return cmocka_run_group_tests_name("writer_files", tests, NULL, NULL);
}
