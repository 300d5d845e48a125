/* The calls that are open: a lane for each thread, in it a strand for each fiber, in it a frame for each call. */
#ifndef CTRACE_RUBY_LANES_H
#define CTRACE_RUBY_LANES_H

#include "extension.h"

struct ctrb_call {
    const void *frame; /* place on Ruby's stack, NULL when that is not known */
    uintptr_t code; /* what runs in that frame, to be compared alone */
    ctrace_id function;
    int64_t line;    /* of the last step in it */
    VALUE unwinding; /* an exception that passed while code of an `ensure` or `rescue` ran; else 0 */
    int64_t unwinding_line; /* the line before that code; at first that of the definition */
    bool aside;             /* such code has run */
    bool ensured;     /* code of an `ensure` ran last, because of `unwinding` */
    bool from_method; /* a block that became a method: two events tell of its call, and two of its return */
    bool shown;       /* false: its definition cannot be shown, nothing was written */
};

struct ctrb_strand {
    uint64_t recording; /* which recording this is of */
    VALUE fiber;
    struct ctrb_call *calls;
    size_t count;
    size_t capacity;
};

struct ctrb_lane {
    struct ctrb_lane *next; /* all lanes there are */
    struct ctrb_lane **before;
    VALUE object; /* the Ruby object that owns this */
    uint64_t serial;
    bool ended; /* the end of its thread was told */
    struct ctrb_strand base;
    struct ctrb_strand **strands; /* the running fiber's last; each was resumed by the one before it */
    size_t strand_count;
    size_t strand_capacity;
    int64_t line; /* of the last step outside any call */
    VALUE pending; /* the exception that was raised last and may be on its way out, or 0 */
    VALUE outside; /* the same, raised in code that is not recorded and not yet told, or 0 */
};

void ctrb_init_lanes(void);

/* The lane of a thread in a recording, made when `create` and there is none; NULL if there is none. */
struct ctrb_lane *ctrb_lane_of(VALUE thread, uint64_t recording, bool create);

/* All lanes, of any recording. */
struct ctrb_lane *ctrb_lanes_first(void);
bool ctrb_lane_has_calls(const struct ctrb_lane *lane);

/* The serial of a lane that went with its thread and whose end was not told, or 0. */
uint64_t ctrb_lane_take_dead(void);

static inline struct ctrb_strand *ctrb_strand_now(struct ctrb_lane *lane)
{
    return lane->strands[lane->strand_count - 1];
}

static inline struct ctrb_call *ctrb_call_now(struct ctrb_lane *lane)
{
    struct ctrb_strand *strand = ctrb_strand_now(lane);
    return strand->count ? &strand->calls[strand->count - 1] : NULL;
}

/* NULL without memory. */
struct ctrb_call *ctrb_call_push(struct ctrb_strand *strand);

/* The strand of a fiber, made at its first use; NULL if that cannot be. */
struct ctrb_strand *ctrb_strand_of(struct ctrb_lane *lane, VALUE fiber);
bool ctrb_strand_enter(struct ctrb_lane *lane, struct ctrb_strand *strand);

#endif
