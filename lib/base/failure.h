/* Filling ctrace_error. */
#ifndef CTRACE_LIB_BASE_FAILURE_H
#define CTRACE_LIB_BASE_FAILURE_H

#include "ctrace/error.h"

#define CTR_POSITION_UNKNOWN ((ctrace_position){.event = CTRACE_ID_NONE})

/* Fills `error` (may be NULL) with a status and a message and clears the rest; returns the status. The format must
 * not print floats: they depend on the locale. */
ctrace_status ctr_fail(ctrace_error *error, ctrace_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same for a failed system call on `file` (ends in NUL): "cannot WHAT FILE: REASON". ENOMEM and ENOENT have statuses of their own. */
ctrace_status ctr_fail_system(ctrace_error *error, int system_error, const char *what, const char *file);
/* Puts the file's name into `error`; keeps the end of a long one. */
void ctr_error_set_file(ctrace_error *error, const char *file, size_t size);

#endif
