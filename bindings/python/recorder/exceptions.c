/* Exceptions in one line. */
#include "text.h"
#include "types.h"

#include <stdio.h>
#include <string.h>

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
    ctrace_str name = type_short_name(Py_TYPE(exception));
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
