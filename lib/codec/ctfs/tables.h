/* Tables of paths, functions, types and names: X.off tells where in X.dat each record begins. */
#ifndef CTRACE_LIB_CODEC_CTFS_TABLES_H
#define CTRACE_LIB_CODEC_CTFS_TABLES_H

#include "codec/ctfs/chunks.h"
#include "codec/ctfs/shared.h"

typedef struct ctr_ctfs_table {
    ctr_ctfs_shared *shared;
    bool there;
    uint64_t count;
    ctr_ctfs_numbers offsets;
    uint64_t data_size;
    ctr_ctfs_bytes bytes;
} ctr_ctfs_table;

/* Opens "NAME.dat" and "NAME.off"; when there is none that can be read it is empty. CTRACE_OK, CTRACE_NO_MEMORY,
 * CTRACE_IO. */
ctrace_status ctr_ctfs_table_open(ctr_ctfs_table *t, ctr_ctfs_shared *shared, const char *name, ctrace_error *error);
void ctr_ctfs_table_close(ctr_ctfs_table *t);

/* Where a record lies. CTRACE_END: it is none. */
ctrace_status ctr_ctfs_table_find(ctr_ctfs_table *t, uint64_t index, uint64_t *from, uint64_t *to, ctrace_error *error);
/* Its bytes, which stay until the next call. CTRACE_END: it is none, or is too long for an event. */
ctrace_status ctr_ctfs_table_read(ctr_ctfs_table *t, uint64_t index, const char **data, size_t *size,
                                  ctrace_error *error);

#endif
