/* What positions of steps mean: a path and a line in one number, in three ways that spec/ctfs.md tells apart. */
#ifndef CTRACE_LIB_CODEC_CTFS_POSITIONS_H
#define CTRACE_LIB_CODEC_CTFS_POSITIONS_H

#include "codec/ctfs/meta.h"
#include "codec/ctfs/tables.h"

#define CTR_CTFS_LINE_TABLES 32

/* A line now and then, of a path whose lines have lengths. */
typedef struct ctr_ctfs_line {
    uint64_t begin;         /* where it begins in its path */
    uint64_t length_before; /* of the line before it */
    size_t at;              /* its length in the record */
} ctr_ctfs_line;

typedef struct ctr_ctfs_line_table {
    uint64_t path;
    uint64_t used;   /* when it was used last; 0: never */
    uint64_t stride; /* lines from one to the next */
    ctr_ctfs_line *lines;
    size_t count;
} ctr_ctfs_line_table;

typedef struct ctr_ctfs_place {
    bool known; /* else path and line are 0 */
    ctrace_id path;
    int64_t line;
    uint64_t column; /* from 1; 0: none */
} ctr_ctfs_place;

typedef struct ctr_ctfs_positions {
    ctr_ctfs_shared *shared;
    ctr_ctfs_table *paths;
    uint64_t path_count;
    bool columns;   /* positions are of columns */
    bool packed;    /* (path << 32) | line */
    uint64_t *ends; /* with columns: where each path ends */
    size_t end_count, end_capacity;
    ctr_ctfs_line_table tables[CTR_CTFS_LINE_TABLES];
    uint64_t clock;
} ctr_ctfs_positions;

/* `path_count` paths are declared. CTRACE_OK, CTRACE_NO_MEMORY, CTRACE_IO. */
ctrace_status ctr_ctfs_positions_open(ctr_ctfs_positions *p, ctr_ctfs_shared *shared, ctr_ctfs_table *paths,
                                      uint64_t path_count, const ctr_ctfs_meta *meta, ctrace_error *error);
void ctr_ctfs_positions_close(ctr_ctfs_positions *p);
/* What they mean, for people. */
const char *ctr_ctfs_positions_text(const ctr_ctfs_positions *p);

/* The place of a step. */
ctrace_status ctr_ctfs_positions_find(ctr_ctfs_positions *p, uint64_t position, ctr_ctfs_place *out,
                                      ctrace_error *error);
/* The place of a function: a line, also where those of steps are columns. */
void ctr_ctfs_positions_find_line(const ctr_ctfs_positions *p, uint64_t position, ctr_ctfs_place *out);

/* The record of a path in a trace with columns: its text, and where in the record the lengths of so many lines stand.
 * False when it is a bare path. */
bool ctr_ctfs_path_with_lines(const char *data, size_t size, ctrace_str *path, size_t *at, uint64_t *lines,
                              uint64_t *length);

#endif
