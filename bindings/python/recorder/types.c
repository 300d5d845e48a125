/* What is known of the program's types. */
#include "types.h"

#include "put.h"

#include <structmember.h>
#include <string.h>

void forget_type(known_type *t)
{
    for (Py_ssize_t i = 0; i < t->slot_count; i++)
        Py_DECREF(t->slot_names[i]);
    for (Py_ssize_t i = 0; i < t->shape_size; i++)
        Py_DECREF(t->shape[i]);
    PyMem_RawFree(t->slots);
    PyMem_RawFree(t->slot_names);
    PyMem_RawFree(t->shape);
    memset(t, 0, sizeof *t);
}

ctrace_str type_name(capture *c, PyTypeObject *type)
{
    if (PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE)) {
        PyObject *name = ((PyHeapTypeObject *)type)->ht_qualname;
        if (name && PyUnicode_Check(name))
            return capture_text(c, name, VALUE_TEXT, NULL);
    }
    const char *dot = strrchr(type->tp_name, '.');
    return put_literal(dot ? dot + 1 : type->tp_name);
}

ctrace_str type_short_name(PyTypeObject *type)
{
    const char *dot = PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) ? NULL : strrchr(type->tp_name, '.');
    return put_literal(dot ? dot + 1 : type->tp_name);
}

static bool type_has(PyTypeObject *type, unsigned long flag) { return PyType_HasFeature(type, flag); }

static bool type_below(PyTypeObject *type, PyTypeObject *base)
{
    PyObject *order = type->tp_mro;
    if (!order)
        return type == base;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(order); i++)
        if (PyTuple_GET_ITEM(order, i) == (PyObject *)base)
            return true;
    return false;
}

static enum category categorize(PyTypeObject *type)
{
    if (type_has(type, Py_TPFLAGS_TYPE_SUBCLASS))
        return IS_OPAQUE;
    if (type_has(type, Py_TPFLAGS_LONG_SUBCLASS))
        return IS_INT;
    if (type_has(type, Py_TPFLAGS_UNICODE_SUBCLASS))
        return IS_STR;
    if (type_has(type, Py_TPFLAGS_LIST_SUBCLASS))
        return IS_LIST;
    if (type_has(type, Py_TPFLAGS_TUPLE_SUBCLASS))
        return IS_TUPLE;
    if (type_has(type, Py_TPFLAGS_DICT_SUBCLASS))
        return IS_DICT;
    if (type_has(type, Py_TPFLAGS_BYTES_SUBCLASS))
        return IS_BYTES;
    if (type_has(type, Py_TPFLAGS_BASE_EXC_SUBCLASS))
        return IS_EXCEPTION;
    if (type_below(type, &PyFloat_Type))
        return IS_FLOAT;
    if (type_below(type, &PySet_Type) || type_below(type, &PyFrozenSet_Type))
        return IS_SET;
    if (type_below(type, &PyByteArray_Type))
        return IS_BYTEARRAY;
    if (type == &PyComplex_Type)
        return IS_COMPLEX;
    if (type_below(type, &PyFunction_Type) || type_below(type, &PyCFunction_Type) || type_below(type, &PyMethod_Type) ||
        type_below(type, &PyModule_Type))
        return IS_OPAQUE;
    return IS_INSTANCE;
}

static bool has_entry(PyObject *dictionary, const char *wanted)
{
    PyObject *name, *entry;
    Py_ssize_t at = 0;
    while (PyDict_Next(dictionary, &at, &name, &entry))
        if (PyUnicode_CheckExact(name) && PyUnicode_CompareWithASCIIString(name, wanted) == 0)
            return true;
    return false;
}

/* The members that a class made by the program got from its __slots__; not those of classes made in C. */
static bool find_slots(known_type *t, PyTypeObject *type)
{
    PyObject *order = type->tp_mro;
    if (!order)
        return true;
    for (Py_ssize_t i = PyTuple_GET_SIZE(order) - 1; i >= 0; i--) {
        PyTypeObject *base = (PyTypeObject *)PyTuple_GET_ITEM(order, i);
        if (!PyType_HasFeature(base, Py_TPFLAGS_HEAPTYPE) || !base->tp_dict || !has_entry(base->tp_dict, "__slots__"))
            continue;
        PyObject *name, *entry;
        Py_ssize_t at = 0;
        while (PyDict_Next(base->tp_dict, &at, &name, &entry)) {
            if (!Py_IS_TYPE(entry, &PyMemberDescr_Type) || !PyUnicode_CheckExact(name))
                continue;
            const PyMemberDescrObject *member = (const PyMemberDescrObject *)entry;
            if (member->d_member->type != T_OBJECT_EX || !type_below(type, PyDescr_TYPE(member)))
                continue;
            size_t size = (size_t)t->slot_count + 1;
            Py_ssize_t *slots = PyMem_RawRealloc(t->slots, size * sizeof *slots);
            if (!slots)
                return false;
            t->slots = slots;
            PyObject **names = PyMem_RawRealloc(t->slot_names, size * sizeof *names);
            if (!names)
                return false;
            t->slot_names = names;
            slots[t->slot_count] = member->d_member->offset;
            Py_INCREF(name);
            names[t->slot_count++] = name;
        }
    }
    return true;
}

static ctrace_type_kind kind_of(enum category category)
{
    switch (category) {
    case IS_INT:
        return CTRACE_TYPE_INT;
    case IS_FLOAT:
        return CTRACE_TYPE_FLOAT;
    case IS_STR:
        return CTRACE_TYPE_STRING;
    case IS_LIST:
        return CTRACE_TYPE_SEQ;
    case IS_TUPLE:
        return CTRACE_TYPE_TUPLE;
    case IS_DICT:
        return CTRACE_TYPE_TABLE_KIND;
    case IS_SET:
        return CTRACE_TYPE_SET;
    default:
        return CTRACE_TYPE_RAW;
    }
}

/* A type may change at any time; every change gives it a new version, and no version is given twice. A type that has
 * none (0) is looked at anew each time. */
static unsigned version_of(PyTypeObject *type)
{
#if PY_VERSION_HEX < 0x030D0000
    if (!PyType_HasFeature(type, Py_TPFLAGS_VALID_VERSION_TAG))
        return 0;
#endif
    return type->tp_version_tag;
}

known_type *know_type(capture *c, PyTypeObject *type)
{
    known_type *t = &c->types[((uintptr_t)type >> 4) * 0x9E3779B9u >> 8 & (KNOWN_TYPES - 1)];
    unsigned version = version_of(type);
    if (t->type == type && t->version == version && version)
        return t;
    forget_type(t);
    t->type = type;
    t->version = version;
    t->category = (int)categorize(type);
    t->id = t->shape_id = CTRACE_ID_NONE;
    if ((t->category == IS_INSTANCE || t->category == IS_EXCEPTION) && !find_slots(t, type))
        return NULL;
    return t;
}

ctrace_id named_type(capture *c, known_type *t)
{
    if (t->id == CTRACE_ID_NONE)
        t->id = put_type(c, kind_of((enum category)t->category), type_name(c, t->type));
    return t->id;
}
