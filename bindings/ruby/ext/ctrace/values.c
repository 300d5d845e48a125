#include "values.h"

#include <stdlib.h>
#include <string.h>

static ID id_mesg, id_name, id_hash;
static VALUE name_error_receiver; /* the method as it was when this was loaded, whatever the program makes of it */

static const struct {
    ctrace_type_kind kind;
    const char *name;
} plain_types[CTRB_TYPE_COUNT] = {
    [CTRB_TYPE_NIL] = {CTRACE_TYPE_NONE, "NilClass"},   [CTRB_TYPE_BOOL] = {CTRACE_TYPE_BOOL, "Bool"},
    [CTRB_TYPE_INTEGER] = {CTRACE_TYPE_INT, "Integer"}, [CTRB_TYPE_FLOAT] = {CTRACE_TYPE_FLOAT, "Float"},
    [CTRB_TYPE_STRING] = {CTRACE_TYPE_STRING, "String"}, [CTRB_TYPE_SYMBOL] = {CTRACE_TYPE_STRING, "Symbol"},
    [CTRB_TYPE_ARRAY] = {CTRACE_TYPE_SEQ, "Array"},     [CTRB_TYPE_HASH] = {CTRACE_TYPE_TABLE_KIND, "Hash"},
    [CTRB_TYPE_SET] = {CTRACE_TYPE_HASH_SET, "Set"},    [CTRB_TYPE_PAIR] = {CTRACE_TYPE_TUPLE, "Pair"},     [CTRB_TYPE_ANY] = {CTRACE_TYPE_ANY, "Object"},
    [CTRB_TYPE_MARK] = {CTRACE_TYPE_RAW, "…"},
};

static ctrace_str text_of(const char *text)
{
    return (ctrace_str){text, strlen(text)};
}

static ctrace_id plain_type(struct ctrb_values *v, enum ctrb_type type)
{
    if (v->types[type] == CTRACE_ID_NONE)
        v->types[type] = ctrace_type(v->w, plain_types[type].kind, text_of(plain_types[type].name));
    return v->types[type];
}

/* The type of an object whose class is `plain` or one made of it. */
static ctrace_id type_of(struct ctrb_values *v, enum ctrb_type type, VALUE object, VALUE plain)
{
    VALUE klass = rb_obj_class(object);
    if (klass == plain)
        return plain_type(v, type);
    char name[CTRB_NAME_SIZE];
    return ctrace_type(v->w, plain_types[type].kind, ctrb_class_name(klass, name));
}

void ctrb_values_init(struct ctrb_values *v, ctrace_writer *w)
{
    memset(v, 0, sizeof *v);
    v->w = w;
    for (size_t i = 0; i < CTRB_TYPE_COUNT; i++)
        v->types[i] = CTRACE_ID_NONE;
}

static void forget_shapes(struct ctrb_values *v)
{
    for (size_t i = 0; i < v->shape_capacity; i++)
        if (v->shapes[i].klass)
            free(v->shapes[i].names);
    free(v->shapes);
    v->shapes = NULL;
    v->shape_count = v->shape_capacity = 0;
}

void ctrb_values_free(struct ctrb_values *v)
{
    forget_shapes(v);
}

void ctrb_values_mark(const struct ctrb_values *v)
{
    for (size_t i = 0; i < v->shape_capacity; i++)
        if (v->shapes[i].klass)
            rb_gc_mark(v->shapes[i].klass);
}

size_t ctrb_values_size(const struct ctrb_values *v)
{
    return v->shape_capacity * sizeof *v->shapes;
}

/* ---- Names ---- */

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

static ctrace_str name_of_id(ID id)
{
    VALUE name = rb_id2str(id);
    return RB_TYPE_P(name, T_STRING) ? ctrb_str(name) : text_of("");
}

/* ---- Texts ---- */

