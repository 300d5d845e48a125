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

/* errors.c: Ctrace::Error. */
void ctrb_init_errors(void);
VALUE ctrb_error_new(const ctrace_error *error);
NORETURN(void ctrb_raise(const ctrace_error *error));
void ctrb_check(ctrace_status status, const ctrace_error *error);

/* events.c: Ctrace::Event. `struct ctrb_text` turns bytes into a Ruby String in UTF-8. */
void ctrb_init_events(void);
VALUE ctrb_text(ctrace_str text);
VALUE ctrb_position(const ctrace_position *position);
VALUE ctrb_event_new(const ctrace_event *event, const ctrace_position *position, const ctrace_warning *warnings,
                     size_t warning_count);

/* reader.c, writer.c, validate.c: Ctrace::Reader, Ctrace::Writer, Ctrace.validate. */
void ctrb_init_reader(void);
void ctrb_init_writer(void);
void ctrb_init_validate(void);
ctrace_writer *ctrb_writer_get(VALUE writer);
ctrace_reader *ctrb_reader_get(VALUE reader);

/* recorder.c: Ctrace::Recorder. */
void ctrb_init_recorder(void);

#endif
