/* A recorder without memory, without a place for its bytes, or forked where it cannot follow: the program goes on, the
 * first failure is told, nothing leaks and nobody waits for ever. */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "limited_memory.h"
#include "recording.h"

#define EACH_FORM(form)                                                                             \
    for (ctrace_form form = CTRACE_FORM_JSON; form < CTRACE_FORM_COUNT; form = (ctrace_form)(form + 1)) \
        if (ctr_forms[form].open_encoder)

/* ---- A program, which goes on whatever happens ---- */

static void put_some(ctrace_recorder *r, ctrace_lane *l, ctrace_id variable, int64_t i)
{
    size_t shown;
    ctrace_field fields[] = {{S("x"), 0}};
    ctrace_id type = ctrace_recorder_struct_type(r, S("Point"), fields, 1);
    ctrace_lane_begin_variable(l, variable);
    if (ctrace_lane_open(l, CTRACE_VALUE_STRUCT, type, 1, &i, &shown)) {
        ctrace_lane_put_int(l, CTRACE_ID_NONE, i);
        ctrace_lane_close(l);
    }
    ctrace_lane_begin_local(l, variable);
    ctrace_lane_put_string(l, CTRACE_ID_NONE, S("password=hunter2"), 3);
}

static void run_lane(ctrace_recorder *r, ctrace_lane *l, const char *name, int64_t steps)
{
    ctrace_str text = {name, strlen(name)};
    ctrace_id path = ctrace_recorder_path(r, text), variable = ctrace_recorder_variable(r, text);
    ctrace_id f = ctrace_recorder_function(r, path, 1, text);
    for (int64_t i = 1; i <= steps; i++) {
        if (i % 3 == 1) {
            ctrace_lane_begin_arg(l, variable);
            ctrace_lane_put_float(l, CTRACE_ID_NONE, 0.5);
            ctrace_lane_call(l, f);
        }
        put_some(r, l, variable, i);
        ctrace_lane_step(l, path, i);
        if (i % 5 == 0)
            ctrace_lane_log(l, CTRACE_LOG_ERROR, S(""), S("oh"));
        if (i % 3 == 0) {
            ctrace_lane_begin_return(l);
            ctrace_lane_put_bool(l, CTRACE_ID_NONE, true);
        }
    }
}

static void *run_thread(void *cookie)
{
    ctrace_recorder *r = cookie;
    ctrace_lane *l = ctrace_recorder_lane(r);
    run_lane(r, l, "/other", 20);
    ctrace_lane_end(l);
    return NULL;
}

static void run_program(ctrace_recorder *r, int64_t steps)
{
    pthread_t thread;
    ctrace_lane *l = ctrace_recorder_lane(r);
    assert_int_equal(pthread_create(&thread, NULL, run_thread, r), 0);
    run_lane(r, l, "/main", steps);
    pthread_join(thread, NULL);
    ctrace_recorder_flush(r, NULL);
    run_lane(r, l, "/later", steps);
    ctrace_recorder_dump(r, NULL);
}

/* ---- Memory ---- */

typedef struct shared_memory {
    limited_memory memory;
    pthread_mutex_t lock; /* the recorder's thread allocates too */
} shared_memory;

static void *resize(void *cookie, void *block, size_t old_size, size_t new_size)
{
    shared_memory *s = cookie;
    pthread_mutex_lock(&s->lock);
    void *result = limited_memory_resize(&s->memory, block, old_size, new_size);
    pthread_mutex_unlock(&s->lock);
    return result;
}

static void run_out_of_memory(ctrace_form form, ctrace_overflow overflow)
{
    bool reached_end = false;
    size_t failures = 0;
    for (size_t n = 0; !reached_end; n += n < 200 ? 1 : 17) {
        shared_memory s = {.memory = {.until_failure = n}, .lock = PTHREAD_MUTEX_INITIALIZER};
        ctrace_allocator allocator = {.cookie = &s, .resize = resize};
        growing g = GROWING;
        ctrace_sink sink = {.cookie = &g, .write = growing_write};
        ctrace_error error = {0};
        ctrace_recorder *r;
        ctrace_writer_options writer = {CTRACE_WRITER_OPTIONS_INIT, .form = form, .allocator = &allocator,
                                        .workdir = S("/")};
        ctrace_recorder_options options = {CTRACE_RECORDER_OPTIONS_INIT, .writer = &writer, .overflow = overflow,
                                           .mark_shared = true};
        ctrace_status status = ctrace_recorder_open_sink(&r, &sink, &options, &error);
        if (status == CTRACE_OK) {
            run_program(r, 40);
            status = ctrace_recorder_close(&r, &error);
        }
        assert_null(r);
        assert_int_equal(s.memory.held, 0);
        reached_end = s.memory.until_failure > 0;
        if (status != CTRACE_OK) {
            assert_int_equal(status, CTRACE_NO_MEMORY);
            assert_int_equal(error.status, CTRACE_NO_MEMORY);
            failures++;
        }
        /* The end of a container may be left out for want of memory; it is told all the same. */
        if (reached_end)
            assert_int_equal(status, CTRACE_OK);
        free(g.data);
    }
    assert_true(failures > 30);
}

static void test_memory_fails_at_every_point(void **state)
{
    (void)state;
    EACH_FORM(form) { run_out_of_memory(form, CTRACE_OVERFLOW_BLOCK); }
    run_out_of_memory(CTRACE_FORM_JSON, CTRACE_OVERFLOW_DROP_OLDEST);
}

