#include "io/frames.h"

#include <inttypes.h>
#include <string.h>

#include <zstd.h>
#include <zstd_errors.h>

#include "base/failure.h"

/* A frame that lies here as a whole is unpacked in one go. */
#define INPUT_SIZE ((size_t)512 * 1024)
/* Less than this left is reason enough to read on. */
#define INPUT_LEAST (INPUT_SIZE / 2)
/* A frame may ask for 16 MiB of what came before. */
#define WINDOW_LOG_MAX 24
/* Of a frame that does not tell its size so much is unpacked at once. */
#define PIECE ((size_t)256 * 1024)
#define SKIPPABLE_HEAD 8

static uint32_t load4(const char *p)
{
    const unsigned char *u = (const unsigned char *)p;
    return (uint32_t)u[0] | (uint32_t)u[1] << 8 | (uint32_t)u[2] << 16 | (uint32_t)u[3] << 24;
}

static bool is_skippable(uint32_t magic) { return (magic & 0xFFFFFFF0) == CTR_SKIPPABLE_MAGIC; }

/* ---- Life ---- */

ctrace_status ctr_frames_init(ctr_frames *f, ctr_source *source, uint64_t first, const char *name,
                              const ctrace_allocator *allocator, ctrace_error *error)
{
    *f = (ctr_frames){.source = source,
                      .name = name,
                      .allocator = allocator,
                      .first = {first, 0},
                      .frame = {first, 0},
                      .newest = {first, 0},
                      .input_offset = first,
                      .may_check = true};
    f->input = ctr_alloc(allocator, INPUT_SIZE);
    f->context = ZSTD_createDCtx();
    if (f->input && f->context)
        ZSTD_DCtx_setParameter(f->context, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
    else
        ctr_frames_free(f);
    return f->input ? CTRACE_OK : ctr_fail(error, CTRACE_NO_MEMORY, "no memory for reading");
}

void ctr_frames_free(ctr_frames *f)
{
    ctr_free(f->allocator, f->input, f->input ? INPUT_SIZE : 0);
    ZSTD_freeDCtx(f->context);
    f->input = NULL;
    f->context = NULL;
}

/* ---- Input ---- */

/* Makes `wanted` packed bytes lie in the input, fewer at its end alone. */
static ctrace_status fill(ctr_frames *f, size_t wanted, ctrace_error *error)
{
    if (f->end - f->at >= wanted || f->input_ended)
        return CTRACE_OK;
    memmove(f->input, f->input + f->at, f->end - f->at);
    f->input_offset += f->at;
    f->end -= f->at;
    f->at = 0;
    while (!f->input_ended && f->end < wanted) {
        size_t got;
        ctrace_status status =
            ctr_source_read(f->source, f->input + f->end, INPUT_SIZE - f->end, &got, f->name, error);
        if (status != CTRACE_OK)
            return status;
        f->end += got;
        f->input_ended = got == 0;
    }
    return CTRACE_OK;
}

static size_t left(const ctr_frames *f) { return f->end - f->at; }
static const char *here(const ctr_frames *f) { return f->input + f->at; }

/* Goes on at a place of the file, with nothing begun. */
static void go_to_file(ctr_frames *f, ctr_frame_place place)
{
    ctr_source_seek(f->source, place.file);
    f->frame = place;
    f->plain = place.plain;
    f->input_offset = place.file;
    f->at = f->end = 0;
    f->input_ended = f->in_frame = f->by_block = f->has_ended = f->is_cut = f->has_trailing = false;
    f->table = CTR_TABLE_MISSING;
    f->skip = f->discard = 0;
}

void ctr_frames_go_to(ctr_frames *f, ctr_frame_place place, uint64_t plain)
{
    go_to_file(f, place);
    f->newest = place;
    f->discard = plain - place.plain;
    f->may_check = place.file == f->first.file;
    f->frame_count = f->sizes_hash = f->newest_count = f->newest_hash = 0;
}

bool ctr_frames_try_again(ctr_frames *f)
{
    ctr_source_measure(f->source);
    if (f->source->size == f->tried_size)
        return false;
    f->tried_size = f->source->size;
    /* The last frame may have ended and be longer now. */
    uint64_t plain = f->plain;
    go_to_file(f, f->newest);
    f->discard = plain - f->newest.plain;
    f->frame_count = f->newest_count;
    f->sizes_hash = f->newest_hash;
    return true;
}

static ctrace_status end_of_all(ctr_frames *f)
{
    f->at = f->end;
    f->has_ended = true;
    return CTRACE_OK;
}

/* ---- The seek table ---- */

static uint64_t mix(uint64_t hash, const char *entry)
{
    hash = (hash ^ ((uint64_t)load4(entry) << 32 | load4(entry + 4))) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 29;
}

/* What a table would say of the frame that ends here. */
static void count_frame(ctr_frames *f)
{
    uint64_t packed = ctr_frames_consumed(f) - f->frame.file, plain = f->plain - f->frame.plain;
    char entry[8];
    for (size_t i = 0; i < 4; i++) {
        entry[i] = (char)(packed >> 8 * i);
        entry[i + 4] = (char)(plain >> 8 * i);
    }
    f->sizes_hash = mix(f->sizes_hash, entry);
    f->frame_count++;
}

/* Compares the table at the input's place, whose frame has `size` bytes, with the frames that were read; goes behind
 * it. It may be cut. */
static ctrace_status check_table(ctr_frames *f, uint64_t size, ctrace_error *error)
{
    f->table = CTR_TABLE_WRONG;
    f->at += SKIPPABLE_HEAD;
    uint64_t body = size - SKIPPABLE_HEAD, hash = 0;
    if (body < CTR_SEEK_TABLE_FOOT) {
        f->skip = body;
        return CTRACE_OK;
    }
    uint64_t entries = body - CTR_SEEK_TABLE_FOOT;
    /* How long an entry is stands behind them all; it follows from their number, too. */
    size_t step = f->frame_count && entries / f->frame_count == 12 ? 12 : 8;
    for (uint64_t done = 0; done < entries;) {
        size_t some = entries - done < step ? (size_t)(entries - done) : step;
        ctrace_status status = fill(f, some, error);
        if (status != CTRACE_OK || left(f) < some)
            return status == CTRACE_OK ? end_of_all(f) : status;
        if (some == step)
            hash = mix(hash, here(f));
        f->at += some;
        done += some;
    }
    ctrace_status status = fill(f, CTR_SEEK_TABLE_FOOT, error);
    if (status != CTRACE_OK || left(f) < CTR_SEEK_TABLE_FOOT)
        return status == CTRACE_OK ? end_of_all(f) : status;
    const char *foot = here(f);
    uint64_t count = load4(foot), each = foot[4] & 0x80 ? 12 : 8;
    bool fits = load4(foot + 5) == CTR_SEEK_TABLE_MAGIC && !(foot[4] & 0x7C) && count * each == entries;
    if (f->may_check)
        fits = fits && count == f->frame_count && (count == 0 || each == step) && hash == f->sizes_hash;
    if (fits)
        f->table = CTR_TABLE_FITS;
    f->at += CTR_SEEK_TABLE_FOOT;
    return CTRACE_OK;
}

/* ---- Between frames ---- */

/* Goes to the next bytes that begin as a frame does. */
static ctrace_status seek_frame(ctr_frames *f, bool *found, ctrace_error *error)
{
    for (;;) {
        ctrace_status status = fill(f, 4, error);
        if (status != CTRACE_OK)
            return status;
        while (left(f) >= 4) {
            const char *magic = memchr(here(f), 0x28, left(f) - 3);
            if (!magic) {
                f->at = f->end - 3;
                break;
            }
            f->at = (size_t)(magic - f->input);
            *found = load4(magic) == CTR_FRAME_MAGIC;
            if (*found)
                return CTRACE_OK;
            f->at++;
        }
        if (f->input_ended) {
            f->at = f->end;
            *found = false;
            return CTRACE_OK;
        }
    }
}

/* What follows the frames is no frame. When others come behind it, something is damaged. */
static ctrace_status end_in_other_bytes(ctr_frames *f, ctrace_error *error)
{
    static const char frame[] = "\x28\xB5\x2F\xFD", table[] = "\x5E\x2A\x4D\x18";
    if (left(f) < 4 && f->table == CTR_TABLE_MISSING &&
        (memcmp(here(f), frame, left(f)) == 0 || memcmp(here(f), table, left(f)) == 0)) {
        f->is_cut = true;
        return end_of_all(f);
    }
    bool others = f->frame_count == 0;
    if (f->table == CTR_TABLE_MISSING && !others) {
        ctrace_status status = seek_frame(f, &others, error);
        if (status != CTRACE_OK)
            return status;
    }
    if (others)
        return ctr_fail(error, CTRACE_SYNTAX, "there is no zstd frame at byte %" PRIu64 " of the file", f->frame.file);
    f->has_trailing = true;
    return end_of_all(f);
}

/* Begins the next frame, goes behind one that holds nothing, or comes to the end. */
static ctrace_status begin_frame(ctr_frames *f, ctrace_error *error)
{
    bool is_low = f->source->seeks && left(f) < INPUT_LEAST;
    ctrace_status status = fill(f, is_low ? INPUT_SIZE : SKIPPABLE_HEAD, error);
    if (status != CTRACE_OK)
        return status;
    uint32_t magic = left(f) < 4 ? 0 : load4(here(f));
    if (f->table == CTR_TABLE_MISSING || magic == CTR_FRAME_MAGIC)
        f->frame = (ctr_frame_place){ctr_frames_consumed(f), f->plain};
    if (left(f) == 0)
        return end_of_all(f);
    if (magic == CTR_FRAME_MAGIC) {
        unsigned long long size = ZSTD_getFrameContentSize(here(f), left(f));
        f->tells_size = size != ZSTD_CONTENTSIZE_UNKNOWN && size != ZSTD_CONTENTSIZE_ERROR;
        if (f->table != CTR_TABLE_MISSING) {
            f->table = CTR_TABLE_MISSING; /* that one was not at the end, */
            f->may_check = false;         /* and what one that follows counts is not known */
        }
        f->newest = f->frame;
        f->newest_count = f->frame_count;
        f->newest_hash = f->sizes_hash;
        f->in_frame = true;
        f->by_block = false;
        ZSTD_DCtx_reset(f->context, ZSTD_reset_session_only);
        return CTRACE_OK;
    }
    if (left(f) < 4 || !is_skippable(magic))
        return end_in_other_bytes(f, error);
    if (left(f) < SKIPPABLE_HEAD) {
        f->is_cut = f->table == CTR_TABLE_MISSING;
        return end_of_all(f);
    }
    uint64_t size = SKIPPABLE_HEAD + (uint64_t)load4(here(f) + 4);
    if (magic == CTR_SEEK_TABLE_FRAME)
        return check_table(f, size, error);
    f->skip = size;
    return CTRACE_OK;
}

static ctrace_status skip_input(ctr_frames *f, ctrace_error *error)
{
    ctrace_status status = fill(f, 1, error);
    if (status != CTRACE_OK)
        return status;
    size_t some = f->skip < left(f) ? (size_t)f->skip : left(f);
    f->at += some;
    f->skip -= some;
    if (!some) {
        f->is_cut = f->table == CTR_TABLE_MISSING;
        return end_of_all(f);
    }
    return CTRACE_OK;
}

/* ---- In a frame ---- */

/* A frame that was damaged somewhere is taken again block by block, when nothing of it was given yet. */
static bool begins_again(ctr_frames *f)
{
    if (f->by_block || f->plain != f->frame.plain || f->frame.file < f->input_offset)
        return false;
    f->by_block = true;
    f->block = 5; /* bytes of a frame's head, at least */
    f->at = (size_t)(f->frame.file - f->input_offset);
    ZSTD_DCtx_reset(f->context, ZSTD_reset_session_only);
    return true;
}

static ctrace_status fail_frame(ctr_frames *f, size_t code, ctrace_error *error)
{
    bool too_large = ZSTD_getErrorCode(code) == ZSTD_error_frameParameter_windowTooLarge;
    if (ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation)
        return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for unpacking");
    return ctr_fail(error, too_large ? CTRACE_UNSUPPORTED : CTRACE_SYNTAX,
                    "the zstd frame at byte %" PRIu64 " of the file cannot be unpacked: %s", f->frame.file,
                    ZSTD_getErrorName(code));
}

/* Gives some plain bytes of the frame, or none when it ends or more input has to come. */
static ctrace_status unpack(ctr_frames *f, char *buffer, size_t size, size_t *got, ctrace_error *error)
{
    *got = 0;
    ctrace_status status = fill(f, 1, error);
    if (status != CTRACE_OK)
        return status;
    if (!f->tells_size && size > PIECE)
        size = PIECE;
    ZSTD_inBuffer in = {f->input, f->end, f->at};
    ZSTD_outBuffer out = {buffer, size, 0};
    if (f->by_block && f->end - f->at > f->block)
        in.size = f->at + f->block;
    size_t next = ZSTD_decompressStream(f->context, &out, &in);
    if (ZSTD_isError(next))
        return begins_again(f) ? CTRACE_OK : fail_frame(f, next, error);
    bool nothing_left = f->at == f->end && f->input_ended;
    f->at = in.pos;
    f->block = next;
    f->plain += out.pos;
    *got = out.pos;
    if (next == 0) {
        f->in_frame = false;
        count_frame(f);
    } else if (out.pos == 0 && nothing_left) {
        f->is_cut = true;
        return end_of_all(f);
    }
    return CTRACE_OK;
}

/* ---- What the caller sees ---- */

ctrace_status ctr_frames_read(ctr_frames *f, char *buffer, size_t size, size_t *got, ctrace_error *error)
{
    *got = 0;
    while (!f->has_ended) {
        size_t some = 0;
        ctrace_status status = f->skip       ? skip_input(f, error)
                               : f->in_frame ? unpack(f, buffer, size, &some, error)
                                             : begin_frame(f, error);
        if (status != CTRACE_OK)
            return status;
        size_t unwanted = f->discard < some ? (size_t)f->discard : some;
        f->discard -= unwanted;
        some -= unwanted;
        if (some) {
            if (unwanted)
                memmove(buffer, buffer + unwanted, some);
            *got = some;
            return CTRACE_OK;
        }
    }
    if (f->discard)
        return ctr_fail(error, CTRACE_SYNTAX, "what is unpacked ends %" PRIu64 " bytes before the place to go to",
                        f->discard);
    return CTRACE_OK;
}

ctrace_status ctr_frames_resume(ctr_frames *f, bool *found, ctrace_error *error)
{
    uint64_t plain = f->plain, from = f->frame.file + 1;
    if (from >= f->input_offset && from <= f->input_offset + f->end) {
        f->at = (size_t)(from - f->input_offset);
    } else if (f->source->seeks) {
        go_to_file(f, (ctr_frame_place){from, plain});
    }
    f->in_frame = f->has_ended = false;
    f->skip = f->discard = 0;
    f->may_check = false;
    f->table = CTR_TABLE_MISSING;
    ctrace_status status = seek_frame(f, found, error);
    f->frame = (ctr_frame_place){ctr_frames_consumed(f), plain};
    return status;
}
