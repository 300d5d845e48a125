/* bench_write EVENTS FOLDER [FORM [aside]]: writes a stream of mixed events through the public API and tells what it cost.
 * The stream is event by event that of tests/interop/rust/src/dialect/bench.rs: of 100 events 72 are Values, 24 Steps,
 * 2 Calls and 2 Returns. Values are built from plain data. */
#include <ctrace/ctrace.h>

#include "measure.h"

typedef struct stream {
    ctrace_writer *w;
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

static void start(stream *s)
{
    static const char *const names[6] = {"i", "name", "total", "items", "flag", "result"};
    s->random = 1;
    ctrace_writer_start(s->w, CTRACE_STR("/src/bench.py"), 1);
    s->path = ctrace_path(s->w, CTRACE_STR("/src/bench.py"));
    s->integer = ctrace_type(s->w, CTRACE_TYPE_INT, CTRACE_STR("int"));
    s->real = ctrace_type(s->w, CTRACE_TYPE_FLOAT, CTRACE_STR("float"));
    s->string = ctrace_type(s->w, CTRACE_TYPE_STRING, CTRACE_STR("str"));
    s->boolean = ctrace_type(s->w, CTRACE_TYPE_BOOL, CTRACE_STR("bool"));
    s->list = ctrace_type(s->w, CTRACE_TYPE_SEQ, CTRACE_STR("list"));
    s->tuple = ctrace_type(s->w, CTRACE_TYPE_TUPLE, CTRACE_STR("tuple"));
    for (size_t i = 0; i < 6; i++)
        s->variables[i] = ctrace_variable(s->w, (ctrace_str){names[i], strlen(names[i])});
    s->function = ctrace_function(s->w, s->path, 10, CTRACE_STR("work"));
}

static uint32_t number(stream *s)
{
    s->random = s->random * 1664525u + 1013904223u;
    return s->random >> 12;
}

static void put_int(stream *s)
{
    ctrace_put_int(s->w, s->integer, (int64_t)number(s) - 1000);
}

static ctrace_id next_variable(const stream *s)
{
    return s->variables[s->values % 6];
}

static void put_value(stream *s)
{
    size_t k = s->values++;
    switch (k % 8) {
    case 4:
        ctrace_put_string(s->w, s->string, texts[number(s) % 8]);
        break;
    case 5:
        ctrace_put_float(s->w, s->real, (double)number(s) / 1000.0);
        break;
    case 6:
        ctrace_put_bool(s->w, s->boolean, number(s) % 2 == 1);
        break;
    case 7: {
        size_t count = k % 16 == 7 ? 6 : 4;
        if (count == 6)
            ctrace_put_sequence(s->w, s->list, count, false);
        else
            ctrace_put_tuple(s->w, s->tuple, count);
        for (size_t i = 0; i < count; i++)
            put_int(s);
        ctrace_put_end(s->w);
        break;
    }
    default:
        put_int(s);
    }
}

static void local(stream *s)
{
    ctrace_begin_local(s->w, next_variable(s));
    put_value(s);
}

static void step(stream *s, int64_t line)
{
    ctrace_step(s->w, s->path, line);
    for (int i = 0; i < 3; i++)
        local(s);
}

/* The argument, which the crate's writer writes as a Value too. */
static void argument(stream *s)
{
    stream again = *s;
    ctrace_begin_local(s->w, next_variable(s));
    put_value(s);
    ctrace_begin_arg(again.w, next_variable(&again));
    put_value(&again);
}

/* 50 events. */
static void block(stream *s)
{
    for (int line = 20; line < 30; line++)
        step(s, line);
    argument(s);
    ctrace_call(s->w, s->function); /* writes the entry step */
    local(s);
    local(s);
    step(s, 11);
    ctrace_begin_return(s->w);
    put_int(s);
}

int main(int count, char **arguments)
{
    ctrace_form form = CTRACE_FORM_JSON;
    if (count > 3)
        form = ctrace_form_find((ctrace_str){arguments[3], strlen(arguments[3])});
    if (count < 3 || count > 5 || form == CTRACE_FORM_COUNT || (count == 5 && strcmp(arguments[4], "aside") != 0)) {
        fprintf(stderr, "usage: bench_write EVENTS FOLDER [FORM [aside]]\n");
        return 2;
    }
    uint64_t blocks = (strtoull(arguments[1], NULL, 10) + 49) / 50;
    ctrace_str folder = {arguments[2], strlen(arguments[2])};
    ctrace_writer_options options = {
        CTRACE_WRITER_OPTIONS_INIT,
        .program = CTRACE_STR("bench.py"),
        .top_level = CTRACE_STR("<toplevel>"),
        .without =
            CTRACE_CONVENIENCE_FIRST_STEP_TWICE | CTRACE_CONVENIENCE_CLOSE_FRAMES | CTRACE_CONVENIENCE_COPY_FILES,
        .form = form,
        .compress_aside = count == 5,
    };
    ctrace_error error;
    ctrace_writer_counts counts;
    stream s = {0};

    uint64_t before = cpu_ns();
    if (ctrace_writer_open(&s.w, folder, &options, &error) != CTRACE_OK) {
        fprintf(stderr, "bench_write: %s\n", error.message);
        return 1;
    }
    start(&s);
    for (uint64_t i = 0; i < blocks; i++)
        block(&s);
    ctrace_writer_get_counts(s.w, &counts);
    if (ctrace_writer_close(&s.w, &error) != CTRACE_OK) {
        fprintf(stderr, "bench_write: %s\n", error.message);
        return 1;
    }
    report(blocks * 50, cpu_ns() - before, counts.bytes);
    return 0;
}
