/* The calls that are open. Threads leave theirs in any order, so they are no stack. */
#ifndef CTRACE_LIB_CODEC_CTFS_OPEN_CALLS_H
#define CTRACE_LIB_CODEC_CTFS_OPEN_CALLS_H

#include "base/memory.h"

/* Calls beyond as many that are open are left out, so that what is kept of them stays within some megabytes. */
#define CTR_MOST_OPEN_CALLS ((size_t)1 << 18)

typedef struct ctr_open_call {
    uint64_t number;
    int64_t parent;
    uint64_t exit; /* not before the step at which it was entered */
    char *result;  /* what it returns; NULL when that is not kept, or is nothing */
    size_t result_size;
    bool is_kept;
} ctr_open_call;

/* A heap: those that are over first come first, of these the newest. */
typedef struct ctr_open_calls {
    const ctrace_allocator *allocator;
    ctr_open_call *calls;
    size_t count, capacity;
    size_t kept;    /* bytes of results */
    bool regular;   /* each open call was called by the one that was opened before it */
    int64_t newest; /* the newest open call then, below 0 when there is none */
} ctr_open_calls;

void ctr_open_calls_init(ctr_open_calls *o, const ctrace_allocator *allocator);
void ctr_open_calls_free(ctr_open_calls *o);
void ctr_open_calls_forget(ctr_open_calls *o);

/* Opens a call, whose result belongs to it then. False when there is no memory. */
bool ctr_open_calls_push(ctr_open_calls *o, ctr_open_call call);
/* The one that is over first; there must be one. */
static inline const ctr_open_call *ctr_open_calls_first(const ctr_open_calls *o) { return &o->calls[0]; }
/* Closes that one. */
void ctr_open_calls_pop(ctr_open_calls *o);

#endif
