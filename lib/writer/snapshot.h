/* The variables of an open frame, kept as they are written, so that a step costs a copy of them. */
#ifndef CTRACE_LIB_WRITER_SNAPSHOT_H
#define CTRACE_LIB_WRITER_SNAPSHOT_H

#include "codec/encoder.h"

typedef struct ctr_snapshot_entry {
    ctrace_id variable;
    size_t at, size;   /* of its event in `text`, or */
    ctrace_kept *kept; /* the value, in a form whose events are not encoded apart */
} ctr_snapshot_entry;

/* All zero is an empty one. */
typedef struct ctr_snapshot {
    ctr_snapshot_entry *entries;
    size_t count, room;
    ctr_buffer text; /* encoded events, one behind the other */
} ctr_snapshot;

/* Puts `value` in place of what the variable was, behind the others when it is new. The contents of `value` may
 * be used up. */
ctrace_status ctr_snapshot_set(ctrace_writer *w, ctr_snapshot *s, ctrace_id variable, ctrace_kept *value);
void ctr_snapshot_forget(ctr_snapshot *s, ctrace_id variable);
/* Writes all of them at the last step. */
ctrace_status ctr_snapshot_write(ctrace_writer *w, const ctr_snapshot *s);
/* Forgets all of them and keeps the memory. */
void ctr_snapshot_clear(ctr_snapshot *s);
void ctr_snapshot_free(ctrace_writer *w, ctr_snapshot *s);

#endif
