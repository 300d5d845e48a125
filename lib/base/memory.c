#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

void *ctr_resize(const ctrace_allocator *allocator, void *block, size_t old_size, size_t new_size)
{
    if (allocator)
        return allocator->resize(allocator->cookie, block, old_size, new_size);
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    return realloc(block, new_size);
}

void *ctr_alloc(const ctrace_allocator *allocator, size_t size)
{
    return ctr_resize(allocator, NULL, 0, size);
}

void *ctr_alloc_zero(const ctrace_allocator *allocator, size_t size)
{
    void *block = ctr_alloc(allocator, size);
    if (block)
        memset(block, 0, size);
    return block;
}

bool ctr_make_room(const ctrace_allocator *allocator, void **items, size_t *capacity, size_t count, size_t item_size)
{
    if (count < *capacity)
        return true;
    size_t larger = *capacity ? *capacity * 2 : 16;
    if (larger > SIZE_MAX / 2 / item_size)
        return false;
    void *grown = ctr_resize(allocator, *items, *capacity * item_size, larger * item_size);
    if (!grown)
        return false;
    *items = grown;
    *capacity = larger;
    return true;
}

void ctr_free(const ctrace_allocator *allocator, void *block, size_t size)
{
    if (block)
        ctr_resize(allocator, block, size, 0);
}
