/* What the parts of the extension share. */
#ifndef CTRACE_RUBY_EXTENSION_H
#define CTRACE_RUBY_EXTENSION_H

#include <ruby.h>
#include <ruby/debug.h>
#include <ruby/encoding.h>

#include "ctrace/ctrace.h"
#include "ctrace/recorder.h"

/* The module Ctrace. */
extern VALUE ctrb_module;

/* The bytes of a String; they hold as long as it is unchanged. */
static inline ctrace_str ctrb_str(VALUE string)
{
    return (ctrace_str){RSTRING_PTR(string), (size_t)RSTRING_LEN(string)};
}

/* Of a Hash of options with Symbols; nil when it is not there. */
static inline VALUE ctrb_option(VALUE options, const char *name)
{
    return rb_hash_lookup(options, ID2SYM(rb_intern(name)));
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

/* unlocked.c: what takes long runs while other threads of Ruby run. `run` gives the status of what it did; where that
 * has a callback for its progress, it is ctrb_work_progress() with this as the cookie, so that it can be interrupted. */
typedef struct ctrb_work {
    ctrace_status (*run)(struct ctrb_work *work);
    ctrace_status status;
    ctrace_error error;
    volatile bool interrupted;
} ctrb_work;

int ctrb_work_progress(void *work, uint64_t done, uint64_t total);
void ctrb_work_run(ctrb_work *work);

/* reader.c, validate.c, convert.c: Ctrace::C::Reader, Ctrace::C.validate, .convert, .repair, .cut and .diff. */
void ctrb_init_reader(void);
void ctrb_init_validate(void);
void ctrb_init_convert(void);

/* filter.c: Ctrace::C::Filter. */
void ctrb_init_filter(void);
ctrace_filter *ctrb_filter_get(VALUE filter);

/* recorder.c: Ctrace::Recorder. */
void ctrb_init_recorder(void);

#endif
