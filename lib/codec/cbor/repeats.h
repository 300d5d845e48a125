/* What in a run of events repeats what stands before it, known from how they are made: every event is a row of parts, a
 * fixed text with a payload behind it, and events of one kind have the same parts. Two rows are laid side by side, part
 * by part; where they differ in a payload they stay side by side behind it. So the packer has nothing to search. */
#ifndef CTRACE_LIB_CODEC_CBOR_REPEATS_H
#define CTRACE_LIB_CODEC_CBOR_REPEATS_H

#include "base/buffer.h"
#include "io/frames_pack.h"

#define CTR_REPEATS_PARTS   4096 /* so many are remembered */
#define CTR_REPEATS_PENDING 512 /* of these so many wait at most */
#define CTR_REPEATS_MOST    ((size_t)1 << 30) /* bytes of a run */
#define CTR_REPEATS_CLASSES 1024
#define CTR_REPEATS_TEXT    (CTR_REPEATS_CLASSES - 2) /* the class of texts, which have no fixed text */
#define CTR_REPEATS_ENCODED (CTR_REPEATS_CLASSES - 1) /* the class of events that were encoded before */
#define CTR_REPEATS_KEYS    4096 /* as their 12 bits give */

/* Parts whose fixed text is the same have the same class, which is below CTR_REPEATS_CLASSES. Of these, those that are
 * likely to go on alike have the same key. */
typedef struct ctr_part {
    uint32_t start;
    uint32_t kind; /* its class, and in the last 12 bits what is left of its key */
} ctr_part;

typedef struct ctr_repeats {
    ctr_known known;  /* what was found */
    ctr_part parts[CTR_REPEATS_PARTS];
    uint32_t last[CTR_REPEATS_KEYS]; /* number of the last part with that key, */
    uint32_t last_of_class[CTR_REPEATS_CLASSES]; /* and of that class */
    uint32_t first;   /* number of the first part in this run, */
    uint32_t done;    /* of the first that was not looked at, */
    uint32_t count;   /* and of the next one */
    uint32_t lag;     /* the part that is laid beside one comes so many before it; 0: none */
    uint32_t covered; /* where the last repeat ends: what is behind it so far is none */
    uint32_t block;   /* where the packer's block begins */
    /* A program that tells what changed goes on as it did when it was at that place; one that tells all its variables
     * again, as it did just before. Which of them it is, is tried out. */
    bool by_place;    /* keys are to tell the place in the program too */
    bool is_trying;
    uint32_t price[2]; /* of the last block with and without, */
    uint32_t blocks;   /* how many it was since then, */
    size_t block_matches, block_literals; /* and what was there before this one */
    bool is_lost;     /* nothing is known about this run: no memory, or an event that is too large */
} ctr_repeats;

void ctr_repeats_init(ctr_repeats *r, const ctrace_allocator *allocator);
void ctr_repeats_free(ctr_repeats *r);

/* Looks at the parts before byte `end` of the run at `data`, where one ends. */
void ctr_repeats_look(ctr_repeats *r, const char *data, uint32_t end);

/* The same when many wait. */
static inline void ctr_repeats_look_soon(ctr_repeats *r, const char *data, size_t end)
{
    if (r->count - r->done >= CTR_REPEATS_PENDING / 4 && !r->is_lost)
        ctr_repeats_look(r, data, (uint32_t)end);
}

/* The run at `data` ends at `end`; parts behind it wait. What is known about it is in `known` then; false: none. */
bool ctr_repeats_end(ctr_repeats *r, const char *data, size_t end);
/* A new run begins, of which `size` is the byte that is now 0. */
void ctr_repeats_begin(ctr_repeats *r, size_t size);

/* Takes back the parts since it had `count` of them. */
static inline void ctr_repeats_forget(ctr_repeats *r, uint32_t count)
{
    if (r->count - count > r->count - r->done) /* some were looked at */
        r->is_lost = true;
    else
        r->count = count;
}

/* Whether `count` parts can begin from byte `start` of the run at `data` on. */
static inline bool ctr_repeats_room(ctr_repeats *r, const char *data, size_t start, uint32_t count)
{
    if (start >= CTR_REPEATS_MOST)
        r->is_lost = true;
    if (r->is_lost)
        return false;
    if (r->count - r->done > CTR_REPEATS_PENDING - count)
        ctr_repeats_look(r, data, (uint32_t)start);
    return true;
}

/* A part begins at byte `start`, for which there is room. */
static inline void ctr_repeats_add(ctr_repeats *r, size_t start, uint32_t class, uint64_t key)
{
    uint64_t mixed = (key << 10 ^ class) * UINT64_C(0x9E3779B97F4A7C15);
    r->parts[r->count++ % CTR_REPEATS_PARTS] = (ctr_part){(uint32_t)start, class << 12 | (uint32_t)(mixed >> 52)};
}

static inline void ctr_repeats_part(ctr_repeats *r, const char *data, size_t start, uint32_t class, uint64_t key)
{
    if (ctr_repeats_room(r, data, start, 1))
        ctr_repeats_add(r, start, class, key);
}

#endif
