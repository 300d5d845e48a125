/* Data flow: capture_put() looks at the exact type first; everything else goes by what is known of its type
 * (known_type), which is found out once for each version of the type. */
#include "values.h"
#include "frame.h"
#include "instance.h"
#include "output.h"

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

void capture_init(capture *c, ctrace_writer *writer)
{
    memset(c, 0, sizeof *c);
    c->writer = writer;
    c->int_type = c->float_type = c->str_type = c->bool_type = CTRACE_ID_NONE;
    c->list_type = c->tuple_type = c->dict_type = c->any_type = c->mark_type = CTRACE_ID_NONE;
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
    capture_init(c, NULL);
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

static ctrace_str literal(const char *text) { return (ctrace_str){text, strlen(text)}; }

ctrace_str capture_text(capture *c, PyObject *text, Py_ssize_t limit)
{
    if (!text_ready(text))
        return literal("<str>");
    Py_ssize_t length = PyUnicode_GET_LENGTH(text);
    Py_ssize_t shown = limit > 0 && length > limit ? limit : length;
    if (shown == length && PyUnicode_IS_ASCII(text))
        return (ctrace_str){PyUnicode_DATA(text), (size_t)length};
    char *start = text_room(c, (size_t)shown * 4 + 40);
    if (!start)
        return literal("<str>");
    char *p = put_characters(start, text, shown);
    if (shown < length)
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
        return ctrace_variable(c->writer, capture_text(c, name, VALUE_TEXT));
    known_name *place = name_place(c->names, c->name_room, name);
    if (!place->text) {
        Py_INCREF(name);
        place->text = name;
        place->id = ctrace_variable(c->writer, capture_text(c, name, VALUE_TEXT));
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
            return capture_text(c, name, VALUE_TEXT);
    }
    const char *dot = strrchr(type->tp_name, '.');
    return literal(dot ? dot + 1 : type->tp_name);
}

/* Its last name. */
static ctrace_str short_name(PyTypeObject *type)
{
    const char *dot = PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) ? NULL : strrchr(type->tp_name, '.');
    return literal(dot ? dot + 1 : type->tp_name);
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
        t->id = ctrace_type(c->writer, kind_of((enum category)t->category), type_name(c, t->type));
    return t->id;
}

static ctrace_id plain_type(capture *c, ctrace_id *id, ctrace_type_kind kind, const char *name)
{
    if (*id == CTRACE_ID_NONE)
        *id = ctrace_type(c->writer, kind, literal(name));
    return *id;
}

/* ---- Values ---- */

static bool put_mark(capture *c, ctrace_str text)
{
    ctrace_id type = plain_type(c, &c->mark_type, CTRACE_TYPE_RAW, "mark");
    return ctrace_put_raw(c->writer, type, text) == CTRACE_OK;
}

static bool put_more(capture *c, Py_ssize_t more)
{
    char text[48];
    int size = snprintf(text, sizeof text, MORE " %zd more", more);
    return put_mark(c, (ctrace_str){text, (size_t)size});
}

/* An int that int64 does not hold. */
static bool put_big_int(capture *c, ctrace_id type, PyObject *object)
{
    size_t bits = _PyLong_NumBits(object);
    if (bits > VALUE_TEXT * 8) {
        char text[64];
        int size = snprintf(text, sizeof text, "<int of %zu bits>", bits);
        return ctrace_put_raw(c->writer, type, (ctrace_str){text, (size_t)size}) == CTRACE_OK;
    }
    /* Two's complement, with room for the sign; then its magnitude. */
    unsigned char bytes[VALUE_TEXT + 8];
    size_t size = bits / 8 + 1;
#if PY_VERSION_HEX >= 0x030D0000
    int failed = _PyLong_AsByteArray((PyLongObject *)object, bytes, size, 0, 1, 1);
#else
    int failed = _PyLong_AsByteArray((PyLongObject *)object, bytes, size, 0, 1);
#endif
    if (failed)
        return false;
    bool negative = bytes[0] & 0x80;
    if (negative) {
        unsigned carry = 1;
        for (size_t i = size; i-- > 0;) {
            carry += (unsigned char)~bytes[i];
            bytes[i] = (unsigned char)carry;
            carry >>= 8;
        }
    }
    return ctrace_put_big_int(c->writer, type, bytes, size, negative) == CTRACE_OK;
}

