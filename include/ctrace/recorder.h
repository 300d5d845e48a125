/* Recording a program while it runs: what an interpreter's recorder needs, once for all of them.
 *
 * A recorder is one recording. Each thread of the program puts what it does into a lane of its own, which costs some
 * nanoseconds a call: the lane copies it into a buffer. One thread of the recorder takes it from there, encodes it and
 * writes it; it never calls the program and needs none of its locks.
 *
 * The recorder keeps the variables of every open frame. A step writes all that the running frame has, as CodeTracer
 * shows at a step only what was recorded there; what did not change costs a copy. Values have budgets: what is larger
 * is cut, with a mark that tells the true size.
 *
 * The functions of a lane return nothing: a call that does not fit does nothing, and the first failure of all is what
 * ctrace_recorder_status() and ctrace_recorder_close() return. After a failure to write, lanes take no more and cost
 * next to nothing; the program runs on. */
#ifndef CTRACE_RECORDER_H
#define CTRACE_RECORDER_H

#include "filter.h"
#include "writer.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ctrace_recorder ctrace_recorder;

/* What one thread records into. It belongs to one thread at a time; with a lock around the whole interpreter, several
 * threads may share one. */
typedef struct ctrace_lane ctrace_lane;

/* What happens when the program is faster than the disk. */
typedef enum ctrace_overflow {
    CTRACE_OVERFLOW_BLOCK = 0,      /* the program waits: nothing is lost */
    CTRACE_OVERFLOW_DROP_OLDEST = 1 /* a flight recorder: the newest buffer_bytes are kept in memory and written by
                                       ctrace_recorder_dump() alone */
} ctrace_overflow;

/* How events of different lanes are ordered in the trace. */
typedef enum ctrace_order {
    CTRACE_ORDER_EXACT = 0, /* as they happened, where a lock of the program orders its threads; threads that really
                               run at the same time pay for it */
    CTRACE_ORDER_LOOSE = 1  /* in runs of some thousand events of one lane */
} ctrace_order;

typedef struct ctrace_recorder_options {
    size_t size;                         /* set by CTRACE_RECORDER_OPTIONS_INIT */
    const ctrace_writer_options *writer; /* form, program, flush_ms, …; read when opened. NULL: defaults */
    ctrace_str path;                     /* the program's file, which becomes path 0, */
    int64_t line;                        /* and the line that its top level begins at; default 1 */
    size_t buffer_bytes;                 /* of all lanes together; default 8 MiB, at least 1 MiB */
    ctrace_overflow overflow;
    ctrace_order order;
    uint32_t max_depth; /* containers in one another, deeper ones are marked; default 6, at most 60 */
    uint32_t max_items; /* of one container; default 100 */
    uint32_t max_text;  /* bytes of one text; default 1,000 */
    uint32_t max_total; /* items in all containers of one value; default 1,000 */
    bool mark_shared;   /* an object that a value holds twice is shown once, then marked */
    bool values_once;   /* arguments do not become variables of the frame: for a recorder that puts all values with
                           ctrace_lane_begin_local() */
    bool keep_secrets;  /* do not replace texts that look like passwords, keys and tokens */
    const ctrace_filter *filter; /* whose sources the metadata names; it must outlive the recorder. The caller asks it. */
} ctrace_recorder_options;

#define CTRACE_RECORDER_OPTIONS_INIT .size = sizeof(ctrace_recorder_options)

/* What was recorded, and what not. The metadata has it too. */
typedef struct ctrace_recorder_counts {
    uint64_t steps;
    uint64_t calls;
    uint64_t texts_cut;        /* by max_text */
    uint64_t containers_cut;   /* by max_items or max_total */
    uint64_t containers_marked; /* too deep, around itself, or seen before */
    uint64_t values_redacted;
    uint64_t values_dropped;   /* by a filter */
    uint64_t scopes_skipped;   /* by a filter */
    uint64_t events_lost;      /* by CTRACE_OVERFLOW_DROP_OLDEST */
    uint64_t waits;            /* how often a lane waited for the disk */
} ctrace_recorder_counts;

/* ---- Life ---- */

/* Opens a trace in `folder` as ctrace_writer_open() does and starts the recorder's thread, which takes no signals. On
 * success *out is the recorder, to be given to ctrace_recorder_close(); on failure it is NULL. */
CTRACE_API ctrace_status ctrace_recorder_open(ctrace_recorder **out, ctrace_str folder,
                                              const ctrace_recorder_options *options, ctrace_error *error);

/* The same into a sink, as ctrace_writer_open_sink() does. */
CTRACE_API ctrace_status ctrace_recorder_open_sink(ctrace_recorder **out, const ctrace_sink *sink,
                                                   const ctrace_recorder_options *options, ctrace_error *error);

/* Brings into the file all that was recorded before, and waits for it. A flight recorder writes nothing. */
CTRACE_API ctrace_status ctrace_recorder_flush(ctrace_recorder *r, ctrace_error *error);

/* Writes what a flight recorder holds, and waits for it; the frames that are open are written first, and a log event
 * tells what was lost. Any number of times. The same as ctrace_recorder_flush() for other recorders. */
