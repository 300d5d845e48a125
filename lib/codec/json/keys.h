/* Names as they stand in the input, made from the model's tables and compared in words. */
#ifndef CTRACE_LIB_CODEC_JSON_KEYS_H
#define CTRACE_LIB_CODEC_JSON_KEYS_H

#include "codec/json/scan.h"
#include "model/model.h"

/* A piece of text as upstream writes it, ready to be compared in words; one that is too long for that has size 0. */
typedef struct ctr_json_key {
    uint64_t word[4];
    uint64_t mask[4];
    size_t size;
} ctr_json_key;

/* A list of names, with the one that was found last among those that look alike. */
typedef struct ctr_json_names {
    const ctr_name *names;
    size_t count;
    ctr_json_key keys[CTRACE_EVENT_KIND_COUNT]; /* "Step" with the quotes */
    uint8_t recent[64];
} ctr_json_names;

typedef struct ctr_json_record {
    const ctr_record *model;
    ctr_name name;                       /* of the event, value or other thing, for messages */
    bool tagged;                         /* its kind is a field beside the others */
    bool is_two_integers;                /* those are its fields */
    ctr_json_key start;                  /* {"Step":{"path_id": or {"kind":"Int","i": ; up to the first field */
    ctr_json_key keys[CTR_MAX_FIELDS];   /* "line": with quotes and colon, */
    ctr_json_key commas[CTR_MAX_FIELDS]; /* and with the comma before it */
} ctr_json_record;

/* `before` and `behind` stand around its name when its first field follows; both NULL when it has no such start. */
void ctr_json_make_record(ctr_json_record *r, const ctr_record *model, ctr_name name, const char *before,
                          const char *behind);
void ctr_json_make_names(ctr_json_names *list, const ctr_name *names, size_t count);

static inline bool ctr_json_words_are_here(const char *p, const ctr_json_key *key, size_t first)
{
    return !(((ctr_load8(p + 8 * first) ^ key->word[first]) & key->mask[first]) |
             ((ctr_load8(p + 8 * first + 8) ^ key->word[first + 1]) & key->mask[first + 1]));
}

/* Whether a name is here, with what stands around it: up to 24 bytes. Looks as far ahead, which the slack behind the
 * input allows. */
static inline bool ctr_json_key_is_here(const char *p, const ctr_json_key *key)
{
    if ((ctr_load8(p) ^ key->word[0]) & key->mask[0])
        return false;
    return ctr_json_words_are_here(p, key, 1);
}

/* The same for a start, of up to 32 bytes. */
static inline bool ctr_json_start_is_here(const char *p, const ctr_json_key *key)
{
    return ctr_json_words_are_here(p, key, 0) && ctr_json_words_are_here(p, key, 2);
}

/* Where `recent` has the name in quotes at `p`. By their second and fourth byte few names look alike. */
static inline size_t ctr_json_likeness(const char *p) { return ((unsigned char)p[2] * 5u + (unsigned char)p[4]) & 63; }

/* The index of the name in quotes at `p`, or -1. */
static inline int ctr_json_find_name(ctr_json_names *list, const char *p)
{
    uint8_t *recent = &list->recent[ctr_json_likeness(p)];
    if (ctr_json_key_is_here(p, &list->keys[*recent]))
        return *recent;
    for (size_t i = 0; i < list->count; i++)
        if (ctr_json_key_is_here(p, &list->keys[i])) {
            *recent = (uint8_t)i;
            return (int)i;
        }
    return -1;
}

#endif
