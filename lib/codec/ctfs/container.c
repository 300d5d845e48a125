#include "codec/ctfs/container.h"

#include "base/failure.h"
#include "base/memory.h"
#include "codec/ctfs/little_endian.h"

/* Files that tell where the entries begin. */
static const char *const known_files[] = {"meta.dat", "meta.json", "events.log", "steps.dat"};

/* Completes the error of a failure. */
static ctrace_status fail(const ctr_ctfs *c, ctrace_error *error, ctrace_status status)
{
    ctr_error_set_file(error, c->name, strlen(c->name));
    return status;
}

static ctrace_status fail_head(const ctr_ctfs *c, uint64_t offset, ctrace_error *error, ctrace_status status)
{
    if (error)
        error->position.offset = offset;
    return fail(c, error, status);
}

/* Each is said once at most; offsets are those of events, which these are no part of. */
static void warn(ctr_ctfs *c, ctrace_leniency leniency)
{
    if (c->warning_count < sizeof c->warnings / sizeof *c->warnings)
        c->warnings[c->warning_count++] = (ctrace_warning){leniency, CTR_POSITION_UNKNOWN};
}

/* ---- Names ---- */

static const char name_letters[] = "\0" "0123456789abcdefghijklmnopqrstuvwxyz./-";

bool ctr_ctfs_name_decode(char out[CTR_CTFS_NAME_MAX + 1], uint64_t number)
{
    memset(out, 0, CTR_CTFS_NAME_MAX + 1);
    size_t size = 0;
    for (; number && size < CTR_CTFS_NAME_MAX && number % 40; number /= 40)
        out[size++] = name_letters[number % 40];
    if (size && !number)
        return true;
    out[0] = 0;
    return false;
}

bool ctr_ctfs_name_encode(uint64_t *out, const char *name, size_t size)
{
    *out = 0;
    if (!size || size > CTR_CTFS_NAME_MAX)
        return false;
    for (size_t i = size; i > 0; i--) {
        const char *letter = name[i - 1] ? memchr(name_letters + 1, name[i - 1], 39) : NULL;
        if (!letter)
            return false;
        *out = *out * 40 + (uint64_t)(letter - name_letters);
    }
    return true;
}

/* ---- Header and entries ---- */

static ctrace_status check_header(ctr_ctfs *c, const char *block, size_t size, ctrace_error *error)
{
    if (size < CTR_CTFS_HEAD) {
        ctr_fail(error, CTRACE_TRUNCATED, "the container ends inside its header");
        return fail_head(c, size, error, CTRACE_TRUNCATED);
    }
    c->version = (uint8_t)block[5];
    c->max_shards = c->version >= 4 ? (uint8_t)block[7] : 0;
    c->compression = c->version == 3 ? (uint8_t)block[6] : 0;
    c->block_size = ctr_load_u32(block + 8);
    c->max_entries = ctr_load_u32(block + 12);
    uint8_t encryption = (uint8_t)block[c->version >= 4 ? 6 : 7];
    if (memcmp(block, "\xC0\xDE\x72\xAC\xE2", 5) != 0 || c->version < 2 || c->version > 4) {
        ctr_fail(error, CTRACE_NOT_A_TRACE, "no CTFS container of version 2 to 4");
        return fail_head(c, 0, error, CTRACE_NOT_A_TRACE);
    }
    if (c->version > 2 && encryption) {
        ctr_fail(error, CTRACE_UNSUPPORTED, "the container is encrypted (method %u)", (unsigned)encryption);
        return fail_head(c, c->version >= 4 ? 6 : 7, error, CTRACE_UNSUPPORTED);
    }
    if (c->block_size != 1024 && c->block_size != 2048 && c->block_size != 4096) {
        ctr_fail(error, CTRACE_SYNTAX, "the container's block size is %u, not 1024, 2048 or 4096",
                 (unsigned)c->block_size);
        return fail_head(c, 8, error, CTRACE_SYNTAX);
    }
    if (c->version == 2 && (block[6] || block[7]))
        warn(c, CTRACE_LENIENCY_HEADER_RESERVED);
    if (c->block_size != CTR_CTFS_BLOCK)
        warn(c, CTRACE_LENIENCY_CT_BLOCK_SIZE);
    return CTRACE_OK;
}

/* Whether one of the files that every trace has stands among the entries from `at` on. */
static bool has_known_file(const char *block, size_t size, size_t at)
{
    char name[CTR_CTFS_NAME_MAX + 1];
    for (; at + CTR_CTFS_ENTRY <= size; at += CTR_CTFS_ENTRY) {
        if (!ctr_ctfs_name_decode(name, ctr_load_u64(block + at + 16)))
            continue;
        for (size_t i = 0; i < sizeof known_files / sizeof *known_files; i++)
            if (strcmp(name, known_files[i]) == 0)
                return true;
    }
    return false;
}

