/* Filters: Ctrace::C::Filter, made of what the parser of TOML made of their files. */
#include "names.h"

#include <string.h>

static VALUE filter_class;
static VALUE regexp_matches; /* the method as it was when this was loaded; it leaves $~ alone */

struct filter_handle {
    ctrace_filter *filter;
    VALUE expressions; /* Regexps that the filter has the addresses of */
};

static void filter_mark(void *data)
{
    rb_gc_mark(((struct filter_handle *)data)->expressions);
}

static void filter_free(void *data)
{
    struct filter_handle *handle = data;
    ctrace_filter_free(&handle->filter);
    xfree(handle);
}

static const rb_data_type_t filter_type = {
    .wrap_struct_name = "Ctrace::C::Filter",
    .function = {.dmark = filter_mark, .dfree = filter_free},
};

ctrace_filter *ctrb_filter_get(VALUE filter)
{
    struct filter_handle *handle;
    TypedData_Get_Struct(filter, struct filter_handle, &filter_type, handle);
    return handle->filter;
}

/* ---- Regular expressions that the library does not know are Ruby's. ---- */

static VALUE protected(VALUE (*work)(VALUE), VALUE argument)
{
    VALUE error = rb_errinfo();
    int state = 0;
    VALUE result = rb_protect(work, argument, &state);
    if (!state)
        return result;
    result = rb_errinfo();
    rb_set_errinfo(error);
    return RTEST(rb_obj_is_kind_of(result, rb_eException)) ? result : Qnil;
}

static VALUE new_expression(VALUE text)
{
    return rb_reg_new_str(text, 0);
}

static void *compile(void *cookie, ctrace_str expression, char *why, size_t room)
{
    struct filter_handle *handle = cookie;
    VALUE result = protected(new_expression, ctrb_text(expression));
    if (RB_TYPE_P(result, T_REGEXP)) {
        rb_ary_push(handle->expressions, result);
        return (void *)result;
    }
    VALUE message = NIL_P(result) ? Qnil : ctrb_message_of(result);
    ctrace_str text = NIL_P(message) ? CTRACE_STR("unknown") : ctrb_str(message);
    snprintf(why, room, "%.*s", (int)text.size, text.data);
    return NULL;
}

static VALUE matches(VALUE argument)
{
    return rb_method_call(2, (VALUE *)argument, regexp_matches);
}

static bool search(void *cookie, void *compiled, ctrace_str text)
{
    (void)cookie;
    VALUE args[2] = {(VALUE)compiled, ctrb_text(text)};
    return protected(matches, (VALUE)args) == Qtrue;
}

static void release(void *cookie, void *compiled)
{
    (void)cookie;
    (void)compiled; /* it goes with the filter */
}

/* ---- Sources ---- */

static void put(ctrace_filter *f, ctrace_str key, VALUE value);

static int put_member(VALUE key, VALUE value, VALUE filter)
{
    if (RB_SYMBOL_P(key))
        key = rb_sym2str(key);
    put((ctrace_filter *)filter, RB_TYPE_P(key, T_STRING) ? ctrb_str(key) : CTRACE_STR("?"), value);
    return ST_CONTINUE;
}

static void put(ctrace_filter *f, ctrace_str key, VALUE value)
{
    if (RB_TYPE_P(value, T_HASH)) {
        ctrace_filter_open_table(f, key);
        rb_hash_foreach(value, put_member, (VALUE)f);
        ctrace_filter_close(f);
    } else if (RB_TYPE_P(value, T_ARRAY)) {
        ctrace_filter_open_list(f, key);
        for (long i = 0; i < RARRAY_LEN(value); i++)
            put(f, CTRACE_STR(""), RARRAY_AREF(value, i));
        ctrace_filter_close(f);
    } else if (RB_TYPE_P(value, T_STRING)) {
        ctrace_filter_put_text(f, key, ctrb_str(value));
    } else if (RB_FIXNUM_P(value)) {
        ctrace_filter_put_int(f, key, FIX2LONG(value));
    } else if (RB_TYPE_P(value, T_BIGNUM)) {
        ctrace_filter_put_int(f, key, RBIGNUM_NEGATIVE_P(value) ? INT64_MIN : INT64_MAX);
    } else if (value == Qtrue || value == Qfalse) {
        ctrace_filter_put_bool(f, key, value == Qtrue);
    } else {
        ctrace_filter_put_other(f, key);
    }
}

