#include "base/buffer.h"

bool ctr_buffer_grow(ctr_buffer *b, size_t more)
{
    if (more > SIZE_MAX / 2 - b->size)
        return false;
    size_t capacity = b->capacity ? b->capacity : 256;
    while (capacity < b->size + more)
        capacity *= 2;
    char *data = ctr_resize(b->allocator, b->data, b->capacity, capacity);
    if (!data)
        return false;
    b->data = data;
    b->capacity = capacity;
    return true;
}

void ctr_buffer_free(ctr_buffer *b)
{
    ctr_free(b->allocator, b->data, b->capacity);
    b->data = NULL;
    b->size = b->capacity = 0;
}
