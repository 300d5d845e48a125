/* Many threads at once: lanes that come and go, the same names from all sides, flushes, dumps, pauses, counts, and
 * forms that compress on a thread of their own. Made for the thread sanitizer; the traces are looked at too. */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "recording.h"

#define WORKERS 4
#define ROUNDS  60
#define STEPS   50
#define NAMES   40

typedef struct stress {
    recording c;
    atomic_uint_least64_t ids[NAMES]; /* of the names that all threads use, 0: not told yet, else id + 1 */
    atomic_bool stop, differs;
    atomic_uint left; /* workers that have not ended */
    bool pauses;
} stress;

typedef struct worker {
    stress *s;
    unsigned number;
} worker;

static ctrace_id shared_name(stress *s, unsigned i)
{
    char name[32];
    snprintf(name, sizeof name, "v%u", i);
    ctrace_id id = named(&s->c, name);
    uint64_t known = 0;
    if (!atomic_compare_exchange_strong(&s->ids[i], &known, id + 1) && known != id + 1)
        atomic_store(&s->differs, true);
    return id;
}

static void put_list(ctrace_lane *l, ctrace_id variable, ctrace_id type, int64_t i)
{
    size_t shown;
    ctrace_lane_begin_variable(l, variable);
    if (ctrace_lane_open(l, CTRACE_VALUE_SEQUENCE, type, 3, NULL, &shown)) {
        ctrace_lane_put_int(l, CTRACE_ID_NONE, i);
        ctrace_lane_put_string(l, CTRACE_ID_NONE, S("größe"), 0);
        ctrace_lane_put_float(l, CTRACE_ID_NONE, (double)i / 8);
        ctrace_lane_close(l);
    }
}

static void use_recorder(stress *s, unsigned round)
{
    ctrace_error error;
    ctrace_recorder_counts counts;
    if (round % 4 == 0)
        ctrace_recorder_flush(s->c.r, &error);
    if (round % 8 == 1)
        ctrace_recorder_dump(s->c.r, &error);
    if (round % 8 == 3)
        ctrace_recorder_emergency(s->c.r, 1);
    ctrace_recorder_get_counts(s->c.r, &counts);
    ctrace_recorder_status(s->c.r, &error);
    ctrace_recorder_count_skipped(s->c.r);
    ctrace_recorder_count_dropped(s->c.r);
}

/* Steps of worker W are in the file /w/W, on lines that go up by one. */
static void *work(void *cookie)
{
    worker *w = cookie;
    stress *s = w->s;
    char name[64];
    int64_t line = 0;
    snprintf(name, sizeof name, "/w/%u", w->number);
    ctrace_id path = ctrace_recorder_path(s->c.r, (ctrace_str){name, strlen(name)});
    ctrace_id list = ctrace_recorder_type(s->c.r, CTRACE_TYPE_SEQ, S("list"));
    for (unsigned round = 0; round < ROUNDS; round++) {
        ctrace_lane *l = ctrace_recorder_lane(s->c.r);
        snprintf(name, sizeof name, "f%u of %u", round % 7, round % 2 ? w->number : 99);
        ctrace_id f = ctrace_recorder_function(s->c.r, path, round % 7, (ctrace_str){name, strlen(name)});
        for (int i = 0; i < STEPS; i++) {
            if (i % 10 == 0) {
                ctrace_lane_begin_arg(l, shared_name(s, (unsigned)i % NAMES));
                ctrace_lane_put_int(l, s->c.type, i);
                ctrace_lane_call(l, f);
            }
            put_list(l, shared_name(s, (round + (unsigned)i) % NAMES), list, i / 3);
            ctrace_lane_step(l, path, ++line);
            if (i % 10 == 5)
                ctrace_lane_log(l, CTRACE_LOG_WRITE, S(""), S("told"));
            if (i % 10 == 9) {
                ctrace_lane_begin_return(l);
                ctrace_lane_put_int(l, s->c.type, i);
            }
        }
        use_recorder(s, round + w->number);
        ctrace_lane_end(l);
    }
    atomic_fetch_sub(&s->left, 1);
    return NULL;
}

