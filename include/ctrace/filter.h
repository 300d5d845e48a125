/* What of a program is recorded, and what of its values is shown: the rules of CodeTracer's trace filters.
 *
 * A filter is made of sources, one after another: files of the language, and the rules against secrets that come with
 * the library. The language is TOML, which its own parser reads; what it read is told here key by key. The recorder asks
 * once for each function, ctrace_filter_scope(), and once for each name in it, ctrace_filter_value().
 *
 * One thread at a time calls the functions that take a filter which is not const; ctrace_filter_value() may be called by
 * any. */
#ifndef CTRACE_FILTER_H
#define CTRACE_FILTER_H

#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ctrace_filter ctrace_filter;

/* What is shown of the values of a function. It lives as long as its filter. NULL shows everything. */
typedef struct ctrace_filter_policy ctrace_filter_policy;

typedef enum ctrace_filter_action {
    CTRACE_FILTER_ALLOW = 0,
    CTRACE_FILTER_REDACT = 1, /* the name is recorded, the value is not: ctrace_lane_put_redacted() */
    CTRACE_FILTER_DROP = 2    /* nothing is recorded: ctrace_recorder_count_dropped() */
} ctrace_filter_action;

typedef enum ctrace_filter_kind {
    CTRACE_FILTER_LOCAL = 0,
    CTRACE_FILTER_GLOBAL = 1,
    CTRACE_FILTER_ARG = 2,
    CTRACE_FILTER_RETURN = 3,   /* its name is that of the function, as for obj: */
    CTRACE_FILTER_ATTRIBUTE = 4 /* of an object, and what a dictionary has under a text */
} ctrace_filter_kind;

/* Regular expressions of the host's language, for what the library's own do not know, such as look-ahead. */
typedef struct ctrace_filter_matcher {
    void *cookie;
    /* NULL when the expression is not acceptable; `why` then has the reason, which ends in NUL. */
    void *(*compile)(void *cookie, ctrace_str expression, char *why, size_t room);
    /* Whether it matches anywhere in the text. */
    bool (*search)(void *cookie, void *compiled, ctrace_str text);
    void (*release)(void *cookie, void *compiled);
} ctrace_filter_matcher;

typedef struct ctrace_filter_options {
    size_t size;                          /* set by CTRACE_FILTER_OPTIONS_INIT */
    const ctrace_allocator *allocator;    /* must outlive the filter; NULL: malloc and friends */
    const ctrace_filter_matcher *matcher; /* copied; NULL: none */
    bool replace_patterns; /* the value patterns of a rule replace those of the rules before, as in CodeTracer's own
                              recorders; else they are added to them */
} ctrace_filter_options;

#define CTRACE_FILTER_OPTIONS_INIT .size = sizeof(ctrace_filter_options)

/* On success *out is a filter without sources, which lets everything through, to be given to ctrace_filter_free(). */
CTRACE_API ctrace_status ctrace_filter_new(ctrace_filter **out, const ctrace_filter_options *options,
                                           ctrace_error *error);
/* *f becomes NULL, also when it was. */
CTRACE_API void ctrace_filter_free(ctrace_filter **f);

/* ---- Sources ---- */

/* The builtin source: everything is recorded, what has the name of a secret is redacted (ctrace_is_secret_name). */
CTRACE_API ctrace_status ctrace_filter_add_secrets(ctrace_filter *f, ctrace_error *error);

/* A source from a file, whose absolute path this is. The folder above `.codetracer`, if the file lies in one, else the
 * file's own, is the project that its file: selectors are seen from. `sha256`: of the file, 64 hexadecimal digits. */
