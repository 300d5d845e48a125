/* Containers made by hand, of any version and block size, whole and broken, and what a reader makes of them. */
#ifndef CTRACE_TESTS_CTFS_BUILDING_H
#define CTRACE_TESTS_CTFS_BUILDING_H

#include <zstd.h>

#include "codec/ctfs/container.h"
#include "codec/ctfs/little_endian.h"
#include "reading.h"

#define S(literal) CTRACE_STR(literal)

/* ---- Bytes ---- */

static inline void bytes_u8(story *s, unsigned number) { story_add(s, &(char){(char)number}, 1); }

static inline void bytes_u32(story *s, uint32_t number)
{
    char bytes[4];
    ctr_store_u32(bytes, number);
    story_add(s, bytes, 4);
}

static inline void bytes_u64(story *s, uint64_t number)
{
    char bytes[8];
    ctr_store_u64(bytes, number);
    story_add(s, bytes, 8);
}

static inline void bytes_run(story *s, const char *data, size_t size)
{
    bytes_u32(s, (uint32_t)size);
    story_add(s, data, size);
}

/* A text as meta.dat has it; shorter than 128 bytes. */
static inline void bytes_vstr(story *s, const char *text)
{
    bytes_u8(s, (unsigned)strlen(text));
    story_say(s, text);
}

/* ---- Containers ---- */

typedef struct box {
    char *data;
    size_t size, capacity;
    unsigned block_size;
    unsigned files;
} box;

static inline uint64_t box_block(box *b)
{
    if (b->capacity == b->size) {
        b->capacity = b->capacity * 2 + b->block_size;
        b->data = realloc(b->data, b->capacity);
        assert_non_null(b->data);
    }
    memset(b->data + b->size, 0, b->block_size);
    b->size += b->block_size;
    return b->size / b->block_size - 1;
}

static inline char *box_at(box *b, uint64_t block) { return b->data + block * b->block_size; }

static inline box box_begin(unsigned version, unsigned block_size, unsigned entries)
{
    box b = {.block_size = block_size};
    box_block(&b);
    memcpy(b.data, "\xC0\xDE\x72\xAC\xE2", 5);
    b.data[5] = (char)version;
    ctr_store_u32(b.data + 8, block_size);
    ctr_store_u32(b.data + 12, entries);
    return b;
}

static inline void box_free(box *b) { free(b->data); }

/* The block that slot `slot` of a mapping block names; made when it is not there. */
static inline uint64_t box_slot(box *b, uint64_t map, uint64_t slot)
{
    uint64_t block = ctr_load_u64(box_at(b, map) + slot * 8);
    if (!block) {
        block = box_block(b);
        ctr_store_u64(box_at(b, map) + slot * 8, block);
    }
    return block;
}

/* Data block `index` of the file that is mapped from `map` on. */
static inline uint64_t box_data_block(box *b, uint64_t map, uint64_t index)
{
    uint64_t usable = b->block_size / 8 - 1, covered = usable;
    unsigned level = 1;
    for (; index >= covered; level++) {
        index -= covered;
        covered *= usable;
        map = box_slot(b, map, usable);
    }
    for (; level; level--) {
        covered /= usable;
        map = box_slot(b, map, index / covered);
        index %= covered;
    }
    return map;
}

static inline char *box_entry(box *b, unsigned file) { return b->data + CTR_CTFS_HEAD + file * CTR_CTFS_ENTRY; }

/* Adds a file and returns its number. */
static inline unsigned box_add(box *b, const char *name, const char *data, size_t size)
{
    uint64_t number, map = box_block(b);
    assert_true(ctr_ctfs_name_encode(&number, name, strlen(name)));
    for (size_t at = 0; at < size; at += b->block_size) {
        uint64_t block = box_data_block(b, map, at / b->block_size);
        memcpy(box_at(b, block), data + at, size - at < b->block_size ? size - at : b->block_size);
    }
    char *entry = box_entry(b, b->files);
    ctr_store_u64(ctr_store_u64(ctr_store_u64(entry, size), map), number);
    return b->files++;
}

static inline unsigned box_add_text(box *b, const char *name, const char *text)
{
    return box_add(b, name, text, strlen(text));
}

/* A source of the container as a file. */
static inline ctr_source box_source(const char *data, size_t size)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fflush(file), 0);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fileno(file));
    ctr_source source;
    assert_int_equal(ctr_source_open_file(&source, path, NULL), CTRACE_OK);
    fclose(file);
    return source;
}

/* ---- meta.dat ---- */

#define GOOD_ID "0190f3a1-2b4c-7d8e-9f01-23456789abcd"

static inline void meta_begin(story *s, unsigned version, unsigned flags)
{
    story_say(s, "CTMD");
    bytes_u8(s, version);
    bytes_u8(s, 0);
    bytes_u8(s, flags & 255);
    bytes_u8(s, flags >> 8);
}

/* All that every meta.dat has. */
static inline void meta_usual(story *s, unsigned version, unsigned flags, const char *id)
{
    meta_begin(s, version, flags);
    bytes_vstr(s, id);
    bytes_vstr(s, "prog.rb");
    bytes_u8(s, 2);
    bytes_vstr(s, "-v");
    bytes_vstr(s, "");
    bytes_vstr(s, "/work dir");
    bytes_vstr(s, "some recorder 1.2-b");
    bytes_u8(s, 2);
    bytes_vstr(s, "/a.rb");
    bytes_vstr(s, "/b.rb");
}