static bool put_int(capture *c, ctrace_id type, PyObject *object)
{
    int overflow;
    long long i = PyLong_AsLongLongAndOverflow(object, &overflow);
    if (!overflow)
        return ctrace_put_int(c->writer, type, i) == CTRACE_OK;
    return put_big_int(c, type, object);
}

/* Bytes as Python shows them. */
static bool put_bytes(capture *c, ctrace_id type, const char *data, Py_ssize_t size, bool is_array)
{
    Py_ssize_t shown = size > VALUE_TEXT ? VALUE_TEXT : size;
    char *start = text_room(c, (size_t)shown * 4 + 80);
    if (!start)
        return false;
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
    if (shown < size)
        p += sprintf(p, MORE "(+%zd)", size - shown);
    return ctrace_put_raw(c->writer, type, (ctrace_str){start, (size_t)(p - start)}) == CTRACE_OK;
}

/* How many of `count` are put, and how many children that makes with the mark for the rest. */
static Py_ssize_t shown_of(capture *c, Py_ssize_t count, size_t *children)
{
    Py_ssize_t most = c->left < VALUE_ITEMS ? c->left : VALUE_ITEMS;
    Py_ssize_t shown = count > most ? most : count;
    c->left -= shown;
    *children = (size_t)shown + (shown < count);
    return shown;
}

static bool put_items(capture *c, ctrace_id type, PyObject *const *items, Py_ssize_t count)
{
    size_t children;
    Py_ssize_t shown = shown_of(c, count, &children);
    if (ctrace_put_sequence(c->writer, type, children, false) != CTRACE_OK)
        return false;
    for (Py_ssize_t i = 0; i < shown; i++)
        if (!(items[i] ? capture_put(c, items[i]) : put_mark(c, literal("<NULL>"))))
            return false;
    return (shown == count || put_more(c, count - shown)) && ctrace_put_end(c->writer) == CTRACE_OK;
}

static bool put_dict(capture *c, ctrace_id type, PyObject *dictionary)
{
    Py_ssize_t count = ((PyDictObject *)dictionary)->ma_used;
    size_t children;
    Py_ssize_t shown = shown_of(c, count, &children), left = shown;
    ctrace_id pair = plain_type(c, &c->tuple_type, CTRACE_TYPE_TUPLE, "tuple");
    if (ctrace_put_sequence(c->writer, type, children, false) != CTRACE_OK)
        return false;
    PyObject *key, *value;
    Py_ssize_t at = 0;
    for (; left && PyDict_Next(dictionary, &at, &key, &value); left--)
        if (ctrace_put_sequence(c->writer, pair, 2, false) != CTRACE_OK || !capture_put(c, key) ||
            !capture_put(c, value) || ctrace_put_end(c->writer) != CTRACE_OK)
            return false;
    for (; left; left--) /* never: a dictionary has as many entries as it says */
        if (!put_mark(c, literal("<NULL>")))
            return false;
    return (shown == count || put_more(c, count - shown)) && ctrace_put_end(c->writer) == CTRACE_OK;
}

static bool put_set(capture *c, ctrace_id type, PyObject *object)
{
    const PySetObject *set = (const PySetObject *)object;
    Py_ssize_t count = set->used;
    size_t children;
    Py_ssize_t shown = shown_of(c, count, &children), left = shown;
    if (ctrace_put_sequence(c->writer, type, children, false) != CTRACE_OK)
        return false;
    for (Py_ssize_t i = 0; left && i <= set->mask; i++) {
        const setentry *entry = &set->table[i];
        if (!entry->key || entry->hash == -1) /* empty, or what is left of a removed one */
            continue;
        if (!capture_put(c, entry->key))
            return false;
        left--;
    }
    for (; left; left--)
        if (!put_mark(c, literal("<NULL>")))
            return false;
    return (shown == count || put_more(c, count - shown)) && ctrace_put_end(c->writer) == CTRACE_OK;
}

/* "<kind name>" */
static bool put_named(capture *c, ctrace_id type, const char *kind, ctrace_str name)
{
    char text[256];
    int size = snprintf(text, sizeof text, name.size ? "<%s %.*s>" : "<%s>", kind,
                        (int)(name.size > 180 ? 180 : name.size), name.data);
    return ctrace_put_raw(c->writer, type, (ctrace_str){text, (size_t)size}) == CTRACE_OK;
}

