/* What the filter of a recording says of code and of names. Code is judged once, a name once for its code, or looked up. */
#ifndef CTRACE_PYTHON_JUDGE_H
#define CTRACE_PYTHON_JUDGE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <ctrace/filter.h>
#include <ctrace/recorder.h>

/* What is shown of a value. */
typedef struct judgement {
    ctrace_filter_action action;
    ctrace_str reason; /* lives as long as the filter */
} judgement;

static inline judgement judge_name(const ctrace_filter_policy *policy, ctrace_filter_kind kind, ctrace_str name)
{
    ctrace_filter_cause cause;
    judgement j = {.action = ctrace_filter_value(policy, kind, name, &cause)};
    j.reason = ctrace_filter_why(&cause);
    return j;
}

/* What was said of names of attributes and keys, by their hash. */
#define JUDGED_NAMES 512

typedef struct judged_names {
    struct {
        const ctrace_filter_policy *policy;
        Py_hash_t hash;
        judgement said;
    } places[JUDGED_NAMES];
} judged_names;

/* What is shown of what an object or dictionary has under a name. *names is made when it is needed first, and is to be
 * freed with PyMem_RawFree(). */
judgement judge_attribute(judged_names **names, const ctrace_filter_policy *policy, PyObject *name);

/* The stricter one. */
static inline judgement judge_both(judgement a, judgement b) { return b.action > a.action ? b : a; }

/* The name of the module that a file is when it is imported, "pkg.mod", to be freed; NULL without memory. */
char *judge_module(const char *real_path, const char *main_path);

/* Whether code of a module is recorded, and what is shown of its values; `recorded`: when no rule says. The whole name
 * of the code is left in `object`, cut at its size. */
bool judge_code(ctrace_filter *filter, const char *module, const char *file, ctrace_str name, bool recorded,
                const ctrace_filter_policy **policy, char *object, size_t room);

#endif
