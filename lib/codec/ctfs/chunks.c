#include "codec/ctfs/chunks.h"

#include "codec/ctfs/little_endian.h"

/* ---- Numbers ---- */

void ctr_ctfs_numbers_init(ctr_ctfs_numbers *n, ctr_ctfs *container, const ctr_ctfs_file *file, uint64_t first)
{
    uint64_t size = ctr_ctfs_size_within(container, file);
    n->container = container;
    n->file = *file;
    n->first = first;
    n->count = size > first ? (size - first) / 8 : 0;
    n->from = n->kept = 0;
}

ctrace_status ctr_ctfs_number(ctr_ctfs_numbers *n, uint64_t index, uint64_t *out, ctrace_error *error)
{
    if (index < n->from || index - n->from >= n->kept) {
        size_t got;
        ctrace_status status =
            ctr_ctfs_read(n->container, &n->file, n->first + index * 8, n->data, sizeof n->data, &got, error);
        n->from = index;
        n->kept = got / 8;
        if (status == CTRACE_IO || status == CTRACE_NO_MEMORY)
            return status;
        if (!n->kept)
            return CTRACE_END;
    }
    *out = ctr_load_u64(n->data + (index - n->from) * 8);
    return CTRACE_OK;
}

/* ---- Chunks ---- */

ctrace_status ctr_ctfs_chunks_init(ctr_ctfs_chunks *c, ctr_ctfs *container, const ctr_ctfs_file *data,
                                   const ctr_ctfs_file *index, unsigned window_log, ctrace_error *error)
{
    char head[4 + 16];
    size_t got;
    ctr_ctfs_bytes_init(&c->bytes, container, data, window_log);
    ctrace_status status = ctr_ctfs_read(container, index, 0, head, sizeof head, &got, error);
    if (status == CTRACE_IO || status == CTRACE_NO_MEMORY)
        return status;
    if (got < 4 || !ctr_load_u32(head))
        return CTRACE_END;
    c->size = ctr_load_u32(head);
    c->data_size = ctr_ctfs_size_within(container, data);
    /* Of the newer framing the second number is where the second chunk begins. */
    c->older = got >= 20 && ctr_load_u64(head + 12) == 0;
    ctr_ctfs_numbers_init(&c->offsets, container, index, c->older ? 12 : 4);
    c->count = c->offsets.count;
    if (c->older && c->count)
        c->count--; /* the last is how many records there are */
    return CTRACE_OK;
}

void ctr_ctfs_chunks_free(ctr_ctfs_chunks *c) { ctr_ctfs_bytes_free(&c->bytes); }

ctrace_status ctr_ctfs_chunks_open(ctr_ctfs_chunks *c, uint64_t chunk, ctrace_error *error)
{
    if (chunk >= c->count)
        return CTRACE_END;
    uint64_t from, to = c->data_size;
    ctrace_status status = ctr_ctfs_number(&c->offsets, chunk, &from, error);
    if (status == CTRACE_OK && chunk + 1 < c->count)
        status = ctr_ctfs_number(&c->offsets, chunk + 1, &to, error);
    if (status != CTRACE_OK)
        return status;
    bool cut = from > to || to > c->data_size;
    if (to > c->data_size)
        to = c->data_size;
    ctr_ctfs_bytes_begin(&c->bytes, from, from > to ? from : to, true);
    c->bytes.ended = from >= to;
    c->bytes.torn = cut && from >= to;
    return CTRACE_OK;
}
