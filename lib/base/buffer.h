/* A growing run of bytes. */
#ifndef CTRACE_LIB_BASE_BUFFER_H
#define CTRACE_LIB_BASE_BUFFER_H

#include <string.h>

#include "base/memory.h"

typedef struct ctr_buffer {
    char *data;
    size_t size;
    size_t capacity;
    const ctrace_allocator *allocator;
} ctr_buffer;

/* Makes the capacity at least size + more. False when there is no memory; nothing is lost then. */
bool ctr_buffer_grow(ctr_buffer *b, size_t more);
void ctr_buffer_free(ctr_buffer *b);

static inline bool ctr_buffer_reserve(ctr_buffer *b, size_t more)
{
    return b->capacity - b->size >= more || ctr_buffer_grow(b, more);
}

static inline bool ctr_buffer_append(ctr_buffer *b, const void *data, size_t size)
{
    if (!ctr_buffer_reserve(b, size))
        return false;
    if (size)
        memcpy(b->data + b->size, data, size);
    b->size += size;
    return true;
}

#endif
