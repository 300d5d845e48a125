#include "extension.h"

VALUE ctrb_module;

RUBY_FUNC_EXPORTED void Init_ctrace_ext(void);

void Init_ctrace_ext(void)
{
    ctrb_module = rb_define_module("Ctrace");
    rb_gc_register_mark_object(ctrb_module);
    ctrb_init_errors();
    ctrb_init_recorder();
}