/* ---- events.log ---- */

/* A chunk of these bytes. `streamed`: its frame does not tell its size. */
static inline void chunk_add(story *log, const story *events, uint32_t count, uint64_t first, bool streamed)
{
    char *packed = malloc(ZSTD_compressBound(events->size) + 64);
    ZSTD_CCtx *zstd = ZSTD_createCCtx();
    assert_non_null(packed);
    assert_non_null(zstd);
    ZSTD_CCtx_setParameter(zstd, ZSTD_c_contentSizeFlag, !streamed);
    size_t size = ZSTD_compress2(zstd, packed, ZSTD_compressBound(events->size) + 64, events->text, events->size);
    assert_false(ZSTD_isError(size));
    bytes_u32(log, (uint32_t)size);
    bytes_u32(log, count);
    bytes_u64(log, first);
    story_add(log, packed, size);
    ZSTD_freeCCtx(zstd);
    free(packed);
}

static inline void step_add(story *events, uint64_t path, int64_t line)
{
    bytes_u8(events, CTRACE_EVENT_STEP);
    bytes_u64(events, path);
    bytes_u64(events, (uint64_t)line);
}

static inline void path_add(story *events, const char *path)
{
    bytes_u8(events, CTRACE_EVENT_PATH);
    bytes_run(events, path, strlen(path));
}

/* Value of variable 2: an Int. */
static inline void int_add(story *events, unsigned small)
{
    bytes_u8(events, CTRACE_EVENT_VALUE);
    bytes_u64(events, 2);
    char cbor[] = "\xA3" "dkind" "cInt" "ai" "\0" "gtype_id" "\x07";
    cbor[12] = (char)small;
    bytes_run(events, cbor, sizeof cbor - 1);
}

/* ---- What a reader makes of it ---- */

/* Tells all: details, warnings, events with their places, failures. Returns the last status. */
static inline ctrace_status tell_box(story *s, const char *data, size_t size, const ctrace_reader_options *options)
{
    pieces p = {.data = data, .size = size};
    ctrace_source source = {.cookie = &p, .read = pieces_read};
    ctrace_error error;
    ctrace_reader *reader;
    story_say(s, "");
    ctrace_status status = ctrace_reader_open_source(&reader, &source, S("input"), options, &error);
    if (status != CTRACE_OK) {
        assert_null(reader);
        assert_int_equal(error.status, status);
        story_say(s, ctrace_status_name(status));
        story_say(s, ": ");
        story_say(s, error.message);
        story_say(s, "\n");
        return status;
    }
    ctrace_str details = ctrace_reader_details(reader);
    story_add(s, details.data, details.size);
    story_say(s, "\n");
    for (bool more = true; more;) {
        const ctrace_event *event;
        status = ctrace_reader_next(reader, &event, &error);
        more = status == CTRACE_OK || status == CTRACE_EVENT || status == CTRACE_TOO_DEEP || status == CTRACE_TOO_LARGE;
        const ctrace_warning *warnings;
        size_t count = ctrace_reader_warnings(reader, &warnings);
        for (size_t i = 0; i < count; i++)
            story_add_line(s, ctrace_leniency_name(warnings[i].leniency), warnings[i].position, "");
        ctrace_position position;
        ctrace_reader_position(reader, &position);
        if (status == CTRACE_OK) {
            char place[64];
            snprintf(place, sizeof place, "@%llu #%lld ", (unsigned long long)position.offset,
                     (long long)position.event);
            story_say(s, place);
            story_add_event(s, event);
        } else {
            story_add_line(s, ctrace_status_name(status), status == CTRACE_END ? position : error.position,
                           status == CTRACE_END ? "" : error.message);
        }
        assert_true(ctrace_reader_bytes_read(reader) <= size);
    }
    ctrace_reader_close(&reader);
    return status;
}

/* The same without words: how many events there are, and how often a warning comes. */
static inline size_t count_box(const char *data, size_t size, ctrace_leniency leniency, size_t *warned,
                               ctrace_status *last)
{
    pieces p = {.data = data, .size = size};
    ctrace_source source = {.cookie = &p, .read = pieces_read};
    ctrace_reader *reader;
    size_t count = 0;
    *warned = 0;
    *last = ctrace_reader_open_source(&reader, &source, S("input"), NULL, NULL);
    while (*last == CTRACE_OK || *last == CTRACE_EVENT) {
        const ctrace_event *event;
        const ctrace_warning *warnings;
        *last = ctrace_reader_next(reader, &event, NULL);
        count += *last == CTRACE_OK;
        for (size_t i = ctrace_reader_warnings(reader, &warnings); i-- > 0;)
            *warned += warnings[i].leniency == leniency;
    }
    ctrace_reader_close(&reader);
    return count;
}

static inline void assert_box(const box *b, const ctrace_reader_options *options, const char *expected)
{
    story s = {0};
    tell_box(&s, b->data, b->size, options);
    assert_string_equal(s.text, expected);
    free(s.text);
}

#endif