static ctrace_str text_of(capture *c, PyObject *object)
{
    return object && PyUnicode_Check(object) ? capture_text(c, object, VALUE_TEXT) : (ctrace_str){"", 0};
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
        return literal(((PyCFunctionObject *)function)->m_ml->ml_name);
    return (ctrace_str){"", 0};
}

/* What has a name and nothing to look into. */
static bool put_opaque(capture *c, ctrace_id type, PyObject *object)
{
    PyTypeObject *of = Py_TYPE(object);
    if (PyType_Check(object))
        return put_named(c, type, "class", type_name(c, (PyTypeObject *)object));
    if (PyFunction_Check(object))
        return put_named(c, type, "function", text_of(c, ((PyFunctionObject *)object)->func_qualname));
    if (PyCFunction_Check(object))
        return put_named(c, type, "built-in", literal(((PyCFunctionObject *)object)->m_ml->ml_name));
    if (PyMethod_Check(object))
        return put_named(c, type, "method", method_name(c, object));
    if (PyModule_Check(object))
        return put_named(c, type, "module", module_name(c, object));
    if (of == &PyGen_Type || of == &PyCoro_Type || of == &PyAsyncGen_Type)
        return put_named(c, type,
                         of == &PyGen_Type    ? "generator"
                         : of == &PyCoro_Type ? "coroutine"
                                              : "async_generator",
                         text_of(c, generator_name(object)));
    char kind[200];
    ctrace_str name = type_name(c, of);
    snprintf(kind, sizeof kind, "%.*s", (int)name.size, name.data);
    return put_named(c, type, kind, (ctrace_str){"", 0});
}

static bool put_complex(capture *c, ctrace_id type, PyObject *object)
{
    Py_complex number = ((PyComplexObject *)object)->cval;
    char *real = PyOS_double_to_string(number.real, 'r', 0, 0, NULL);
    char *imag = PyOS_double_to_string(number.imag, 'r', 0, Py_DTSF_SIGN, NULL);
    char text[128];
    int size = snprintf(text, sizeof text, "(%s%sj)", real ? real : "?", imag ? imag : "?");
    PyMem_Free(real);
    PyMem_Free(imag);
    return ctrace_put_raw(c->writer, type, (ctrace_str){text, (size_t)size}) == CTRACE_OK;
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
            list[count++] = (ctrace_field){literal("args"), any};
        for (Py_ssize_t i = 0; i < f->count; i++) {
            char *end = text_ready(f->names[i]) ? put_characters(p, f->names[i], PyUnicode_GET_LENGTH(f->names[i])) : p;
            list[count++] = (ctrace_field){{p, (size_t)(end - p)}, any};
            p = end;
        }
        if (f->more)
            list[count++] = (ctrace_field){literal(MORE), any};
        id = ctrace_struct_type(c->writer, type_name(c, t->type), list, count);
        if (!f->more)
            keep_shape(t, f, id);
    }
    PyMem_RawFree(list);
    PyMem_RawFree(names);
    return id;
}

static bool put_instance(capture *c, known_type *t, PyObject *object)
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
    if (!args && f.count == 0)
        return put_opaque(c, named_type(c, t), object);
    Py_ssize_t shown = f.count + (args != NULL);
    if (c->depth == 0)
        c->left = VALUE_TOTAL;
    if (c->depth == VALUE_DEPTH || shown > c->left)
        return put_mark(c, literal(MORE));
    c->left -= shown;
    ctrace_id type = shape_type(c, t, &f, args != NULL);
    size_t children = (size_t)shown + (f.more != 0);
    if (type == CTRACE_ID_NONE || ctrace_put_struct(c->writer, type, children) != CTRACE_OK)
        return false;
    /* What is known of the type may be replaced from here on. */
    c->above[c->depth++] = object;
    bool ok = !args || capture_put(c, args);
    for (Py_ssize_t i = 0; ok && i < f.count; i++)
        ok = capture_put(c, f.values[i]);
    c->depth--;
    return ok && (!f.more || put_more(c, f.more)) && ctrace_put_end(c->writer) == CTRACE_OK;
}

static bool is_above(const capture *c, PyObject *object)
{
    for (int i = 0; i < c->depth; i++)
        if (c->above[i] == object)
            return true;
    return false;
}

