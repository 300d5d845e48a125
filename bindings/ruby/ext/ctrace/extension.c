#include "recorder.h"

VALUE ctrb_module;

RUBY_FUNC_EXPORTED void Init_ctrace_ext(void);

void Init_ctrace_ext(void)
{
    ctrb_module = rb_define_module("Ctrace");
    rb_gc_register_mark_object(ctrb_module);
    ctrb_init_errors();
    Init_C();
    ctrb_init_values();
    ctrb_init_messages();
    ctrb_init_events();
    ctrb_init_handles();
    ctrb_init_reader();
    ctrb_init_validate();
    ctrb_init_convert();
    ctrb_init_filter();
    ctrb_init_recorder();
}
