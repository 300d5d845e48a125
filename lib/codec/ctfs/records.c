#include "codec/ctfs/records.h"

#include <stdio.h>

#include "codec/ctfs/meta.h"

/* ---- Opening ---- */

static const ctr_ctfs_file *find(const ctr_ctfs *c, const char *name, const char *suffix)
{
    char full[CTR_CTFS_NAME_MAX + 1];
    snprintf(full, sizeof full, "%s%s", name, suffix);
    return ctr_ctfs_find(c, full);
}

static void open_table(ctr_ctfs_records *r, const ctr_ctfs_file *data, const ctr_ctfs_file *offsets)
{
    ctr_ctfs *container = r->shared->container;
    r->older = true;
    r->chunks.data_size = ctr_ctfs_size_within(container, data);
    ctr_ctfs_bytes_init(&r->chunks.bytes, container, data, 0);
    ctr_ctfs_numbers_init(&r->chunks.offsets, container, offsets, 0);
    r->chunks.count = r->chunks.offsets.count ? r->chunks.offsets.count - 1 : 0;
}

ctrace_status ctr_ctfs_records_open(ctr_ctfs_records *r, ctr_ctfs_shared *shared, const char *name, bool newer,
                                    unsigned window_log, bool notes, ctrace_error *error)
{
    memset(r, 0, sizeof *r);
    r->shared = shared;
    ctr_ctfs *container = shared->container;
    const ctr_ctfs_file *data = find(container, name, ".dat");
    const ctr_ctfs_file *index = find(container, name, ".idx"), *offsets = find(container, name, ".off");
    ctrace_status status = CTRACE_OK;
    r->there = data && (index || offsets);
    if (r->there && index && (newer || !offsets)) {
        status = ctr_ctfs_chunks_init(&r->chunks, container, data, index, window_log, error);
        r->there = status == CTRACE_OK;
        if (status == CTRACE_END)
            status = CTRACE_OK;
    } else if (r->there) {
        open_table(r, data, offsets);
    }
    if (notes && !r->there && (data || index || offsets))
        ctr_ctfs_note(shared, CTRACE_LENIENCY_CT_STREAM_LOST);
    if (notes && r->older)
        ctr_ctfs_note(shared, CTRACE_LENIENCY_CT_FRAMING_OLD);
    return status;
}

void ctr_ctfs_records_close(ctr_ctfs_records *r) { ctr_ctfs_chunks_free(&r->chunks); }

/* ---- Going on ---- */

/* Goes to a place of a table's bytes. Records follow each other, so it is in the window as a rule. */
static void go_to_bytes(ctr_ctfs_records *r, uint64_t from)
{
    ctr_ctfs_bytes *b = &r->chunks.bytes;
    uint64_t here = b->next - ctr_ctfs_bytes_ready(b);
    if (b->stop == r->chunks.data_size && !b->torn && from >= here && from <= b->next)
        ctr_ctfs_bytes_take(b, (size_t)(from - here));
    else
        ctr_ctfs_bytes_begin(b, from, r->chunks.data_size, false);
}

static ctrace_status next_of_table(ctr_ctfs_records *r, ctrace_error *error)
{
    while (r->next < r->chunks.count) {
        uint64_t number = r->next++, from = 0, to = 0;
        ctrace_status status = ctr_ctfs_number(&r->chunks.offsets, number, &from, error);
        if (status == CTRACE_OK)
            status = ctr_ctfs_number(&r->chunks.offsets, number + 1, &to, error);
        if (status != CTRACE_OK) {
            r->next = r->chunks.count;
            return status;
        }
        if (from > to || to > r->chunks.data_size) {
            ctr_ctfs_note(r->shared, CTRACE_LENIENCY_CT_RECORD_LOST);
            continue;
        }
        go_to_bytes(r, from);
        r->number = number;
        r->left = to - from;
        r->has_record = true;
        return CTRACE_OK;
    }
    return CTRACE_END;
}

/* The chunk's bytes, or its records, have come to an end. */
static void close_chunk(ctr_ctfs_records *r, bool torn)
{
    bool is_last = r->chunk + 1 >= r->chunks.count;
    if (torn || r->chunks.bytes.torn || (!is_last && r->in_chunk < r->chunks.size))
        ctr_ctfs_note(r->shared, CTRACE_LENIENCY_CT_CHUNK_TORN);
    if (r->chunks.bytes.size_unknown)
        ctr_ctfs_note(r->shared, CTRACE_LENIENCY_CT_SIZE_UNKNOWN);
    r->chunk_is_open = false;
    r->chunk++;
}

static ctrace_status open_chunk(ctr_ctfs_records *r, ctrace_error *error)
{
    ctrace_status status = ctr_ctfs_chunks_open(&r->chunks, r->chunk, error);
    if (status != CTRACE_OK)
        return status;
    r->chunk_is_open = true;
    r->in_chunk = 0;
    r->next = r->chunk * r->chunks.size;
    return CTRACE_OK;
}

