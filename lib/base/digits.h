/* Decimal digits eight at a time, without a branch for each. */
#ifndef CTRACE_LIB_BASE_DIGITS_H
#define CTRACE_LIB_BASE_DIGITS_H

#include <string.h>

#include "ctrace/common.h"

/* What ctr_put_digits() may touch, more than the digits that count. */
#define CTR_DIGITS_ROOM 24

/* The eight digits of u < 10^8 as bytes 0 to 9, the first digit in the lowest byte. Halves are split into pairs and
 * pairs into digits, all at once in the lanes of one word. */
static inline uint64_t ctr_eight_digits(uint32_t u)
{
    uint64_t halves = u / 10000 | (uint64_t)(u % 10000) << 32;
    uint64_t hundreds = (halves * 5243 >> 19) & UINT64_C(0x0000007F0000007F); /* a lane / 100, for lanes < 10000 */
    uint64_t pairs = hundreds | (halves - hundreds * 100) << 16;
    uint64_t tens = (pairs * 103 >> 10) & UINT64_C(0x000F000F000F000F); /* a lane / 10, for lanes < 100 */
    return tens | (pairs - tens * 10) << 8;
}

/* Puts a word with its lowest byte first. */
static inline void ctr_put_word(char *p, uint64_t word)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    memcpy(p, &word, sizeof word);
}

#define CTR_ZEROS UINT64_C(0x3030303030303030) /* eight times '0' */

/* Digits of u < 10^8 without leading zeros; touches 8 bytes. */
static inline char *ctr_put_few_digits(char *p, uint32_t u)
{
    uint64_t digits = ctr_eight_digits(u);
    unsigned zeros = (unsigned)__builtin_ctzll(digits | UINT64_C(1) << 56) & ~7u; /* the last one stays */
    ctr_put_word(p, (digits | CTR_ZEROS) >> zeros);
    return p + 8 - zeros / 8;
}

/* All eight digits. */
static inline char *ctr_put_eight_digits(char *p, uint32_t u)
{
    ctr_put_word(p, ctr_eight_digits(u) | CTR_ZEROS);
    return p + 8;
}

/* Digits of any number, for those that are not small. */
char *ctr_put_many_digits(char *p, uint64_t u);

/* Digits of any number; touches CTR_DIGITS_ROOM bytes at most. */
static inline char *ctr_put_digits(char *p, uint64_t u)
{
    if (u < 10) {
        *p = (char)('0' + u);
        return p + 1;
    }
    if (u < 100) {
        uint32_t tens = (uint32_t)u * 103 >> 10;
        p[0] = (char)('0' + tens);
        p[1] = (char)('0' + u - tens * 10);
        return p + 2;
    }
    return u < 100000000 ? ctr_put_few_digits(p, (uint32_t)u) : ctr_put_many_digits(p, u);
}

#endif
