#include "io/frames_write.h"

#include "io/frames.h"

/* A frame without anything in it, as upstream ends a trace without events. */
static const char empty_frame[] = "\x28\xB5\x2F\xFD\x20\x00\x01\x00\x00";
#define EMPTY_FRAME_SIZE (sizeof empty_frame - 1)
/* A block without anything in it that ends its frame. */
static const char last_block[] = "\x01\x00\x00";
#define LAST_BLOCK_SIZE (sizeof last_block - 1)

#define ENTRY_SIZE 8

/* Room for the table from the beginning, so that a usual trace asks for no memory while it is written; nothing is
 * touched before it is needed. */
#define TABLE_ROOM ((size_t)64 << 10)

/* ---- Life ---- */

ctrace_status ctr_frames_out_init(ctr_frames_out *o, const ctrace_sink *sink,
                                  int (*truncate)(void *cookie, uint64_t size), const char *header,
                                  size_t header_size, int level, bool aside, const ctrace_allocator *allocator)
{
    memset(o, 0, sizeof *o);
    o->allocator = o->entries.allocator = o->tail.allocator = allocator;
    o->sink = sink;
    o->truncate = truncate;
    o->header = header;
    o->header_size = header_size;
    if (!ctr_packing_init(&o->packing, level, aside, allocator))
        return CTRACE_NO_MEMORY;
    if (ctr_buffer_reserve(&o->entries, TABLE_ROOM) && ctr_buffer_reserve(&o->tail, TABLE_ROOM))
        return CTRACE_OK;
    ctr_frames_out_free(o);
    return CTRACE_NO_MEMORY;
}

static void free_buffers(ctr_frames_out *o)
{
    ctr_buffer_free(&o->entries);
    ctr_buffer_free(&o->tail);
}

void ctr_frames_out_free(ctr_frames_out *o)
{
    ctr_packing_free(&o->packing);
    free_buffers(o);
}

void ctr_frames_out_abandon(ctr_frames_out *o)
{
    ctr_packing_abandon(&o->packing);
    free_buffers(o);
}

/* ---- The seek table ---- */

static char *put4(char *p, uint64_t n)
{
    for (int i = 0; i < 4; i++, n >>= 8)
        *p++ = (char)n;
    return p;
}

static bool add_entry(ctr_buffer *b, uint64_t packed, uint64_t plain)
{
    char entry[ENTRY_SIZE];
    put4(put4(entry, packed), plain);
    return ctr_buffer_append(b, entry, ENTRY_SIZE);
}

/* Appends what makes the frames before it a whole file: the end of the open one, and the table. */
static bool append_tail(ctr_frames_out *o, ctr_buffer *b)
{
    bool is_empty = o->entries.size == 0 && o->open_packed == 0;
    uint64_t count = o->entries.size / ENTRY_SIZE + (is_empty || o->open_packed);
    char head[8], foot[CTR_SEEK_TABLE_FOOT];
    put4(put4(head, CTR_SEEK_TABLE_FRAME), count * ENTRY_SIZE + sizeof foot);
    char *p = put4(foot, count);
    *p++ = 0;
    put4(p, CTR_SEEK_TABLE_MAGIC);
    bool ok = true;
    if (is_empty)
        ok = ctr_buffer_append(b, empty_frame, EMPTY_FRAME_SIZE);
    else if (o->open_packed)
        ok = ctr_buffer_append(b, last_block, LAST_BLOCK_SIZE);
    ok = ok && ctr_buffer_append(b, head, sizeof head) && ctr_buffer_append(b, o->entries.data, o->entries.size);
    if (is_empty)
        ok = ok && add_entry(b, EMPTY_FRAME_SIZE, 0);
    else if (o->open_packed)
        ok = ok && add_entry(b, o->open_packed + LAST_BLOCK_SIZE, o->open_plain);
    return ok && ctr_buffer_append(b, foot, sizeof foot);
}

/* ---- Writing ---- */

/* The file ends again as it did before a write that stopped half way; that takes no new room on a full disk. */
static void restore(ctr_frames_out *o)
{
    if (!o->truncate)
        return;
    if (o->tail.size && o->sink->write(o->sink->cookie, o->offset, o->tail.data, o->tail.size) != 0)
        return;
    o->truncate(o->sink->cookie, o->offset + o->tail.size);
}