/* Begins the next record of the chunk; CTRACE_END when it has no more. */
static ctrace_status next_of_chunk(ctr_ctfs_records *r, ctrace_error *error)
{
    ctrace_status status = ctr_ctfs_bytes_need(&r->chunks.bytes, 1, error);
    if (status == CTRACE_OK && r->in_chunk == r->chunks.size)
        status = CTRACE_EVENT;
    if (status == CTRACE_OK)
        status = ctr_ctfs_bytes_varint(&r->chunks.bytes, &r->left, error);
    if (status == CTRACE_OK) {
        r->in_chunk++;
        r->number = r->next++;
        r->has_record = true;
        return CTRACE_OK;
    }
    r->left = 0;
    if (status == CTRACE_EVENT || status == CTRACE_END) {
        close_chunk(r, status == CTRACE_EVENT);
        return CTRACE_END;
    }
    return status;
}

ctrace_status ctr_ctfs_records_next(ctr_ctfs_records *r, ctrace_error *error)
{
    ctrace_status status = CTRACE_OK;
    r->has_record = false;
    if (!r->there)
        return CTRACE_END;
    if (r->older)
        return next_of_table(r, error);
    if (r->chunk_is_open && r->left) {
        uint64_t left = r->left;
        r->left = 0;
        status = ctr_ctfs_bytes_skip(&r->chunks.bytes, left, error);
        if (status == CTRACE_END)
            close_chunk(r, true);
        else if (status != CTRACE_OK)
            return status;
    }
    do {
        if (!r->chunk_is_open) {
            status = open_chunk(r, error);
            if (status != CTRACE_OK)
                return status;
        }
        status = next_of_chunk(r, error);
    } while (status == CTRACE_END);
    return status;
}

ctrace_status ctr_ctfs_records_find(ctr_ctfs_records *r, uint64_t number, ctrace_error *error)
{
    if (!r->there)
        return CTRACE_END;
    if (r->older) {
        r->next = number;
        return ctr_ctfs_records_next(r, error);
    }
    uint64_t chunk = number / r->chunks.size;
    if (!r->chunk_is_open || r->chunk != chunk || r->next > number) {
        r->chunk_is_open = false;
        r->left = 0;
        r->chunk = chunk;
    }
    ctrace_status status;
    do
        status = ctr_ctfs_records_next(r, error);
    while (status == CTRACE_OK && r->number < number);
    return status;
}

ctrace_status ctr_ctfs_records_go_to(ctr_ctfs_records *r, uint64_t number, ctrace_error *error)
{
    r->has_record = false;
    if (r->older || !r->there) {
        r->next = number;
        return CTRACE_OK;
    }
    if (number % r->chunks.size == 0) { /* there may be none before it, or none at all */
        r->chunk_is_open = false;
        r->left = 0;
        r->chunk = number / r->chunks.size;
        r->next = number;
        return CTRACE_OK;
    }
    ctrace_status status = ctr_ctfs_records_find(r, number - 1, error);
    bool found = status == CTRACE_OK && r->number == number - 1;
    return found || (status != CTRACE_OK && status != CTRACE_END) ? status : CTRACE_ARGUMENT;
}

/* ---- The bytes of a record ---- */

ctrace_status ctr_ctfs_records_hold(ctr_ctfs_records *r, uint64_t size, const char **data, ctrace_error *error)
{
    ctr_ctfs_bytes *b = &r->chunks.bytes;
    if (size > r->left || size > SIZE_MAX)
        return CTRACE_END;
    ctrace_status status = ctr_ctfs_bytes_need(b, (size_t)size, error);
    *data = b->data ? b->data + b->at : "";
    return status;
}

void ctr_ctfs_records_take(ctr_ctfs_records *r, uint64_t size)
{
    ctr_ctfs_bytes_take(&r->chunks.bytes, (size_t)size);
    r->left -= size;
}

ctrace_status ctr_ctfs_records_skip(ctr_ctfs_records *r, uint64_t size, ctrace_error *error)
{
    if (size > r->left)
        return CTRACE_END;
    r->left -= size;
    return ctr_ctfs_bytes_skip(&r->chunks.bytes, size, error);
}

ctrace_status ctr_ctfs_records_varint(ctr_ctfs_records *r, uint64_t *out, ctrace_error *error)
{
    const char *data;
    uint64_t most = r->left < 10 ? r->left : 10;
    ctrace_status status = ctr_ctfs_records_hold(r, most, &data, error);
    if (status != CTRACE_OK && status != CTRACE_END)
        return status;
    if (status == CTRACE_END)
        most = ctr_ctfs_bytes_ready(&r->chunks.bytes);
    const char *at = data;
    if (!ctr_ctfs_varint(&at, data + most, out))
        return CTRACE_END;
    ctr_ctfs_records_take(r, (uint64_t)(at - data));
    return CTRACE_OK;
}

ctrace_status ctr_ctfs_records_byte(ctr_ctfs_records *r, unsigned *out, ctrace_error *error)
{
    const char *data;
    ctrace_status status = ctr_ctfs_records_hold(r, 1, &data, error);
    if (status == CTRACE_OK) {
        *out = (unsigned char)*data;
        ctr_ctfs_records_take(r, 1);
    }
    return status;
}
