/* A writer whose bytes do not get where they belong: at every write of a sink and at many sizes of a file, in every
 * form. Each time the error is clear, nothing goes on, and what was flushed before can be read. */
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "writing.h"

#define EACH_FORM(form)                                                                             \
    for (ctrace_form form = CTRACE_FORM_JSON; form < CTRACE_FORM_COUNT; form = (ctrace_form)(form + 1)) \
        if (ctr_forms[form].open_encoder)

#define OPTIONS(...) (&(ctrace_writer_options){CTRACE_WRITER_OPTIONS_INIT, __VA_ARGS__})
#define ROUNDS 6       /* each of them ends with a flush */
#define STEPS  40      /* of a round */

/* ---- What is written ---- */

/* Goes on after failures, as programs do. Gives the number of the step that was flushed last, -1 for none. */
static int64_t write_rounds(ctrace_writer *w, ctrace_status *first)
{
    int64_t flushed = -1, line = 0;
    *first = ctrace_writer_start(w, S("/a"), 1);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < STEPS; i++) {
            ctrace_status status = ctrace_step(w, 0, line * 1000003);
            if (status != CTRACE_OK && *first == CTRACE_OK)
                *first = status;
            line++;
        }
        ctrace_status status = ctrace_writer_flush(w, NULL);
        if (status == CTRACE_OK)
            flushed = line - 1;
        else if (*first == CTRACE_OK)
            *first = status;
        /* Once it failed it fails for ever. */
        if (*first != CTRACE_OK)
            assert_int_equal(status, *first);
    }
    return flushed;
}

/* Number of the last step that a reader finds in there, all before it being there; -1 for none. */
static int64_t last_step(ctrace_reader *reader, ctrace_status *end)
{
    const ctrace_event *event;
    int64_t found = -1;
    while ((*end = ctrace_reader_next(reader, &event, NULL)) == CTRACE_OK)
        if (event->kind == CTRACE_EVENT_STEP && (found < 0 || event->step.line != found * 1000003))
            assert_int_equal(event->step.line, ++found * 1000003);
    return found;
}

static int64_t last_step_in(const char *data, size_t size, ctrace_status *end)
{
    pieces p = {.data = data, .size = size};
    ctrace_source source = {.cookie = &p, .read = pieces_read};
    ctrace_reader *reader;
    *end = ctrace_reader_open_source(&reader, &source, S("input"), NULL, NULL);
    int64_t found = *end == CTRACE_OK ? last_step(reader, end) : -1;
    ctrace_reader_close(&reader);
    return found;
}

/* ---- Sinks ---- */

typedef struct faulty {
    growing kept;
    size_t good;     /* how many writes succeed */
    size_t writes;
    int failure;
    unsigned halves; /* of the write that fails get there */
} faulty;

static int faulty_write(void *cookie, uint64_t offset, const char *data, size_t size)
{
    faulty *f = cookie;
    if (f->writes++ < f->good)
        return growing_write(&f->kept, offset, data, size);
    growing_write(&f->kept, offset, data, size * f->halves / 2);
    return f->failure;
}

static void assert_told(const ctrace_error *error, int failure, const char *where)
{
    assert_int_equal(error->status, failure == ENOENT ? CTRACE_NOT_FOUND : CTRACE_IO);
    assert_int_equal(error->system, failure);
    assert_non_null(strstr(error->message, strerror(failure)));
    if (!strstr(error->message, where))
        fail_msg("%s: %s is not named", error->message, where);
}

static void fail_at(ctrace_form form, faulty *f, bool aside)
{
    ctrace_writer *w;
    ctrace_error error = {0};
    ctrace_sink sink = {.cookie = f, .write = faulty_write};
    ctrace_status first, status = ctrace_writer_open_sink(&w, &sink, OPTIONS(.form = form, .compress_aside = aside,
                                                                             .flush_ms = UINT32_MAX), &error);
    if (status == CTRACE_OK) {
        int64_t flushed = write_rounds(w, &first);
        bool failed = f->writes > f->good;
        assert_int_equal(first, failed ? CTRACE_IO : CTRACE_OK);
        size_t writes = f->writes;
        status = ctrace_writer_close(&w, &error);
        if (failed)
            assert_int_equal(f->writes, writes); /* nothing more is tried */
        ctrace_status end;
        int64_t found = last_step_in(f->kept.data, f->kept.size, &end);
        if (!ctr_forms[form].whole && f->writes > f->good)
            flushed = -1;
        assert_true(found >= flushed);
        /* A write of which nothing got there leaves the trace as it was. */
        if (flushed >= 0 && f->halves == 0 && ctr_forms[form].at_once)
            assert_int_equal(end, CTRACE_END);
    }
    if (f->writes > f->good) {
        assert_int_equal(status, CTRACE_IO);
        assert_told(&error, f->failure, "the sink");
    } else {
        assert_int_equal(status, CTRACE_OK);
    }
    free(f->kept.data);
}

