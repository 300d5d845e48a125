/* Data flow: capture_put() looks at the exact type first; everything else goes by what is known of its type
 * (known_type), which is found out once for each version of the type. */
#include "frame.h"
#include "instance.h"
#include "output.h"
#include "put.h"

#include <structmember.h>
#include <stdio.h>
#include <string.h>

enum category {
    IS_INT,
    IS_FLOAT,
    IS_STR,
    IS_BYTES,
    IS_BYTEARRAY,
    IS_LIST,
    IS_TUPLE,
    IS_DICT,
    IS_SET,
    IS_EXCEPTION,
    IS_INSTANCE,
    IS_COMPLEX,
    IS_OPAQUE /* shown by its name alone */
};

#define MORE "\xE2\x80\xA6" /* … */

void capture_init(capture *c, ctrace_recorder *recorder, ctrace_writer *writer)
{
    memset(c, 0, sizeof *c);
    c->recorder = recorder;
    c->writer = writer;
    c->int_type = c->float_type = c->str_type = c->bool_type = CTRACE_ID_NONE;
    c->list_type = c->tuple_type = c->dict_type = c->any_type = c->mark_type = c->error_type = CTRACE_ID_NONE;
}

static void forget_type(known_type *t)
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

void capture_clear(capture *c)
{
    for (size_t i = 0; i < KNOWN_TYPES; i++)
        forget_type(&c->types[i]);
    for (size_t i = 0; i < c->name_room; i++)
        Py_XDECREF(c->names[i].text);
    PyMem_RawFree(c->names);
    PyMem_RawFree(c->text);
    PyMem_RawFree(c->judged);
    capture_init(c, NULL, NULL);
}

/* ---- Text ---- */

static char *text_room(capture *c, size_t size)
{
    if (size > c->text_room) {
        char *text = PyMem_RawRealloc(c->text, size * 2);
        if (!text)
            return NULL;
        c->text = text;
        c->text_room = size * 2;
    }
    return c->text;
}

static char *put_character(char *p, Py_UCS4 u)
{
    if (Py_UNICODE_IS_SURROGATE(u)) {
        *p++ = (char)0xFF; /* half a character: the writer mends and counts what is not UTF-8 */
    } else if (u < 0x80) {
        *p++ = (char)u;
    } else if (u < 0x800) {
        *p++ = (char)(0xC0 | u >> 6);
        *p++ = (char)(0x80 | (u & 0x3F));
    } else if (u < 0x10000) {
        *p++ = (char)(0xE0 | u >> 12);
        *p++ = (char)(0x80 | (u >> 6 & 0x3F));
        *p++ = (char)(0x80 | (u & 0x3F));
    } else {
        *p++ = (char)(0xF0 | u >> 18);
        *p++ = (char)(0x80 | (u >> 12 & 0x3F));
        *p++ = (char)(0x80 | (u >> 6 & 0x3F));
        *p++ = (char)(0x80 | (u & 0x3F));
    }
    return p;
}

/* Appends at `p` and returns the end. There must be room for 4 bytes a character. */
static char *put_characters(char *p, PyObject *text, Py_ssize_t count)
{
    int kind = (int)PyUnicode_KIND(text);
    const void *data = PyUnicode_DATA(text);
    for (Py_ssize_t i = 0; i < count; i++)
        p = put_character(p, PyUnicode_READ(kind, data, i));
    return p;
}

static bool text_ready(PyObject *text)
{
#if PY_VERSION_HEX < 0x030C0000
    return PyUnicode_READY(text) == 0;
#else
    (void)text;
    return true;
#endif
}

ctrace_str capture_text(capture *c, PyObject *text, Py_ssize_t limit, size_t *missing)
{
    if (missing)
        *missing = 0;
    if (!text_ready(text))
        return put_literal("<str>");
    Py_ssize_t length = PyUnicode_GET_LENGTH(text);
    Py_ssize_t shown = limit > 0 && length > limit ? limit : length;
    if (shown == length && PyUnicode_IS_ASCII(text))
        return (ctrace_str){PyUnicode_DATA(text), (size_t)length};
    char *start = text_room(c, (size_t)shown * 4 + 40);
    if (!start)
        return put_literal("<str>");
    char *p = put_characters(start, text, shown);
    if (missing)
        *missing = (size_t)(length - shown);
    else if (shown < length)
        p += sprintf(p, MORE "(+%zd)", length - shown);
    return (ctrace_str){start, (size_t)(p - start)};
}

