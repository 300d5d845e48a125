/* A look at a frame whose variables are known, before anything is recorded: another build of the interpreter may keep
 * them elsewhere, and then nothing is read at all. */
#include "session.h"

#include <string.h>

static const char probe[] = "def probe(a, b, *c, d=4, **e):\n"
                            "    f = a\n"
                            "    def inner():\n"
                            "        return b, f\n"
                            "    return look(a, b, c, d, e, f, inner)\n";
static const char *const names[] = {"a", "b", "c", "d", "e", "f", "inner"};
enum { NAME_COUNT = sizeof names / sizeof names[0] };

static int known_name_number(PyObject *name)
{
    for (int i = 0; i < NAME_COUNT; i++)
        if (PyUnicode_CompareWithASCIIString(name, names[i]) == 0)
            return i;
    return -1;
}

static PyObject *look(PyObject *self, PyObject *const *values, Py_ssize_t count)
{
    (void)self;
    frame *f = frame_current(PyThreadState_Get());
    PyCodeObject *code = f ? frame_code(f) : NULL;
    if (count != NAME_COUNT || !code || !PyCode_Check((PyObject *)code))
        Py_RETURN_FALSE;
    int found = 0;
    frame_variable variable;
    bool visible;
    for (int i = 0; frame_variable_at(code, i, &variable, &visible); i++) {
        if (!visible)
            continue;
        int number = known_name_number(variable.name);
        if (number < 0 || frame_slot(f, variable.slot, variable.is_cell) != values[number])
            Py_RETURN_FALSE;
        found++;
    }
    return PyBool_FromLong(found == NAME_COUNT);
}

static PyMethodDef look_method = {"look", (PyCFunction)(void (*)(void))look, METH_FASTCALL, NULL};

/* True when frames are as this build knows them; else an exception is set. */
bool frame_check(void)
{
    PyObject *namespace = PyDict_New(), *function = PyCFunction_New(&look_method, NULL), *result = NULL;
    if (namespace && function && PyDict_SetItemString(namespace, "look", function) == 0 &&
        PyDict_SetItemString(namespace, "__builtins__", PyEval_GetBuiltins()) == 0) {
        PyObject *defined = PyRun_String(probe, Py_file_input, namespace, namespace);
        Py_XDECREF(defined);
        if (defined)
            result = PyRun_String("probe(1, 'two', 3.5, x=[5])", Py_eval_input, namespace, namespace);
    }
    bool fine = result == Py_True;
    Py_XDECREF(result);
    if (namespace)
        PyDict_Clear(namespace); /* the function and its namespace hold each other */
    Py_XDECREF(namespace);
    Py_XDECREF(function);
    if (!fine && !PyErr_Occurred())
        PyErr_SetString(PyExc_RuntimeError, "this build of Python keeps its frames where the recorder does not look");
    return fine;
}
