/* An allocator that counts, checks the sizes it is told, and fails when told to. */
#ifndef CTRACE_TESTS_LIMITED_MEMORY_H
#define CTRACE_TESTS_LIMITED_MEMORY_H

#include <stdlib.h>

#include "ctrace/common.h"
#include "cmocka_all.h"

typedef struct limited_memory {
    size_t until_failure; /* how many more allocations succeed */
    size_t held;          /* bytes that are not freed yet */
} limited_memory;

/* The size of a block lies in front of it. */
enum { LIMITED_MEMORY_HEAD = 16 };

static inline void *limited_memory_resize(void *cookie, void *block, size_t old_size, size_t new_size)
{
    limited_memory *memory = cookie;
    char *base = block ? (char *)block - LIMITED_MEMORY_HEAD : NULL;
    if (base) {
        size_t told;
        memcpy(&told, base, sizeof told);
        assert_int_equal(told, old_size);
    } else {
        assert_int_equal(old_size, 0);
    }
    if (new_size == 0) {
        free(base);
        memory->held -= old_size;
        return NULL;
    }
    if (memory->until_failure == 0)
        return NULL;
    memory->until_failure--;
    char *moved = realloc(base, LIMITED_MEMORY_HEAD + new_size);
    if (!moved)
        return NULL;
    memcpy(moved, &new_size, sizeof new_size);
    memory->held += new_size - old_size;
    return moved + LIMITED_MEMORY_HEAD;
}

#define LIMITED_ALLOCATOR(memory) ((ctrace_allocator){(memory), limited_memory_resize})

#endif
