/* What the parts of the decoder share. Every function that reads a part returns where the part ends, or NULL with the
 * failure in the decoder. The place it is given may lie behind the end of the input, but by less than the slack. */
#ifndef CTRACE_LIB_CODEC_CBOR_DECODING_H
#define CTRACE_LIB_CODEC_CBOR_DECODING_H

#include "codec/cbor/decode.h"

/* What ordinary traces do not come to, kept out of the way of what they do. */
#define COLD __attribute__((cold, noinline))

#define BREAK 0xFF
#define NULL_ITEM 0xF6

typedef ctr_cbor_decoder decoder;
typedef ctr_cbor_record record;

/* Where the fields of a record go: into a struct, or into a value, which moves when the values grow. */
typedef struct owner {
    void *object;
    size_t value; /* when object is NULL */
} owner;

static inline void *owner_base(const decoder *d, owner to) { return to.object ? to.object : d->values + to.value; }

/* What is still to come in a list or map. */
typedef struct rest {
    uint64_t count; /* items or pairs, of known size */
    bool is_open;
} rest;

/* ---- notes.c ---- */

/* Remembers something that was taken leniently. */
COLD void ctr_cbor_add_note(decoder *d, ctrace_leniency leniency, const char *at);
/* The failures; each returns NULL. */
COLD const char *ctr_cbor_cut(decoder *d);
COLD const char *ctr_cbor_no_memory(decoder *d);
COLD const char *ctr_cbor_bad_syntax(decoder *d, const char *p, const char *expected);
/* CBOR, but not what belongs there. `field` may be NULL or "". */
COLD const char *ctr_cbor_bad_event(decoder *d, const char *p, const char *where, const char *field,
                                    const char *expected);
COLD const char *ctr_cbor_bad_field(decoder *d, const char *p, const record *r, size_t index, const char *expected);

/* ---- plain.c ---- */

/* Skips any item. */
const char *ctr_cbor_skip_any(decoder *d, const char *p);
/* Goes behind tags, which nothing in a trace needs. */
const char *ctr_cbor_skip_tags(decoder *d, const char *p);
/* A text that is not short and plain. */
COLD const char *ctr_cbor_read_odd_text(decoder *d, const char *p, const char *where, const char *field,
                                        ctrace_str *out);
/* Integers that are not plain. */
COLD const char *ctr_cbor_read_odd_unsigned(decoder *d, const char *p, const record *r, size_t index, uint64_t *out);
COLD const char *ctr_cbor_read_odd_signed(decoder *d, const char *p, const record *r, size_t index, owner to,
                                          int64_t *out);
const char *ctr_cbor_read_bool(decoder *d, const char *p, const record *r, size_t index, bool *out);
const char *ctr_cbor_read_float(decoder *d, const char *p, const record *r, size_t index, double *out);
const char *ctr_cbor_read_char(decoder *d, const char *p, const record *r, size_t index, ctrace_str *out);
const char *ctr_cbor_read_magnitude(decoder *d, const char *p, const record *r, size_t index, ctrace_str *out);
/* The number of a kind, or its name. */
const char *ctr_cbor_read_kind(decoder *d, const char *p, const record *r, size_t index, const ctr_name *names,
                               size_t count, uint32_t *out);
const char *ctr_cbor_read_pass(decoder *d, const char *p, const record *r, size_t index, ctrace_pass_kind *out);

/* ---- decode.c ---- */

/* Grows a list; false when there is no memory. */
COLD bool ctr_cbor_grow(decoder *d, void **items, size_t *capacity, size_t item_size);

/* Makes room for item number `count` of a list. */
#define ROOM(d, items, capacity, count)                                                                                \
    ((count) < (capacity) || ctr_cbor_grow(d, (void **)&(items), &(capacity), sizeof *(items)))

/* Ids up to the end of a list. */
const char *ctr_cbor_read_ids_left(decoder *d, const char *p, const record *r, size_t index, rest left,
                                   const ctrace_id **out, size_t *count);
