/* The validator's verdicts and rules, as text and as JSON (validate.schema.json). */
#ifndef CTRACE_TOOLS_SHOW_REPORT_H
#define CTRACE_TOOLS_SHOW_REPORT_H

#include "text.h"

#include <ctrace/validate.h>

typedef struct report_printer {
    bool json;
    const ctrace_validate_options *options;
    text out;
    uint64_t inputs; /* printed so far */
} report_printer;

void report_begin(report_printer *p);
void report_print(report_printer *p, const char *path, const ctrace_report *report);
/* An input that could not be judged. The text form leaves that to standard error. */
void report_print_failure(report_printer *p, const char *path, const ctrace_error *error);
void report_end(report_printer *p, int exit_code);

void rule_print(text *t, const ctrace_rule *rule);
void rules_print(text *t);
void rule_print_json(text *t, const ctrace_rule *rule);
void rules_print_json(text *t);

#endif
