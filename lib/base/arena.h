/* Memory that is given back all at once. What is taken stays where it is until then. */
#ifndef CTRACE_LIB_BASE_ARENA_H
#define CTRACE_LIB_BASE_ARENA_H

#include "base/memory.h"

typedef struct ctr_arena_block ctr_arena_block;

typedef struct ctr_arena {
    ctr_arena_block *newest; /* blocks double, so the newest is the largest */
    size_t used;             /* of the newest */
    const ctrace_allocator *allocator;
} ctr_arena;

/* `size` bytes, aligned for any object; NULL when there is no memory. */
void *ctr_arena_take(ctr_arena *arena, size_t size);
/* Gives back the end of what was taken last: it had `size` bytes and keeps `kept`. */
void ctr_arena_trim(ctr_arena *arena, size_t size, size_t kept);
void ctr_arena_free(ctr_arena *arena);
/* Drops all blocks but the newest; for ctr_arena_reset(). */
void ctr_arena_drop_older(ctr_arena *arena);

/* Forgets everything and keeps the largest block for what comes. */
static inline void ctr_arena_reset(ctr_arena *arena)
{
    if (arena->used)
        ctr_arena_drop_older(arena);
}

#endif
