/* calls_writer FORM COUNT, calls_lane FORM COUNT: each kind of call alone, COUNT times, into a sink that throws the
 * bytes away. Prints a line for each: nanoseconds of the traced thread and of the whole process, and how often memory
 * was asked for. Under callgrind the instructions are counted, too. Without arguments: what it was built with. */
#ifdef TO_LANE
#include "to_lane.h"
#else
#include "to_writer.h"
#endif

#include <stdlib.h>
#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

#include "allocations.h"
#include "counting.h"
#include "measure.h"
#include "sink.h"
#include "stream.h"

#define LOCALS 10

typedef struct bench {
    stream s;
    ctrace_id locals[LOCALS];
#ifndef TO_LANE
    ctrace_kept *kept[LOCALS];
#endif
} bench;

/* ---- What is measured; each runs `count` times ---- */

static void steps(bench *b, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        step_at(&b->s.to, b->s.path, (int64_t)(10 + i % 40));
}

static void calls(bench *b, uint64_t count)
{
    target *to = &b->s.to;
    for (uint64_t i = 0; i < count; i++) {
        call(to, b->s.function);
        begin_return(to);
        put_int(to, b->s.integer, (int64_t)i);
    }
}

static void calls_with_arguments(bench *b, uint64_t count)
{
    target *to = &b->s.to;
    for (uint64_t i = 0; i < count; i++) {
        begin_arg(to, b->s.variables[0]);
        put_int(to, b->s.integer, (int64_t)i);
        begin_arg(to, b->s.variables[1]);
        put_string(to, b->s.string, texts[i % 8]);
        call(to, b->s.function);
        begin_return(to);
        put_int(to, b->s.integer, (int64_t)i);
    }
}

/* A loop over one value of a variable. */
#define VALUES(name, put)                                \
    static void name(bench *b, uint64_t count)           \
    {                                                    \
        target *to = &b->s.to;                           \
        for (uint64_t i = 0; i < count; i++) {           \
            begin_local(to, b->s.variables[0]);          \
            put;                                         \
        }                                                \
    }

VALUES(ints, put_int(to, b->s.integer, (int64_t)(i * 37 % 1000000)))
VALUES(floats, put_float(to, b->s.real, (double)(i * 37 % 1000000) / 1000.0))
VALUES(bools, put_bool(to, b->s.boolean, i % 2 == 1))
VALUES(nones, put_none(to, 0))
VALUES(strings, put_string(to, b->s.string, texts[i % 8]))

static void put_list(bench *b, uint64_t i)
{
    open_list(&b->s.to, b->s.list, 6);
    for (uint64_t k = 0; k < 6; k++)
        put_int(&b->s.to, b->s.integer, (int64_t)((i + k) * 37 % 1000000));
    close_items(&b->s.to);
}

VALUES(lists, put_list(b, i))

static void streams(bench *b, uint64_t count)
{
    for (uint64_t i = 0; i < count; i += BLOCK_EVENTS)
        stream_block(&b->s);
}

/* One of ten locals of a frame, of all kinds. */
static void put_local(bench *b, size_t k)
{
    target *to = &b->s.to;
    switch (k % 5) {
    case 1:
        put_string(to, b->s.string, texts[k % 8]);
        break;
    case 2:
        put_float(to, b->s.real, (double)k / 8.0);
        break;
    case 3:
        put_bool(to, b->s.boolean, true);
        break;
    case 4:
        put_list(b, k);
        break;
    default:
        put_int(to, b->s.integer, (int64_t)k * 1000);
    }
}

#ifdef TO_LANE
static void give_locals(bench *b, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ctrace_lane_begin_variable(b->s.to.lane, b->locals[i]);
        put_local(b, i);
    }
}

static void begin_ten(bench *b)
{
    call(&b->s.to, b->s.function);
    give_locals(b, LOCALS);
}

static void end_frame(bench *b)
{
    ctrace_lane_return(b->s.to.lane);
}

static void begin_frame(bench *b)
{
    call(&b->s.to, b->s.function);
}

/* What a recorder does at a line when it does not know what changed. */
static void steps_with_three(bench *b, uint64_t count)
{
    ctrace_lane *l = b->s.to.lane;
    for (uint64_t i = 0; i < count; i++) {
        ctrace_lane_begin_variables(l);
        ctrace_lane_begin_variable(l, b->locals[0]);
        put_int(&b->s.to, b->s.integer, (int64_t)i);
        ctrace_lane_begin_variable(l, b->locals[1]);
        put_local(b, 1);
        ctrace_lane_begin_variable(l, b->locals[2]);
        put_local(b, 2);
        step_at(&b->s.to, b->s.path, (int64_t)(10 + i % 40));
    }
}

static void steps_with_ten_given(bench *b, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        ctrace_lane_begin_variables(b->s.to.lane);
        give_locals(b, LOCALS);
        step_at(&b->s.to, b->s.path, (int64_t)(10 + i % 40));
    }
}
#else
static void begin_ten(bench *b)
{
    for (size_t i = 0; i < LOCALS; i++) {
        b->kept[i] = ctrace_kept_new(b->s.to.w);
        if (!b->kept[i])
            abort();
        ctrace_begin_kept(b->s.to.w, b->kept[i]);
        put_local(b, i);
    }
}

