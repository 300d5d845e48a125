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

void ctrb_types_free(struct ctrb_types *types)
{
    for (size_t i = 0; i < types->shape_capacity; i++)
        if (types->shapes[i].klass)
            free(types->shapes[i].names);
    free(types->shapes);
    types->shapes = NULL;
    types->shape_count = types->shape_capacity = 0;
}

void ctrb_types_mark(const struct ctrb_types *types)
{
    for (size_t i = 0; i < types->shape_capacity; i++)
        if (types->shapes[i].klass)
            rb_gc_mark(types->shapes[i].klass);
}

ctrace_id ctrb_plain_type(struct ctrb_types *types, enum ctrb_type type)
{
    if (types->plain[type] == CTRACE_ID_NONE) {
        const char *name = plain_types[type].name;
        types->plain[type] = ctrb_target_type(types->target, plain_types[type].kind, (ctrace_str){name, strlen(name)});
    }
    return types->plain[type];
}

ctrace_id ctrb_type_of(struct ctrb_types *types, enum ctrb_type type, VALUE object, VALUE plain)
{
    VALUE klass = rb_obj_class(object);
    return klass == plain ? ctrb_plain_type(types, type) : ctrb_class_type(types, klass, plain_types[type].kind);
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
        ctrb_types_free(types);
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
