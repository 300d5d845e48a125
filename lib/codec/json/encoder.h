/* The encoder of JSON and of JSON lines. Besides taking whole events it lets the writer build them where they will
 * stay, which saves a copy and the plain data in between. */
#ifndef CTRACE_LIB_CODEC_JSON_ENCODER_H
#define CTRACE_LIB_CODEC_JSON_ENCODER_H

#include "codec/encoder.h"
#include "codec/json/emit_value.h"

typedef struct ctr_json_encoder {
    ctr_encoder base;
    /* What waits. In a list it begins with "[\n", or with ",\n" behind what was flushed; every event ends with `end`.
     * The last event may be one that is being built in place. */
    ctr_buffer out;
    uint64_t offset; /* where `out` belongs */
    char end[2];     /* ",\n" in a list, "\n" in lines */
    size_t end_size;
    ctr_json_fragments fragments;
} ctr_json_encoder;

/* The encoder as one that builds in place; NULL when it is that of another form. */
ctr_json_encoder *ctr_json_encoder_of(ctr_encoder *e);

/* Begins an event in place: where `room` bytes are free, and those of its end. NULL when there is no memory. */
static inline char *ctr_json_begin_event(ctr_json_encoder *e, size_t room)
{
    if (!ctr_buffer_reserve(&e->out, room + sizeof e->end))
        return NULL;
    return e->out.data + e->out.size;
}

/* Ends an event whose last byte stands before `p`, and behind which there is room for its end. Returns what waits. */
static inline size_t ctr_json_end_event(ctr_json_encoder *e, char *p)
{
    memcpy(p, e->end, sizeof e->end);
    return e->out.size = (size_t)(p - e->out.data) + e->end_size;
}

/* Moves the last event, which begins at `from`, before one that is being built and begins at `to`. */
bool ctr_json_move_event(ctr_json_encoder *e, size_t from, size_t to);

/* Bytes of the events up to `size` of `out`. */
uint64_t ctr_json_bytes(const ctr_json_encoder *e, size_t size);

#endif
