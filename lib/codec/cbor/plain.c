/* Texts, numbers and the like. */
#include <math.h>
#include <stdio.h>

#include "base/base64.h"
#include "base/number.h"
#include "base/utf8.h"
#include "codec/cbor/decoding.h"

/* More digits of an integer that is written as text are not read. */
#define MOST_DIGITS 20000

/* ---- Whole items ---- */

const char *ctr_cbor_skip_any(decoder *d, const char *p)
{
    if (p >= d->end)
        return ctr_cbor_cut(d);
    const char *expected;
    ctr_cbor_skip_begin(&d->skip);
    switch (ctr_cbor_skip_run(&d->skip, &p, d->end, &expected)) {
    case CTR_CBOR_SKIPPED:
        return p;
    case CTR_CBOR_SKIP_MORE:
        return ctr_cbor_cut(d);
    case CTR_CBOR_SKIP_BAD:
        return ctr_cbor_bad_syntax(d, p, expected);
    case CTR_CBOR_SKIP_NO_MEMORY:
        break;
    }
    return ctr_cbor_no_memory(d);
}

const char *ctr_cbor_skip_tags(decoder *d, const char *p)
{
    while (p < d->end && byte_at(p) >> 5 == 6) {
        if ((byte_at(p) & 31) >= 28)
            return ctr_cbor_bad_syntax(d, p, "a tag");
        uint64_t tag;
        ctr_cbor_add_note(d, CTRACE_LENIENCY_TAG_UNKNOWN, p);
        p = head_number(p, &tag);
    }
    return p < d->end ? p : ctr_cbor_cut(d);
}

/* ---- Texts ---- */

/* Puts U+FFFD where `text` is not UTF-8. */
static bool mend(decoder *d, ctrace_str *text)
{
    size_t size = ctr_utf8_mend(NULL, text->data, text->size);
    char *out = ctr_arena_take(&d->kept, size);
    if (!out) {
        ctr_cbor_no_memory(d);
        return false;
    }
    ctr_utf8_mend(out, text->data, text->size);
    *text = (ctrace_str){out, size};
    return true;
}

/* The bytes of a string of known size at `p`. */
static const char *read_piece(decoder *d, const char *p, ctrace_str *out)
{
    if ((byte_at(p) & 31) >= 28)
        return ctr_cbor_bad_syntax(d, p, "a string");
    uint64_t size;
    p = head_number(p, &size);
    if (p > d->end || size > (uint64_t)(d->end - p))
        return ctr_cbor_cut(d);
    *out = (ctrace_str){p, (size_t)size};
    return p + size;
}

/* The bytes of a string of open size, joined. */
static const char *read_pieces(decoder *d, const char *p, ctrace_str *out)
{
    const char *begin = p + 1, *after = begin;
    unsigned major = byte_at(p) >> 5;
    char *joined = NULL;
    size_t size = 0;
    for (int pass = 0; pass < 2; pass++) {
        size = 0;
        for (after = begin;;) {
            if (after >= d->end)
                return ctr_cbor_cut(d);
            if (byte_at(after) == BREAK)
                break;
            if (byte_at(after) >> 5 != major || (byte_at(after) & 31) == 31)
                return ctr_cbor_bad_syntax(d, after, "a piece of the string");
            ctrace_str piece = {NULL, 0};
            after = read_piece(d, after, &piece);
            if (!after)
                return NULL;
            if (joined && piece.size)
                memcpy(joined + size, piece.data, piece.size);
            size += piece.size;
        }
        if (!joined && !(joined = ctr_arena_take(&d->kept, size ? size : 1)))
            return ctr_cbor_no_memory(d);
    }
    *out = (ctrace_str){joined, size};
    return after + 1;
}

/* A string, of bytes or of text. */
static const char *read_string(decoder *d, const char *p, ctrace_str *out)
{
    if ((byte_at(p) & 31) != 31)
        return read_piece(d, p, out);
    ctr_cbor_add_note(d, CTRACE_LENIENCY_TEXT_CHUNKED, p);
    return read_pieces(d, p, out);
}

const char *ctr_cbor_read_odd_text(decoder *d, const char *p, const char *where, const char *field, ctrace_str *out)
{
    p = ctr_cbor_skip_tags(d, p);
    if (!p)
        return NULL;
    unsigned major = byte_at(p) >> 5;
    if (is_null(p) && field) {
        *out = (ctrace_str){"", 0};
        return read_null(d, p, CTRACE_LENIENCY_TEXT_NULL);
    }
    if (major != 2 && major != 3)
        return ctr_cbor_bad_event(d, p, where, field, "a text");
    if (major == 2)
        ctr_cbor_add_note(d, CTRACE_LENIENCY_TEXT_AS_BYTES, p);
    const char *after = read_string(d, p, out);
    if (!after || ctr_utf8_valid_prefix(out->data, out->size) == out->size)
        return after;
    ctr_cbor_add_note(d, CTRACE_LENIENCY_TEXT_INVALID, p);
    return mend(d, out) ? after : NULL;
}

