/* Marks in a trace: places from which decoding can begin, and how much lies before each. */
#ifndef CTRACE_LIB_READER_INDEX_H
#define CTRACE_LIB_READER_INDEX_H

#include "codec/decoder.h"

#define CTR_UNIT_COUNT 3 /* of ctrace_unit */

/* As many marks at most; every second one is given up when there would be more. */
#define CTR_INDEX_MOST ((size_t)1 << 16)

typedef struct ctr_index_mark {
    ctr_mark place;
    uint64_t before[CTR_UNIT_COUNT]; /* events, steps and calls; the first is place.event */
} ctr_index_mark;

typedef struct ctr_index {
    const ctrace_allocator *allocator;
    ctr_index_mark *marks; /* in the order of their events */
    size_t count, capacity;
    uint64_t due_event, due_bytes;     /* when the next mark is wanted: whichever is reached first */
    uint64_t events_apart, bytes_apart;
    bool complete;                     /* all was read, and `totals` tell how much there is */
    uint64_t totals[CTR_UNIT_COUNT];
    bool from_file; /* so the marks may be wrong */
} ctr_index;

void ctr_index_init(ctr_index *index, const ctrace_allocator *allocator);
/* Forgets all marks. */
void ctr_index_reset(ctr_index *index);
void ctr_index_free(ctr_index *index);
/* Asks the decoder for a mark at the event that it gave last, before which `before` lies, when one is wanted there.
 * Without memory there is none. */
void ctr_index_consider(ctr_index *index, ctr_decoder *decoder, const uint64_t before[CTR_UNIT_COUNT]);
/* Makes room for `count` marks. */
bool ctr_index_reserve(ctr_index *index, size_t count);
/* The last mark that does not lie behind event, step or call number `n`; NULL for the beginning. */
const ctr_index_mark *ctr_index_find(const ctr_index *index, ctrace_unit unit, uint64_t n);

#endif
