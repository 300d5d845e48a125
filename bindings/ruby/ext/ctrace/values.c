#include "values.h"

#include <stdlib.h>
#include <string.h>

static ID id_hash;

static void put_object(struct ctrb_values *v, VALUE object);

/* ---- What a filter hides ---- */

/* Of a name in a policy; kept by its hash. */
#define KEPT_ATTRIBUTES 512
struct ctrb_attribute {
    const ctrace_filter_policy *policy;
    st_index_t hash;
    struct ctrb_judgement said;
};

static struct ctrb_judgement judge_attribute(struct ctrb_values *v, ctrace_str name)
{
    if (name.size && name.data[0] == '@')
        name = (ctrace_str){name.data + 1, name.size - 1};
    if (!v->attributes)
        v->attributes = calloc(KEPT_ATTRIBUTES, sizeof *v->attributes);
    if (!v->attributes)
        return ctrb_judge_attribute(v->policy, name);
    st_index_t hash = rb_memhash(name.data, (long)name.size);
    struct ctrb_attribute *place = &v->attributes[(hash ^ (uintptr_t)v->policy >> 4) % KEPT_ATTRIBUTES];
    if (place->policy != v->policy || place->hash != hash)
        *place = (struct ctrb_attribute){v->policy, hash, ctrb_judge_attribute(v->policy, name)};
    return place->said;
}

/* What an object or a Hash has under a name. What cannot be left out is redacted. */
static void put_named(struct ctrb_values *v, ctrace_str name, VALUE object)
{
    struct ctrb_judgement said = {.action = CTRACE_FILTER_ALLOW};
    if (v->policy && name.size)
        said = judge_attribute(v, name);
    if (said.action == CTRACE_FILTER_ALLOW)
        put_object(v, object);
    else
        ctrb_target_redacted(&v->target, said.reason);
}

/* ---- Texts ---- */

static void put_text(struct ctrb_values *v, ctrace_id type, VALUE string)
{
    VALUE converted = ctrb_utf8(string);
    ctrb_target_string(&v->target, type, ctrb_str(converted));
    RB_GC_GUARD(converted);
}

/* Stands for what this cannot show. */
static void put_unknown(struct ctrb_values *v)
{
    ctrb_target_mark(&v->target, CTRACE_STR("…"));
}

/* Something without content to show: its class. */
static void put_opaque(struct ctrb_values *v, VALUE object)
{
    char shown[CTRB_NAME_SIZE + 3];
    VALUE klass = rb_obj_class(object);
    const struct ctrb_class *class = ctrb_class_of(&v->types, klass);
    if (class && class->text.size) {
        ctrb_target_raw(&v->target, class->opaque, class->text);
        return;
    }
    ctrace_str name = ctrb_class_name(klass, shown + 2);
    memmove(shown + 2, name.data, name.size);
    memcpy(shown, "#<", 2);
    shown[2 + name.size] = '>';
    ctrb_target_raw(&v->target, ctrb_class_type(&v->types, klass, CTRACE_TYPE_RAW),
                        (ctrace_str){shown, name.size + 3});
}

static void put_proc(struct ctrb_values *v, VALUE klass, bool lambda)
{
    ctrace_str text = lambda ? CTRACE_STR("#<Proc (lambda)>") : CTRACE_STR("#<Proc>");
    ctrb_target_raw(&v->target, ctrb_class_type(&v->types, klass, CTRACE_TYPE_RAW), text);
}

/* A class or a module: its name. */
static void put_module(struct ctrb_values *v, VALUE module)
{
    char name[CTRB_NAME_SIZE];
    ctrace_id type = ctrb_class_type(&v->types, rb_obj_class(module), CTRACE_TYPE_RAW);
    ctrb_target_raw(&v->target, type, ctrb_class_name(module, name));
}

static void put_regexp(struct ctrb_values *v, VALUE regexp)
{
    VALUE source = RREGEXP_PTR(regexp) ? RREGEXP_SRC(regexp) : Qnil;
    if (!RB_TYPE_P(source, T_STRING)) {
        put_opaque(v, regexp);
        return;
    }
    VALUE converted = ctrb_utf8(source);
    ctrb_target_raw(&v->target, ctrb_class_type(&v->types, rb_cRegexp, CTRACE_TYPE_RAW), ctrb_str(converted));
    RB_GC_GUARD(converted);
}

