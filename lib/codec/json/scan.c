#include "codec/json/scan.h"

#include "base/utf8.h"

/* ---- Texts ---- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Reads the four digits of \uXXXX. Returns the digits that were good. */
static int read_hex4(const char *p, uint32_t *unit)
{
    *unit = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(p[i]);
        if (digit < 0)
            return i;
        *unit = *unit * 16 + (uint32_t)digit;
    }
    return 4;
}

static char simple_escape(char c)
{
    switch (c) {
    case '"':
    case '\\':
    case '/':
        return c;
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return 0;
    }
}

/* Finds the closing quote, so that the size is known before memory is taken. */
static ctr_scan find_quote(ctr_scanned_text *out, const char *p, const char *end, bool *escapes, bool *high)
{
    for (;;) {
        bool some;
        p = ctr_json_plain_end(p, &some);
        *high |= some;
        if (*p == '"') {
            out->after = p + 1;
            return CTR_SCAN_OK;
        }
        if (p >= end)
            return CTR_SCAN_MORE;
        if (*p != '\\') {
            out->bad = p;
            out->expected = "a text without raw control characters";
            return CTR_SCAN_BAD;
        }
        *escapes = true;
        if (p + 1 >= end)
            return CTR_SCAN_MORE;
        uint32_t unit;
        if (p[1] == 'u') {
            int good = read_hex4(p + 2, &unit);
            if (good < 4) {
                if (p + 2 + good >= end)
                    return CTR_SCAN_MORE;
                out->bad = p + 2 + good;
                out->expected = "a hexadecimal digit";
                return CTR_SCAN_BAD;
            }
            p += 6;
        } else if (simple_escape(p[1])) {
            p += 2;
        } else {
            out->bad = p + 1;
            out->expected = "one of \"\\/bfnrtu behind a backslash";
            return CTR_SCAN_BAD;
        }
    }
}

/* Copies plain bytes and mends what is not UTF-8. */
static char *copy_mended(char *to, const char *from, size_t size, const char **invalid)
{
    for (;;) {
        size_t good = ctr_utf8_valid_prefix(from, size);
        if (good)
            memcpy(to, from, good);
        to += good;
        from += good;
        size -= good;
        if (!size)
            return to;
        if (!*invalid)
            *invalid = from;
        size_t wrong = ctr_utf8_bad_length(from, size);
        to += ctr_utf8_encode(to, 0xFFFD);
        from += wrong;
        size -= wrong;
    }
}

/* Writes what the escape at `p` stands for; *p moves behind it. The escape is known to be well-formed. */
static char *copy_escape(char *to, const char **p, const char **lone)
{
    const char *at = *p;
    if (at[1] != 'u') {
        *to = simple_escape(at[1]);
        *p = at + 2;
        return to + 1;
    }
    uint32_t unit, low;
    read_hex4(at + 2, &unit);
    *p = at + 6;
    if (unit >= 0xD800 && unit < 0xDC00 && at[6] == '\\' && at[7] == 'u' && read_hex4(at + 8, &low) == 4 &&
        low >= 0xDC00 && low < 0xE000) {
        unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
        *p = at + 12;
    } else if (unit >= 0xD800 && unit < 0xE000) {
        if (!*lone)
            *lone = at;
        unit = 0xFFFD;
    }
    return to + ctr_utf8_encode(to, unit);
}

ctr_scan ctr_json_scan_text(ctr_scanned_text *out, const char *p, const char *end, ctr_arena *arena)
{
    out->invalid = out->lone = NULL;
    bool escapes = false, high = false;
    ctr_scan result = find_quote(out, p, end, &escapes, &high);
    if (result != CTR_SCAN_OK)
        return result;
    size_t size = (size_t)(out->after - 1 - p);
    out->text = (ctrace_str){p, size};
    bool invalid = high && ctr_utf8_valid_prefix(p, size) < size;
    if (!escapes && !invalid)
        return CTR_SCAN_OK;
    /* An escape never grows; one wrong byte becomes three. */
    size_t room = invalid ? size * 3 : size;
    char *copy = ctr_arena_take(arena, room);
    if (!copy)
        return CTR_SCAN_NO_MEMORY;
    char *to = copy;
    const char *last = out->after - 1;
    while (p < last) {
        const char *escape = escapes ? memchr(p, '\\', (size_t)(last - p)) : NULL;
        const char *plain = escape ? escape : last;
        to = copy_mended(to, p, (size_t)(plain - p), &out->invalid);
        p = plain;
        if (escape)
            to = copy_escape(to, &p, &out->lone);
    }
    out->text = (ctrace_str){copy, (size_t)(to - copy)};
    ctr_arena_trim(arena, room, out->text.size);
    return CTR_SCAN_OK;
}

