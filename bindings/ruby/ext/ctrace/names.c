#include "names.h"

#include <string.h>

/* Ruby puts addresses into the names of anonymous classes: "#<Class:0x000…>::Inner". */
static ctrace_str without_addresses(ctrace_str name, char out[CTRB_NAME_SIZE])
{
    size_t n = 0;
    for (size_t i = 0; i < name.size && n < CTRB_NAME_SIZE; i++) {
        if (name.size - i > 3 && memcmp(name.data + i, ":0x", 3) == 0) {
            i += 3;
            while (i < name.size && strchr("0123456789abcdef", name.data[i]))
                i++;
            if (i == name.size)
                break;
        }
        out[n++] = name.data[i];
    }
    return (ctrace_str){out, n};
}

ctrace_str ctrb_class_name(VALUE klass, char out[CTRB_NAME_SIZE])
{
    VALUE name = rb_mod_name(klass);
    if (!RB_TYPE_P(name, T_STRING) || RSTRING_LEN(name) == 0) {
        VALUE kind = rb_mod_name(rb_obj_class(klass)); /* Class, Module or Refinement */
        int size = snprintf(out, CTRB_NAME_SIZE, "#<%s>", NIL_P(kind) ? "Module" : RSTRING_PTR(kind));
        return (ctrace_str){out, size < CTRB_NAME_SIZE ? (size_t)size : CTRB_NAME_SIZE - 1};
    }
    return without_addresses(ctrb_str(name), out);
}

ctrace_str ctrb_id_name(ID id)
{
    VALUE name = rb_id2str(id);
    return RB_TYPE_P(name, T_STRING) ? ctrb_str(name) : CTRACE_STR("");
}

VALUE ctrb_capture(VALUE klass, const char *name)
{
    VALUE unbound = rb_funcall(klass, rb_intern("instance_method"), 1, ID2SYM(rb_intern(name)));
    return rb_obj_method(unbound, ID2SYM(rb_intern("bind_call")));
}