CTRACE_API ctrace_status ctrace_recorder_dump(ctrace_recorder *r, ctrace_error *error);

/* For a handler of a signal, in any state of the process: asks the recorder's thread to write all that was recorded, a
 * flight recorder too, and waits for it, at most `timeout_ms`. Returns whether it was done. */
CTRACE_API bool ctrace_recorder_emergency(ctrace_recorder *r, uint32_t timeout_ms);

/* Nothing is recorded until it is resumed, but that frames are opened and left. Any thread may call it. */
CTRACE_API void ctrace_recorder_pause(ctrace_recorder *r);
CTRACE_API void ctrace_recorder_resume(ctrace_recorder *r);
CTRACE_API bool ctrace_recorder_is_paused(const ctrace_recorder *r);

/* Writes the rest, ends the trace, ends the thread and frees the recorder with its lanes; *r becomes NULL, also on
 * failure and when it was NULL. No other thread may use a lane any more. Returns the first failure since it was
 * opened. */
CTRACE_API ctrace_status ctrace_recorder_close(ctrace_recorder **r, ctrace_error *error);

/* The first failure so far, CTRACE_OK if none. */
CTRACE_API ctrace_status ctrace_recorder_status(ctrace_recorder *r, ctrace_error *error);

CTRACE_API void ctrace_recorder_get_counts(ctrace_recorder *r, ctrace_recorder_counts *out);

/* Counts what a filter kept out. */
CTRACE_API void ctrace_recorder_count_skipped(ctrace_recorder *r);
CTRACE_API void ctrace_recorder_count_dropped(ctrace_recorder *r);

/* ---- Fork: called on the thread that forks, before it and after it in both processes. ---- */

/* Brings all that was recorded into the file and ends the recorder's thread, so that the process forks without it. Until
 * it is told that the fork was done, which may be later, no other function may be called on this thread. */
CTRACE_API void ctrace_recorder_before_fork(ctrace_recorder *r);
CTRACE_API void ctrace_recorder_after_fork_in_parent(ctrace_recorder *r);
/* The child records into a trace of its own in `folder`; empty: "forks/PID" below the parent's. Its metadata names the
 * parent. It begins with the calls that are open in `lane`, the one that forked; all other lanes are gone. On failure
 * the recorder takes no more, and is still to be closed. */
CTRACE_API ctrace_status ctrace_recorder_after_fork_in_child(ctrace_recorder *r, ctrace_lane *lane, ctrace_str folder,
                                                             ctrace_error *error);

/* Frees the recorder in the child of a fork and leaves the parent's files alone: for a child that is not recorded. When
 * ctrace_recorder_before_fork() was not called its memory stays where it is, as the recorder's thread may have been in
 * the middle of it. */
CTRACE_API void ctrace_recorder_abandon(ctrace_recorder **r);

/* ---- Names: each has the same id ever after; CTRACE_ID_NONE after a failure. Any thread may call these. ---- */

CTRACE_API ctrace_id ctrace_recorder_path(ctrace_recorder *r, ctrace_str path);
CTRACE_API ctrace_id ctrace_recorder_variable(ctrace_recorder *r, ctrace_str name);
CTRACE_API ctrace_id ctrace_recorder_function(ctrace_recorder *r, ctrace_id path, int64_t line, ctrace_str name);
CTRACE_API ctrace_id ctrace_recorder_type(ctrace_recorder *r, ctrace_type_kind kind, ctrace_str name);
CTRACE_API ctrace_id ctrace_recorder_struct_type(ctrace_recorder *r, ctrace_str name, const ctrace_field *fields,
                                                 size_t count);
CTRACE_API ctrace_id ctrace_recorder_pointer_type(ctrace_recorder *r, ctrace_str name, ctrace_id target);

/* ---- Lanes ---- */

/* A lane for a thread. The first is that of the main thread, which runs the top level; for each further one the trace
 * tells that a thread started. NULL after a failure: functions of a lane do nothing when it is NULL. */
CTRACE_API ctrace_lane *ctrace_recorder_lane(ctrace_recorder *r);
/* Number of the thread in the trace, from 1. */
CTRACE_API uint64_t ctrace_lane_thread(const ctrace_lane *l);
/* The thread ends: its open frames are left, the lane is freed. Not for the first lane. */
CTRACE_API void ctrace_lane_end(ctrace_lane *l);

/* ---- What happens ---- */

/* A step in the running frame, with all its variables. */
CTRACE_API void ctrace_lane_step(ctrace_lane *l, ctrace_id path, int64_t line);
/* A call with the arguments given since the last call (ctrace_lane_begin_arg). They are the new frame's first
 * variables. */
CTRACE_API void ctrace_lane_call(ctrace_lane *l, ctrace_id function);
/* Leaves the running frame without a value; with one: ctrace_lane_begin_return. */
CTRACE_API void ctrace_lane_return(ctrace_lane *l);
/* Frames that are open in this lane, without the top level. */
CTRACE_API size_t ctrace_lane_depth(const ctrace_lane *l);
/* What is told at the line that the running frame is at. When other steps were written since, that step is written again
 * before it; an error always gets a step that has no other log event. */
