/* Writing a trace: open a folder, name what the program has, tell what it does, close.
 *
 * One writer belongs to one thread at a time. A call that does not fit (CTRACE_ARGUMENT, CTRACE_STATE) does nothing
 * and the trace goes on; without memory, or when writing failed, nothing goes on and every call returns that again.
 * ctrace_writer_close() returns the first failure of all, so a caller may look at that alone. Everything that is
 * passed in is copied; nothing is kept by pointer. */
#ifndef CTRACE_WRITER_H
#define CTRACE_WRITER_H

#include "error.h"
#include "event.h"
#include "form.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ctrace_writer ctrace_writer;

/* How floats are spelled. Readers since November 2025 take text only, older ones numbers only. */
typedef enum ctrace_float_form { CTRACE_FLOAT_TEXT = 0, CTRACE_FLOAT_NUMBER = 1 } ctrace_float_form;

/* What makes a function or a type a new one. FULL: any difference in name, place, kind or content, so that
 * overloads stay apart. NAMES: only another name, as upstream's recorders do. */
typedef enum ctrace_interning { CTRACE_INTERN_FULL = 0, CTRACE_INTERN_NAMES = 1 } ctrace_interning;

/* What the writer does unasked. Put the sum of those that you do not want into `without`. */
typedef enum ctrace_convenience {
    CTRACE_CONVENIENCE_TOP_LEVEL = 1,        /* start writes function 0, call 0 and type 0 = None */
    CTRACE_CONVENIENCE_ENTRY_STEP = 2,       /* a call is preceded by a step on its function's line */
    CTRACE_CONVENIENCE_FIRST_STEP_TWICE = 4, /* CodeTracer's breakpoints never fire on step 0 */
    CTRACE_CONVENIENCE_CLOSE_FRAMES = 8,     /* closing returns from every call that is still open */
    CTRACE_CONVENIENCE_COPY_FILES = 16       /* sources are copied below files/ */
} ctrace_convenience;
#define CTRACE_CONVENIENCE_ALL 31u

typedef struct ctrace_writer_options {
    size_t size;                        /* set by CTRACE_WRITER_OPTIONS_INIT */
    ctrace_str program;                 /* for the metadata: the program's file, */
    const ctrace_str *args;             /* its arguments without itself, */
    size_t arg_count;
    ctrace_str workdir;                 /* and its folder; default: the current one */
    ctrace_str recorder;                /* name and version of what records, if any */
    ctrace_str recorder_version;
    ctrace_str top_level;               /* name of function 0; default "<top-level>" */
    size_t flush_bytes;                 /* flush when this much waits, counted as it is without compression; default
                                           1 MiB in JSON and JSON lines, 2 MiB in other forms */
    uint32_t flush_ms;                  /* or when so long passed, seen at every 256th event; default 100 */
    uint32_t max_depth;                 /* nesting of values, deeper ones are cut and counted; default 60, at most 500 */
    ctrace_float_form floats;           /* of JSON and JSON lines */
    ctrace_interning interning;
    uint32_t without;                   /* sum of ctrace_convenience */
    ctrace_form form;                   /* default JSON */
    ctrace_str recording_id;            /* a UUID of 36 characters; default a new one */
    int32_t level;                      /* of zstd, 1 to 19; default 3. In bin zstd need not search up to 3: it is told
                                           what repeats. Above it searches, which takes longer */
    bool compress_aside;                /* another thread compresses: more work in less time, and larger files */
    const ctrace_allocator *allocator;  /* must outlive the writer; default malloc */
    bool durable;                       /* a flush waits until the disk has it, so that a loss of power leaves what was
                                           flushed; files alone, not a sink */
    bool single_copy;                   /* write JSON and bin once, see ctrace_writer_open() */
    ctrace_str parent;                  /* recording_id of the trace whose process was forked, if any */
} ctrace_writer_options;

/* {CTRACE_WRITER_OPTIONS_INIT, .program = …}; all else zero means default. */
#define CTRACE_WRITER_OPTIONS_INIT .size = sizeof(ctrace_writer_options)