static void *disturb(void *cookie)
{
    stress *s = cookie;
    while (!atomic_load(&s->stop)) {
        if (s->pauses) {
            ctrace_recorder_pause(s->c.r);
            ctrace_recorder_is_paused(s->c.r);
            ctrace_recorder_resume(s->c.r);
        }
        ctrace_recorder_emergency(s->c.r, 2);
        nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
    }
    return NULL;
}

/* Whether a step goes on where the last one was, or with `gaps` behind it. */
static bool goes_on(int64_t *last, int64_t line, bool gaps)
{
    bool fine = *last == 0 || line == *last + 1 || (gaps && line > *last);
    *last = line;
    return fine;
}

/* Reads the trace: the steps of each lane go on one behind the other; in exact order those of each worker too, with all
 * its lanes. Gives how many there are. */
static size_t check_trace(const growing *sink, bool exact, bool gaps)
{
    pieces p = {.data = sink->data, .size = sink->size};
    ctrace_source source = {.cookie = &p, .read = pieces_read};
    ctrace_reader *reader;
    ctrace_error error;
    const ctrace_event *event;
    int workers[64] = {0};
    int64_t of_lane[WORKERS * ROUNDS + 8] = {0}, of_worker[WORKERS] = {0};
    size_t paths = 0, steps = 0, lane = 1;
    ctrace_status status = ctrace_reader_open_source(&reader, &source, S("stress"), NULL, &error);
    while (status == CTRACE_OK && (status = ctrace_reader_next(reader, &event, &error)) == CTRACE_OK) {
        if (event->kind == CTRACE_EVENT_PATH) {
            assert_true(paths < 64);
            workers[paths++] = event->path.size == 4 ? event->path.data[3] - '0' : -1;
        } else if (event->kind == CTRACE_EVENT_THREAD_SWITCH) {
            lane = event->thread_id;
            assert_true(lane < sizeof of_lane / sizeof *of_lane);
        } else if (event->kind == CTRACE_EVENT_STEP && workers[event->step.path_id] >= 0) {
            int self = workers[event->step.path_id];
            if (event->step.line == of_lane[lane]) /* once more, before a log event */
                continue;
            if (!goes_on(&of_lane[lane], event->step.line, gaps))
                fail_msg("in lane %zu line %lld comes out of turn", lane, (long long)event->step.line);
            if (exact && !goes_on(&of_worker[self], event->step.line, gaps))
                fail_msg("of worker %d line %lld comes out of turn", self, (long long)event->step.line);
            steps++;
        }
    }
    if (status != CTRACE_END)
        fail_msg("%s", error.message);
    ctrace_reader_close(&reader);
    return steps;
}