static void read_entries(ctr_ctfs *c, const char *block, size_t size)
{
    static const char empty[CTR_CTFS_ENTRY];
    size_t at = CTR_CTFS_HEAD;
    /* The roots of free lists stand before the entries where a writer of shards has them. */
    size_t behind_roots = at + (size_t)c->max_shards * 42;
    if (c->max_shards && !has_known_file(block, size, at) && has_known_file(block, size, behind_roots))
        at = behind_roots;
    size_t room = at < size ? (size - at) / CTR_CTFS_ENTRY : 0;
    size_t count = c->max_entries && c->max_entries < room ? c->max_entries : room;
    if (c->max_entries != CTR_CTFS_ENTRIES || at != CTR_CTFS_HEAD)
        warn(c, CTRACE_LENIENCY_CT_ENTRIES);
    bool odd = false;
    c->file_count = 0;
    for (size_t i = 0; i < count; i++, at += CTR_CTFS_ENTRY) {
        if (memcmp(block + at, empty, CTR_CTFS_ENTRY) == 0)
            continue;
        ctr_ctfs_file *file = &c->files[c->file_count];
        *file = (ctr_ctfs_file){.size = ctr_load_u64(block + at), .map_block = ctr_load_u64(block + at + 8)};
        bool good = ctr_ctfs_name_decode(file->name, ctr_load_u64(block + at + 16)) && !ctr_ctfs_find(c, file->name);
        c->file_count++;
        if (!good && !odd)
            warn(c, CTRACE_LENIENCY_CT_NAME);
        odd |= !good;
    }
}

static ctrace_status read_head(ctr_ctfs *c, ctrace_error *error)
{
    char block[CTR_CTFS_MAX_BLOCK] = {0};
    size_t got;
    c->warning_count = 0;
    ctrace_status status = ctr_source_read_at(c->source, 0, block, sizeof block, &got, c->name, error);
    if (status == CTRACE_OK)
        status = check_header(c, block, got, error);
    if (status != CTRACE_OK)
        return status;
    /* Behind the entries: what they tell of was written before them. */
    ctr_source_measure(c->source);
    uint64_t size = c->source->size;
    c->block_count = size / c->block_size + (size % c->block_size != 0);
    if (size % c->block_size)
        warn(c, CTRACE_LENIENCY_CT_PADDING);
    read_entries(c, block, got < c->block_size ? got : c->block_size);
    return CTRACE_OK;
}

ctrace_status ctr_ctfs_open(ctr_ctfs *c, ctr_source *source, const char *name, const ctrace_allocator *allocator,
                            ctrace_error *error)
{
    *c = (ctr_ctfs){.source = source, .name = name, .allocator = allocator};
    return read_head(c, error);
}

void ctr_ctfs_close(ctr_ctfs *c)
{
    ctr_free(c->allocator, c->cache_blocks, (size_t)CTR_CTFS_CACHED * CTR_CTFS_MAX_BLOCK);
    c->cache_blocks = NULL;
}

ctrace_status ctr_ctfs_refresh(ctr_ctfs *c, ctrace_error *error)
{
    for (size_t i = 0; i < CTR_CTFS_CACHED; i++)
        c->cache[i].block = 0;
    uint32_t block_size = c->block_size;
    ctrace_status status = read_head(c, error);
    if (status == CTRACE_OK && c->block_size != block_size) {
        ctr_fail(error, CTRACE_SYNTAX, "the container's block size has changed while it was read");
        status = fail_head(c, 8, error, CTRACE_SYNTAX);
    }
    return status;
}

const ctr_ctfs_file *ctr_ctfs_find(const ctr_ctfs *c, const char *name)
{
    for (size_t i = 0; i < c->file_count; i++)
        if (*name && strcmp(c->files[i].name, name) == 0)
            return &c->files[i];
    return NULL;
}

/* ---- Blocks ---- */

static ctrace_status check_block(const ctr_ctfs *c, const ctr_ctfs_file *file, uint64_t block, ctrace_error *error)
{
    if (block && block < c->block_count)
        return CTRACE_OK;
    const char *name = *file->name ? file->name : "a file without a name";
    ctrace_status status = CTRACE_SYNTAX;
    if (!block)
        ctr_fail(error, status, "%s has a hole: there is no block where one is needed", name);
    else if (block > UINT64_MAX / c->block_size / 2)
        ctr_fail(error, status, "%s has a block number that cannot be one", name);
    else
        status = ctr_fail(error, CTRACE_TRUNCATED, "the container ends before block %llu, which %s needs",
                          (unsigned long long)block, name);
    return fail(c, error, status);
}

