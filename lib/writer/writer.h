/* The writer from inside. Data flow: names.c, events.c and given.c make events; begin.c and values.c build the values
 * of those that end with one. What the API asks for is checked there, once for all forms. Then an event goes to the
 * encoder as plain data, which tree.c keeps until the value is complete. JSON alone has a shorter way: the event is
 * built in the encoder's own buffer. writer.c says when that is flushed, files.c and sidecars.c know the files. */
#ifndef CTRACE_LIB_WRITER_WRITER_H
#define CTRACE_LIB_WRITER_WRITER_H

#include <sys/types.h>

#include "base/failure.h"
#include "codec/forms.h"
#include "codec/json/encoder.h"
#include "ctrace/writer.h"
#include "model/interning.h"
#include "writer/files.h"
#include "writer/tree.h"

#define CTR_DEPTH_MAX 500

/* Where the value that is being built goes. */
typedef enum ctr_destination {
    CTR_TO_NOTHING,
    CTR_TO_ARG,
    CTR_TO_EVENT, /* the event that ends with it */
    CTR_TO_KEPT,
    CTR_TO_GIVEN /* in place of one that was given as plain data and lies too deep */
} ctr_destination;

/* A container whose end has not come yet. */
typedef struct ctr_open_value {
    uint8_t kind;
    bool flag; /* is_slice, is_mutable */
    bool any;  /* there was a child */
    ctrace_id type;
    union {
        uint64_t address;
        size_t entry; /* where it is in the plain data, which has the address already */
    };
    size_t left; /* children to come */
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
    ctrace_writer *writer;
    ctr_buffer bytes; /* JSON */
    ctr_tree plain;  /* any other form */
    uint32_t depth;   /* containers nested in it */
    bool whole;
};

struct ctrace_writer {
    const ctrace_allocator *allocator;
    ctrace_writer_options options; /* its texts are copies in `texts` */
    ctr_buffer texts;
    ctr_buffer apart; /* an event that is encoded apart */
    ctr_buffer note;  /* what the metadata tells at the end besides: members of JSON, each after a comma */

    /* Where the events go. */
    ctrace_sink sink;
    ctr_trace_files files;
    ctr_encoder *encoder;
    ctr_json_encoder *json; /* the encoder when it builds events in place, else NULL */
    const ctr_json_fragments *fragments;
    uint32_t events_to_clock;
    int64_t flushed_at; /* ms */
    char recording_id[37];
    pid_t owner; /* the process that opened it */

    /* The first failure; a fatal one ends all work. */
    ctrace_error failure;
    bool fatal;

    /* Names. */
    ctr_interning names;
    ctr_buffer function_table; /* ctr_function[function_count] */
    ctr_buffer path_list;      /* the list of paths as JSON, without its end */
    ctr_buffer uncopied;       /* paths whose sources wait to be copied, each with NUL */
    uint64_t path_count, function_count, type_count, variable_count;
    bool paths_changed;
    ctrace_id plain_types[CTRACE_VALUE_KIND_COUNT];

    /* State of the events. */
    bool started;
    ctr_buffer threads; /* ctr_thread[]; the first is the one that began */
    size_t thread;      /* index of the current one */
    size_t last_step;   /* where it begins in the JSON that waits, or SIZE_MAX when it cannot be taken back */
    uint64_t events_before_step; /* counts as they were before it; nothing but values follows it */
    uint64_t steps_before_step;
    ctr_buffer args;        /* staged for the next call. JSON: {"variable_id":…},… ; else ctrace_argument[], */
    ctr_tree arg_values;   /* and their values */

    /* The value that is being built. */
    ctr_destination destination;
    ctr_tree *plain;    /* where its entries go, or NULL: */
    ctr_buffer *value;   /* where its JSON goes */
    size_t value_start;  /* sizes before it: of the JSON or the entries, */
    size_t text_start;   /* and of their texts */
    ctrace_event event;  /* that ends with it; only its kind when it is built in place */
    bool local_waits;    /* it is a variable's, and nothing of it is there yet */
    ctr_tree tree;      /* the values of one event */
    ctrace_kept *kept;
    ctr_open_value *open; /* options.max_depth of them */
    uint32_t depth;
    uint32_t deepest;
    uint32_t cut; /* containers open below one that was cut */

