/* Events and parts of events out of CBOR in memory. Knows the fields from the model's tables: the field that upstream
 * writes next is tried first, by one comparison in words; any other order and every known dialect is taken too. */
#ifndef CTRACE_LIB_CODEC_CBOR_DECODE_H
#define CTRACE_LIB_CODEC_CBOR_DECODE_H

#include "base/arena.h"
#include "codec/cbor/keys.h"
#include "codec/cbor/skip.h"
#include "ctrace/error.h"
#include "ctrace/reader.h"

#define CTR_CBOR_MAX_NOTES 64

/* As many bytes behind the end of the input must be readable, whatever they hold: names are compared in words, and the
 * end is not asked for at every one. */
#define CTR_CBOR_SLACK 128

/* Something taken leniently. */
typedef struct ctr_cbor_note {
    ctrace_leniency leniency;
    const char *at;
} ctr_cbor_note;

typedef struct ctr_cbor_decoder {
    const ctrace_allocator *allocator;
    uint32_t max_depth;
    bool in_container; /* set it after init: base64 in a byte string is then what every reader takes */

    /* Of the last call. */
    const char *after; /* behind what was decoded; also after CTRACE_EVENT and CTRACE_TOO_DEEP */
    ctr_cbor_note notes[CTR_CBOR_MAX_NOTES];
    size_t note_count;

    /* Its failure. */
    const char *failed_at; /* at or before the end */
    char message[256];

    /* While decoding. */
    ctrace_status status;
    const char *end;
    uint32_t depth;
    uint32_t late_kinds;       /* enclosing values whose kind is not their first field */
    bool has_value;            /* the event has a value: the first of `values`, */
    uint16_t value_offset;     /* to be put there in the event */
    ctr_arena kept;            /* what could not be left in the input, and the parts that were decoded */
    ctr_cbor_skip skip;

    /* What an event points to; grown, never shrunk. */
    ctrace_value *values;
    size_t value_count, value_capacity;
    ctrace_argument *args;
    size_t arg_capacity;
    ctrace_id *ids;
    size_t id_capacity;
    ctrace_str *lines;
    size_t line_capacity;
    ctrace_field *fields;
    size_t field_capacity;

    /* Made from the model's tables. */
    ctr_cbor_keys keys;
} ctr_cbor_decoder;

void ctr_cbor_decoder_init(ctr_cbor_decoder *d, uint32_t max_depth, const ctrace_allocator *allocator);
void ctr_cbor_decoder_free(ctr_cbor_decoder *d);

/* The decoding functions read the one CBOR item at `p` and put what follows it into d->after; what it holds in texts
 * may point into the input. Each returns CTRACE_OK, CTRACE_NO_MEMORY, or with failed_at and message CTRACE_TRUNCATED
 * (the item does not end before `end`; so all the notes and messages of other failures are of whole items),
 * CTRACE_SYNTAX (no CBOR), CTRACE_EVENT (CBOR, but not what it should be), CTRACE_TOO_DEEP or CTRACE_TOO_LARGE. */

/* An event. It holds until the next event, and frees what the functions below gave. */
ctrace_status ctr_cbor_decode_event(ctr_cbor_decoder *d, const char *p, const char *end, ctrace_event *out);

/* Parts of events, each by itself. What several calls gave stays until ctr_cbor_decoder_reset(). */
ctrace_status ctr_cbor_decode_value(ctr_cbor_decoder *d, const char *p, const char *end, const ctrace_value **out);
/* A list of {variable_id, value}. */
ctrace_status ctr_cbor_decode_args(ctr_cbor_decoder *d, const char *p, const char *end, const ctrace_argument **out,
                                   size_t *count);
/* {kind, lang_type, specific_info}. */
ctrace_status ctr_cbor_decode_type(ctr_cbor_decoder *d, const char *p, const char *end, ctrace_type_event *out);
/* {kind, fields or dereference_type_id}: specific_info alone. */
ctrace_status ctr_cbor_decode_type_info(ctr_cbor_decoder *d, const char *p, const char *end, ctrace_type_info *out);
/* {to, pass_by, from}. */
ctrace_status ctr_cbor_decode_assignment(ctr_cbor_decoder *d, const char *p, const char *end,
                                         ctrace_assignment_event *out);
/* What an assignment has as `from`. */
ctrace_status ctr_cbor_decode_rvalue(ctr_cbor_decoder *d, const char *p, const char *end, ctrace_rvalue *out);

/* Forgets what the functions above gave. */
void ctr_cbor_decoder_reset(ctr_cbor_decoder *d);

#endif
