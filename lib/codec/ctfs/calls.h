/* The records of calls.dat, in the order in which functions were entered, and the calls that are open. */
#ifndef CTRACE_LIB_CODEC_CTFS_CALLS_H
#define CTRACE_LIB_CODEC_CTFS_CALLS_H

#include "codec/ctfs/records.h"

/* Calls that lie deeper are left out, so that what is kept of each stays within some megabytes. */
#define CTR_CTFS_MOST_OPEN ((size_t)1 << 19)

typedef struct ctr_ctfs_call {
    uint64_t number;
    uint64_t function;
    int64_t parent; /* below 0: none */
    uint64_t entry, exit;
    /* Places in the record: of the arguments, of what was returned and of an exception. */
    uint64_t arg_count;
    size_t args, args_end, returned, returned_size, exception, exception_size;
    bool has_names; /* its arguments have names */
} ctr_ctfs_call;

typedef struct ctr_ctfs_open_call {
    uint64_t number;
    uint64_t exit;
    uint32_t result; /* where what it returns is kept; UINT32_MAX: nowhere */
    uint32_t result_size;
} ctr_ctfs_open_call;

typedef struct ctr_ctfs_caller {
    int64_t parent; /* of a call */
    uint64_t exit;
} ctr_ctfs_caller;

typedef struct ctr_ctfs_calls {
    ctr_ctfs_records records;
    ctr_ctfs_records again; /* the same, for what is not kept */
    bool newer;
    bool has_call; /* one was read that is not entered */
    ctr_ctfs_call call;
    const char *data; /* its record, up to the exception */

    ctr_ctfs_open_call *open;
    size_t open_count, open_capacity;
    ctr_buffer results; /* of the open calls, one behind another */
    size_t odd_from; /* the oldest open call whose parent is not the one below it; SIZE_MAX: there is none */
    bool was_odd;    /* there was one when the last call was entered */
    ctr_ctfs_caller *callers; /* used by ctr_ctfs_calls_go_to(): those of the first records of a chunk */
    size_t caller_count, caller_capacity;
    uint64_t callers_from; /* number of the first */
    ctrace_argument *args; /* of the event */
    size_t arg_capacity;
} ctr_ctfs_calls;

ctrace_status ctr_ctfs_calls_open(ctr_ctfs_calls *c, ctr_ctfs_shared *shared, bool newer, bool notes,
                                  ctrace_error *error);
void ctr_ctfs_calls_close(ctr_ctfs_calls *c);

/* Looks at the next record. Afterwards has_call is false when there is none. */
ctrace_status ctr_ctfs_calls_look(ctr_ctfs_calls *c, ctrace_error *error);
/* Whether the newest open call is over at a step, and came after the parent of the call that was looked at, or of none. */
bool ctr_ctfs_calls_must_leave(const ctr_ctfs_calls *c, uint64_t step, bool for_call);
/* Enters the call that was looked at, and makes its event. CTRACE_TOO_DEEP without an event when too many are open. */
ctrace_status ctr_ctfs_calls_enter(ctr_ctfs_calls *c, ctrace_event *out, ctrace_error *error);
/* Leaves the newest open call, and makes its event. */
ctrace_status ctr_ctfs_calls_leave(ctr_ctfs_calls *c, ctrace_event *out, ctrace_error *error);

/* The number of the call that comes next. */
uint64_t ctr_ctfs_calls_next_number(const ctr_ctfs_calls *c);
/* Whether the open calls can be found again from that number and how many there are. */
bool ctr_ctfs_calls_are_regular(const ctr_ctfs_calls *c);
/* Makes call `number` the next when `depth` calls are open. CTRACE_ARGUMENT: that cannot be. */
ctrace_status ctr_ctfs_calls_go_to(ctr_ctfs_calls *c, uint64_t number, size_t depth, ctrace_error *error);

#endif
