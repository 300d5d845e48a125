/* What the parts of the reader share. */
#ifndef CTRACE_LIB_READER_READER_H
#define CTRACE_LIB_READER_READER_H

#include "codec/decoder.h"
#include "reader/index.h"

typedef enum ctr_reader_state {
    CTR_READER_NEW,   /* no call of next() was answered */
    CTR_READER_FIRST, /* one was */
    CTR_READER_USUAL,
    CTR_READER_PENDING, /* the next answer is there already */
    CTR_READER_FAILED   /* for good, or until it goes to another place */
} ctr_reader_state;

struct ctrace_reader {
    ctr_decoder *decoder;
    ctr_reader_state state;
    ctrace_error failure; /* the last one */
    bool warns_of_first;  /* `warnings` count: those of opening and of the first event */
    ctrace_warning warnings[CTR_MAX_WARNINGS];
    size_t warning_count;
    const ctrace_event *pending; /* or NULL when it is a bad one, */
    ctrace_status pending_status; /* with its failure in `failure` */
    ctr_buffer file;          /* path of the events or name of the source; ends in NUL */
    ctr_buffer metadata_file; /* beside it; ends in NUL; empty when there can be none */
    ctr_source source;
    bool is_file; /* the source is the file itself, not a copy */
    ctr_decoder_options options;
    ctr_arena sidecars; /* holds what the metadata points to */
    ctrace_metadata metadata;
    bool has_metadata;
    ctr_index index;
    bool index_looked_for; /* beside the trace */
};

/* Takes a status other than CTRACE_OK, whose failure is r->failure, and gives it out. */
ctrace_status ctr_reader_take_status(ctrace_reader *r, ctrace_status status, ctrace_error *error);

/* The event itself is bad; the next one can be read. */
static inline bool ctr_is_bad_event(ctrace_status status)
{
    return status == CTRACE_EVENT || status == CTRACE_TOO_DEEP || status == CTRACE_TOO_LARGE;
}

#endif