/* ---- Numbers ---- */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static const char *skip_digits(const char *p)
{
    while (is_digit(*p))
        p++;
    return p;
}

ctr_scan ctr_json_scan_number(const char *p, const char *end, const char **after, bool *is_integer)
{
    *is_integer = true;
    if (*p == '-')
        p++;
    *after = p;
    if (!is_digit(*p))
        return p >= end ? CTR_SCAN_MORE : CTR_SCAN_BAD;
    p = *p == '0' ? p + 1 : skip_digits(p);
    *after = p;
    if (is_digit(*p))
        return CTR_SCAN_BAD; /* a leading zero */
    if (*p == '.') {
        *is_integer = false;
        *after = ++p;
        if (!is_digit(*p))
            return p >= end ? CTR_SCAN_MORE : CTR_SCAN_BAD;
        p = skip_digits(p);
    }
    if (*p == 'e' || *p == 'E') {
        *is_integer = false;
        p++;
        if (*p == '+' || *p == '-')
            p++;
        *after = p;
        if (!is_digit(*p))
            return p >= end ? CTR_SCAN_MORE : CTR_SCAN_BAD;
        p = skip_digits(p);
    }
    *after = p;
    return p >= end ? CTR_SCAN_MORE : CTR_SCAN_OK;
}

/* ---- Skipping ---- */

/* Deeper nesting is refused: nothing that is meant to be read comes near it. */
#define MOST_LEVELS ((size_t)1 << 24)

enum { VALUE, VALUE_OR_END, KEY, KEY_OR_END, COLON, COMMA_OR_END };

static const char *const expectations[] = {
    [VALUE] = "a value",
    [VALUE_OR_END] = "a value or ']'",
    [KEY] = "a name in quotes",
    [KEY_OR_END] = "a name or '}'",
    [COLON] = "':'",
    [COMMA_OR_END] = "',' or the end of the list or object",
};

void ctr_json_skip_begin(ctr_json_skip *skip)
{
    skip->depth = 0;
    skip->expected = VALUE;
    skip->in_text = false;
}

static bool in_list(const ctr_json_skip *skip)
{
    size_t level = skip->depth - 1;
    return (unsigned char)skip->kinds.data[level / 8] >> level % 8 & 1;
}

static ctr_scan open_level(ctr_json_skip *skip, bool list)
{
    size_t level = skip->depth;
    if (level / 8 >= skip->kinds.capacity && !ctr_buffer_grow(&skip->kinds, skip->kinds.capacity + 1))
        return CTR_SCAN_NO_MEMORY;
    unsigned char *bits = (unsigned char *)skip->kinds.data + level / 8;
    unsigned char bit = (unsigned char)(1u << level % 8);
    *bits = (unsigned char)(list ? *bits | bit : *bits & ~bit);
    skip->depth++;
    skip->expected = list ? VALUE_OR_END : KEY_OR_END;
    return CTR_SCAN_OK;
}