const char *ctr_cbor_read_args(decoder *d, const char *p, const record *r, size_t index, const ctrace_argument **out,
                               size_t *count);
const char *ctr_cbor_read_value(decoder *d, const char *p);
/* One field of any record. `p` is at its value. */
const char *ctr_cbor_read_field(decoder *d, const char *p, const record *r, size_t index, owner to);
/* Nothing is said about an item before it is known to be whole and CBOR. Gives the status of the failure. */
COLD ctrace_status ctr_cbor_judge(decoder *d, const char *p);

/* ---- decode_record.c ---- */

/* A key of a map. Keys of other kinds than texts are known nowhere: they become empty. */
const char *ctr_cbor_read_key(decoder *d, const char *p, ctrace_str *name);
/* The entries of a map that are left, of a record of which the fields in `seen` were read. */
COLD const char *ctr_cbor_read_entries(decoder *d, const char *p, const record *r, owner to, rest left, uint32_t seen,
                                       bool kind_seen, size_t children);
/* The fields of a record that is written as a list. */
COLD const char *ctr_cbor_read_listed_fields(decoder *d, const char *p, const record *r, owner to, rest left);
/* A map or a list of fields. */
const char *ctr_cbor_read_record(decoder *d, const char *p, const record *r, owner to, const char *where);

/* ---- decode_tagged.c ---- */

const char *ctr_cbor_read_type_info(decoder *d, const char *p, const record *r, size_t index, ctrace_type_info *out);
const char *ctr_cbor_read_rvalue(decoder *d, const char *p, ctrace_rvalue *out);
/* Every value that is not as upstream writes it. `value` has been pushed. */
COLD const char *ctr_cbor_read_odd_value(decoder *d, const char *p, size_t value);

/* ---- What is read in place ---- */

static inline unsigned char byte_at(const char *p) { return (unsigned char)*p; }

