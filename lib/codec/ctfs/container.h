/* The CTFS container: one file of equal blocks that holds named internal files. Nothing in it is trusted: a block number
 * is checked before it is used, and no file is longer than the container, so no loop of blocks is walked for ever. */
#ifndef CTRACE_LIB_CODEC_CTFS_CONTAINER_H
#define CTRACE_LIB_CODEC_CTFS_CONTAINER_H

#include "io/source.h"

#define CTR_CTFS_HEAD       16   /* bytes before the entries */
#define CTR_CTFS_ENTRY      24   /* bytes of an entry */
#define CTR_CTFS_NAME_MAX   12
#define CTR_CTFS_MAX_LEVELS 5    /* of mapping blocks */
#define CTR_CTFS_BLOCK      4096 /* bytes of a block, as written here and as CodeTracer's tools want it */
#define CTR_CTFS_MAX_BLOCK  4096
#define CTR_CTFS_ENTRIES    31   /* entries, as written here and as CodeTracer's tools want it */
#define CTR_CTFS_MAX_FILES  ((CTR_CTFS_MAX_BLOCK - CTR_CTFS_HEAD) / CTR_CTFS_ENTRY)
#define CTR_CTFS_CACHED     16   /* mapping blocks that are kept */

typedef struct ctr_ctfs_file {
    char name[CTR_CTFS_NAME_MAX + 1]; /* ends in NUL; "" when the entry's number is no name */
    uint64_t size;      /* as the entry has it; more than the container holds when one of them is wrong or cut */
    uint64_t map_block; /* the mapping block of level 1 */
} ctr_ctfs_file;

typedef struct ctr_ctfs_cached {
    uint64_t block; /* 0: none */
    uint64_t used;  /* when it was used last */
    char *data;
} ctr_ctfs_cached;

typedef struct ctr_ctfs {
    ctr_source *source; /* the reader's; it seeks */
    const char *name;   /* of the container, for errors; ends in NUL */
    const ctrace_allocator *allocator;
    uint8_t version;       /* 2, 3 or 4 */
    uint8_t max_shards;    /* of version 4 */
    uint8_t compression;   /* of version 3: how chunks are compressed: 0 not, 1 zstd, 2 lz4 */
    uint32_t block_size;   /* 1024, 2048 or 4096 */
    uint32_t max_entries;  /* as the header has it */
    uint64_t block_count;  /* that the container has, the last one whole or not */
    ctr_ctfs_file files[CTR_CTFS_MAX_FILES]; /* those in use, in the order of their entries */
    size_t file_count;
    /* What was taken leniently: CT_PADDING, CT_BLOCK_SIZE, CT_ENTRIES, CT_NAME, HEADER_RESERVED; each at most once. */
    ctrace_warning warnings[8];
    size_t warning_count;
    ctr_ctfs_cached cache[CTR_CTFS_CACHED];
    char *cache_blocks;
    uint64_t clock;
} ctr_ctfs;

/* Reads the header and the entries. The source outlives the container. On failure nothing needs freeing. */
ctrace_status ctr_ctfs_open(ctr_ctfs *c, ctr_source *source, const char *name, const ctrace_allocator *allocator,
                            ctrace_error *error);
void ctr_ctfs_close(ctr_ctfs *c);

/* Reads the entries again, for a container that is being written. Files keep their places in `files` when the writer
 * keeps them; sizes and the number of files may change. What mapping blocks were kept is forgotten. */
ctrace_status ctr_ctfs_refresh(ctr_ctfs *c, ctrace_error *error);

/* The file of that name, or NULL. Holds until the container is refreshed. */
const ctr_ctfs_file *ctr_ctfs_find(const ctr_ctfs *c, const char *name);

/* Reads up to `size` bytes of an internal file; fewer at its end alone, or after a failure: *got counts those before the
 * bad place then. CTRACE_TRUNCATED: a block lies behind the end of the container, or the file claims more blocks than
 * that has. CTRACE_SYNTAX: a hole, or a block number that cannot be one. The error has no position. */
ctrace_status ctr_ctfs_read(ctr_ctfs *c, const ctr_ctfs_file *file, uint64_t offset, char *buffer, size_t size,
                            size_t *got, ctrace_error *error);

/* Names in base 40: 12 characters of 0-9 a-z . / - and NULs behind them. The first is false for a number that is no
 * name, and `out` is "" then; the second for a text that is none. */
bool ctr_ctfs_name_decode(char out[CTR_CTFS_NAME_MAX + 1], uint64_t number);
bool ctr_ctfs_name_encode(uint64_t *out, const char *name, size_t size);

#endif