/* What was written, and what had to be changed so that the trace stays readable. */
typedef struct ctrace_writer_counts {
    uint64_t events;
    uint64_t steps;
    uint64_t calls;
    uint64_t returns;
    uint64_t bytes;              /* of the events, flushed or not */
    uint64_t texts_mended;       /* texts with invalid UTF-8 or surrogates, replaced by U+FFFD */
    uint64_t values_cut;         /* values nested deeper than max_depth, replaced by a mark */
    uint64_t frames_closed;      /* calls that were still open at the end */
    uint64_t sources_unreadable; /* sources that could not be copied below files/ */
    uint64_t chars_as_raw;       /* Char values in a form that has none, written as Raw */
    uint64_t numbers_cut;        /* ids and indexes above 2^63 - 1 in a form that holds no more, written as that */
} ctrace_writer_counts;

/* Where the bytes of the events go when it is no folder. `write` is given the offset at which `data` belongs; it
 * may lie before the end of what was written, whose tail is then overwritten. With `sequential` set, every write
 * begins where the last one ended and what ends a trace is written at close alone. `write` returns 0 or an errno. */
typedef struct ctrace_sink {
    void *cookie;
    int (*write)(void *cookie, uint64_t offset, const char *data, size_t size);
    bool sequential;
} ctrace_sink;

/* ---- Life ---- */

/* Opens a trace in `folder`, which is made when it is not there: the events in trace.json or how the form's file is
 * named, trace_metadata.json and trace_paths.json (a container holds what they say, and has none), files/. A trace that
 * was there is replaced, in whatever form it was; its copies below files/ stay. `options` may be NULL. The folder holds
 * a whole trace after every flush, also when the process is killed later. On success *out is the writer, to be given to
 * ctrace_writer_close(); on failure it is NULL.
 *
 * In JSON and bin the file is whole also when SIGKILL comes in the middle of a flush. For that it lies there twice until
 * close: each flush goes to a hidden copy, which then takes the name of the other. This needs twice the room and a second
 * write of all, which `single_copy` saves; so it is, too, when the disk has no room for the copy or no hard links.
 * Then, and in JSON lines and ct, such a kill can leave the events without their end, which ctrace_reader takes
 * and stricter readers refuse. bin-v0 is whole only at its end: its file has a temporary name until close, and without
 * close there are no events. */
CTRACE_API ctrace_status ctrace_writer_open(ctrace_writer **out, ctrace_str folder,
                                            const ctrace_writer_options *options, ctrace_error *error);

/* The same, but into one file and nothing beside it: what the form does not hold itself, such as the program's name, is
 * lost. Its folder must be there. A plain file that was there is replaced at once (bin-v0: at close); for anything else,
 * a device, a pipe or a link, this fails with CTRACE_ARGUMENT: use a sink. */
CTRACE_API ctrace_status ctrace_writer_open_file(ctrace_writer **out, ctrace_str file,
                                                 const ctrace_writer_options *options, ctrace_error *error);

/* The same, but the events go to `sink` and there are no files. The sink's cookie must outlive the writer.
 * CTRACE_UNSUPPORTED when the form cannot go to a sequential sink. */
CTRACE_API ctrace_status ctrace_writer_open_sink(ctrace_writer **out, const ctrace_sink *sink,
                                                 const ctrace_writer_options *options, ctrace_error *error);

/* Writes the top level: path 0, function 0 at `line` of `path`, call 0 and type 0 = None. Call it once, before
 * anything else is declared. Without CTRACE_CONVENIENCE_TOP_LEVEL it only declares the path. */
CTRACE_API ctrace_status ctrace_writer_start(ctrace_writer *w, ctrace_str path, int64_t line);

/* Puts what waits into the file, which then is whole (not bin-v0). */
CTRACE_API ctrace_status ctrace_writer_flush(ctrace_writer *w, ctrace_error *error);

/* Ends the trace and frees the writer; *w becomes NULL, also on failure and when it was NULL. Returns the first
 * failure since the writer was opened. */
CTRACE_API ctrace_status ctrace_writer_close(ctrace_writer **w, ctrace_error *error);

/* Frees the writer and writes nothing more: for the child of a fork, whose parent owns the files. It waits for no
 * thread of the parent. */
