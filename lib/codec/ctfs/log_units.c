#include "codec/ctfs/log_units.h"

#include <zstd.h>
#include <zstd_errors.h>

#include "base/failure.h"
#include "base/memory.h"
#include "codec/ctfs/little_endian.h"

#define INPUT_BYTES       ((size_t)64 << 10)
#define MOST_WINDOW_LOG   24
#define ZSTD_MAGIC        UINT32_C(0xFD2FB528)
#define ZSTD_SKIP_MAGIC   UINT32_C(0x184D2A50) /* and the 15 after it */
#define MOST_CHUNK_EVENTS (UINT32_C(1) << 24)

static const char prefix[CTR_LOG_PREFIX] = {'\xC0', '\xDE', '\x72', '\xAC', '\xE2', 1, 0, 0};

uint64_t ctr_log_units_first(const ctr_log_units *s) { return s->has_prefix ? CTR_LOG_PREFIX : 0; }

/* Bytes of the file that can be there at all. */
static uint64_t file_end(const ctr_log_units *s)
{
    uint64_t most = s->container->block_count * s->container->block_size;
    return s->file->size < most ? s->file->size : most;
}

/* Reads what can be read from a place; a damaged block only makes it less. */
static ctrace_status read_there(ctr_log_units *s, uint64_t place, char *buffer, size_t size, size_t *got,
                                ctrace_error *error)
{
    ctrace_status status = ctr_ctfs_read(s->container, s->file, place, buffer, size, got, error);
    return status == CTRACE_TRUNCATED || status == CTRACE_SYNTAX ? CTRACE_OK : status;
}

/* ---- Headers ---- */

typedef struct head {
    uint32_t size, events;
    uint64_t first;
    bool is_frame;
    bool good; /* can be the header of a chunk */
} head;

/* Whether chunks that are not compressed may be there. */
static bool may_be_plain(const ctr_log_units *s) { return s->container->version <= 3 && !s->container->compression; }

static head parse_head(const ctr_log_units *s, const char *bytes, size_t size)
{
    head h = {0};
    if (size < CTR_LOG_CHUNK_HEAD + 4)
        return h;
    h.size = ctr_load_u32(bytes);
    h.events = ctr_load_u32(bytes + 4);
    h.first = ctr_load_u64(bytes + 8);
    h.is_frame = ctr_load_u32(bytes + CTR_LOG_CHUNK_HEAD) == ZSTD_MAGIC;
    h.good = h.size > 0 && h.events <= MOST_CHUNK_EVENTS && (h.is_frame || may_be_plain(s));
    return h;
}

static ctrace_status read_head(ctr_log_units *s, uint64_t place, head *out, ctrace_error *error)
{
    char bytes[CTR_LOG_CHUNK_HEAD + 4];
    size_t got;
    ctrace_status status = read_there(s, place, bytes, sizeof bytes, &got, error);
    *out = parse_head(s, bytes, status == CTRACE_OK ? got : 0);
    return status;
}

/* Whether a whole chunk with the header `h` can lie at `place`: it ends where the next one begins or the file ends. */
static ctrace_status fits(ctr_log_units *s, uint64_t place, const head *h, bool *out, ctrace_error *error)
{
    uint64_t next = place + CTR_LOG_CHUNK_HEAD + h->size;
    *out = false;
    if (!h->good || !h->is_frame || !h->events || next > file_end(s))
        return CTRACE_OK;
    *out = next == s->file->size;
    if (*out)
        return CTRACE_OK;
    head following;
    ctrace_status status = read_head(s, next, &following, error);
    *out = status == CTRACE_OK && following.good && following.first == h->first + h->events;
    return status;
}

/* Looks for a whole chunk from `place` on. *found is where, or the file's end. */
static ctrace_status look_for_chunk(ctr_log_units *s, uint64_t place, uint64_t *found, ctrace_error *error)
{
    uint64_t end = file_end(s), block_size = s->container->block_size;
    *found = end;
    while (place < end) {
        char bytes[CTR_CTFS_MAX_BLOCK];
        size_t got;
        ctrace_status status = read_there(s, place, bytes, sizeof bytes, &got, error);
        if (status != CTRACE_OK)
            return status;
        for (size_t i = 0; i + CTR_LOG_CHUNK_HEAD + 4 <= got; i++) {
            head h = parse_head(s, bytes + i, got - i);
            bool good = h.good && h.is_frame;
            if (good)
                status = fits(s, place + i, &h, &good, error);
            if (status != CTRACE_OK)
                return status;
            if (good) {
                *found = place + i;
                return CTRACE_OK;
            }
        }
        if (got == sizeof bytes)
            place += sizeof bytes - (CTR_LOG_CHUNK_HEAD + 3);
        else
            place = (place + got) / block_size * block_size + block_size; /* behind what cannot be read */
    }
    return CTRACE_OK;
}

/* ---- Units ---- */