/* The bytes in UTF-8 if they can be converted; what is invalid is mended by the writer. */
static VALUE in_utf8(VALUE string)
{
    int index = rb_enc_get_index(string);
    if (index == rb_utf8_encindex() || index == rb_usascii_encindex() || index == rb_ascii8bit_encindex())
        return string;
    return rb_str_conv_enc(string, rb_enc_from_index(index), rb_utf8_encoding());
}

#define CUT_SIZE (CTRB_MAX_TEXT + 40)

/* At most CTRB_MAX_TEXT bytes, cut between two characters, with a mark that tells how many are missing. */
static ctrace_str cut(ctrace_str text, char out[CUT_SIZE])
{
    if (text.size <= CTRB_MAX_TEXT)
        return text;
    size_t n = CTRB_MAX_TEXT;
    while (n > CTRB_MAX_TEXT - 4 && ((unsigned char)text.data[n] & 0xC0) == 0x80)
        n--;
    memcpy(out, text.data, n);
    int mark = snprintf(out + n, CUT_SIZE - n, "…(+%zu)", text.size - n);
    return (ctrace_str){out, n + (size_t)mark};
}

static void put_text(struct ctrb_values *v, ctrace_id type, VALUE string)
{
    char buffer[CUT_SIZE];
    VALUE converted = in_utf8(string);
    ctrace_put_string(v->w, type, cut(ctrb_str(converted), buffer));
    RB_GC_GUARD(converted);
}

static void put_mark(struct ctrb_values *v, const char *text)
{
    ctrace_put_raw(v->w, plain_type(v, CTRB_TYPE_MARK), text_of(text));
}

static void put_more(struct ctrb_values *v, size_t missing)
{
    char text[48];
    snprintf(text, sizeof text, "… %zu more", missing);
    put_mark(v, text);
}

/* Something without content to show: its class. */
static void put_opaque(struct ctrb_values *v, VALUE object)
{
    char name[CTRB_NAME_SIZE], shown[CTRB_NAME_SIZE + 8];
    ctrace_str class_name = ctrb_class_name(rb_obj_class(object), name);
    int size = snprintf(shown, sizeof shown, "#<%.*s>", (int)class_name.size, class_name.data);
    ctrace_put_raw(v->w, ctrace_type(v->w, CTRACE_TYPE_RAW, class_name), (ctrace_str){shown, (size_t)size});
}

static void put_proc(struct ctrb_values *v, ctrace_str class_name, bool lambda)
{
    ctrace_str text = lambda ? CTRACE_STR("#<Proc (lambda)>") : CTRACE_STR("#<Proc>");
    ctrace_put_raw(v->w, ctrace_type(v->w, CTRACE_TYPE_RAW, class_name), text);
}

/* A class or a module: its name. */
static void put_module(struct ctrb_values *v, VALUE module)
{
    char kind[CTRB_NAME_SIZE], name[CTRB_NAME_SIZE];
    ctrace_id type = ctrace_type(v->w, CTRACE_TYPE_RAW, ctrb_class_name(rb_obj_class(module), kind));
    ctrace_put_raw(v->w, type, ctrb_class_name(module, name));
}

/* ---- Structs ---- */

/* The fields of an object: at most CTRB_MAX_ITEMS, and how many there are. */
struct fields {
    size_t count;
    size_t total;
    ID names[CTRB_MAX_ITEMS];
    VALUE values[CTRB_MAX_ITEMS];
};

static void add_field(struct fields *f, ID name, VALUE value)
{
    f->total++;
    if (f->count < CTRB_MAX_ITEMS) {
        f->names[f->count] = name;
        f->values[f->count++] = value;
    }
}

static int add_instance_variable(ID name, VALUE value, st_data_t fields)
{
    ctrace_str text = name_of_id(name);
    if (text.size && text.data[0] == '@' && value != Qundef) /* the others are Ruby's own */
        add_field((struct fields *)fields, name, value);
    return ST_CONTINUE;
}

static size_t shape_hash(VALUE klass, const struct fields *f)
{
    size_t hash = klass >> 3;
    for (size_t i = 0; i < f->count; i++)
        hash = (hash ^ f->names[i]) * (size_t)0x9E3779B97F4A7C15u;
    return hash ^ hash >> 29;
}

