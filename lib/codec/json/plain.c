/* The fields that hold no others: integers, floats, texts, kinds. */
#include "codec/json/decoding.h"

#include <math.h>
#include <stdio.h>

#include "base/base64.h"
#include "base/number.h"
#include "base/utf8.h"

/* More digits are not turned into a BigInt, as that takes time in the square of their number. */
#define MOST_DIGITS 10000

/* ---- Texts and things to skip ---- */

const char *ctr_json_skip_any(decoder *d, const char *p)
{
    const char *expected;
    ctr_json_skip_begin(&d->skip);
    switch (ctr_json_skip_run(&d->skip, &p, d->end, false, &expected)) {
    case CTR_SCAN_OK:
        return p;
    case CTR_SCAN_MORE:
        return ctr_json_want_more(d);
    case CTR_SCAN_BAD:
        return ctr_json_bad_syntax(d, p, expected);
    case CTR_SCAN_NO_MEMORY:
        break;
    }
    return ctr_json_no_memory(d);
}

/* A text with escapes or beyond ASCII. `p` is at its opening quote. */
const char *ctr_json_read_odd_text(decoder *d, const char *p, ctrace_str *out)
{
    ctr_scanned_text text;
    switch (ctr_json_scan_text(&text, p + 1, d->end, &d->texts)) {
    case CTR_SCAN_OK:
        break;
    case CTR_SCAN_MORE:
        return ctr_json_want_more(d);
    case CTR_SCAN_BAD:
        return ctr_json_bad_syntax(d, text.bad, text.expected);
    case CTR_SCAN_NO_MEMORY:
        return ctr_json_no_memory(d);
    }
    if (text.invalid)
        ctr_json_add_note(d, CTRACE_LENIENCY_TEXT_INVALID, text.invalid);
    if (text.lone)
        ctr_json_add_note(d, CTRACE_LENIENCY_SURROGATE_LONE, text.lone);
    *out = text.text;
    return text.after;
}

/* ---- Integers ---- */

/* The text of an integer, however it is written: *text is what to parse. */
static const char *read_integer_text(decoder *d, const char *p, const record *r, size_t index, const char *expected,
                                     ctrace_str *text)
{
    if (*p == '"') {
        ctr_json_add_note(d, CTRACE_LENIENCY_INT_TEXT, p);
        return read_text(d, p, text);
    }
    if (*p != '-' && (*p < '0' || *p > '9'))
        return ctr_json_bad_field(d, p, r, index, expected);
    const char *after;
    bool is_integer;
    ctr_scan scan = ctr_json_scan_number(p, d->end, &after, &is_integer);
    if (scan == CTR_SCAN_MORE)
        return ctr_json_want_more(d);
    if (scan == CTR_SCAN_BAD)
        return ctr_json_bad_syntax(d, after, "a number as JSON has them");
    if (!is_integer)
        return ctr_json_bad_field(d, p, r, index, expected);
    *text = (ctrace_str){p, (size_t)(after - p)};
    if (text->size == 2 && memcmp(p, "-0", 2) == 0)
        ctr_json_add_note(d, CTRACE_LENIENCY_INT_MINUS_ZERO, p);
    return after;
}

const char *ctr_json_read_odd_unsigned(decoder *d, const char *p, const record *r, size_t index, uint64_t *out)
{
    const char *expected = "an unsigned integer of 64 bits";
    ctrace_str text;
    const char *after = read_integer_text(d, p, r, index, expected, &text);
    if (after && ctr_parse_u64(text.data, text.size, out))
        return after;
    return after ? ctr_json_bad_field(d, p, r, index, expected) : NULL;
}

/* The Int at `value` becomes a BigInt. */
static const char *make_big_int(decoder *d, const char *p, const char *after, const record *r, size_t index,
                                ctrace_str text, ctrace_value *value)
{
    bool negative = text.size && text.data[0] == '-';
    if (text.size && (text.data[0] == '-' || text.data[0] == '+')) {
        text.data++;
        text.size--;
    }
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return ctr_json_bad_field(d, p, r, index, "an integer");
    if (!text.size)
        return ctr_json_bad_field(d, p, r, index, "an integer");
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
    uint8_t *magnitude = ctr_arena_take(&d->texts, ctr_big_int_bytes(text.size));
    if (!magnitude)
        return ctr_json_no_memory(d);
    size_t size = ctr_big_int_from_decimal(magnitude, text.data, text.size);
    value->kind = CTRACE_VALUE_BIG_INT;
    value->text = (ctrace_str){(const char *)magnitude, size};
    value->is_negative = negative;
    value->i = 0;
    ctr_json_add_note(d, CTRACE_LENIENCY_INT_BIG, p);
    return after;
}

const char *ctr_json_read_odd_signed(decoder *d, const char *p, const record *r, size_t index, owner to, int64_t *out)
{
    ctrace_str text;
    const char *after = read_integer_text(d, p, r, index, "an integer", &text);
    if (!after || ctr_parse_i64(text.data, text.size, out))
        return after;
    if (r == &d->value_records[CTRACE_VALUE_INT])
        return make_big_int(d, p, after, r, index, text, d->values + to.value);
    return ctr_json_bad_field(d, p, r, index, "an integer of 64 bits");
}

