/* Which keys the tables of a filter file have, and how a failure tells where it is. */
#ifndef CTRACE_LIB_FILTER_KEYS_H
#define CTRACE_LIB_FILTER_KEYS_H

#include "filter/filter.h"

typedef enum ctr_filter_table {
    CTR_FILTER_FILE_TABLE,
    CTR_FILTER_META,
    CTR_FILTER_IO,
    CTR_FILTER_SCOPE,
    CTR_FILTER_RULES,
    CTR_FILTER_RULE,
    CTR_FILTER_PATTERNS,
    CTR_FILTER_PATTERN,
    CTR_FILTER_LABELS,
    CTR_FILTER_STREAMS,
    CTR_FILTER_MODES
} ctr_filter_table;

typedef enum ctr_filter_type {
    CTR_FILTER_TEXT,
    CTR_FILTER_INT,
    CTR_FILTER_BOOL,
    CTR_FILTER_TABLE,
    CTR_FILTER_LIST,
    CTR_FILTER_OTHER /* no key has it */
} ctr_filter_type;

/* A key that may stand in a table. Of a list it is the empty key. */
typedef struct ctr_filter_key {
    const char *name;
    ctr_filter_table in;
    ctr_filter_type type;
    ctr_filter_table opens; /* of TABLE and LIST */
    bool required;
    int number; /* among the keys of its table */
} ctr_filter_key;

/* Numbers of keys. */
enum { CTR_RULE_SELECTOR, CTR_RULE_EXEC, CTR_RULE_VALUE_DEFAULT, CTR_RULE_REASON };
enum { CTR_PATTERN_SELECTOR, CTR_PATTERN_ACTION, CTR_PATTERN_REASON };
enum { CTR_SCOPE_EXEC, CTR_SCOPE_VALUE };

/* Whether a source is being read, and nothing is wrong with it yet. */
static inline bool ctr_filter_reads(const ctrace_filter *f)
{
    return f->failure.status == CTRACE_OK && f->is_reading && f->reading.depth;
}

static inline ctr_filter_level *ctr_filter_top(ctrace_filter *f) { return &f->reading.levels[f->reading.depth - 1]; }

/* The key of this name and type in the table that is open, which is seen from now on; NULL, with a failure, when there
 * is none. */
const ctr_filter_key *ctr_filter_find_key(ctrace_filter *f, ctrace_str name, ctr_filter_type type);
/* Whether all keys were seen that the open table must have; a failure tells if not. */
bool ctr_filter_has_keys(ctrace_filter *f);

/* The first failure, with the place that the reading is at. */
void ctr_filter_fail(ctrace_filter *f, ctrace_status status, const char *what);
void ctr_filter_fail_memory(ctrace_filter *f);
/* "exec is trace, skip or inherit, not "traec"" */
void ctr_filter_fail_choice(ctrace_filter *f, const char *key, ctrace_str value, const char *choices);

#endif
