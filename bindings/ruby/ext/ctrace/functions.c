/* What is called, by name and place. */
#include "recorder.h"

#include <string.h>

static size_t append(char *out, size_t n, const char *data, size_t size)
{
    size_t room = CTRB_FUNCTION_NAME_SIZE - n;
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

static bool is_class(VALUE object)
{
    return RB_TYPE_P(object, T_CLASS) || RB_TYPE_P(object, T_MODULE);
}

/* The class that a method belongs to; of a singleton class that of its object, or the object if it is a class; Qnil if
 * it is in none. */
static VALUE class_of_method(VALUE owner, bool *is_singleton)
{
    *is_singleton = RB_TYPE_P(owner, T_CLASS) && FL_TEST(owner, FL_SINGLETON);
    if (*is_singleton) {
        VALUE object = attached_object(owner);
        return is_class(object) ? object : rb_obj_class(object);
    }
    return owner != rb_cObject && is_class(owner) ? owner : Qnil;
}

ctrace_str ctrb_package_name(VALUE owner, ID method, char out[CTRB_NAME_SIZE])
{
    bool is_singleton;
    VALUE klass = method ? class_of_method(owner, &is_singleton) : Qnil;
    return NIL_P(klass) ? CTRACE_STR("main") : ctrb_class_name(klass, out);
}

/* "Class#method"; "Class.method" for a method of the class itself or of a single object of it. */
static size_t append_method(char *out, size_t n, VALUE owner, ID method)
{
    if (!method)
        return append(out, n, "<top-level>", 11);
    bool is_singleton;
    VALUE klass = class_of_method(owner, &is_singleton);
    if (!NIL_P(klass)) {
        char buffer[CTRB_NAME_SIZE];
        ctrace_str name = ctrb_class_name(klass, buffer);
        n = append(out, n, name.data, name.size);
        n = append(out, n, is_singleton ? "." : "#", 1);
    }
    ctrace_str text = ctrb_id_name(method);
    return append(out, n, text.data, text.size);
}

ctrace_str ctrb_function_name(VALUE owner, ID method, char out[CTRB_FUNCTION_NAME_SIZE])
{
    return (ctrace_str){out, append_method(out, 0, owner, method)};
}

static ctrace_id declare(const struct ctrb_file *file, int64_t line, bool block, VALUE owner, ID method)
{
    char name[CTRB_FUNCTION_NAME_SIZE];
    size_t n = block ? append(name, 0, "block in ", 9) : 0;
    n = append_method(name, n, owner, method);
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
