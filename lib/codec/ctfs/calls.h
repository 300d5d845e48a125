/* The records of calls.dat, in the order in which functions were entered. */
#ifndef CTRACE_LIB_CODEC_CTFS_CALLS_H
#define CTRACE_LIB_CODEC_CTFS_CALLS_H

#include "codec/ctfs/open_calls.h"
#include "codec/ctfs/records.h"

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

/* What is told of a call that lies before a place. */
typedef struct ctr_ctfs_caller {
    int64_t parent;
    uint64_t exit;
} ctr_ctfs_caller;

typedef struct ctr_ctfs_calls {
    ctr_ctfs_records records;
    ctr_ctfs_records again; /* the same, for what is not kept */
    bool newer;
    bool has_call; /* one was read that is not entered */
    ctr_ctfs_call call;
    const char *data; /* its record, up to the exception */

    ctr_open_calls open;
    ctr_buffer result; /* of the call that is left */

    ctrace_argument *args; /* of the event */
    size_t arg_capacity;
    ctr_ctfs_caller *callers; /* of some calls that follow each other; used by ctr_ctfs_calls_go_to() */
    size_t caller_count, caller_capacity;
    uint64_t callers_from; /* number of the first */
} ctr_ctfs_calls;

ctrace_status ctr_ctfs_calls_open(ctr_ctfs_calls *c, ctr_ctfs_shared *shared, bool newer, bool notes,
                                  ctrace_error *error);
void ctr_ctfs_calls_close(ctr_ctfs_calls *c);

/* Looks at the next record. Afterwards has_call is false when there is none. */
ctrace_status ctr_ctfs_calls_look(ctr_ctfs_calls *c, ctrace_error *error);
/* Whether an open call is over at a step, with `for_call` one that came after the parent of the call that was looked
 * at. */
bool ctr_ctfs_calls_must_leave(const ctr_ctfs_calls *c, uint64_t step, bool for_call);
/* Enters the call that was looked at, and makes its event. CTRACE_TOO_DEEP without an event when too many are open. */
ctrace_status ctr_ctfs_calls_enter(ctr_ctfs_calls *c, uint64_t step, ctrace_event *out, ctrace_error *error);
/* Leaves the call that must be left, and makes its event. */
ctrace_status ctr_ctfs_calls_leave(ctr_ctfs_calls *c, ctrace_event *out, ctrace_error *error);

/* Reads the record of a call once more. CTRACE_END: it is not there. */
ctrace_status ctr_ctfs_calls_read_again(ctr_ctfs_calls *c, uint64_t number, ctr_ctfs_call *call, const char **data,
                                        ctrace_error *error);

/* The number of the call that comes next. */
uint64_t ctr_ctfs_calls_next_number(const ctr_ctfs_calls *c);
/* What ctr_ctfs_calls_go_to() needs to know of the open calls; below 1 << 20. */
uint64_t ctr_ctfs_calls_shape(const ctr_ctfs_calls *c);
/* Makes call `number` the next, with the calls open that were open before `step`. CTRACE_ARGUMENT: that cannot be. */
ctrace_status ctr_ctfs_calls_go_to(ctr_ctfs_calls *c, uint64_t number, uint64_t shape, uint64_t step,
                                   ctrace_error *error);

#endif
