#include "diff/same.h"

#include <string.h>

static bool same_text(ctrace_str a, ctrace_str b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static ctrace_str base_name(ctrace_str path)
{
    size_t at = path.size;
    while (at && path.data[at - 1] != '/' && path.data[at - 1] != '\\')
        at--;
    return (ctrace_str){path.data + at, path.size - at};
}

static bool same_path(const ctr_comparison *c, ctrace_id a, ctrace_id b)
{
    ctrace_str in_a = ctr_known_path(c->a, a), in_b = ctr_known_path(c->b, b);
    return c->base_names ? same_text(base_name(in_a), base_name(in_b)) : same_text(in_a, in_b);
}

static bool same_variable(const ctr_comparison *c, ctrace_id a, ctrace_id b)
{
    return same_text(ctr_known_variable(c->a, a), ctr_known_variable(c->b, b));
}

static bool same_variables(const ctr_comparison *c, const ctrace_id *a, size_t a_count, const ctrace_id *b,
                           size_t b_count)
{
    if (a_count != b_count)
        return false;
    for (size_t i = 0; i < a_count; i++)
        if (!same_variable(c, a[i], b[i]))
            return false;
    return true;
}

static bool same_function(const ctr_comparison *c, ctrace_id a, ctrace_id b)
{
    ctr_known_function in_a = ctr_known_function_at(c->a, a), in_b = ctr_known_function_at(c->b, b);
    return same_text(in_a.name, in_b.name) && in_a.line == in_b.line && same_path(c, in_a.path, in_b.path);
}

static bool same_type(const ctr_comparison *c, ctrace_id a, ctrace_id b)
{
    ctr_known_type in_a = ctr_known_type_at(c->a, a), in_b = ctr_known_type_at(c->b, b);
    return in_a.kind == in_b.kind && same_text(in_a.name, in_b.name);
}

/* Every NaN is the same; zeros of other signs are not. */
static bool same_float(double a, double b)
{
    return (a != a && b != b) || memcmp(&a, &b, sizeof a) == 0;
}

static bool same_entry(const ctr_comparison *c, const ctrace_value *a, const ctrace_value *b)
{
    if (a->kind != b->kind || a->count != b->count)
        return false;
    if (a->kind != CTRACE_VALUE_CELL && !same_type(c, a->type_id, b->type_id))
        return false;
    switch (a->kind) {
    case CTRACE_VALUE_INT:
        return a->i == b->i;
    case CTRACE_VALUE_FLOAT:
        return same_float(a->f, b->f);
    case CTRACE_VALUE_BOOL:
        return a->b == b->b;
    case CTRACE_VALUE_SEQUENCE:
        return a->is_slice == b->is_slice;
    case CTRACE_VALUE_REFERENCE:
        return a->address == b->address && a->is_mutable == b->is_mutable;
    case CTRACE_VALUE_CELL:
        return a->place == b->place;
    case CTRACE_VALUE_BIG_INT:
        return a->is_negative == b->is_negative && same_text(a->text, b->text);
    case CTRACE_VALUE_STRING:
    case CTRACE_VALUE_RAW:
    case CTRACE_VALUE_ERROR:
    case CTRACE_VALUE_CHAR:
    case CTRACE_VALUE_VARIANT:
        return same_text(a->text, b->text);
    default:
        return true;
    }
}

static bool same_value(const ctr_comparison *c, const ctrace_value *a, const ctrace_value *b)
{
    if (c->no_values)
        return true;
    if (a->span != b->span)
        return false;
    for (uint32_t i = 0; i < a->span; i++) /* in preorder the counts of children tell the shape */
        if (!same_entry(c, a + i, b + i))
            return false;
    return true;
}

static bool same_args(const ctr_comparison *c, const ctrace_call_event *a, const ctrace_call_event *b)
{
    if (c->no_values)
        return true;
    if (a->arg_count != b->arg_count)
        return false;
    for (size_t i = 0; i < a->arg_count; i++)
        if (!same_variable(c, a->args[i].variable_id, b->args[i].variable_id) ||
            !same_value(c, a->args[i].value, b->args[i].value))
            return false;
    return true;
}

static bool same_rvalue(const ctr_comparison *c, const ctrace_rvalue *a, const ctrace_rvalue *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case CTRACE_RVALUE_SIMPLE:
        return same_variable(c, a->variable_id, b->variable_id);
    case CTRACE_RVALUE_COMPOUND:
        return same_variables(c, a->variable_ids, a->variable_count, b->variable_ids, b->variable_count);
    case CTRACE_RVALUE_FIELD_ACCESS:
        return same_variable(c, a->variable_id, b->variable_id) && same_text(a->field, b->field);
    case CTRACE_RVALUE_INDEX_ACCESS:
        return same_variable(c, a->variable_id, b->variable_id) && a->index == b->index;
    case CTRACE_RVALUE_FUNCTION_RETURN:
        return a->call_key == b->call_key;
    default:
        return true;
    }
}