static bool shape_fits(const struct ctrb_shape *shape, VALUE klass, const struct fields *f)
{
    return shape->klass == klass && shape->count == f->count
           && memcmp(shape->names, f->names, f->count * sizeof(ID)) == 0;
}

static struct ctrb_shape *shape_slot(struct ctrb_shape *shapes, size_t capacity, VALUE klass, const struct fields *f)
{
    size_t i = shape_hash(klass, f) & (capacity - 1);
    while (shapes[i].klass && !shape_fits(&shapes[i], klass, f))
        i = (i + 1) & (capacity - 1);
    return &shapes[i];
}

static bool grow_shapes(struct ctrb_values *v)
{
    if (v->shape_count >= 1 << 15)
        forget_shapes(v); /* a program that makes classes without end must not be kept whole */
    size_t capacity = v->shape_capacity ? v->shape_capacity * 2 : 64;
    struct ctrb_shape *shapes = calloc(capacity, sizeof *shapes);
    if (!shapes)
        return false;
    for (size_t i = 0; i < v->shape_capacity; i++) {
        if (!v->shapes[i].klass)
            continue;
        struct fields f;
        f.count = v->shapes[i].count;
        memcpy(f.names, v->shapes[i].names, f.count * sizeof(ID));
        *shape_slot(shapes, capacity, v->shapes[i].klass, &f) = v->shapes[i];
    }
    free(v->shapes);
    v->shapes = shapes;
    v->shape_capacity = capacity;
    return true;
}

static ctrace_id declare_struct(struct ctrb_values *v, VALUE klass, const struct fields *f)
{
    char name[CTRB_NAME_SIZE];
    ctrace_field declared[CTRB_MAX_ITEMS + 1];
    ctrace_id any = plain_type(v, CTRB_TYPE_ANY);
    for (size_t i = 0; i < f->count; i++)
        declared[i] = (ctrace_field){name_of_id(f->names[i]), any};
    size_t count = f->count;
    if (f->total > f->count)
        declared[count++] = (ctrace_field){CTRACE_STR("…"), any};
    return ctrace_struct_type(v->w, ctrb_class_name(klass, name), declared, count);
}

static ctrace_id struct_type(struct ctrb_values *v, VALUE klass, const struct fields *f)
{
    if (f->total > f->count || (v->shape_count * 2 >= v->shape_capacity && !grow_shapes(v)))
        return declare_struct(v, klass, f);
    struct ctrb_shape *slot = shape_slot(v->shapes, v->shape_capacity, klass, f);
    if (slot->klass)
        return slot->type;
    ctrace_id type = declare_struct(v, klass, f);
    ID *names = malloc(f->count * sizeof(ID) + 1);
    if (names) {
        memcpy(names, f->names, f->count * sizeof(ID));
        *slot = (struct ctrb_shape){klass, f->count, names, type};
        v->shape_count++;
    }
    return type;
}

static void put_object(struct ctrb_values *v, VALUE object, size_t depth);

static void put_fields(struct ctrb_values *v, VALUE object, const struct fields *f, size_t depth)
{
    size_t more = f->total > f->count;
    if (f->count > v->left) {
        put_mark(v, "…");
        return;
    }
    v->left -= f->count;
    ctrace_put_struct(v->w, struct_type(v, rb_obj_class(object), f), f->count + more);
    for (size_t i = 0; i < f->count; i++)
        put_object(v, f->values[i], depth + 1);
    if (more)
        put_more(v, f->total - f->count);
    ctrace_put_end(v->w);
}

/* ---- Containers ---- */

/* How many of `total` items are shown. */
static size_t take(struct ctrb_values *v, size_t total)
{
    size_t most = v->left < CTRB_MAX_ITEMS ? v->left : CTRB_MAX_ITEMS;
    size_t shown = total < most ? total : most;
    v->left -= shown;
    return shown;
}

