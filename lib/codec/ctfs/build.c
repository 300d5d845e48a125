#include "codec/ctfs/build.h"

#include <errno.h>

#include "codec/ctfs/little_endian.h"

#define SLOTS  (CTR_CTFS_BLOCK / 8)
#define USABLE ((uint64_t)SLOTS - 1)

static bool write_at(ctr_build *b, uint64_t offset, const char *data, size_t size)
{
    b->system_error = b->sink->write(b->sink->cookie, offset, data, size);
    if (b->system_error)
        return false;
    if (offset + size > b->written)
        b->written = offset + size;
    return true;
}

static bool write_block(ctr_build *b, uint64_t block, const char *data)
{
    return write_at(b, block * CTR_CTFS_BLOCK, data, CTR_CTFS_BLOCK);
}

bool ctr_build_begin(ctr_build *b, const ctrace_sink *sink)
{
    char block[CTR_CTFS_BLOCK] = {'\xC0', '\xDE', '\x72', '\xAC', '\xE2', 4};
    *b = (ctr_build){.sink = sink, .next_block = 1};
    ctr_store_u32(block + 8, CTR_CTFS_BLOCK);
    ctr_store_u32(block + 12, CTR_CTFS_ENTRIES);
    return write_block(b, 0, block);
}

/* ---- Mapping ---- */

static bool write_map(ctr_build *b, ctr_built_map *map)
{
    if (!map->changed)
        return true;
    map->changed = false;
    return write_block(b, map->block, map->data);
}

/* Puts an empty mapping block in place of one that is full, which is written. */
static bool new_map(ctr_build *b, ctr_built_map *map)
{
    if (map->block && !write_map(b, map))
        return false;
    memset(map->data, 0, sizeof map->data);
    map->block = b->next_block++;
    map->changed = false;
    return write_block(b, map->block, map->data);
}

static void set_slot(ctr_built_map *map, uint64_t slot, uint64_t block)
{
    ctr_store_u64(map->data + slot * 8, block);
    map->changed = true;
}

/* Makes ready the mapping of data block `index`, the next one: *slot of level 1 is to name it. */
static bool reach(ctr_build *b, ctr_built_file *file, uint64_t index, uint64_t *slot)
{
    uint64_t covered = USABLE;
    unsigned level = 1;
    for (; index >= covered && level < CTR_CTFS_MAX_LEVELS; level++) {
        index -= covered;
        covered *= USABLE;
    }
    if (index >= covered) {
        b->system_error = EFBIG;
        return false;
    }
    if (level > file->level) {
        ctr_built_map *top = &file->maps[level - 1];
        if (!new_map(b, top))
            return false;
        if (file->level)
            set_slot(&file->maps[file->level - 1], USABLE, top->block);
        else
            file->map_block = top->block;
        if (file->level && !write_map(b, &file->maps[file->level - 1]))
            return false;
        file->level = level;
    }
    for (unsigned depth = level - 1; depth > 0; depth--) {
        covered /= USABLE;
        if (index % covered == 0) {
            if (!new_map(b, &file->maps[depth - 1]))
                return false;
            set_slot(&file->maps[depth], index / covered, file->maps[depth - 1].block);
        }
        index %= covered;
    }
    *slot = index;
    return true;
}

/* ---- Files ---- */

/* Gives the file its next data block. */
static bool new_block(ctr_build *b, ctr_built_file *file, uint64_t *out)
{
    uint64_t slot;
    if (!reach(b, file, file->blocks, &slot))
        return false;
    *out = b->next_block++;
    set_slot(&file->maps[0], slot, *out);
    file->blocks++;
    return true;
}

/* Whether the next data block of the file needs a mapping block before it. */
static bool needs_map(const ctr_built_file *file)
{
    uint64_t index = file->blocks, covered = USABLE;
    for (unsigned level = 1; level < CTR_CTFS_MAX_LEVELS && index >= covered; level++) {
        index -= covered;
        covered *= USABLE;
    }
    return index % USABLE == 0;
}

/* Writes whole blocks that lie one behind another at once. *used is how many bytes that were. */
static bool append_blocks(ctr_build *b, ctr_built_file *file, const char *data, size_t size, size_t *used)
{
    uint64_t first, next;
    if (!new_block(b, file, &first))
        return false;
    *used = CTR_CTFS_BLOCK;
    while (size - *used >= CTR_CTFS_BLOCK && !needs_map(file)) {
        if (!new_block(b, file, &next))
            return false;
        *used += CTR_CTFS_BLOCK;
    }
    return write_at(b, first * CTR_CTFS_BLOCK, data, *used);
}

bool ctr_build_append(ctr_build *b, ctr_built_file *file, const char *data, size_t size)
{
    while (size) {
        size_t used;
        if (file->tail_size) {
            size_t room = CTR_CTFS_BLOCK - file->tail_size;
            used = size < room ? size : room;
            memcpy(file->tail_data + file->tail_size, data, used);
            file->tail_size += used;
            if (file->tail_size == CTR_CTFS_BLOCK) {
                if (!write_block(b, file->tail, file->tail_data))
                    return false;
                file->tail_size = 0;
            }
        } else if (size >= CTR_CTFS_BLOCK) {
            if (!append_blocks(b, file, data, size, &used))
                return false;
        } else {
            used = size;
            memset(file->tail_data, 0, sizeof file->tail_data);
            memcpy(file->tail_data, data, size);
            file->tail_size = size;
            /* It is written now, so that what comes behind it is not written before it. */
            if (!new_block(b, file, &file->tail) || !write_block(b, file->tail, file->tail_data))
                return false;
        }
        file->size += used;
        data += used;
        size -= used;
    }
    return true;
}

bool ctr_build_sync(ctr_build *b, ctr_built_file *file)
{
    uint64_t slot;
    if (!file->level && !reach(b, file, 0, &slot)) /* a mapping block has even an empty file */
        return false;
    if (file->tail_size && !write_block(b, file->tail, file->tail_data))
        return false;
    for (unsigned level = 0; level < file->level; level++)
        if (!write_map(b, &file->maps[level]))
            return false;
    char entry[CTR_CTFS_ENTRY];
    uint64_t name;
    ctr_ctfs_name_encode(&name, file->name, strlen(file->name));
    ctr_store_u64(ctr_store_u64(ctr_store_u64(entry, file->size), file->map_block), name);
    return write_at(b, CTR_CTFS_HEAD + (uint64_t)file->slot * CTR_CTFS_ENTRY, entry, sizeof entry);
}
