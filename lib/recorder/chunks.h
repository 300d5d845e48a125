/* The memory that records lie in. A lane fills one chunk after the other; the recorder's thread reads them behind it
 * and gives them back. */
#ifndef CTRACE_LIB_RECORDER_CHUNKS_H
#define CTRACE_LIB_RECORDER_CHUNKS_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/memory.h"
#include "recorder/records.h"

#define CTR_CHUNK_WORDS ((size_t)8 << 10)
/* The first chunk of a lane is small, as a program may have many threads that do little. */
#define CTR_FIRST_CHUNK_WORDS ((size_t)512)

typedef struct ctr_chunk ctr_chunk;
struct ctr_chunk {
    _Atomic(ctr_chunk *) next; /* of its lane; set when nothing more comes into this one */
    atomic_size_t filled;      /* words of whole records */
    size_t room;               /* words */
    ctr_word words[];
};

static inline size_t ctr_chunk_size(const ctr_chunk *chunk)
{
    return sizeof *chunk + chunk->room * sizeof(ctr_word);
}

/* All chunks of a recorder. */
typedef struct ctr_chunks {
    pthread_mutex_t lock;
    pthread_cond_t given_back;
    /* Those that were given back, in their order. At least `rotation` chunks go round, more than the caches next to a
     * processor hold: to write where the other has just read costs as much as all the rest. */
    ctr_chunk *spare, *last_spare;
    size_t made, rotation;
    atomic_size_t used; /* bytes that lanes hold */
    size_t limit;
    size_t resume; /* who waits goes on when no more are held */
    const ctrace_allocator *allocator;
} ctr_chunks;

bool ctr_chunks_init(ctr_chunks *c, size_t limit, size_t resume, const ctrace_allocator *allocator);
/* All chunks that were taken were given back. */
void ctr_chunks_free(ctr_chunks *c);

static inline bool ctr_chunks_full(const ctr_chunks *c)
{
    return atomic_load_explicit(&c->used, memory_order_relaxed) >= c->limit;
}

static inline bool ctr_chunks_may_resume(const ctr_chunks *c)
{
    return atomic_load_explicit(&c->used, memory_order_relaxed) <= c->resume;
}

/* A chunk with room for `words`; NULL when there is no memory. It does not look at the limit. */
ctr_chunk *ctr_chunk_take(ctr_chunks *c, size_t words);
void ctr_chunk_give_back(ctr_chunks *c, ctr_chunk *chunk);
/* Wakes those that wait on given_back. */
void ctr_chunks_wake(ctr_chunks *c);

#endif