static void put_bignum(struct ctrb_values *v, VALUE number)
{
    uint8_t few[64];
    size_t size = rb_absint_size(number, NULL);
    uint8_t *bytes = size <= sizeof few ? few : size <= 1 << 16 ? malloc(size) : NULL;
    if (!bytes) {
        put_opaque(v, number);
        return;
    }
    rb_integer_pack(number, bytes, size, 1, 0, INTEGER_PACK_BIG_ENDIAN);
    ctrb_target_big_int(&v->target, ctrb_plain_type(&v->types, CTRB_TYPE_INTEGER), bytes, size,
                            RBIGNUM_NEGATIVE_P(number));
    if (bytes != few)
        free(bytes);
}

/* ---- Containers ---- */

static void put_array(struct ctrb_values *v, VALUE array)
{
    size_t shown;
    ctrace_id type = ctrb_type_of(&v->types, CTRB_TYPE_ARRAY, array, rb_cArray);
    if (!ctrb_target_open(&v->target, CTRACE_VALUE_SEQUENCE, type, (size_t)RARRAY_LEN(array), (const void *)array, &shown))
        return;
    for (size_t i = 0; i < shown; i++)
        put_object(v, i < (size_t)RARRAY_LEN(array) ? RARRAY_AREF(array, (long)i) : Qnil);
    ctrb_target_close(&v->target);
}

struct hash_walk {
    struct ctrb_values *v;
    size_t left;
};

static ctrace_str text_of_key(VALUE key)
{
    if (RB_SYMBOL_P(key))
        key = rb_sym2str(key);
    return RB_TYPE_P(key, T_STRING) ? ctrb_str(key) : CTRACE_STR("");
}

static int put_pair(VALUE key, VALUE value, VALUE argument)
{
    struct hash_walk *walk = (struct hash_walk *)argument;
    struct ctrb_values *v = walk->v;
    if (walk->left == 0)
        return ST_STOP;
    walk->left--;
    if (ctrb_target_open_part(&v->target, ctrb_plain_type(&v->types, CTRB_TYPE_PAIR), 2)) {
        put_object(v, key);
        put_named(v, text_of_key(key), value);
        ctrb_target_close(&v->target);
    }
    return ST_CONTINUE;
}

static int put_key(VALUE key, VALUE value, VALUE argument)
{
    struct hash_walk *walk = (struct hash_walk *)argument;
    (void)value;
    if (walk->left == 0)
        return ST_STOP;
    walk->left--;
    put_object(walk->v, key);
    return ST_CONTINUE;
}

/* A Hash, or a Set that has `hash` inside. */
static void put_hash(struct ctrb_values *v, VALUE object, VALUE hash, ctrace_id type,
                     int (*put)(VALUE key, VALUE value, VALUE walk))
{
    struct hash_walk walk = {.v = v};
    if (!ctrb_target_open(&v->target, CTRACE_VALUE_SEQUENCE, type, RHASH_SIZE(hash), (const void *)object, &walk.left))
        return;
    rb_hash_foreach(hash, put, (VALUE)&walk);
    ctrb_target_close(&v->target);
}

/* The Hash inside a Set, as long as Sets are written in Ruby; else Qnil. */
static VALUE hash_of_set(struct ctrb_values *v, VALUE object)
{
    const struct ctrb_class *class = ctrb_class_of(&v->types, rb_obj_class(object));
    VALUE hash = class && class->is_set ? rb_attr_get(object, id_hash) : Qnil;
    return RB_TYPE_P(hash, T_HASH) ? hash : Qnil;
}

/* ---- Objects of Ruby's own classes whose content is behind functions that may raise ---- */

struct extraction {
    VALUE object;
    struct ctrb_fields *fields;
};

