#include "base/map.h"

#include <string.h>

static uint64_t mix(uint64_t h)
{
    h ^= h >> 32;
    h *= UINT64_C(0xd6e8feb86659fd93);
    h ^= h >> 32;
    h *= UINT64_C(0xd6e8feb86659fd93);
    return h ^ h >> 32;
}

static uint64_t hash_bytes(uint64_t seed, const void *key, size_t size)
{
    const unsigned char *p = key;
    uint64_t h = mix(seed ^ size), word;
    for (; size >= 8; p += 8, size -= 8) {
        memcpy(&word, p, 8);
        h = mix(h ^ word);
    }
    word = 0;
    if (size)
        memcpy(&word, p, size);
    return mix(h ^ word);
}

static ctr_map_entry *find_slot(const ctr_map *map, uint64_t hash, const void *key, size_t size)
{
    size_t mask = map->slot_count - 1;
    for (size_t at = (size_t)hash & mask;; at = (at + 1) & mask) {
        ctr_map_entry *slot = &map->slots[at];
        if (slot->id == CTRACE_ID_NONE)
            return slot;
        if (slot->hash == hash && slot->key_size == size &&
            (size == 0 || memcmp(map->keys + slot->key_at, key, size) == 0))
            return slot;
    }
}

ctrace_id ctr_map_find(const ctr_map *map, const void *key, size_t size)
{
    if (!map->slot_count)
        return CTRACE_ID_NONE;
    return find_slot(map, hash_bytes(map->seed, key, size), key, size)->id;
}

static bool grow_slots(ctr_map *map)
{
    size_t count = map->slot_count ? map->slot_count * 2 : 64;
    ctr_map_entry *slots = ctr_alloc(map->allocator, count * sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i < count; i++)
        slots[i].id = CTRACE_ID_NONE;
    for (size_t i = 0; i < map->slot_count; i++) {
        if (map->slots[i].id == CTRACE_ID_NONE)
            continue;
        size_t at = (size_t)map->slots[i].hash & (count - 1);
        while (slots[at].id != CTRACE_ID_NONE)
            at = (at + 1) & (count - 1);
        slots[at] = map->slots[i];
    }
    ctr_free(map->allocator, map->slots, map->slot_count * sizeof *slots);
    map->slots = slots;
    map->slot_count = count;
    return true;
}

bool ctr_map_add(ctr_map *map, const void *key, size_t size, ctrace_id id)
{
    if ((map->used + 1) * 4 > map->slot_count * 3 && !grow_slots(map))
        return false;
    if (map->keys_capacity - map->keys_size < size) {
        size_t capacity = map->keys_capacity ? map->keys_capacity : 1024;
        while (capacity - map->keys_size < size)
            capacity *= 2;
        char *keys = ctr_resize(map->allocator, map->keys, map->keys_capacity, capacity);
        if (!keys)
            return false;
        map->keys = keys;
        map->keys_capacity = capacity;
    }
    uint64_t hash = hash_bytes(map->seed, key, size);
    *find_slot(map, hash, key, size) = (ctr_map_entry){hash, map->keys_size, size, id};
    if (size)
        memcpy(map->keys + map->keys_size, key, size);
    map->keys_size += size;
    map->used++;
    return true;
}

void ctr_map_free(ctr_map *map)
{
    ctr_free(map->allocator, map->slots, map->slot_count * sizeof *map->slots);
    ctr_free(map->allocator, map->keys, map->keys_capacity);
    map->slots = NULL;
    map->keys = NULL;
    map->slot_count = map->used = map->keys_size = map->keys_capacity = 0;
}