CTRACE_API void ctrace_filter_begin_source(ctrace_filter *f, ctrace_str path, ctrace_str sha256);
/* What the file says. `key` is empty for what is in a list. */
CTRACE_API void ctrace_filter_open_table(ctrace_filter *f, ctrace_str key);
CTRACE_API void ctrace_filter_open_list(ctrace_filter *f, ctrace_str key);
/* Ends the table or list that was opened last. */
CTRACE_API void ctrace_filter_close(ctrace_filter *f);
CTRACE_API void ctrace_filter_put_text(ctrace_filter *f, ctrace_str key, ctrace_str text);
CTRACE_API void ctrace_filter_put_int(ctrace_filter *f, ctrace_str key, int64_t number);
CTRACE_API void ctrace_filter_put_bool(ctrace_filter *f, ctrace_str key, bool value);
/* What is none of these, such as a date. */
CTRACE_API void ctrace_filter_put_other(ctrace_filter *f, ctrace_str key);
/* Ends the source and tells the first thing that is wrong with it: CTRACE_SYNTAX when it does not say what a filter says
 * (the message names the rule, error->file is the source), CTRACE_UNSUPPORTED for a version that is not known. The filter
 * is then good for ctrace_filter_free() alone. */
CTRACE_API ctrace_status ctrace_filter_end_source(ctrace_filter *f, ctrace_error *error);

typedef struct ctrace_filter_source {
    ctrace_str path; /* "<builtin>" for the rules against secrets */
    ctrace_str sha256; /* empty for that */
    ctrace_str name; /* of its [meta] */
    int64_t version;
} ctrace_filter_source;

CTRACE_API size_t ctrace_filter_source_count(const ctrace_filter *f);
CTRACE_API ctrace_filter_source ctrace_filter_source_at(const ctrace_filter *f, size_t index);

/* ---- Verdicts ---- */

/* What decided, for people: all texts live as long as the filter. */
typedef struct ctrace_filter_cause {
    ctrace_str source;   /* its path, or "" when no source decided */
    size_t rule;         /* in that source, from 1; 0: its default */
    size_t pattern;      /* in that rule, from 1; 0: none, the rule itself decided */
    ctrace_str selector; /* of the pattern or rule */
    ctrace_str reason;   /* as the pattern or rule gives it, or "" */
} ctrace_filter_cause;

typedef struct ctrace_filter_verdict {
    bool traced;
    bool by_rule; /* a rule says so, not a default: it holds against what the recorder leaves out by itself */
    const ctrace_filter_policy *policy;
    ctrace_filter_cause cause;
} ctrace_filter_verdict;

/* Whether a function is recorded. `package` is what pkg: means, such as a module, `file` the real path of its source,
 * `object` its whole name with the package, what obj: means; each may be empty. A filter of NULL lets everything through.
 * Fails only without memory; the function is then not to be recorded. */
CTRACE_API ctrace_status ctrace_filter_scope(ctrace_filter *f, ctrace_str package, ctrace_str file, ctrace_str object,
                                             ctrace_filter_verdict *out);

/* What is shown of a value; *cause (may be NULL) tells why. */
CTRACE_API ctrace_filter_action ctrace_filter_value(const ctrace_filter_policy *policy, ctrace_filter_kind kind,
                                                    ctrace_str name, ctrace_filter_cause *cause);

/* For ctrace_lane_put_redacted(): the reason that is given, else the selector. */
CTRACE_API ctrace_str ctrace_filter_why(const ctrace_filter_cause *cause);

/* The cause in one line, such as: rule 3 "pkg:shop.*" of /p/.codetracer/trace-filter.toml: not ours. Ends in NUL when there
 * is room for one byte; returns how long the whole line is. */
CTRACE_API size_t ctrace_filter_describe(const ctrace_filter_cause *cause, char *out, size_t room);

/* ---- Secrets ---- */

/* Whether what has this name is a secret, by its words: "api_key", "dbPassword", not "tokenizer" or "author". */
CTRACE_API bool ctrace_is_secret_name(ctrace_str name);
/* What kind of secret a text holds, such as "AWS access key", which is static; NULL when none is seen. The recorder asks
 * this about every text itself, see keep_secrets. */
CTRACE_API const char *ctrace_secret_in(ctrace_str text);

#ifdef __cplusplus
}
#endif
#endif
