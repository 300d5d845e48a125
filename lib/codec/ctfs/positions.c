#include "codec/ctfs/positions.h"

#include "base/failure.h"

#define MOST_PATHS  ((size_t)1 << 20) /* of those whose lines have lengths */
#define MOST_LINES  ((size_t)4096)    /* that are kept of a path */
#define PATH_LENGTH UINT64_C(100000)  /* of a path whose lines have none */

/* ---- Records of paths ---- */

/* Takes the length of the next line. */
static bool take_length(const char **at, const char *end, uint64_t *length)
{
    uint64_t n;
    if (!ctr_ctfs_varint(at, end, &n))
        return false;
    uint64_t longer = *length + (uint64_t)ctr_ctfs_signed(n);
    *length = longer;
    return longer <= UINT32_MAX;
}

bool ctr_ctfs_path_with_lines(const char *data, size_t size, ctrace_str *path, size_t *at, uint64_t *lines,
                              uint64_t *length)
{
    const char *p = data, *end = data + size;
    uint64_t path_size, one = 0;
    if (!ctr_ctfs_varint(&p, end, &path_size) || path_size > (uint64_t)(end - p))
        return false;
    *path = (ctrace_str){p, (size_t)path_size};
    p += path_size;
    if (!ctr_ctfs_varint(&p, end, lines) || *lines > (uint64_t)(end - p))
        return false;
    *at = (size_t)(p - data);
    *length = 0;
    for (uint64_t i = 0; i < *lines; i++) {
        if (!take_length(&p, end, &one))
            return false;
        *length += one;
    }
    return p == end;
}

/* ---- Life ---- */

static ctrace_status measure_paths(ctr_ctfs_positions *p, ctrace_error *error)
{
    uint64_t end = 0;
    for (uint64_t i = 0; i < p->path_count && i < MOST_PATHS; i++) {
        const char *data;
        size_t size, at;
        ctrace_str path;
        uint64_t lines, length;
        ctrace_status status = ctr_ctfs_table_read(p->paths, i, &data, &size, error);
        if (status != CTRACE_OK && status != CTRACE_END)
            return status;
        if (!ctr_ctfs_path_with_lines(data, size, &path, &at, &lines, &length) || !lines)
            length = PATH_LENGTH;
        if (end > UINT64_MAX - length)
            return CTRACE_OK; /* what follows has no place */
        end += length;
        if (!ctr_make_room(p->shared->allocator, (void **)&p->ends, &p->end_capacity, p->end_count, sizeof *p->ends))
            return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for the lengths of paths");
        p->ends[p->end_count++] = end;
    }
    return CTRACE_OK;
}

ctrace_status ctr_ctfs_positions_open(ctr_ctfs_positions *p, ctr_ctfs_shared *shared, ctr_ctfs_table *paths,
                                      uint64_t path_count, const ctr_ctfs_meta *meta, ctrace_error *error)
{
    *p = (ctr_ctfs_positions){.shared = shared,
                              .paths = paths,
                              .path_count = path_count,
                              .columns = ctr_ctfs_meta_has(meta, CTR_CTFS_COLUMN_AWARE),
                              .packed = ctr_ctfs_meta_has(meta, CTR_CTFS_BINARY_TABLES)};
    return p->columns ? measure_paths(p, error) : CTRACE_OK;
}

void ctr_ctfs_positions_close(ctr_ctfs_positions *p)
{
    if (!p->shared)
        return;
    ctr_free(p->shared->allocator, p->ends, p->end_capacity * sizeof *p->ends);
    for (size_t i = 0; i < CTR_CTFS_LINE_TABLES; i++)
        ctr_free(p->shared->allocator, p->tables[i].lines, p->tables[i].count * sizeof *p->tables[i].lines);
}

const char *ctr_ctfs_positions_text(const ctr_ctfs_positions *p)
{
    if (p->columns)
        return "positions of columns";
    return p->packed ? "positions (path << 32) | line"
                     : "positions path * 100000 + line, from 2^32 on (path << 32) | line";
}

/* ---- Lines ---- */

void ctr_ctfs_positions_find_line(const ctr_ctfs_positions *p, uint64_t position, ctr_ctfs_place *out)
{
    uint64_t path = position >> 32, line = position & UINT32_MAX;
    if (!p->packed && !path) {
        path = position / PATH_LENGTH;
        line = position % PATH_LENGTH;
        if (path >= p->path_count) {
            path = 0;
            line = position;
        }
    }
    *out = (ctr_ctfs_place){0};
    if (path < p->path_count)
        *out = (ctr_ctfs_place){.known = true, .path = path, .line = (int64_t)line};
}

/* ---- Columns ---- */

