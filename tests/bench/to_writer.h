/* What is measured, told to a writer. to_lane.h has the same names, so that the same code measures both. */
#ifndef CTRACE_BENCH_TO_WRITER_H
#define CTRACE_BENCH_TO_WRITER_H

#include <ctrace/ctrace.h>

typedef struct target {
    ctrace_writer *w;
} target;

#define TARGET_NAME "writer"

/* Starts a trace that `sink` takes, which is flushed by bytes alone. */
static inline ctrace_status open_target(target *t, const ctrace_sink *sink, ctrace_form form, ctrace_str path,
                                        ctrace_error *error)
{
    ctrace_writer_options options = {CTRACE_WRITER_OPTIONS_INIT, .form = form, .flush_ms = UINT32_MAX};
    ctrace_status status = ctrace_writer_open_sink(&t->w, sink, &options, error);
    return status ? status : ctrace_writer_start(t->w, path, 1);
}

static inline ctrace_status flush_target(target *t, ctrace_error *error)
{
    return ctrace_writer_flush(t->w, error);
}

static inline ctrace_status close_target(target *t, ctrace_error *error)
{
    return ctrace_writer_close(&t->w, error);
}

static inline ctrace_id name_path(target *t, ctrace_str path)
{
    return ctrace_path(t->w, path);
}

static inline ctrace_id name_variable(target *t, ctrace_str name)
{
    return ctrace_variable(t->w, name);
}

static inline ctrace_id name_function(target *t, ctrace_id path, int64_t line, ctrace_str name)
{
    return ctrace_function(t->w, path, line, name);
}

static inline ctrace_id name_type(target *t, ctrace_type_kind kind, ctrace_str name)
{
    return ctrace_type(t->w, kind, name);
}

static inline void step_at(target *t, ctrace_id path, int64_t line)
{
    ctrace_step(t->w, path, line);
}

static inline void call(target *t, ctrace_id function)
{
    ctrace_call(t->w, function);
}

static inline void begin_local(target *t, ctrace_id variable)
{
    ctrace_begin_local(t->w, variable);
}

static inline void begin_arg(target *t, ctrace_id variable)
{
    ctrace_begin_arg(t->w, variable);
}

static inline void begin_return(target *t)
{
    ctrace_begin_return(t->w);
}

static inline void put_int(target *t, ctrace_id type, int64_t i)
{
    ctrace_put_int(t->w, type, i);
}

static inline void put_float(target *t, ctrace_id type, double f)
{
    ctrace_put_float(t->w, type, f);
}

static inline void put_bool(target *t, ctrace_id type, bool b)
{
    ctrace_put_bool(t->w, type, b);
}

static inline void put_none(target *t, ctrace_id type)
{
    ctrace_put_none(t->w, type);
}

static inline void put_string(target *t, ctrace_id type, ctrace_str text)
{
    ctrace_put_string(t->w, type, text);
}

static inline void open_list(target *t, ctrace_id type, size_t count)
{
    ctrace_put_sequence(t->w, type, count, false);
}

static inline void open_tuple(target *t, ctrace_id type, size_t count)
{
    ctrace_put_tuple(t->w, type, count);
}

static inline void close_items(target *t)
{
    ctrace_put_end(t->w);
}

#endif
