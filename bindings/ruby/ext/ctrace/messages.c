/* What an exception says. */
#include "names.h"

#include <string.h>

static ID id_mesg, id_name;
static VALUE name_error_receiver; /* the method as it was when this was loaded, whatever the program makes of it */

/* An object with something in it is not shown by its inspect, which shows all of it. */
static bool hides_content;

void ctrb_messages_hide_content(bool hides)
{
    hides_content = hides;
}

static VALUE receiver_of(VALUE exception)
{
    return rb_method_call(1, &exception, name_error_receiver);
}

static VALUE text_of_message(VALUE message)
{
    return rb_check_string_type(message);
}

struct plainness {
    int left; /* how many more objects may be looked at */
    bool plain;
};

static bool inspects_plainly(VALUE object, struct plainness *p);

static int check_instance_variable(ID name, VALUE value, st_data_t p)
{
    (void)name;
    return inspects_plainly(value, (struct plainness *)p) ? ST_CONTINUE : ST_STOP;
}

/* True when Ruby's own inspect of an object runs nothing that the program defined. */
static bool inspects_plainly(VALUE object, struct plainness *p)
{
    if (p->left-- <= 0 || !rb_method_basic_definition_p(CLASS_OF(object), rb_intern("inspect")))
        return p->plain = false;
    if (RB_SPECIAL_CONST_P(object))
        return p->plain;
    switch (RB_BUILTIN_TYPE(object)) {
    case T_STRING:
    case T_SYMBOL:
    case T_BIGNUM:
    case T_FLOAT:
    case T_CLASS:
    case T_MODULE:
        break;
    case T_OBJECT:
        if (hides_content && rb_ivar_count(object))
            return p->plain = false;
        rb_ivar_foreach(object, check_instance_variable, (st_data_t)p);
        break;
    case T_ARRAY:
        for (long i = 0; p->plain && i < RARRAY_LEN(object); i++)
            inspects_plainly(RARRAY_AREF(object, i), p);
        break;
    default:
        p->plain = false;
    }
    return p->plain;
}

/* The message of a NameError is made when it is asked for, by inspecting the receiver. Where that could run code of the
 * program a plainer text is made here. */
static VALUE message_of_name_error(VALUE exception, VALUE message)
{
    int failed = 0;
    VALUE error = rb_errinfo();
    VALUE receiver = rb_protect(receiver_of, exception, &failed);
    VALUE name = rb_attr_get(exception, id_name);
    if (failed) { /* it has none */
        rb_set_errinfo(error);
        receiver = Qnil;
    }
    struct plainness plainness = {100, true};
    if (inspects_plainly(receiver, &plainness)) {
        int state = 0;
        VALUE text = rb_protect(text_of_message, message, &state);
        if (!state && RB_TYPE_P(text, T_STRING))
            return text;
        rb_set_errinfo(error);
    }
    if (!RB_SYMBOL_P(name))
        return Qnil;
    char buffer[CTRB_NAME_SIZE], out[2 * CTRB_NAME_SIZE + 64];
    ctrace_str class_name = ctrb_class_name(rb_obj_class(receiver), buffer);
    ctrace_str missing = ctrb_str(rb_sym2str(name));
    int size = snprintf(out, sizeof out, "%.*s for an instance of %.*s",
                        (int)(missing.size < CTRB_NAME_SIZE ? missing.size : CTRB_NAME_SIZE), missing.data,
                        (int)class_name.size, class_name.data);
    return rb_utf8_str_new(out, size);
}

VALUE ctrb_message_of(VALUE exception)
{
    VALUE message = rb_attr_get(exception, id_mesg);
    if (RB_TYPE_P(message, T_STRING))
        return message;
    if (NIL_P(message)) { /* Ruby itself then says the name of the class */
        char name[CTRB_NAME_SIZE];
        ctrace_str text = ctrb_class_name(rb_obj_class(exception), name);
        return rb_utf8_str_new(text.data, (long)text.size);
    }
    if (!RB_SPECIAL_CONST_P(message) && RB_BUILTIN_TYPE(message) == T_DATA
        && RTEST(rb_obj_is_kind_of(exception, rb_eNameError)))
        return message_of_name_error(exception, message);
    return Qnil;
}

size_t ctrb_cut(ctrace_str text, size_t most, char *out)
{
    size_t n = text.size <= most ? text.size : most;
    while (n < text.size && n > 0 && most - n < 4 && ((unsigned char)text.data[n] & 0xC0) == 0x80)
        n--;
    memcpy(out, text.data, n);
    return n == text.size ? n : n + (size_t)snprintf(out + n, CTRB_CUT_MARK, "…(+%zu)", text.size - n);
}

ctrace_str ctrb_exception_text(VALUE exception, size_t most, char out[CTRB_MESSAGE_SIZE])
{
    char name[CTRB_NAME_SIZE];
    ctrace_str class_name = ctrb_class_name(rb_obj_class(exception), name);
    VALUE message = ctrb_message_of(exception);
    size_t n = class_name.size;
    memcpy(out, class_name.data, n);
    if (!NIL_P(message)) {
        VALUE converted = ctrb_utf8(message);
        memcpy(out + n, ": ", 2);
        n += 2;
        n += ctrb_cut(ctrb_str(converted), most, out + n);
        RB_GC_GUARD(converted);
    }
    return (ctrace_str){out, n};
}

ctrace_str ctrb_exception_without_text(VALUE exception, char out[CTRB_MESSAGE_SIZE])
{
    char name[CTRB_NAME_SIZE];
    ctrace_str class_name = ctrb_class_name(rb_obj_class(exception), name);
    int size = snprintf(out, CTRB_MESSAGE_SIZE, "%.*s: <redacted>", (int)class_name.size, class_name.data);
    return (ctrace_str){out, (size_t)size};
}

void ctrb_init_messages(void)
{
    id_mesg = rb_intern("mesg");
    id_name = rb_intern("name");
    name_error_receiver = ctrb_capture(rb_eNameError, "receiver");
    rb_gc_register_mark_object(name_error_receiver);
}
