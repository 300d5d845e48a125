#include "extension.h"

static VALUE error_class;

/* Ctrace::Error with what a ctrace_error tells: status, file, line, column, offset, event, system. */
VALUE ctrb_error_new(const ctrace_error *error)
{
    const char *text = error->message[0] ? error->message : ctrace_status_text(error->status);
    VALUE message = error->file[0] ? rb_enc_sprintf(rb_utf8_encoding(), "%s: %s", error->file, text)
                                   : rb_utf8_str_new_cstr(text);
    VALUE exception = rb_exc_new_str(error_class, message);
    bool known = error->position.event != CTRACE_ID_NONE || error->position.line || error->position.offset;
    rb_ivar_set(exception, rb_intern("@status"), INT2NUM(error->status));
    rb_ivar_set(exception, rb_intern("@file"), error->file[0] ? rb_utf8_str_new_cstr(error->file) : Qnil);
    rb_ivar_set(exception, rb_intern("@detail"), rb_utf8_str_new_cstr(text));
    rb_ivar_set(exception, rb_intern("@line"), error->position.line ? ULL2NUM(error->position.line) : Qnil);
    rb_ivar_set(exception, rb_intern("@column"), error->position.column ? ULL2NUM(error->position.column) : Qnil);
    rb_ivar_set(exception, rb_intern("@offset"), known ? ULL2NUM(error->position.offset) : Qnil);
    rb_ivar_set(exception, rb_intern("@event"),
                error->position.event != CTRACE_ID_NONE ? ULL2NUM(error->position.event) : Qnil);
    rb_ivar_set(exception, rb_intern("@errno"), error->system ? INT2NUM(error->system) : Qnil);
    return exception;
}

void ctrb_raise(const ctrace_error *error)
{
    rb_exc_raise(ctrb_error_new(error));
}

void ctrb_check(ctrace_status status, const ctrace_error *error)
{
    if (status < 0)
        ctrb_raise(error);
}

void ctrb_check_status(ctrace_status status)
{
    ctrace_error error = {.status = status, .position.event = CTRACE_ID_NONE};
    ctrb_check(status, &error);
}

static VALUE error_status_name(VALUE self)
{
    VALUE status = rb_ivar_get(self, rb_intern("@status"));
    return NIL_P(status) ? Qnil : rb_str_new_cstr(ctrace_status_name(NUM2INT(status)));
}

void ctrb_init_errors(void)
{
    static const char *const readers[] = {"status", "file", "detail", "line", "column", "offset", "event", "errno"};
    error_class = rb_define_class_under(ctrb_module, "Error", rb_eStandardError);
    rb_gc_register_mark_object(error_class);
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        rb_define_attr(error_class, readers[i], 1, 0);
    rb_define_method(error_class, "status_name", error_status_name, 0);
}
