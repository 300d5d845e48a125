/* Ruby objects as values of a trace. Looks at memory only: no method of the program is called. */
#ifndef CTRACE_RUBY_VALUES_H
#define CTRACE_RUBY_VALUES_H

#include "judge.h"
#include "types.h"

struct ctrb_values {
    struct ctrb_target target;
    struct ctrb_types types;
    const ctrace_filter_policy *policy; /* of the code that the value is of; NULL: all is shown */
    struct ctrb_attribute *attributes;  /* what was said of names, or NULL */
};

/* It stays where it is until ctrb_values_free(). */
void ctrb_values_init_writer(struct ctrb_values *v, ctrace_writer *w);
void ctrb_values_init_recorder(struct ctrb_values *v, ctrace_recorder *r);
void ctrb_values_free(struct ctrb_values *v);
void ctrb_values_mark(const struct ctrb_values *v);
size_t ctrb_values_size(const struct ctrb_values *v);

/* Puts exactly one value, where the writer waits for one. Raises nothing. */
void ctrb_put(struct ctrb_values *v, VALUE object);
/* The same in a lane. */
void ctrb_put_in(struct ctrb_values *v, ctrace_lane *lane, VALUE object);
/* A block for which no Proc was made yet, as the Proc that it would be. */
void ctrb_put_block_in(struct ctrb_values *v, ctrace_lane *lane, bool lambda);

void ctrb_init_values(void);

#endif
