#include "base/arena.h"

#include <stdalign.h>

struct ctr_arena_block {
    ctr_arena_block *older;
    size_t capacity;
    alignas(max_align_t) char data[];
};

static size_t rounded(size_t size) { return (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1); }

void *ctr_arena_take(ctr_arena *arena, size_t size)
{
    if (size > SIZE_MAX / 4)
        return NULL;
    size = rounded(size);
    if (!arena->newest || arena->newest->capacity - arena->used < size) {
        size_t capacity = arena->newest ? arena->newest->capacity * 2 : 4096 - sizeof(ctr_arena_block);
        if (capacity < size)
            capacity = size;
        ctr_arena_block *block = ctr_alloc(arena->allocator, sizeof *block + capacity);
        if (!block)
            return NULL;
        block->older = arena->newest;
        block->capacity = capacity;
        arena->newest = block;
        arena->used = 0;
    }
    void *taken = arena->newest->data + arena->used;
    arena->used += size;
    return taken;
}

void ctr_arena_trim(ctr_arena *arena, size_t size, size_t kept) { arena->used -= rounded(size) - rounded(kept); }

static void free_chain(ctr_arena *arena, ctr_arena_block *block)
{
    while (block) {
        ctr_arena_block *older = block->older;
        ctr_free(arena->allocator, block, sizeof *block + block->capacity);
        block = older;
    }
}

void ctr_arena_drop_older(ctr_arena *arena)
{
    if (arena->newest) {
        free_chain(arena, arena->newest->older);
        arena->newest->older = NULL;
    }
    arena->used = 0;
}

void ctr_arena_free(ctr_arena *arena)
{
    free_chain(arena, arena->newest);
    arena->newest = NULL;
    arena->used = 0;
}