static VALUE extract(VALUE argument)
{
    struct extraction *e = (struct extraction *)argument;
    VALUE object = e->object;
    switch (RB_BUILTIN_TYPE(object)) {
    case T_STRUCT:
        if (RTEST(rb_obj_is_kind_of(object, rb_cRange))) {
            VALUE first, last;
            int exclusive;
            if (rb_range_values(object, &first, &last, &exclusive)) {
                ctrb_fields_add(e->fields, rb_intern("begin"), first);
                ctrb_fields_add(e->fields, rb_intern("end"), last);
                ctrb_fields_add(e->fields, rb_intern("exclude_end"), exclusive ? Qtrue : Qfalse);
            }
        } else {
            VALUE members = rb_struct_members(object);
            for (long i = 0; i < RARRAY_LEN(members); i++)
                ctrb_fields_add(e->fields, rb_sym2id(RARRAY_AREF(members, i)), RSTRUCT_GET(object, i));
        }
        break;
    case T_RATIONAL:
        ctrb_fields_add(e->fields, rb_intern("numerator"), rb_rational_num(object));
        ctrb_fields_add(e->fields, rb_intern("denominator"), rb_rational_den(object));
        break;
    case T_COMPLEX:
        ctrb_fields_add(e->fields, rb_intern("real"), rb_complex_real(object));
        ctrb_fields_add(e->fields, rb_intern("imaginary"), rb_complex_imag(object));
        break;
    case T_DATA:
        if (RTEST(rb_obj_is_kind_of(object, rb_cTime))) {
            struct timespec time = rb_time_timespec(object);
            ctrb_fields_add(e->fields, rb_intern("sec"), LL2NUM(time.tv_sec));
            ctrb_fields_add(e->fields, rb_intern("nsec"), LONG2NUM(time.tv_nsec));
        }
        break;
    default:
        break;
    }
    return Qnil;
}

static void extract_protected(VALUE object, struct ctrb_fields *fields)
{
    struct extraction e = {object, fields};
    VALUE error = rb_errinfo();
    int state = 0;
    rb_protect(extract, (VALUE)&e, &state);
    if (state)
        rb_set_errinfo(error);
}

/* ---- Structs ---- */

static int add_instance_variable(ID name, VALUE value, st_data_t fields)
{
    ctrace_str text = ctrb_id_name(name);
    if (text.size && text.data[0] == '@' && value != Qundef) /* the others are Ruby's own */
        ctrb_fields_add((struct ctrb_fields *)fields, name, value);
    return ST_CONTINUE;
}

static void put_fields(struct ctrb_values *v, VALUE object, struct ctrb_fields *f)
{
    size_t shown, more = f->total > f->count;
    f->count -= more; /* the last place is the mark's */
    ctrace_id type = ctrb_struct_type(&v->types, rb_obj_class(object), f);
    if (!ctrb_target_open(&v->target, CTRACE_VALUE_STRUCT, type, f->count + more, (const void *)object, &shown))
        return;
    for (size_t i = 0; i < f->count; i++)
        put_named(v, ctrb_id_name(f->names[i]), f->values[i]);
    if (more) {
        char text[48];
        int size = snprintf(text, sizeof text, "… %zu more", f->total - f->count);
        ctrb_target_mark(&v->target, (ctrace_str){text, (size_t)size});
    }
    ctrb_target_close(&v->target);
}

static void put_compound(struct ctrb_values *v, VALUE object)
{
    struct ctrb_fields fields;
    fields.count = fields.total = 0;
    const struct ctrb_class *class = ctrb_class_of(&v->types, rb_obj_class(object));
    if (class && class->is_exception)
        ctrb_fields_add(&fields, rb_intern("message"), ctrb_message_of(object));
    else if (RB_BUILTIN_TYPE(object) != T_OBJECT)
        extract_protected(object, &fields);
    rb_ivar_foreach(object, add_instance_variable, (st_data_t)&fields);
    if (fields.total == 0 && RB_BUILTIN_TYPE(object) != T_STRUCT)
        put_opaque(v, object);
    else
        put_fields(v, object, &fields);
}

/* ---- Any ---- */

