#include "codec/ctfs/steps.h"

#include "base/failure.h"
#include "codec/ctfs/little_endian.h"

#define WINDOW_LOG 22

ctrace_status ctr_ctfs_steps_open(ctr_ctfs_steps *s, ctr_ctfs_shared *shared, ctrace_error *error)
{
    memset(s, 0, sizeof *s);
    s->shared = shared;
    const ctr_ctfs_file *data = ctr_ctfs_find(shared->container, "steps.dat");
    const ctr_ctfs_file *index = ctr_ctfs_find(shared->container, "steps.idx");
    ctrace_status status = CTRACE_END;
    if (data && index)
        status = ctr_ctfs_chunks_init(&s->chunks, shared->container, data, index, WINDOW_LOG, error);
    s->there = status == CTRACE_OK;
    if (status == CTRACE_END) {
        ctr_ctfs_note(shared, CTRACE_LENIENCY_CT_STREAM_LOST);
        return CTRACE_OK;
    }
    if (status == CTRACE_OK && s->chunks.older)
        ctr_ctfs_note(shared, CTRACE_LENIENCY_CT_FRAMING_OLD);
    return status;
}

void ctr_ctfs_steps_close(ctr_ctfs_steps *s) { ctr_ctfs_chunks_free(&s->chunks); }

void ctr_ctfs_steps_go_to(ctr_ctfs_steps *s, uint64_t chunk, uint64_t unpacked)
{
    s->chunk_is_open = false;
    s->chunk = chunk;
    s->unpacked = unpacked;
    s->known = false;
    s->is_torn = s->is_torn && chunk;
}

/* The chunk's bytes have come to an end, or cannot be read on. */
static void close_chunk(ctr_ctfs_steps *s, bool torn)
{
    ctr_ctfs_bytes *b = &s->chunks.bytes;
    bool is_last = s->chunk + 1 >= s->chunks.count;
    bool few = s->in_chunk < (s->chunks.older ? s->in_chunk_at_most : is_last ? 0 : s->chunks.size);
    if (torn || b->torn || few) {
        ctr_ctfs_note(s->shared, CTRACE_LENIENCY_CT_CHUNK_TORN);
        s->known = false;
        s->is_torn = true;
    }
    if (b->size_unknown)
        ctr_ctfs_note(s->shared, CTRACE_LENIENCY_CT_SIZE_UNKNOWN);
    s->unpacked = s->offset;
    s->chunk_is_open = false;
    s->chunk++;
}

static ctrace_status open_chunk(ctr_ctfs_steps *s, ctrace_error *error)
{
    ctr_ctfs_bytes *b = &s->chunks.bytes;
    ctrace_status status = ctr_ctfs_chunks_open(&s->chunks, s->chunk, error);
    if (status != CTRACE_OK)
        return status;
    s->chunk_is_open = true;
    s->in_chunk = 0;
    s->in_chunk_at_most = s->chunks.size;
    s->offset = s->unpacked;
    b->taken = 0;
    if (!s->chunks.older)
        return CTRACE_OK;
    status = ctr_ctfs_bytes_need(b, 4, error);
    if (status != CTRACE_OK)
        return status == CTRACE_END ? CTRACE_OK : status; /* the first record will lack */
    uint32_t records = ctr_load_u32(b->data + b->at);
    if (records < s->in_chunk_at_most)
        s->in_chunk_at_most = records;
    ctr_ctfs_bytes_take(b, 4);
    b->taken = 0;
    return CTRACE_OK;
}

