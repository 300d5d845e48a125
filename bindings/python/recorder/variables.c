/* The variables of a frame. The recorder keeps them from step to step; what is told here is what is not as it was. */
#include "session.h"

/* ---- What a filter hides ---- */

static judgement of_variable(const code_record *code, size_t i)
{
    judgement shown = {.action = CTRACE_FILTER_ALLOW}, hidden = {.action = CTRACE_FILTER_REDACT};
    if (!code->variables[i].is_hidden)
        return shown;
    return code->judged ? code->judged[i] : hidden;
}

static judgement of_name(session *s, const code_record *code, PyObject *name)
{
    judgement shown = {.action = CTRACE_FILTER_ALLOW};
    return code->policy ? judge_name(code->policy, code->is_module ? CTRACE_FILTER_GLOBAL : CTRACE_FILTER_LOCAL,
                                     capture_text(&s->values, name, VALUE_TEXT, NULL))
                        : shown;
}

typedef void begin_function(ctrace_lane *l, ctrace_id variable);

static void put_hidden(session *s, thread_record *t, begin_function *begin, ctrace_id name, judgement said)
{
    if (said.action == CTRACE_FILTER_DROP) {
        ctrace_recorder_count_dropped(s->recorder);
        return;
    }
    begin(t->lane, name);
    ctrace_lane_put_redacted(t->lane, said.reason);
}

static void put_variable_value(session *s, thread_record *t, ctrace_id name, PyObject *value)
{
    ctrace_lane_begin_variable(t->lane, name);
    capture_put(&s->values, value);
}

static void put_judged(session *s, thread_record *t, ctrace_id name, PyObject *value, judgement said)
{
    if (said.action == CTRACE_FILTER_ALLOW)
        put_variable_value(s, t, name, value);
    else
        put_hidden(s, t, ctrace_lane_begin_variable, name, said);
}

static PyObject *slot_of(frame *f, const code_record *code, size_t at)
{
    return frame_slot(f, code->variables[at].slot, code->variables[at].is_cell);
}

/* In a namespace: what the program computes, not what it is made of. */
static bool name_is_shown(PyObject *name)
{
    if (!PyUnicode_Check(name))
        return false;
    Py_ssize_t size = PyUnicode_GET_LENGTH(name);
    return !(size >= 4 && PyUnicode_READ_CHAR(name, 0) == '_' && PyUnicode_READ_CHAR(name, 1) == '_' &&
             PyUnicode_READ_CHAR(name, size - 1) == '_' && PyUnicode_READ_CHAR(name, size - 2) == '_');
}

static bool value_is_shown(PyObject *value)
{
    return !PyModule_Check(value) && !PyFunction_Check(value) && !PyCFunction_Check(value) && !PyType_Check(value);
}

static void put_all(session *s, thread_record *t, frame *f, const code_record *code)
{
    ctrace_lane_begin_variables(t->lane);
    PyObject *names = code->has_slots ? NULL : frame_namespace(f), *name, *value;
    Py_ssize_t at = 0;
    while (names && PyDict_Check(names) && PyDict_Next(names, &at, &name, &value))
        if (name_is_shown(name) && value_is_shown(value))
            put_judged(s, t, capture_name(&s->values, name), value, of_name(s, code, name));
    /* A body of a module or class has slots too, for the variables of comprehensions. */
    for (size_t i = 0; i < (size_t)code->variable_count; i++) {
        value = slot_of(f, code, i);
        if (value)
            put_judged(s, t, code->variables[i].id, value, of_variable(code, i));
    }
}

/* ---- Those that changed. They come in the order that the frame has them in: what is bound before others that were put
 *      has them put again behind it. ---- */

/* The frame's `i`-th variable holds something, which was not so before. */
static void forget_later(thread_record *t, open_frame *open, size_t i)
{
    for (; open->bound > i + 1; open->bound--) {
        seen *later = t->variables + open->first + open->bound - 1;
        if (later->value)
            ctrace_lane_forget(t->lane, later->id);
        seen_clear(later);
    }
    open->bound = i + 1;
}

static void put_seen(session *s, thread_record *t, open_frame *open, size_t i, PyObject *value)
{
    seen *variable = t->variables + open->first + i;
    if (!variable->value)
        forget_later(t, open, i);
    put_variable_value(s, t, variable->id, value);
    seen_set(variable, value);
}

/* It stands as hidden from here on, whatever it holds. */
static void put_seen_hidden(session *s, thread_record *t, open_frame *open, size_t i, judgement said)
{
    seen *variable = t->variables + open->first + i;
    if (variable->value == SEEN_HIDDEN)
        return;
    if (!variable->value)
        forget_later(t, open, i);
    else if (said.action == CTRACE_FILTER_DROP)
        ctrace_lane_forget(t->lane, variable->id);
    put_hidden(s, t, ctrace_lane_begin_variable, variable->id, said);
    seen_clear(variable);
    variable->value = SEEN_HIDDEN;
}