static void stress_with(ctrace_order order, ctrace_overflow overflow, ctrace_form form, bool pauses)
{
    static stress s;
    memset(&s, 0, sizeof s);
    s.pauses = pauses;
    record_as(&s.c, (ctrace_recorder_options){CTRACE_RECORDER_OPTIONS_INIT, .order = order, .overflow = overflow,
                                              .buffer_bytes = 1 << 20},
              (ctrace_writer_options){CTRACE_WRITER_OPTIONS_INIT, .form = form, .compress_aside = true, .flush_ms = 3});
    pthread_t threads[WORKERS], disturber;
    worker workers[WORKERS];
    atomic_init(&s.left, WORKERS);
    for (unsigned i = 0; i < WORKERS; i++) {
        workers[i] = (worker){&s, i};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    assert_int_equal(pthread_create(&disturber, NULL, disturb, &s), 0);
    /* The main thread records too. */
    for (int64_t line = 1; atomic_load(&s.left); line++) {
        set_int(&s.c, "x", line);
        ctrace_lane_step(s.c.l, s.c.path, line);
        nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
    }
    for (unsigned i = 0; i < WORKERS; i++)
        pthread_join(threads[i], NULL);
    atomic_store(&s.stop, true);
    pthread_join(disturber, NULL);
    assert_false(atomic_load(&s.differs));
    ctrace_error error;
    if (ctrace_recorder_dump(s.c.r, &error) != CTRACE_OK)
        fail_msg("%s", error.message);
    ctrace_recorder_counts counts;
    ctrace_recorder_get_counts(s.c.r, &counts);
    assert_int_equal(counts.scopes_skipped, WORKERS * ROUNDS);
    assert_int_equal(counts.values_dropped, WORKERS * ROUNDS);
    if (ctrace_recorder_close(&s.c.r, &error) != CTRACE_OK)
        fail_msg("%s", error.message);
    bool gaps = pauses || overflow == CTRACE_OVERFLOW_DROP_OLDEST;
    size_t steps = check_trace(&s.c.sink, order == CTRACE_ORDER_EXACT, gaps);
    if (gaps)
        assert_true(steps <= WORKERS * ROUNDS * STEPS);
    else
        assert_int_equal(steps, WORKERS * ROUNDS * STEPS);
    free(s.c.sink.data);
}

static void test_exact_order(void **state)
{
    (void)state;
    stress_with(CTRACE_ORDER_EXACT, CTRACE_OVERFLOW_BLOCK, CTRACE_FORM_NDJSON, false);
}

static void test_loose_order(void **state)
{
    (void)state;
    stress_with(CTRACE_ORDER_LOOSE, CTRACE_OVERFLOW_BLOCK, CTRACE_FORM_BIN, false);
}

static void test_pauses(void **state)
{
    (void)state;
    stress_with(CTRACE_ORDER_EXACT, CTRACE_OVERFLOW_BLOCK, CTRACE_FORM_JSON, true);
    stress_with(CTRACE_ORDER_LOOSE, CTRACE_OVERFLOW_BLOCK, CTRACE_FORM_CT, true);
}

static void test_flight_recorder(void **state)
{
    (void)state;
    stress_with(CTRACE_ORDER_EXACT, CTRACE_OVERFLOW_DROP_OLDEST, CTRACE_FORM_BIN, true);
    stress_with(CTRACE_ORDER_LOOSE, CTRACE_OVERFLOW_DROP_OLDEST, CTRACE_FORM_NDJSON, false);
}

/* How many more writes succeed. */
static int write_so_often(void *cookie, uint64_t offset, const char *data, size_t size)
{
    size_t *left = cookie;
    (void)offset, (void)data, (void)size;
    if (*left == 0)
        return ENOSPC;
    --*left;
    return 0;
}

/* The sink fails while all of them record: they end all the same. */
static void test_a_failure_among_threads(void **state)
{
    (void)state;
    for (size_t good = 1; good < 40; good += 9) {
        static stress s;
        memset(&s, 0, sizeof s);
        size_t left = good;
        ctrace_error error = {0};
        ctrace_sink sink = {.cookie = &left, .write = write_so_often};
        ctrace_writer_options writer = {CTRACE_WRITER_OPTIONS_INIT, .flush_ms = 1};
        ctrace_recorder_options options = {CTRACE_RECORDER_OPTIONS_INIT, .writer = &writer, .buffer_bytes = 1 << 20};
        assert_int_equal(ctrace_recorder_open_sink(&s.c.r, &sink, &options, &error), CTRACE_OK);
        pthread_t threads[WORKERS];
        worker workers[WORKERS];
        for (unsigned i = 0; i < WORKERS; i++) {
            workers[i] = (worker){&s, i};
            assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
        }
        for (unsigned i = 0; i < WORKERS; i++)
            pthread_join(threads[i], NULL);
        assert_int_equal(ctrace_recorder_flush(s.c.r, &error), CTRACE_IO);
        assert_null(ctrace_recorder_lane(s.c.r));
        assert_int_equal(ctrace_recorder_close(&s.c.r, &error), CTRACE_IO);
        assert_int_equal(error.system, ENOSPC);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact_order),    cmocka_unit_test(test_loose_order),
        cmocka_unit_test(test_pauses),         cmocka_unit_test(test_flight_recorder),
        cmocka_unit_test(test_a_failure_among_threads),
    };
    return cmocka_run_group_tests_name("recorder_stress", tests, NULL, NULL);
}