/* ---- Names ---- */

static known_name *name_place(known_name *names, size_t room, PyObject *text)
{
    size_t i = ((uintptr_t)text >> 4) * 0x9E3779B9u & (room - 1);
    while (names[i].text && names[i].text != text)
        i = (i + 1) & (room - 1);
    return &names[i];
}

static bool make_name_room(capture *c)
{
    if (c->name_count * 2 < c->name_room)
        return true;
    size_t room = c->name_room ? c->name_room * 2 : 256;
    known_name *names = PyMem_RawCalloc(room, sizeof *names);
    if (!names)
        return false;
    for (size_t i = 0; i < c->name_room; i++)
        if (c->names[i].text)
            *name_place(names, room, c->names[i].text) = c->names[i];
    PyMem_RawFree(c->names);
    c->names = names;
    c->name_room = room;
    return true;
}

ctrace_id capture_name(capture *c, PyObject *name)
{
    if (!PyUnicode_CheckExact(name) || !PyUnicode_CHECK_INTERNED(name) || !make_name_room(c))
        return put_variable(c, capture_text(c, name, VALUE_TEXT, NULL));
    known_name *place = name_place(c->names, c->name_room, name);
    if (!place->text) {
        Py_INCREF(name);
        place->text = name;
        place->id = put_variable(c, capture_text(c, name, VALUE_TEXT, NULL));
        c->name_count++;
    }
    return place->id;
}

/* ---- Types ---- */

/* What a class calls itself, read from the type itself: qualified for classes made by the program. */
static ctrace_str type_name(capture *c, PyTypeObject *type)
{
    if (PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE)) {
        PyObject *name = ((PyHeapTypeObject *)type)->ht_qualname;
        if (name && PyUnicode_Check(name))
            return capture_text(c, name, VALUE_TEXT, NULL);
    }
    const char *dot = strrchr(type->tp_name, '.');
    return put_literal(dot ? dot + 1 : type->tp_name);
}

/* Its last name. */
static ctrace_str short_name(PyTypeObject *type)
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

static known_type *know_type(capture *c, PyTypeObject *type)
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

/* The type by its name alone; an instance with fields has one of its shape. */
static ctrace_id named_type(capture *c, known_type *t)
{
    if (t->id == CTRACE_ID_NONE)
        t->id = put_type(c, kind_of((enum category)t->category), type_name(c, t->type));
    return t->id;
}

static ctrace_id plain_type(capture *c, ctrace_id *id, ctrace_type_kind kind, const char *name)
{
    if (*id == CTRACE_ID_NONE)
        *id = put_type(c, kind, put_literal(name));
    return *id;
}

/* ---- Values ---- */

/* An int that int64 does not hold. */
static void put_big_int(capture *c, ctrace_id type, PyObject *object)
{
    size_t bits = _PyLong_NumBits(object);
    if (bits > VALUE_TEXT * 8) {
        char text[64];
        int size = snprintf(text, sizeof text, "<int of %zu bits>", bits);
        put_raw(c, type, (ctrace_str){text, (size_t)size}, 0);
        return;
    }
    /* Two's complement, with room for the sign; then its magnitude. It has room, so this cannot fail. */
    unsigned char bytes[VALUE_TEXT + 8];
    size_t size = bits / 8 + 1;
#if PY_VERSION_HEX >= 0x030D0000
    if (_PyLong_AsByteArray((PyLongObject *)object, bytes, size, 0, 1, 1) < 0)
#else
    if (_PyLong_AsByteArray((PyLongObject *)object, bytes, size, 0, 1) < 0)
#endif
        memset(bytes, 0, size);
    bool negative = bytes[0] & 0x80;
    if (negative) {
        unsigned carry = 1;
        for (size_t i = size; i-- > 0;) {
            carry += (unsigned char)~bytes[i];
            bytes[i] = (unsigned char)carry;
            carry >>= 8;
        }
    }
    put_magnitude(c, type, bytes, size, negative);
}

