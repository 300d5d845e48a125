/* The writer from inside. Data flow: names.c, events.c and values.c put events into `out`, where an event that ends with
 * a value grows until the value is complete; writer.c brings `out` to the sink and the sidecars to the folder. */
#ifndef CTRACE_LIB_WRITER_WRITER_H
#define CTRACE_LIB_WRITER_WRITER_H

#include "base/failure.h"
#include "base/map.h"
#include "codec/json/emit.h"
#include "ctrace/writer.h"

#define CTR_DEPTH_MAX 500

/* Where the value that is being built goes. */
typedef enum ctr_destination {
    CTR_TO_NOTHING,
    CTR_TO_ARG,
    CTR_TO_EVENT, /* the last event of `out`, which ends with it */
    CTR_TO_KEPT,
    CTR_TO_RAW_EVENT /* ctrace_writer_event() finishes it itself */
} ctr_destination;

/* A container whose end has not come yet. */
typedef struct ctr_open_value {
    uint8_t kind;
    bool flag; /* is_slice, is_mutable */
    ctrace_id type;
    uint64_t address;
    size_t left; /* children to come */
    bool any;    /* there was a child */
} ctr_open_value;

typedef struct ctr_function {
    ctrace_id path;
    int64_t line;
} ctr_function;

typedef struct ctr_thread {
    uint64_t id;
    bool named; /* its id is known */
    bool exited;
    uint64_t open_calls;
} ctr_thread;

struct ctrace_kept {
    ctr_buffer buffer;
    uint32_t depth; /* containers nested in it */
    bool whole;
};

struct ctrace_writer {
    const ctrace_allocator *allocator;
    ctrace_writer_options options; /* its texts are copies in `texts` */
    ctr_buffer texts;

    /* The file. `out` holds events that wait; they belong at `offset`. All are whole, but for one whose value is being
     * built. */
    ctrace_sink sink;
    int folder; /* or -1 */
    int file;
    ctr_buffer out;
    uint64_t offset;
    char separator[2]; /* before the next event: "[\n" at first, then ",\n" */
    uint32_t events_to_clock;
    int64_t flushed_at; /* ms */
    char recording_id[36];

    /* The first failure; a fatal one ends all work. */
    ctrace_error failure;
    bool fatal;

    /* Names. */
    ctr_map paths, functions, types, variables;
    ctr_buffer key;            /* of the name that is looked up */
    ctr_buffer function_table; /* ctr_function[function_count] */
    ctr_buffer path_list;      /* trace_paths.json without its end */
    ctr_buffer uncopied;       /* paths whose sources wait to be copied, each with NUL */
    uint64_t path_count, function_count, type_count, variable_count;
    bool paths_changed;
    ctrace_id plain_types[CTRACE_VALUE_KIND_COUNT];

    /* State of the events. */
    bool started;
    ctr_buffer threads; /* ctr_thread[]; the first is the one that began */
    size_t thread;      /* index of the current one */
    size_t last_step;   /* where it begins in `out`, or SIZE_MAX when it cannot be taken back */
    uint64_t events_before_step; /* counts as they were before it; nothing but values follows it */
    uint64_t steps_before_step;
    ctr_buffer args; /* staged: {"variable_id":…},… */

    /* The value that is being built. */
    ctr_destination destination;
    ctrace_event_kind event;
    ctr_buffer *value; /* where its bytes go */
    size_t value_start;
    ctr_buffer scratch; /* the events that are being made by the table: one, or one in the value of another */
    ctrace_kept *kept;
    ctr_open_value *open; /* options.max_depth of them */
    uint32_t depth;
    uint32_t deepest;
    uint32_t cut; /* containers open below one that was cut */

    ctrace_writer_counts counts;
    ctr_json_fragments json;
};

/* A call that does not fit: it is not done, the first of them is remembered, the trace goes on. */
ctrace_status ctr_writer_refuse(ctrace_writer *w, ctrace_status status, const char *message);
/* No memory or no disk: nothing goes on. `file` is what could not be written. */
ctrace_status ctr_writer_no_memory(ctrace_writer *w);
ctrace_status ctr_writer_fail_write(ctrace_writer *w, const char *file, int system_error);

/* CTRACE_OK when an event may be written now, that is, no value is half built. */
static inline ctrace_status ctr_writer_ready(ctrace_writer *w)
{
    if (w->fatal)
        return w->failure.status;
    if (w->destination != CTR_TO_NOTHING)
        return ctr_writer_refuse(w, CTRACE_STATE, "a value was begun and is not complete");
    return CTRACE_OK;
}

/* Flushes when it is time; called after every event. */
ctrace_status ctr_writer_maybe_flush(ctrace_writer *w);

/* Begins an event in `out`: reserves room for it and puts the separator. NULL when there is no memory. */
static inline char *ctr_event_begin(ctrace_writer *w, size_t room)
{
    if (!ctr_buffer_reserve(&w->out, room + 2))
        return NULL;
    char *p = w->out.data + w->out.size;
    memcpy(p, w->separator, 2);
    return p + 2;
}

/* Ends an event whose last byte is before `p`. */
static inline ctrace_status ctr_event_end(ctrace_writer *w, char *p)
{
    w->out.size = (size_t)(p - w->out.data);
    w->separator[0] = ',';
    w->counts.events++;
    if (w->out.size >= w->options.flush_bytes || --w->events_to_clock == 0)
        return ctr_writer_maybe_flush(w);
    return CTRACE_OK;
}

/* Something else than a value followed the last step, so it cannot be taken back any more. */
static inline void ctr_step_settled(ctrace_writer *w) { w->last_step = SIZE_MAX; }

static inline ctr_thread *ctr_current_thread(ctrace_writer *w) { return (ctr_thread *)(void *)w->threads.data + w->thread; }

/* The rest is in the file of that name. */

/* names.c: */
bool ctr_names_declared(ctrace_writer *w, const ctrace_event *event); /* counts a raw declaration */
ctrace_id ctr_plain_type(ctrace_writer *w, ctrace_value_kind kind);
/* values.c: */
void ctr_value_begin(ctrace_writer *w, ctr_destination destination, ctr_buffer *buffer);
ctrace_status ctr_put_tree(ctrace_writer *w, const ctrace_value *value);
/* events.c: */
ctrace_status ctr_whole_event(ctrace_writer *w, const ctrace_event *event); /* by the table, with no check of its ids */
ctrace_status ctr_close_frames(ctrace_writer *w);
/* sidecars.c: */
ctrace_status ctr_write_metadata(ctrace_writer *w, bool complete);
ctrace_status ctr_write_paths(ctrace_writer *w); /* and the copies of their sources */

#endif
