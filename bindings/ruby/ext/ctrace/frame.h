/* Reading a frame of Ruby's machine directly. Possible where Ruby ships its internal header (up to 3.2); elsewhere
 * every function says "not available" and the recorder uses bindings. The types of that header clash with the public
 * ones, so this header knows neither. */
#ifndef CTRACE_RUBY_FRAME_H
#define CTRACE_RUBY_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uintptr_t ctrb_word; /* a VALUE or an ID */

struct ctrb_frame {
    const void *frame; /* its place on the stack of frames: called frames have lower addresses */
    ctrb_word iseq;    /* its code, an object of Ruby's */
    ctrb_word path;    /* the String that all code of a file shares */
    const ctrb_word *env;
    size_t at; /* in the code, at most ctrb_frame_size() */
};

/* A variable that is seen from some code: `slot` words from the environment `level` scopes further out. */
struct ctrb_slot {
    ctrb_word name;
    int32_t slot;
    uint16_t level;
    bool lazy_block; /* a &block parameter that may not have been made yet */
    bool parameter;  /* of its scope */
    bool outermost;  /* its scope is the method's, or the file's */
};

/* True when the header was there when this was built and fits the Ruby that runs. */
bool ctrb_frame_available(void);

/* The frame of Ruby code that an event is about; false when there is none. */
bool ctrb_frame_of(const void *trace_arg, struct ctrb_frame *out);

/* The variables seen from `iseq`, inner ones first: up to `capacity` are put into `out`. Returns how many there are,
 * or -1 when they must be asked from a binding. *parameters is how many of them are parameters of this very code. */
int ctrb_frame_layout(ctrb_word iseq, struct ctrb_slot *out, int capacity, int *parameters);

/* How long code is. */
size_t ctrb_frame_size(ctrb_word iseq);

/* True for the code of an `ensure` that runs while an exception, throw or break passes. */
bool ctrb_frame_is_ensure(ctrb_word iseq);

/* The value of a slot. False when it is a block for which no Proc was made yet; *value then is whether that would be a
 * lambda, as it is for &:symbol. */
bool ctrb_frame_read(const ctrb_word *env, const struct ctrb_slot *slot, ctrb_word *value);

/* True for an object whose value is in its own five words: nothing of it lies elsewhere or is another object's. */
bool ctrb_frame_is_leaf(ctrb_word object);

/* True when the frame of a return event is left by an exception, throw or break, not by running to its end.
 * Known only where ctrb_frame_available(). */
bool ctrb_frame_unwinds(const void *trace_arg);

/* The code that a compile event is about, and what of it Ruby code can be given. */
ctrb_word ctrb_frame_compiled(const void *trace_arg);
ctrb_word ctrb_frame_wrapped(ctrb_word iseq);
ctrb_word ctrb_frame_path(ctrb_word iseq);

/* True when the event's frame runs a block as a method. */
bool ctrb_frame_is_method(const void *trace_arg);

/* True in the ractor that asked first. */
bool ctrb_frame_in_first_ractor(const void *trace_arg);

/* The C function behind a method that was written in C with a variable number of arguments, or NULL. */
typedef ctrb_word (*ctrb_c_method)(int argc, const ctrb_word *argv, ctrb_word self);
ctrb_c_method ctrb_c_method_of(ctrb_word klass, ctrb_word name);

#endif
