/* The small files beside the events: trace_metadata.json and trace_paths.json. They are never needed to read a trace,
 * so nothing in them is a failure; what is wrong with one is told beside what could be read. */
#ifndef CTRACE_LIB_READER_SIDECARS_H
#define CTRACE_LIB_READER_SIDECARS_H

#include "base/arena.h"
#include "codec/decoder.h"
#include "ctrace/error.h"
#include "ctrace/reader.h"

typedef enum ctr_sidecar_state {
    CTR_SIDECAR_FINE,
    CTR_SIDECAR_MISSING,    /* there is no such file */
    CTR_SIDECAR_UNREADABLE, /* or it is no plain file, or larger than 64 MiB */
    CTR_SIDECAR_MALFORMED,  /* no JSON, or not of the right kind at the top */
    CTR_SIDECAR_INCOMPLETE  /* something that belongs there lacks or has the wrong kind */
} ctr_sidecar_state;

/* What is wrong with a file, and where; `problem` has the status CTRACE_OK when nothing is. */
typedef struct ctr_sidecar {
    ctr_sidecar_state state;
    ctr_completeness completeness; /* of the trace, as its metadata says */
    ctrace_error problem;
} ctr_sidecar;

/* Read a file; `path` ends in NUL. What they give lives in `arena`. Their status is CTRACE_OK or CTRACE_NO_MEMORY.
 * Metadata is complete with program, args and workdir; what is missing is left empty. Paths are the texts before the
 * first entry that is none. */
ctrace_status ctr_read_metadata(const char *path, ctr_arena *arena, ctrace_metadata *out, ctr_sidecar *about);
ctrace_status ctr_read_paths(const char *path, ctr_arena *arena, const ctrace_str **out, size_t *count,
                             ctr_sidecar *about);

#endif
