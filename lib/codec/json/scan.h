/* The tokens of JSON in memory. All input ends in CTR_JSON_SLACK zero bytes behind `end`, so that scanning may look
 * ahead without asking where the end is: a zero byte stops every scan. */
#ifndef CTRACE_LIB_CODEC_JSON_SCAN_H
#define CTRACE_LIB_CODEC_JSON_SCAN_H

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/arena.h"
#include "base/buffer.h"

#define CTR_JSON_SLACK 32

typedef enum ctr_scan {
    CTR_SCAN_OK,
    CTR_SCAN_MORE, /* the bytes end inside the token */
    CTR_SCAN_BAD,  /* not JSON */
    CTR_SCAN_NO_MEMORY
} ctr_scan;

static inline uint64_t ctr_load8(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

/* The first byte becomes the lowest. */
static inline uint64_t ctr_load8_little(const char *p)
{
    uint64_t word = ctr_load8(p);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* The first byte that is no white space. */
static inline const char *ctr_json_space(const char *p)
{
    if ((unsigned char)*p > ' ')
        return p;
    for (;;) {
        while (ctr_load8(p) == UINT64_C(0x2020202020202020))
            p += 8;
        if (*p != ' ' && *p != '\n' && *p != '\r' && *p != '\t')
            return p;
        p++;
    }
}

/* The first quote, backslash or control character at or after `p`. Sets *high when a byte before it is not ASCII. */
static inline const char *ctr_json_plain_end(const char *p, bool *high)
{
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'), control = _mm_set1_epi8(0x1F);
    unsigned above = 0;
    for (;; p += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i stops = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, slash)),
                                     _mm_cmpeq_epi8(_mm_max_epu8(bytes, control), control));
        unsigned stop = (unsigned)_mm_movemask_epi8(stops), tops = (unsigned)_mm_movemask_epi8(bytes);
        if (stop) {
            *high = (above | (tops & ((stop & (~stop + 1)) - 1))) != 0;
            return p + __builtin_ctz(stop);
        }
        above |= tops;
    }
#else
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = UINT64_C(0x8080808080808080);
    uint64_t above = 0;
    for (;; p += 8) {
        uint64_t word = ctr_load8_little(p);
        uint64_t quote = word ^ ones * '"', slash = word ^ ones * '\\';
        /* The lowest bit of each is exact, as subtraction borrows upwards only. */
        uint64_t stop = (((quote - ones) & ~quote) | ((slash - ones) & ~slash) | ((word - ones * 32) & ~word)) & tops;
        if (stop) {
            *high = ((above | (word & ((stop & (~stop + 1)) - 1))) & tops) != 0;
            return p + (__builtin_ctzll(stop) >> 3);
        }
        above |= word;
    }
#endif
}

typedef struct ctr_scanned_text {
    ctrace_str text;      /* into the input, or in the arena when it had to be changed */
    const char *after;    /* behind the closing quote */
    const char *invalid;  /* the first byte that is not UTF-8, mended to U+FFFD; or NULL */
    const char *lone;     /* the first escape of half a surrogate pair, mended to U+FFFD; or NULL */
    const char *bad;      /* CTR_SCAN_BAD: the place, */
    const char *expected; /* and what should stand there */
} ctr_scanned_text;

/* Reads a text; `p` is behind its opening quote. */
ctr_scan ctr_json_scan_text(ctr_scanned_text *out, const char *p, const char *end, ctr_arena *arena);

/* Finds the end of a number that begins at `p`. *after is its end, or what is bad. A number that touches `end` is
 * complete only to a caller who knows that nothing follows; the scan then says CTR_SCAN_MORE, with *after set. */
ctr_scan ctr_json_scan_number(const char *p, const char *end, const char **after, bool *is_integer);

/* Skips one value of any depth without recursion. Can be continued when the bytes ran out. */
typedef struct ctr_json_skip {
    size_t depth;
    ctr_buffer kinds; /* one bit a level: set for lists */
    uint8_t expected;
    bool in_text;
} ctr_json_skip;

void ctr_json_skip_begin(ctr_json_skip *skip);
/* Goes on at *at. OK: *at is behind the value. MORE: *at is where to go on with more bytes. BAD: *at is the place and
 * *expected tells what should stand there. `last` tells that no bytes will follow those before `end`. */
ctr_scan ctr_json_skip_run(ctr_json_skip *skip, const char **at, const char *end, bool last, const char **expected);

#endif
