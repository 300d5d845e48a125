/* The recorder: Ruby's events into lanes of libctrace's recorder. There is one recording at a time in the process. */
#ifndef CTRACE_RUBY_RECORDER_H
#define CTRACE_RUBY_RECORDER_H

#include "code.h"
#include "threads.h"
#include "values.h"

extern struct ctrb_session {
    ctrace_recorder *r;   /* NULL: nothing is recorded */
    uint64_t number;      /* how many recordings this process has started */
    volatile bool forked; /* this is the child of a fork that has no trace of its own yet */
    bool direct;          /* frames are read directly, else through bindings */
    bool targeted;        /* the code of each recorded file is listened to by itself; other code costs nothing */
    bool paused;
    bool flight;          /* the trace is written when it is asked for */
    bool began;           /* there was a step */
    bool main_has_lines;
    uint64_t outputs;     /* texts that the program wrote */
    VALUE tracepoints;    /* what listens, but for the bare hooks */
    struct ctrb_values values;
    struct ctrb_files files;
    struct ctrb_judges judges;
    struct ctrb_codes codes;
    VALUE filter; /* what owns the judges' one, or nil */
    VALUE last_thread;
    struct ctrb_thread *last;
    ctrace_lane *first; /* the lane of the program's top level */
    ctrace_id variable_self;
} ctrb_session;

/* What an event is about, looked up once. `code` is NULL when frames are not read directly. */
struct ctrb_place {
    rb_trace_arg_t *arg;
    struct ctrb_file *file;
    struct ctrb_frame frame;
    struct ctrb_code *code;
    struct ctrb_judged *judged; /* NULL: all is shown */
    VALUE tracepoint;
    uint64_t recording; /* number of the recording that found it */
};

/* recorder.c */
bool ctrb_is_recording(void);
/* Puts what waits into the file, for the process may be replaced. */
void ctrb_recorder_flush(void);
/* Ends the recording: the process is left without its farewell. */
void ctrb_recorder_stop(void);
/* The child of a fork gets a trace of its own. */
void ctrb_record_child(void);

/* lanes.c */
/* The running thread; NULL when it cannot be recorded. */
struct ctrb_thread *ctrb_thread_now(void);
/* The same with its lane, which is made when it has none. */
struct ctrb_thread *ctrb_thread_with_lane(void);
static inline struct ctrb_thread *ctrb_thread_to_record(void)
{
    bool known = ctrb_session.r && rb_thread_current() == ctrb_session.last_thread && ctrb_session.last->lane;
    return known ? ctrb_session.last : ctrb_thread_with_lane();
}
/* For a thread that ends; `died`: called by the garbage collector. */
void ctrb_end_lane(ctrace_lane *lane);
void ctrb_lane_died(ctrace_lane *lane);
/* Ends the lanes of all threads. */
void ctrb_end_threads(void);
/* Nothing uses the lanes of the recording any more. */
void ctrb_forget_lanes(void);

/* signal.c */
void ctrb_listen_to_signal(ctrace_recorder *r);
void ctrb_ignore_signal(void);

/* listening.c: Ruby calls back at what happens. */
void ctrb_init_listening(void);
void ctrb_listen(void);
void ctrb_stop_listening(void);

/* calls.c: what the events tell. */
void ctrb_on_line(struct ctrb_place *place);
void ctrb_on_call(struct ctrb_place *place, bool block);
void ctrb_on_return(struct ctrb_place *place, bool block);
/* `recorded`: it was raised in code that is. */
void ctrb_on_raise(struct ctrb_place *place, bool recorded);
void ctrb_on_rescue(void);
void ctrb_on_fiber_switch(void);
void ctrb_on_thread_end(void);

/* functions.c */
ctrace_id ctrb_function_of(struct ctrb_place *place, int64_t line, bool block);

/* variables.c */
void ctrb_init_variables(void);
/* The variables at a place, if they must be asked from a binding; else nil. What comes out of it as an exception is none
 * of ours but one that another thread or a signal sends to this one, which it meets here by chance: it is passed on.
 * Other threads may run meanwhile. */
VALUE ctrb_locals_by_binding(const struct ctrb_place *place);
static inline VALUE ctrb_locals(const struct ctrb_place *place)
{
    return place->code && !place->code->by_binding ? Qnil : ctrb_locals_by_binding(place);
}
/* The same of the parameters, for the event of a call. */
VALUE ctrb_parameters(const struct ctrb_place *place);
/* All variables of the running frame. */
void ctrb_put_locals(struct ctrb_thread *t, const struct ctrb_place *place, VALUE locals);
void ctrb_put_arguments(struct ctrb_thread *t, struct ctrb_call *call, const struct ctrb_place *place, VALUE parameters,
                        bool with_self);

/* output.c */
void ctrb_init_output(void);
/* A text that the program wrote. */
void ctrb_record_output(ctrace_log_kind kind, VALUE text);

#endif
