/* The records of values.dat: what is visible at a step, and what is done with variables there. */
#ifndef CTRACE_LIB_CODEC_CTFS_VALUES_H
#define CTRACE_LIB_CODEC_CTFS_VALUES_H

#include "codec/ctfs/records.h"

typedef struct ctr_ctfs_values {
    ctr_ctfs_records records;
    bool in_record; /* the record is that of the step */
    uint64_t pairs; /* of the list that is open */
    ctrace_id *ids; /* of the event */
    size_t id_capacity;
} ctr_ctfs_values;

ctrace_status ctr_ctfs_values_open(ctr_ctfs_values *v, ctr_ctfs_shared *shared, bool newer, bool notes,
                                   ctrace_error *error);
void ctr_ctfs_values_close(ctr_ctfs_values *v);

/* Goes to the record of a step. */
ctrace_status ctr_ctfs_values_begin(ctr_ctfs_values *v, uint64_t step, ctrace_error *error);
/* Makes the next event of the step. CTRACE_END: it has no more. CTRACE_EVENT, CTRACE_TOO_DEEP, CTRACE_TOO_LARGE: what
 * follows can be read. What the event points to holds until the next call. */
ctrace_status ctr_ctfs_values_next(ctr_ctfs_values *v, ctrace_event *out, ctrace_error *error);

#endif