/* A mapping block, kept or read. What the container does not have of it is zero. */
static ctrace_status load_mapping(ctr_ctfs *c, uint64_t block, const char **out, ctrace_error *error)
{
    if (!c->cache_blocks) {
        c->cache_blocks = ctr_alloc(c->allocator, (size_t)CTR_CTFS_CACHED * CTR_CTFS_MAX_BLOCK);
        if (!c->cache_blocks)
            return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for the container's mapping");
        for (size_t i = 0; i < CTR_CTFS_CACHED; i++)
            c->cache[i].data = c->cache_blocks + i * CTR_CTFS_MAX_BLOCK;
    }
    ctr_ctfs_cached *oldest = &c->cache[0];
    for (size_t i = 0; i < CTR_CTFS_CACHED; i++) {
        ctr_ctfs_cached *kept = &c->cache[i];
        if (kept->block == block) {
            kept->used = ++c->clock;
            *out = kept->data;
            return CTRACE_OK;
        }
        if (!kept->block || (oldest->block && kept->used < oldest->used))
            oldest = kept;
    }
    oldest->block = 0;
    size_t got;
    ctrace_status status = ctr_source_read_at(c->source, block * c->block_size, oldest->data, c->block_size, &got,
                                              c->name, error);
    if (status != CTRACE_OK)
        return status;
    memset(oldest->data + got, 0, c->block_size - got);
    oldest->block = block;
    oldest->used = ++c->clock;
    *out = oldest->data;
    return CTRACE_OK;
}

/* Goes from a mapping block to the block that its slot names. */
static ctrace_status follow_slot(ctr_ctfs *c, const ctr_ctfs_file *file, uint64_t *block, uint64_t slot,
                                 ctrace_error *error)
{
    const char *mapping = NULL;
    ctrace_status status = load_mapping(c, *block, &mapping, error);
    if (status != CTRACE_OK)
        return status;
    *block = ctr_load_u64(mapping + slot * 8);
    return check_block(c, file, *block, error);
}

/* The block that holds block `index` of the file. */
static ctrace_status find_block(ctr_ctfs *c, const ctr_ctfs_file *file, uint64_t index, uint64_t *out,
                                ctrace_error *error)
{
    uint64_t usable = c->block_size / 8 - 1, covered = usable, block = file->map_block;
    ctrace_status status = check_block(c, file, block, error);
    unsigned level = 1;
    for (; status == CTRACE_OK && index >= covered && level < CTR_CTFS_MAX_LEVELS; level++) {
        index -= covered;
        covered *= usable;
        status = follow_slot(c, file, &block, usable, error);
    }
    if (status == CTRACE_OK && index >= covered) {
        ctr_fail(error, CTRACE_SYNTAX, "%s is longer than a file can be", file->name);
        return fail(c, error, CTRACE_SYNTAX);
    }
    for (; status == CTRACE_OK && level > 0; level--) {
        covered /= usable;
        status = follow_slot(c, file, &block, index / covered, error);
        index %= covered;
    }
    *out = block;
    return status;
}

/* Reads what lies in neighbouring blocks at once: up to `size` bytes from `offset` of the file on. */
static ctrace_status read_run(ctr_ctfs *c, const ctr_ctfs_file *file, uint64_t offset, char *buffer, size_t size,
                              size_t *got, ctrace_error *error)
{
    uint64_t index = offset / c->block_size, first, next;
    size_t into = (size_t)(offset % c->block_size), run = c->block_size - into;
    *got = 0;
    if (index >= c->block_count) {
        ctr_fail(error, CTRACE_TRUNCATED, "%s claims more bytes than the container has", file->name);
        return fail(c, error, CTRACE_TRUNCATED);
    }
    ctrace_status status = find_block(c, file, index, &first, error);
    if (status != CTRACE_OK)
        return status;
    for (uint64_t more = 1; run < size && index + more < c->block_count; more++, run += c->block_size)
        if (find_block(c, file, index + more, &next, NULL) != CTRACE_OK || next != first + more)
            break;
    if (run > size)
        run = size;
    status = ctr_source_read_at(c->source, first * c->block_size + into, buffer, run, got, c->name, error);
    if (status == CTRACE_OK && *got < run) {
        ctr_fail(error, CTRACE_TRUNCATED, "the container ends inside a block of %s", file->name);
        return fail(c, error, CTRACE_TRUNCATED);
    }
    return status;
}

ctrace_status ctr_ctfs_read(ctr_ctfs *c, const ctr_ctfs_file *file, uint64_t offset, char *buffer, size_t size,
                            size_t *got, ctrace_error *error)
{
    *got = 0;
    if (offset >= file->size)
        return CTRACE_OK;
    if (size > file->size - offset)
        size = (size_t)(file->size - offset);
    ctrace_status status = CTRACE_OK;
    while (status == CTRACE_OK && *got < size) {
        size_t some;
        status = read_run(c, file, offset + *got, buffer + *got, size - *got, &some, error);
        *got += some;
    }
    return status;
}
