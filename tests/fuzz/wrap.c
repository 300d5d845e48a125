#include "wrap.h"

#include <zstd.h>

static const uint8_t magic[5] = {0xC0, 0xDE, 0x72, 0xAC, 0xE2};

void wrap_frame(bytes *out, const uint8_t *data, size_t size)
{
    size_t room = ZSTD_compressBound(size);
    void *frame = malloc(room);
    PROMISE(frame);
    size_t used = ZSTD_compress(frame, room, data, size, 1);
    PROMISE(!ZSTD_isError(used));
    bytes_add(out, frame, used);
    free(frame);
}

bytes wrap_bin(const uint8_t *data, size_t size, size_t frame, bool with_table)
{
    bytes out = {0}, table = {0};
    bytes_add(&out, magic, sizeof magic);
    bytes_add_number(&out, 1, 3);
    uint64_t frames = 0;
    size_t at = 0;
    do {
        size_t plain = size - at < frame ? size - at : frame, before = out.size;
        wrap_frame(&out, data + at, plain);
        bytes_add_number(&table, out.size - before, 4);
        bytes_add_number(&table, plain, 4);
        frames++;
        at += plain;
    } while (at < size);
    if (with_table) {
        bytes_add_number(&out, 0x184D2A5E, 4);
        bytes_add_number(&out, table.size + 9, 4);
        bytes_add(&out, table.data, table.size);
        bytes_add_number(&out, frames, 4);
        bytes_add_number(&out, 0, 1);
        bytes_add_number(&out, 0x8F92EAB1, 4);
    }
    bytes_free(&table);
    return out;
}

bytes wrap_bin_v0(const uint8_t *data, size_t size)
{
    bytes out = {0};
    bytes_add(&out, magic, sizeof magic);
    bytes_add_number(&out, 0, 3);
    for (size_t at = 0; at < size; at += 8) {
        uint8_t word[8] = {0}, packed[8], tag = 0;
        size_t count = 0, some = size - at < 8 ? size - at : 8;
        memcpy(word, data + at, some);
        for (size_t i = 0; i < 8; i++)
            if (word[i]) {
                tag |= (uint8_t)(1u << i);
                packed[count++] = word[i];
            }
        bytes_add(&out, &tag, 1);
        bytes_add(&out, packed, count);
        if (tag == 0 || tag == 0xFF)
            bytes_add_number(&out, 0, 1); /* no run of such words follows */
    }
    return out;
}

/* ---- Containers ---- */

#define BLOCK 4096
#define MOST_FILES 31

static const char *const names[] = {
    "events.log",  "events.fmt",  "meta.dat",   "paths.json", "meta.json",   "steps.dat",    "steps.idx",  "values.dat",
    "values.idx",  "calls.dat",   "calls.idx",  "events.dat", "events.idx",  "paths.dat",    "paths.off",  "funcs.dat",
    "funcs.off",   "types.dat",   "types.off",  "varnames.dat", "varnames.off", "step-map.ns", "linehits.tc", "values.off",
    "calls.off",   "events.off",  "filemap.bin"};
#define NAME_COUNT (sizeof names / sizeof *names)

static uint64_t base40(const char *name)
{
    static const char digits[] = "\0" "0123456789abcdefghijklmnopqrstuvwxyz./-";
    uint64_t number = 0;
    for (size_t i = strlen(name); i-- > 0;)
        number = number * 40 + (uint64_t)((const char *)memchr(digits + 1, name[i], 39) - digits);
    return number;
}

typedef struct container {
    bytes blocks; /* behind the first */
    uint8_t first[BLOCK];
    size_t files;
} container;

static void put_number(uint8_t *at, uint64_t number)
{
    for (size_t i = 0; i < 8; i++)
        at[i] = (uint8_t)(number >> 8 * i);
}

static void add_file(container *c, const char *name, const uint8_t *data, size_t size)
{
    size_t data_blocks = (size + BLOCK - 1) / BLOCK;
    if (c->files == MOST_FILES || data_blocks > 500)
        return;
    uint8_t *entry = c->first + 16 + 24 * c->files++;
    uint64_t map = c->blocks.size / BLOCK + 1;
    put_number(entry, size);
    put_number(entry + 8, map);
    put_number(entry + 16, base40(name));
    uint8_t block[BLOCK] = {0};
    for (size_t i = 0; i < data_blocks; i++)
        put_number(block + 8 * i, map + 1 + i);
    bytes_add(&c->blocks, block, BLOCK);
    for (size_t at = 0; at < size; at += BLOCK) {
        memset(block, 0, BLOCK);
        memcpy(block, data + at, size - at < BLOCK ? size - at : BLOCK);
        bytes_add(&c->blocks, block, BLOCK);
    }
}

static void add_chunk(container *c, const char *name, const uint8_t *data, size_t size)
{
    bytes chunk = {0}, frame = {0};
    wrap_frame(&frame, data, size);
    bytes_add_number(&chunk, frame.size, 4);
    bytes_add_number(&chunk, 4, 4);
    bytes_add_number(&chunk, 0, 8);
    bytes_add(&chunk, frame.data, frame.size);
    add_file(c, name, chunk.data, chunk.size);
    bytes_free(&chunk);
    bytes_free(&frame);
}

static void add_indexed(container *c, const char *name, const uint8_t *data, size_t size)
{
    char index_name[16];
    bytes frame = {0}, index = {0};
    const char *dot = strrchr(name, '.');
    snprintf(index_name, sizeof index_name, "%.*s.idx", (int)(dot - name), name);
    wrap_frame(&frame, data, size);
    bytes_add_number(&index, 4, 4);
    bytes_add_number(&index, 0, 8);
    add_file(c, name, frame.data, frame.size);
    add_file(c, index_name, index.data, index.size);
    bytes_free(&frame);
    bytes_free(&index);
}

bytes wrap_ct(const uint8_t *data, size_t size)
{
    container c = {.files = 0};
    memcpy(c.first, magic, sizeof magic);
    c.first[5] = 4;
    c.first[9] = BLOCK >> 8;
    c.first[12] = MOST_FILES;
    for (size_t at = 0; at + 4 <= size;) {
        const char *name = names[data[at] % NAME_COUNT];
        uint8_t how = data[at + 1];
        size_t content = (size_t)data[at + 2] | (size_t)data[at + 3] << 8;
        at += 4;
        if (content > size - at)
            content = size - at;
        if (how == 1)
            add_chunk(&c, name, data + at, content);
        else if (how == 2)
            add_indexed(&c, name, data + at, content);
        else
            add_file(&c, name, data + at, content);
        at += content;
    }
    bytes out = {0};
    bytes_add(&out, c.first, BLOCK);
    bytes_add(&out, c.blocks.data, c.blocks.size);
    bytes_free(&c.blocks);
    return out;
}
