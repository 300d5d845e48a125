/* The stream that is measured: event by event that of tests/interop/rust/src/dialect/bench.rs. Of 100 events 72 are
 * Values, 24 Steps, 2 Calls and 2 Returns. Values are built from plain data. To be included behind to_writer.h or
 * to_lane.h, which say whom it is told. */
#ifndef CTRACE_BENCH_STREAM_H
#define CTRACE_BENCH_STREAM_H

#include <string.h>

#define STREAM_PATH CTRACE_STR("/src/bench.py")
#define BLOCK_EVENTS 50

typedef struct stream {
    target to;
    uint32_t random;
    size_t values;
    ctrace_id path, function, integer, real, string, boolean, list, tuple;
    ctrace_id variables[6];
} stream;

static const ctrace_str texts[8] = {
#define TEXT(literal) {literal, sizeof(literal) - 1}
    TEXT("a"), TEXT("apple pie"), TEXT("the quick brown fox"), TEXT("line\nbreak and \"quotes\""),
    TEXT("größer als nötig"), TEXT("0123456789abcdef"), TEXT("/usr/share/doc/readme.txt"),
    TEXT("jumps over the lazy dog, twice"),
#undef TEXT
};

/* Names what the stream uses; the trace was started. */
static void stream_start(stream *s, target to)
{
    static const char *const names[6] = {"i", "name", "total", "items", "flag", "result"};
    *s = (stream){.to = to, .random = 1};
    s->path = name_path(&s->to, STREAM_PATH);
    s->integer = name_type(&s->to, CTRACE_TYPE_INT, CTRACE_STR("int"));
    s->real = name_type(&s->to, CTRACE_TYPE_FLOAT, CTRACE_STR("float"));
    s->string = name_type(&s->to, CTRACE_TYPE_STRING, CTRACE_STR("str"));
    s->boolean = name_type(&s->to, CTRACE_TYPE_BOOL, CTRACE_STR("bool"));
    s->list = name_type(&s->to, CTRACE_TYPE_SEQ, CTRACE_STR("list"));
    s->tuple = name_type(&s->to, CTRACE_TYPE_TUPLE, CTRACE_STR("tuple"));
    for (size_t i = 0; i < 6; i++)
        s->variables[i] = name_variable(&s->to, (ctrace_str){names[i], strlen(names[i])});
    s->function = name_function(&s->to, s->path, 10, CTRACE_STR("work"));
}

static uint32_t stream_number(stream *s)
{
    s->random = s->random * 1664525u + 1013904223u;
    return s->random >> 12;
}

static void stream_int(stream *s)
{
    put_int(&s->to, s->integer, (int64_t)stream_number(s) - 1000);
}

static ctrace_id stream_variable(const stream *s)
{
    return s->variables[s->values % 6];
}

static void stream_value(stream *s)
{
    size_t k = s->values++;
    switch (k % 8) {
    case 4:
        put_string(&s->to, s->string, texts[stream_number(s) % 8]);
        break;
    case 5:
        put_float(&s->to, s->real, (double)stream_number(s) / 1000.0);
        break;
    case 6:
        put_bool(&s->to, s->boolean, stream_number(s) % 2 == 1);
        break;
    case 7: {
        size_t count = k % 16 == 7 ? 6 : 4;
        if (count == 6)
            open_list(&s->to, s->list, count);
        else
            open_tuple(&s->to, s->tuple, count);
        for (size_t i = 0; i < count; i++)
            stream_int(s);
        close_items(&s->to);
        break;
    }
    default:
        stream_int(s);
    }
}

static void stream_local(stream *s)
{
    begin_local(&s->to, stream_variable(s));
    stream_value(s);
}

static void stream_step(stream *s, int64_t line)
{
    step_at(&s->to, s->path, line);
    for (int i = 0; i < 3; i++)
        stream_local(s);
}

/* The argument, which the crate's writer writes as a Value too. */
static void stream_argument(stream *s)
{
    uint32_t random = s->random;
    size_t values = s->values;
    stream_local(s);
    s->random = random;
    s->values = values;
    begin_arg(&s->to, stream_variable(s));
    stream_value(s);
}

/* BLOCK_EVENTS events. */
static void stream_block(stream *s)
{
    for (int line = 20; line < 30; line++)
        stream_step(s, line);
    stream_argument(s);
    call(&s->to, s->function); /* with the entry step */
    stream_local(s);
    stream_local(s);
    stream_step(s, 11);
    begin_return(&s->to);
    stream_int(s);
}

static inline uint64_t stream_blocks(uint64_t events)
{
    return (events + BLOCK_EVENTS - 1) / BLOCK_EVENTS;
}

#endif