static inline uint64_t load8_big(const char *p)
{
    uint64_t word = ctr_cbor_load8(p);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* The number in the head at `p`, whose low five bits are below 28; returns what follows the head. It branches, as where
 * to go on is what reading waits for, and a branch can be foreseen. */
static inline const char *head_number(const char *p, uint64_t *n)
{
    const unsigned info = byte_at(p) & 31;
    if (info < 24) {
        *n = info;
        return p + 1;
    }
    const uint64_t word = load8_big(p + 1);
    switch (info) {
    case 24:
        *n = word >> 56;
        return p + 2;
    case 25:
        *n = word >> 48;
        return p + 3;
    case 26:
        *n = word >> 32;
        return p + 5;
    default:
        *n = word;
        return p + 9;
    }
}

/* A plain integer, as two's complement; `sign` is the bit of the head that may be set, and then is in a negative one.
 * NULL for any other. May read behind the end: the caller looks in the end how far it came. */
static inline const char *plain_number(const char *p, unsigned sign, uint64_t *out)
{
    unsigned head = byte_at(p), info = head & 31;
    uint64_t n;
    if ((head & ~sign) >= 0x1C)
        return NULL;
    p = head_number(p, &n);
    if (info == 27 && sign && n > (uint64_t)INT64_MAX)
        return NULL;
    *out = n ^ (0 - (uint64_t)(head >> 5)); /* -1 - n */
    return p;
}

static inline size_t bytes_left(const decoder *d, const char *p) { return p < d->end ? (size_t)(d->end - p) : 0; }

static inline bool is_ascii(const char *p, size_t size)
{
    uint64_t bits = 0;
    size_t at = 0;
    for (; size - at >= 8; at += 8)
        bits |= ctr_cbor_load8(p + at);
    if (size > at)
        bits |= load8_big(p + at) >> (64 - 8 * (size - at));
    return !(bits & UINT64_C(0x8080808080808080));
}

/* A text of up to 255 ASCII characters. NULL for any other. */
static inline const char *plain_text(decoder *d, const char *p, ctrace_str *out)
{
    size_t size = byte_at(p) - 0x60u;
    if (size < 24)
        p++;
    else if (size == 24 && p < d->end) {
        size = byte_at(p + 1);
        p += 2;
    } else
        return NULL;
    if (p > d->end || size > (size_t)(d->end - p) || !is_ascii(p, size))
        return NULL;
    *out = (ctrace_str){p, size};
    return p + size;
}

static inline const char *read_text(decoder *d, const char *p, const char *where, const char *field, ctrace_str *out)
{
    const char *after = plain_text(d, p, out);
    return after ? after : ctr_cbor_read_odd_text(d, p, where, field, out);
}

static inline const char *read_text_field(decoder *d, const char *p, const record *r, size_t index, ctrace_str *out)
{
    const char *after = plain_text(d, p, out);
    return after ? after : ctr_cbor_read_odd_text(d, p, r->name.text, r->model->fields[index].name, out);
}

static inline const char *read_unsigned(decoder *d, const char *p, const record *r, size_t index, uint64_t *out)
{
    if (byte_at(p) < 0x1C && p < d->end)
        return head_number(p, out);
    return ctr_cbor_read_odd_unsigned(d, p, r, index, out);
}

static inline const char *read_signed(decoder *d, const char *p, const record *r, size_t index, owner to, int64_t *out)
{
    if ((byte_at(p) & 0xDF) < 0x1C && p < d->end) {
        uint64_t n;
        const char *after = head_number(p, &n);
        if (n <= (uint64_t)INT64_MAX) {
            *out = byte_at(p) & 0x20 ? -1 - (int64_t)n : (int64_t)n;
            return after;
        }
    }
    return ctr_cbor_read_odd_signed(d, p, r, index, to, out);
}

/* Null, or undefined, which stands for the same. */
static inline bool is_null(const char *p) { return (byte_at(p) | 1) == (NULL_ITEM | 1); }

static inline const char *read_null(decoder *d, const char *p, ctrace_leniency leniency)
{
    ctr_cbor_add_note(d, leniency, p);
    return p + 1;
}

/* Reads the head of a list or map, whose kind the caller has seen. */
static inline const char *read_head(decoder *d, const char *p, rest *left)
{
    unsigned info = byte_at(p) & 31;
    *left = (rest){0, info == 31};
    if (left->is_open)
        return p + 1;
    if (info >= 28)
        return ctr_cbor_bad_syntax(d, p, "a list or map");
    return head_number(p, &left->count);
}

/* Whether another item is at *p; else *p is behind the list or NULL. */
static inline bool next_item(decoder *d, const char **p, rest *left)
{
    if (!*p)
        return false;
    if (left->is_open) {
        if (*p >= d->end) {
            *p = ctr_cbor_cut(d);
            return false;
        }
        if (byte_at(*p) != BREAK)
            return true;
        ++*p;
        return false;
    }
    if (!left->count)
        return false;
    left->count--;
    return true;
}

static inline bool text_is(ctrace_str text, const char *name, size_t size)
{
    return text.size == size && memcmp(text.data, name, size) == 0;
}

/* ---- One item ---- */

static inline void begin_item(decoder *d, const char *end)
{
    d->note_count = 0;
    d->status = CTRACE_OK;
    d->end = end;
    d->depth = 0;
    d->late_kinds = 0;
    d->has_value = false;
    d->value_count = 0;
}

static inline ctrace_status finish_item(decoder *d, const char *p, const char *after)
{
    d->after = after;
    if (after && after <= d->end)
        return CTRACE_OK;
    if (after)
        ctr_cbor_cut(d);
    return ctr_cbor_judge(d, p);
}

/* Puts the values of arguments in their places. */
static inline void point_to_values(ctrace_argument *args, size_t count, const ctrace_value *value)
{
    for (size_t i = 0; i < count; i++) {
        args[i].value = value;
        value += value->span;
    }
}

#endif
