/* A program that is recorded until it is killed, and tells meanwhile what it has recorded.
 *
 * recording FOLDER FORM THREADS [loose] [fast] [quiet] [single] [durable]
 *     Every thread counts from 1 on, and at each number makes a step: in the file /t/THREAD, on the line NUMBER, with
 *     the variable "n" that is NUMBER. Tells, one line each:
 *         told MS N N …    what each thread had recorded at that moment, in ms of the monotonic clock
 *         acked N N …      the same, and it was flushed since; not with `quiet`
 *     Without `fast` it makes some thousand steps a second.
 * recording check FOLDER [gaps]
 *     Reads such a trace and prints "STATUS EVENTS N N …": how it ends, how many events there are, and the last number
 *     of each thread. Fails when a number or a variable is missing before that. With `gaps` numbers may be missing, as
 *     in the trace of a flight recorder; then two more are printed: how many are, and how many events the trace says
 *     are lost. */
#include <ctrace/ctrace.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define THREADS 8

static ctrace_str str(const char *text) { return (ctrace_str){text, strlen(text)}; }

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- Recording ---- */

static ctrace_recorder *recorder;
static size_t thread_count;
static bool fast, quiet;
static atomic_llong recorded[THREADS];

static void tell(const char *what, const long long *numbers)
{
    char line[512];
    int size = snprintf(line, sizeof line, "%s", what);
    for (size_t i = 0; i < thread_count; i++)
        size += snprintf(line + size, sizeof line - (size_t)size, " %lld", numbers[i]);
    line[size++] = '\n';
    if (write(STDOUT_FILENO, line, (size_t)size) != size)
        _exit(3);
}

static void look(long long *numbers)
{
    for (size_t i = 0; i < thread_count; i++)
        numbers[i] = atomic_load(&recorded[i]);
}

/* The first thread tells for all. */
static void tell_sometimes(void)
{
    static int64_t told, acked;
    long long numbers[THREADS];
    char what[64];
    int64_t now = now_ms();
    if (now - told >= 20) {
        look(numbers);
        snprintf(what, sizeof what, "told %lld", (long long)now);
        tell(what, numbers);
        told = now;
    }
    if (!quiet && now - acked >= 7) {
        look(numbers);
        ctrace_error error;
        if (ctrace_recorder_flush(recorder, &error) != CTRACE_OK) {
            fprintf(stderr, "recording: %s\n", error.message);
            _exit(4);
        }
        tell("acked", numbers);
        acked = now_ms();
    }
}

static void *count(void *cookie)
{
    size_t self = (size_t)(uintptr_t)cookie;
    char name[32];
    ctrace_lane *l = ctrace_recorder_lane(recorder);
    snprintf(name, sizeof name, "/t/%zu", self);
    ctrace_id path = ctrace_recorder_path(recorder, str(name)), n = ctrace_recorder_variable(recorder, CTRACE_STR("n"));
    ctrace_id other = ctrace_recorder_path(recorder, CTRACE_STR("/functions"));
    ctrace_id function = ctrace_recorder_function(recorder, other, 1, str(name));
    ctrace_id type = ctrace_recorder_type(recorder, CTRACE_TYPE_INT, CTRACE_STR("int"));
    for (long long number = 1;; number++) {
        if (number % 16 == 1)
            ctrace_lane_call(l, function);
        ctrace_lane_begin_variable(l, n);
        ctrace_lane_put_int(l, type, number);
        ctrace_lane_step(l, path, number);
        if (number % 16 == 0)
            ctrace_lane_return(l);
        atomic_store(&recorded[self], number);
        if (number % 1000 == 0) { /* names come all the time */
            snprintf(name, sizeof name, "/late/%zu/%lld", self, number);
            ctrace_recorder_path(recorder, str(name));
        }
        if (self == 0 && number % 16 == 0)
            tell_sometimes();
        if (!fast && number % 16 == 0)
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return NULL;
}

static int record(int argc, char **argv)
{
    ctrace_writer_options writer = {CTRACE_WRITER_OPTIONS_INIT, .program = CTRACE_STR("recording")};
    ctrace_recorder_options options = {CTRACE_RECORDER_OPTIONS_INIT, .writer = &writer};
    writer.form = ctrace_form_find(str(argv[2]));
    thread_count = strtoul(argv[3], NULL, 10);
    bool fine = writer.form != CTRACE_FORM_COUNT && thread_count >= 1 && thread_count <= THREADS;
    for (int i = 4; i < argc; i++) {
        if (strcmp(argv[i], "loose") == 0)
            options.order = CTRACE_ORDER_LOOSE;
        else if (strcmp(argv[i], "fast") == 0)
            fast = true;
        else if (strcmp(argv[i], "quiet") == 0)
            quiet = true;
        else if (strcmp(argv[i], "single") == 0)
            writer.single_copy = true;
        else if (strcmp(argv[i], "durable") == 0)
            writer.durable = true;
        else
            fine = false;
    }
    if (!fine)
        return 2;
    ctrace_error error;
    if (ctrace_recorder_open(&recorder, str(argv[1]), &options, &error) != CTRACE_OK) {
        fprintf(stderr, "recording: %s\n", error.message);
        return 1;
    }
    for (size_t i = 1; i < thread_count; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, count, (void *)(uintptr_t)i) != 0)
            return 1;
    }
    count(NULL);
    return 0;
}