CTRACE_API void ctrace_writer_abandon(ctrace_writer **w);

/* The first failure so far, CTRACE_OK if none; details in `error`. */
CTRACE_API ctrace_status ctrace_writer_status(const ctrace_writer *w, ctrace_error *error);

CTRACE_API void ctrace_writer_get_counts(const ctrace_writer *w, ctrace_writer_counts *out);

/* ---- Names: each is declared at its first use and has the same id ever after.
 *      CTRACE_ID_NONE after a failure. ---- */

CTRACE_API ctrace_id ctrace_path(ctrace_writer *w, ctrace_str path);
CTRACE_API ctrace_id ctrace_variable(ctrace_writer *w, ctrace_str name);
/* A function by its name and the place of its definition. */
CTRACE_API ctrace_id ctrace_function(ctrace_writer *w, ctrace_id path, int64_t line, ctrace_str name);
CTRACE_API ctrace_id ctrace_type(ctrace_writer *w, ctrace_type_kind kind, ctrace_str name);
CTRACE_API ctrace_id ctrace_struct_type(ctrace_writer *w, ctrace_str name, const ctrace_field *fields, size_t count);
CTRACE_API ctrace_id ctrace_pointer_type(ctrace_writer *w, ctrace_str name, ctrace_id target);

/* ---- What happens. What belongs to a step (values, log events) follows it. ---- */

CTRACE_API ctrace_status ctrace_step(ctrace_writer *w, ctrace_id path, int64_t line);
/* A call with the arguments given since the last call (ctrace_begin_arg). */
CTRACE_API ctrace_status ctrace_call(ctrace_writer *w, ctrace_id function);
/* A return without a value; with one: ctrace_begin_return. */
CTRACE_API ctrace_status ctrace_return(ctrace_writer *w);
CTRACE_API ctrace_status ctrace_log(ctrace_writer *w, ctrace_log_kind kind, ctrace_str metadata, ctrace_str content);
CTRACE_API ctrace_status ctrace_asm(ctrace_writer *w, const ctrace_str *lines, size_t count);
CTRACE_API ctrace_status ctrace_thread_start(ctrace_writer *w, uint64_t thread);
CTRACE_API ctrace_status ctrace_thread_exit(ctrace_writer *w, uint64_t thread);
CTRACE_API ctrace_status ctrace_thread_switch(ctrace_writer *w, uint64_t thread);
/* Takes the last step and its values back. In JSON and JSON lines it is removed outright while it still waits to be
 * flushed and nothing but values followed it. Otherwise, and in every other form, the event DropLastStep is written, on
 * which today's CodeTracer aborts. */
CTRACE_API ctrace_status ctrace_drop_last_step(ctrace_writer *w);

/* Places: memory that variables share. CodeTracer's own readers refuse or ignore most of these. */
CTRACE_API ctrace_status ctrace_bind_variable(ctrace_writer *w, ctrace_id variable, int64_t place);
CTRACE_API ctrace_status ctrace_variable_cell(ctrace_writer *w, ctrace_id variable, int64_t place);
CTRACE_API ctrace_status ctrace_assign(ctrace_writer *w, ctrace_id to, ctrace_pass_kind pass_by,
                                       const ctrace_rvalue *from);
CTRACE_API ctrace_status ctrace_assign_compound_item(ctrace_writer *w, int64_t place, uint64_t index,
                                                     int64_t item_place);
CTRACE_API ctrace_status ctrace_drop_variable(ctrace_writer *w, ctrace_id variable);
CTRACE_API ctrace_status ctrace_drop_variables(ctrace_writer *w, const ctrace_id *variables, size_t count);

/* Writes one event exactly as it is: no convenience, no check of its ids. Declarations count, so ids stay dense. */
CTRACE_API ctrace_status ctrace_writer_event(ctrace_writer *w, const ctrace_event *event);

/* ---- Values: say where the value goes (begin), then put exactly one, which may contain others. The event is
 *      written when the value is complete. Names may be declared in the middle of a value. ---- */

typedef struct ctrace_kept ctrace_kept;

