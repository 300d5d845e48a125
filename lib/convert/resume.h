/* Going on behind a part of a JSON trace that is no JSON. */
#ifndef CTRACE_LIB_CONVERT_RESUME_H
#define CTRACE_LIB_CONVERT_RESUME_H

#include "convert/job.h"

/* The reader failed as `why` tells. Looks for the next event in the file and opens a reader there; *resumed tells
 * whether there was one, and then the gap is told, with `done` at the end. */
ctrace_status ctr_job_resume(ctr_job *job, const ctrace_error *why, const char *done, bool *resumed);

#endif
