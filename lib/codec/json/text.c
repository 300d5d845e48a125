/* Texts in quotes, copied and looked through a word at a time. */
#include "base/digits.h"
#include "base/utf8.h"
#include "codec/json/emit.h"

/* Left before more room is made: enough for one more escape and the quote. */
#define SPARE (CTR_JSON_TEXT_ROOM / 2 + 16)

static inline uint64_t load(const unsigned char *s, size_t size)
{
    uint64_t word = 0;
    memcpy(&word, s, size);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* Fewer than 8 bytes, with spaces behind them. */
static inline uint64_t load_few(const unsigned char *s, size_t size)
{
    uint64_t word = UINT64_C(0x2020202020202020) << 8 * size;
    if (size >= 4)
        return word | load(s, 4) | load(s + size - 4, 4) << 8 * (size - 4);
    if (size >= 2)
        return word | load(s, 2) | load(s + size - 2, 2) << 8 * (size - 2);
    return size ? word | *s : word;
}

/* A top bit for every byte that does not stand in JSON as it is, or is not ASCII. A byte behind such a one may be
 * marked wrongly. */
static inline uint64_t specials(uint64_t w)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = UINT64_C(0x8080808080808080);
    uint64_t quote = w ^ ones * '"', backslash = w ^ ones * '\\';
    return ((quote - ones) | (backslash - ones) | (w - ones * 0x20) | w) & tops;
}

static char *put_escape(char *p, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    *p++ = '\\';
    switch (c) {
    case '"':
    case '\\':
        *p++ = (char)c;
        return p;
    case '\b':
        *p++ = 'b';
        return p;
    case '\f':
        *p++ = 'f';
        return p;
    case '\n':
        *p++ = 'n';
        return p;
    case '\r':
        *p++ = 'r';
        return p;
    case '\t':
        *p++ = 't';
        return p;
    default:
        memcpy(p, "u00", 3);
        p[3] = hex[c >> 4];
        p[4] = hex[c & 15];
        return p + 5;
    }
}

/* A run of bytes that are not ASCII, up to the first that is no UTF-8, which is replaced. Returns how many it used. */
static size_t put_run(char **p, const unsigned char *s, size_t left, bool *bad)
{
    size_t run = 1;
    while (run < left && s[run] >= 0x80)
        run++;
    size_t valid = ctr_utf8_valid_prefix((const char *)s, run);
    memcpy(*p, s, valid);
    *p += valid;
    if (valid == run)
        return run;
    memcpy(*p, "\xef\xbf\xbd", 3);
    *p += 3;
    *bad = true;
    return valid + ctr_utf8_bad_length((const char *)s + valid, left - valid);
}

/* The same for one character of two bytes, the most frequent. */
static inline bool is_pair(const unsigned char *s, size_t left)
{
    return left >= 2 && s[0] >= 0xC2 && s[0] < 0xE0 && (s[1] & 0xC0) == 0x80;
}

char *ctr_json_put_text(ctr_buffer *b, char *p, ctrace_str text, uint64_t *mended)
{
    const unsigned char *s = (const unsigned char *)text.data;
    size_t left = text.size;
    bool bad = false;
    *p++ = '"';
    while (left) {
        uint64_t word, special;
        size_t plain = left < 8 ? left : 8;
        word = left < 8 ? load_few(s, left) : load(s, 8);
        special = specials(word);
        ctr_put_word(p, word);
        if (special)
            plain = (size_t)__builtin_ctzll(special) / 8;
        p += plain;
        s += plain;
        left -= plain;
        if (!special)
            continue;
        if (*s < 0x80) {
            p = put_escape(p, *s++);
            left--;
        } else if (is_pair(s, left)) {
            memcpy(p, s, 2);
            p += 2;
            s += 2;
            left -= 2;
            continue; /* it takes no more than its bytes */
        } else {
            size_t used = put_run(&p, s, left, &bad);
            s += used;
            left -= used;
        }
        size_t at = (size_t)(p - b->data);
        if (b->capacity - at < left + SPARE) {
            b->size = at;
            if (!ctr_buffer_grow(b, left + CTR_JSON_TEXT_ROOM))
                return NULL;
            p = b->data + at;
        }
    }
    *p++ = '"';
    *mended += bad;
    return p;
}

bool ctr_json_text(ctr_buffer *b, ctrace_str text, uint64_t *mended)
{
    size_t begin = b->size;
    if (!ctr_buffer_reserve(b, text.size + CTR_JSON_TEXT_ROOM))
        return false;
    char *p = ctr_json_put_text(b, b->data + begin, text, mended);
    if (!p) {
        b->size = begin;
        return false;
    }
    b->size = (size_t)(p - b->data);
    return true;
}
