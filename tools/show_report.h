/* The validator's verdicts and rules, as text, as JSON (validate.schema.json) and as SARIF 2.1.0. */
#ifndef CTRACE_TOOLS_SHOW_REPORT_H
#define CTRACE_TOOLS_SHOW_REPORT_H

#include "text.h"

#include <ctrace/validate.h>

typedef enum report_format { REPORT_TEXT, REPORT_JSON, REPORT_SARIF } report_format;

typedef struct report_printer {
    report_format format;
    const ctrace_validate_options *options;
    text out;
    uint64_t inputs;   /* printed so far */
    text failures;     /* what SARIF has at its end */
} report_printer;

void report_begin(report_printer *p);
void report_print(report_printer *p, const char *path, const ctrace_report *report);
/* An input that could not be judged. The text form leaves that to standard error. */
void report_print_failure(report_printer *p, const char *path, const ctrace_error *error);
void report_end(report_printer *p, int exit_code);

/* show_sarif.c: what the three do for SARIF. */
void sarif_begin(report_printer *p);
void sarif_print(report_printer *p, const char *path, const ctrace_report *report);
void sarif_print_failure(report_printer *p, const char *path, const ctrace_error *error);
void sarif_end(report_printer *p, int exit_code);

void rule_print(text *t, const ctrace_rule *rule);
void rules_print(text *t);
void rule_print_json(text *t, const ctrace_rule *rule);
void rules_print_json(text *t);

#endif
