/* What a part of a trace needs from before it, found by reading the trace up to the end of the part: which events, by
 * their numbers. The events themselves are read again when they are written. */
#ifndef CTRACE_LIB_CONVERT_PLAN_H
#define CTRACE_LIB_CONVERT_PLAN_H

#include "convert/job.h"
#include "convert/threads.h"

#define CTR_MOST_KEPT   ((size_t)1 << 19)
#define CTR_MOST_PLACES ((size_t)1 << 16)

typedef enum ctr_kept_kind {
    CTR_KEPT_STEP,     /* before a call that is open, or the first */
    CTR_KEPT_CALL,     /* that is open */
    CTR_KEPT_VARIABLE, /* what was done to a variable in an open call */
    CTR_KEPT_PLACE,    /* what a place holds */
    CTR_KEPT_START     /* of a thread that has not exited */
} ctr_kept_kind;

typedef struct ctr_kept {
    uint64_t event;
    uint32_t thread; /* index */
    uint8_t kind;    /* ctr_kept_kind */
    bool in_range;   /* a call of the range itself */
} ctr_kept;

typedef struct ctr_kept_list {
    ctr_kept *items;
    size_t count, capacity;
} ctr_kept_list;

typedef struct ctr_plan {
    uint64_t begin, end; /* the events of the part */
    ctr_kept_list kept;  /* from before it, in their order */
    size_t thread;       /* index of the one that is running when the part begins */
    bool first_step_twice; /* the first step stands twice in the whole trace, */
    uint64_t first_step;   /* and this is it */
    const ctrace_allocator *allocator;
} ctr_plan;

/* CTRACE_ARGUMENT when there is no such part. Free the plan in any case. */
ctrace_status ctr_plan_make(ctr_plan *plan, ctr_job *job);
void ctr_plan_free(ctr_plan *plan);

#endif
