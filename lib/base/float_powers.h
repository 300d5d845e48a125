/* Powers of ten to 128 bits, and the wide product that goes with them. */
#ifndef CTRACE_LIB_BASE_FLOAT_POWERS_H
#define CTRACE_LIB_BASE_FLOAT_POWERS_H

#include "ctrace/common.h"

typedef struct ctr_wide {
    uint64_t high, low;
} ctr_wide;

#define CTR_POWER_LEAST    (-342)
#define CTR_POWER_GREATEST 324

/* The first 128 bits of each power, cut off: 10^e lies between the entry and the entry + 1, times
 * 2^(ctr_log2_of_power(e) - 127). From 0 to 55 it is exact. */
extern const ctr_wide ctr_powers_of_ten[CTR_POWER_GREATEST - CTR_POWER_LEAST + 1];

static inline ctr_wide ctr_power_of_ten(int e)
{
    return ctr_powers_of_ten[e - CTR_POWER_LEAST];
}

/* floor(log2(10^e)), for |e| < 1234. */
static inline int ctr_log2_of_power(int e)
{
    return (e * 1741647) >> 19; /* every compiler we know shifts the sign in */
}

static inline ctr_wide ctr_wide_product(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
    __extension__ typedef unsigned __int128 u128;
    u128 product = (u128)a * b;
    return (ctr_wide){(uint64_t)(product >> 64), (uint64_t)product};
#else
    uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
    uint64_t p00 = a0 * b0, p01 = a0 * b1, p10 = a1 * b0;
    uint64_t middle = (p00 >> 32) + (uint32_t)p01 + (uint32_t)p10;
    return (ctr_wide){a1 * b1 + (p01 >> 32) + (p10 >> 32) + (middle >> 32), middle << 32 | (uint32_t)p00};
#endif
}

#endif