/* `source`: [path, SHA-256, table]. */
static void add_source(ctrace_filter *f, VALUE source)
{
    Check_Type(source, T_ARRAY);
    VALUE path = rb_ary_entry(source, 0), sha256 = rb_ary_entry(source, 1), table = rb_ary_entry(source, 2);
    Check_Type(table, T_HASH);
    ctrace_error error = {.position.event = CTRACE_ID_NONE};
    ctrace_filter_begin_source(f, ctrb_str(StringValue(path)), ctrb_str(StringValue(sha256)));
    rb_hash_foreach(table, put_member, (VALUE)f);
    ctrb_check(ctrace_filter_end_source(f, &error), &error);
}

/* Ctrace::C::Filter.make(sources, secrets, replace); `secrets`: with the builtin source in front. */
static VALUE filter_make(VALUE class, VALUE sources, VALUE secrets, VALUE replace)
{
    struct filter_handle *handle;
    VALUE self = TypedData_Make_Struct(class, struct filter_handle, &filter_type, handle);
    handle->expressions = Qnil;
    handle->expressions = rb_ary_new();
    Check_Type(sources, T_ARRAY);
    ctrace_filter_matcher matcher = {handle, compile, search, release};
    ctrace_filter_options options = {
        CTRACE_FILTER_OPTIONS_INIT, .matcher = &matcher, .replace_patterns = RTEST(replace)};
    ctrace_error error = {.position.event = CTRACE_ID_NONE};
    ctrb_check(ctrace_filter_new(&handle->filter, &options, &error), &error);
    if (RTEST(secrets))
        ctrb_check(ctrace_filter_add_secrets(handle->filter, &error), &error);
    for (long i = 0; i < RARRAY_LEN(sources); i++)
        add_source(handle->filter, RARRAY_AREF(sources, i));
    return self;
}

/* Each source's [path, SHA-256 or nil, name, version]. */
static VALUE filter_sources(VALUE self)
{
    const ctrace_filter *f = ctrb_filter_get(self);
    VALUE list = rb_ary_new();
    for (size_t i = 0; i < ctrace_filter_source_count(f); i++) {
        ctrace_filter_source source = ctrace_filter_source_at(f, i);
        VALUE sha256 = source.sha256.size ? ctrb_text(source.sha256) : Qnil;
        rb_ary_push(list, rb_ary_new_from_args(4, ctrb_text(source.path), sha256, ctrb_text(source.name),
                                               LL2NUM(source.version)));
    }
    return list;
}

static VALUE described(const ctrace_filter_cause *cause)
{
    char line[512];
    size_t size = ctrace_filter_describe(cause, line, sizeof line);
    return ctrb_text((ctrace_str){line, size < sizeof line ? size : sizeof line - 1});
}

static ctrace_str text_argument(VALUE string)
{
    return ctrb_str(StringValue(string));
}

/* ask(package, file, function): [recorded, why]. With the number of a kind and a name: [action, why] of that value. */
static VALUE filter_ask(int argc, VALUE *argv, VALUE self)
{
    rb_check_arity(argc, 3, 5);
    ctrace_filter_verdict verdict;
    ctrb_check_status(ctrace_filter_scope(ctrb_filter_get(self), text_argument(argv[0]), text_argument(argv[1]),
                                          text_argument(argv[2]), &verdict));
    if (argc < 5)
        return rb_ary_new_from_args(2, verdict.traced ? Qtrue : Qfalse, described(&verdict.cause));
    ctrace_filter_cause cause;
    int kind = NUM2INT(argv[3]);
    if (kind < CTRACE_FILTER_LOCAL || kind > CTRACE_FILTER_ATTRIBUTE)
        rb_raise(rb_eArgError, "there is no kind %d of values", kind);
    ctrace_filter_action action =
        ctrace_filter_value(verdict.policy, (ctrace_filter_kind)kind, text_argument(argv[4]), &cause);
    return rb_ary_new_from_args(2, INT2FIX(action), described(&cause));
}

void ctrb_init_filter(void)
{
    VALUE module = rb_define_module_under(ctrb_module, "C");
    filter_class = rb_define_class_under(module, "Filter", rb_cObject);
    rb_gc_register_mark_object(filter_class);
    rb_undef_alloc_func(filter_class);
    regexp_matches = ctrb_capture(rb_cRegexp, "match?");
    rb_gc_register_mark_object(regexp_matches);
    rb_define_singleton_method(filter_class, "make", filter_make, 3);
    rb_define_method(filter_class, "sources", filter_sources, 0);
    rb_define_method(filter_class, "ask", filter_ask, -1);
}
