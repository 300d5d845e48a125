/* Judging a trace: what is wrong with it, where, and which programs would refuse it. */
#ifndef CTRACE_VALIDATE_H
#define CTRACE_VALIDATE_H

#include "error.h"
#include "form.h"
#include "reader.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum ctrace_severity {
    CTRACE_SEVERITY_ERROR = 0,   /* known readers fail on it */
    CTRACE_SEVERITY_WARNING = 1, /* something is shown wrongly or lost */
    CTRACE_SEVERITY_INFO = 2     /* worth knowing */
} ctrace_severity;

/* Programs that read traces. Name here, name on the command line, what it is. */
#define CTRACE_CONSUMERS(X)                                                                          \
    X(RUST_OLD, "rust-old", "crate runtime_tracing 0.15.0")                                          \
    X(RUST_NEW, "rust-new", "crates codetracer_trace_types 0.16.3, codetracer_trace_reader 0.17.1")  \
    X(RUST_MAIN, "rust-main", "codetracer_trace_types 0.19.0, unpublished")                          \
    X(CODETRACER_2025, "codetracer-2025", "the CodeTracer app 25.11.1")                              \
    X(CODETRACER_2026, "codetracer-2026", "the CodeTracer app of April 2026")                        \
    X(CODETRACER_CT, "codetracer-ct", "the CodeTracer app of August 2026, on .ct containers")        \
    X(CT_PRINT, "ct-print", "ct-print, July 2026, on .ct containers")

typedef enum ctrace_consumer {
#define X(name, text, what) CTRACE_CONSUMER_##name,
    CTRACE_CONSUMERS(X)
#undef X
    CTRACE_CONSUMER_COUNT
} ctrace_consumer;

/* Whether it reads that form at all. */
CTRACE_API bool ctrace_consumer_reads(ctrace_consumer consumer, ctrace_form form);

/* What a breach of a rule does to a consumer. */
typedef enum ctrace_effect {
    CTRACE_EFFECT_NONE = 0,    /* it does not mind */
    CTRACE_EFFECT_DEGRADE = 1, /* it opens the trace and shows something wrongly */
    CTRACE_EFFECT_ABORT = 2,   /* it crashes, when opening or later */
    CTRACE_EFFECT_REFUSE = 3   /* it does not open the trace */
} ctrace_effect;

typedef struct ctrace_rule {
    const char *id; /* such as "return-below-top"; never changes its meaning */
    ctrace_severity severity;
    const char *summary; /* one line: what must hold */
    const char *explanation; /* why, who breaks it, what to do: some lines */
    ctrace_effect effects[CTRACE_CONSUMER_COUNT];
} ctrace_rule;

/* The rules, sorted by id. All static. ctrace_rule_find() returns NULL for an unknown id. */
CTRACE_API size_t ctrace_rule_count(void);
CTRACE_API const ctrace_rule *ctrace_rule_at(size_t index);
CTRACE_API const ctrace_rule *ctrace_rule_find(ctrace_str id);

CTRACE_API const char *ctrace_consumer_name(ctrace_consumer consumer);
CTRACE_API const char *ctrace_consumer_text(ctrace_consumer consumer);
/* CTRACE_CONSUMER_COUNT when there is none of that name. */
CTRACE_API ctrace_consumer ctrace_consumer_find(ctrace_str name);

typedef struct ctrace_problem {
    const ctrace_rule *rule;
    ctrace_severity severity; /* the rule's, or what it means to the profile's consumer */
    ctrace_position position; /* all unknown when it is about the whole trace */
    ctrace_str file;          /* the file it is about */
    ctrace_str message;       /* one line: what was found */
    ctrace_str note;          /* a second line with the context, or empty */
} ctrace_problem;

typedef struct ctrace_validate_options {
    size_t size;        /* set by CTRACE_VALIDATE_OPTIONS_INIT */
    uint64_t max_errors; /* stop keeping problems of one severity after so many; default 100.
                         * What ends the reading is always kept. */
    bool has_profile;   /* judge for one consumer: what it does not mind is at most information */
    ctrace_consumer profile;
    bool no_sources;    /* do not look at the program's source files on this machine */
    /* Called now and then on long inputs; a return other than 0 stops with CTRACE_STATE. */
    int (*progress)(void *cookie, uint64_t bytes_done, uint64_t bytes_total);
    void *progress_cookie;
    const ctrace_allocator *allocator; /* must outlive the report; default malloc */
} ctrace_validate_options;

#define CTRACE_VALIDATE_OPTIONS_INIT .size = sizeof(ctrace_validate_options)

typedef struct ctrace_report ctrace_report;

/* Judges the trace in a folder or a file. CTRACE_OK means that it could be judged: the verdict is in the report,
 * which belongs to the caller. Not a trace, cut off or too deep are verdicts too. A failure (no such file, not
 * readable, no memory) leaves *out NULL. */
CTRACE_API ctrace_status ctrace_validate(ctrace_report **out, ctrace_str path,
                                         const ctrace_validate_options *options, ctrace_error *error);
/* The same for bytes from `source`; rules about other files do not apply. */
CTRACE_API ctrace_status ctrace_validate_source(ctrace_report **out, const ctrace_source *source, ctrace_str name,
                                                const ctrace_validate_options *options, ctrace_error *error);

/* True when nothing of severity error was found. */
CTRACE_API bool ctrace_report_is_valid(const ctrace_report *report);
/* How many were found of a severity, kept or not. */
CTRACE_API uint64_t ctrace_report_found(const ctrace_report *report, ctrace_severity severity);
/* How many events were read. */
CTRACE_API uint64_t ctrace_report_events(const ctrace_report *report);
/* The kept problems in the order of their places. They belong to the report. */
CTRACE_API size_t ctrace_report_count(const ctrace_report *report);
CTRACE_API const ctrace_problem *ctrace_report_at(const ctrace_report *report, size_t index);
/* The form of the trace; CTRACE_FORM_COUNT when it could not be told. */
CTRACE_API ctrace_form ctrace_report_form(const ctrace_report *report);
/* The worst that a consumer would do with the trace. It refuses a form that it does not read. */
CTRACE_API ctrace_effect ctrace_report_effect(const ctrace_report *report, ctrace_consumer consumer);

/* Frees the report; *report becomes NULL. Fine when it was. */
CTRACE_API void ctrace_report_free(ctrace_report **report);

#ifdef __cplusplus
}
#endif
#endif