/* Goes on inside a text. A torn escape is left for the next time. */
static ctr_scan skip_text(ctr_json_skip *skip, const char **at, const char *end, const char **expected)
{
    bool high;
    const char *p = ctr_json_plain_end(*at, &high);
    *at = p;
    while (*p == '\\') {
        if (p + 1 >= end)
            return CTR_SCAN_MORE;
        uint32_t unit;
        int good = p[1] == 'u' ? read_hex4(p + 2, &unit) : 0;
        if (p[1] == 'u' && good < 4 && p + 2 + good >= end)
            return CTR_SCAN_MORE;
        if (p[1] == 'u' ? good < 4 : !simple_escape(p[1])) {
            *at = p + 1;
            *expected = "an escape that JSON has";
            return CTR_SCAN_BAD;
        }
        p = ctr_json_plain_end(p + (p[1] == 'u' ? 6 : 2), &high);
        *at = p;
    }
    if (*p == '"') {
        *at = p + 1;
        skip->in_text = false;
        return CTR_SCAN_OK;
    }
    if (p >= end)
        return CTR_SCAN_MORE;
    *expected = "a text without raw control characters";
    return CTR_SCAN_BAD;
}

/* true, false and null. */
static ctr_scan skip_word(const char **at, const char *end, const char **expected)
{
    const char *word = **at == 't' ? "true" : **at == 'f' ? "false" : **at == 'n' ? "null" : "";
    size_t size = strlen(word), same = 0;
    while (same < size && (*at)[same] == word[same])
        same++;
    if (size && same == size) {
        *at += size;
        return CTR_SCAN_OK;
    }
    if (size && *at + same >= end)
        return CTR_SCAN_MORE;
    *expected = expectations[VALUE];
    return CTR_SCAN_BAD;
}

/* One value, or the opening of one that contains others. */
static ctr_scan skip_value(ctr_json_skip *skip, const char **at, const char *end, bool last, const char **expected)
{
    const char *p = *at;
    skip->expected = COMMA_OR_END;
    if (*p == '{' || *p == '[') {
        if (skip->depth == MOST_LEVELS) {
            *expected = "less nesting";
            return CTR_SCAN_BAD;
        }
        *at = p + 1;
        return open_level(skip, *p == '[');
    }
    if (*p == '"') {
        *at = p + 1;
        skip->in_text = true;
        return CTR_SCAN_OK;
    }
    ctr_scan result;
    if (*p == '-' || is_digit(*p)) {
        bool is_integer;
        const char *after;
        result = ctr_json_scan_number(p, end, &after, &is_integer);
        if (result == CTR_SCAN_MORE && last && is_digit(after[-1]))
            result = CTR_SCAN_OK;
        if (result == CTR_SCAN_OK || result == CTR_SCAN_BAD)
            *at = after;
        *expected = "a number as JSON has them";
    } else {
        result = skip_word(at, end, expected);
    }
    if (result == CTR_SCAN_MORE)
        skip->expected = VALUE; /* from its beginning */
    return result;
}

ctr_scan ctr_json_skip_run(ctr_json_skip *skip, const char **at, const char *end, bool last, const char **expected)
{
    ctr_scan result = CTR_SCAN_OK;
    while (result == CTR_SCAN_OK) {
        if (skip->in_text) {
            result = skip_text(skip, at, end, expected);
            continue;
        }
        if (skip->depth == 0 && skip->expected == COMMA_OR_END)
            return CTR_SCAN_OK;
        const char *p = *at = ctr_json_space(*at);
        if (p >= end)
            return CTR_SCAN_MORE;
        bool list = skip->depth && in_list(skip);
        if (*p == (list ? ']' : '}') && skip->depth &&
            (skip->expected == COMMA_OR_END || skip->expected == VALUE_OR_END || skip->expected == KEY_OR_END)) {
            *at = p + 1;
            skip->depth--;
            skip->expected = COMMA_OR_END;
        } else if (skip->expected == VALUE || skip->expected == VALUE_OR_END) {
            result = skip_value(skip, at, end, last, expected);
        } else if ((skip->expected == KEY || skip->expected == KEY_OR_END) && *p == '"') {
            *at = p + 1;
            skip->in_text = true;
            skip->expected = COLON;
        } else if (skip->expected == COLON && *p == ':') {
            *at = p + 1;
            skip->expected = VALUE;
        } else if (skip->expected == COMMA_OR_END && *p == ',') {
            *at = p + 1;
            skip->expected = list ? VALUE : KEY;
        } else {
            *expected = expectations[skip->expected];
            return CTR_SCAN_BAD;
        }
    }
    return result;
}
