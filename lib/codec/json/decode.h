/* One event out of JSON in memory. Knows the fields from the model's tables: the field that upstream writes next is
 * tried first, by one comparison; any other order is taken too. */
#ifndef CTRACE_LIB_CODEC_JSON_DECODE_H
#define CTRACE_LIB_CODEC_JSON_DECODE_H

#include "codec/json/keys.h"
#include "ctrace/error.h"
#include "ctrace/reader.h"

#define CTR_JSON_MAX_NOTES 64

/* Something taken leniently. */
typedef struct ctr_json_note {
    ctrace_leniency leniency;
    const char *at;
} ctr_json_note;

typedef struct ctr_json_decoder {
    const ctrace_allocator *allocator;
    uint32_t max_depth;

    /* The result, which holds until the next event is decoded and as long as the input stays. */
    ctrace_event event;
    const char *after; /* behind the event */
    ctr_json_note notes[CTR_JSON_MAX_NOTES];
    size_t note_count;

    /* The failure. */
    ctrace_status status;
    const char *failed_at;
    char message[256];

    /* While decoding. */
    const char *end;
    bool last; /* no bytes follow those before `end` */
    uint32_t depth;
    uint32_t late_kinds;   /* enclosing values whose kind is not their first field */
    bool has_value;        /* the event has a value: the first of `values`, */
    uint16_t value_offset; /* to be put there in the event */
    ctr_arena texts;       /* what could not be left in the input */
    ctr_json_skip skip;

    /* What events point to; grown, never shrunk. */
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
    ctr_json_names event_names, value_names;
    ctr_json_record events[CTRACE_EVENT_KIND_COUNT];
    ctr_json_record value_records[CTRACE_VALUE_KIND_COUNT];
    ctr_json_record type_infos[CTRACE_TYPE_INFO_KIND_COUNT];
    ctr_json_record rvalues[CTRACE_RVALUE_KIND_COUNT];
    ctr_json_record argument, type_field;
} ctr_json_decoder;

void ctr_json_decoder_init(ctr_json_decoder *d, uint32_t max_depth, const ctrace_allocator *allocator);
void ctr_json_decoder_free(ctr_json_decoder *d);

/* Decodes the event at `p`, which is no white space. CTRACE_TRUNCATED: the bytes end too early; try again with more,
 * unless these were the last. Other failures are told by `failed_at` and `message`. */
ctrace_status ctr_json_decode(ctr_json_decoder *d, const char *p, const char *end, bool last);

#endif
