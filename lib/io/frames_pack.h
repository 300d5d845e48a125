/* Packing bytes into zstd frames, here or on another thread. The other thread packs and does nothing else: memory is
 * taken and given back, and the sink is written to, by the caller's thread alone. */
#ifndef CTRACE_LIB_IO_FRAMES_PACK_H
#define CTRACE_LIB_IO_FRAMES_PACK_H

#include <pthread.h>

#include "base/buffer.h"

/* So many portions are on their way at most. */
#define CTR_PACK_SLOTS 4

/* A frame consists of blocks, and one holds so many plain bytes at most. */
#define CTR_BLOCK_PLAIN ((uint32_t)128 << 10)

/* `literals` bytes as they are, and behind them `length` bytes that repeat those `offset` before them. With both of
 * these 0 it ends a block. */
typedef struct ctr_match {
    uint32_t offset;
    uint32_t literals;
    uint32_t length;
    uint32_t unused;
} ctr_match;

/* What in a portion is known to repeat. */
typedef struct ctr_known {
    ctr_buffer matches; /* ctr_match[] for all of its bytes; none when nothing is known */
    size_t literals;    /* of all of them */
} ctr_known;

typedef struct ctr_portion {
    ctr_buffer plain;  /* for the other thread alone */
    size_t plain_size;
    ctr_buffer packed; /* has room for all that packing can give */
    ctr_known known;
    bool ends_frame;
    bool is_frame; /* it was packed as a frame of its own, and what was open before it ends there */
    bool failed; /* for lack of memory */
} ctr_portion;

typedef struct ctr_packing {
    const ctrace_allocator *allocator;
    void *context; /* of zstd */
    void *known_context; /* for what is known to repeat; NULL: that is of no use */
    bool is_open;        /* the frame of `context`, for who packs */
    ctr_portion portions[CTR_PACK_SLOTS];
    uint64_t given, taken; /* portions so far; those between are on their way */
    bool aside;
    /* Shared with the other thread, which packs the portions between `packed` and `given`. */
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t is_given, is_packed;
    uint64_t shared_given, packed;
    bool quit;
} ctr_packing;

/* When no thread can be made it works without. False when there is no memory; then there is nothing to be freed. */
bool ctr_packing_init(ctr_packing *p, int level, bool aside, const ctrace_allocator *allocator);
/* To be called before the first portion, when portions will come with what is known to repeat. False: this library of
 * zstd cannot make use of it. */
bool ctr_packing_take_known(ctr_packing *p, int level);
/* Whether a portion can be given without taking one before. */
static inline bool ctr_packing_is_full(const ctr_packing *p)
{
    return p->given - p->taken == (p->aside ? CTR_PACK_SLOTS : 1);
}
/* Takes the bytes of `plain`, which has none then and may be another buffer; what lay behind its bytes stays where it
 * was until the next call. So are those of `known`, which may be NULL: told what repeats, packing takes a part of the
 * time, and the portion is a frame of its own. False when there is no memory. */
bool ctr_packing_give(ctr_packing *p, ctr_buffer *plain, bool ends_frame, ctr_known *known);
/* The portion that was given first of those that were not taken; NULL when there is none, or none that is packed
 * already and `wait` is false. It is to be used before the next one is given or taken. */
ctr_portion *ctr_packing_take(ctr_packing *p, bool wait);
void ctr_packing_free(ctr_packing *p);
void ctr_packing_abandon(ctr_packing *p);

#endif