    ctrace_writer_counts counts;
};

/* A call that does not fit: it is not done, the first of them is remembered, the trace goes on. */
ctrace_status ctr_writer_refuse(ctrace_writer *w, ctrace_status status, const char *message);
/* No memory or no disk: nothing goes on. `file` is what could not be written. */
ctrace_status ctr_writer_no_memory(ctrace_writer *w);
ctrace_status ctr_writer_fail_write(ctrace_writer *w, const char *file, int system_error);
/* The same after what an encoder returned. */
ctrace_status ctr_writer_fail_encoder(ctrace_writer *w, ctrace_status status);

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

/* Counts an event, after which `waiting` bytes wait. */
static inline ctrace_status ctr_event_done(ctrace_writer *w, size_t waiting)
{
    w->counts.events++;
    if (waiting >= w->options.flush_bytes || --w->events_to_clock == 0)
        return ctr_writer_maybe_flush(w);
    return CTRACE_OK;
}

/* Ends an event that is built in place and whose last byte is before `p`. */
static inline ctrace_status ctr_json_event_done(ctrace_writer *w, ctr_json_encoder *json, char *p)
{
    return ctr_event_done(w, ctr_json_end_event(json, p));
}

/* For what JSON has no use of: apart, so that it costs JSON nothing. */
#define CTR_APART __attribute__((noinline))

/* Something else than a value followed the last step, so it cannot be taken back any more. */
static inline void ctr_step_settled(ctrace_writer *w) { w->last_step = SIZE_MAX; }

static inline ctr_thread *ctr_current_thread(ctrace_writer *w)
{
    return (ctr_thread *)(void *)w->threads.data + w->thread;
}

/* The field of an event that has exactly one value, else NULL. */
static inline const ctr_field *ctr_event_value_field(ctrace_event_kind kind)
{
    const ctr_record *record = &ctr_events[kind];
    const ctr_field *last = &record->fields[record->field_count ? record->field_count - 1 : 0];
    return last->type == CTR_FIELD_VALUE ? last : NULL;
}

/* Where that value lies. */
static inline const ctrace_value **ctr_event_value(ctrace_event *event)
{
    const ctr_field *field = ctr_event_value_field(event->kind);
    return field ? (const ctrace_value **)(void *)((char *)event + field->offset) : NULL;
}

/* The rest is in the file of that name. */

/* names.c: */
bool ctr_names_declared(ctrace_writer *w, const ctrace_event *event); /* counts a raw declaration */
ctrace_id ctr_plain_type(ctrace_writer *w, ctrace_value_kind kind);
/* begin.c: */
ctrace_status ctr_local_begun(ctrace_writer *w); /* a variable's value that waits is begun */
void ctr_value_begin_given(ctrace_writer *w); /* behind the values that `tree` holds */
ctrace_status ctr_value_complete(ctrace_writer *w); /* brings it where it belongs */
/* These give the value up. */
ctrace_status ctr_value_refuse(ctrace_writer *w, const char *message);
ctrace_status ctr_value_no_memory(ctrace_writer *w);
/* values.c: */
ctrace_status ctr_put_text(ctrace_writer *w, ctrace_value_kind kind, ctrace_id type, ctrace_str text);
ctrace_status ctr_put_magnitude(ctrace_writer *w, ctrace_id type, ctrace_str magnitude, bool negative);
/* given.c: */
ctrace_status ctr_put_tree(ctrace_writer *w, const ctrace_value *value);
/* events.c: */
/* Gives an event to the encoder, with no check of its ids; its values are complete and not too deep. While a value is
 * built in place the event goes before the one that will hold it. */
ctrace_status ctr_whole_event(ctrace_writer *w, const ctrace_event *event);
/* threads.c: */
bool ctr_thread_changed(ctrace_writer *w, const ctrace_event *event);
ctrace_status ctr_close_frames(ctrace_writer *w);
/* sidecars.c: */
/* Where the trace is a folder; the list of paths only when it changed, and with it the copies of their sources. */
ctrace_status ctr_write_metadata(ctrace_writer *w, bool complete);
ctrace_status ctr_write_paths(ctrace_writer *w);
bool ctr_close_path_list(ctrace_writer *w); /* ends the list, and the text with NUL; false: no memory */

#endif
