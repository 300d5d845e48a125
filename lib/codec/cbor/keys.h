/* Names as they stand in CBOR, made from the model's tables and compared in words. */
#ifndef CTRACE_LIB_CODEC_CBOR_KEYS_H
#define CTRACE_LIB_CODEC_CBOR_KEYS_H

#include <string.h>

#include "model/model.h"

/* Bytes as upstream writes them, ready to be compared in words; what is too long for that has size 0. */
typedef struct ctr_cbor_key {
    uint64_t word[4];
    uint64_t mask[4];
    size_t size;
} ctr_cbor_key;

typedef struct ctr_cbor_record {
    const ctr_record *model;
    ctr_name name;                     /* of the event, value or other thing, for messages */
    bool tagged;                       /* its kind is a field beside the others */
    ctr_cbor_key start;                /* {"Step":{"path_id": or {"kind":"Int","i": ; up to the first payload */
    ctr_cbor_key keys[CTR_MAX_FIELDS]; /* "line" with its head */
} ctr_cbor_record;

typedef struct ctr_cbor_keys {
    ctr_cbor_record events[CTRACE_EVENT_KIND_COUNT];
    ctr_cbor_record values[CTRACE_VALUE_KIND_COUNT];
    ctr_cbor_record type_infos[CTRACE_TYPE_INFO_KIND_COUNT];
    ctr_cbor_record rvalues[CTRACE_RVALUE_KIND_COUNT];
    ctr_cbor_record argument, type_field;
    /* The kind that was seen last among those whose starts look alike. */
    uint8_t recent_events[64], recent_values[64];
} ctr_cbor_keys;

void ctr_cbor_make_keys(ctr_cbor_keys *keys);

#endif
