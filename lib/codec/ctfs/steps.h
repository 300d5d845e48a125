/* The records of steps.dat. */
#ifndef CTRACE_LIB_CODEC_CTFS_STEPS_H
#define CTRACE_LIB_CODEC_CTFS_STEPS_H

#include "codec/ctfs/chunks.h"
#include "codec/ctfs/shared.h"

typedef enum ctr_ctfs_step_tag {
    CTR_CTFS_STEP_ABSOLUTE = 0,
    CTR_CTFS_STEP_DELTA = 1,
    CTR_CTFS_STEP_RAISE = 2,
    CTR_CTFS_STEP_CATCH = 3,
    CTR_CTFS_STEP_THREAD_SWITCH = 4,
    CTR_CTFS_STEP_THREAD_START = 5,
    CTR_CTFS_STEP_THREAD_EXIT = 6,
    CTR_CTFS_STEP_COLUMN = 7
} ctr_ctfs_step_tag;

typedef struct ctr_ctfs_step {
    uint64_t number;
    ctr_ctfs_step_tag tag;
    bool known;         /* where it is */
    uint64_t position;  /* of tags 0, 1 and 7 */
    uint64_t id;        /* of the type or the thread */
    ctrace_str message; /* of an exception; belongs to the steps until the next one */
} ctr_ctfs_step;

typedef struct ctr_ctfs_steps {
    ctr_ctfs_shared *shared;
    bool there;
    ctr_ctfs_chunks chunks;
    bool chunk_is_open;
    bool is_torn;                        /* a chunk was, so steps are lost */
    bool starts_chunk;                   /* the step is the first of its chunk, and its position is absolute */
    uint64_t chunk;                      /* that is open, or comes next */
    uint64_t in_chunk, in_chunk_at_most; /* records */
    uint64_t offset;                     /* unpacked bytes before the step, chunks' counts left out */
    uint64_t unpacked;                   /* as above, before the chunk */
    bool known;                          /* where the last step was */
    uint64_t position;
    ctr_ctfs_step step;
} ctr_ctfs_steps;

/* Opens steps.dat. Notes it when it cannot be read: there are no steps then. */
ctrace_status ctr_ctfs_steps_open(ctr_ctfs_steps *s, ctr_ctfs_shared *shared, ctrace_error *error);
void ctr_ctfs_steps_close(ctr_ctfs_steps *s);
/* Reads the next one into s->step. CTRACE_END: there is none. */
ctrace_status ctr_ctfs_steps_next(ctr_ctfs_steps *s, ctrace_error *error);
/* Goes to the beginning of a chunk, before which so many bytes lie. */
void ctr_ctfs_steps_go_to(ctr_ctfs_steps *s, uint64_t chunk, uint64_t unpacked);

#endif
