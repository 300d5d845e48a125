/* What the filter of a recording says of functions and of names. A function is judged once, and a name once in it. */
#ifndef CTRACE_RUBY_JUDGE_H
#define CTRACE_RUBY_JUDGE_H

#include "names.h"
#include "source_files.h"

struct ctrb_judgement {
    ctrace_filter_action action;
    ctrace_str reason; /* lives as long as the filter */
};

struct ctrb_judged_name {
    ID name;
    struct ctrb_judgement as_variable, as_argument;
};

/* A method, or what is in none of a file. */
struct ctrb_judged {
    const struct ctrb_file *file;
    VALUE owner;
    ID method;
    bool recorded;
    const ctrace_filter_policy *policy;
    struct ctrb_judgement returned, unwound, itself; /* self, as an argument */
    ID *parameters; /* of it and of its blocks, so far as they are known */
    size_t parameter_count;
    struct ctrb_judged_name *names;
    size_t name_count;
};

struct ctrb_judges {
    ctrace_recorder *r;
    ctrace_filter *filter; /* NULL: all is shown */
    bool has_rules;        /* of files, which may bring in what lies outside */
    struct ctrb_judged **table;
    size_t count;
    size_t capacity;
};

void ctrb_judges_init(struct ctrb_judges *judges, ctrace_recorder *r, ctrace_filter *filter);
void ctrb_judges_free(struct ctrb_judges *judges);
void ctrb_judges_mark(const struct ctrb_judges *judges);

/* `owner`: nil for what is in no method. NULL without memory. */
struct ctrb_judged *ctrb_judge(struct ctrb_judges *judges, const struct ctrb_file *file, VALUE owner, ID method);

/* What is shown of a variable; `is_outer`: it is one of the file. What hides a parameter hides it as a variable too. */
struct ctrb_judged_name ctrb_judge_name(struct ctrb_judged *judged, ID name, bool is_parameter, bool is_outer);
/* The same for a name alone, of which it is known before whether it is a parameter. */
const struct ctrb_judged_name *ctrb_judge_known(struct ctrb_judged *judged, ID name);
void ctrb_judge_parameter(struct ctrb_judged *judged, ID name);

struct ctrb_judgement ctrb_judge_attribute(const ctrace_filter_policy *policy, ctrace_str name);

/* functions.c: what a method is called, as "Class#method", and where it belongs, "Class" or "main". */
#define CTRB_FUNCTION_NAME_SIZE (2 * CTRB_NAME_SIZE + 32)
ctrace_str ctrb_function_name(VALUE owner, ID method, char out[CTRB_FUNCTION_NAME_SIZE]);
ctrace_str ctrb_package_name(VALUE owner, ID method, char out[CTRB_NAME_SIZE]);

#endif
