/* Events in "split-binary": a tag, the event's numbers and texts in fixed places, values and other parts as CBOR. */
#ifndef CTRACE_LIB_CODEC_CTFS_SPLIT_BINARY_H
#define CTRACE_LIB_CODEC_CTFS_SPLIT_BINARY_H

#include "base/buffer.h"
#include "codec/cbor/decode.h"
#include "codec/cbor/encode.h"

/* Step with a column, which was withdrawn: u64 path, i64 line, i64 column. */
#define CTR_SPLIT_COLUMN_STEP 24

/* What a tag is followed by. */
typedef struct ctr_split_shape {
    uint8_t fixed; /* bytes of numbers, */
    uint8_t runs;  /* then so many u32 lengths, each with its bytes */
    uint8_t item;  /* or a u32 count of items: of 8 bytes, or of a u32 length with its bytes (4) */
} ctr_split_shape;

/* NULL for an unknown tag. */
const ctr_split_shape *ctr_split_shape_of(uint8_t tag);

/* ---- Decoding ---- */

typedef struct ctr_split_decoder {
    ctr_cbor_decoder *cbor; /* of the same owner */
    const ctrace_allocator *allocator;
    size_t max_event_bytes;

    /* Of the last call. */
    const char *after; /* behind the event */
    ctr_cbor_note notes[CTR_CBOR_MAX_NOTES];
    size_t note_count;
    const char *failed_at;
    char message[256];

    ctr_arena texts; /* those that were mended */
    ctrace_id *ids;
    size_t id_capacity;
    ctrace_str *lines;
    size_t line_capacity;
} ctr_split_decoder;

void ctr_split_decoder_init(ctr_split_decoder *s, ctr_cbor_decoder *cbor, size_t max_event_bytes,
                            const ctrace_allocator *allocator);
void ctr_split_decoder_free(ctr_split_decoder *s);

/* Decodes the event at `p`, behind whose `end` CTR_CBOR_SLACK bytes can be read. It holds until the next call and as long
 * as the input stays. CTRACE_TRUNCATED: it does not end before `end`; CTRACE_TOO_LARGE: it is larger than it may be,
 * whole or not. CTRACE_SYNTAX: the tag is unknown, so that nothing behind it can be read. After CTRACE_EVENT and
 * CTRACE_TOO_DEEP `after` is behind the event. */
ctrace_status ctr_split_decode(ctr_split_decoder *s, const char *p, const char *end, ctrace_event *out);
/* CTRACE_TOO_LARGE of the event at `p`, with its message. */
ctrace_status ctr_split_too_large(ctr_split_decoder *s, const char *p);

/* Going over an event of any size, a piece at a time. */
typedef struct ctr_split_skip {
    uint64_t bytes; /* that are still to come before the next length */
    uint64_t runs;
    uint8_t item;   /* a count is to come; of what */
    bool begun;
} ctr_split_skip;

/* Goes on at *p: true when the event ends there, false when more bytes are needed; those before *p are done with. */
bool ctr_split_skip_run(ctr_split_skip *s, const char **p, const char *end);

/* ---- Encoding ---- */

/* Appends the event; false when there is no memory. What cannot be told in its fields is not checked: lengths are below
 * 4 GiB. */
bool ctr_split_encode(ctr_cbor_encoder *cbor, ctr_buffer *b, const ctrace_event *event);

#endif
