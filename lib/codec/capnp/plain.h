/* The words of a packed message, as windows onto what is unpacked. Going forward unpacks each word once; for going to
 * any place it is remembered now and then where in the file a word begins. */
#ifndef CTRACE_LIB_CODEC_CAPNP_PLAIN_H
#define CTRACE_LIB_CODEC_CAPNP_PLAIN_H

#include "codec/capnp/unpack.h"
#include "io/source.h"

#define CTR_PLAIN_WINDOW  ((size_t)4096)         /* words of a window */
#define CTR_PLAIN_MOST    (CTR_PLAIN_WINDOW / 2) /* words that can be asked for at once */
#define CTR_PLAIN_WINDOWS 8
#define CTR_PLAIN_INPUT   ((size_t)1 << 15)

/* Two lanes, so that reading on at two places does not make either start anew. The first has one window. */
#define CTR_PLAIN_LIST     0
#define CTR_PLAIN_CONTENTS 1

/* Where an item begins: a byte of the file, and the first of its words. */
typedef struct ctr_packed_place {
    uint64_t offset;
    uint64_t word;
} ctr_packed_place;

typedef struct ctr_plain_buffer ctr_plain_buffer;

typedef struct ctr_plain_window {
    ctr_plain_buffer *buffer;
    const uint64_t *words;
    uint64_t first; /* of the words */
    uint64_t count;
    ctr_packed_place after;
    uint64_t used;   /* when, for replacing the one that was not used for longest */
    uint64_t pinned; /* the round in which somebody points into it */
} ctr_plain_window;

typedef struct ctr_plain_input {
    uint8_t *data;
    uint64_t offset; /* of the data in the file */
    size_t size;
    bool last; /* the file ends behind it */
} ctr_plain_input;

typedef struct ctr_plain {
    ctr_source *source;
    const char *file;
    const ctrace_allocator *allocator;
    uint64_t end; /* words of the message, once they are known */
    ctr_plain_input inputs[2];
    ctr_plain_window windows[CTR_PLAIN_WINDOWS];
    ctr_plain_buffer *held; /* of windows that were replaced while somebody points into them */
    size_t held_count;
    uint64_t clock;
    uint64_t round;
    ctr_packed_place *marks; /* in order; the first is the beginning */
    size_t mark_count, mark_capacity;
    uint64_t mark_words, mark_bytes; /* how far apart they are */
    uint64_t furthest; /* byte of the file that was reached */
} ctr_plain;

/* `source` seeks; the packed words begin at `offset`. False without memory; free it then, too. */
bool ctr_plain_init(ctr_plain *plain, ctr_source *source, const char *file, uint64_t offset,
                    const ctrace_allocator *allocator);
void ctr_plain_free(ctr_plain *plain);
/* Sets *out to a window with the words from `first` up to first + count, count <= CTR_PLAIN_MOST. It stays until the
 * next call that asks for another; pinned, until the next round. CTRACE_TRUNCATED when they are not there (`error` is
 * not filled then). */
ctrace_status ctr_plain_get(ctr_plain *plain, int lane, uint64_t first, uint64_t count, ctr_plain_window **out,
                            ctrace_error *error);
/* Copies any number of words. */
ctrace_status ctr_plain_copy(ctr_plain *plain, uint64_t first, uint64_t count, uint64_t *out, ctrace_error *error);
/* Where in the file the message ends. CTRACE_SYNTAX when an item goes beyond it. */
ctrace_status ctr_plain_end(ctr_plain *plain, uint64_t *offset, ctrace_error *error);
/* Frees what was held. */
void ctr_plain_release(ctr_plain *plain);

/* Begins a round: what was pinned is so no more. */
static inline void ctr_plain_next_round(ctr_plain *plain)
{
    plain->round++;
    if (plain->held)
        ctr_plain_release(plain);
}

#endif
