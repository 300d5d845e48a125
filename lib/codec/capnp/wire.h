/* Words and pointers of a Cap'n Proto message, and the sizes of the records that a trace is made of. Words lie in
 * memory as they lie in the message: little-endian. */
#ifndef CTRACE_LIB_CODEC_CAPNP_WIRE_H
#define CTRACE_LIB_CODEC_CAPNP_WIRE_H

#include <stdint.h>
#include <string.h>

#define CTR_CAPNP_HEAD_SIZE 8 /* of the file, before the packed message */

static inline uint64_t ctr_word_load(const void *from)
{
    uint64_t word;
    memcpy(&word, from, 8);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static inline void ctr_word_store(void *to, uint64_t word)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    memcpy(to, &word, 8);
}

/* ---- Pointers: the low two bits tell what it is. ---- */

#define CTR_POINTER_STRUCT 0u
#define CTR_POINTER_LIST   1u
#define CTR_POINTER_FAR    2u

/* Sizes of the elements of a list. */
#define CTR_ELEMENTS_VOID     0u
#define CTR_ELEMENTS_BITS     1u
#define CTR_ELEMENTS_BYTES    2u
#define CTR_ELEMENTS_WORDS    5u
#define CTR_ELEMENTS_POINTERS 6u
#define CTR_ELEMENTS_RECORDS  7u /* with a word in front that tells their number and size */

#define CTR_MOST_ELEMENTS ((UINT64_C(1) << 29) - 1) /* also of words in a list of records, and of a far offset */

/* All but the offset of a pointer to a record, and to a list. */
#define CTR_STRUCT_BITS(data_words, pointers) ((uint64_t)(data_words) << 32 | (uint64_t)(pointers) << 48)
#define CTR_LIST_BITS(elements, count)        (CTR_POINTER_LIST | (uint64_t)(elements) << 32 | (uint64_t)(count) << 35)

/* A near pointer: `offset` words lie between it and what it points to. */
static inline uint64_t ctr_pointer(uint64_t bits, int64_t offset)
{
    return bits | ((uint64_t)offset << 2 & UINT32_MAX);
}

static inline unsigned ctr_pointer_kind(uint64_t pointer) { return (unsigned)(pointer & 3); }

/* As a number to be added to a place: below 0 it wraps. */
static inline uint64_t ctr_pointer_offset(uint64_t pointer)
{
    uint64_t offset = pointer >> 2 & 0x3fffffff;
    return (offset ^ 0x20000000) - 0x20000000;
}

static inline uint32_t ctr_pointer_data_words(uint64_t pointer) { return (uint32_t)(pointer >> 32 & 0xffff); }
static inline uint32_t ctr_pointer_pointers(uint64_t pointer) { return (uint32_t)(pointer >> 48); }
static inline unsigned ctr_pointer_elements(uint64_t pointer) { return (unsigned)(pointer >> 32 & 7); }
static inline uint32_t ctr_pointer_count(uint64_t pointer) { return (uint32_t)(pointer >> 35); }

/* A far pointer leads to a landing pad in another segment. */
static inline uint64_t ctr_far_pointer(uint64_t segment, uint64_t word)
{
    return CTR_POINTER_FAR | word << 3 | segment << 32;
}

static inline uint32_t ctr_far_segment(uint64_t pointer) { return (uint32_t)(pointer >> 32); }
static inline uint32_t ctr_far_word(uint64_t pointer) { return (uint32_t)(pointer >> 3 & 0x1fffffff); }
static inline int ctr_far_is_double(uint64_t pointer) { return (int)(pointer >> 2 & 1); }

/* ---- What the format numbers otherwise than the model does. ---- */

/* Events: the tag of each kind. */
#define CTR_CAPNP_TAG_DROP_LAST_STEP 20u
#define CTR_CAPNP_TAG_THREAD_START   21u
#define CTR_CAPNP_TAGS               24u

/* Values: one for each kind but Char. */
#define CTR_CAPNP_VALUES 14u

/* What the words of a value's data are for: the number, float, flag or address, then the tag. */
#define CTR_CAPNP_VALUE_DATA     3u
#define CTR_CAPNP_VALUE_POINTERS 3u

/* ---- What builders in use write ---- */

/* The landing pad of a record of two pointers right behind it. */
#define CTR_CAPNP_PAD_OF_TWO CTR_STRUCT_BITS(0, 2)
/* The first pointer of such a record when a number is right behind it, and then the second, when behind that number is
 * another one, or a value. */
#define CTR_CAPNP_NEXT_NUMBER (CTR_STRUCT_BITS(1, 0) | 1u << 2)
#define CTR_CAPNP_NEXT_VALUE  (CTR_STRUCT_BITS(CTR_CAPNP_VALUE_DATA, CTR_CAPNP_VALUE_POINTERS) | 1u << 2)
/* The first pointer of a value when the number of its type is right behind it. */
#define CTR_CAPNP_NEXT_TYPE (CTR_STRUCT_BITS(1, 0) | 2u << 2)

#endif
