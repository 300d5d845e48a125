/* What was found: counted without limit, kept up to a limit. */
#ifndef CTRACE_LIB_VALIDATE_REPORT_H
#define CTRACE_LIB_VALIDATE_REPORT_H

#include "base/memory.h"
#include "validate/rules.h"

typedef struct ctr_kept_problem {
    ctrace_problem problem;
    uint64_t order; /* in which it was found */
    char *text;     /* holds message, note and a file of its own */
    size_t text_size;
} ctr_kept_problem;

struct ctrace_report {
    const ctrace_allocator *allocator;
    uint64_t max_errors;
    bool has_profile;
    ctrace_consumer profile;
    char *file; /* that holds the events */
    size_t file_size;
    ctrace_form form;
    uint64_t events;
    ctr_kept_problem *kept;
    size_t kept_count, kept_capacity;
    uint64_t kept_of[3], found_of[3]; /* by severity */
    uint64_t found[CTR_RULE_COUNT];
};

/* An empty report; NULL when there is no memory. */
ctrace_report *ctr_report_new(const ctrace_validate_options *options, ctrace_str file);
/* Adds a problem in `file` (NULL: the one that holds the events). Every text may be NULL. False when there is
 * no memory. */
bool ctr_report_add(ctrace_report *report, ctr_rule_number rule, const ctrace_position *at, const char *file,
                    const char *message, const char *note);
/* Whether a problem of the rule would be kept. */
bool ctr_report_wants(const ctrace_report *report, ctr_rule_number rule);
/* Puts what was kept in the order of its places. */
void ctr_report_sort(ctrace_report *report);

#endif
