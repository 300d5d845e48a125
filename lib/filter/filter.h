/* The inside of a filter. filter_source.c fills it from what a file says, whose keys are in filter_keys.c;
 * filter_selector.c makes selectors; filter.c and filter_verdict.c use them. */
#ifndef CTRACE_LIB_FILTER_FILTER_H
#define CTRACE_LIB_FILTER_FILTER_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/map.h"
#include "ctrace/filter.h"
#include "filter/pattern.h"

typedef enum ctr_filter_target {
    /* Of values, as ctrace_filter_kind has them. */
    CTR_FILTER_LOCAL,
    CTR_FILTER_GLOBAL,
    CTR_FILTER_ARG,
    CTR_FILTER_RETURN,
    CTR_FILTER_ATTRIBUTE,
    /* Of scopes. */
    CTR_FILTER_PACKAGE,
    CTR_FILTER_FILE,
    CTR_FILTER_OBJECT,
    CTR_FILTER_ANYTHING /* of the builtin source */
} ctr_filter_target;

typedef enum ctr_filter_match {
    CTR_FILTER_GLOB,
    CTR_FILTER_REGEX,
    CTR_FILTER_HOST_REGEX, /* which the host compiled */
    CTR_FILTER_LITERAL,
    CTR_FILTER_SECRET /* names of secrets */
} ctr_filter_match;

typedef struct ctr_filter_selector {
    ctrace_str text; /* as it was written */
    ctr_filter_target target;
    ctr_filter_match match;
    ctrace_str pattern;  /* what lies behind kind and match; of a file, seen from the project */
    ctr_pattern program; /* of a glob or a regular expression */
    void *compiled;      /* by the host */
} ctr_filter_selector;

typedef enum ctr_filter_exec { CTR_FILTER_TRACE, CTR_FILTER_SKIP, CTR_FILTER_EXEC_INHERIT } ctr_filter_exec;

/* Behind the actions that are there to a recorder. */
#define CTR_FILTER_VALUE_INHERIT ((ctrace_filter_action)(CTRACE_FILTER_DROP + 1))

typedef struct ctr_filter_value_pattern {
    ctr_filter_selector selector;
    ctrace_filter_action action;
    ctrace_str reason;
} ctr_filter_value_pattern;

typedef struct ctr_filter_rule {
    ctr_filter_selector selector;
    ctr_filter_exec exec;
    ctrace_filter_action value_default;
    ctrace_str reason;
    size_t source;
    size_t number; /* in its source, from 1 */
    size_t first_pattern, pattern_count;
} ctr_filter_rule;

typedef struct ctr_filter_file {
    ctrace_filter_source about;
    ctrace_str root; /* of the project, without a '/' at its end; the root of all is empty */
} ctr_filter_file;

/* What is being read: which table, and what of it was seen. */
enum { CTR_FILTER_DEEPEST = 8, CTR_FILTER_MOST_KEYS = 8 };

typedef struct ctr_filter_level {
    int table;     /* of filter_keys.h */
    uint32_t seen; /* a bit for each of its keys */
} ctr_filter_level;

typedef struct ctr_filter_reading {
    ctr_filter_level levels[CTR_FILTER_DEEPEST];
    size_t depth;
    ctrace_str texts[CTR_FILTER_MOST_KEYS];         /* of a scope or rule, by number of key */
    ctrace_str pattern_texts[CTR_FILTER_MOST_KEYS]; /* of the pattern in it */
    size_t rule_number, pattern_number;             /* in the source and rule, from 1 */
    size_t first_pattern;                           /* of the rule */
    bool capture, has_streams;
} ctr_filter_reading;

struct ctrace_filter_policy {
    const ctrace_filter *filter;
    bool traced;
    size_t exec_rule, value_rule; /* that decided; SIZE_MAX: the default */
    ctrace_filter_action value_default;
    size_t value_source; /* that set it */
    uint32_t *rules; /* those whose patterns count, in order */
    size_t rule_count;
};

struct ctrace_filter {
    ctrace_allocator allocator_copy;
    const ctrace_allocator *allocator;
    ctrace_filter_matcher matcher;
    bool has_matcher;
    bool replace;
    ctr_arena arena;
    ctr_filter_file *files;
    size_t file_count, file_capacity;
    ctr_filter_rule *rules;
    size_t rule_count, rule_capacity;
    ctr_filter_value_pattern *patterns;
    size_t pattern_count, pattern_capacity;
    ctr_filter_exec default_exec; /* INHERIT until a source sets it */
    size_t default_exec_source;
    ctrace_filter_action default_value;
    size_t default_value_source;
    bool is_reading;
    ctr_filter_reading reading;
    ctrace_error failure; /* the first one */
    ctr_map known;        /* numbers of the rules that match -> policy */
    ctrace_filter_policy **policies;
    size_t policy_count, policy_capacity;
    ctr_buffer matching; /* numbers of rules, of the function that is asked about */
};

/* ---- filter.c ---- */
/* Forgets verdicts, as another source comes; policies that were told stay. */
void ctr_filter_forget(ctrace_filter *f);
/* A copy that lives as long as the filter; its data is NULL without memory. */
ctrace_str ctr_filter_keep(ctrace_filter *f, ctrace_str text);
/* Adds an empty source, rule or pattern at the end; NULL without memory. */
ctr_filter_file *ctr_filter_add_file(ctrace_filter *f);
ctr_filter_rule *ctr_filter_add_rule(ctrace_filter *f);
ctr_filter_value_pattern *ctr_filter_add_pattern(ctrace_filter *f);

/* ---- filter_selector.c ---- */
/* Fills an empty selector. `root`: of the project. CTRACE_SYNTAX: `why` (of `room` bytes) says what is wrong. */
ctrace_status ctr_filter_make_selector(ctrace_filter *f, ctr_filter_selector *out, ctrace_str text, bool of_value,
                                       ctrace_str root, char *why, size_t room);
bool ctr_filter_selects(const ctrace_filter *f, const ctr_filter_selector *s, ctrace_str text);
void ctr_filter_free_selector(ctrace_filter *f, ctr_filter_selector *s);

/* ---- filter_note.c ---- */
/* Adds the member "filters", after a comma, to JSON. False without memory. */
bool ctr_filter_note(const ctrace_filter *f, ctr_buffer *note);

static inline bool ctr_str_is(ctrace_str a, const char *text, size_t size)
{
    return a.size == size && (size == 0 || memcmp(a.data, text, size) == 0);
}
#define CTR_IS(a, literal) ctr_str_is((a), "" literal, sizeof(literal) - 1)

#endif
