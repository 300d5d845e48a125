/* Numbers as containers have them: the lowest byte first. */
#ifndef CTRACE_LIB_CODEC_CTFS_LITTLE_ENDIAN_H
#define CTRACE_LIB_CODEC_CTFS_LITTLE_ENDIAN_H

#include <stdint.h>
#include <string.h>

static inline uint32_t ctr_load_u32(const char *p)
{
    uint32_t word;
    memcpy(&word, p, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap32(word);
#endif
    return word;
}

static inline uint64_t ctr_load_u64(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static inline int64_t ctr_load_i64(const char *p)
{
    uint64_t word = ctr_load_u64(p);
    int64_t number;
    memcpy(&number, &word, sizeof number);
    return number;
}

/* Both return one past what was written. */
static inline char *ctr_store_u32(char *p, uint32_t word)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap32(word);
#endif
    memcpy(p, &word, sizeof word);
    return p + sizeof word;
}

static inline char *ctr_store_u64(char *p, uint64_t word)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    memcpy(p, &word, sizeof word);
    return p + sizeof word;
}

#endif
