/* The chunks of a stream: X.idx tells where in X.dat each begins. */
#ifndef CTRACE_LIB_CODEC_CTFS_CHUNKS_H
#define CTRACE_LIB_CODEC_CTFS_CHUNKS_H

#include "codec/ctfs/bytes.h"

/* An internal file of u64, from one of its places on. A part of it is kept. */
typedef struct ctr_ctfs_numbers {
    ctr_ctfs *container;
    ctr_ctfs_file file;
    uint64_t first; /* byte of the file where they begin */
    uint64_t count;
    uint64_t from; /* the number that is kept first */
    size_t kept;
    char data[4096];
} ctr_ctfs_numbers;

void ctr_ctfs_numbers_init(ctr_ctfs_numbers *n, ctr_ctfs *container, const ctr_ctfs_file *file, uint64_t first);
/* Number `index`, which is below the count. CTRACE_END: it cannot be read; CTRACE_NO_MEMORY, CTRACE_IO. */
ctrace_status ctr_ctfs_number(ctr_ctfs_numbers *n, uint64_t index, uint64_t *out, ctrace_error *error);

typedef struct ctr_ctfs_chunks {
    ctr_ctfs_numbers offsets;
    uint64_t count;
    uint64_t size; /* records of every chunk but the last */
    uint64_t data_size;
    bool older;           /* the older framing of steps */
    ctr_ctfs_bytes bytes; /* of the chunk that is open */
} ctr_ctfs_chunks;

/* Opens a stream, from its X.dat and X.idx. Frames may have windows of 1 << window_log. CTRACE_END: that is no index. */
ctrace_status ctr_ctfs_chunks_init(ctr_ctfs_chunks *c, ctr_ctfs *container, const ctr_ctfs_file *data,
                                   const ctr_ctfs_file *index, unsigned window_log, ctrace_error *error);
void ctr_ctfs_chunks_free(ctr_ctfs_chunks *c);

/* Goes to a chunk. When its place is none its bytes have ended and are torn. CTRACE_END: there is no such chunk. */
ctrace_status ctr_ctfs_chunks_open(ctr_ctfs_chunks *c, uint64_t chunk, ctrace_error *error);

#endif
