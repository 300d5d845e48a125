/* Since 3.11 most instances have no dictionary but an array of values beside the object, with the names in the class;
 * a dictionary would be made, and stay, if one were asked for. */
#define Py_BUILD_CORE_MODULE 1
#include "instance.h"

#if PY_VERSION_HEX >= 0x030B0000
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include "internal/pycore_dict.h"
#include "internal/pycore_object.h"
#pragma GCC diagnostic pop
#endif

static void dictionary_attributes(PyObject *dictionary, attribute_visitor visit, void *cookie)
{
    PyObject *name, *value;
    Py_ssize_t at = 0;
    while (PyDict_Next(dictionary, &at, &name, &value))
        if (!visit(cookie, name, value))
            return;
}

#if PY_VERSION_HEX >= 0x030B0000

static void inline_attributes(PyObject *object, const PyDictValues *values, attribute_visitor visit, void *cookie)
{
    PyDictKeysObject *keys = ((PyHeapTypeObject *)Py_TYPE(object))->ht_cached_keys;
    if (!keys)
        return;
    const PyDictUnicodeEntry *entries = DK_UNICODE_ENTRIES(keys);
#if PY_VERSION_HEX >= 0x030D0000
    int count = values->size;
    const uint8_t *order = (const uint8_t *)&values->values[values->capacity];
#else
    /* Their number stands before the values, and before that the order in which they were set, backwards. */
    int count = ((const uint8_t *)values)[-2];
    const uint8_t *order = (const uint8_t *)values - 3;
#endif
    for (int i = 0; i < count; i++) {
#if PY_VERSION_HEX >= 0x030D0000
        int at = order[i];
#else
        int at = order[-i];
#endif
        if (values->values[at] && !visit(cookie, entries[at].me_key, values->values[at]))
            return;
    }
}

/* True when the instance has its attributes in an array, which then were visited. */
static bool managed_attributes(PyObject *object, PyObject **dictionary, attribute_visitor visit, void *cookie)
{
#if PY_VERSION_HEX >= 0x030D0000
    if (PyType_HasFeature(Py_TYPE(object), Py_TPFLAGS_INLINE_VALUES)) {
        const PyDictValues *values = _PyObject_InlineValues(object);
        if (values->valid) {
            inline_attributes(object, values, visit, cookie);
            return true;
        }
    }
    *dictionary = (PyObject *)_PyObject_ManagedDictPointer(object)->dict;
#elif PY_VERSION_HEX >= 0x030C0000
    PyDictOrValues held = *_PyObject_DictOrValuesPointer(object);
    if (_PyDictOrValues_IsValues(held)) {
        inline_attributes(object, _PyDictOrValues_GetValues(held), visit, cookie);
        return true;
    }
    *dictionary = _PyDictOrValues_GetDict(held);
#else
    const PyDictValues *values = *_PyObject_ValuesPointer(object);
    if (values) {
        inline_attributes(object, values, visit, cookie);
        return true;
    }
    *dictionary = *_PyObject_ManagedDictPointer(object);
#endif
    return false;
}

#endif

void instance_attributes(PyObject *object, attribute_visitor visit, void *cookie)
{
    PyObject *dictionary = NULL;
#if PY_VERSION_HEX >= 0x030B0000
    if (PyType_HasFeature(Py_TYPE(object), Py_TPFLAGS_MANAGED_DICT)) {
        if (managed_attributes(object, &dictionary, visit, cookie))
            return;
    } else
#endif
    {
        PyObject **place = _PyObject_GetDictPtr(object);
        if (place)
            dictionary = *place;
    }
    if (dictionary && PyDict_Check(dictionary))
        dictionary_attributes(dictionary, visit, cookie);
}
