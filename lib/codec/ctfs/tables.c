#include "codec/ctfs/tables.h"

#include <stdio.h>

ctrace_status ctr_ctfs_table_open(ctr_ctfs_table *t, ctr_ctfs_shared *shared, const char *name, ctrace_error *error)
{
    char full[CTR_CTFS_NAME_MAX + 1];
    memset(t, 0, sizeof *t);
    t->shared = shared;
    snprintf(full, sizeof full, "%s.dat", name);
    const ctr_ctfs_file *data = ctr_ctfs_find(shared->container, full);
    snprintf(full, sizeof full, "%s.off", name);
    const ctr_ctfs_file *offsets = ctr_ctfs_find(shared->container, full);
    if (!data || !offsets) {
        if (data || offsets)
            ctr_ctfs_note(shared, CTRACE_LENIENCY_CT_STREAM_LOST);
        return CTRACE_OK;
    }
    ctr_ctfs_bytes_init(&t->bytes, shared->container, data, 0);
    ctr_ctfs_numbers_init(&t->offsets, shared->container, offsets, 0);
    t->data_size = ctr_ctfs_size_within(shared->container, data);
    t->there = true;
    t->count = t->offsets.count;
    if (!t->count)
        return CTRACE_OK;
    /* The last is the end of the last record; a table may lack it. */
    uint64_t last;
    ctrace_status status = ctr_ctfs_number(&t->offsets, t->count - 1, &last, error);
    if (status == CTRACE_END) {
        t->there = false;
        t->count = 0;
        ctr_ctfs_note(shared, CTRACE_LENIENCY_CT_STREAM_LOST);
        return CTRACE_OK;
    }
    if (status == CTRACE_OK && last >= t->data_size)
        t->count--;
    return status;
}

void ctr_ctfs_table_close(ctr_ctfs_table *t) { ctr_ctfs_bytes_free(&t->bytes); }

ctrace_status ctr_ctfs_table_find(ctr_ctfs_table *t, uint64_t index, uint64_t *from, uint64_t *to, ctrace_error *error)
{
    if (index >= t->count)
        return CTRACE_END;
    *to = t->data_size;
    ctrace_status status = ctr_ctfs_number(&t->offsets, index, from, error);
    if (status == CTRACE_OK && index + 1 < t->offsets.count)
        status = ctr_ctfs_number(&t->offsets, index + 1, to, error);
    if (status == CTRACE_OK && (*from > *to || *to > t->data_size))
        status = CTRACE_END;
    return status;
}

ctrace_status ctr_ctfs_table_read(ctr_ctfs_table *t, uint64_t index, const char **data, size_t *size,
                                  ctrace_error *error)
{
    uint64_t from, to;
    *data = "";
    *size = 0;
    ctrace_status status = ctr_ctfs_table_find(t, index, &from, &to, error);
    if (status != CTRACE_OK || from == to)
        return status;
    if (to - from > t->shared->max_event_bytes)
        return CTRACE_END;
    /* Records follow each other, so what was read for one is there for the next. */
    ctr_ctfs_bytes *b = &t->bytes;
    uint64_t here = b->next - ctr_ctfs_bytes_ready(b);
    if (here != from || (b->ended && ctr_ctfs_bytes_ready(b) < to - from))
        ctr_ctfs_bytes_begin(b, from, t->data_size, false);
    status = ctr_ctfs_bytes_need(b, (size_t)(to - from), error);
    if (status != CTRACE_OK)
        return status;
    *data = b->data + b->at;
    *size = (size_t)(to - from);
    ctr_ctfs_bytes_take(b, *size);
    return CTRACE_OK;
}
