/* Where bytes are read from: a file, or the caller's callback. */
#ifndef CTRACE_LIB_IO_SOURCE_H
#define CTRACE_LIB_IO_SOURCE_H

#include "ctrace/reader.h"

typedef struct ctr_source {
    ctrace_source caller; /* its `read` is NULL when this is a file */
    int fd;               /* of the file, or -1 */
    uint64_t size;        /* of the file, 0 when not known */
} ctr_source;

/* Opens a file for reading; `path` ends in NUL. */
ctrace_status ctr_source_open_file(ctr_source *source, const char *path, ctrace_error *error);
void ctr_source_set_caller(ctr_source *source, const ctrace_source *caller);
/* Reads 1 to `size` bytes; *got is 0 at the end alone. `name` is for the error. */
ctrace_status ctr_source_read(ctr_source *source, char *buffer, size_t size, size_t *got, const char *name,
                              ctrace_error *error);
void ctr_source_close(ctr_source *source);

#endif
