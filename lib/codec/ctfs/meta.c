#include "codec/ctfs/meta.h"

#include "base/failure.h"
#include "codec/ctfs/mend.h"
#include "codec/ctfs/meta_json.h"

#define MOST_BYTES ((size_t)16 << 20)
#define MOST_ARGS  ((size_t)1 << 16)

static void warn(ctr_ctfs_meta *meta, ctrace_leniency leniency)
{
    for (size_t i = 0; i < meta->warning_count; i++)
        if (meta->warnings[i].leniency == leniency)
            return;
    if (meta->warning_count < sizeof meta->warnings / sizeof *meta->warnings)
        meta->warnings[meta->warning_count++] = (ctrace_warning){leniency, CTR_POSITION_UNKNOWN};
}

/* ---- The parts of meta.dat ---- */

/* A walk over the bytes. After a failure `failed` is set and every step gives nothing. */
typedef struct walk {
    const char *at, *end;
    ctr_arena *arena;
    ctr_ctfs_meta *meta;
    bool failed, no_memory;
} walk;

static const char *take_bytes(walk *w, uint64_t size)
{
    if (w->failed || size > (uint64_t)(w->end - w->at)) {
        w->failed = true;
        return NULL;
    }
    const char *bytes = w->at;
    w->at += size;
    return bytes;
}

static uint64_t take_varint(walk *w)
{
    uint64_t number = 0;
    if (!w->failed && !ctr_ctfs_varint(&w->at, w->end, &number))
        w->failed = true;
    return number;
}

static ctrace_str take_text(walk *w)
{
    uint64_t size = take_varint(w);
    const char *data = take_bytes(w, size);
    return data ? (ctrace_str){data, (size_t)size} : (ctrace_str){"", 0};
}

/* The text as UTF-8. */
static ctrace_str mended(walk *w, ctrace_str text)
{
    bool was_mended = false;
    if (!ctr_mend_text(w->arena, &text, &was_mended)) {
        w->failed = w->no_memory = true;
        return (ctrace_str){"", 0};
    }
    if (was_mended)
        warn(w->meta, CTRACE_LENIENCY_TEXT_INVALID);
    return text;
}

static ctrace_str take_utf8(walk *w) { return mended(w, take_text(w)); }

static void take_args(walk *w)
{
    uint64_t count = take_varint(w);
    if (count > MOST_ARGS || count > (uint64_t)(w->end - w->at)) /* each has a byte at least */
        w->failed = true;
    if (w->failed || !count)
        return;
    ctrace_str *args = ctr_arena_take(w->arena, (size_t)count * sizeof *args);
    if (!args) {
        w->failed = w->no_memory = true;
        return;
    }
    size_t n = 0;
    for (; n < count && !w->failed; n++)
        args[n] = take_utf8(w);
    w->meta->metadata.args = args;
    w->meta->metadata.arg_count = w->failed ? n - 1 : n;
}

/* "name 1.2": what follows the last space is a version when it begins with a digit. */
static void take_recorder(walk *w)
{
    ctrace_metadata *metadata = &w->meta->metadata;
    ctrace_str whole = take_utf8(w);
    metadata->recorder = whole;
    for (size_t i = whole.size; i > 0; i--) {
        if (whole.data[i - 1] != ' ')
            continue;
        if (i < whole.size && whole.data[i] >= '0' && whole.data[i] <= '9') {
            metadata->recorder = (ctrace_str){whole.data, i - 1};
            metadata->recorder_version = (ctrace_str){whole.data + i, whole.size - i};
        }
        return;
    }
}

static void take_paths(walk *w)
{
    uint64_t count = take_varint(w);
    const char *begin = w->at;
    uint64_t n = 0;
    for (; n < count && !w->failed; n++) {
        const char *before = w->at;
        take_text(w);
        if (w->failed) {
            w->at = before;
            break;
        }
    }
    w->meta->paths = (ctrace_str){begin, (size_t)(w->at - begin)};
    w->meta->path_count = n;
}

static void skip_mcr(walk *w)
{
    for (int i = 0; i < 6; i++)
        take_varint(w);
    for (int i = 0; i < 6; i++)
        take_text(w);
    uint64_t hooks = take_varint(w);
    for (uint64_t i = 0; i < hooks && !w->failed; i++)
        take_text(w);
}

/* The blocks that flags announce, in the order of the flags. */
static void skip_blocks(walk *w)
{
    const ctr_ctfs_meta *meta = w->meta;
    if (ctr_ctfs_meta_has(meta, CTR_CTFS_MCR))
        skip_mcr(w);
    if (ctr_ctfs_meta_has(meta, CTR_CTFS_REPLAY_LAUNCH))
        take_bytes(w, 1);
    if (ctr_ctfs_meta_has(meta, CTR_CTFS_LAYOUT_SNAPSHOT)) {
        take_bytes(w, 8);
        take_text(w);
    }
    if (ctr_ctfs_meta_has(meta, CTR_CTFS_FILTER_PROVENANCE)) {
        uint64_t filters = take_varint(w);
        for (uint64_t i = 0; i < filters && !w->failed; i++) {
            take_text(w);
            take_bytes(w, 32);
        }
    }
}

/* Lower-case UUID of version 7, 36 characters. */
static bool is_recording_id(ctrace_str id)
{
    if (id.size != 36 || id.data[14] != '7' || !memchr("89ab", id.data[19], 4))
        return false;
    for (size_t i = 0; i < id.size; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        char c = id.data[i];
        bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        if (dash ? c != '-' : !digit)
            return false;
    }
    return true;
}

