#include "codec/capnp/unpack.h"

#include "codec/capnp/wire.h"

/* The bytes of `w` that follow the tag go to the places of the tag's bits. All of it is known when the tag is, so each
 * tag has code of its own of a few shifts, and the processor can guess the tag instead of waiting for it. */
#define BITS(tag) \
    (((tag) & 1) + ((tag) >> 1 & 1) + ((tag) >> 2 & 1) + ((tag) >> 3 & 1) + ((tag) >> 4 & 1) + ((tag) >> 5 & 1) + \
     ((tag) >> 6 & 1) + ((tag) >> 7 & 1))
#define BYTE(tag, i, w)                                                              \
    ((tag) >> (i) & 1 ? (w) << 8 * ((i) - BITS((tag) & ((1u << (i)) - 1))) & UINT64_C(0xff) << 8 * (i) : UINT64_C(0))
#define SPREAD(tag, w)                                                                                        \
    (BYTE(tag, 0, w) | BYTE(tag, 1, w) | BYTE(tag, 2, w) | BYTE(tag, 3, w) | BYTE(tag, 4, w) | BYTE(tag, 5, w) | \
     BYTE(tag, 6, w) | BYTE(tag, 7, w))

#define PUT(tag)                                                   \
    do {                                                           \
        ctr_word_store(out, SPREAD(tag##u, ctr_word_load(p + 1))); \
        out++;                                                     \
        p += 1 + BITS(tag##u);                                     \
    } while (0)
#define CASE(tag)  \
    case tag:      \
        PUT(tag);  \
        break;
#define CASES4(a, b, c, d) CASE(a) CASE(b) CASE(c) CASE(d)
#define CASES16(high)                                                   \
    CASES4(high##0, high##1, high##2, high##3)                          \
    CASES4(high##4, high##5, high##6, high##7)                          \
    CASES4(high##8, high##9, high##a, high##b)                          \
    CASES4(high##c, high##d, high##e, high##f)

#define WHEN(tag)     \
    if (*p == (tag))  \
    PUT(tag)
#define WHEN_SMALL                  \
    if (is_small(ctr_word_load(p))) \
    PUT_SMALL
/* Runs of zeros are mostly short. */
#define WHEN_ZEROS                                                  \
    if (*p == 0) {                                                  \
        more = p[1];                                                \
        p += 2;                                                     \
        memset(out, 0, 4 * sizeof *out);                            \
        if (more > 3)                                               \
            memset(out + 4, 0, (more - 3) * sizeof *out);           \
        out += 1 + more;                                            \
    }

/* ---- Orders of which each is found with one comparison. Most words of a trace come in one of them. ---- */

#define BYTES8(a, b, c, d, e, f, g, h)                                                                      \
    ((uint64_t)(a) | (uint64_t)(b) << 8 | (uint64_t)(c) << 16 | (uint64_t)(d) << 24 | (uint64_t)(e) << 32 | \
     (uint64_t)(f) << 40 | (uint64_t)(g) << 48 | (uint64_t)(h) << 56)

#define MOST_ENTRIES  64 /* of a list at once, so that `last` and the room stay far away */
#define MOST_ELEMENTS 32

/* A number below 256, be it 0 or not: both take two bytes of which the second is the number, so it need not be guessed
 * which it is. `w` begins with it. */
static inline int is_small(uint64_t w) { return (w & 0xfe) == 0 && ((w & 1) | ((w & 0xff00) == 0)); }

#define SMALL_BYTES 2
#define PUT_SMALL                    \
    do {                             \
        ctr_word_store(out++, p[1]); \
        p += SMALL_BYTES;            \
    } while (0)

/* Two words of a list of events as they mostly are: a small number, then a pointer with this tag, which has five bytes
 * at most: a far one (0x17, and 0x1f to a place far into its segment) or a near one (0x47, 0x4f). */
#define ENTRY_BYTES(tag) (3 + BITS(tag))
static inline int is_entry(uint64_t w, unsigned tag) { return (w >> 16 & 0xff) == tag && is_small(w); }

#define CASE_ENTRIES(tag)                                                                       \
    case tag:                                                                                   \
        PUT(tag);                                                                               \
        for (more = MOST_ENTRIES; more && is_entry(entry = ctr_word_load(p), tag##u); more--) { \
            ctr_word_store(out, entry >> 8 & 0xff);                                             \
            ctr_word_store(out + 1, SPREAD(tag##u, entry >> 24));                               \
            out += 2;                                                                           \
            p += ENTRY_BYTES(tag##u);                                                           \
        }                                                                                       \
        break;

/* Goes over all that follow. `p` has 10 bytes. */
#define SKIP_ENTRIES(tag)                                                                           \
    while (is_entry(ctr_word_load(p), tag##u) && most - count >= 2 && (size_t)(in_end - p) >= 10) { \
        count += 2;                                                                                 \
        p += ENTRY_BYTES(tag##u);                                                                   \
    }

/* What most events begin with: the landing pad of a record of two pointers, the pointer to a number, and one to another
 * number or to a value, both right behind. */
#define TWO_NUMBERS  BYTES8(0x40, 2, 0x11, 4, 1, 0x11, 4, 1)
#define NUMBER_VALUE BYTES8(0x40, 2, 0x11, 4, 1, 0x51, 4, 3) /* and a 3 */
#define PAD_BYTES    2 /* which are not there when the pointer to the record is a near one */
#define PUT_HEAD(second)                            \
    do {                                            \
        ctr_word_store(out, CTR_CAPNP_NEXT_NUMBER); \
        ctr_word_store(out + 1, second);            \
        out += 2;                                   \
    } while (0)

/* What is behind the number of a value: two words of zeros, the pointer to its type, two words of zeros. */
static inline int is_tail(const uint8_t *p)
{
    return (ctr_word_load(p) & UINT64_C(0xffff0000ffffff)) == UINT64_C(0x01000000110100);
}

#define PUT_TAIL                                                      \
    do {                                                              \
        memset(out, 0, 2 * sizeof *out);                              \
        ctr_word_store(out + 2, SPREAD(0x11u, ctr_word_load(p + 3))); \
        memset(out + 3, 0, 2 * sizeof *out);                          \
        out += 5;                                                     \
        p += 7;                                                       \
    } while (0)

/* The same with the kind, which is not 0, and with the type, right behind, whose number is small. */
#define KIND_TAIL_BYTES 11
static inline int is_kind_tail(const uint8_t *p)
{
    return (ctr_word_load(p) & ~UINT64_C(0xff00)) == BYTES8(1, 0, 0, 0, 0x11, 8, 1, 0) && p[8] == 1 && p[9] == 1;
}

#define PUT_KIND_TAIL                                 \
    do {                                              \
        ctr_word_store(out, p[1]);                    \
        ctr_word_store(out + 1, 0);                   \
        ctr_word_store(out + 2, CTR_CAPNP_NEXT_TYPE); \
        ctr_word_store(out + 3, 0);                   \
        ctr_word_store(out + 4, 0);                   \
        ctr_word_store(out + 5, p[10]);               \
        out += 6;                                     \
        p += KIND_TAIL_BYTES;                         \
    } while (0)

static inline unsigned bits_of(unsigned tag)
{
    tag = (tag & 0x55) + (tag >> 1 & 0x55);
    tag = (tag & 0x33) + (tag >> 2 & 0x33);
    return (tag & 0x0f) + (tag >> 4);
}

size_t ctr_unpack(const uint8_t **in, const uint8_t *in_end, uint64_t *out, size_t least)
{
    const uint64_t *begin = out, *end = out + least;
    const uint8_t *p = *in;
    if ((size_t)(in_end - p) < CTR_ITEM_BYTES)
        return 0;
    const uint8_t *last = in_end - CTR_ITEM_BYTES;
    while (out < end && p <= last) {
        size_t more;
        uint64_t entry;
        /* Most of a trace are steps and values, whose words come in few orders: what usually follows is looked for
         * before the next tag is. Each way through has few items, and ends, so that `last` and the room stay far
         * away. */
        switch (*p) {
        case 0x40: { /* a landing pad of a record of two pointers, which follows */
            const uint64_t head = ctr_word_load(p);
            if (head == TWO_NUMBERS) {
                ctr_word_store(out++, CTR_CAPNP_PAD_OF_TWO);
                p += PAD_BYTES;
                goto two_numbers;
            }
            if (head == NUMBER_VALUE && p[8] == 3) {
                ctr_word_store(out++, CTR_CAPNP_PAD_OF_TWO);
                p += PAD_BYTES;
                goto number_value;
            }
            PUT(0x40);
            WHEN(0x11);
            WHEN(0x11);
            WHEN(0x51);
            WHEN(0x01);
            WHEN(0x01);
            goto value;
        }
        two_numbers:
            PUT_HEAD(CTR_CAPNP_NEXT_NUMBER);
            p += 6;
            WHEN_SMALL;
            WHEN_SMALL;
            break;
        number_value:
            PUT_HEAD(CTR_CAPNP_NEXT_VALUE);
            p += 7;
            WHEN_SMALL;
            if (*p == 0xff && p[9] == 0) {
                ctr_word_store(out++, ctr_word_load(p + 1));
                p += 10;
                goto kind;
            }
            if (is_small(ctr_word_load(p))) {
                PUT_SMALL;
                goto kind;
            }
            goto value;
        kind:
            if (is_kind_tail(p)) {
                PUT_KIND_TAIL;
                break;
            }
            goto value;
        case 0x11: /* a pointer to a number, then another, or one to a value; then the number */
            entry = ctr_word_load(p);
            if ((entry & UINT64_C(0xffffffffffff)) == TWO_NUMBERS >> 8 * PAD_BYTES)
                goto two_numbers;
            if ((entry & UINT64_C(0xffffffffffffff)) == (NUMBER_VALUE >> 8 * PAD_BYTES | UINT64_C(3) << 48))
                goto number_value;
            PUT(0x11);
            WHEN(0x11);
            WHEN(0x51);
            WHEN(0x01);
            WHEN(0x01);
            goto value;
        case 0x01:
            PUT(0x01);
            WHEN(0x01);
            goto value;
        case 0x07:
        value: /* a number, its kind, the pointer to its type, its type */
            WHEN(0x07);
            if (!is_tail(p))
                goto zeros;
            PUT_TAIL;
            /* in a list of values the next one, else the type */
            for (more = MOST_ELEMENTS; more && *p == 0x07; more--) {
                PUT(0x07);
                if (!is_tail(p))
                    break;
                PUT_TAIL;
            }
            for (more = MOST_ELEMENTS; more && *p == 0x01; more--)
                PUT(0x01);
            break;
        case 0x00:
        zeros:
            WHEN_ZEROS;
            WHEN(0x11);
            WHEN_ZEROS;
            WHEN(0x01);
            break;
            CASE(0x02)
            CASE(0x03)
            CASE(0x04)
            CASE(0x05)
            CASE(0x06)
            CASE(0x08)
            CASES4(0x09, 0x0a, 0x0b, 0x0c)
            CASE(0x0d)
            CASE(0x0e)
            CASE(0x0f)
            CASE(0x10)
            CASE(0x12)
            CASE(0x13)
            CASE(0x14)
            CASE(0x15)
            CASE(0x16)
            CASE_ENTRIES(0x17)
            CASE_ENTRIES(0x1f)
            CASES4(0x18, 0x19, 0x1a, 0x1b)
            CASE(0x1c)
            CASE(0x1d)
            CASE(0x1e)
            CASES16(0x2)
            CASES16(0x3)
            CASE(0x41)
            CASE(0x42)
            CASE(0x43)
            CASE(0x44)
            CASE(0x45)
            CASE(0x46)
            CASE_ENTRIES(0x47)
            CASES4(0x48, 0x49, 0x4a, 0x4b)
            CASE(0x4c)
            CASE(0x4d)
            CASE(0x4e)
            CASE_ENTRIES(0x4f)
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
            ctr_word_store(out, ctr_word_load(p + 1));
            more = p[9];
            memcpy(out + 1, p + 10, more * sizeof *out);
            out += 1 + more;
            p += 10 + more * 8;
            break;
        }
    }
    *in = p;
    return (size_t)(out - begin);
}

size_t ctr_unpack_item(const uint8_t *in, size_t size, size_t *words)
{
    *words = 1;
    if (size == 0)
        return 0;
    size_t bytes = in[0] == 0 ? 2 : 1 + bits_of(in[0]);
    if (in[0] == 0xff)
        bytes++;
    if (bytes > size)
        return 0;
    if (in[0] == 0)
        *words += in[1];
    if (in[0] == 0xff) {
        *words += in[9];
        bytes += (size_t)in[9] * 8;
    }
    return bytes <= size ? bytes : 0;
}

static uint64_t spread(const uint8_t *in)
{
    uint64_t word = 0;
    unsigned tag = *in++;
    for (unsigned i = 0; i < 8; i++)
        if (tag >> i & 1)
            word |= (uint64_t)*in++ << 8 * i;
    return word;
}

size_t ctr_unpack_last(const uint8_t **in, const uint8_t *in_end, uint64_t *out, size_t least, size_t *cut)
{
    size_t count = 0, words, bytes;
    *cut = 0;
    while (count < least && *in < in_end) {
        const uint8_t *p = *in;
        size_t left = (size_t)(in_end - p);
        bytes = ctr_unpack_item(p, left, &words);
        if (bytes == 0) {
            /* A run of plain words that is cut, or one whose length is cut off, begins with a whole word. */
            if (*p != 0 && (*p != 0xff || left < 9))
                break;
            *cut = words = *p && left > 10 ? 1 + (left - 10) / 8 : 1;
        }
        ctr_word_store(out + count, spread(p));
        if (words > 1 && *p)
            memcpy(out + count + 1, p + 10, (words - 1) * 8);
        else if (words > 1)
            memset(out + count + 1, 0, (words - 1) * 8);
        if (bytes == 0)
            break;
        count += words;
        *in = p + bytes;
    }
    return count;
}

uint64_t ctr_unpack_skip(const uint8_t **in, const uint8_t *in_end, uint64_t most)
{
    const uint8_t *p = *in;
    uint64_t count = 0;
    while ((size_t)(in_end - p) >= 10 && count < most) {
        unsigned tag = *p;
        if ((tag & 0xfe) == 0 && most - count >= 2) {
            const uint8_t *before = p;
            SKIP_ENTRIES(0x1f)
            SKIP_ENTRIES(0x17)
            SKIP_ENTRIES(0x4f)
            SKIP_ENTRIES(0x47)
            if (p != before)
                continue;
        }
        if (tag == 0x01) { /* every other one in a list of events; a guess is sooner there than the sum below */
            count++;
            p += 2;
        } else if (tag == 0) {
            if (p[1] >= most - count)
                break;
            count += (uint64_t)1 + p[1];
            p += 2;
        } else if (tag == 0xff) {
            size_t bytes = 10 + (size_t)p[9] * 8;
            if (p[9] >= most - count || bytes > (size_t)(in_end - p))
                break;
            count += (uint64_t)1 + p[9];
            p += bytes;
        } else {
            count++;
            p += 1 + bits_of(tag);
        }
    }
    *in = p;
    return count;
}
