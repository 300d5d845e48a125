/* Files of zstd frames, made in memory, and sources to read them from. */
#ifndef CTRACE_TESTS_FRAME_FILES_H
#define CTRACE_TESTS_FRAME_FILES_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zstd.h>

#include "base/buffer.h"
#include "cmocka_all.h"
#include "io/file.h"
#include "io/frames.h"

static inline void put(ctr_buffer *b, const void *data, size_t size) { assert_true(ctr_buffer_append(b, data, size)); }

static inline void put4(ctr_buffer *b, uint32_t n)
{
    unsigned char bytes[4] = {(unsigned char)n, (unsigned char)(n >> 8), (unsigned char)(n >> 16),
                              (unsigned char)(n >> 24)};
    put(b, bytes, 4);
}

/* How a frame is made. */
enum { FRAME_TELLS_SIZE = 1, FRAME_CHECKSUM = 2 };

/* Appends a frame; returns its size. */
static inline size_t put_frame(ctr_buffer *b, const char *plain, size_t size, int how)
{
    ZSTD_CCtx *context = ZSTD_createCCtx();
    assert_non_null(context);
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, (how & FRAME_TELLS_SIZE) != 0);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, (how & FRAME_CHECKSUM) != 0);
    assert_true(ctr_buffer_reserve(b, ZSTD_compressBound(size)));
    size_t packed = ZSTD_compress2(context, b->data + b->size, b->capacity - b->size, plain, size);
    assert_false(ZSTD_isError(packed));
    b->size += packed;
    ZSTD_freeCCtx(context);
    return packed;
}

typedef struct seek_table {
    uint32_t packed[64], plain[64];
    uint32_t count;
} seek_table;

static inline void put_table(ctr_buffer *b, const seek_table *table, bool with_checksums)
{
    put4(b, CTR_SEEK_TABLE_FRAME);
    put4(b, table->count * (with_checksums ? 12 : 8) + CTR_SEEK_TABLE_FOOT);
    for (uint32_t i = 0; i < table->count; i++) {
        put4(b, table->packed[i]);
        put4(b, table->plain[i]);
        if (with_checksums)
            put4(b, 0xDEADBEEF);
    }
    put4(b, table->count);
    put(b, with_checksums ? "\x80" : "\0", 1);
    put4(b, CTR_SEEK_TABLE_MAGIC);
}

/* A file without a name that holds `data`. To be closed. */
static inline ctr_source file_source(const char *data, size_t size)
{
    ctr_source source = {.fd = -1};
    assert_int_equal(ctr_open_spool(-1, &source.fd), 0);
    assert_int_equal(ctr_write_at(source.fd, 0, data, size), 0);
    ctr_source_measure(&source);
    assert_true(source.seeks);
    return source;
}

/* A source of memory in pieces. */
typedef struct piecewise {
    const char *data;
    size_t size, at, piece;
    bool interrupted; /* every other read is interrupted by a signal */
    bool odd;
    size_t fails_at; /* the read that reaches this byte fails; 0: none does */
} piecewise;

static inline ptrdiff_t piecewise_read(void *cookie, char *buffer, size_t size, int *system_error)
{
    piecewise *p = cookie;
    p->odd = !p->odd;
    if (p->interrupted && p->odd) {
        *system_error = EINTR;
        return -1;
    }
    if (p->fails_at && p->at >= p->fails_at) {
        *system_error = EIO;
        return -1;
    }
    size_t count = p->size - p->at;
    if (count > size)
        count = size;
    if (p->piece && count > p->piece)
        count = p->piece;
    if (count)
        memcpy(buffer, p->data + p->at, count);
    p->at += count;
    return (ptrdiff_t)count;
}

static inline ctr_source piecewise_source(piecewise *p)
{
    ctr_source source;
    ctrace_source caller = {p, piecewise_read};
    ctr_source_set_caller(&source, &caller);
    return source;
}

/* Numbers that repeat now and then, so that they can be packed but not to nothing. */
static inline void fill(char *data, size_t size, uint32_t seed)
{
    for (size_t i = 0; i < size; i++) {
        if (i % 7 == 0)
            seed = seed * 1664525 + 1013904223;
        data[i] = (char)('a' + (seed >> 24) % 23 + i % 3);
    }
}

#endif
