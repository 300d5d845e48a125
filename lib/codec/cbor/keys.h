/* Names as they stand in CBOR, made from the model's tables and compared in words. */
#ifndef CTRACE_LIB_CODEC_CBOR_KEYS_H
#define CTRACE_LIB_CODEC_CBOR_KEYS_H

#include <string.h>

#include "model/model.h"

/* Two words at once, where the machine can. */
typedef uint64_t ctr_words __attribute__((vector_size(16)));

/* Bytes as upstream writes them, up to 32, ready to be compared in words. */
typedef struct ctr_cbor_key {
    ctr_words word[2];
    ctr_words mask[2];
    size_t size;
} ctr_cbor_key;

/* A field: what stands before it and where it goes, of the model's table. */
typedef struct ctr_cbor_field {
    ctr_cbor_key key; /* "line" with its head */
    uint8_t type;     /* ctr_field_type */
    uint8_t sign;     /* of an integer: the bit that may be set in its head, and tells a negative one */
    uint16_t offset;
} ctr_cbor_field;

/* Of which fields a record is made, where that is something that nearly all events are made of. */
typedef enum ctr_cbor_pattern {
    CTR_CBOR_ANY,
    CTR_CBOR_NUMBER_NUMBER, /* Step, Int */
    CTR_CBOR_NUMBER_VALUE,  /* Value */
    CTR_CBOR_TEXT_NUMBER,   /* String */
    CTR_CBOR_VALUE          /* Return */
} ctr_cbor_pattern;

typedef struct ctr_cbor_record {
    ctr_cbor_pattern pattern;
    ctr_cbor_key start; /* {"Step":{"path_id": or {"kind":"Int","i": ; up to the first payload */
    size_t field_count;
    ctr_cbor_field fields[CTR_MAX_FIELDS];
    const ctr_record *model;
    ctr_name name; /* of the event, value or other thing, for messages */
    bool tagged;   /* its kind is a field beside the others */
} ctr_cbor_record;

/* The size of the start stands beside the kind, as where to go on is what reading waits for. */
typedef struct ctr_cbor_recent {
    uint8_t kind;
    uint8_t size;
} ctr_cbor_recent;

typedef struct ctr_cbor_keys {
    ctr_cbor_record events[CTRACE_EVENT_KIND_COUNT];
    ctr_cbor_record values[CTRACE_VALUE_KIND_COUNT];
    ctr_cbor_record type_infos[CTRACE_TYPE_INFO_KIND_COUNT];
    ctr_cbor_record rvalues[CTRACE_RVALUE_KIND_COUNT];
    ctr_cbor_record argument, type_field;
    ctr_cbor_record set, enumeration; /* values that the model does not have */
    /* By a few letters of the kind's name: the kind that was seen last among those that look alike. */
    ctr_cbor_recent recent_events[64], recent_values[64];
} ctr_cbor_keys;

void ctr_cbor_make_keys(ctr_cbor_keys *keys);

static inline uint64_t ctr_cbor_load8(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

static inline ctr_words ctr_cbor_load16(const char *p)
{
    ctr_words words;
    memcpy(&words, p, sizeof words);
    return words;
}

/* Whether a start is here, of up to 32 bytes. Looks as far ahead, which the slack behind the input allows. */
static inline bool ctr_cbor_start_is_here(const char *p, const ctr_cbor_key *key)
{
    ctr_words other = ((ctr_cbor_load16(p) ^ key->word[0]) & key->mask[0]) |
                      ((ctr_cbor_load16(p + 16) ^ key->word[1]) & key->mask[1]);
    return !(other[0] | other[1]);
}

/* The same for a field's name, which mostly has up to 8 bytes with its head. */
static inline bool ctr_cbor_key_is_here(const char *p, const ctr_cbor_key *key)
{
    if ((ctr_cbor_load8(p) ^ key->word[0][0]) & key->mask[0][0])
        return false;
    return key->size <= 8 || ctr_cbor_start_is_here(p, key);
}

/* Places in the lists of recent kinds; `name` is where the kind's name has its head. These letters tell nearly all
 * kinds from each other. */
static inline size_t ctr_cbor_event_likeness(const char *name)
{
    return ((unsigned char)name[0] * 5u + (unsigned char)name[4]) & 63;
}

static inline size_t ctr_cbor_value_likeness(const char *name)
{
    return ((unsigned char)name[2] * 2u + (unsigned char)name[4]) & 63;
}

#endif