static void test_sinks_that_fail_at_every_write(void **state)
{
    (void)state;
    static const int failures[] = {EIO, ENOSPC, EDQUOT, EINTR};
    EACH_FORM(form)
    {
        for (unsigned variant = 0; variant < 4 * 3 * 2; variant++) {
            bool reached_end = false;
            size_t count = 0;
            for (; !reached_end; count++) {
                faulty f = {.kept = GROWING, .good = count, .failure = failures[variant % 4]};
                f.halves = variant / 4 % 3;
                fail_at(form, &f, variant / 12);
                reached_end = f.writes <= f.good;
            }
            if (form != CTRACE_FORM_BIN_V0)
                assert_true(count > ROUNDS);
        }
    }
}

/* ---- Files ---- */

static char root[64], file[320];

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

/* The folder `name` below the root; sets `file` to that of the form in it. */
static ctrace_str folder_for(const char *name, ctrace_form form)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", root, name);
    snprintf(file, sizeof file, "%s/%s", path, ctrace_form_file(form));
    return (ctrace_str){path, strlen(path)};
}

static void limit_files(rlim_t size)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = size;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Writes into a folder whose files may have `size` bytes at most; gives the size of the events' file. */
static off_t write_within(ctrace_form form, rlim_t size, bool single, bool aside, bool *failed)
{
    ctrace_writer *w;
    ctrace_error error = {0};
    ctrace_str folder = folder_for("limited", form);
    ctrace_status first = CTRACE_OK;
    int64_t flushed = -1;
    limit_files(size);
    ctrace_writer_options options = {CTRACE_WRITER_OPTIONS_INIT, .form = form, .single_copy = single,
                                     .compress_aside = aside, .flush_ms = UINT32_MAX};
    ctrace_status status = ctrace_writer_open(&w, folder, &options, &error);
    if (status == CTRACE_OK) {
        flushed = write_rounds(w, &first);
        status = ctrace_writer_close(&w, &error);
    }
    limit_files(RLIM_INFINITY);
    *failed = status != CTRACE_OK;
    if (*failed)
        assert_told(&error, EFBIG, "trace");
    else
        assert_int_equal(first, CTRACE_OK);
    struct stat st = {0};
    if (stat(file, &st) != 0 || st.st_size == 0) {
        assert_true(*failed && (flushed < 0 || !ctr_forms[form].whole));
        return 0;
    }
    ctrace_reader *reader;
    if (ctrace_reader_open(&reader, folder, NULL, &error) != CTRACE_OK) {
        if (flushed >= 0)
            fail_msg("%s: %s", file, error.message);
        return st.st_size;
    }
    ctrace_status end;
    int64_t found = last_step(reader, &end);
    ctrace_reader_close(&reader);
    assert_true(found >= flushed);
    /* What was written of the flush that failed is taken back. */
    if (flushed >= 0)
        assert_int_equal(end, CTRACE_END);
    return st.st_size;
}

static void test_files_that_may_not_grow(void **state)
{
    (void)state;
    EACH_FORM(form)
    {
        for (unsigned variant = 0; variant < 4; variant++) {
            bool single = variant & 1, aside = variant & 2, failed;
            off_t all = write_within(form, RLIM_INFINITY, single, aside, &failed);
            assert_false(failed);
            int failures = 0;
            /* The smallest limits hit the files beside the events. */
            for (off_t size = 0; size < all; size += size < 400 ? 29 : all / 37 + 1) {
                write_within(form, (rlim_t)size, single, aside, &failed);
                failures += failed;
            }
            assert_true(failures > 5);
        }
    }
}

