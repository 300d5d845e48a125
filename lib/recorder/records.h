/* What lanes put into their chunks: records of 8-byte words. A record is a first word with its kind and what follows;
 * a value in it is a first word of its own with what follows. Only this process reads them. */
#ifndef CTRACE_LIB_RECORDER_RECORDS_H
#define CTRACE_LIB_RECORDER_RECORDS_H

#include <string.h>

#include "ctrace/event.h"

typedef uint64_t ctr_word;

typedef enum ctr_record_kind {
    CTR_RECORD_TURN,      /* from here on the stream is at this lane: the ticket */
    CTR_RECORD_START,     /* a thread started */
    CTR_RECORD_END,       /* it ended: the last record of its lane */
    CTR_RECORD_STEP,      /* number: path; the line */
    CTR_RECORD_CALL,      /* number: function; after its arguments */
    CTR_RECORD_ARG,       /* number: variable; a value */
    CTR_RECORD_RETURN,    /* a value */
    CTR_RECORD_VARIABLE,  /* number: variable; a value */
    CTR_RECORD_LOCAL,     /* number: variable; a value */
    CTR_RECORD_FORGET,    /* number: variable */
    CTR_RECORD_LET_GO,    /* number: index of the open frame whose variables are forgotten */
    CTR_RECORD_LOG,       /* number: kind; size of the metadata, size of the content, both texts */
    CTR_RECORD_EVENT      /* size in words; a ctrace_event whose pointers are offsets from its begin */
} ctr_record_kind;

/* The first word: 8 bits kind, 8 bits flags, 16 bits unused, 32 bits number. Of a value, the kind is that of the value,
 * the number its type:
 *   Int, Float, Cell: the 64 bits.  Bool: the flag.  None: nothing.  String, Raw, Error, Char: a text.
 *   BigInt: a text, the magnitude; the flag tells that it is negative.
 *   Sequence, Tuple, Struct: how many children, which follow; the flag tells that it is a slice.
 *   Variant: a text; one child.  Reference: the address; the flag tells that it is mutable; one child.
 * A text is its size, and its bytes up to the end of a word. */
static inline ctr_word ctr_word_of(unsigned kind, unsigned flags, uint64_t number)
{
    return kind | flags << 8 | (number > UINT32_MAX ? (ctr_word)UINT32_MAX : number) << 32;
}

static inline unsigned ctr_word_kind(ctr_word word) { return word & 0xFF; }
static inline bool ctr_word_flag(ctr_word word) { return word >> 8 & 1; }
static inline uint64_t ctr_word_number(ctr_word word) { return word >> 32; }

/* Words that so many bytes take. */
static inline size_t ctr_words(size_t bytes) { return (bytes + sizeof(ctr_word) - 1) / sizeof(ctr_word); }

/* Puts a text at `p`, where 1 + ctr_words(size) words are free; returns their end. */
static inline ctr_word *ctr_put_words(ctr_word *p, ctrace_str text)
{
    size_t words = ctr_words(text.size);
    *p++ = text.size;
    if (words) {
        p[words - 1] = 0; /* so that equal texts are equal words */
        memcpy(p, text.data, text.size);
    }
    return p + words;
}

static inline const ctr_word *ctr_take_words(const ctr_word *p, ctrace_str *text)
{
    *text = (ctrace_str){(const char *)(p + 1), (size_t)*p};
    return p + 1 + ctr_words(text->size);
}

#endif