CTRACE_API ctrace_status ctrace_begin_arg(ctrace_writer *w, ctrace_id variable);   /* argument of the next call */
CTRACE_API ctrace_status ctrace_begin_local(ctrace_writer *w, ctrace_id variable); /* variable at the last step */
CTRACE_API ctrace_status ctrace_begin_return(ctrace_writer *w);
CTRACE_API ctrace_status ctrace_begin_compound(ctrace_writer *w, int64_t place);
CTRACE_API ctrace_status ctrace_begin_cell(ctrace_writer *w, int64_t place);
CTRACE_API ctrace_status ctrace_begin_assign_cell(ctrace_writer *w, int64_t place);
/* The value is kept in `kept` in place of what it held, to be put any number of times. */
CTRACE_API ctrace_status ctrace_begin_kept(ctrace_writer *w, ctrace_kept *kept);
/* Gives up the value that was begun; nothing of it is written. Fine when there is none. */
CTRACE_API void ctrace_cancel_value(ctrace_writer *w);

/* Plain values. With the type CTRACE_ID_NONE the writer declares and uses "int", "float", "bool", "string", "char"
 * and "none" of the fitting kinds. */
CTRACE_API ctrace_status ctrace_put_int(ctrace_writer *w, ctrace_id type, int64_t i);
/* An integer outside int64 becomes a BigInt. */
CTRACE_API ctrace_status ctrace_put_uint(ctrace_writer *w, ctrace_id type, uint64_t u);
/* The magnitude is big-endian; leading zeros are dropped. What fits into int64 becomes an Int. */
CTRACE_API ctrace_status ctrace_put_big_int(ctrace_writer *w, ctrace_id type, const uint8_t *magnitude, size_t size,
                                            bool negative);
CTRACE_API ctrace_status ctrace_put_float(ctrace_writer *w, ctrace_id type, double f);
CTRACE_API ctrace_status ctrace_put_bool(ctrace_writer *w, ctrace_id type, bool b);
CTRACE_API ctrace_status ctrace_put_string(ctrace_writer *w, ctrace_id type, ctrace_str text);
CTRACE_API ctrace_status ctrace_put_char(ctrace_writer *w, ctrace_id type, uint32_t code_point);
CTRACE_API ctrace_status ctrace_put_raw(ctrace_writer *w, ctrace_id type, ctrace_str text);
CTRACE_API ctrace_status ctrace_put_error(ctrace_writer *w, ctrace_id type, ctrace_str message);
CTRACE_API ctrace_status ctrace_put_none(ctrace_writer *w, ctrace_id type);
CTRACE_API ctrace_status ctrace_put_cell(ctrace_writer *w, int64_t place);

/* Values that contain others: put as many as announced, then ctrace_put_end(). A wrong count fails with
 * CTRACE_ARGUMENT and gives up the value that was begun, as does ctrace_cancel_value(). */
CTRACE_API ctrace_status ctrace_put_sequence(ctrace_writer *w, ctrace_id type, size_t count, bool is_slice);
CTRACE_API ctrace_status ctrace_put_tuple(ctrace_writer *w, ctrace_id type, size_t count);
CTRACE_API ctrace_status ctrace_put_struct(ctrace_writer *w, ctrace_id type, size_t count);
CTRACE_API ctrace_status ctrace_put_variant(ctrace_writer *w, ctrace_id type, ctrace_str discriminator);
CTRACE_API ctrace_status ctrace_put_reference(ctrace_writer *w, ctrace_id type, uint64_t address, bool is_mutable);
CTRACE_API ctrace_status ctrace_put_end(ctrace_writer *w);

/* A value that was read, or kept before. A kept value that would lie too deep is cut as a whole. */
CTRACE_API ctrace_status ctrace_put_value(ctrace_writer *w, const ctrace_value *value);
CTRACE_API ctrace_status ctrace_put_kept(ctrace_writer *w, const ctrace_kept *kept);

/* An empty keeper; NULL when there is no memory. It belongs to the caller, is freed before its writer, and holds
 * values of that writer only. A value that is being built into it is given up with it. */
CTRACE_API ctrace_kept *ctrace_kept_new(ctrace_writer *w);
CTRACE_API void ctrace_kept_free(ctrace_kept *kept);

#ifdef __cplusplus
}
#endif
#endif
