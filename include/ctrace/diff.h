/* Comparing two traces by what they tell, whatever their forms, ids and order of declarations. */
#ifndef CTRACE_DIFF_H
#define CTRACE_DIFF_H

#include "error.h"
#include "reader.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What differs first. Name here, name in messages. */
#define CTRACE_DIFFERENCES(X)                                                                    \
    X(NONE, "none") X(CALL, "call") X(RETURN, "return") X(STEP, "step") X(VALUE, "value")        \
    X(LOG, "log") X(THREAD, "thread") X(OTHER, "other") X(KIND, "kind") X(LENGTH, "length")

typedef enum ctrace_difference_kind {
#define X(name, text) CTRACE_DIFFERENCE_##name,
    CTRACE_DIFFERENCES(X)
#undef X
    CTRACE_DIFFERENCE_COUNT
} ctrace_difference_kind;

CTRACE_API const char *ctrace_difference_name(ctrace_difference_kind kind);

/* What a trace holds, for the summary. */
typedef struct ctrace_extent {
    uint64_t events, steps, calls, returns, values, logs;
} ctrace_extent;

typedef struct ctrace_difference {
    ctrace_difference_kind kind;
    ctrace_position a, b;       /* the first difference in each */
    uint64_t step, call;        /* how many steps and calls the two have in common before it */
    ctrace_str text_a, text_b;  /* what stands there, readable, one line */
    ctrace_str where;           /* function, path and line of it, one line */
    ctrace_extent extent_a, extent_b;
    uint64_t different_steps;   /* steps of the same number that stand on another line or hold other values */
} ctrace_difference;

typedef struct ctrace_diff_options {
    size_t size;        /* set by CTRACE_DIFF_OPTIONS_INIT */
    bool no_values;     /* compare calls and steps only */
    bool base_names;    /* compare the last part of paths only */
    int (*progress)(void *cookie, uint64_t bytes_done, uint64_t bytes_total);
    void *progress_cookie;
    const ctrace_allocator *allocator;
} ctrace_diff_options;

#define CTRACE_DIFF_OPTIONS_INIT .size = sizeof(ctrace_diff_options)

typedef struct ctrace_diff ctrace_diff;

/* Compares. CTRACE_OK means that both could be read: the verdict is in the report, which belongs to the caller. */
CTRACE_API ctrace_status ctrace_diff_traces(ctrace_diff **out, ctrace_str a, ctrace_str b,
                                            const ctrace_diff_options *options, ctrace_error *error);
CTRACE_API const ctrace_difference *ctrace_diff_result(const ctrace_diff *diff);
CTRACE_API void ctrace_diff_free(ctrace_diff **diff);

#ifdef __cplusplus
}
#endif
#endif
