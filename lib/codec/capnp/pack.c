#include "codec/capnp/pack.h"

#include "codec/capnp/wire.h"

/* The other way of SPREAD in unpack.c: the bytes that the tag names move together. */
#define BITS(tag) \
    (((tag) & 1) + ((tag) >> 1 & 1) + ((tag) >> 2 & 1) + ((tag) >> 3 & 1) + ((tag) >> 4 & 1) + ((tag) >> 5 & 1) + \
     ((tag) >> 6 & 1) + ((tag) >> 7 & 1))
#define BYTE(tag, i, w)                                                                   \
    ((tag) >> (i) & 1 ? ((w) & UINT64_C(0xff) << 8 * (i)) >> 8 * ((i) - BITS((tag) & ((1u << (i)) - 1))) : UINT64_C(0))
#define GATHER(tag, w)                                                                                        \
    (BYTE(tag, 0, w) | BYTE(tag, 1, w) | BYTE(tag, 2, w) | BYTE(tag, 3, w) | BYTE(tag, 4, w) | BYTE(tag, 5, w) | \
     BYTE(tag, 6, w) | BYTE(tag, 7, w))

#define PUT(tag)                                   \
    do {                                           \
        ctr_word_store(out, GATHER(tag##u, word)); \
        out += BITS(tag##u);                       \
    } while (0)
#define USUAL(one)      \
    if (tag == (one)) { \
        PUT(one);       \
        continue;       \
    }
#define CASE(tag)  \
    case tag:      \
        PUT(tag);  \
        break;
#define CASES4(a, b, c, d) CASE(a) CASE(b) CASE(c) CASE(d)
#define CASES16(high)                          \
    CASES4(high##0, high##1, high##2, high##3) \
    CASES4(high##4, high##5, high##6, high##7) \
    CASES4(high##8, high##9, high##a, high##b) \
    CASES4(high##c, high##d, high##e, high##f)

/* A bit for each byte that is not zero. */
static inline unsigned tag_of(uint64_t word)
{
    const uint64_t low = UINT64_C(0x7f7f7f7f7f7f7f7f);
    uint64_t tops = (((word & low) + low) | word) & ~low;
    return (unsigned)((tops >> 7) * UINT64_C(0x0102040810204080) >> 56);
}

/* Whether at most one bit of the tag is missing. */
static inline int is_dense(unsigned tag)
{
    unsigned missing = ~tag & 0xff;
    return (missing & (missing - 1)) == 0;
}

size_t ctr_pack(const uint64_t *words, size_t count, uint8_t *out)
{
    uint8_t *const begin = out;
    const uint64_t *const end = words + count;
    while (words < end) {
        uint64_t word = ctr_word_load(words++);
        unsigned tag = tag_of(word);
        const uint64_t *limit, *run;
        size_t bytes;
        *out++ = (uint8_t)tag;
        /* Those that most words of a trace have: one of them is guessed better than one of all. */
        if (tag == 0) {
            limit = end - words > 255 ? words + 255 : end;
            for (run = words; run < limit && *run == 0; run++)
                ;
            *out++ = (uint8_t)(run - words);
            words = run;
            continue;
        }
        USUAL(0x11)
        USUAL(0x01)
        USUAL(0x51)
        USUAL(0x07)
        switch (tag) {
            CASES4(0x01, 0x02, 0x03, 0x04)
            CASES4(0x05, 0x06, 0x07, 0x08)
            CASES4(0x09, 0x0a, 0x0b, 0x0c)
            CASE(0x0d)
            CASE(0x0e)
            CASE(0x0f)
            CASES16(0x1)
            CASES16(0x2)
            CASES16(0x3)
            CASES16(0x4)
            CASES16(0x5)
            CASES16(0x6)
            CASES16(0x7)
            CASES16(0x8)
            CASES16(0x9)
            CASES16(0xa)
            CASES16(0xb)
            CASES16(0xc)
            CASES16(0xd)
            CASES16(0xe)
            CASES4(0xf0, 0xf1, 0xf2, 0xf3)
            CASES4(0xf4, 0xf5, 0xf6, 0xf7)
            CASES4(0xf8, 0xf9, 0xfa, 0xfb)
            CASE(0xfc)
            CASE(0xfd)
            CASE(0xfe)
        default:
            /* The words that follow and would not become shorter stand there as they are. */
            ctr_word_store(out, word);
            limit = end - words > 255 ? words + 255 : end;
            for (run = words; run < limit && is_dense(tag_of(ctr_word_load(run))); run++)
                ;
            bytes = (size_t)(run - words) * 8;
            out[8] = (uint8_t)(run - words);
            memcpy(out + 9, words, bytes);
            out += 9 + bytes;
            words = run;
            break;
        }
    }
    return (size_t)(out - begin);
}
