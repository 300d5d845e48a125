/* Writing JSON into a buffer. The texts between the payloads are cut once from the model's tables, so that an event
 * costs a few fixed-size copies. Every function returns false when there is no memory. */
#ifndef CTRACE_LIB_CODEC_JSON_EMIT_H
#define CTRACE_LIB_CODEC_JSON_EMIT_H

#include "base/buffer.h"
#include "base/digits.h"
#include "base/number.h"
#include "model/model.h"

/* A text that stands before a payload, such as {"Step":{"path_id": ; copied in pieces of a fixed size, `size` bytes of
 * it count. */
#define CTR_FRAGMENT_BYTES 47
#define CTR_FRAGMENT_USUAL 32
typedef struct ctr_fragment {
    char text[CTR_FRAGMENT_BYTES];
    uint8_t size;
} ctr_fragment;

/* [kind][i] stands before payload i, [kind][field count] after the last one. */
typedef struct ctr_json_fragments {
    ctr_fragment events[CTRACE_EVENT_KIND_COUNT][CTR_MAX_FIELDS + 1];
    ctr_fragment values[CTRACE_VALUE_KIND_COUNT][CTR_MAX_FIELDS + 1];
    ctr_fragment locals[CTRACE_VALUE_KIND_COUNT]; /* of a Value: from its variable to the value's first payload */
} ctr_json_fragments;

void ctr_json_fragments_init(ctr_json_fragments *fragments);

/* What a number or a fragment needs at most. */
#define CTR_JSON_PIECE 64

/* The unchecked forms write at `p`, where CTR_JSON_PIECE bytes are free, and return one past the last. */
static inline char *ctr_json_put_fragment(char *p, const ctr_fragment *f)
{
    memcpy(p, f->text, CTR_FRAGMENT_USUAL);
    if (f->size > CTR_FRAGMENT_USUAL)
        memcpy(p + CTR_FRAGMENT_USUAL, f->text + CTR_FRAGMENT_USUAL, CTR_FRAGMENT_BYTES - CTR_FRAGMENT_USUAL);
    return p + f->size;
}

static inline char *ctr_json_put_u64(char *p, uint64_t u) { return ctr_put_digits(p, u); }

static inline char *ctr_json_put_i64(char *p, int64_t i)
{
    *p = '-';
    return ctr_put_digits(p + (i < 0), i < 0 ? 0 - (uint64_t)i : (uint64_t)i);
}

static inline bool ctr_json_fragment(ctr_buffer *b, const ctr_fragment *f)
{
    if (!ctr_buffer_reserve(b, CTR_JSON_PIECE))
        return false;
    b->size = (size_t)(ctr_json_put_fragment(b->data + b->size, f) - b->data);
    return true;
}

static inline bool ctr_json_u64(ctr_buffer *b, uint64_t u)
{
    if (!ctr_buffer_reserve(b, CTR_JSON_PIECE))
        return false;
    b->size = (size_t)(ctr_json_put_u64(b->data + b->size, u) - b->data);
    return true;
}

static inline bool ctr_json_i64(ctr_buffer *b, int64_t i)
{
    if (!ctr_buffer_reserve(b, CTR_JSON_PIECE))
        return false;
    b->size = (size_t)(ctr_json_put_i64(b->data + b->size, i) - b->data);
    return true;
}

static inline bool ctr_json_literal(ctr_buffer *b, const char *text) { return ctr_buffer_append(b, text, strlen(text)); }

/* A text in quotes. What is not valid UTF-8 becomes U+FFFD; *mended is then counted up by one. */
bool ctr_json_text(ctr_buffer *b, ctrace_str text, uint64_t *mended);
/* The same at `p`, where as many bytes as the text has and CTR_JSON_TEXT_ROOM are free. The buffer's size is not
 * looked at; when more room is needed it grows, and what is before `p` is kept. Returns one past the last byte, behind
 * which half of CTR_JSON_TEXT_ROOM is free; NULL when there is no memory. */
char *ctr_json_put_text(ctr_buffer *b, char *p, ctrace_str text, uint64_t *mended);
#define CTR_JSON_TEXT_ROOM ((size_t)256)
bool ctr_json_ids(ctr_buffer *b, const ctrace_id *list, size_t count);
/* Bytes as base64 in quotes. */
bool ctr_json_base64(ctr_buffer *b, const uint8_t *data, size_t size);
/* {"kind":"Struct","fields":[…]} and the like. */
bool ctr_json_type_info(ctr_buffer *b, const ctrace_type_info *info, uint64_t *mended);
/* {"kind":"Simple","data":3} and the like: the one form that today's upstream sources read. */
bool ctr_json_rvalue(ctr_buffer *b, const ctrace_rvalue *rvalue, uint64_t *mended);

#endif
