/* Memory through the caller's allocator. Every function takes NULL for malloc and friends. */
#ifndef CTRACE_LIB_BASE_MEMORY_H
#define CTRACE_LIB_BASE_MEMORY_H

#include "ctrace/common.h"

void *ctr_alloc(const ctrace_allocator *allocator, size_t size);
/* Zeroed. */
void *ctr_alloc_zero(const ctrace_allocator *allocator, size_t size);
void *ctr_resize(const ctrace_allocator *allocator, void *block, size_t old_size, size_t new_size);
/* Makes room for item number `count` of an array. False when there is no memory; nothing is lost then. */
bool ctr_make_room(const ctrace_allocator *allocator, void **items, size_t *capacity, size_t count, size_t item_size);
void ctr_free(const ctrace_allocator *allocator, void *block, size_t size);

#endif
