#include "types.h"

#include <stdlib.h>
#include <string.h>

/* More shapes than this come from a program that makes classes without end, which must not be kept whole. */
#define MAX_SHAPES (1 << 15)

static const struct {
    ctrace_type_kind kind;
    const char *name;
} plain_types[CTRB_TYPE_COUNT] = {
    [CTRB_TYPE_NIL] = {CTRACE_TYPE_NONE, "NilClass"},
    [CTRB_TYPE_BOOL] = {CTRACE_TYPE_BOOL, "Bool"},
    [CTRB_TYPE_INTEGER] = {CTRACE_TYPE_INT, "Integer"},
    [CTRB_TYPE_FLOAT] = {CTRACE_TYPE_FLOAT, "Float"},
    [CTRB_TYPE_STRING] = {CTRACE_TYPE_STRING, "String"},
    [CTRB_TYPE_SYMBOL] = {CTRACE_TYPE_STRING, "Symbol"},
    [CTRB_TYPE_ARRAY] = {CTRACE_TYPE_SEQ, "Array"},
    [CTRB_TYPE_HASH] = {CTRACE_TYPE_TABLE_KIND, "Hash"},
    [CTRB_TYPE_PAIR] = {CTRACE_TYPE_TUPLE, "Pair"},
    [CTRB_TYPE_ANY] = {CTRACE_TYPE_ANY, "Object"},
};

void ctrb_fields_add(struct ctrb_fields *f, ID name, VALUE value)
{
    f->total++;
    if (f->count < CTRB_MAX_FIELDS) {
        f->names[f->count] = name;
        f->values[f->count++] = value;
    }
}

void ctrb_types_init(struct ctrb_types *types, struct ctrb_target *target)
{
    memset(types, 0, sizeof *types);
    types->target = target;
    for (size_t i = 0; i < CTRB_TYPE_COUNT; i++)
        types->plain[i] = CTRACE_ID_NONE;
}

static void forget_shapes(struct ctrb_types *types)
{
    for (size_t i = 0; i < types->shape_capacity; i++)
        if (types->shapes[i].klass)
            free(types->shapes[i].names);
    free(types->shapes);
    types->shapes = NULL;
    types->shape_count = types->shape_capacity = 0;
}

static void forget_classes(struct ctrb_types *types)
{
    for (size_t i = 0; i < types->class_capacity; i++)
        free((char *)types->classes[i].text.data);
    free(types->classes);
    types->classes = NULL;
    types->class_count = types->class_capacity = 0;
}

void ctrb_types_free(struct ctrb_types *types)
{
    forget_shapes(types);
    forget_classes(types);
}

void ctrb_types_mark(const struct ctrb_types *types)
{
    for (size_t i = 0; i < types->shape_capacity; i++)
        if (types->shapes[i].klass)
            rb_gc_mark(types->shapes[i].klass);
    for (size_t i = 0; i < types->class_capacity; i++)
        if (types->classes[i].klass)
            rb_gc_mark(types->classes[i].klass);
}

ctrace_id ctrb_declare_plain_type(struct ctrb_types *types, enum ctrb_type type)
{
    const char *name = plain_types[type].name;
    return types->plain[type] =
               ctrb_target_type(types->target, plain_types[type].kind, (ctrace_str){name, strlen(name)});
}

ctrace_id ctrb_type_of(struct ctrb_types *types, enum ctrb_type type, VALUE object, VALUE plain)
{
    VALUE klass = rb_obj_class(object);
    return klass == plain ? ctrb_plain_type(types, type) : ctrb_class_type(types, klass, plain_types[type].kind);
}

/* ---- Classes ---- */

static struct ctrb_class *class_slot(struct ctrb_class *classes, size_t capacity, VALUE klass)
{
    size_t i = (size_t)(klass >> 3) * (size_t)0x9E3779B97F4A7C15u >> 32 & (capacity - 1);
    while (classes[i].klass && classes[i].klass != klass)
        i = (i + 1) & (capacity - 1);
    return &classes[i];
}

static bool grow_classes(struct ctrb_types *types)
{
    if (types->class_count >= MAX_SHAPES)
        forget_classes(types);
    size_t capacity = types->class_capacity ? types->class_capacity * 2 : 64;
    struct ctrb_class *classes = calloc(capacity, sizeof *classes);
    if (!classes)
        return false;
    for (size_t i = 0; i < types->class_capacity; i++)
        if (types->classes[i].klass)
            *class_slot(classes, capacity, types->classes[i].klass) = types->classes[i];
    free(types->classes);
    types->classes = classes;
    types->class_capacity = capacity;
    return true;
}

/* As long as Sets are written in Ruby they are known by their name. */
static bool is_named_set(VALUE klass)
{
    for (; RB_TYPE_P(klass, T_CLASS); klass = rb_class_superclass(klass)) {
        VALUE name = rb_mod_name(klass);
        if (RB_TYPE_P(name, T_STRING) && RSTRING_LEN(name) == 3 && memcmp(RSTRING_PTR(name), "Set", 3) == 0)
            return true;
    }
    return false;
}

