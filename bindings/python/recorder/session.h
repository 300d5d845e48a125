/* A recording. Data flow: monitoring.c or settrace.c hears of an event of the interpreter, code.c tells whether its code
 * is recorded, stream.c puts it into the lane of its thread (threads.c), variables.c the variables, values.c the values
 * in it. The recorder of libctrace does the rest. */
#ifndef CTRACE_PYTHON_SESSION_H
#define CTRACE_PYTHON_SESSION_H

#include "frame.h"
#include "judge.h"
#include "output.h"
#include "seen.h"
#include "values.h"

/* What is known of a code object; kept with it by the interpreter. */
typedef struct code_record {
    PyCodeObject *code; /* compared only */
    unsigned session;   /* the one that it was made for */
    bool recorded;
    bool is_module;     /* the body of a file */
    bool has_slots;     /* a function: its names are in slots */
    bool watched;       /* its events are on */
    bool is_top;        /* the main program's body */
    bool can_wait;      /* a generator or coroutine: it is left and entered many times */
    int arg_count;
    int variable_count, variable_room;
    PyObject *qualified_name; /* learned from the code around it, until 3.10; or NULL */
    ctrace_id path, function;
    int64_t line_count; /* of its file */
    const ctrace_filter_policy *policy;
    judgement returned, yielded, unwound;
    judgement *judged; /* of the variables; NULL when all are shown */
    struct {
        uint32_t id;
        int slot;
        bool is_cell;
        bool is_hidden;
    } variables[];
} code_record;

/* A frame that is recorded and has not returned. */
typedef struct open_frame {
    frame *f; /* compared only */
    const code_record *code;
    int64_t line;  /* of its last step, 0 when it had none */
    size_t first;  /* of its variables among those of the thread; they reach to the next frame's */
    size_t bound;  /* one more than the last of them that holds something */
    unsigned turn; /* of the session when it was last told all */
} open_frame;

typedef struct thread_record {
    uint64_t id; /* the interpreter's, never used twice */
    ctrace_lane *lane;
    open_frame *open;
    size_t depth, room;
    seen *variables; /* of all open frames, the innermost last */
    size_t variable_count, variable_room;
    bool at_step; /* the innermost frame's step is the last event */
    PyObject *raised; /* what left a frame, compared only; NULL when something else happened since */
    PyObject *hidden; /* whose text is not shown, compared only */
    PyObject *latest; /* where the interpreter does not tell what leaves a frame: the last exception, compared only, */
    char *raised_text; /* and its text */
    size_t raised_size;
} thread_record;

typedef struct source_file {
    char *real_path;
    char *module; /* as which it is imported; NULL until asked */
    bool in_scope;
    bool has_path;
    ctrace_id path;
    int64_t line_count; /* -1 until asked */
} source_file;

#define RECENT_CODE 64

typedef struct session {
    bool active;
    bool paused;
    bool is_flight_recorder;
    bool forked;      /* this is the child of a fork, and its own trace was not begun */
    bool fork_is_safe; /* the recorder was told of that fork */
    bool rests;       /* since this process forked */
    bool is_child;
    unsigned number;
    unsigned turn; /* another one: all variables of all frames are told again */
    unsigned returns;
    ctrace_recorder *recorder;
    capture values;
    code_record *recent[RECENT_CODE]; /* by the address of the code */
    PyThreadState *thread_state; /* of the last event */
    thread_record *thread;
    thread_record **threads;
    size_t thread_count, thread_room;
    thread_record *first_thread; /* which runs the program's top level, or that forked; NULL when there is none */
    ctrace_filter *filter; /* NULL: none */
    PyObject *filter_object;
    bool has_rules; /* of the user, besides the builtin ones */
    bool top_seen;
    bool has_step;
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

/* ---- files.c ---- */

/* The number of the file that a code object says it is from, -1 when that is none. */
Py_ssize_t file_number(session *s, PyObject *name);
int64_t file_line_count(source_file *file);
const char *file_module(const session *s, source_file *file);
/* Its id, under the name that code has for it. */
ctrace_id file_path(session *s, source_file *file, PyObject *name);
void files_forget(session *s);

/* ---- code.c ---- */
code_record *code_record_of(PyCodeObject *code);

/* ---- scope.c ---- */
/* The real path of a plain file, to be freed; else NULL. *recorded: it is in the scope. */
char *scope_real_path(const session *s, const char *path, bool *recorded);
int64_t scope_count_lines(const char *path);

/* ---- threads.c ---- */

/* The record of the thread, whose lane is the capture's from here on. NULL when there is none. */
thread_record *thread_enter(session *s, PyThreadState *thread);
thread_record *thread_find(const session *s, const PyThreadState *thread);
void threads_forget(session *s, const thread_record *except);
/* The frame that was entered; NULL when there is no memory. */
open_frame *thread_open_frame(thread_record *t, frame *f, const code_record *code);
void thread_leave_frame(thread_record *t);
/* Makes room for so many more variables of the innermost frame, which are empty. */
bool thread_add_variables(thread_record *t, size_t count);

/* ---- variables.c ---- */

/* Puts the variables of the running frame that are not what they were. `open`: the frame's, or NULL. */
void variables_put(session *s, thread_record *t, open_frame *open, frame *f, const code_record *code);
/* Puts the arguments of the call that comes next. They are the first variables that its frame has seen. */
void variables_put_arguments(session *s, thread_record *t, open_frame *open, frame *f);

/* ---- stream.c: each is called with the interpreter's lock, on the thread that the event is of ---- */
void stream_call(PyThreadState *thread, frame *f, const code_record *code);
void stream_step(PyThreadState *thread, frame *f, const code_record *code, int64_t line);
/* `value` is NULL when an exception leaves the frame. */
void stream_return(PyThreadState *thread, const code_record *code, PyObject *value, PyObject *exception);
void stream_yield(PyThreadState *thread, const code_record *code, PyObject *value);
/* `traceback`: of the exception, which the frame is in already or not yet; NULL when there is none. */
void stream_raise(PyThreadState *thread, const code_record *code, PyObject *exception, PyObject *traceback);
void stream_output(PyThreadState *thread, ctrace_log_kind kind, PyObject *text);
/* A module's body that begins now is the program's top level. */
bool stream_at_top(PyThreadState *thread);

/* ---- monitoring.c, settrace.c: exactly one is there ---- */
bool events_start(session *s);
void events_stop(session *s);

/* ---- leave.c ---- */
void leave_start(void);
void leave_stop(void);

/* ---- fork.c ---- */
bool fork_watch(void);
/* After a fork the recorder goes on with this; in the child it begins its own trace. False when it is not recorded. */
bool fork_settle(session *s);

/* ---- signals.c ---- */
void signals_start(const session *s);
void signals_stop(void);

/* ---- session.c ---- */
PyObject *session_start(PyObject *self, PyObject *args, PyObject *keywords);
PyObject *session_stop(PyObject *self, PyObject *none);
PyObject *session_pause(PyObject *self, PyObject *none);
PyObject *session_resume(PyObject *self, PyObject *none);
PyObject *session_is_recording(PyObject *self, PyObject *none);
PyObject *session_flush(PyObject *self, PyObject *none);
PyObject *session_dump(PyObject *self, PyObject *none);
/* The end of a recording whose thread ends without the interpreter's goodbye. */
void session_close(void);
/* Ends the recording without a word after writing failed. */
void session_fail(void);

/* ---- run.c ---- */
PyObject *run_program(PyObject *self, PyObject *args);

#endif
