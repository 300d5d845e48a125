/* The calls that are open: for each thread of Ruby a lane of the recorder, in it a strand for each fiber, in it a frame
 * for each call. */
#ifndef CTRACE_RUBY_THREADS_H
#define CTRACE_RUBY_THREADS_H

#include "extension.h"

/* A variable as the recorder has it: its word, and what the object consists of that the word points to, so far as that
 * says it all. Nothing of it is kept alive, and no pointer in it is followed. */
#define CTRB_OBJECT_WORDS 5
struct ctrb_seen {
    VALUE word; /* Qundef: to be put again */
    VALUE object[CTRB_OBJECT_WORDS];
};

/* What the recorder holds as variables of one of its frames: those of `code`; `first` is where they begin in the
 * strand's. What is of another epoch holds no more. */
struct ctrb_shown {
    uintptr_t code; /* to be compared alone; 0: not known */
    uint64_t epoch;
    size_t first;
    size_t count;
    bool with_self; /* also of `self`, which is an argument alone */
};

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
    bool recorded;    /* false: its definition cannot be shown, so that the recorder knows no frame of it */
    struct ctrb_shown shown;
};

struct ctrb_strand {
    uint64_t recording; /* which recording this is of */
    VALUE fiber;
    struct ctrb_call *calls;
    size_t count;
    size_t capacity;
    struct ctrb_seen *seen; /* of all calls */
    size_t seen_capacity;
    struct ctrb_shown shown; /* outside any call */
};

struct ctrb_thread {
    struct ctrb_thread *next; /* all there are */
    struct ctrb_thread **before;
    VALUE object;      /* the Ruby object that owns this */
    ctrace_lane *lane; /* NULL when nothing is recorded of it yet, or no more */
    bool ended;
    struct ctrb_strand base;
    struct ctrb_strand **strands; /* the running fiber's last; each was resumed by the one before it */
    size_t strand_count;
    size_t strand_capacity;
    VALUE pending; /* the exception that was raised last and may be on its way out, or 0 */
    VALUE outside; /* the same, raised in code that is not recorded and not yet told, or 0 */
    VALUE hidden;  /* an exception that was raised in code that shows none, or 0 */
};

void ctrb_init_threads(void);

/* A thread in a recording, without a lane at first; NULL if it is not known, and not to be made or cannot be. */
struct ctrb_thread *ctrb_thread_of(VALUE thread, uint64_t recording, bool make);

/* All threads, of any recording. */
struct ctrb_thread *ctrb_threads_first(void);

static inline struct ctrb_strand *ctrb_strand_now(const struct ctrb_thread *t)
{
    return t->strands[t->strand_count - 1];
}

static inline struct ctrb_call *ctrb_call_now(const struct ctrb_thread *t)
{
    struct ctrb_strand *strand = ctrb_strand_now(t);
    return strand->count ? &strand->calls[strand->count - 1] : NULL;
}

/* NULL without memory. */
struct ctrb_call *ctrb_call_push(struct ctrb_strand *strand);

/* Room for `count` variables of what is shown of a strand's running call, or outside any; NULL without memory. */
struct ctrb_seen *ctrb_strand_seen(struct ctrb_strand *strand, struct ctrb_shown *shown, size_t count);

/* The strand of a fiber, made at its first use; NULL if that cannot be. */
struct ctrb_strand *ctrb_strand_of(struct ctrb_thread *t, VALUE fiber);
bool ctrb_strand_enter(struct ctrb_thread *t, struct ctrb_strand *strand);

#endif