/* ---- Other plain fields ---- */

const char *ctr_json_read_bool(decoder *d, const char *p, const record *r, size_t index, bool *out)
{
    if (memcmp(p, "true", 4) == 0) {
        *out = true;
        return p + 4;
    }
    if (memcmp(p, "false", 5) == 0) {
        *out = false;
        return p + 5;
    }
    return *p == 't' || *p == 'f' ? ctr_json_skip_any(d, p) : ctr_json_bad_field(d, p, r, index, "true or false");
}

const char *ctr_json_read_float(decoder *d, const char *p, const record *r, size_t index, double *out)
{
    if (*p == '"') {
        ctrace_str text;
        const char *after = read_text(d, p, &text);
        if (!after || ctr_parse_float(text.data, text.size, out))
            return after;
        return ctr_json_bad_field(d, p, r, index, "a float");
    }
    if (is_null(p)) {
        *out = (double)NAN;
        return read_null(d, p, CTRACE_LENIENCY_FLOAT_NULL);
    }
    if (*p != '-' && (*p < '0' || *p > '9'))
        return *p == 'n' ? ctr_json_skip_any(d, p) : ctr_json_bad_field(d, p, r, index, "a float as text");
    const char *after;
    bool is_integer;
    ctr_scan scan = ctr_json_scan_number(p, d->end, &after, &is_integer);
    if (scan == CTR_SCAN_MORE)
        return ctr_json_want_more(d);
    if (scan == CTR_SCAN_BAD)
        return ctr_json_bad_syntax(d, after, "a number as JSON has them");
    if (!ctr_parse_float(p, (size_t)(after - p), out))
        return ctr_json_bad_field(d, p, r, index, "a float");
    ctr_json_add_note(d, CTRACE_LENIENCY_FLOAT_NUMBER, p);
    return after;
}

const char *ctr_json_read_char(decoder *d, const char *p, const record *r, size_t index, ctrace_str *out)
{
    const char *after = read_text_field(d, p, r, index, out);
    if (after && *p == '"' && ctr_utf8_length(out->data, out->size) != 1)
        ctr_json_add_note(d, CTRACE_LENIENCY_CHAR_NOT_ONE, p);
    return after;
}

const char *ctr_json_read_base64(decoder *d, const char *p, const record *r, size_t index, ctrace_str *out)
{
    const char *after = read_text_field(d, p, r, index, out);
    if (!after || !out->size)
        return after;
    uint8_t *bytes = ctr_arena_take(&d->texts, out->size / 4 * 3 + 3);
    if (!bytes)
        return ctr_json_no_memory(d);
    size_t size;
    bool padded;
    if (!ctr_base64_decode(bytes, &size, &padded, out->data, out->size))
        return ctr_json_bad_field(d, p, r, index, "bytes in base64");
    if (!padded)
        ctr_json_add_note(d, CTRACE_LENIENCY_BASE64_UNPADDED, p);
    *out = (ctrace_str){(const char *)bytes, size};
    return after;
}

/* The number of a kind, or its name. */
const char *ctr_json_read_kind(decoder *d, const char *p, const record *r, size_t index, const ctr_name *names,
                               size_t count, uint32_t *out)
{
    uint64_t number;
    if (*p == '"') {
        ctrace_str text;
        const char *after = read_text(d, p, &text);
        if (!after)
            return NULL;
        int found = ctr_name_find(names, count, text.data, text.size);
        if (found >= 0) {
            ctr_json_add_note(d, CTRACE_LENIENCY_KIND_AS_NAME, p);
            *out = (uint32_t)found;
            return after;
        }
        if (!ctr_parse_u64(text.data, text.size, &number))
            return ctr_json_bad_field(d, p, r, index, "the number of a kind");
    }
    const char *after = read_unsigned(d, p, r, index, &number);
    if (!after)
        return NULL;
    if (number > INT32_MAX)
        return ctr_json_bad_field(d, p, r, index, "the number of a kind");
    if (number >= count)
        ctr_json_add_note(d, CTRACE_LENIENCY_KIND_UNKNOWN, p);
    *out = (uint32_t)number;
    return after;
}

const char *ctr_json_read_pass(decoder *d, const char *p, const record *r, size_t index, ctrace_pass_kind *out)
{
    if (*p != '"')
        return ctr_json_bad_field(d, p, r, index, "\"Value\" or \"Reference\"");
    ctrace_str text;
    const char *after = read_text(d, p, &text);
    if (!after)
        return NULL;
    int found = ctr_name_find(ctr_pass_names, CTRACE_PASS_KIND_COUNT, text.data, text.size);
    if (found < 0)
        return ctr_json_bad_field(d, p, r, index, "\"Value\" or \"Reference\"");
    *out = (ctrace_pass_kind)found;
    return after;
}
