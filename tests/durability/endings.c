/* endings HOW FOLDER FORM THREADS: a recorded program that ends, or goes on, in another way than by closing its
 * recorder.
 *
 * Each thread makes steps as recording.c does; the first one makes FLUSHED of them, flushes, makes some more, and then
 * what HOW says. What the tests must know is printed, one line each: "flushed N N …" what was flushed, "all N N …" what
 * was recorded when the end came, "emergency 0|1", "child PID", "status TEXT" of a recorder that was closed, "goes on"
 * when the program did. */
#define _XOPEN_SOURCE 700 /* sigaltstack */

#include <ctrace/ctrace.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THREADS 8
#define FLUSHED 1000
#define MORE    500

static ctrace_str str(const char *text) { return (ctrace_str){text, strlen(text)}; }

static ctrace_recorder *recorder;
static ctrace_lane *main_lane;
static size_t thread_count;
static atomic_llong recorded[THREADS];
static atomic_bool stop;
static const char *folder;

/* May be called by handlers of signals. */
static void say(const char *what, const long long *numbers, size_t count)
{
    char line[512];
    size_t size = strlen(what);
    memcpy(line, what, size);
    for (size_t i = 0; i < count; i++) {
        char digits[24];
        size_t n = 0;
        unsigned long long rest = (unsigned long long)numbers[i];
        do
            digits[n++] = (char)('0' + rest % 10);
        while ((rest /= 10) != 0);
        line[size++] = ' ';
        while (n)
            line[size++] = digits[--n];
    }
    line[size++] = '\n';
    if (write(STDOUT_FILENO, line, size) != (ssize_t)size)
        _exit(3);
}

static void say_all(const char *what)
{
    long long numbers[THREADS];
    for (size_t i = 0; i < thread_count; i++)
        numbers[i] = atomic_load(&recorded[i]);
    say(what, numbers, thread_count);
}

static void say_number(const char *what, long long number) { say(what, &number, 1); }

/* ---- Recording ---- */

typedef struct known {
    ctrace_id path, n, function, type;
} known;

static known names_of(size_t self)
{
    char path[16];
    snprintf(path, sizeof path, "/t/%zu", self);
    known all = {
        .path = ctrace_recorder_path(recorder, str(path)),
        .n = ctrace_recorder_variable(recorder, CTRACE_STR("n")),
        .type = ctrace_recorder_type(recorder, CTRACE_TYPE_INT, CTRACE_STR("int")),
    };
    ctrace_id other = ctrace_recorder_path(recorder, CTRACE_STR("/functions"));
    all.function = ctrace_recorder_function(recorder, other, 1, str(path));
    return all;
}

static void make_steps(ctrace_lane *l, size_t self, const known *names, long long count)
{
    for (long long number = atomic_load(&recorded[self]) + 1; count--; number++) {
        if (number % 16 == 1)
            ctrace_lane_call(l, names->function);
        ctrace_lane_begin_variable(l, names->n);
        ctrace_lane_put_int(l, names->type, number);
        ctrace_lane_step(l, names->path, number);
        if (number % 16 == 0)
            ctrace_lane_return(l);
        atomic_store(&recorded[self], number);
    }
}