const char *ctr_cbor_read_char(decoder *d, const char *p, const record *r, size_t index, ctrace_str *out)
{
    const char *after = read_text_field(d, p, r, index, out);
    if (after && !is_null(p) && ctr_utf8_length(out->data, out->size) != 1)
        ctr_cbor_add_note(d, CTRACE_LENIENCY_CHAR_NOT_ONE, p);
    return after;
}

/* ---- Integers ---- */

/* The number is a text; it has no other leniency then. */
static const char *read_number_text(decoder *d, const char *p, const record *r, size_t index, ctrace_str *out)
{
    const char *after = read_text_field(d, p, r, index, out);
    if (after)
        ctr_cbor_add_note(d, CTRACE_LENIENCY_INT_TEXT, p);
    return after;
}

const char *ctr_cbor_read_odd_unsigned(decoder *d, const char *p, const record *r, size_t index, uint64_t *out)
{
    static const char expected[] = "an unsigned integer of 64 bits";
    p = ctr_cbor_skip_tags(d, p);
    if (!p)
        return NULL;
    if (byte_at(p) < 0x1C)
        return head_number(p, out);
    if (byte_at(p) < 0x20)
        return ctr_cbor_bad_syntax(d, p, "a number");
    if (byte_at(p) >> 5 != 3)
        return ctr_cbor_bad_field(d, p, r, index, expected);
    ctrace_str text;
    const char *after = read_number_text(d, p, r, index, &text);
    if (after && !ctr_parse_u64(text.data, text.size, out))
        return ctr_cbor_bad_field(d, p, r, index, expected);
    return after;
}

/* The Int at `value` becomes a BigInt. */
static const char *make_big_int(decoder *d, const char *p, const char *after, ctrace_value *value, ctrace_str magnitude,
                                bool negative)
{
    while (magnitude.size && *magnitude.data == 0) {
        magnitude.data++;
        magnitude.size--;
    }
    value->kind = CTRACE_VALUE_BIG_INT;
    value->text = magnitude;
    value->is_negative = negative && magnitude.size;
    value->i = 0;
    ctr_cbor_add_note(d, CTRACE_LENIENCY_INT_BIG, p);
    return after;
}

/* magnitude + 1, as CBOR's negative numbers are -1 - n. */
static bool plus_one(decoder *d, ctrace_str *magnitude)
{
    char *out = ctr_arena_take(&d->kept, magnitude->size + 1);
    if (!out) {
        ctr_cbor_no_memory(d);
        return false;
    }
    unsigned carry = 1;
    for (size_t i = magnitude->size; i > 0; i--) {
        carry += (unsigned char)magnitude->data[i - 1];
        out[i] = (char)carry;
        carry >>= 8;
    }
    out[0] = (char)carry;
    *magnitude = (ctrace_str){out, magnitude->size + 1};
    return true;
}

static void put_big_endian(char out[8], uint64_t n)
{
    for (int i = 7; i >= 0; i--, n >>= 8)
        out[i] = (char)n;
}

/* A tagged byte string: CBOR's own big integers. */
static const char *read_tagged_big_int(decoder *d, const char *p, ctrace_value *value)
{
    bool negative = byte_at(p) == 0xC3;
    ctrace_str magnitude;
    const char *after = read_string(d, p + 1, &magnitude);
    if (!after || (negative && !plus_one(d, &magnitude)))
        return NULL;
    return make_big_int(d, p, after, value, magnitude, negative);
}

static const char *read_big_text(decoder *d, const char *p, const char *after, const record *r, size_t index,
                                 ctrace_str text, ctrace_value *value)
{
    bool negative = text.size && text.data[0] == '-';
    if (text.size && (text.data[0] == '-' || text.data[0] == '+')) {
        text.data++;
        text.size--;
    }
    bool fine = text.size > 0;
    for (size_t i = 0; i < text.size; i++)
        fine &= text.data[i] >= '0' && text.data[i] <= '9';
    if (!fine)
        return ctr_cbor_bad_field(d, p, r, index, "an integer");
    while (text.size && *text.data == '0') {
        text.data++;
        text.size--;
    }
    if (text.size > MOST_DIGITS) {
        d->status = CTRACE_TOO_LARGE;
        d->failed_at = p;
        snprintf(d->message, sizeof d->message, "an integer has %zu digits; more than %d are not read", text.size,
                 MOST_DIGITS);
        return NULL;
    }
    uint8_t *magnitude = ctr_arena_take(&d->kept, ctr_big_int_bytes(text.size));
    if (!magnitude)
        return ctr_cbor_no_memory(d);
    size_t size = ctr_big_int_from_decimal(magnitude, text.data, text.size);
    return make_big_int(d, p, after, value, (ctrace_str){(const char *)magnitude, size}, negative);
}

