/* What the parts of the extension share. */
#ifndef CTRACE_RUBY_EXTENSION_H
#define CTRACE_RUBY_EXTENSION_H

#include <ruby.h>
#include <ruby/debug.h>
#include <ruby/encoding.h>

#include "ctrace/ctrace.h"

/* The module Ctrace. */
extern VALUE ctrb_module;

/* The bytes of a String; they hold as long as it is unchanged. */
static inline ctrace_str ctrb_str(VALUE string)
{
    return (ctrace_str){RSTRING_PTR(string), (size_t)RSTRING_LEN(string)};
}

/* The generated wrapper: Ctrace::C. */
void Init_C(void);

/* errors.c: Ctrace::Error. */
void ctrb_init_errors(void);
VALUE ctrb_error_new(const ctrace_error *error);
NORETURN(void ctrb_raise(const ctrace_error *error));
void ctrb_check(ctrace_status status, const ctrace_error *error);
void ctrb_check_status(ctrace_status status);

/* texts.c */
VALUE ctrb_text(ctrace_str text);
VALUE ctrb_utf8(VALUE text);
VALUE ctrb_utf8_list(VALUE list);

/* events.c: Ctrace::Event. */
void ctrb_init_events(void);
VALUE ctrb_position(const ctrace_position *position);
VALUE ctrb_event_new(const ctrace_event *event, const ctrace_position *position, const ctrace_warning *warnings,
                     size_t warning_count);

/* handles.c: Ctrace::C::Writer and Ctrace::C::Kept, which hold what the wrapper's functions take. */
void ctrb_init_handles(void);
ctrace_writer *ctrb_writer_get(VALUE writer);
void ctrb_writer_check(const ctrace_writer *w);
ctrace_kept *ctrb_kept_get(VALUE kept);

/* reader.c, validate.c: Ctrace::C::Reader, Ctrace::C.validate. */
void ctrb_init_reader(void);
void ctrb_init_validate(void);

/* recorder.c: Ctrace::Recorder. */
void ctrb_init_recorder(void);

#endif