static void open_unit(ctr_log_units *s, uint64_t data, uint64_t end, bool is_frame)
{
    s->at = data;
    s->unit_end = s->next_at = end;
    s->unit_cut = s->framing == CTR_LOG_CHUNKS && end > s->file->size;
    s->unit_torn = s->unit_over = s->size_unknown = false;
    s->is_frame = s->frame_open = is_frame;
    s->input_at = s->input_size = 0;
    ZSTD_DCtx_reset(s->zstd, ZSTD_reset_session_only);
}

static ctrace_status open_chunk(ctr_log_units *s, uint64_t place, ctrace_error *error)
{
    head h;
    ctrace_status status = read_head(s, place, &h, error);
    if (status != CTRACE_OK)
        return status;
    s->unit_at = place;
    open_unit(s, place + CTR_LOG_CHUNK_HEAD, place + CTR_LOG_CHUNK_HEAD + h.size, h.is_frame);
    return CTRACE_OK;
}

/* Looks for a chunk behind what is broken, from `place` on. */
static ctrace_status open_found_chunk(ctr_log_units *s, uint64_t place, ctrace_error *error)
{
    uint64_t found;
    s->torn = true;
    ctrace_status status = look_for_chunk(s, place, &found, error);
    if (status != CTRACE_OK)
        return status;
    if (found < file_end(s))
        return open_chunk(s, found, error);
    s->next_at = s->file->size;
    s->unit_torn = false;
    return CTRACE_END;
}

static ctrace_status next_chunk(ctr_log_units *s, ctrace_error *error)
{
    uint64_t place = s->next_at;
    head h;
    ctrace_status status = read_head(s, place, &h, error);
    if (status != CTRACE_OK)
        return status;
    if (s->growing && (!h.good || place + CTR_LOG_CHUNK_HEAD + h.size > s->file->size))
        return CTRACE_END;
    if (!s->unit_torn) {
        if (place >= s->file->size)
            return CTRACE_END;
        return h.good ? open_chunk(s, place, error) : open_found_chunk(s, place, error);
    }
    /* The header of the last chunk told this place, and may be what is wrong. */
    if (place == s->file->size)
        return CTRACE_END;
    bool good;
    status = fits(s, place, &h, &good, error);
    if (status != CTRACE_OK)
        return status;
    return good ? open_chunk(s, place, error) : open_found_chunk(s, s->unit_at + 1, error);
}

ctrace_status ctr_log_units_next(ctr_log_units *s, ctrace_error *error)
{
    s->unit_over = true;
    if (s->framing == CTR_LOG_CHUNKS)
        return next_chunk(s, error);
    if (s->next_at >= s->file->size)
        return CTRACE_END;
    s->unit_at = s->next_at;
    open_unit(s, s->unit_at, UINT64_MAX, s->framing == CTR_LOG_FRAMES);
    return CTRACE_OK;
}

/* Reads bytes of the unit; `input` stays empty at its end, and where it cannot be read. */
static ctrace_status read_input(ctr_log_units *s, bool *damaged, ctrace_error *error)
{
    uint64_t end = s->unit_end < s->file->size ? s->unit_end : s->file->size;
    s->input_at = s->input_size = 0;
    *damaged = false;
    if (s->at >= end)
        return CTRACE_OK;
    size_t size = end - s->at < INPUT_BYTES ? (size_t)(end - s->at) : INPUT_BYTES;
    ctrace_status status = read_there(s, s->at, s->input, size, &s->input_size, error);
    if (status != CTRACE_OK)
        return status;
    *damaged = s->input_size == 0;
    if (s->framing == CTR_LOG_CHUNKS && s->is_frame && s->at == s->unit_at + CTR_LOG_CHUNK_HEAD)
        s->size_unknown = ZSTD_getFrameContentSize(s->input, s->input_size) == ZSTD_CONTENTSIZE_UNKNOWN;
    s->at += s->input_size;
    return CTRACE_OK;
}

/* The unit has no more bytes; `early` when it should have. */
static void end_unit(ctr_log_units *s, bool early)
{
    if (s->growing && s->framing != CTR_LOG_CHUNKS)
        return; /* more may come */
    s->unit_over = true;
    s->unit_torn = early;
    s->torn |= early;
}

/* Unpacks from the input. *broken: it is no zstd frame. */
static ctrace_status unpack(ctr_log_units *s, char *buffer, size_t size, size_t *got, bool *broken, ctrace_error *error)
{
    ZSTD_outBuffer out = {buffer, size, 0};
    ZSTD_inBuffer in = {s->input, s->input_size, s->input_at};
    size_t wanted = ZSTD_decompressStream(s->zstd, &out, &in);
    s->input_at = in.pos;
    *got = out.pos;
    *broken = ZSTD_isError(wanted);
    s->frame_open = wanted != 0;
    if (*broken && ZSTD_getErrorCode(wanted) == ZSTD_error_memory_allocation)
        return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for unpacking events");
    return CTRACE_OK;
}