const char *ctr_cbor_read_odd_signed(decoder *d, const char *p, const record *r, size_t index, owner to, int64_t *out)
{
    bool may_be_big = r == &d->keys.values[CTRACE_VALUE_INT];
    const char *expected = may_be_big ? "an integer" : "an integer of 64 bits";
    if (p + 1 < d->end && (byte_at(p) | 1) == 0xC3 && byte_at(p + 1) >> 5 == 2 && may_be_big)
        return read_tagged_big_int(d, p, d->values + to.value);
    p = ctr_cbor_skip_tags(d, p);
    if (!p)
        return NULL;
    unsigned major = byte_at(p) >> 5;
    if (major <= 1) {
        if ((byte_at(p) & 31) >= 28)
            return ctr_cbor_bad_syntax(d, p, "a number");
        uint64_t n;
        const char *after = head_number(p, &n);
        if (after > d->end)
            return ctr_cbor_cut(d);
        if (n <= (uint64_t)INT64_MAX) {
            *out = major ? -1 - (int64_t)n : (int64_t)n;
            return after;
        }
        char *bytes = may_be_big ? ctr_arena_take(&d->kept, 8) : NULL;
        if (!bytes)
            return may_be_big ? ctr_cbor_no_memory(d) : ctr_cbor_bad_field(d, p, r, index, expected);
        put_big_endian(bytes, n);
        ctrace_str magnitude = {bytes, 8};
        if (major && !plus_one(d, &magnitude))
            return NULL;
        return make_big_int(d, p, after, d->values + to.value, magnitude, major);
    }
    if (major != 3)
        return ctr_cbor_bad_field(d, p, r, index, expected);
    ctrace_str text;
    const char *after = read_number_text(d, p, r, index, &text);
    if (!after || ctr_parse_i64(text.data, text.size, out))
        return after;
    if (may_be_big)
        return read_big_text(d, p, after, r, index, text, d->values + to.value);
    return ctr_cbor_bad_field(d, p, r, index, expected);
}

/* ---- Floats ---- */

static double from_half(unsigned half)
{
    unsigned exponent = half >> 10 & 31, fraction = half & 1023;
    double f;
    if (exponent == 0) {
        f = (double)fraction * 0x1p-24;
    } else {
        uint64_t wide = exponent == 31 ? 2047 : exponent - 15 + 1023;
        uint64_t bits = wide << 52 | (uint64_t)fraction << 42;
        memcpy(&f, &bits, sizeof f);
    }
    return half & 0x8000 ? -f : f;
}

static const char *read_float_number(const char *p, double *out)
{
    uint64_t bits;
    const char *after = head_number(p, &bits);
    if (byte_at(p) == 0xF9) {
        *out = from_half((unsigned)bits);
    } else if (byte_at(p) == 0xFA) {
        uint32_t narrow = (uint32_t)bits;
        float f;
        memcpy(&f, &narrow, sizeof f);
        *out = (double)f;
    } else {
        memcpy(out, &bits, sizeof bits);
    }
    return after;
}

const char *ctr_cbor_read_float(decoder *d, const char *p, const record *r, size_t index, double *out)
{
    ctrace_str text;
    const char *after = plain_text(d, p, &text);
    if (!after) {
        p = ctr_cbor_skip_tags(d, p);
        if (!p)
            return NULL;
        if (byte_at(p) >= 0xF9 && byte_at(p) <= 0xFB) {
            ctr_cbor_add_note(d, CTRACE_LENIENCY_FLOAT_NUMBER, p);
            return read_float_number(p, out);
        }
        if ((byte_at(p) & 0xDF) < 0x1C) {
            uint64_t n;
            ctr_cbor_add_note(d, CTRACE_LENIENCY_FLOAT_NUMBER, p);
            after = head_number(p, &n);
            *out = byte_at(p) & 0x20 ? -1.0 - (double)n : (double)n;
            return after;
        }
        if (is_null(p)) {
            *out = (double)NAN;
            return read_null(d, p, CTRACE_LENIENCY_FLOAT_NULL);
        }
        if (byte_at(p) >> 5 != 3 && byte_at(p) >> 5 != 2)
            return ctr_cbor_bad_field(d, p, r, index, "a float");
        after = read_text_field(d, p, r, index, &text);
    }
    if (after && !ctr_parse_float(text.data, text.size, out))
        return ctr_cbor_bad_field(d, p, r, index, "a float");
    return after;
}