/* The signal for files that may not grow ends a program that does not heed it; one that waits stays. */
static void test_the_program_lives_on_at_its_limit(void **state)
{
    (void)state;
    assert_true(signal(SIGXFSZ, SIG_DFL) != SIG_ERR);
    sigset_t limit, waiting;
    sigemptyset(&limit);
    sigaddset(&limit, SIGXFSZ);
    for (int pending = 0; pending < 2; pending++) {
        bool failed;
        pthread_sigmask(SIG_BLOCK, &limit, NULL);
        if (pending)
            raise(SIGXFSZ);
        else
            pthread_sigmask(SIG_UNBLOCK, &limit, NULL);
        write_within(CTRACE_FORM_JSON, 2000, false, false, &failed);
        assert_true(failed);
        assert_int_equal(sigpending(&waiting), 0);
        assert_int_equal(sigismember(&waiting, SIGXFSZ), pending);
        if (pending) {
            int number;
            assert_int_equal(sigwait(&limit, &number), 0);
        }
        pthread_sigmask(SIG_UNBLOCK, &limit, NULL);
    }
}

static size_t entries(const char *path)
{
    size_t count = 0;
    DIR *folder = opendir(path);
    if (!folder)
        return 0;
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

static void test_a_folder_that_may_not_be_written(void **state)
{
    (void)state;
    ctrace_str folder = folder_for("closed", CTRACE_FORM_JSON);
    assert_int_equal(mkdir(folder.data, 0555), 0);
    assert_int_equal(chmod(root, 0755), 0);
    pid_t child = fork();
    if (child == 0) {
        /* Nothing is closed to root. */
        if (geteuid() == 0 && seteuid(65534) != 0)
            _exit(1);
        bool fine = true;
        EACH_FORM(form)
        {
            ctrace_writer *w;
            ctrace_error error = {0};
            fine = fine && ctrace_writer_open(&w, folder, OPTIONS(.form = form), &error) == CTRACE_IO && w == NULL &&
                   error.system == EACCES && strstr(error.message, folder.data);
        }
        _exit(fine ? 0 : 2);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(entries(folder.data), 2);
}

static void test_a_folder_that_vanishes(void **state)
{
    (void)state;
    EACH_FORM(form)
    {
        for (int single = 0; single < 2; single++) {
            for (int round = 0; round < 2; round++) {
                ctrace_writer *w;
                ctrace_error error = {0};
                char command[256];
                ctrace_str folder = folder_for("vanishing", form);
                assert_int_equal(ctrace_writer_open(&w, folder, OPTIONS(.form = form, .single_copy = single), &error),
                                 CTRACE_OK);
                ctrace_writer_start(w, S("/a"), 1);
                ctrace_step(w, 0, 1);
                if (round)
                    assert_int_equal(ctrace_writer_flush(w, &error), CTRACE_OK);
                snprintf(command, sizeof command, "rm -r '%s'", folder.data);
                assert_int_equal(system(command), 0);
                ctrace_step(w, 0, 2);
                ctrace_status status = ctrace_writer_flush(w, &error);
                if (form != CTRACE_FORM_BIN_V0) { /* which writes at the end */
                    assert_int_equal(status, CTRACE_NOT_FOUND);
                    assert_int_equal(ctrace_step(w, 0, 3), CTRACE_NOT_FOUND);
                }
                assert_int_equal(ctrace_writer_close(&w, &error), CTRACE_NOT_FOUND);
                assert_told(&error, ENOENT, "trace");
                struct stat st;
                assert_int_equal(stat(folder.data, &st), -1);
            }
        }
    }
}

/* Two writers in one folder: the first learns that it has lost its file, the second's is whole. */
static void test_a_folder_that_another_writer_takes(void **state)
{
    (void)state;
    EACH_FORM(form)
    {
        if (!ctr_forms[form].whole)
            continue;
        ctrace_writer *lost, *w;
        ctrace_error error;
        ctrace_status end, first;
        ctrace_str folder = folder_for("shared", form);
        assert_int_equal(ctrace_writer_open(&lost, folder, OPTIONS(.form = form), &error), CTRACE_OK);
        ctrace_writer_start(lost, S("/other"), 1);
        assert_int_equal(ctrace_writer_flush(lost, &error), CTRACE_OK);
        assert_int_equal(ctrace_writer_open(&w, folder, OPTIONS(.form = form), &error), CTRACE_OK);
        ctrace_step(lost, 0, 1);
        assert_int_equal(ctrace_writer_flush(lost, &error), CTRACE_NOT_FOUND);
        int64_t flushed = write_rounds(w, &first);
        assert_int_equal(first, CTRACE_OK);
        assert_int_equal(ctrace_writer_close(&lost, &error), CTRACE_NOT_FOUND);
        assert_int_equal(ctrace_writer_close(&w, &error), CTRACE_OK);
        ctrace_reader *reader;
        assert_int_equal(ctrace_reader_open(&reader, folder, NULL, &error), CTRACE_OK);
        assert_int_equal(last_step(reader, &end), flushed);
        assert_int_equal(end, CTRACE_END);
        ctrace_reader_close(&reader);
    }
}

/* What is hidden is another's to remove; the trace goes on without its copy. */
static void test_a_copy_that_vanishes(void **state)
{
    (void)state;
    static const ctrace_form forms[] = {CTRACE_FORM_JSON, CTRACE_FORM_BIN};
    for (size_t i = 0; i < 2; i++) {
        ctrace_writer *w;
        ctrace_error error;
        ctrace_status end, first;
        char command[256];
        ctrace_str folder = folder_for("bare", forms[i]);
        assert_int_equal(ctrace_writer_open(&w, folder, OPTIONS(.form = forms[i]), &error), CTRACE_OK);
        snprintf(command, sizeof command, "rm '%s'/.t*", folder.data);
        assert_int_equal(system(command), 0);
        int64_t flushed = write_rounds(w, &first);
        assert_int_equal(first, CTRACE_OK);
        assert_int_equal(ctrace_writer_close(&w, &error), CTRACE_OK);
        ctrace_reader *reader;
        assert_int_equal(ctrace_reader_open(&reader, folder, NULL, &error), CTRACE_OK);
        assert_int_equal(last_step(reader, &end), flushed);
        ctrace_reader_close(&reader);
    }
}

static volatile sig_atomic_t alarms;

static void heed(int number)
{
    (void)number;
    alarms++;
}

static void test_signals_all_the_time(void **state)
{
    (void)state;
    struct sigaction action = {.sa_handler = heed}, before;
    assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
    struct itimerval often = {{0, 50}, {0, 50}}, never = {{0, 0}, {0, 0}};
    EACH_FORM(form)
    {
        assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
        alarms = 0;
        do {
            ctrace_writer *w;
            ctrace_error error;
            ctrace_status first;
            ctrace_str folder = folder_for("signals", form);
            assert_int_equal(ctrace_writer_open(&w, folder, OPTIONS(.form = form), &error), CTRACE_OK);
            write_rounds(w, &first);
            assert_int_equal(first, CTRACE_OK);
            assert_int_equal(ctrace_writer_close(&w, &error), CTRACE_OK);
        } while (alarms < 20);
        assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
        ctrace_reader *reader;
        ctrace_status end;
        ctrace_str folder = folder_for("signals", form);
        assert_int_equal(ctrace_reader_open(&reader, folder, NULL, NULL), CTRACE_OK);
        assert_int_equal(last_step(reader, &end), ROUNDS * STEPS - 1);
        assert_int_equal(end, CTRACE_END);
        ctrace_reader_close(&reader);
    }
    sigaction(SIGALRM, &before, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sinks_that_fail_at_every_write),
        cmocka_unit_test_setup_teardown(test_files_that_may_not_grow, make_root, remove_root),
        cmocka_unit_test_setup_teardown(test_the_program_lives_on_at_its_limit, make_root, remove_root),
        cmocka_unit_test_setup_teardown(test_a_folder_that_may_not_be_written, make_root, remove_root),
        cmocka_unit_test_setup_teardown(test_a_folder_that_vanishes, make_root, remove_root),
        cmocka_unit_test_setup_teardown(test_a_folder_that_another_writer_takes, make_root, remove_root),
        cmocka_unit_test_setup_teardown(test_a_copy_that_vanishes, make_root, remove_root),
        cmocka_unit_test_setup_teardown(test_signals_all_the_time, make_root, remove_root),
    };
    return cmocka_run_group_tests_name("writer_faults", tests, NULL, NULL);
}