/* ---- Sinks ---- */

typedef struct failing {
    growing kept;
    size_t good;
    size_t writes;
    int failure;
} failing;

static int failing_write(void *cookie, uint64_t offset, const char *data, size_t size)
{
    failing *f = cookie;
    return f->writes++ < f->good ? growing_write(&f->kept, offset, data, size) : f->failure;
}

static void test_sinks_that_fail_at_every_write(void **state)
{
    (void)state;
    static const int failures[] = {EIO, ENOSPC, EDQUOT};
    EACH_FORM(form)
    {
        bool reached_end = false;
        for (size_t n = 0; !reached_end; n++) {
            failing f = {.kept = GROWING, .good = n, .failure = failures[n % 3]};
            ctrace_sink sink = {.cookie = &f, .write = failing_write};
            ctrace_error error = {0}, known = {0};
            ctrace_recorder *r;
            ctrace_writer_options writer = {CTRACE_WRITER_OPTIONS_INIT, .form = form, .flush_bytes = 3000,
                                            .flush_ms = UINT32_MAX};
            ctrace_recorder_options options = {CTRACE_RECORDER_OPTIONS_INIT, .writer = &writer};
            ctrace_status status = ctrace_recorder_open_sink(&r, &sink, &options, &error);
            bool opened = status == CTRACE_OK;
            if (opened) {
                run_program(r, 60);
                /* Known as soon as it was tried, and for ever. */
                if (ctr_forms[form].whole && f.writes > f.good)
                    assert_int_equal(ctrace_recorder_status(r, &known), CTRACE_IO);
                status = ctrace_recorder_close(&r, &error);
            }
            reached_end = f.writes <= f.good;
            assert_int_equal(status, reached_end ? CTRACE_OK : CTRACE_IO);
            if (!reached_end) {
                assert_int_equal(f.writes, f.good + 1); /* it is not tried again */
                assert_int_equal(error.system, f.failure);
                assert_non_null(strstr(error.message, "the sink"));
            }
            free(f.kept.data);
        }
    }
}

/* ---- Forks that cannot be followed ---- */

/* The child records on in vain; 0 when it came to no harm. */
static int be_lost_child(ctrace_recorder *r, ctrace_lane *l, ctrace_str folder, ctrace_status expected)
{
    ctrace_error error = {0};
    if (ctrace_recorder_after_fork_in_child(r, l, folder, &error) != expected || error.status != expected)
        return 1;
    run_lane(r, l, "/child", 10000);
    if (ctrace_recorder_lane(r) != NULL)
        return 2;
    if (ctrace_recorder_flush(r, &error) != expected || ctrace_recorder_dump(r, &error) != expected)
        return 3;
    if (ctrace_recorder_emergency(r, 10))
        return 4;
    return ctrace_recorder_close(&r, &error) == expected && r == NULL && error.message[0] ? 0 : 5;
}

static void fork_in_vain(ctrace_recorder *r, ctrace_lane *l, ctrace_str folder, ctrace_status expected)
{
    ctrace_recorder_before_fork(r);
    pid_t child = fork();
    if (child == 0)
        _exit(be_lost_child(r, l, folder, expected));
    ctrace_recorder_after_fork_in_parent(r);
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void test_a_sink_does_not_follow_a_fork(void **state)
{
    (void)state;
    recording c;
    record(&c, DEFAULTS);
    set_int(&c, "x", 1);
    ctrace_lane_step(c.l, c.path, 1);
    fork_in_vain(c.r, c.l, S(""), CTRACE_UNSUPPORTED);
    ctrace_lane_step(c.l, c.path, 2);
    assert_recorded(&c, "S1 x=1 S2 x=1");
}

static void test_a_child_without_a_folder(void **state)
{
    (void)state;
    char folder[] = "/tmp/ctrace-test-XXXXXX", command[128];
    assert_non_null(mkdtemp(folder));
    static const ctrace_overflow overflows[] = {CTRACE_OVERFLOW_BLOCK, CTRACE_OVERFLOW_DROP_OLDEST};
    for (size_t i = 0; i < 2; i++) {
        ctrace_recorder *r;
        ctrace_error error;
        ctrace_recorder_options options = {CTRACE_RECORDER_OPTIONS_INIT, .overflow = overflows[i]};
        assert_int_equal(ctrace_recorder_open(&r, (ctrace_str){folder, strlen(folder)}, &options, &error), CTRACE_OK);
        ctrace_lane *l = ctrace_recorder_lane(r);
        run_lane(r, l, "/main", 10);
        fork_in_vain(r, l, S("/dev/null/no/folder"), CTRACE_IO);
        run_lane(r, l, "/more", 10);
        snprintf(command, sizeof command, "rm -r '%s'", folder);
        assert_int_equal(system(command), 0);
        fork_in_vain(r, l, S(""), CTRACE_NOT_FOUND);
        run_lane(r, l, "/most", 10);
        assert_int_equal(ctrace_recorder_close(&r, &error), CTRACE_NOT_FOUND);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_fails_at_every_point),
        cmocka_unit_test(test_sinks_that_fail_at_every_write),
        cmocka_unit_test(test_a_sink_does_not_follow_a_fork),
        cmocka_unit_test(test_a_child_without_a_folder),
    };
    return cmocka_run_group_tests_name("recorder_faults", tests, NULL, NULL);
}
