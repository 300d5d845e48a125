/* Texts of Python as UTF-8, and the ids of names. */
#include "text.h"

#include "put.h"

#include <stdio.h>
#include <string.h>

char *text_room(capture *c, size_t size)
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

char *put_characters(char *p, PyObject *text, Py_ssize_t count)
{
    int kind = (int)PyUnicode_KIND(text);
    const void *data = PyUnicode_DATA(text);
    for (Py_ssize_t i = 0; i < count; i++)
        p = put_character(p, PyUnicode_READ(kind, data, i));
    return p;
}

bool text_ready(PyObject *text)
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
