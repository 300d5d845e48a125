/* Which file holds the events, and whether it is of a form that can be read. */
#ifndef CTRACE_LIB_READER_FIND_H
#define CTRACE_LIB_READER_FIND_H

#include "base/buffer.h"
#include "ctrace/error.h"

/* The first bytes that tell the binary forms. */
#define CTR_MAGIC_SIZE 6

/* Finds the events of the trace at `path` (ends in NUL): a folder that holds trace.json, or the file itself. Puts the
 * file's path and that of the metadata beside it into the two empty buffers, each ending in NUL. */
ctrace_status ctr_find_trace(const char *path, ctr_buffer *file, ctr_buffer *metadata, ctrace_error *error);

/* What kind of binary trace begins with these bytes, in words; NULL when it is none. */
const char *ctr_binary_form(const char *bytes, size_t size);

#endif