static ctrace_str opaque_text(VALUE klass)
{
    char buffer[CTRB_NAME_SIZE];
    ctrace_str name = ctrb_class_name(klass, buffer);
    char *text = name.size && name.data[0] != '#' ? malloc(name.size + 3) : NULL;
    if (!text)
        return (ctrace_str){NULL, 0};
    memcpy(text, "#<", 2);
    memcpy(text + 2, name.data, name.size);
    text[2 + name.size] = '>';
    return (ctrace_str){text, name.size + 3};
}

const struct ctrb_class *ctrb_class_of(struct ctrb_types *types, VALUE klass)
{
    if (types->class_count * 2 >= types->class_capacity && !grow_classes(types))
        return NULL;
    struct ctrb_class *class = class_slot(types->classes, types->class_capacity, klass);
    if (!class->klass) {
        class->is_set = is_named_set(klass);
        class->is_exception = rb_class_inherited_p(klass, rb_eException) == Qtrue;
        class->text = opaque_text(klass);
        class->opaque = class->text.size ? ctrb_class_type(types, klass, CTRACE_TYPE_RAW) : CTRACE_ID_NONE;
        class->klass = klass;
        types->class_count++;
    }
    return class;
}

/* ---- Shapes ---- */

static bool fits(const struct ctrb_shape *shape, const struct ctrb_shape *wanted)
{
    return shape->klass == wanted->klass && shape->kind == wanted->kind && shape->count == wanted->count
           && (shape->count == 0 || memcmp(shape->names, wanted->names, shape->count * sizeof(ID)) == 0);
}

static struct ctrb_shape *slot_of(struct ctrb_shape *shapes, size_t capacity, const struct ctrb_shape *wanted)
{
    size_t hash = (wanted->klass >> 3 ^ (size_t)wanted->kind << 7) * (size_t)0x9E3779B97F4A7C15u;
    for (size_t i = 0; i < wanted->count; i++)
        hash = (hash ^ wanted->names[i]) * (size_t)0x9E3779B97F4A7C15u;
    size_t i = (hash ^ hash >> 29) & (capacity - 1);
    while (shapes[i].klass && !fits(&shapes[i], wanted))
        i = (i + 1) & (capacity - 1);
    return &shapes[i];
}

static bool grow(struct ctrb_types *types)
{
    if (types->shape_count >= MAX_SHAPES)
        forget_shapes(types);
    size_t capacity = types->shape_capacity ? types->shape_capacity * 2 : 64;
    struct ctrb_shape *shapes = calloc(capacity, sizeof *shapes);
    if (!shapes)
        return false;
    for (size_t i = 0; i < types->shape_capacity; i++)
        if (types->shapes[i].klass)
            *slot_of(shapes, capacity, &types->shapes[i]) = types->shapes[i];
    free(types->shapes);
    types->shapes = shapes;
    types->shape_capacity = capacity;
    return true;
}

/* Where a shape is or belongs; NULL without memory. */
static struct ctrb_shape *find(struct ctrb_types *types, const struct ctrb_shape *wanted)
{
    if (types->shape_count * 2 >= types->shape_capacity && !grow(types))
        return NULL;
    return slot_of(types->shapes, types->shape_capacity, wanted);
}

/* A class without a name may get one, so what it is called now is not kept. */
static void keep(struct ctrb_types *types, struct ctrb_shape *slot, const struct ctrb_shape *shape, ctrace_str name)
{
    if (!slot || name.size == 0 || name.data[0] == '#')
        return;
    ID *names = NULL;
    if (shape->count) {
        names = malloc(shape->count * sizeof *names);
        if (!names)
            return;
        memcpy(names, shape->names, shape->count * sizeof *names);
    }
    *slot = *shape;
    slot->names = names;
    types->shape_count++;
}

ctrace_id ctrb_class_type(struct ctrb_types *types, VALUE klass, ctrace_type_kind kind)
{
    struct ctrb_shape shape = {.klass = klass, .kind = kind};
    struct ctrb_shape *slot = find(types, &shape);
    if (slot && slot->klass)
        return slot->type;
    char buffer[CTRB_NAME_SIZE];
    ctrace_str name = ctrb_class_name(klass, buffer);
    shape.type = ctrb_target_type(types->target, kind, name);
    keep(types, slot, &shape, name);
    return shape.type;
}

ctrace_id ctrb_struct_type(struct ctrb_types *types, VALUE klass, const struct ctrb_fields *f)
{
    struct ctrb_shape shape = {.klass = klass, .kind = CTRACE_TYPE_STRUCT, .count = f->count, .names = (ID *)f->names};
    struct ctrb_shape *slot = f->total > f->count ? NULL : find(types, &shape);
    if (slot && slot->klass)
        return slot->type;
    char buffer[CTRB_NAME_SIZE];
    ctrace_str name = ctrb_class_name(klass, buffer);
    ctrace_field declared[CTRB_MAX_FIELDS + 1];
    ctrace_id any = ctrb_plain_type(types, CTRB_TYPE_ANY);
    for (size_t i = 0; i < f->count; i++)
        declared[i] = (ctrace_field){ctrb_id_name(f->names[i]), any};
    size_t count = f->count;
    if (f->total > f->count)
        declared[count++] = (ctrace_field){CTRACE_STR("…"), any};
    shape.type = ctrb_target_struct_type(types->target, name, declared, count);
    keep(types, slot, &shape, name);
    return shape.type;
}
