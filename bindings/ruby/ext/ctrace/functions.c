/* What is called, by name and place. */
#include "recorder.h"

#include <string.h>

#define FUNCTION_NAME_SIZE (2 * CTRB_NAME_SIZE + 32)

static size_t append(char *out, size_t n, const char *data, size_t size)
{
    size_t room = FUNCTION_NAME_SIZE - n;
    memcpy(out + n, data, size < room ? size : room);
    return n + (size < room ? size : room);
}

static VALUE attached_object(VALUE singleton)
{
#ifdef HAVE_RB_CLASS_ATTACHED_OBJECT
    return rb_class_attached_object(singleton);
#else
    return rb_attr_get(singleton, rb_intern("__attached__"));
#endif
}

/* "Class#method"; "Class.method" for a method of the class itself or of a single object of it. */
static size_t append_method(char *out, size_t n, VALUE owner, ID method)
{
    char buffer[CTRB_NAME_SIZE];
    ctrace_str name;
    if (RB_TYPE_P(owner, T_CLASS) && FL_TEST(owner, FL_SINGLETON)) {
        VALUE object = attached_object(owner);
        bool of_class = RB_TYPE_P(object, T_CLASS) || RB_TYPE_P(object, T_MODULE);
        name = ctrb_class_name(of_class ? object : rb_obj_class(object), buffer);
        n = append(out, n, name.data, name.size);
        n = append(out, n, ".", 1);
    } else if (owner != rb_cObject && (RB_TYPE_P(owner, T_CLASS) || RB_TYPE_P(owner, T_MODULE))) {
        name = ctrb_class_name(owner, buffer);
        n = append(out, n, name.data, name.size);
        n = append(out, n, "#", 1);
    }
    VALUE text = rb_id2str(method);
    return RB_TYPE_P(text, T_STRING) ? append(out, n, RSTRING_PTR(text), (size_t)RSTRING_LEN(text)) : n;
}

static ctrace_id declare(const struct ctrb_file *file, int64_t line, bool block, VALUE owner, ID method)
{
    char name[FUNCTION_NAME_SIZE];
    size_t n = 0;
    if (block)
        n = append(name, n, "block in ", 9);
    if (method)
        n = append_method(name, n, owner, method);
    else
        n = append(name, n, "<top-level>", 11);
    return ctrace_recorder_function(ctrb_session.r, file->id, line, (ctrace_str){name, n});
}

ctrace_id ctrb_function_of(struct ctrb_place *place, int64_t line, bool block)
{
    VALUE name = rb_tracearg_method_id(place->arg);
    VALUE owner = NIL_P(name) ? Qnil : rb_tracearg_defined_class(place->arg);
    ID method = NIL_P(name) ? 0 : rb_sym2id(name);
    struct ctrb_code *code = place->code;
    if (!code)
        return declare(place->file, line, block, owner, method);
    if (code->function == CTRACE_ID_NONE || code->owner != owner || code->method != method) {
        code->owner = owner;
        code->method = method;
        code->function = declare(place->file, line, block, owner, method);
    }
    return code->function;
}
