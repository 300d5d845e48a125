#include "codec/ctfs/bytes.h"

#include "base/failure.h"
#include "codec/cbor/decode.h"
#include "codec/ctfs/meta.h"

#define INPUT_SIZE   ((size_t)16 << 10)
#define FIRST_WINDOW ((size_t)16 << 10)
#define LITTLE_ROOM  ((size_t)4 << 10)

void ctr_ctfs_bytes_init(ctr_ctfs_bytes *b, ctr_ctfs *container, const ctr_ctfs_file *file, unsigned window_log)
{
    *b = (ctr_ctfs_bytes){.container = container, .file = *file, .window_log = window_log, .ended = true};
}

void ctr_ctfs_bytes_free(ctr_ctfs_bytes *b)
{
    if (!b->container)
        return;
    ZSTD_freeDCtx(b->zstd);
    ctr_free(b->container->allocator, b->input, INPUT_SIZE);
    ctr_free(b->container->allocator, b->data, b->capacity);
    *b = (ctr_ctfs_bytes){0};
}

void ctr_ctfs_bytes_begin(ctr_ctfs_bytes *b, uint64_t from, uint64_t to, bool packed)
{
    b->next = from;
    b->stop = to;
    b->packed = packed;
    b->ended = b->torn = b->in_frame = b->size_unknown = false;
    b->input_at = b->input_size = b->at = b->end = 0;
    if (b->zstd)
        ZSTD_DCtx_reset(b->zstd, ZSTD_reset_session_only);
}

/* Reads what follows of the file into `buffer`. */
static ctrace_status read_some(ctr_ctfs_bytes *b, char *buffer, size_t size, size_t *got, ctrace_error *error)
{
    *got = 0;
    if (size > b->stop - b->next)
        size = (size_t)(b->stop - b->next);
    if (!size)
        return CTRACE_OK;
    ctrace_status status = ctr_ctfs_read(b->container, &b->file, b->next, buffer, size, got, error);
    b->next += *got;
    if (status == CTRACE_IO || status == CTRACE_NO_MEMORY)
        return status;
    if (status != CTRACE_OK || *got < size) {
        b->torn = true;
        b->stop = b->next;
    }
    return CTRACE_OK;
}

static ctrace_status make_room(ctr_ctfs_bytes *b, size_t size, ctrace_error *error)
{
    size_t ready = b->end - b->at;
    if (b->at && b->capacity - b->end < LITTLE_ROOM + CTR_CBOR_SLACK) {
        memmove(b->data, b->data + b->at, ready);
        b->at = 0;
        b->end = ready;
    }
    if (b->capacity && b->end + CTR_CBOR_SLACK < b->capacity)
        return CTRACE_OK;
    size_t larger = b->capacity ? b->capacity * 2 : FIRST_WINDOW;
    if (larger < b->capacity || larger > SIZE_MAX / 2)
        return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for %zu bytes of %s", size, b->file.name);
    char *grown = ctr_resize(b->container->allocator, b->data, b->capacity, larger);
    if (!grown)
        return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for %zu bytes of %s", larger, b->file.name);
    memset(grown + b->capacity, 0, larger - b->capacity);
    b->data = grown;
    b->capacity = larger;
    return CTRACE_OK;
}

static ctrace_status prepare_zstd(ctr_ctfs_bytes *b, ctrace_error *error)
{
    if (!b->input)
        b->input = ctr_alloc(b->container->allocator, INPUT_SIZE);
    if (!b->zstd) {
        b->zstd = ZSTD_createDCtx();
        if (b->zstd)
            ZSTD_DCtx_setParameter(b->zstd, ZSTD_d_windowLogMax, (int)b->window_log);
    }
    if (!b->input || !b->zstd)
        return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for unpacking %s", b->file.name);
    return CTRACE_OK;
}

/* Unpacks something into the window, or ends it. */
static ctrace_status unpack_some(ctr_ctfs_bytes *b, ctrace_error *error)
{
    ctrace_status status = prepare_zstd(b, error);
    if (status != CTRACE_OK)
        return status;
    size_t room = b->capacity - CTR_CBOR_SLACK - b->end;
    ZSTD_outBuffer out = {b->data + b->end, room, 0};
    while (!out.pos && !b->ended) {
        if (b->input_at == b->input_size) {
            bool first = b->input_size == 0;
            b->input_at = 0;
            status = read_some(b, b->input, INPUT_SIZE, &b->input_size, error);
            if (status != CTRACE_OK)
                return status;
            if (first && b->input_size)
                b->size_unknown = ZSTD_getFrameContentSize(b->input, b->input_size) == ZSTD_CONTENTSIZE_UNKNOWN;
            if (!b->input_size && !b->in_frame) {
                b->ended = true;
                break;
            }
        }
        ZSTD_inBuffer in = {b->input, b->input_size, b->input_at};
        size_t left = ZSTD_decompressStream(b->zstd, &out, &in);
        bool moved = in.pos > b->input_at || out.pos > 0;
        b->input_at = in.pos;
        b->in_frame = left != 0;
        if (ZSTD_isError(left) || !moved)
            b->ended = b->torn = true;
    }
    b->end += out.pos;
    return CTRACE_OK;
}

static ctrace_status copy_some(ctr_ctfs_bytes *b, ctrace_error *error)
{
    size_t got;
    ctrace_status status = read_some(b, b->data + b->end, b->capacity - CTR_CBOR_SLACK - b->end, &got, error);
    if (status == CTRACE_OK && !got)
        b->ended = true;
    b->end += got;
    return status;
}

ctrace_status ctr_ctfs_bytes_fill(ctr_ctfs_bytes *b, size_t size, ctrace_error *error)
{
    while (ctr_ctfs_bytes_ready(b) < size) {
        if (b->ended)
            return CTRACE_END;
        ctrace_status status = make_room(b, size, error);
        if (status == CTRACE_OK)
            status = b->packed ? unpack_some(b, error) : copy_some(b, error);
        if (status != CTRACE_OK)
            return status;
    }
    return CTRACE_OK;
}

ctrace_status ctr_ctfs_bytes_skip(ctr_ctfs_bytes *b, uint64_t size, ctrace_error *error)
{
    while (size) {
        ctrace_status status = ctr_ctfs_bytes_need(b, 1, error);
        if (status != CTRACE_OK)
            return status;
        size_t some = ctr_ctfs_bytes_ready(b);
        if (some > size)
            some = (size_t)size;
        ctr_ctfs_bytes_take(b, some);
        size -= some;
    }
    return CTRACE_OK;
}

ctrace_status ctr_ctfs_bytes_varint(ctr_ctfs_bytes *b, uint64_t *out, ctrace_error *error)
{
    ctrace_status status = ctr_ctfs_bytes_need(b, 10, error);
    if (status != CTRACE_OK && status != CTRACE_END)
        return status;
    const char *at = b->data + b->at;
    if (!b->data || !ctr_ctfs_varint(&at, b->data + b->end, out))
        return CTRACE_EVENT;
    ctr_ctfs_bytes_take(b, (size_t)(at - (b->data + b->at)));
    return CTRACE_OK;
}

uint64_t ctr_ctfs_size_within(const ctr_ctfs *c, const ctr_ctfs_file *file)
{
    uint64_t most = c->block_count * c->block_size;
    return file->size < most ? file->size : most;
}
