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
    ctr_cbor_record set, enumeration; /* values that the model does not have */
    /* The kind that was seen last among those whose starts look alike. */
    uint8_t recent_events[64], recent_values[64];
} ctr_cbor_keys;

void ctr_cbor_make_keys(ctr_cbor_keys *keys);

static inline uint64_t ctr_cbor_load8(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

static inline bool ctr_cbor_words_are_here(const char *p, const ctr_cbor_key *key, size_t first)
{
    return !(((ctr_cbor_load8(p + 8 * first) ^ key->word[first]) & key->mask[first]) |
             ((ctr_cbor_load8(p + 8 * first + 8) ^ key->word[first + 1]) & key->mask[first + 1]));
}

/* Whether a key is here, of up to 24 bytes. Looks as far ahead, which the slack behind the input allows. */
static inline bool ctr_cbor_key_is_here(const char *p, const ctr_cbor_key *key)
{
    if ((ctr_cbor_load8(p) ^ key->word[0]) & key->mask[0])
        return false;
    return ctr_cbor_words_are_here(p, key, 1);
}

/* The same for a start, of up to 32 bytes. */
static inline bool ctr_cbor_start_is_here(const char *p, const ctr_cbor_key *key)
{
    return ctr_cbor_words_are_here(p, key, 0) && ctr_cbor_words_are_here(p, key, 2);
}

/* A place in a list of recent kinds by the five bytes at `p`: the head and the beginning of a kind's name. */
static inline size_t ctr_cbor_likeness(const char *p)
{
    uint32_t first;
    memcpy(&first, p, sizeof first);
    return (first + (unsigned char)p[4]) * UINT32_C(2654435769) >> 26;
}

#endif