static void put_any(struct ctrb_values *v, VALUE object)
{
    VALUE hash;
    switch (RB_BUILTIN_TYPE(object)) {
    case T_STRING:
        put_text(v, ctrb_type_of(&v->types, CTRB_TYPE_STRING, object, rb_cString), object);
        break;
    case T_ARRAY:
        put_array(v, object);
        break;
    case T_HASH:
        put_hash(v, object, object, ctrb_type_of(&v->types, CTRB_TYPE_HASH, object, rb_cHash), put_pair);
        break;
    case T_OBJECT:
        hash = hash_of_set(v, object);
        if (NIL_P(hash))
            put_compound(v, object);
        else
            put_hash(v, object, hash, ctrb_class_type(&v->types, rb_obj_class(object), CTRACE_TYPE_HASH_SET), put_key);
        break;
    case T_STRUCT:
    case T_RATIONAL:
    case T_COMPLEX:
        put_compound(v, object);
        break;
    case T_DATA:
        if (rb_obj_is_proc(object))
            put_proc(v, rb_obj_class(object), RTEST(rb_proc_lambda_p(object)));
        else
            put_compound(v, object);
        break;
    case T_BIGNUM:
        put_bignum(v, object);
        break;
    case T_REGEXP:
        put_regexp(v, object);
        break;
    case T_CLASS:
    case T_MODULE:
        put_module(v, object);
        break;
    case T_FILE:
    case T_MATCH:
        put_opaque(v, object);
        break;
    default:
        put_unknown(v);
    }
}

static void put_object(struct ctrb_values *v, VALUE object)
{
    if (RB_FIXNUM_P(object))
        ctrb_target_int(&v->target, ctrb_plain_type(&v->types, CTRB_TYPE_INTEGER), FIX2LONG(object));
    else if (object == Qnil || object == Qundef)
        ctrb_target_none(&v->target, ctrb_plain_type(&v->types, CTRB_TYPE_NIL));
    else if (object == Qtrue || object == Qfalse)
        ctrb_target_bool(&v->target, ctrb_plain_type(&v->types, CTRB_TYPE_BOOL), object == Qtrue);
    else if (RB_SYMBOL_P(object))
        put_text(v, ctrb_plain_type(&v->types, CTRB_TYPE_SYMBOL), rb_sym2str(object));
    else if (RB_FLOAT_TYPE_P(object))
        ctrb_target_float(&v->target, ctrb_plain_type(&v->types, CTRB_TYPE_FLOAT), RFLOAT_VALUE(object));
    else if (RB_SPECIAL_CONST_P(object))
        put_unknown(v);
    else
        put_any(v, object);
}

void ctrb_put(struct ctrb_values *v, VALUE object)
{
    v->target.open_count = v->target.depth = 0;
    put_object(v, object);
}

void ctrb_put_in(struct ctrb_values *v, ctrace_lane *lane, VALUE object)
{
    v->target.lane = lane;
    put_object(v, object);
}

void ctrb_put_block_in(struct ctrb_values *v, ctrace_lane *lane, bool lambda)
{
    v->target.lane = lane;
    put_proc(v, rb_cProc, lambda);
}

void ctrb_values_init_writer(struct ctrb_values *v, ctrace_writer *w)
{
    memset(v, 0, sizeof *v);
    ctrb_target_init_writer(&v->target, w);
    ctrb_types_init(&v->types, &v->target);
}

void ctrb_values_init_recorder(struct ctrb_values *v, ctrace_recorder *r)
{
    memset(v, 0, sizeof *v);
    v->target.r = r;
    ctrb_types_init(&v->types, &v->target);
}

void ctrb_values_free(struct ctrb_values *v)
{
    ctrb_types_free(&v->types);
    free(v->attributes);
    v->attributes = NULL;
}

void ctrb_values_mark(const struct ctrb_values *v)
{
    ctrb_types_mark(&v->types);
}

size_t ctrb_values_size(const struct ctrb_values *v)
{
    return v->types.shape_capacity * sizeof *v->types.shapes;
}

void ctrb_init_values(void)
{
    id_hash = rb_intern("@hash");
}