static void *run(void *cookie)
{
    size_t self = (size_t)(uintptr_t)cookie;
    ctrace_lane *l = ctrace_recorder_lane(recorder);
    known names = names_of(self);
    while (!atomic_load(&stop)) {
        make_steps(l, self, &names, 16);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    ctrace_lane_end(l);
    return NULL;
}

/* ---- Ends of the process ---- */

static uint32_t patience = 60000; /* ms */

static void end_by_handler(int number)
{
    say_all("all");
    say_number("emergency", ctrace_recorder_emergency(recorder, patience));
    signal(number, SIG_DFL);
    raise(number);
    _exit(0);
}

static void heed(int number)
{
    static char stack[1 << 16];
    stack_t other = {.ss_sp = stack, .ss_size = sizeof stack};
    sigaltstack(&other, NULL);
    struct sigaction action = {.sa_handler = end_by_handler, .sa_flags = SA_ONSTACK | SA_NODEFER};
    sigaction(number, &action, NULL);
}

static void crash(void)
{
    volatile int *volatile nowhere = NULL;
    *nowhere = 1;
}

static void overflow(volatile char *above)
{
    volatile char frame[4096];
    frame[0] = above[0];
    if (frame[0] == 0)
        overflow(frame);
    frame[1] = above[1];
}

static void end_process(const char *how)
{
    if (strcmp(how, "abort") == 0)
        abort();
    if (strcmp(how, "_exit") == 0)
        _exit(0);
    if (strcmp(how, "exit") == 0)
        exit(0);
    if (strcmp(how, "exec") == 0)
        execl("/bin/sh", "sh", "-c", "ls -l /proc/self/fd 2>/dev/null | sed -n 's/.* -> /open /p'", (char *)NULL);
    if (strcmp(how, "term") == 0)
        raise(SIGTERM);
    if (strcmp(how, "crash") == 0)
        crash();
    if (strcmp(how, "term-heeded") == 0) {
        heed(SIGTERM);
        raise(SIGTERM);
    }
    if (strcmp(how, "crash-heeded") == 0) {
        heed(SIGSEGV);
        crash();
    }
    if (strcmp(how, "overflow-heeded") == 0) {
        char frame[2] = {0};
        heed(SIGSEGV);
        overflow(frame);
    }
    if (strcmp(how, "abort-heeded") == 0) {
        heed(SIGABRT);
        abort();
    }
}

/* Waits for SIGTERM at any moment, while it records as fast as it can. */
static void record_for_ever(const known *names)
{
    heed(SIGTERM);
    patience = 10000;
    say_number("ready", 1);
    for (;;) {
        char name[32];
        snprintf(name, sizeof name, "/late/%lld", (long long)atomic_load(&recorded[0]));
        make_steps(main_lane, 0, names, 64);
        ctrace_recorder_path(recorder, str(name));
    }
}

/* ---- Forks ---- */

static void close_recorder(void)
{
    ctrace_error error = {0};
    ctrace_status status = ctrace_recorder_close(&recorder, &error);
    char line[400];
    snprintf(line, sizeof line, "status %s %.300s", ctrace_status_name(status), error.message);
    say(line, NULL, 0);
}

/* The child makes steps of its own, in the file /t/7. With grandchildren it forks too, and so does its child. */
static void be_child(const char *how)
{
    bool forks = strcmp(how, "grandchildren") == 0;
    ctrace_error error;
    ctrace_status status;
    for (int generation = 1;; generation++) {
        status = ctrace_recorder_after_fork_in_child(recorder, main_lane, CTRACE_STR(""), &error);
        if (status != CTRACE_OK) {
            fprintf(stderr, "endings: the child: %s\n", error.message);
            _exit(5);
        }
        known names = names_of(7);
        atomic_store(&recorded[7], 0);
        make_steps(main_lane, 7, &names, 100);
        if (forks && generation < 3) {
            ctrace_recorder_before_fork(recorder);
            pid_t child = fork();
            if (child == 0)
                continue;
            ctrace_recorder_after_fork_in_parent(recorder);
            say_number("child", child);
            waitpid(child, NULL, 0);
        }
        make_steps(main_lane, 7, &names, 100);
        break;
    }
    if (strcmp(how, "fork-exit") == 0) {
        status = ctrace_recorder_flush(recorder, &error);
        _exit(status == CTRACE_OK ? 0 : 6);
    }
    if (strcmp(how, "fork-flight") == 0)
        ctrace_recorder_dump(recorder, &error);
    status = ctrace_recorder_close(&recorder, &error);
    _exit(status == CTRACE_OK ? 0 : 7);
}

static void begin_value(const known *names, ctrace_id list)
{
    size_t shown;
    ctrace_lane_begin_variable(main_lane, ctrace_recorder_variable(recorder, CTRACE_STR("list")));
    ctrace_lane_open(main_lane, CTRACE_VALUE_SEQUENCE, list, 3, NULL, &shown);
    ctrace_lane_put_int(main_lane, names->type, 1);
}

static void end_value(const known *names)
{
    ctrace_lane_put_int(main_lane, names->type, 2);
    ctrace_lane_put_int(main_lane, names->type, 3);
    ctrace_lane_close(main_lane);
}

/* Nobody told the recorder that the process forks, which may come at any moment of its thread. */
static void fork_unannounced(const known *names)
{
    for (int i = 0; i < 100; i++) {
        make_steps(main_lane, 0, names, 500);
        pid_t child = fork();
        if (child == 0) {
            ctrace_recorder_abandon(&recorder);
            _exit(recorder ? 1 : 0);
        }
        say_number("child", child);
        int status = -1;
        waitpid(child, &status, 0);
        if (status != 0)
            say_number("the child ended with", status);
    }
}

static void fork_children(const char *how, const known *names)
{
    if (strcmp(how, "fork-unannounced") == 0) {
        fork_unannounced(names);
        return;
    }
    bool in_value = strcmp(how, "fork-value") == 0;
    int children = strcmp(how, "grandchildren") == 0 ? 1 : 4;
    ctrace_id list = ctrace_recorder_type(recorder, CTRACE_TYPE_SEQ, CTRACE_STR("list"));
    for (int i = 0; i < children; i++) {
        make_steps(main_lane, 0, names, 21); /* into a call */
        if (in_value)
            begin_value(names, list);
        ctrace_recorder_before_fork(recorder);
        pid_t child = fork();
        if (child == 0) {
            if (strcmp(how, "fork-abandon") == 0) {
                ctrace_recorder_abandon(&recorder);
                exit(0);
            }
            if (strcmp(how, "fork-exec") == 0)
                execl("/bin/true", "true", (char *)NULL);
            if (in_value) {
                ctrace_error error;
                if (ctrace_recorder_after_fork_in_child(recorder, main_lane, CTRACE_STR(""), &error) != CTRACE_OK)
                    _exit(5);
                end_value(names);
                known own = names_of(7);
                make_steps(main_lane, 7, &own, 200);
                _exit(ctrace_recorder_close(&recorder, &error) == CTRACE_OK ? 0 : 7);
            }
            be_child(how);
        }
        ctrace_recorder_after_fork_in_parent(recorder);
        if (in_value)
            end_value(names);
        say_number("child", child);
        make_steps(main_lane, 0, names, 16);
        int status = -1;
        waitpid(child, &status, 0);
        if (status != 0)
            say_number("the child ended with", status);
    }
}

/* ---- A disk that takes no more ---- */

static void lose_disk(const char *how, const known *names)
{
    char command[512];
    if (strcmp(how, "limit") == 0) {
        struct rlimit limit;
        getrlimit(RLIMIT_FSIZE, &limit);
        limit.rlim_cur = 200000;
        setrlimit(RLIMIT_FSIZE, &limit);
    } else if (strcmp(how, "vanish") == 0) {
        snprintf(command, sizeof command, "rm -r '%s'", folder);
        if (system(command) != 0)
            _exit(8);
    }
    /* As much as fills every buffer there is, if nobody takes it. */
    make_steps(main_lane, 0, names, 2000000);
    say("goes on", NULL, 0);
}

/* ---- The flight recorder ---- */

static void dump(const known *names)
{
    ctrace_error error;
    for (int i = 0; i < 2; i++) {
        make_steps(main_lane, 0, names, 200000);
        say_all("all");
        if (ctrace_recorder_dump(recorder, &error) != CTRACE_OK)
            _exit(9);
    }
    make_steps(main_lane, 0, names, 200000);
    heed(SIGTERM);
    raise(SIGTERM);
}

int main(int argc, char **argv)
{
    ctrace_writer_options writer = {CTRACE_WRITER_OPTIONS_INIT, .program = CTRACE_STR("endings")};
    ctrace_recorder_options options = {CTRACE_RECORDER_OPTIONS_INIT, .writer = &writer, .buffer_bytes = 1 << 20};
    if (argc != 5)
        return 2;
    const char *how = argv[1];
    folder = argv[2];
    writer.form = ctrace_form_find(str(argv[3]));
    thread_count = strtoul(argv[4], NULL, 10);
    if (writer.form == CTRACE_FORM_COUNT || thread_count < 1 || thread_count > THREADS)
        return 2;
    if (strcmp(how, "flight") == 0 || strcmp(how, "fork-flight") == 0)
        options.overflow = CTRACE_OVERFLOW_DROP_OLDEST;
    ctrace_error error;
    if (ctrace_recorder_open(&recorder, str(folder), &options, &error) != CTRACE_OK) {
        fprintf(stderr, "endings: %s\n", error.message);
        return 1;
    }
    main_lane = ctrace_recorder_lane(recorder);
    known names = names_of(0);
    pthread_t threads[THREADS];
    for (size_t i = 1; i < thread_count; i++)
        if (pthread_create(&threads[i], NULL, run, (void *)(uintptr_t)i) != 0)
            return 1;
    if (strcmp(how, "flight") == 0)
        dump(&names);
    make_steps(main_lane, 0, &names, FLUSHED);
    long long numbers[THREADS];
    for (size_t i = 0; i < thread_count; i++)
        numbers[i] = atomic_load(&recorded[i]);
    ctrace_status status = ctrace_recorder_flush(recorder, &error);
    if (status == CTRACE_OK)
        say("flushed", numbers, thread_count);
    if (strcmp(how, "any-time") == 0)
        record_for_ever(&names);
    make_steps(main_lane, 0, &names, MORE);
    end_process(how);
    if (strncmp(how, "fork", 4) == 0 || strcmp(how, "grandchildren") == 0)
        fork_children(how, &names);
    else if (strcmp(how, "limit") == 0 || strcmp(how, "full") == 0 || strcmp(how, "vanish") == 0)
        lose_disk(how, &names);
    else
        return 2;
    atomic_store(&stop, true);
    for (size_t i = 1; i < thread_count; i++)
        pthread_join(threads[i], NULL);
    say_all("all");
    if (strcmp(how, "fork-flight") == 0)
        ctrace_recorder_dump(recorder, &error);
    close_recorder();
    return 0;
}
