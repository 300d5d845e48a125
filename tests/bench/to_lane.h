/* What is measured, told to a lane of a recorder. to_writer.h has the same names, so that the same code measures
 * both. */
#ifndef CTRACE_BENCH_TO_LANE_H
#define CTRACE_BENCH_TO_LANE_H

#include <ctrace/ctrace.h>
#include <ctrace/recorder.h>

typedef struct target {
    ctrace_recorder *recorder;
    ctrace_lane *lane;
} target;

#define TARGET_NAME "lane"

/* Starts a trace that `sink` takes, which is flushed by bytes alone. */
static inline ctrace_status open_target(target *t, const ctrace_sink *sink, ctrace_form form, ctrace_str path,
                                        ctrace_error *error)
{
    ctrace_writer_options writer = {CTRACE_WRITER_OPTIONS_INIT, .form = form, .flush_ms = UINT32_MAX};
    ctrace_recorder_options options = {CTRACE_RECORDER_OPTIONS_INIT, .writer = &writer, .path = path, .line = 1};
    ctrace_status status = ctrace_recorder_open_sink(&t->recorder, sink, &options, error);
    if (status == CTRACE_OK)
        t->lane = ctrace_recorder_lane(t->recorder);
    return status;
}

static inline ctrace_status flush_target(target *t, ctrace_error *error)
{
    return ctrace_recorder_flush(t->recorder, error);
}

static inline ctrace_status close_target(target *t, ctrace_error *error)
{
    return ctrace_recorder_close(&t->recorder, error);
}

static inline ctrace_id name_path(target *t, ctrace_str path)
{
    return ctrace_recorder_path(t->recorder, path);
}

static inline ctrace_id name_variable(target *t, ctrace_str name)
{
    return ctrace_recorder_variable(t->recorder, name);
}

static inline ctrace_id name_function(target *t, ctrace_id path, int64_t line, ctrace_str name)
{
    return ctrace_recorder_function(t->recorder, path, line, name);
}

static inline ctrace_id name_type(target *t, ctrace_type_kind kind, ctrace_str name)
{
    return ctrace_recorder_type(t->recorder, kind, name);
}

static inline void step_at(target *t, ctrace_id path, int64_t line)
{
    ctrace_lane_step(t->lane, path, line);
}

static inline void call(target *t, ctrace_id function)
{
    ctrace_lane_call(t->lane, function);
}

static inline void begin_local(target *t, ctrace_id variable)
{
    ctrace_lane_begin_local(t->lane, variable);
}

static inline void begin_arg(target *t, ctrace_id variable)
{
    ctrace_lane_begin_arg(t->lane, variable);
}

static inline void begin_return(target *t)
{
    ctrace_lane_begin_return(t->lane);
}

static inline void put_int(target *t, ctrace_id type, int64_t i)
{
    ctrace_lane_put_int(t->lane, type, i);
}

static inline void put_float(target *t, ctrace_id type, double f)
{
    ctrace_lane_put_float(t->lane, type, f);
}

static inline void put_bool(target *t, ctrace_id type, bool b)
{
    ctrace_lane_put_bool(t->lane, type, b);
}

static inline void put_none(target *t, ctrace_id type)
{
    ctrace_lane_put_none(t->lane, type);
}

static inline void put_string(target *t, ctrace_id type, ctrace_str text)
{
    ctrace_lane_put_string(t->lane, type, text, 0);
}

static inline void open_list(target *t, ctrace_id type, size_t count)
{
    size_t shown;
    ctrace_lane_open(t->lane, CTRACE_VALUE_SEQUENCE, type, count, NULL, &shown);
}

static inline void open_tuple(target *t, ctrace_id type, size_t count)
{
    size_t shown;
    ctrace_lane_open(t->lane, CTRACE_VALUE_TUPLE, type, count, NULL, &shown);
}

static inline void close_items(target *t)
{
    ctrace_lane_close(t->lane);
}

#endif