CTRACE_API void ctrace_lane_log(ctrace_lane *l, ctrace_log_kind kind, ctrace_str metadata, ctrace_str content);
/* Any other event, exactly as it is; it declares no name and has no value. */
CTRACE_API void ctrace_lane_event(ctrace_lane *l, const ctrace_event *event);

/* The variables that the running frame is given from now to the next step are all that it has: others are forgotten.
 * Without this, they stay until ctrace_lane_forget(). */
CTRACE_API void ctrace_lane_begin_variables(ctrace_lane *l);
CTRACE_API void ctrace_lane_forget(ctrace_lane *l, ctrace_id variable);
/* Whether the running frame has no variables though it was given some: the recorder had to let go of them, as after a
 * fork or far below many large frames. True until one is given. */
CTRACE_API bool ctrace_lane_wants_variables(const ctrace_lane *l);

/* ---- Values: say where the value goes, then put exactly one, which may contain others ---- */

/* A variable of the running frame, in place of what it was. It is written with the steps that follow. */
CTRACE_API void ctrace_lane_begin_variable(ctrace_lane *l, ctrace_id variable);
/* A value at the last step, written once: for what is not kept as a variable of the frame. */
CTRACE_API void ctrace_lane_begin_local(ctrace_lane *l, ctrace_id variable);
CTRACE_API void ctrace_lane_begin_arg(ctrace_lane *l, ctrace_id variable);
CTRACE_API void ctrace_lane_begin_return(ctrace_lane *l);
/* Gives up the value that was begun. Fine when there is none. */
CTRACE_API void ctrace_lane_cancel_value(ctrace_lane *l);

/* With the type CTRACE_ID_NONE: "int", "float", "bool", "string", "char", "raw", "error" and "None". */
CTRACE_API void ctrace_lane_put_int(ctrace_lane *l, ctrace_id type, int64_t i);
CTRACE_API void ctrace_lane_put_uint(ctrace_lane *l, ctrace_id type, uint64_t u);
/* As ctrace_put_big_int(). */
CTRACE_API void ctrace_lane_put_big_int(ctrace_lane *l, ctrace_id type, const uint8_t *magnitude, size_t size,
                                        bool negative);
CTRACE_API void ctrace_lane_put_float(ctrace_lane *l, ctrace_id type, double f);
CTRACE_API void ctrace_lane_put_bool(ctrace_lane *l, ctrace_id type, bool b);
CTRACE_API void ctrace_lane_put_char(ctrace_lane *l, ctrace_id type, uint32_t code_point);
CTRACE_API void ctrace_lane_put_none(ctrace_lane *l, ctrace_id type);
/* Texts are cut at max_text, with "…(+N)" for the N bytes, or characters, that are missing; `missing` is what the caller
 * left out of it already. */
CTRACE_API void ctrace_lane_put_string(ctrace_lane *l, ctrace_id type, ctrace_str text, size_t missing);
CTRACE_API void ctrace_lane_put_raw(ctrace_lane *l, ctrace_id type, ctrace_str text, size_t missing);
CTRACE_API void ctrace_lane_put_error(ctrace_lane *l, ctrace_id type, ctrace_str message);
/* In place of a value that must not be recorded: an error "<redacted>", or "<redacted: reason>". It is counted. */
CTRACE_API void ctrace_lane_put_redacted(ctrace_lane *l, ctrace_str reason);
/* In place of what cannot be shown: raw text of the type "mark". */
CTRACE_API void ctrace_lane_put_mark(ctrace_lane *l, ctrace_str text);

/* Opens a sequence, tuple or struct of `count` values. True: put *shown of them, then ctrace_lane_close(); the mark
 * "… N more" for the rest is put then. False: put nothing, a mark stands for all of it: "<cycle>" when `identity` is
 * that of an open container, "<shared>" (see mark_shared), "…" when it lies too deep; also "…" for a struct of more
 * than there is room for, as it is shown whole or not at all. `identity`: the object's address, or NULL. */
CTRACE_API bool ctrace_lane_open(ctrace_lane *l, ctrace_value_kind kind, ctrace_id type, size_t count,
                                 const void *identity, size_t *shown);
/* The same for a part of a container, such as a key with its value: it counts neither as an item nor as depth, and is
 * never cut. */
CTRACE_API bool ctrace_lane_open_part(ctrace_lane *l, ctrace_value_kind kind, ctrace_id type, size_t count);
/* The same with one child. */
CTRACE_API bool ctrace_lane_open_variant(ctrace_lane *l, ctrace_id type, ctrace_str discriminator,
                                         const void *identity);
CTRACE_API bool ctrace_lane_open_reference(ctrace_lane *l, ctrace_id type, uint64_t address, bool is_mutable,
                                           const void *identity);
/* Ends the innermost one. For values that were announced and not put stands "<missing>"; what was put beyond is left
 * out. */
CTRACE_API void ctrace_lane_close(ctrace_lane *l);

#ifdef __cplusplus
}
#endif
#endif
