/* Names and texts of Ruby as the trace has them. Nothing here runs code of the program. */
#ifndef CTRACE_RUBY_NAMES_H
#define CTRACE_RUBY_NAMES_H

#include "extension.h"

/* The name of a class or module without addresses, into `out`; anonymous ones are "#<Class>" and "#<Module>". */
#define CTRB_NAME_SIZE 256
ctrace_str ctrb_class_name(VALUE klass, char out[CTRB_NAME_SIZE]);

ctrace_str ctrb_id_name(ID id);

/* Puts a text into `out`, which has room for `most` bytes and a mark: if it is longer, cut between two characters, with
 * "…(+N)" for the N bytes that are missing. Returns the size. */
#define CTRB_CUT_MARK 32
size_t ctrb_cut(ctrace_str text, size_t most, char *out);

/* "TypeName: message" as far as it can be told without running code of the program; the message is cut behind
 * `most` bytes, at most CTRB_MESSAGE_MAX. */
#define CTRB_MESSAGE_MAX 1000
#define CTRB_MESSAGE_SIZE (CTRB_MESSAGE_MAX + CTRB_NAME_SIZE + 40)
ctrace_str ctrb_exception_text(VALUE exception, size_t most, char out[CTRB_MESSAGE_SIZE]);
ctrace_str ctrb_exception_without_text(VALUE exception, char out[CTRB_MESSAGE_SIZE]);
/* The message alone: a String, or Qnil. */
VALUE ctrb_message_of(VALUE exception);

/* An instance method as it is now, to be called by rb_method_call() with the receiver as first argument. */
VALUE ctrb_capture(VALUE klass, const char *name);

/* Whether messages that Ruby makes of an object leave out what is in it. */
void ctrb_messages_hide_content(bool hides);

void ctrb_init_messages(void);

#endif