static void put_empty(thread_record *t, seen *variable)
{
    if (!variable->value)
        return;
    ctrace_lane_forget(t->lane, variable->id);
    seen_clear(variable);
}

static void put_slots(session *s, thread_record *t, open_frame *open, frame *f)
{
    const code_record *code = open->code;
    seen *variable = t->variables + open->first;
    for (size_t i = 0; i < (size_t)code->variable_count; i++, variable++) {
        PyObject *value = slot_of(f, code, i);
        if (!value) {
            put_empty(t, variable);
        } else if (!seen_same(variable, value)) {
            variable->id = code->variables[i].id;
            if (code->variables[i].is_hidden)
                put_seen_hidden(s, t, open, i, of_variable(code, i));
            else
                put_seen(s, t, open, i, value);
        }
    }
}

/* A dictionary keeps its order, so each entry is where it was; behind a removed one are others. */
static void cut_entries(thread_record *t, open_frame *open, size_t count)
{
    while (t->variable_count - open->first > count)
        put_empty(t, &t->variables[--t->variable_count]);
    if (open->bound > count)
        open->bound = count;
}

/* False when there is no memory. */
static bool put_namespace(session *s, thread_record *t, open_frame *open, frame *f)
{
    PyObject *names = frame_namespace(f), *name, *value;
    Py_ssize_t at = 0;
    size_t i = 0;
    while (names && PyDict_Check(names) && PyDict_Next(names, &at, &name, &value)) {
        bool is_known = i < t->variable_count - open->first && t->variables[open->first + i].name == name;
        if (!is_known) {
            if (!name_is_shown(name))
                continue;
            cut_entries(t, open, i);
            if (!thread_add_variables(t, 1))
                return false;
            t->variables[open->first + i].name = name;
            t->variables[open->first + i].action = of_name(s, open->code, name).action;
        }
        seen *variable = &t->variables[open->first + i];
        if (!seen_same(variable, value)) {
            if (!value_is_shown(value)) {
                put_empty(t, variable);
            } else if (variable->action == CTRACE_FILTER_ALLOW) {
                variable->id = (uint32_t)capture_name(&s->values, name);
                put_seen(s, t, open, i, value);
            } else {
                variable->id = (uint32_t)capture_name(&s->values, name);
                put_seen_hidden(s, t, open, i, of_name(s, open->code, name));
            }
        }
        i++;
    }
    cut_entries(t, open, i);
    return true;
}

static bool in_comprehension(frame *f, const code_record *code)
{
    for (size_t i = 0; i < (size_t)code->variable_count; i++)
        if (slot_of(f, code, i))
            return true;
    return false;
}

/* ---- Both ---- */

static void forget(thread_record *t, open_frame *open)
{
    for (size_t i = open->first; i < t->variable_count; i++)
        seen_clear(&t->variables[i]);
    if (!open->code->has_slots)
        t->variable_count = open->first;
    open->bound = 0;
}

void variables_put(session *s, thread_record *t, open_frame *open, frame *f, const code_record *code)
{
    s->values.policy = code->policy;
    if (!open || (!code->has_slots && in_comprehension(f, code))) {
        if (open)
            open->turn = 0;
        put_all(s, t, f, code);
        return;
    }
    if (open->turn != s->turn || ctrace_lane_wants_variables(t->lane)) {
        forget(t, open);
        open->turn = s->turn;
        ctrace_lane_begin_variables(t->lane);
    }
    if (code->has_slots) {
        put_slots(s, t, open, f);
    } else if (!put_namespace(s, t, open, f)) {
        open->turn = 0;
        put_all(s, t, f, code);
    }
}

void variables_put_arguments(session *s, thread_record *t, open_frame *open, frame *f)
{
    const code_record *code = open->code;
    seen *variable = t->variables + open->first;
    s->values.policy = code->policy;
    for (size_t i = 0; i < (size_t)code->arg_count; i++, variable++) {
        PyObject *value = slot_of(f, code, i);
        variable->id = code->variables[i].id;
        if (!value)
            continue;
        if (code->variables[i].is_hidden) {
            put_hidden(s, t, ctrace_lane_begin_arg, variable->id, of_variable(code, i));
            variable->value = SEEN_HIDDEN;
        } else {
            ctrace_lane_begin_arg(t->lane, variable->id);
            capture_put(&s->values, value);
            seen_set(variable, value);
        }
    }
    open->bound = (size_t)code->arg_count;
    open->turn = s->turn;
}