static void read_dat(walk *w)
{
    ctr_ctfs_meta *meta = w->meta;
    const char *head = take_bytes(w, 8);
    if (!head || memcmp(head, "CTMD", 4) != 0) {
        warn(meta, CTRACE_LENIENCY_CT_META_BAD);
        return;
    }
    unsigned version = (unsigned)(unsigned char)head[4] | (unsigned)(unsigned char)head[5] << 8;
    meta->flags = (uint16_t)((unsigned)(unsigned char)head[6] | (unsigned)(unsigned char)head[7] << 8);
    meta->kind = CTR_CTFS_META_DAT;
    meta->metadata.recording_id = take_utf8(w);
    meta->metadata.program = take_utf8(w);
    take_args(w);
    meta->metadata.workdir = take_utf8(w);
    take_recorder(w);
    take_paths(w);
    skip_blocks(w);
    if (version != 3 && (w->failed || w->at < w->end)) {
        /* It is not of a form that is known: what was taken for a text may be anything. */
        meta->kind = CTR_CTFS_META_NONE;
        meta->metadata = (ctrace_metadata){0};
        meta->flags = 0;
        meta->paths.size = 0;
        meta->path_count = 0;
    }
    if (version != 3 || w->failed) {
        warn(meta, CTRACE_LENIENCY_CT_META_BAD);
        return;
    }
    if (meta->flags >> CTR_CTFS_FLAG_COUNT)
        warn(meta, CTRACE_LENIENCY_CT_META_FLAGS);
    if (w->at < w->end)
        warn(meta, CTRACE_LENIENCY_CT_META_TRAILING);
    if (!is_recording_id(meta->metadata.recording_id))
        warn(meta, CTRACE_LENIENCY_CT_META_ID);
}

/* ---- The files ---- */

/* All that can be read of a small file, with `slack` zero bytes behind it. *data is NULL when there is too much. */
static ctrace_status load(ctr_ctfs *c, const ctr_ctfs_file *file, size_t slack, ctr_arena *arena, char **data,
                          size_t *size, bool *whole, ctrace_error *error)
{
    uint64_t there = c->block_count * c->block_size; /* it cannot have more */
    if (there > file->size)
        there = file->size;
    *data = NULL;
    *size = 0;
    *whole = false;
    if (there > MOST_BYTES)
        return CTRACE_OK;
    *data = ctr_arena_take(arena, (size_t)there + slack);
    if (!*data)
        return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for the metadata");
    ctrace_status status = ctr_ctfs_read(c, file, 0, *data, (size_t)there, size, error);
    if (status == CTRACE_NO_MEMORY || status == CTRACE_IO)
        return status;
    memset(*data + *size, 0, (size_t)there - *size + slack);
    *whole = status == CTRACE_OK && *size == file->size;
    return CTRACE_OK;
}

static ctrace_status read_json(ctr_ctfs *c, const ctr_ctfs_file *file, ctr_arena *arena, ctr_ctfs_meta *out,
                               ctrace_error *error)
{
    char *data;
    size_t size;
    bool whole;
    ctrace_status status = load(c, file, CTR_JSON_SLACK, arena, &data, &size, &whole, error);
    if (status != CTRACE_OK || !data)
        return status;
    switch (ctr_ctfs_parse_meta_json(data, size, arena, &out->metadata)) {
    case CTR_SCAN_OK:
        out->kind = CTR_CTFS_META_JSON;
        return CTRACE_OK;
    case CTR_SCAN_NO_MEMORY:
        return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for the metadata");
    case CTR_SCAN_BAD:
    case CTR_SCAN_MORE:
        break;
    }
    warn(out, CTRACE_LENIENCY_CT_META_BAD);
    return CTRACE_OK;
}

ctrace_status ctr_ctfs_read_meta(ctr_ctfs *c, ctr_arena *arena, ctr_ctfs_meta *out, ctrace_error *error)
{
    *out = (ctr_ctfs_meta){.kind = CTR_CTFS_META_NONE, .paths = {"", 0}};
    const ctr_ctfs_file *dat = ctr_ctfs_find(c, "meta.dat"), *json = ctr_ctfs_find(c, "meta.json");
    out->complete = (dat && dat->size) || (json && json->size);
    ctrace_status status = CTRACE_OK;
    if (!dat || !dat->size) {
        warn(out, CTRACE_LENIENCY_CT_META_MISSING);
    } else {
        char *data;
        size_t size;
        bool whole;
        status = load(c, dat, 0, arena, &data, &size, &whole, error);
        if (status != CTRACE_OK)
            return status;
        walk w = {data, data ? data + size : NULL, arena, out, !data, false};
        read_dat(&w);
        if (w.no_memory)
            return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for the metadata");
        if (!whole)
            warn(out, CTRACE_LENIENCY_CT_META_BAD);
    }
    if (out->kind == CTR_CTFS_META_NONE && json && json->size)
        status = read_json(c, json, arena, out, error);
    return status;
}

bool ctr_ctfs_next_path(ctrace_str *paths, ctrace_str *out)
{
    const char *at = paths->data, *end = at + paths->size;
    uint64_t size;
    if (!ctr_ctfs_varint(&at, end, &size) || size > (uint64_t)(end - at))
        return false;
    *out = (ctrace_str){at, (size_t)size};
    at += size;
    *paths = (ctrace_str){at, (size_t)(end - at)};
    return true;
}
