/* Building a container into a sink while its files grow. Blocks are handed out in order and written in order, so that
 * the sink never has a hole; what a file gains is seen when it is synced: data first, then its mapping, then its entry. */
#ifndef CTRACE_LIB_CODEC_CTFS_BUILD_H
#define CTRACE_LIB_CODEC_CTFS_BUILD_H

#include "codec/ctfs/container.h"
#include "ctrace/writer.h"

/* A mapping block that is being filled. */
typedef struct ctr_built_map {
    uint64_t block;
    bool changed; /* since it was written */
    char data[CTR_CTFS_BLOCK];
} ctr_built_map;

/* A file that grows. Zeros, but for `slot` and `name`, make one that is not there yet. */
typedef struct ctr_built_file {
    unsigned slot;      /* its place among the entries */
    const char *name;
    uint64_t size;
    uint64_t map_block; /* of level 1 */
    uint64_t blocks;    /* data blocks */
    unsigned level;     /* of its mapping */
    uint64_t tail;      /* the last data block, */
    size_t tail_size;   /* the bytes of it that are in use, */
    char tail_data[CTR_CTFS_BLOCK];
    ctr_built_map maps[CTR_CTFS_MAX_LEVELS]; /* those on the way to the last block: level 1 first */
} ctr_built_file;

typedef struct ctr_build {
    const ctrace_sink *sink;
    uint64_t next_block;
    uint64_t written; /* bytes that the sink has */
    int system_error;
} ctr_build;

/* All return false when writing failed; system_error tells why. */

/* Writes the header. */
bool ctr_build_begin(ctr_build *b, const ctrace_sink *sink);
bool ctr_build_append(ctr_build *b, ctr_built_file *file, const char *data, size_t size);
/* Makes all that was appended part of the file. */
bool ctr_build_sync(ctr_build *b, ctr_built_file *file);

#endif
