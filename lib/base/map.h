/* A hash map from byte strings to ids, for interning. It copies its keys and never forgets one. */
#ifndef CTRACE_LIB_BASE_MAP_H
#define CTRACE_LIB_BASE_MAP_H

#include "base/memory.h"

typedef struct ctr_map_entry {
    uint64_t hash;
    size_t key_at; /* offset of the key in `keys` */
    size_t key_size;
    ctrace_id id;
} ctr_map_entry;

typedef struct ctr_map {
    ctr_map_entry *slots; /* open addressing; an empty slot has id CTRACE_ID_NONE */
    size_t slot_count;    /* power of two, or 0 */
    size_t used;
    char *keys;
    size_t keys_size;
    size_t keys_capacity;
    uint64_t seed; /* set it to something hard to guess when keys come from outside */
    const ctrace_allocator *allocator;
} ctr_map;

/* The id of a key, or CTRACE_ID_NONE. */
ctrace_id ctr_map_find(const ctr_map *map, const void *key, size_t size);
/* Adds a key that is not there. False when there is no memory. */
bool ctr_map_add(ctr_map *map, const void *key, size_t size, ctrace_id id);
void ctr_map_free(ctr_map *map);

#endif
