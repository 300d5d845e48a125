/* What the recorder knows of a piece of code (Ruby calls it an iseq): its file and its variables, learned once. */
#ifndef CTRACE_RUBY_CODE_H
#define CTRACE_RUBY_CODE_H

#include "frame.h"
#include "judge.h"

struct ctrb_code {
    VALUE iseq;
    struct ctrb_file *file;
    struct ctrb_judged *judged;    /* NULL: there is no filter */
    struct ctrb_judged_name *said; /* one for each slot; NULL: all are shown */
    bool recorded;
    bool by_binding; /* the variables must be asked from a binding */
    bool in_ensure;  /* the code of an `ensure` that an exception runs through */
    int count;
    int parameters;
    struct ctrb_slot *slots;
    ctrace_id *variables; /* one for each slot */
    int64_t first_line;   /* of its definition, 0: not asked yet */
    int32_t *lines;       /* of each place in the code, 0: not asked yet */
    /* The function that it was called as last. */
    VALUE owner;
    ID method;
    ctrace_id function;
};

struct ctrb_codes {
    ctrace_recorder *r;
    struct ctrb_files *files;
    struct ctrb_judges *judges;
    struct ctrb_code **table; /* by the address of the iseq, which is marked */
    size_t count;
    size_t capacity;
    struct ctrb_code *last;
    uint64_t epoch; /* raised when all is forgotten: addresses of code may then mean other code */
};

void ctrb_codes_init(struct ctrb_codes *codes, ctrace_recorder *r, struct ctrb_files *files,
                     struct ctrb_judges *judges);
void ctrb_codes_free(struct ctrb_codes *codes);
void ctrb_codes_mark(const struct ctrb_codes *codes);
/* `arg` is the event that the code is met in first. NULL without memory. */
struct ctrb_code *ctrb_codes_learn(struct ctrb_codes *codes, VALUE iseq, struct ctrb_file *file, rb_trace_arg_t *arg);
/* What the filter says of the code of an event. NULL without memory. */
struct ctrb_judged *ctrb_judge_event(struct ctrb_judges *judges, const struct ctrb_file *file, rb_trace_arg_t *arg);

#endif