static void put_array(struct ctrb_values *v, VALUE array, size_t depth)
{
    size_t total = (size_t)RARRAY_LEN(array);
    size_t shown = take(v, total);
    ctrace_put_sequence(v->w, type_of(v, CTRB_TYPE_ARRAY, array, rb_cArray), shown + (total > shown), false);
    for (size_t i = 0; i < shown; i++)
        put_object(v, i < (size_t)RARRAY_LEN(array) ? RARRAY_AREF(array, (long)i) : Qnil, depth + 1);
    if (total > shown)
        put_more(v, total - shown);
    ctrace_put_end(v->w);
}

struct hash_walk {
    struct ctrb_values *v;
    size_t depth;
    size_t left;
};

static int put_pair(VALUE key, VALUE value, VALUE argument)
{
    struct hash_walk *walk = (struct hash_walk *)argument;
    if (walk->left == 0)
        return ST_STOP;
    walk->left--;
    ctrace_put_sequence(walk->v->w, plain_type(walk->v, CTRB_TYPE_PAIR), 2, false);
    put_object(walk->v, key, walk->depth + 1);
    put_object(walk->v, value, walk->depth + 1);
    ctrace_put_end(walk->v->w);
    return ST_CONTINUE;
}

static void put_hash(struct ctrb_values *v, VALUE hash, size_t depth)
{
    size_t total = RHASH_SIZE(hash);
    size_t shown = take(v, total);
    struct hash_walk walk = {v, depth, shown};
    ctrace_put_sequence(v->w, type_of(v, CTRB_TYPE_HASH, hash, rb_cHash), shown + (total > shown), false);
    rb_hash_foreach(hash, put_pair, (VALUE)&walk);
    if (total > shown)
        put_more(v, total - shown);
    ctrace_put_end(v->w);
}

static int put_key(VALUE key, VALUE value, VALUE argument)
{
    struct hash_walk *walk = (struct hash_walk *)argument;
    (void)value;
    if (walk->left == 0)
        return ST_STOP;
    walk->left--;
    put_object(walk->v, key, walk->depth + 1);
    return ST_CONTINUE;
}

/* The Hash inside a Set, as long as Sets are written in Ruby; else Qnil. */
static VALUE hash_of_set(VALUE object)
{
    VALUE hash = rb_attr_get(object, id_hash);
    if (!RB_TYPE_P(hash, T_HASH))
        return Qnil;
    for (VALUE klass = rb_obj_class(object); RB_TYPE_P(klass, T_CLASS); klass = rb_class_superclass(klass)) {
        VALUE name = rb_mod_name(klass);
        if (RB_TYPE_P(name, T_STRING) && RSTRING_LEN(name) == 3 && memcmp(RSTRING_PTR(name), "Set", 3) == 0)
            return hash;
    }
    return Qnil;
}

static void put_set(struct ctrb_values *v, VALUE set, VALUE hash, size_t depth)
{
    char name[CTRB_NAME_SIZE];
    size_t total = RHASH_SIZE(hash);
    size_t shown = take(v, total);
    struct hash_walk walk = {v, depth, shown};
    ctrace_id type = ctrace_type(v->w, plain_types[CTRB_TYPE_SET].kind, ctrb_class_name(rb_obj_class(set), name));
    ctrace_put_sequence(v->w, type, shown + (total > shown), false);
    rb_hash_foreach(hash, put_key, (VALUE)&walk);
    if (total > shown)
        put_more(v, total - shown);
    ctrace_put_end(v->w);
}

/* ---- Objects of Ruby's own classes whose content is behind functions that may raise ---- */