/* Writes `data` where the next blocks belong. `blocks` bytes of it stay, the rest is replaced by the next write. */
static ctrace_status write_out(ctr_frames_out *o, const char *data, size_t size, size_t blocks)
{
    o->system_error = size ? o->sink->write(o->sink->cookie, o->offset, data, size) : 0;
    if (o->system_error) {
        restore(o);
        return CTRACE_IO;
    }
    o->tail.size = 0;
    if (!ctr_buffer_append(&o->tail, data + blocks, size - blocks))
        return CTRACE_NO_MEMORY;
    o->offset += blocks;
    return CTRACE_OK;
}

static bool put_before(ctr_buffer *b, const char *data, size_t size)
{
    if (!ctr_buffer_reserve(b, size))
        return false;
    memmove(b->data + size, b->data, b->size);
    memcpy(b->data, data, size);
    b->size += size;
    return true;
}

/* The open frame has its end. */
static bool end_frame(ctr_frames_out *o)
{
    bool ok = add_entry(&o->entries, o->open_packed, o->open_plain);
    o->open_packed = o->open_plain = 0;
    return ok;
}

static ctrace_status write_portion(ctr_frames_out *o, ctr_portion *portion)
{
    ctr_buffer *b = &portion->packed;
    if (portion->failed)
        return CTRACE_NO_MEMORY;
    size_t packed = b->size;
    if (portion->is_frame && o->open_packed) {
        if (!put_before(b, last_block, LAST_BLOCK_SIZE))
            return CTRACE_NO_MEMORY;
        o->open_packed += LAST_BLOCK_SIZE;
        if (!end_frame(o))
            return CTRACE_NO_MEMORY;
    }
    o->open_packed += packed;
    o->open_plain += portion->plain_size;
    if ((portion->ends_frame || portion->is_frame) && !end_frame(o))
        return CTRACE_NO_MEMORY;
    if (!o->has_header) {
        if (!put_before(b, o->header, o->header_size))
            return CTRACE_NO_MEMORY;
        o->has_header = true;
    }
    size_t blocks = b->size;
    if (!o->sink->sequential && !append_tail(o, b))
        return CTRACE_NO_MEMORY;
    return write_out(o, b->data, b->size, blocks);
}

static ctrace_status write_packed(ctr_frames_out *o, bool wait)
{
    ctrace_status status = CTRACE_OK;
    ctr_portion *portion;
    while (status == CTRACE_OK && (portion = ctr_packing_take(&o->packing, wait)) != NULL)
        status = write_portion(o, portion);
    return status;
}

ctrace_status ctr_frames_out_put(ctr_frames_out *o, ctr_buffer *plain, bool ends_frame, ctr_known *known)
{
    if (ctr_packing_is_full(&o->packing)) {
        ctrace_status status = write_portion(o, ctr_packing_take(&o->packing, true));
        if (status != CTRACE_OK)
            return status;
    }
    if (!ctr_packing_give(&o->packing, plain, ends_frame, known))
        return CTRACE_NO_MEMORY;
    return write_packed(o, false);
}

/* Writes the tail, and before it the header when nothing else has come. */
static ctrace_status write_tail(ctr_frames_out *o)
{
    ctr_buffer b = {.allocator = o->allocator};
    bool ok = o->has_header || ctr_buffer_append(&b, o->header, o->header_size);
    size_t header_size = b.size;
    ctrace_status status = CTRACE_NO_MEMORY;
    if (ok && append_tail(o, &b)) {
        o->has_header = true;
        status = write_out(o, b.data, b.size, header_size);
    }
    ctr_buffer_free(&b);
    return status;
}

ctrace_status ctr_frames_out_flush(ctr_frames_out *o)
{
    ctrace_status status = write_packed(o, true);
    if (status == CTRACE_OK && !o->has_header && !o->sink->sequential)
        status = write_tail(o);
    return status;
}

ctrace_status ctr_frames_out_finish(ctr_frames_out *o)
{
    ctrace_status status = ctr_frames_out_flush(o);
    if (status == CTRACE_OK && o->sink->sequential)
        status = write_tail(o);
    return status;
}
