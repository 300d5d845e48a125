#include "judge.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

judgement judge_attribute(judged_names **names, const ctrace_filter_policy *policy, PyObject *name)
{
    judgement shown = {.action = CTRACE_FILTER_ALLOW};
    if (!policy || !PyUnicode_CheckExact(name))
        return shown;
    Py_hash_t hash = PyObject_Hash(name); /* of a str, which has it by now */
    if (!*names)
        *names = PyMem_RawCalloc(1, sizeof **names);
    size_t at = ((size_t)hash ^ ((size_t)(uintptr_t)policy >> 4)) % JUDGED_NAMES;
    if (*names && (*names)->places[at].policy == policy && (*names)->places[at].hash == hash)
        return (*names)->places[at].said;
    if (PyUnicode_IS_COMPACT_ASCII(name)) {
        ctrace_str text = {(const char *)PyUnicode_1BYTE_DATA(name), (size_t)PyUnicode_GET_LENGTH(name)};
        shown = judge_name(policy, CTRACE_FILTER_ATTRIBUTE, text);
    } else { /* the object is not made to keep its UTF-8 */
        PyObject *type, *value, *traceback;
        PyErr_Fetch(&type, &value, &traceback);
        PyObject *utf8 = PyUnicode_AsEncodedString(name, "utf-8", "surrogatepass");
        PyErr_Restore(type, value, traceback);
        if (!utf8)
            return shown;
        shown = judge_name(policy, CTRACE_FILTER_ATTRIBUTE,
                           (ctrace_str){PyBytes_AS_STRING(utf8), (size_t)PyBytes_GET_SIZE(utf8)});
        Py_DECREF(utf8);
    }
    if (*names) {
        (*names)->places[at].policy = policy;
        (*names)->places[at].hash = hash;
        (*names)->places[at].said = shown;
    }
    return shown;
}

static bool is_package(const char *path, size_t folder_size)
{
    char *init = malloc(folder_size + sizeof "/__init__.py");
    if (!init)
        return false;
    memcpy(init, path, folder_size);
    memcpy(init + folder_size, "/__init__.py", sizeof "/__init__.py");
    bool is = access(init, F_OK) == 0;
    free(init);
    return is;
}

char *judge_module(const char *real_path, const char *main_path)
{
    if (strcmp(real_path, main_path) == 0)
        return strdup("__main__");
    size_t end = strlen(real_path);
    if (end > 3 && strcmp(real_path + end - 3, ".py") == 0)
        end -= 3;
    size_t begin = end;
    while (begin > 0 && real_path[begin - 1] != '/')
        begin--;
    if (end - begin == 8 && memcmp(real_path + begin, "__init__", 8) == 0 && begin > 1) {
        end = begin - 1;
        for (begin = end; begin > 0 && real_path[begin - 1] != '/';)
            begin--;
    }
    while (begin > 1 && is_package(real_path, begin - 1)) {
        begin--;
        while (begin > 0 && real_path[begin - 1] != '/')
            begin--;
    }
    char *name = malloc(end - begin + 1);
    if (!name)
        return NULL;
    for (size_t i = begin; i < end; i++)
        name[i - begin] = real_path[i] == '/' ? '.' : real_path[i];
    name[end - begin] = 0;
    return name;
}

bool judge_code(ctrace_filter *filter, const char *module, const char *file, ctrace_str name, bool recorded,
                const ctrace_filter_policy **policy, char *object, size_t room)
{
    size_t module_size = module ? strlen(module) : 0, used = 0;
    if (module_size && module_size + 1 < room) {
        memcpy(object, module, module_size);
        object[module_size] = '.';
        used = module_size + 1;
    }
    size_t left = room - used - 1, size = name.size < left ? name.size : left;
    memcpy(object + used, name.data, size);
    object[used + size] = 0;
    ctrace_filter_verdict verdict;
    *policy = NULL;
    if (ctrace_filter_scope(filter, (ctrace_str){module ? module : "", module_size}, (ctrace_str){file, strlen(file)},
                            (ctrace_str){object, used + size}, &verdict) < 0)
        return false;
    *policy = verdict.policy;
    return verdict.by_rule ? verdict.traced : recorded && verdict.traced;
}
