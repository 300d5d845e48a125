/* A recording. Data flow: monitoring.c or settrace.c hears of an event of the interpreter, code.c tells whether its code
 * is recorded, stream.c writes it through libctrace, values.c the values in it. */
#ifndef CTRACE_PYTHON_SESSION_H
#define CTRACE_PYTHON_SESSION_H

#include "frame.h"
#include "output.h"
#include "values.h"

/* What is known of a code object; kept with it by the interpreter. */
typedef struct code_record {
    unsigned session;   /* the one that it was made for */
    bool recorded;
    bool is_module;     /* the body of a file */
    bool has_slots;     /* a function: its names are in slots */
    bool watched;       /* its events are on */
    bool is_top;        /* the main program's body */
    bool can_wait;      /* a generator or coroutine: it is left and entered many times */
    int arg_count;
    int variable_count;
    PyObject *qualified_name; /* learned from the code around it, until 3.10; or NULL */
    ctrace_id path, function;
    int64_t line_count; /* of its file */
    struct {
        ctrace_id id;
        int slot;
        bool is_cell;
    } variables[];
} code_record;

/* A frame that is recorded and has not returned. */
typedef struct open_frame {
    frame *f; /* compared only */
    const code_record *code;
    int64_t line; /* of its last step, 0 when it had none */
} open_frame;

typedef struct thread_record {
    uint64_t id; /* the interpreter's, never used twice */
    uint64_t serial;
    open_frame *open;
    size_t depth, room;
    PyObject *raised; /* what left a frame, compared only; NULL when something else happened since */
    PyObject *latest; /* where the interpreter does not tell what leaves a frame: the last exception, compared only, */
    char *raised_text; /* and its text */
    size_t raised_size;
} thread_record;

typedef struct source_file {
    char *real_path;
    bool recorded;
    ctrace_id path;
    int64_t line_count;
} source_file;

typedef struct session {
    bool active;
    unsigned number;
    ctrace_writer *writer;
    capture values;
    PyThreadState *thread_state; /* of the last event */
    thread_record *thread;
    thread_record **threads;
    size_t thread_count, thread_room;
    uint64_t next_serial, stream_thread; /* whose events the stream is at */
    bool step_settled; /* the last step of the stream is of the current frame and line */
    bool step_has_log;
    bool top_seen;
    char *main_path; /* real */
    char **scope, **outside; /* real folders; both end in NULL */
    PyObject *file_numbers; /* co_filename -> index into files */
    source_file *files;
    size_t file_count;
    PyObject *outputs[2], *output_writes[2]; /* sys.stdout and sys.stderr while they are listened to */
    PyObject *monitoring, *disable; /* sys.monitoring and its DISABLE */
    int tool;
} session;

extern session the_session;

/* ---- frame_check.c ---- */
bool frame_check(void);

/* ---- code.c ---- */
code_record *code_record_of(PyCodeObject *code);

/* ---- scope.c ---- */
/* The real path when a file is recorded, to be freed; else NULL. */
char *scope_real_path(const session *s, const char *path, bool *recorded);
int64_t scope_count_lines(const char *path);

/* ---- stream.c: each is called with the interpreter's lock, on the thread that the event is of ---- */
void stream_call(PyThreadState *thread, frame *f, const code_record *code);
void stream_step(PyThreadState *thread, frame *f, const code_record *code, int64_t line);
/* `value` is NULL when an exception leaves the frame. */
void stream_return(PyThreadState *thread, const code_record *code, PyObject *value, PyObject *exception);
/* `traceback`: of the exception, which the frame is in already or not yet; NULL when there is none. */
void stream_raise(PyThreadState *thread, const code_record *code, PyObject *exception, PyObject *traceback);
void stream_output(PyThreadState *thread, ctrace_log_kind kind, PyObject *text);
void stream_thread_exit(uint64_t id);

/* ---- monitoring.c, settrace.c: exactly one is there ---- */
bool events_start(session *s);
void events_stop(session *s);

/* ---- leave.c ---- */
void leave_start(void);
void leave_stop(void);

/* ---- session.c ---- */
PyObject *session_start(PyObject *self, PyObject *args, PyObject *keywords);
PyObject *session_stop(PyObject *self, PyObject *none);
/* In the child of a fork, which is not recorded. */
PyObject *session_forked(PyObject *self, PyObject *none);
/* Ends the recording without a word after the writer failed. */
void session_fail(void);

/* ---- run.c ---- */
PyObject *run_program(PyObject *self, PyObject *args);

#endif
