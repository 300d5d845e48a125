/* Where bytes are read from: a file, or the caller's callback. */
#ifndef CTRACE_LIB_IO_SOURCE_H
#define CTRACE_LIB_IO_SOURCE_H

#include "ctrace/reader.h"

/* Of the first bytes so many are looked at at most; and at least so many, if they are there: more are not waited for. */
#define CTR_SOURCE_HEAD 16
#define CTR_SOURCE_HEAD_LEAST 6

typedef struct ctr_source {
    ctrace_source caller; /* its `read` is NULL when this is a file */
    int fd;               /* of the file, or -1 */
    bool seeks;           /* any place of it can be read */
    uint64_t size;        /* of the file, 0 when not known */
    uint64_t at;          /* where ctr_source_read() goes on, when it seeks */
    /* Bytes that were looked at before they are read. */
    char head[CTR_SOURCE_HEAD];
    size_t head_at, head_size;
} ctr_source;

/* Opens a file for reading; `path` ends in NUL. */
ctrace_status ctr_source_open_file(ctr_source *source, const char *path, ctrace_error *error);
void ctr_source_set_caller(ctr_source *source, const ctrace_source *caller);
/* Gives the first bytes, CTR_SOURCE_HEAD_LEAST unless there are fewer, without reading them. Before anything is read. */
ctrace_status ctr_source_peek(ctr_source *source, const char **head, size_t *size, const char *name,
                              ctrace_error *error);
/* Reads 1 to `size` bytes; *got is 0 at the end alone. `name` is for the error. */
ctrace_status ctr_source_read(ctr_source *source, char *buffer, size_t size, size_t *got, const char *name,
                              ctrace_error *error);
/* Reads `size` bytes from `offset`, fewer at the end alone. Only of a source that seeks. */
ctrace_status ctr_source_read_at(ctr_source *source, uint64_t offset, char *buffer, size_t size, size_t *got,
                                 const char *name, ctrace_error *error);
/* Where ctr_source_read() goes on. Only of a source that seeks. */
void ctr_source_seek(ctr_source *source, uint64_t offset);
/* Makes a source seek that does not, by reading all of it into a file without a name. */
ctrace_status ctr_source_spool(ctr_source *source, const char *name, ctrace_error *error);
/* Asks for the size once more, as the file may grow. */
void ctr_source_measure(ctr_source *source);
void ctr_source_close(ctr_source *source);

#endif
