/* The records of events.dat: output, input and errors. */
#ifndef CTRACE_LIB_CODEC_CTFS_LOG_RECORDS_H
#define CTRACE_LIB_CODEC_CTFS_LOG_RECORDS_H

#include "codec/ctfs/records.h"

typedef struct ctr_log_records {
    ctr_ctfs_records records;
    bool has_entry;         /* one was read that was not given, */
    uint64_t step;          /* of this step */
    ctrace_log_event entry; /* its texts as they are */
} ctr_log_records;

ctrace_status ctr_log_records_open(ctr_log_records *l, ctr_ctfs_shared *shared, bool newer, bool notes,
                                   ctrace_error *error);
void ctr_log_records_close(ctr_log_records *l);

/* Looks at the next record. Afterwards has_entry is false when there is none. */
ctrace_status ctr_log_records_look(ctr_log_records *l, ctrace_error *error);
/* Makes the event of the record that was looked at. It holds until the next call. */
ctrace_status ctr_log_records_take(ctr_log_records *l, ctrace_event *out, ctrace_error *error);

/* The number of the record that comes next, and making that the next again. */
uint64_t ctr_log_records_next_number(const ctr_log_records *l);
ctrace_status ctr_log_records_go_to(ctr_log_records *l, uint64_t number, ctrace_error *error);

#endif
