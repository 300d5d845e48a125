/* Bytes of an internal file from one place to another, as they are or unpacked from zstd frames, through a window. */
#ifndef CTRACE_LIB_CODEC_CTFS_BYTES_H
#define CTRACE_LIB_CODEC_CTFS_BYTES_H

#include <zstd.h>

#include "codec/ctfs/container.h"

typedef struct ctr_ctfs_bytes {
    ctr_ctfs *container;
    ctr_ctfs_file file;
    unsigned window_log; /* the most of a zstd frame */
    uint64_t next, stop; /* of the file, what is still to be read */
    bool packed;         /* they are zstd frames */
    bool ended;          /* nothing comes behind the window, */
    bool torn;           /* because it could not be read or unpacked */
    bool in_frame;
    bool size_unknown; /* the first frame does not tell its size */
    ZSTD_DCtx *zstd;
    char *input;
    size_t input_at, input_size;
    char *data; /* the window; behind `end` there is the slack that decoding CBOR wants */
    size_t capacity, at, end;
    uint64_t taken; /* bytes that were taken in all */
} ctr_ctfs_bytes;

/* Needs no memory before anything is read. */
void ctr_ctfs_bytes_init(ctr_ctfs_bytes *b, ctr_ctfs *container, const ctr_ctfs_file *file, unsigned window_log);
void ctr_ctfs_bytes_free(ctr_ctfs_bytes *b);

/* Goes to the bytes of the file from `from` up to `to`. */
void ctr_ctfs_bytes_begin(ctr_ctfs_bytes *b, uint64_t from, uint64_t to, bool packed);

/* Brings at least `size` bytes into the window. CTRACE_END: there are fewer, all of which are there now;
 * CTRACE_NO_MEMORY, CTRACE_IO. Memory grows with what was really read. What was got from the window before may move. */
ctrace_status ctr_ctfs_bytes_fill(ctr_ctfs_bytes *b, size_t size, ctrace_error *error);

static inline size_t ctr_ctfs_bytes_ready(const ctr_ctfs_bytes *b) { return b->end - b->at; }

static inline ctrace_status ctr_ctfs_bytes_need(ctr_ctfs_bytes *b, size_t size, ctrace_error *error)
{
    return ctr_ctfs_bytes_ready(b) >= size ? CTRACE_OK : ctr_ctfs_bytes_fill(b, size, error);
}

/* Goes behind bytes that are in the window. */
static inline void ctr_ctfs_bytes_take(ctr_ctfs_bytes *b, size_t size)
{
    b->at += size;
    b->taken += size;
}

/* Goes behind bytes wherever they are. CTRACE_END when there are fewer. */
ctrace_status ctr_ctfs_bytes_skip(ctr_ctfs_bytes *b, uint64_t size, ctrace_error *error);

/* Takes a varint. CTRACE_EVENT: there is none; nothing is taken then. */
ctrace_status ctr_ctfs_bytes_varint(ctr_ctfs_bytes *b, uint64_t *out, ctrace_error *error);

/* How many bytes of the file the container can have, whatever its entry claims. */
uint64_t ctr_ctfs_size_within(const ctr_ctfs *c, const ctr_ctfs_file *file);

/* A varint as a signed number. */
static inline int64_t ctr_ctfs_signed(uint64_t n) { return (int64_t)(n >> 1) ^ -(int64_t)(n & 1); }

#endif
