/* Recording into memory, as JSON lines. */
#ifndef CTRACE_TESTS_RECORDING_H
#define CTRACE_TESTS_RECORDING_H

#include "ctrace/recorder.h"
#include "writing.h"

typedef struct recording {
    growing sink;
    ctrace_recorder *r;
    ctrace_lane *l; /* the main thread's */
    ctrace_id path, type;
} recording;

static inline void record_as(recording *c, ctrace_recorder_options options, ctrace_writer_options writer)
{
    ctrace_error error;
    c->sink = GROWING;
    if (!writer.form)
        writer.form = CTRACE_FORM_NDJSON;
    writer.without = CTRACE_CONVENIENCE_ALL;
    options.writer = &writer;
    options.path = S("/p");
    ctrace_sink sink = {.cookie = &c->sink, .write = growing_write, .sequential = c->sink.sequential};
    assert_int_equal(ctrace_recorder_open_sink(&c->r, &sink, &options, &error), CTRACE_OK);
    c->l = ctrace_recorder_lane(c->r);
    assert_non_null(c->l);
    c->path = ctrace_recorder_path(c->r, S("/p"));
    assert_int_equal(c->path, 0);
    c->type = ctrace_recorder_type(c->r, CTRACE_TYPE_INT, S("int"));
}

static inline void record(recording *c, ctrace_recorder_options options)
{
    record_as(c, options, (ctrace_writer_options){CTRACE_WRITER_OPTIONS_INIT});
}

#define DEFAULTS ((ctrace_recorder_options){CTRACE_RECORDER_OPTIONS_INIT})

static inline ctrace_id named(recording *c, const char *name)
{
    return ctrace_recorder_variable(c->r, (ctrace_str){name, strlen(name)});
}

static inline ctrace_id function(recording *c, const char *name)
{
    return ctrace_recorder_function(c->r, c->path, 10, (ctrace_str){name, strlen(name)});
}

static inline void set_int(recording *c, const char *name, int64_t i)
{
    ctrace_lane_begin_variable(c->l, named(c, name));
    ctrace_lane_put_int(c->l, c->type, i);
}

/* What a variable shows, as text; ends the recording. */
static inline char *ended(recording *c)
{
    ctrace_error error;
    assert_int_equal(ctrace_recorder_close(&c->r, &error), CTRACE_OK);
    assert_null(c->r);
    char *text = realloc(c->sink.data, c->sink.size + 1);
    assert_non_null(text);
    text[c->sink.size] = 0;
    c->sink.data = text;
    return text;
}

/* The same without declarations of names and threads, each event short: "S7" a step on line 7, "x=1" a variable of an
 * int, "C2" a call of function 2, "R" a return, "T2" a switch to thread 2; other events as they are. */
static inline char *shortened(const char *trace)
{
    char *out = calloc(1, 2 * strlen(trace) + 1), *p = out;
    char names[64][32];
    size_t count = 0;
    assert_non_null(out);
    for (const char *begin = trace; *begin; begin = strchr(begin, '\n') + 1) {
        long long a, b;
        char name[32], line[256];
        size_t size = (size_t)(strchr(begin, '\n') - begin);
        snprintf(line, sizeof line, "%.*s", (int)size, begin);
        if (sscanf(line, "{\"VariableName\":\"%31[^\"]\"}", name) == 1) {
            assert_true(count < 64);
            strcpy(names[count++], name);
        } else if (strncmp(line, "{\"Path\"", 7) == 0 || strncmp(line, "{\"Type\"", 7) == 0 ||
                   strncmp(line, "{\"Function\"", 11) == 0) {
            continue;
        } else if (sscanf(line, "{\"Step\":{\"path_id\":%lld,\"line\":%lld}}", &a, &b) == 2) {
            p += sprintf(p, "S%lld ", b);
        } else if (sscanf(line, "{\"Value\":{\"variable_id\":%lld,\"value\":{\"kind\":\"Int\",\"i\":%lld", &a, &b) == 2) {
            p += sprintf(p, "%s=%lld ", names[a], b);
        } else if (sscanf(line, "{\"Call\":{\"function_id\":%lld", &a) == 1) {
            p += sprintf(p, "C%lld ", a);
        } else if (strncmp(line, "{\"Return\"", 9) == 0) {
            p += sprintf(p, "R ");
        } else if (sscanf(line, "{\"ThreadSwitch\":%lld}", &a) == 1) {
            p += sprintf(p, "T%lld ", a);
        } else {
            p += sprintf(p, "%s ", line);
        }
    }
    if (p > out)
        p[-1] = 0;
    return out;
}

static inline void assert_recorded(recording *c, const char *expected)
{
    char *text = shortened(ended(c));
    assert_string_equal(text, expected);
    free(text);
    free(c->sink.data);
}

#endif
