/* What the parts of the decoder share. Every function that reads a part returns where the part ends, or NULL with the
 * failure in the decoder. */
#ifndef CTRACE_LIB_CODEC_JSON_DECODING_H
#define CTRACE_LIB_CODEC_JSON_DECODING_H

#include "codec/json/decode.h"

/* What ordinary traces do not come to, kept out of the way of what they do. */
#define COLD __attribute__((cold, noinline))

typedef ctr_json_decoder decoder;
typedef ctr_json_record record;

/* Where the fields of a record go: into a struct, or into a value, which moves when the values grow. */
typedef struct owner {
    void *object;
    size_t value; /* when object is NULL */
} owner;

static inline void *owner_base(const decoder *d, owner to) { return to.object ? to.object : d->values + to.value; }

/* ---- notes.c ---- */

/* Remembers something that was taken leniently. */
COLD void ctr_json_add_note(decoder *d, ctrace_leniency leniency, const char *at);
/* The failures; each returns NULL. More bytes are wanted when the place is the end of those that are there. */
COLD const char *ctr_json_want_more(decoder *d);
COLD const char *ctr_json_no_memory(decoder *d);
COLD const char *ctr_json_bad_syntax(decoder *d, const char *p, const char *expected);
/* JSON, but not what belongs there. `field` may be NULL or "". */
COLD const char *ctr_json_bad_event(decoder *d, const char *p, const char *where, const char *field,
                                    const char *expected);
COLD const char *ctr_json_bad_field(decoder *d, const char *p, const record *r, size_t index, const char *expected);

/* ---- plain.c ---- */

/* Skips any value. */
const char *ctr_json_skip_any(decoder *d, const char *p);
/* A text with escapes or beyond ASCII. `p` is at its opening quote. */
COLD const char *ctr_json_read_odd_text(decoder *d, const char *p, ctrace_str *out);
/* Integers that are not short and plain. */
COLD const char *ctr_json_read_odd_unsigned(decoder *d, const char *p, const record *r, size_t index, uint64_t *out);
COLD const char *ctr_json_read_odd_signed(decoder *d, const char *p, const record *r, size_t index, owner to,
                                          int64_t *out);
const char *ctr_json_read_bool(decoder *d, const char *p, const record *r, size_t index, bool *out);
const char *ctr_json_read_float(decoder *d, const char *p, const record *r, size_t index, double *out);
const char *ctr_json_read_char(decoder *d, const char *p, const record *r, size_t index, ctrace_str *out);
const char *ctr_json_read_base64(decoder *d, const char *p, const record *r, size_t index, ctrace_str *out);
/* The number of a kind, or its name. */
const char *ctr_json_read_kind(decoder *d, const char *p, const record *r, size_t index, const ctr_name *names,
                               size_t count, uint32_t *out);
const char *ctr_json_read_pass(decoder *d, const char *p, const record *r, size_t index, ctrace_pass_kind *out);

/* ---- What is read in place ---- */

static inline const char *read_text(decoder *d, const char *p, ctrace_str *out)
{
    bool high;
    const char *stop = ctr_json_plain_end(p + 1, &high);
    if (*stop != '"' || high)
        return ctr_json_read_odd_text(d, p, out);
    *out = (ctrace_str){p + 1, (size_t)(stop - p - 1)};
    return stop + 1;
}

/* Whether null stands at `p`. A torn one is left to others, who find that bytes are missing. */
static inline bool is_null(const char *p) { return memcmp(p, "null", 4) == 0; }

/* Reads an integer of at most 7 digits without a branch a digit; NULL when it is anything else. */
static inline const char *short_digits(const char *p, uint64_t *out)
{
    uint64_t word = ctr_load8_little(p) ^ UINT64_C(0x3030303030303030); /* digits become 0 to 9 */
    uint64_t others = ((word + UINT64_C(0x7676767676767676)) | word) & UINT64_C(0x8080808080808080);
    if (!others || (others & 0x80))
        return NULL;
    unsigned bits = (unsigned)__builtin_ctzll(others) & 0x38;
    if (bits > 8 && !(word & 0xFF))
        return NULL; /* a leading zero */
    /* The digits go to the high bytes, zeros before them; then pairs, fours and the eight are joined. */
    word <<= 64 - bits;
    word = (word * 2561) >> 8;
    word = ((word & UINT64_C(0x00FF00FF00FF00FF)) * 6553601) >> 16;
    *out = ((word & UINT64_C(0x0000FFFF0000FFFF)) * UINT64_C(42949672960001)) >> 32;
    p += bits / 8;
    if (*p != ',' && *p != '}' && (*p == '.' || (*p | 32) == 'e'))
        return NULL;
    return p;
}

static inline const char *read_unsigned(decoder *d, const char *p, const record *r, size_t index, uint64_t *out)
{
    const char *after = short_digits(p, out);
    return after ? after : ctr_json_read_odd_unsigned(d, p, r, index, out);
}

static inline const char *read_signed(decoder *d, const char *p, const record *r, size_t index, owner to, int64_t *out)
{
    uint64_t u;
    bool negative = *p == '-';
    const char *after = short_digits(p + negative, &u);
    if (!after || (negative && !u))
        return ctr_json_read_odd_signed(d, p, r, index, to, out);
    *out = negative ? -(int64_t)u : (int64_t)u;
    return after;
}

static inline const char *read_null(decoder *d, const char *p, ctrace_leniency leniency)
{
    ctr_json_add_note(d, leniency, p);
    return p + 4;
}

static inline const char *read_text_field(decoder *d, const char *p, const record *r, size_t index, ctrace_str *out)
{
    if (*p == '"')
        return read_text(d, p, out);
    if (is_null(p)) {
        *out = (ctrace_str){"", 0};
        return read_null(d, p, CTRACE_LENIENCY_TEXT_NULL);
    }
    return *p == 'n' ? ctr_json_skip_any(d, p) : ctr_json_bad_field(d, p, r, index, "a text");
}

#endif
