/* Whether two events tell the same, each with the names of its own trace. */
#ifndef CTRACE_LIB_DIFF_SAME_H
#define CTRACE_LIB_DIFF_SAME_H

#include "ctrace/diff.h"
#include "diff/names.h"

typedef struct ctr_comparison {
    const ctr_known_names *a, *b;
    bool no_values;
    bool base_names;
} ctr_comparison;

/* Neither is a declaration. */
bool ctr_same_event(const ctr_comparison *c, const ctrace_event *a, const ctrace_event *b);

#endif