static void put_int(capture *c, ctrace_id type, PyObject *object)
{
    int overflow;
    long long i = PyLong_AsLongLongAndOverflow(object, &overflow);
    if (!overflow)
        put_int64(c, type, i);
    else
        put_big_int(c, type, object);
}

static void put_str(capture *c, ctrace_id type, PyObject *object)
{
    size_t missing;
    ctrace_str text = capture_text(c, object, VALUE_TEXT, &missing);
    put_string(c, type, text, missing);
}

/* Bytes as Python shows them. */
static void put_bytes(capture *c, ctrace_id type, const char *data, Py_ssize_t size, bool is_array)
{
    Py_ssize_t shown = size > VALUE_TEXT ? VALUE_TEXT : size;
    char *start = text_room(c, (size_t)shown * 4 + 80);
    if (!start) {
        put_mark(c, put_literal(MORE));
        return;
    }
    char *p = start;
    if (is_array) {
        memcpy(p, "bytearray(", 10);
        p += 10;
    }
    char quote = memchr(data, '\'', (size_t)shown) && !memchr(data, '"', (size_t)shown) ? '"' : '\'';
    *p++ = 'b';
    *p++ = quote;
    for (Py_ssize_t i = 0; i < shown; i++) {
        unsigned char u = (unsigned char)data[i];
        const char *escaped = u == '\t' ? "\\t" : u == '\n' ? "\\n" : u == '\r' ? "\\r" : u == '\\' ? "\\\\" : NULL;
        if (escaped || u == quote) {
            *p++ = '\\';
            *p++ = escaped ? escaped[1] : quote;
        } else if (u < 0x20 || u >= 0x7F) {
            *p++ = '\\';
            *p++ = 'x';
            *p++ = "0123456789abcdef"[u >> 4];
            *p++ = "0123456789abcdef"[u & 15];
        } else {
            *p++ = (char)u;
        }
    }
    *p++ = quote;
    if (is_array)
        *p++ = ')';
    put_raw(c, type, (ctrace_str){start, (size_t)(p - start)}, (size_t)(size - shown));
}

static void put_items(capture *c, ctrace_id type, PyObject *object, PyObject *const *items, Py_ssize_t count)
{
    size_t shown;
    if (!put_open(c, CTRACE_VALUE_SEQUENCE, type, (size_t)count, object, &shown))
        return;
    for (size_t i = 0; i < shown; i++) {
        if (items[i])
            capture_put(c, items[i]);
        else
            put_mark(c, put_literal("<NULL>"));
    }
    put_close(c);
}

/* What an object or dictionary has under a name. */
static void put_named_value(capture *c, PyObject *name, PyObject *value)
{
    judgement said = judge_attribute(&c->judged, c->policy, name);
    if (said.action == CTRACE_FILTER_ALLOW)
        capture_put(c, value);
    else
        put_redacted(c, said.reason);
}

static void put_dict(capture *c, ctrace_id type, PyObject *dictionary)
{
    ctrace_id pair = plain_type(c, &c->tuple_type, CTRACE_TYPE_TUPLE, "tuple");
    size_t left;
    if (!put_open(c, CTRACE_VALUE_SEQUENCE, type, (size_t)((PyDictObject *)dictionary)->ma_used, dictionary, &left))
        return;
    PyObject *key, *value;
    Py_ssize_t at = 0;
    for (; left && PyDict_Next(dictionary, &at, &key, &value) && put_open_pair(c, pair); left--) {
        capture_put(c, key);
        put_named_value(c, key, value);
        put_close(c);
    }
    put_close(c);
}

static void put_set(capture *c, ctrace_id type, PyObject *object)
{
    const PySetObject *set = (const PySetObject *)object;
    size_t left;
    if (!put_open(c, CTRACE_VALUE_SEQUENCE, type, (size_t)set->used, object, &left))
        return;
    for (Py_ssize_t i = 0; left && i <= set->mask; i++) {
        const setentry *entry = &set->table[i];
        if (!entry->key || entry->hash == -1) /* empty, or what is left of a removed one */
            continue;
        capture_put(c, entry->key);
        left--;
    }
    put_close(c);
}