static bool put_container(capture *c, enum category category, ctrace_id type, PyObject *object)
{
    if (is_above(c, object))
        return put_mark(c, literal("<cycle>"));
    if (c->depth == VALUE_DEPTH)
        return put_mark(c, literal(MORE));
    if (c->depth == 0)
        c->left = VALUE_TOTAL;
    c->above[c->depth++] = object;
    bool ok;
    switch (category) {
    case IS_LIST:
        ok = put_items(c, type, ((PyListObject *)object)->ob_item, PyList_GET_SIZE(object));
        break;
    case IS_TUPLE:
        ok = put_items(c, type, ((PyTupleObject *)object)->ob_item, PyTuple_GET_SIZE(object));
        break;
    case IS_DICT:
        ok = put_dict(c, type, object);
        break;
    default:
        ok = put_set(c, type, object);
        break;
    }
    c->depth--;
    return ok;
}

static bool put_other(capture *c, PyObject *object)
{
    known_type *t = know_type(c, Py_TYPE(object));
    if (!t)
        return false;
    switch ((enum category)t->category) {
    case IS_INT:
        return put_int(c, named_type(c, t), object);
    case IS_FLOAT:
        return ctrace_put_float(c->writer, named_type(c, t), PyFloat_AS_DOUBLE(object)) == CTRACE_OK;
    case IS_STR:
        return ctrace_put_string(c->writer, named_type(c, t), capture_text(c, object, VALUE_TEXT)) == CTRACE_OK;
    case IS_BYTES:
        return put_bytes(c, named_type(c, t), PyBytes_AS_STRING(object), PyBytes_GET_SIZE(object), false);
    case IS_BYTEARRAY:
        return put_bytes(c, named_type(c, t), PyByteArray_AS_STRING(object), PyByteArray_GET_SIZE(object), true);
    case IS_LIST:
    case IS_TUPLE:
    case IS_DICT:
    case IS_SET:
        return put_container(c, (enum category)t->category, named_type(c, t), object);
    case IS_COMPLEX:
        return put_complex(c, named_type(c, t), object);
    case IS_EXCEPTION:
    case IS_INSTANCE:
        return is_above(c, object) ? put_mark(c, literal("<cycle>")) : put_instance(c, t, object);
    default:
        return put_opaque(c, named_type(c, t), object);
    }
}

bool capture_put(capture *c, PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    if (type == &PyLong_Type)
        return put_int(c, plain_type(c, &c->int_type, CTRACE_TYPE_INT, "int"), object);
    if (type == &PyUnicode_Type) {
        ctrace_id id = plain_type(c, &c->str_type, CTRACE_TYPE_STRING, "str");
        return ctrace_put_string(c->writer, id, capture_text(c, object, VALUE_TEXT)) == CTRACE_OK;
    }
    if (object == Py_None)
        return ctrace_put_none(c->writer, CTRACE_ID_NONE) == CTRACE_OK;
    if (type == &PyBool_Type) {
        ctrace_id id = plain_type(c, &c->bool_type, CTRACE_TYPE_BOOL, "bool");
        return ctrace_put_bool(c->writer, id, object == Py_True) == CTRACE_OK;
    }
    if (type == &PyFloat_Type) {
        ctrace_id id = plain_type(c, &c->float_type, CTRACE_TYPE_FLOAT, "float");
        return ctrace_put_float(c->writer, id, PyFloat_AS_DOUBLE(object)) == CTRACE_OK;
    }
    if (type == &PyList_Type)
        return put_container(c, IS_LIST, plain_type(c, &c->list_type, CTRACE_TYPE_SEQ, "list"), object);
    if (type == &PyTuple_Type)
        return put_container(c, IS_TUPLE, plain_type(c, &c->tuple_type, CTRACE_TYPE_TUPLE, "tuple"), object);
    if (type == &PyDict_Type)
        return put_container(c, IS_DICT, plain_type(c, &c->dict_type, CTRACE_TYPE_TABLE_KIND, "dict"), object);
    return put_other(c, object);
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
        return capture_text(c, only, VALUE_TEXT);
    if (PyBool_Check(only))
        return literal(only == Py_True ? "True" : "False");
    if (PyLong_CheckExact(only)) {
        int overflow;
        long long i = PyLong_AsLongLongAndOverflow(only, &overflow);
        if (!overflow)
            return (ctrace_str){room, (size_t)snprintf(room, size, "%lld", i)};
    }
    return (ctrace_str){"", 0};
}

ctrace_str capture_exception(capture *c, PyObject *exception)
{
    char room[32];
    ctrace_str name = short_name(Py_TYPE(exception));
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