/* ---- Other plain fields ---- */

const char *ctr_cbor_read_bool(decoder *d, const char *p, const record *r, size_t index, bool *out)
{
    if ((byte_at(p) & 0xFE) != 0xF4) {
        p = ctr_cbor_skip_tags(d, p);
        if (!p)
            return NULL;
        if ((byte_at(p) & 0xFE) != 0xF4)
            return ctr_cbor_bad_field(d, p, r, index, "true or false");
    }
    *out = byte_at(p) & 1;
    return p + 1;
}

/* A byte string holds the magnitude itself, or its base64. What fits no Int has 8 bytes of which the first is no ASCII,
 * or more; so of those that have to be BigInt at most one in 16 million looks like the other form. */
static bool is_base64(const char *bytes, size_t size, uint8_t *out, size_t *decoded)
{
    bool padded;
    return size && size % 4 == 0 && ctr_base64_decode(out, decoded, &padded, bytes, size) && padded;
}

const char *ctr_cbor_read_magnitude(decoder *d, const char *p, const record *r, size_t index, ctrace_str *out)
{
    bool is_bytes = p < d->end && byte_at(p) >> 5 == 2;
    const char *after;
    if (is_bytes)
        after = read_string(d, p, out);
    else
        after = read_text_field(d, p, r, index, out);
    if (after && !out->size && is_bytes && !d->in_container)
        ctr_cbor_add_note(d, CTRACE_LENIENCY_BIG_INT_BYTES, p);
    if (!after || !out->size)
        return after;
    uint8_t *bytes = ctr_arena_take(&d->kept, out->size / 4 * 3 + 3);
    if (!bytes)
        return ctr_cbor_no_memory(d);
    size_t size;
    if (is_bytes) {
        bool encoded = is_base64(out->data, out->size, bytes, &size);
        if (!encoded || !d->in_container)
            ctr_cbor_add_note(d, CTRACE_LENIENCY_BIG_INT_BYTES, p);
        if (encoded)
            *out = (ctrace_str){(const char *)bytes, size};
        return after;
    }
    bool padded;
    if (!ctr_base64_decode(bytes, &size, &padded, out->data, out->size))
        return ctr_cbor_bad_field(d, p, r, index, "bytes in base64");
    if (!padded)
        ctr_cbor_add_note(d, CTRACE_LENIENCY_BASE64_UNPADDED, p);
    *out = (ctrace_str){(const char *)bytes, size};
    return after;
}

const char *ctr_cbor_read_kind(decoder *d, const char *p, const record *r, size_t index, const ctr_name *names,
                               size_t count, uint32_t *out)
{
    uint64_t number;
    ctrace_str text;
    const char *after;
    if (p < d->end && byte_at(p) >> 5 == 3) {
        after = read_text_field(d, p, r, index, &text);
        if (!after)
            return NULL;
        int found = ctr_name_find(names, count, text.data, text.size);
        if (found >= 0) {
            ctr_cbor_add_note(d, CTRACE_LENIENCY_KIND_AS_NAME, p);
            *out = (uint32_t)found;
            return after;
        }
        if (!ctr_parse_u64(text.data, text.size, &number))
            return ctr_cbor_bad_field(d, p, r, index, "the number of a kind");
        ctr_cbor_add_note(d, CTRACE_LENIENCY_INT_TEXT, p);
    } else {
        after = read_unsigned(d, p, r, index, &number);
        if (!after)
            return NULL;
    }
    if (number > INT32_MAX)
        return after > d->end ? ctr_cbor_cut(d) : ctr_cbor_bad_field(d, p, r, index, "the number of a kind");
    if (number >= count)
        ctr_cbor_add_note(d, CTRACE_LENIENCY_KIND_UNKNOWN, p);
    *out = (uint32_t)number;
    return after;
}

const char *ctr_cbor_read_pass(decoder *d, const char *p, const record *r, size_t index, ctrace_pass_kind *out)
{
    static const char expected[] = "\"Value\" or \"Reference\"";
    ctrace_str text;
    p = ctr_cbor_skip_tags(d, p);
    if (!p)
        return NULL;
    if (byte_at(p) >> 5 != 3 && byte_at(p) >> 5 != 2)
        return ctr_cbor_bad_field(d, p, r, index, expected);
    const char *after = read_text_field(d, p, r, index, &text);
    if (!after)
        return NULL;
    int found = ctr_name_find(ctr_pass_names, CTRACE_PASS_KIND_COUNT, text.data, text.size);
    if (found < 0)
        return ctr_cbor_bad_field(d, p, r, index, expected);
    *out = (ctrace_pass_kind)found;
    return after;
}