/* "<kind name>" */
static void put_named(capture *c, ctrace_id type, const char *kind, ctrace_str name)
{
    char text[256];
    int size = snprintf(text, sizeof text, name.size ? "<%s %.*s>" : "<%s>", kind,
                        (int)(name.size > 180 ? 180 : name.size), name.data);
    put_raw(c, type, (ctrace_str){text, (size_t)size}, 0);
}

static ctrace_str text_of(capture *c, PyObject *object)
{
    return object && PyUnicode_Check(object) ? capture_text(c, object, VALUE_TEXT, NULL) : (ctrace_str){"", 0};
}

static ctrace_str module_name(capture *c, PyObject *module)
{
    PyObject *key, *value, *names = PyModule_GetDict(module);
    Py_ssize_t at = 0;
    while (names && PyDict_Next(names, &at, &key, &value))
        if (PyUnicode_CheckExact(key) && PyUnicode_CompareWithASCIIString(key, "__name__") == 0)
            return text_of(c, value);
    return (ctrace_str){"", 0};
}

static ctrace_str method_name(capture *c, PyObject *object)
{
    PyObject *function = PyMethod_GET_FUNCTION(object);
    if (PyFunction_Check(function))
        return text_of(c, ((PyFunctionObject *)function)->func_qualname);
    if (PyCFunction_Check(function))
        return put_literal(((PyCFunctionObject *)function)->m_ml->ml_name);
    return (ctrace_str){"", 0};
}

/* What has a name and nothing to look into. */
static void put_opaque(capture *c, ctrace_id type, PyObject *object)
{
    PyTypeObject *of = Py_TYPE(object);
    if (PyType_Check(object)) {
        put_named(c, type, "class", type_name(c, (PyTypeObject *)object));
    } else if (PyFunction_Check(object)) {
        put_named(c, type, "function", text_of(c, ((PyFunctionObject *)object)->func_qualname));
    } else if (PyCFunction_Check(object)) {
        put_named(c, type, "built-in", put_literal(((PyCFunctionObject *)object)->m_ml->ml_name));
    } else if (PyMethod_Check(object)) {
        put_named(c, type, "method", method_name(c, object));
    } else if (PyModule_Check(object)) {
        put_named(c, type, "module", module_name(c, object));
    } else if (of == &PyGen_Type || of == &PyCoro_Type || of == &PyAsyncGen_Type) {
        put_named(c, type, of == &PyGen_Type ? "generator" : of == &PyCoro_Type ? "coroutine" : "async_generator",
                  text_of(c, generator_name(object)));
    } else {
        char kind[200];
        ctrace_str name = type_name(c, of);
        snprintf(kind, sizeof kind, "%.*s", (int)name.size, name.data);
        put_named(c, type, kind, (ctrace_str){"", 0});
    }
}

static void put_complex(capture *c, ctrace_id type, PyObject *object)
{
    Py_complex number = ((PyComplexObject *)object)->cval;
    char *real = PyOS_double_to_string(number.real, 'r', 0, 0, NULL);
    char *imag = PyOS_double_to_string(number.imag, 'r', 0, Py_DTSF_SIGN, NULL);
    char text[128];
    int size = snprintf(text, sizeof text, "(%s%sj)", real ? real : "?", imag ? imag : "?");
    PyMem_Free(real);
    PyMem_Free(imag);
    put_raw(c, type, (ctrace_str){text, (size_t)size}, 0);
}

/* ---- Instances: slots first, then the dictionary ---- */

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

static void put_instance(capture *c, known_type *t, PyObject *object)
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

static void put_other(capture *c, PyObject *object)
{
    known_type *t = know_type(c, Py_TYPE(object));
    if (!t) {
        put_mark(c, put_literal(MORE)); /* there is no memory to know it */
        return;
    }
    ctrace_id type = t->category == IS_INSTANCE || t->category == IS_EXCEPTION ? CTRACE_ID_NONE : named_type(c, t);
    switch ((enum category)t->category) {
    case IS_INT:
        put_int(c, type, object);
        break;
    case IS_FLOAT:
        put_float(c, type, PyFloat_AS_DOUBLE(object));
        break;
    case IS_STR:
        put_str(c, type, object);
        break;
    case IS_BYTES:
        put_bytes(c, type, PyBytes_AS_STRING(object), PyBytes_GET_SIZE(object), false);
        break;
    case IS_BYTEARRAY:
        put_bytes(c, type, PyByteArray_AS_STRING(object), PyByteArray_GET_SIZE(object), true);
        break;
    case IS_LIST:
        put_items(c, type, object, ((PyListObject *)object)->ob_item, PyList_GET_SIZE(object));
        break;
    case IS_TUPLE:
        put_items(c, type, object, ((PyTupleObject *)object)->ob_item, PyTuple_GET_SIZE(object));
        break;
    case IS_DICT:
        put_dict(c, type, object);
        break;
    case IS_SET:
        put_set(c, type, object);
        break;
    case IS_COMPLEX:
        put_complex(c, type, object);
        break;
    case IS_EXCEPTION:
    case IS_INSTANCE:
        put_instance(c, t, object);
        break;
    default:
        put_opaque(c, type, object);
        break;
    }
}