/* ---- Checking ---- */

typedef struct checking {
    long long last[THREADS];
    signed char thread_of[1 << 20]; /* of each path, -1: none */
    size_t paths;
    uint64_t variables, n; /* which variable is "n" */
    int64_t events;
    long long line; /* of the step that waits for its variable, 0: none does */
    bool gaps;
    long long missing, lost;
} checking;

static bool complain(const checking *c, const char *what)
{
    fprintf(stderr, "recording: event %lld: %s\n", (long long)c->events, what);
    return false;
}

static bool check_event(checking *c, const ctrace_event *event)
{
    c->events++;
    if (event->kind == CTRACE_EVENT_PATH) {
        ctrace_str path = event->path;
        if (c->paths == sizeof c->thread_of)
            return complain(c, "too many paths");
        bool is_thread = path.size == 4 && memcmp(path.data, "/t/", 3) == 0;
        c->thread_of[c->paths++] = is_thread ? (signed char)(path.data[3] - '0') : -1;
    } else if (event->kind == CTRACE_EVENT_VARIABLE_NAME) {
        if (event->variable_name.size == 1 && event->variable_name.data[0] == 'n')
            c->n = c->variables;
        c->variables++;
    } else if (event->kind == CTRACE_EVENT_STEP) {
        if (c->line)
            return complain(c, "the step before it has no variable");
        if (event->step.path_id >= c->paths)
            return complain(c, "a step in a file that was not told");
        int thread = c->thread_of[event->step.path_id];
        if (thread < 0)
            return true;
        if (event->step.line <= c->last[thread])
            return complain(c, "a number comes twice");
        if (event->step.line != c->last[thread] + 1 && !c->gaps)
            return complain(c, "a number is missing");
        c->missing += event->step.line - c->last[thread] - 1;
        c->line = c->last[thread] = event->step.line;
    } else if (event->kind == CTRACE_EVENT_VALUE && event->value.variable_id == c->n) {
        /* After a switch the step is not written again, so each has one. */
        if (event->value.value->kind != CTRACE_VALUE_INT || event->value.value->i != c->line)
            return complain(c, "the variable is not that of its step");
        c->line = 0;
    } else if (event->kind == CTRACE_EVENT_LOG && event->log.metadata.size == 4 &&
               memcmp(event->log.metadata.data, "lost", 4) == 0) {
        long long lost = 0;
        for (size_t i = 0; i < event->log.content.size && event->log.content.data[i] != ' '; i++)
            lost = lost * 10 + (event->log.content.data[i] - '0');
        c->lost += lost;
    }
    return true;
}

static int check(const char *folder, bool gaps)
{
    static checking c = {.n = UINT64_MAX};
    c.gaps = gaps;
    ctrace_reader *reader;
    ctrace_error error;
    const ctrace_event *event;
    ctrace_status status = ctrace_reader_open(&reader, str(folder), NULL, &error);
    bool fine = true;
    while (status == CTRACE_OK && fine && (status = ctrace_reader_next(reader, &event, &error)) == CTRACE_OK)
        fine = check_event(&c, event);
    ctrace_reader_close(&reader);
    /* A step whose variable was cut off is not there. */
    for (int i = 0; i < THREADS; i++)
        if (c.line && c.last[i] == c.line)
            c.last[i]--;
    printf("%s %lld", ctrace_status_name(status), (long long)c.events);
    for (int i = 0; i < THREADS; i++)
        printf(" %lld", c.last[i]);
    if (gaps)
        printf(" %lld %lld", c.missing, c.lost);
    printf("\n");
    if (status != CTRACE_END)
        fprintf(stderr, "recording: %s\n", error.message);
    return fine ? 0 : 1;
}

int main(int argc, char **argv)
{
    bool gaps = argc == 4 && strcmp(argv[3], "gaps") == 0;
    if (argc == 3 + gaps && strcmp(argv[1], "check") == 0)
        return check(argv[2], gaps);
    if (argc >= 4)
        return record(argc, argv);
    fprintf(stderr, "usage: recording FOLDER FORM THREADS [loose] [fast] [quiet] [single] [durable]\n"
                    "       recording check FOLDER [gaps]\n");
    return 2;
}
