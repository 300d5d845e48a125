/* Data flow: capture_put() looks at the exact type first; everything else goes by what is known of its type
 * (types.c), which is found out once for each version of the type. */
#include "values.h"

#include "frame.h"
#include "put_object.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

void capture_init(capture *c, ctrace_recorder *recorder, ctrace_writer *writer)
{
    memset(c, 0, sizeof *c);
    c->recorder = recorder;
    c->writer = writer;
    c->int_type = c->float_type = c->str_type = c->bool_type = CTRACE_ID_NONE;
    c->list_type = c->tuple_type = c->dict_type = c->any_type = c->mark_type = c->error_type = CTRACE_ID_NONE;
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

void put_named_value(capture *c, PyObject *name, PyObject *value)
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

void put_opaque(capture *c, ctrace_id type, PyObject *object)
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
