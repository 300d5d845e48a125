#include "base/utf8.h"

#include <string.h>

/* What the first byte of a sequence says: how long it is and between what its second byte lies. All others lie
 * between 0x80 and 0xBF. The narrower second bytes keep out overlong forms, surrogates and what is above U+10FFFF. */
typedef struct lead {
    unsigned length; /* 0: no sequence begins with this byte */
    unsigned char low, high;
} lead;

static lead read_lead(unsigned char c)
{
    if (c < 0x80)
        return (lead){1, 0, 0};
    if (c < 0xC2)
        return (lead){0, 0, 0};
    if (c < 0xE0)
        return (lead){2, 0x80, 0xBF};
    if (c < 0xF0)
        return (lead){3, c == 0xE0 ? 0xA0 : 0x80, c == 0xED ? 0x9F : 0xBF};
    if (c < 0xF5)
        return (lead){4, c == 0xF0 ? 0x90 : 0x80, c == 0xF4 ? 0x8F : 0xBF};
    return (lead){0, 0, 0};
}

/* How many bytes at `p` fit the beginning of a sequence, and in *whole whether they are all of one. */
static size_t match(const unsigned char *p, size_t size, bool *whole)
{
    lead first = read_lead(p[0]);
    *whole = false;
    if (first.length == 0)
        return 0;
    size_t n = 1;
    if (n < first.length && n < size && p[n] >= first.low && p[n] <= first.high) {
        n++;
        while (n < first.length && n < size && (p[n] & 0xC0) == 0x80)
            n++;
    }
    *whole = n == first.length;
    return n;
}

size_t ctr_utf8_valid_prefix(const char *text, size_t size)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t at = 0;
    while (at < size) {
        uint64_t word;
        if (size - at >= 8 && (memcpy(&word, p + at, 8), (word & UINT64_C(0x8080808080808080)) == 0)) {
            at += 8;
            continue;
        }
        if (p[at] < 0x80) {
            at++;
            continue;
        }
        bool whole;
        size_t n = match(p + at, size - at, &whole);
        if (!whole)
            break;
        at += n;
    }
    return at;
}

size_t ctr_utf8_bad_length(const char *text, size_t size)
{
    bool whole;
    size_t n = match((const unsigned char *)text, size, &whole);
    return n ? n : 1;
}

size_t ctr_utf8_encode(char *out, uint32_t code_point)
{
    uint32_t c = code_point;
    if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        c = 0xFFFD;
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (char)(0x80 | (c >> 6 & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

size_t ctr_utf8_mend(char *out, const char *text, size_t size)
{
    static const char mark[3] = {'\xEF', '\xBF', '\xBD'};
    size_t to = 0;
    for (size_t at = 0; at < size;) {
        size_t good = ctr_utf8_valid_prefix(text + at, size - at);
        if (out)
            memcpy(out + to, text + at, good);
        to += good;
        at += good;
        if (at == size)
            break;
        if (out)
            memcpy(out + to, mark, sizeof mark);
        to += sizeof mark;
        at += ctr_utf8_bad_length(text + at, size - at);
    }
    return to;
}

size_t ctr_utf8_length(const char *text, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < size; i++)
        count += ((unsigned char)text[i] & 0xC0) != 0x80;
    return count;
}

size_t ctr_utf8_cut(ctrace_str text, size_t most)
{
    if (text.size <= most)
        return text.size;
    size_t size = most;
    while (size && most - size < 3 && ((unsigned char)text.data[size] & 0xC0) == 0x80)
        size--;
    return size;
}