struct extraction {
    VALUE object;
    struct fields *fields;
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
                add_field(e->fields, rb_intern("begin"), first);
                add_field(e->fields, rb_intern("end"), last);
                add_field(e->fields, rb_intern("exclude_end"), exclusive ? Qtrue : Qfalse);
            }
        } else {
            VALUE members = rb_struct_members(object);
            for (long i = 0; i < RARRAY_LEN(members); i++)
                add_field(e->fields, rb_sym2id(RARRAY_AREF(members, i)), RSTRUCT_GET(object, i));
        }
        break;
    case T_RATIONAL:
        add_field(e->fields, rb_intern("numerator"), rb_rational_num(object));
        add_field(e->fields, rb_intern("denominator"), rb_rational_den(object));
        break;
    case T_COMPLEX:
        add_field(e->fields, rb_intern("real"), rb_complex_real(object));
        add_field(e->fields, rb_intern("imaginary"), rb_complex_imag(object));
        break;
    case T_DATA:
        if (RTEST(rb_obj_is_kind_of(object, rb_cTime))) {
            struct timespec time = rb_time_timespec(object);
            add_field(e->fields, rb_intern("sec"), LL2NUM(time.tv_sec));
            add_field(e->fields, rb_intern("nsec"), LONG2NUM(time.tv_nsec));
        }
        break;
    default:
        break;
    }
    return Qnil;
}

static void extract_protected(VALUE object, struct fields *fields)
{
    struct extraction e = {object, fields};
    VALUE error = rb_errinfo();
    int state = 0;
    rb_protect(extract, (VALUE)&e, &state);
    if (state)
        rb_set_errinfo(error);
}

/* ---- Exceptions ---- */

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

/* A String, or Qnil when it cannot be told without running code of the program. */
static VALUE message_of(VALUE exception)
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

static void put_compound(struct ctrb_values *v, VALUE object, size_t depth)
{
    struct fields fields;
    fields.count = fields.total = 0;
    if (RTEST(rb_obj_is_kind_of(object, rb_eException)))
        add_field(&fields, rb_intern("message"), message_of(object));
    else
        extract_protected(object, &fields);
    rb_ivar_foreach(object, add_instance_variable, (st_data_t)&fields);
    if (fields.total == 0 && RB_BUILTIN_TYPE(object) != T_STRUCT)
        put_opaque(v, object);
    else
        put_fields(v, object, &fields, depth);
}

static void put_regexp(struct ctrb_values *v, VALUE regexp)
{
    char buffer[CUT_SIZE];
    VALUE source = RREGEXP_PTR(regexp) ? RREGEXP_SRC(regexp) : Qnil;
    if (!RB_TYPE_P(source, T_STRING)) {
        put_opaque(v, regexp);
        return;
    }
    VALUE converted = in_utf8(source);
    ctrace_put_raw(v->w, ctrace_type(v->w, CTRACE_TYPE_RAW, CTRACE_STR("Regexp")), cut(ctrb_str(converted), buffer));
    RB_GC_GUARD(converted);
}

static void put_bignum(struct ctrb_values *v, VALUE number)
{
    uint8_t few[64];
    size_t size = rb_absint_size(number, NULL);
    if (size > 1 << 16) {
        put_opaque(v, number);
        return;
    }
    uint8_t *bytes = size <= sizeof few ? few : malloc(size);
    if (!bytes) {
        put_opaque(v, number);
        return;
    }
    rb_integer_pack(number, bytes, size, 1, 0, INTEGER_PACK_BIG_ENDIAN);
    ctrace_put_big_int(v->w, plain_type(v, CTRB_TYPE_INTEGER), bytes, size, RBIGNUM_NEGATIVE_P(number));
    if (bytes != few)
        free(bytes);
}

static bool is_ancestor(const struct ctrb_values *v, VALUE object, size_t depth)
{
    for (size_t i = 0; i < depth; i++)
        if (v->ancestors[i] == object)
            return true;
    return false;
}

