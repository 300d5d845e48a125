/* What the reader asks of a form: a decoder that goes from event to event. A form is one folder that offers one
 * ctr_decoder_open function; codec/forms.c lists them. */
#ifndef CTRACE_LIB_CODEC_DECODER_H
#define CTRACE_LIB_CODEC_DECODER_H

#include "base/arena.h"
#include "base/buffer.h"
#include "ctrace/form.h"
#include "io/source.h"

#define CTR_MAX_WARNINGS 64

/* The trace's beginning is a place for every decoder; others are where its mark() said that decoding can begin.
 * The words are the form's own: an offset in the file, one in what is unpacked from there, … */
typedef struct ctr_mark {
    uint64_t event; /* the index of the event that begins there */
    uint64_t words[3];
} ctr_mark;

typedef struct ctr_decoder ctr_decoder;

typedef struct ctr_decoder_class {
    ctrace_form form;
    /* As ctrace_reader_next(), but that a failure that stays need not be kept: the reader asks no more. Clears the
     * warnings and adds those of this event. *event is NULL before; the reader gives `error` the name of the file. */
    ctrace_status (*next)(ctr_decoder *d, const ctrace_event **event, ctrace_error *error);
    /* As ctrace_reader_position(). */
    void (*position)(ctr_decoder *d, ctrace_position *out);
    /* Bytes of the file that are behind. */
    uint64_t (*bytes_read)(const ctr_decoder *d);
    /* A place at or before the event that was given last from which decoding can begin; false when there is none that
     * is newer than that of the last mark. NULL when the form has no marks. */
    bool (*mark)(ctr_decoder *d, ctr_mark *out);
    /* Goes to a mark, or with NULL to the beginning: next() then gives the event there. Marks come from a file that
     * may be wrong, so a place is checked before it is used. NULL when the form cannot go back. */
    ctrace_status (*go_to)(ctr_decoder *d, const ctr_mark *mark, ctrace_error *error);
    /* After next() gave CTRACE_SYNTAX: goes behind what is unreadable, to the next thing that looks like an event, and
     * next() goes on there; how many events were lost is not known. CTRACE_END when there is none. NULL when the form
     * cannot do that. */
    ctrace_status (*resume)(ctr_decoder *d, ctrace_error *error);
    void (*close)(ctr_decoder *d);
} ctr_decoder_class;

/* Does a trace that is followed say that it is complete? */
typedef enum ctr_completeness {
    CTR_COMPLETE_UNKNOWN, /* its writer is one that does not tell: the form's own end counts */
    CTR_INCOMPLETE,
    CTR_COMPLETE /* nothing changes any more: what is read from now on is final */
} ctr_completeness;

typedef struct ctr_decoder_options {
    const ctrace_allocator *allocator;
    size_t max_event_bytes; /* set, not 0 */
    uint32_t max_depth;     /* set, not 0 */
    /* The trace is still being written. A decoder that can wait gives CTRACE_AGAIN at an end that is none yet, and
     * asks ctr_decoder_completeness() there; after CTR_COMPLETE it reads the end once more. A source that does not
     * seek is waited for by reading it, so there `follow` changes nothing. */
    bool follow;
    ctr_completeness (*completeness)(void *cookie); /* of a trace that is followed; may be NULL */
    void *cookie;
} ctr_decoder_options;

/* What an entry that is no event was to be, as far as that shows: a repair puts something in its place. */
typedef struct ctr_bad_event {
    bool kind_known;
    ctrace_event_kind kind;
    bool function_known;
    ctrace_id function_id; /* of a Call */
} ctr_bad_event;

/* What every decoder begins with. */
struct ctr_decoder {
    const ctr_decoder_class *class;
    ctr_decoder_options options;
    ctr_source *source; /* the reader's, open */
    const char *file;   /* for errors; ends in NUL */
    ctrace_warning warnings[CTR_MAX_WARNINGS]; /* of the last event, or at the end */
    size_t warning_count;
    ctr_bad_event bad; /* the one that next() refused last, for every failure that is about an event */
    const ctrace_metadata *metadata; /* the form's own, or NULL; belongs to the decoder */
    ctrace_str details;              /* for ctrace_reader_details(); belongs to the decoder */
};

/* Opens a decoder for what lies in `source`, whose first bytes were recognised. Warnings about the beginning are added;
 * the reader keeps them for the first event, so next() may clear them. On failure *out is NULL. */
typedef ctrace_status ctr_decoder_open(ctr_decoder **out, ctr_source *source, const char *file,
                                       const ctr_decoder_options *options, ctrace_error *error);

ctr_decoder_open ctr_json_open_decoder;  /* JSON and JSON lines */
ctr_decoder_open ctr_cbor_open_decoder;  /* trace.bin version 1 */
ctr_decoder_open ctr_capnp_open_decoder; /* trace.bin version 0 */
ctr_decoder_open ctr_ctfs_open_decoder;  /* .ct */

static inline ctr_completeness ctr_decoder_completeness(const ctr_decoder *d)
{
    return d->options.completeness ? d->options.completeness(d->options.cookie) : CTR_COMPLETE_UNKNOWN;
}

/* Remembers what was taken leniently; beyond CTR_MAX_WARNINGS it is forgotten. */
static inline void ctr_decoder_warn(ctr_decoder *d, ctrace_leniency leniency, ctrace_position position)
{
    if (d->warning_count < CTR_MAX_WARNINGS)
        d->warnings[d->warning_count++] = (ctrace_warning){leniency, position};
}

#endif
