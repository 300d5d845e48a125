/* Where a value goes: to a lane of a recorder, which cuts what is too large, or to a writer, for which it is cut here in
 * the same way. */
#ifndef CTRACE_RUBY_TARGET_H
#define CTRACE_RUBY_TARGET_H

#include "names.h"

#define CTRB_MAX_DEPTH 6
#define CTRB_MAX_ITEMS 100
#define CTRB_MAX_TEXT 1000
#define CTRB_MAX_TOTAL 1000 /* items and fields in all containers of one value */

struct ctrb_target {
    ctrace_writer *w;   /* or, when it is NULL: */
    ctrace_recorder *r;
    ctrace_lane *lane;
    /* A writer's value. */
    struct {
        const void *identity; /* NULL for a part */
        size_t more;          /* values that are cut, for the mark */
    } open[2 * CTRB_MAX_DEPTH];
    size_t open_count, depth;
    size_t left; /* of CTRB_MAX_TOTAL */
    ctrace_id mark_type;
};

void ctrb_target_init_writer(struct ctrb_target *t, ctrace_writer *w);

ctrace_id ctrb_target_type(struct ctrb_target *t, ctrace_type_kind kind, ctrace_str name);
ctrace_id ctrb_target_struct_type(struct ctrb_target *t, ctrace_str name, const ctrace_field *fields, size_t count);

/* These are as those of a lane. */
void ctrb_target_string(struct ctrb_target *t, ctrace_id type, ctrace_str text);
void ctrb_target_raw(struct ctrb_target *t, ctrace_id type, ctrace_str text);
void ctrb_target_mark(struct ctrb_target *t, ctrace_str text);
bool ctrb_target_open(struct ctrb_target *t, ctrace_value_kind kind, ctrace_id type, size_t count, const void *identity,
                      size_t *shown);
bool ctrb_target_open_part(struct ctrb_target *t, ctrace_id type, size_t count);
void ctrb_target_close(struct ctrb_target *t);

/* In place of what a filter hides, which a writer has none of. */
static inline void ctrb_target_redacted(struct ctrb_target *t, ctrace_str reason)
{
    if (!t->w)
        ctrace_lane_put_redacted(t->lane, reason);
}

static inline void ctrb_target_int(struct ctrb_target *t, ctrace_id type, int64_t i)
{
    if (t->w)
        ctrace_put_int(t->w, type, i);
    else
        ctrace_lane_put_int(t->lane, type, i);
}

static inline void ctrb_target_float(struct ctrb_target *t, ctrace_id type, double f)
{
    if (t->w)
        ctrace_put_float(t->w, type, f);
    else
        ctrace_lane_put_float(t->lane, type, f);
}

static inline void ctrb_target_bool(struct ctrb_target *t, ctrace_id type, bool b)
{
    if (t->w)
        ctrace_put_bool(t->w, type, b);
    else
        ctrace_lane_put_bool(t->lane, type, b);
}

static inline void ctrb_target_none(struct ctrb_target *t, ctrace_id type)
{
    if (t->w)
        ctrace_put_none(t->w, type);
    else
        ctrace_lane_put_none(t->lane, type);
}

static inline void ctrb_target_big_int(struct ctrb_target *t, ctrace_id type, const uint8_t *bytes, size_t size,
                                       bool negative)
{
    if (t->w)
        ctrace_put_big_int(t->w, type, bytes, size, negative);
    else
        ctrace_lane_put_big_int(t->lane, type, bytes, size, negative);
}

#endif