static void end_frame(bench *b)
{
    for (size_t i = 0; i < LOCALS; i++)
        ctrace_kept_free(b->kept[i]);
}

static void steps_with_ten_kept(bench *b, uint64_t count)
{
    ctrace_writer *w = b->s.to.w;
    for (uint64_t i = 0; i < count; i++) {
        ctrace_step(w, b->s.path, (int64_t)(10 + i % 40));
        for (size_t k = 0; k < LOCALS; k++) {
            ctrace_begin_local(w, b->locals[k]);
            ctrace_put_kept(w, b->kept[k]);
        }
    }
}
#endif

static const struct {
    const char *name;
    void (*run)(bench *b, uint64_t count);
    void (*before)(bench *b), (*after)(bench *b);
} cases[] = {
    {"step", steps, NULL, NULL},
    {"call and return", calls, NULL, NULL},
    {"call with two arguments and return", calls_with_arguments, NULL, NULL},
    {"int", ints, NULL, NULL},
    {"float", floats, NULL, NULL},
    {"bool", bools, NULL, NULL},
    {"none", nones, NULL, NULL},
    {"string", strings, NULL, NULL},
    {"list of six", lists, NULL, NULL},
    {"mixed events", streams, NULL, NULL},
#ifdef TO_LANE
    {"step with ten unchanged locals", steps, begin_ten, end_frame},
    {"step with three locals given, one changed", steps_with_three, begin_frame, end_frame},
    {"step with ten locals given, unchanged", steps_with_ten_given, begin_frame, end_frame},
#else
    {"step with ten kept values", steps_with_ten_kept, begin_ten, end_frame},
#endif
};

/* ---- Measuring ---- */

static void need(ctrace_status status, const ctrace_error *error)
{
    if (status != CTRACE_OK) {
        fprintf(stderr, "calls_" TARGET_NAME ": %s\n", error->message);
        exit(1);
    }
}

/* Until nothing grows any more. Under valgrind that would take too long, and what grows is little beside the rest. */
static void warm_up(bench *b, uint64_t count)
{
    if (RUNNING_ON_VALGRIND)
        return;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (cases[i].before)
            cases[i].before(b);
        cases[i].run(b, count);
        if (cases[i].after)
            cases[i].after(b);
    }
#ifdef TO_LANE
    /* All of the recorder's buffers are used when a lane waits. */
    ctrace_recorder_counts counts = {.waits = 0};
    for (int i = 0; i < 1000 && counts.waits == 0; i++) {
        streams(b, 10000);
        ctrace_recorder_get_counts(b->s.to.recorder, &counts);
    }
#endif
    ctrace_error error;
    need(flush_target(&b->s.to, &error), &error);
}

static void measure(bench *b, size_t which, uint64_t count)
{
    ctrace_error error;
    if (cases[which].before)
        cases[which].before(b);
    cases[which].run(b, count);
    need(flush_target(&b->s.to, &error), &error);

    uint64_t allocations = allocations_now();
    counting_begins();
    times start = times_now();
    cases[which].run(b, count);
    uint64_t thread_ns = times_since(start).thread;
    need(flush_target(&b->s.to, &error), &error);
    uint64_t process_ns = times_since(start).process;
    counting_ends(cases[which].name);
    allocations = allocations_now() - allocations;

    if (cases[which].after)
        cases[which].after(b);
    printf("{\"call\":\"%s\",\"thread_ns\":%.2f,\"cpu_ns\":%.2f,\"allocations\":%" PRIu64 "}\n", cases[which].name,
           (double)thread_ns / (double)count, (double)process_ns / (double)count, allocations);
}

/* What instructions depend on. */
static void tell_compiler(void)
{
#ifdef __clang__
    printf("clang %d", __clang_major__);
#else
    printf("gcc %d", __GNUC__);
#endif
#ifndef __OPTIMIZE__
    printf(" without optimization");
#endif
#ifdef __GLIBC__
    printf(", glibc %s\n", gnu_get_libc_version());
#else
    printf(", another C library\n");
#endif
}

int main(int count, char **arguments)
{
    if (count == 1) {
        tell_compiler();
        return 0;
    }
    ctrace_form form = CTRACE_FORM_COUNT;
    uint64_t times_each = 0, end = 0;
    if (count == 3) {
        form = ctrace_form_find((ctrace_str){arguments[1], strlen(arguments[1])});
        times_each = strtoull(arguments[2], NULL, 10);
    }
    if (form == CTRACE_FORM_COUNT || times_each < BLOCK_EVENTS) {
        fprintf(stderr, "usage: calls_" TARGET_NAME " FORM COUNT\n");
        return 2;
    }
    times_each -= times_each % BLOCK_EVENTS;
    ctrace_sink sink = counting_sink(&end);
    ctrace_error error;
    bench b = {0};
    target to;
    need(open_target(&to, &sink, form, STREAM_PATH, &error), &error);
    stream_start(&b.s, to);
    for (size_t i = 0; i < LOCALS; i++) {
        char name[] = {'l', 'o', 'c', 'a', 'l', (char)('0' + i)};
        b.locals[i] = name_variable(&b.s.to, (ctrace_str){name, sizeof name});
    }
    step_at(&b.s.to, b.s.path, 1);
    warm_up(&b, times_each);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        measure(&b, i, times_each);
    need(close_target(&b.s.to, &error), &error);
    return 0;
}