static bool same_lines(const ctrace_assembly_event *a, const ctrace_assembly_event *b)
{
    if (a->line_count != b->line_count)
        return false;
    for (size_t i = 0; i < a->line_count; i++)
        if (!same_text(a->lines[i], b->lines[i]))
            return false;
    return true;
}

bool ctr_same_event(const ctr_comparison *c, const ctrace_event *a, const ctrace_event *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case CTRACE_EVENT_STEP:
        return a->step.line == b->step.line && same_path(c, a->step.path_id, b->step.path_id);
    case CTRACE_EVENT_VALUE:
        return same_variable(c, a->value.variable_id, b->value.variable_id) &&
               same_value(c, a->value.value, b->value.value);
    case CTRACE_EVENT_CALL:
        return same_function(c, a->call.function_id, b->call.function_id) && same_args(c, &a->call, &b->call);
    case CTRACE_EVENT_RETURN:
        return same_value(c, a->returned.return_value, b->returned.return_value);
    case CTRACE_EVENT_LOG:
        return a->log.kind == b->log.kind && same_text(a->log.metadata, b->log.metadata) &&
               same_text(a->log.content, b->log.content);
    case CTRACE_EVENT_ASM:
        return same_lines(&a->assembly, &b->assembly);
    case CTRACE_EVENT_BIND_VARIABLE:
        return same_variable(c, a->bind_variable.variable_id, b->bind_variable.variable_id) &&
               a->bind_variable.place == b->bind_variable.place;
    case CTRACE_EVENT_ASSIGNMENT:
        return same_variable(c, a->assignment.to, b->assignment.to) &&
               a->assignment.pass_by == b->assignment.pass_by &&
               same_rvalue(c, &a->assignment.from, &b->assignment.from);
    case CTRACE_EVENT_DROP_VARIABLES:
        return same_variables(c, a->drop_variables.variable_ids, a->drop_variables.variable_count,
                              b->drop_variables.variable_ids, b->drop_variables.variable_count);
    case CTRACE_EVENT_COMPOUND_VALUE:
        return a->compound_value.place == b->compound_value.place &&
               same_value(c, a->compound_value.value, b->compound_value.value);
    case CTRACE_EVENT_CELL_VALUE:
        return a->cell_value.place == b->cell_value.place && same_value(c, a->cell_value.value, b->cell_value.value);
    case CTRACE_EVENT_ASSIGN_COMPOUND_ITEM:
        return a->assign_compound_item.place == b->assign_compound_item.place &&
               a->assign_compound_item.index == b->assign_compound_item.index &&
               a->assign_compound_item.item_place == b->assign_compound_item.item_place;
    case CTRACE_EVENT_ASSIGN_CELL:
        return a->assign_cell.place == b->assign_cell.place &&
               same_value(c, a->assign_cell.new_value, b->assign_cell.new_value);
    case CTRACE_EVENT_VARIABLE_CELL:
        return same_variable(c, a->variable_cell.variable_id, b->variable_cell.variable_id) &&
               a->variable_cell.place == b->variable_cell.place;
    case CTRACE_EVENT_DROP_VARIABLE:
        return same_variable(c, a->drop_variable, b->drop_variable);
    case CTRACE_EVENT_THREAD_START:
    case CTRACE_EVENT_THREAD_EXIT:
    case CTRACE_EVENT_THREAD_SWITCH:
        return a->thread_id == b->thread_id;
    default:
        return true;
    }
}