/* Gives bytes of a unit that is not compressed. */
static void give_plain(ctr_log_units *s, char *buffer, size_t size, size_t *got)
{
    size_t have = s->input_size - s->input_at;
    *got = have < size ? have : size;
    memcpy(buffer, s->input + s->input_at, *got);
    s->input_at += *got;
}

ctrace_status ctr_log_units_fill(ctr_log_units *s, char *buffer, size_t size, size_t *got, ctrace_error *error)
{
    *got = 0;
    while (!s->unit_over && !*got) {
        bool damaged = false, broken = false;
        /* What zstd has unpacked and not yet given needs no further input. */
        bool held = s->is_frame && s->frame_open && s->input_size;
        ctrace_status status = CTRACE_OK;
        if (s->input_at == s->input_size && held)
            status = unpack(s, buffer, size, got, &broken, error);
        if (status == CTRACE_OK && !*got && !broken && s->input_at == s->input_size) {
            status = read_input(s, &damaged, error);
            if (status == CTRACE_OK && !s->input_size) {
                end_unit(s, damaged || s->frame_open || s->unit_cut);
                return CTRACE_OK;
            }
        }
        if (status == CTRACE_OK && !*got && !broken) {
            if (s->is_frame)
                status = unpack(s, buffer, size, got, &broken, error);
            else
                give_plain(s, buffer, size, got);
        }
        if (status != CTRACE_OK)
            return status;
        if (broken) {
            end_unit(s, true);
            s->unit_over = true;
        } else if (!s->frame_open && s->unit_cut && s->is_frame) { /* the frame is whole: its header is wrong */
            s->next_at = s->at - (s->input_size - s->input_at);
            s->unit_over = s->torn = true;
        }
    }
    return CTRACE_OK;
}

ctrace_status ctr_log_units_go_to(ctr_log_units *s, uint64_t place, ctrace_error *error)
{
    bool good = place == ctr_log_units_first(s) || (s->framing == CTR_LOG_BARE && place < s->file->size);
    if (!good && s->framing == CTR_LOG_CHUNKS && place < s->file->size) {
        head h;
        ctrace_status status = read_head(s, place, &h, error);
        if (status != CTRACE_OK)
            return status;
        good = h.good && place + CTR_LOG_CHUNK_HEAD + h.size <= s->file->size;
    }
    if (!good)
        return ctr_fail(error, CTRACE_ARGUMENT, "no events begin at byte %llu of %s", (unsigned long long)place,
                        s->file->name);
    s->next_at = place;
    s->unit_over = true;
    s->torn = s->unit_torn = false;
    return CTRACE_OK;
}

/* ---- Life ---- */

static bool is_zstd(const char *bytes, size_t size)
{
    uint32_t magic = size >= 4 ? ctr_load_u32(bytes) : 0;
    return magic == ZSTD_MAGIC || (magic & ~UINT32_C(15)) == ZSTD_SKIP_MAGIC;
}

static ctrace_status tell_framing(ctr_log_units *s, ctrace_error *error)
{
    char bytes[CTR_LOG_PREFIX + CTR_LOG_CHUNK_HEAD + 4];
    size_t size;
    ctrace_status status = read_there(s, 0, bytes, sizeof bytes, &size, error);
    if (status != CTRACE_OK)
        return status;
    s->has_prefix = size >= sizeof prefix && memcmp(bytes, prefix, 5) == 0;
    const char *begin = bytes + ctr_log_units_first(s);
    size -= (size_t)(begin - bytes);
    unsigned char first = size ? (unsigned char)*begin : 0;
    s->framing = CTR_LOG_CHUNKS;
    if (is_zstd(begin, size))
        s->framing = CTR_LOG_FRAMES;
    else if (!parse_head(s, begin, size).is_frame && (first == 0xA1 || first == 0xBF || first == 0x6C))
        s->framing = CTR_LOG_BARE; /* a map of one, or the text DropLastStep: an event as CBOR */
    s->next_at = ctr_log_units_first(s);
    return CTRACE_OK;
}

ctrace_status ctr_log_units_open(ctr_log_units *s, ctr_ctfs *container, const ctr_ctfs_file *file, ctrace_error *error)
{
    *s = (ctr_log_units){.container = container, .file = file, .unit_over = true};
    ctrace_status status = tell_framing(s, error);
    if (status != CTRACE_OK)
        return status;
    s->input = ctr_alloc(container->allocator, INPUT_BYTES);
    s->zstd = ZSTD_createDCtx();
    if (s->input && s->zstd) {
        ZSTD_DCtx_setParameter(s->zstd, ZSTD_d_windowLogMax, MOST_WINDOW_LOG);
        return CTRACE_OK;
    }
    ctr_log_units_close(s);
    return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for reading events.log");
}

void ctr_log_units_close(ctr_log_units *s)
{
    if (s->container)
        ctr_free(s->container->allocator, s->input, INPUT_BYTES);
    ZSTD_freeDCtx(s->zstd);
    s->input = NULL;
    s->zstd = NULL;
}
