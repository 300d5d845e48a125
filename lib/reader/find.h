/* Which file holds the events of a trace. */
#ifndef CTRACE_LIB_READER_FIND_H
#define CTRACE_LIB_READER_FIND_H

#include "base/buffer.h"
#include "ctrace/error.h"

/* Finds the events of the trace at `path` (ends in NUL): the file itself, or in a folder the first that is there of
 * trace.json, trace.bin, trace.ndjson and trace.ct, else the one file *.ct. Puts the file's path and that of the
 * metadata beside it into the two empty buffers, each ending in NUL. */
ctrace_status ctr_find_trace(const char *path, ctr_buffer *file, ctr_buffer *metadata, ctrace_error *error);

#endif
