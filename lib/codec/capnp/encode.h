/* Events as words of a Cap'n Proto message. */
#ifndef CTRACE_LIB_CODEC_CAPNP_ENCODE_H
#define CTRACE_LIB_CODEC_CAPNP_ENCODE_H

#include "base/memory.h"
#include "ctrace/event.h"

typedef struct ctr_capnp_words {
    uint64_t *words;
    size_t count, capacity;
    const ctrace_allocator *allocator;
    int failure; /* errno: what cannot be written at all */
    uint64_t texts_mended;
    uint64_t chars_as_raw;
    uint64_t numbers_cut; /* ids and indexes above that of a signed number */
} ctr_capnp_words;

/* The tag of the event, in the list of events. */
unsigned ctr_capnp_tag(ctrace_event_kind kind);
/* More words than what the event holds takes; UINT64_MAX when it is too large for the format. */
uint64_t ctr_capnp_bound(const ctrace_event *event);
/* Appends what the event holds. *bits becomes the pointer to it but for its offset; 0 when there is nothing. False
 * without memory, or with w->failure set: EFBIG for more
 * than fits. */
bool ctr_capnp_put(ctr_capnp_words *w, const ctrace_event *event, uint64_t *bits);
bool ctr_capnp_room(ctr_capnp_words *w, uint64_t count);

#endif
