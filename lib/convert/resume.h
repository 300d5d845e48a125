/* Going on behind a part of a JSON trace that is no JSON. */
#ifndef CTRACE_LIB_CONVERT_RESUME_H
#define CTRACE_LIB_CONVERT_RESUME_H

#include "convert/job.h"

/* The reader failed as `why` tells. Looks for the next event in the file and opens a reader there; *resumed tells
 * whether there was one, and how the gap is to be told is in `gap` then. */
typedef struct ctr_gap {
    ctrace_position begin;
    uint64_t bytes;  /* 0: not known */
    uint64_t line;   /* of its end */
    uint64_t events; /* no more can have been in it */
} ctr_gap;

ctrace_status ctr_job_resume(ctr_job *job, const ctrace_error *why, ctr_gap *gap, bool *resumed);
/* The same when no reader could be opened, as job->error tells: looks from the beginning of the file, and tells the
 * gap. Returns that failure when there is no event. */
ctrace_status ctr_job_resume_at_begin(ctr_job *job);

#endif
