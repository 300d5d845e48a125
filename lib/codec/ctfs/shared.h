/* What the parts that join the streams of a container have in common. */
#ifndef CTRACE_LIB_CODEC_CTFS_SHARED_H
#define CTRACE_LIB_CODEC_CTFS_SHARED_H

#include "codec/cbor/decode.h"
#include "codec/ctfs/container.h"
#include "codec/decoder.h"

typedef struct ctr_ctfs_shared {
    ctr_decoder *decoder;
    ctr_ctfs *container;
    const ctrace_allocator *allocator;
    size_t max_event_bytes;
    ctrace_position here; /* of the event that is being made; `offset` counts unpacked bytes of steps.dat */
    ctr_cbor_decoder cbor;
    ctr_arena texts; /* of the event that is being made: what could not be left where it was */
} ctr_ctfs_shared;

void ctr_ctfs_shared_init(ctr_ctfs_shared *s, ctr_decoder *decoder, ctr_ctfs *container);
void ctr_ctfs_shared_free(ctr_ctfs_shared *s);

/* Remembers what was taken leniently, at the event that is being made. */
void ctr_ctfs_note(ctr_ctfs_shared *s, ctrace_leniency leniency);

/* The bytes as a text in UTF-8, mended when they are none. CTRACE_OK or CTRACE_NO_MEMORY. */
ctrace_status ctr_ctfs_text(ctr_ctfs_shared *s, const char *data, size_t size, ctrace_str *out, ctrace_error *error);

/* Completes what decoding CBOR returned: its notes become warnings, its message the error's. `what` says what it was
 * that was decoded. Bytes behind the item make it CTRACE_EVENT, and so does all that is wrong with it but its depth,
 * its size and the lack of memory. */
ctrace_status ctr_ctfs_judge_cbor(ctr_ctfs_shared *s, ctrace_status status, const char *end, const char *what,
                                  ctrace_error *error);

/* One value that fills these bytes. */
ctrace_status ctr_ctfs_decode_value(ctr_ctfs_shared *s, const char *data, size_t size, const char *what,
                                    const ctrace_value **out, ctrace_error *error);

/* Whether a status is about the event alone, so that what comes behind it can be read. */
static inline bool ctr_ctfs_is_passing(ctrace_status status)
{
    return status == CTRACE_EVENT || status == CTRACE_TOO_DEEP || status == CTRACE_TOO_LARGE;
}

#endif