void capture_put(capture *c, PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    if (type == &PyLong_Type)
        put_int(c, plain_type(c, &c->int_type, CTRACE_TYPE_INT, "int"), object);
    else if (type == &PyUnicode_Type)
        put_str(c, plain_type(c, &c->str_type, CTRACE_TYPE_STRING, "str"), object);
    else if (object == Py_None)
        put_none(c);
    else if (type == &PyBool_Type)
        put_bool(c, plain_type(c, &c->bool_type, CTRACE_TYPE_BOOL, "bool"), object == Py_True);
    else if (type == &PyFloat_Type)
        put_float(c, plain_type(c, &c->float_type, CTRACE_TYPE_FLOAT, "float"), PyFloat_AS_DOUBLE(object));
    else if (type == &PyList_Type)
        put_items(c, plain_type(c, &c->list_type, CTRACE_TYPE_SEQ, "list"), object, ((PyListObject *)object)->ob_item,
                  PyList_GET_SIZE(object));
    else if (type == &PyTuple_Type)
        put_items(c, plain_type(c, &c->tuple_type, CTRACE_TYPE_TUPLE, "tuple"), object,
                  ((PyTupleObject *)object)->ob_item, PyTuple_GET_SIZE(object));
    else if (type == &PyDict_Type)
        put_dict(c, plain_type(c, &c->dict_type, CTRACE_TYPE_TABLE_KIND, "dict"), object);
    else
        put_other(c, object);
}

/* ---- Exceptions ---- */

/* The only argument of an exception, when it can be shown without running code of the program. */
static ctrace_str exception_message(capture *c, PyObject *exception, char *room, size_t size)
{
    PyObject *args = ((PyBaseExceptionObject *)exception)->args;
    if (!args || !PyTuple_Check(args) || PyTuple_GET_SIZE(args) != 1)
        return (ctrace_str){"", 0};
    PyObject *only = PyTuple_GET_ITEM(args, 0);
    if (PyUnicode_CheckExact(only))
        return capture_text(c, only, VALUE_TEXT, NULL);
    if (PyBool_Check(only))
        return put_literal(only == Py_True ? "True" : "False");
    if (PyLong_CheckExact(only)) {
        int overflow;
        long long i = PyLong_AsLongLongAndOverflow(only, &overflow);
        if (!overflow)
            return (ctrace_str){room, (size_t)snprintf(room, size, "%lld", i)};
    }
    return (ctrace_str){"", 0};
}

ctrace_str capture_exception(capture *c, PyObject *exception, bool is_hidden)
{
    char room[32];
    ctrace_str name = short_name(Py_TYPE(exception));
    if (is_hidden)
        return name;
    ctrace_str message = PyExceptionInstance_Check(exception) ? exception_message(c, exception, room, sizeof room)
                                                              : (ctrace_str){"", 0};
    if (!message.size)
        return name;
    /* The message may lie in the scratch that the line is made in. */
    bool inside = message.data == c->text;
    if (!text_room(c, name.size + 2 + message.size))
        return name;
    memmove(c->text + name.size + 2, inside ? c->text : message.data, message.size);
    memcpy(c->text, name.data, name.size);
    memcpy(c->text + name.size, ": ", 2);
    return (ctrace_str){c->text, name.size + 2 + message.size};
}

ctrace_id capture_exception_type(capture *c)
{
    return plain_type(c, &c->error_type, CTRACE_TYPE_ERROR, "exception");
}
