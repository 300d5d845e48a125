/* Instances and exceptions as structs: slots first, then the dictionary. */
#include "put_object.h"

#include "instance.h"
#include "output.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

typedef struct fields {
    Py_ssize_t count, more;
    PyObject *names[VALUE_ITEMS];
    PyObject *values[VALUE_ITEMS];
} fields;

static bool add_field(void *cookie, PyObject *name, PyObject *value)
{
    fields *f = cookie;
    if (!PyUnicode_Check(name) || output_is_ours(value))
        return true;
    if (f->count == VALUE_ITEMS) {
        f->more++;
        return true;
    }
    f->names[f->count] = name;
    f->values[f->count++] = value;
    return true;
}

static bool same_shape(const known_type *t, const fields *f)
{
    return t->shape_id != CTRACE_ID_NONE && t->shape_size == f->count && !f->more &&
           (f->count == 0 || memcmp(t->shape, f->names, (size_t)f->count * sizeof *f->names) == 0);
}

static void keep_shape(known_type *t, const fields *f, ctrace_id id)
{
    PyObject **shape = PyMem_RawMalloc((size_t)f->count * sizeof *shape + 1);
    if (!shape)
        return;
    for (Py_ssize_t i = 0; i < t->shape_size; i++)
        Py_DECREF(t->shape[i]);
    PyMem_RawFree(t->shape);
    t->shape = shape;
    t->shape_size = f->count;
    t->shape_id = id;
    for (Py_ssize_t i = 0; i < f->count; i++) {
        Py_INCREF(f->names[i]);
        shape[i] = f->names[i];
    }
}

/* The type of an instance with just these fields. What a field holds may be of any type. */
static ctrace_id shape_type(capture *c, known_type *t, const fields *f, bool with_args)
{
    if (same_shape(t, f))
        return t->shape_id;
    ctrace_id any = plain_type(c, &c->any_type, CTRACE_TYPE_ANY, "object");
    size_t count = 0;
    ctrace_field *list = PyMem_RawMalloc((VALUE_ITEMS + 2) * sizeof *list);
    size_t room = 0;
    for (Py_ssize_t i = 0; i < f->count; i++)
        room += (size_t)(text_ready(f->names[i]) ? PyUnicode_GET_LENGTH(f->names[i]) : 0) * 4 + 8;
    char *names = PyMem_RawMalloc(room + 1), *p = names;
    ctrace_id id = CTRACE_ID_NONE;
    if (list && names) {
        if (with_args)
            list[count++] = (ctrace_field){put_literal("args"), any};
        for (Py_ssize_t i = 0; i < f->count; i++) {
            char *end = text_ready(f->names[i]) ? put_characters(p, f->names[i], PyUnicode_GET_LENGTH(f->names[i])) : p;
            list[count++] = (ctrace_field){{p, (size_t)(end - p)}, any};
            p = end;
        }
        if (f->more)
            list[count++] = (ctrace_field){put_literal(MORE), any};
        id = put_struct_type(c, type_name(c, t->type), list, count);
        if (!f->more)
            keep_shape(t, f, id);
    }
    PyMem_RawFree(list);
    PyMem_RawFree(names);
    return id;
}

void put_instance(capture *c, known_type *t, PyObject *object)
{
    PyObject *args = NULL;
    if (t->category == IS_EXCEPTION)
        args = ((PyBaseExceptionObject *)object)->args;
    fields f;
    f.count = f.more = 0;
    for (Py_ssize_t i = 0; i < t->slot_count; i++) {
        PyObject *value = *(PyObject **)(void *)((char *)object + t->slots[i]);
        if (value)
            add_field(&f, t->slot_names[i], value);
    }
    instance_attributes(object, add_field, &f);
    if (!args && f.count == 0) {
        put_opaque(c, named_type(c, t), object);
        return;
    }
    ctrace_id type = shape_type(c, t, &f, args != NULL);
    size_t count = (size_t)f.count + (args != NULL) + (f.more != 0), shown;
    /* What is known of the type may be replaced from here on. */
    if (!put_open(c, CTRACE_VALUE_STRUCT, type, count, object, &shown))
        return;
    if (args)
        capture_put(c, args);
    for (Py_ssize_t i = 0; i < f.count; i++)
        put_named_value(c, f.names[i], f.values[i]);
    if (f.more) {
        char text[48];
        int size = snprintf(text, sizeof text, MORE " %zd more", f.more);
        put_mark(c, (ctrace_str){text, (size_t)size});
    }
    put_close(c);
}