/* What contains other objects, or may. */
static void put_container(struct ctrb_values *v, VALUE object, size_t depth)
{
    if (is_ancestor(v, object, depth)) {
        put_mark(v, "<cycle>");
        return;
    }
    if (depth >= CTRB_MAX_DEPTH) {
        put_mark(v, "…");
        return;
    }
    v->ancestors[depth] = object;
    VALUE hash = RB_BUILTIN_TYPE(object) == T_OBJECT ? hash_of_set(object) : Qnil;
    if (!NIL_P(hash)) {
        put_set(v, object, hash, depth);
        return;
    }
    switch (RB_BUILTIN_TYPE(object)) {
    case T_ARRAY:
        put_array(v, object, depth);
        break;
    case T_HASH:
        put_hash(v, object, depth);
        break;
    default:
        put_compound(v, object, depth);
    }
}

static void put_object(struct ctrb_values *v, VALUE object, size_t depth)
{
    if (RB_FIXNUM_P(object)) {
        ctrace_put_int(v->w, plain_type(v, CTRB_TYPE_INTEGER), FIX2LONG(object));
    } else if (object == Qnil || object == Qundef) {
        ctrace_put_none(v->w, plain_type(v, CTRB_TYPE_NIL));
    } else if (object == Qtrue || object == Qfalse) {
        ctrace_put_bool(v->w, plain_type(v, CTRB_TYPE_BOOL), object == Qtrue);
    } else if (RB_SYMBOL_P(object)) {
        put_text(v, plain_type(v, CTRB_TYPE_SYMBOL), rb_sym2str(object));
    } else if (RB_FLOAT_TYPE_P(object)) {
        ctrace_put_float(v->w, plain_type(v, CTRB_TYPE_FLOAT), RFLOAT_VALUE(object));
    } else if (RB_SPECIAL_CONST_P(object)) {
        put_mark(v, "…");
    } else {
        char name[CTRB_NAME_SIZE];
        switch (RB_BUILTIN_TYPE(object)) {
        case T_STRING:
            put_text(v, type_of(v, CTRB_TYPE_STRING, object, rb_cString), object);
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
        case T_DATA:
            if (rb_obj_is_proc(object))
                put_proc(v, ctrb_class_name(rb_obj_class(object), name), RTEST(rb_proc_lambda_p(object)));
            else
                put_container(v, object, depth);
            break;
        case T_ARRAY:
        case T_HASH:
        case T_STRUCT:
        case T_OBJECT:
        case T_RATIONAL:
        case T_COMPLEX:
            put_container(v, object, depth);
            break;
        default:
            put_mark(v, "…");
        }
    }
}

void ctrb_put(struct ctrb_values *v, VALUE object)
{
    v->left = CTRB_MAX_TOTAL;
    put_object(v, object, 0);
}

void ctrb_put_block(struct ctrb_values *v, bool lambda)
{
    put_proc(v, CTRACE_STR("Proc"), lambda);
}

ctrace_str ctrb_exception_text(VALUE exception, char out[CTRB_MESSAGE_SIZE])
{
    char name[CTRB_NAME_SIZE], buffer[CUT_SIZE];
    ctrace_str class_name = ctrb_class_name(rb_obj_class(exception), name);
    VALUE message = message_of(exception);
    size_t n = class_name.size;
    memcpy(out, class_name.data, n);
    if (!NIL_P(message)) {
        VALUE converted = in_utf8(message);
        ctrace_str text = cut(ctrb_str(converted), buffer);
        memcpy(out + n, ": ", 2);
        memcpy(out + n + 2, text.data, text.size);
        n += 2 + text.size;
        RB_GC_GUARD(converted);
    }
    return (ctrace_str){out, n};
}

VALUE ctrb_capture(VALUE klass, const char *name)
{
    VALUE unbound = rb_funcall(klass, rb_intern("instance_method"), 1, ID2SYM(rb_intern(name)));
    return rb_obj_method(unbound, ID2SYM(rb_intern("bind_call")));
}

void ctrb_init_values(void)
{
    id_mesg = rb_intern("mesg");
    id_name = rb_intern("name");
    name_error_receiver = ctrb_capture(rb_eNameError, "receiver");
    rb_gc_register_mark_object(name_error_receiver);
    id_hash = rb_intern("@hash");
}