/* Makes the table of a path out of its record. */
static ctrace_status make_table(ctr_ctfs_positions *p, ctr_ctfs_line_table *table, const char *data, size_t size,
                                size_t at, uint64_t lines, ctrace_error *error)
{
    const ctrace_allocator *allocator = p->shared->allocator;
    uint64_t stride = (lines + MOST_LINES - 1) / MOST_LINES;
    size_t count = (size_t)((lines + stride - 1) / stride);
    ctr_free(allocator, table->lines, table->count * sizeof *table->lines);
    table->count = 0;
    table->used = 0;
    table->lines = ctr_alloc(allocator, count * sizeof *table->lines);
    if (!table->lines)
        return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for the lines of a path");
    table->count = count;
    table->stride = stride;
    const char *here = data + at;
    uint64_t begin = 0, length = 0;
    for (uint64_t i = 0; i < lines; i++) {
        if (i % stride == 0)
            table->lines[i / stride] = (ctr_ctfs_line){begin, length, (size_t)(here - data)};
        if (!take_length(&here, data + size, &length))
            break; /* it was walked over before, so this is none */
        begin += length;
    }
    return CTRACE_OK;
}

/* The table of a path, kept or made; *out is NULL when its lines have no lengths. */
static ctrace_status find_table(ctr_ctfs_positions *p, uint64_t path, ctr_ctfs_line_table **out, ctrace_error *error)
{
    ctr_ctfs_line_table *oldest = &p->tables[0];
    *out = NULL;
    for (size_t i = 0; i < CTR_CTFS_LINE_TABLES; i++) {
        ctr_ctfs_line_table *table = &p->tables[i];
        if (table->used && table->path == path) {
            table->used = ++p->clock;
            *out = table;
            return CTRACE_OK;
        }
        if (table->used < oldest->used)
            oldest = table;
    }
    const char *data;
    size_t size, at;
    ctrace_str name;
    uint64_t lines, length;
    ctrace_status status = ctr_ctfs_table_read(p->paths, path, &data, &size, error);
    if (status == CTRACE_END)
        return CTRACE_OK;
    if (status != CTRACE_OK || !ctr_ctfs_path_with_lines(data, size, &name, &at, &lines, &length) || !lines)
        return status;
    status = make_table(p, oldest, data, size, at, lines, error);
    if (status != CTRACE_OK)
        return status;
    oldest->path = path;
    oldest->used = ++p->clock;
    *out = oldest;
    return CTRACE_OK;
}

/* Goes from the line that is kept before `offset` to the one that holds it. */
static ctrace_status walk_lines(ctr_ctfs_positions *p, const ctr_ctfs_line_table *table, uint64_t index,
                                uint64_t offset, ctr_ctfs_place *out, ctrace_error *error)
{
    ctr_ctfs_line line = table->lines[index];
    uint64_t number = index * table->stride;
    if (table->stride > 1) {
        const char *data;
        size_t size;
        ctrace_status status = ctr_ctfs_table_read(p->paths, table->path, &data, &size, error);
        if (status != CTRACE_OK)
            return status == CTRACE_END ? CTRACE_OK : status;
        const char *at = data + line.at;
        uint64_t length = line.length_before;
        for (uint64_t i = 0; i < table->stride && line.at <= size && take_length(&at, data + size, &length); i++) {
            if (offset - line.begin < length)
                break;
            line.begin += length;
            number++;
        }
    }
    out->known = true;
    out->line = (int64_t)number + 1;
    out->column = offset - line.begin + 1;
    return CTRACE_OK;
}

static ctrace_status find_column(ctr_ctfs_positions *p, uint64_t position, ctr_ctfs_place *out, ctrace_error *error)
{
    size_t first = 0, behind = p->end_count; /* the path is the first whose end lies behind the position */
    while (first < behind) {
        size_t middle = first + (behind - first) / 2;
        if (p->ends[middle] > position)
            behind = middle;
        else
            first = middle + 1;
    }
    if (first == p->end_count)
        return CTRACE_OK;
    uint64_t offset = position - (first ? p->ends[first - 1] : 0);
    ctr_ctfs_line_table *table;
    ctrace_status status = find_table(p, first, &table, error);
    if (status != CTRACE_OK)
        return status;
    out->path = first;
    if (!table) {
        out->known = true;
        out->line = (int64_t)offset;
        return CTRACE_OK;
    }
    size_t low = 0, high = table->count; /* the last line that begins at or before the offset */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (table->lines[middle].begin <= offset)
            low = middle;
        else
            high = middle;
    }
    return walk_lines(p, table, low, offset, out, error);
}

ctrace_status ctr_ctfs_positions_find(ctr_ctfs_positions *p, uint64_t position, ctr_ctfs_place *out,
                                      ctrace_error *error)
{
    *out = (ctr_ctfs_place){0};
    if (!p->columns) {
        ctr_ctfs_positions_find_line(p, position, out);
        return CTRACE_OK;
    }
    ctrace_status status = find_column(p, position, out, error);
    if (!out->known)
        *out = (ctr_ctfs_place){0};
    return status;
}