/* Reads the message of an exception. It stays in the window. */
static ctrace_status read_message(ctr_ctfs_steps *s, ctrace_error *error)
{
    ctr_ctfs_bytes *b = &s->chunks.bytes;
    uint64_t size;
    ctrace_status status = ctr_ctfs_bytes_varint(b, &size, error);
    s->step.message = (ctrace_str){"", 0};
    if (status != CTRACE_OK)
        return status;
    if (size > s->shared->max_event_bytes) {
        ctr_ctfs_note(s->shared, CTRACE_LENIENCY_CT_RECORD_LOST);
        return ctr_ctfs_bytes_skip(b, size, error);
    }
    status = ctr_ctfs_bytes_need(b, (size_t)size, error);
    if (status != CTRACE_OK || !size)
        return status;
    s->step.message = (ctrace_str){b->data + b->at, (size_t)size};
    ctr_ctfs_bytes_take(b, (size_t)size);
    return CTRACE_OK;
}

/* Goes on from the last position. */
static void move(ctr_ctfs_steps *s, uint64_t n)
{
    uint64_t moved = s->position + (uint64_t)ctr_ctfs_signed(n);
    if ((n & 1) ? moved > s->position : moved < s->position)
        s->known = false; /* beyond all numbers */
    s->position = moved;
}

/* Reads the record behind its tag. CTRACE_EVENT or CTRACE_END: it is none. */
static ctrace_status read_record(ctr_ctfs_steps *s, unsigned tag, ctrace_error *error)
{
    uint64_t n;
    if (tag > CTR_CTFS_STEP_COLUMN) {
        ctr_ctfs_note(s->shared, CTRACE_LENIENCY_CT_STEP_TAG);
        return CTRACE_EVENT;
    }
    ctrace_status status = ctr_ctfs_bytes_varint(&s->chunks.bytes, &n, error);
    if (status != CTRACE_OK)
        return status;
    if (tag > CTR_CTFS_STEP_THREAD_SWITCH)
        ctr_ctfs_note(s->shared, CTRACE_LENIENCY_CT_STEP_TAG);
    s->step.tag = (ctr_ctfs_step_tag)tag;
    switch (s->step.tag) {
    case CTR_CTFS_STEP_ABSOLUTE:
        s->position = n;
        s->known = true;
        break;
    case CTR_CTFS_STEP_DELTA:
    case CTR_CTFS_STEP_COLUMN:
        move(s, n);
        break;
    case CTR_CTFS_STEP_RAISE:
        s->step.id = n;
        return read_message(s, error);
    default:
        s->step.id = n;
        return CTRACE_OK;
    }
    s->step.known = s->known;
    s->step.position = s->position;
    return CTRACE_OK;
}

/* The next record of the chunk; CTRACE_END when it has no more. */
static ctrace_status next_of_chunk(ctr_ctfs_steps *s, ctrace_error *error)
{
    ctr_ctfs_bytes *b = &s->chunks.bytes;
    uint64_t before = s->unpacked + b->taken;
    s->shared->here.offset = before;
    ctrace_status status = ctr_ctfs_bytes_need(b, 1, error);
    bool ended = status == CTRACE_END;
    if (status == CTRACE_OK && s->in_chunk == s->in_chunk_at_most)
        status = CTRACE_EVENT;
    if (status == CTRACE_OK) {
        unsigned tag = (unsigned char)b->data[b->at];
        s->starts_chunk = s->in_chunk == 0 && tag == CTR_CTFS_STEP_ABSOLUTE;
        ctr_ctfs_bytes_take(b, 1);
        status = read_record(s, tag, error);
    }
    s->offset = before;
    if (status == CTRACE_OK) {
        s->step.number = s->chunk * s->chunks.size + s->in_chunk++;
        return CTRACE_OK;
    }
    if (status != CTRACE_EVENT && status != CTRACE_END)
        return status;
    close_chunk(s, !ended);
    return CTRACE_END;
}

ctrace_status ctr_ctfs_steps_next(ctr_ctfs_steps *s, ctrace_error *error)
{
    if (!s->there)
        return CTRACE_END;
    for (;;) {
        if (!s->chunk_is_open) {
            ctrace_status status = open_chunk(s, error);
            if (status != CTRACE_OK)
                return status;
        }
        ctrace_status status = next_of_chunk(s, error);
        if (status != CTRACE_END)
            return status;
    }
}
