#include "show_event.h"

#include "show_name.h"
#include "show_value.h"

#include <ctype.h>
#include <inttypes.h>

#define MAX_VALUE 1000
#define MAX_TEXT 1000
#define MAX_ITEMS 50

void show_event_kind(text *t, ctrace_event_kind kind)
{
    const char *name = ctrace_event_kind_name(kind);
    for (size_t i = 0; name && name[i]; i++) {
        char lower[2] = {(char)tolower((unsigned char)name[i]), 0};
        if (i && isupper((unsigned char)name[i]))
            text_put(t, "-");
        text_put(t, lower);
    }
}

/* The comma before item `i` of a list; false when no more are shown. */
static bool begin_item(text *t, size_t i)
{
    if (i)
        text_put(t, ", ");
    if (i < MAX_ITEMS)
        return true;
    text_ellipsis(t);
    return false;
}

static void show_quoted(text *t, const names *n, ctrace_str s)
{
    char quote[2] = {n->language.quote, 0};
    text_put(t, quote);
    text_safe(t, s, quote[0], MAX_TEXT);
    text_put(t, quote);
}

static void show_variables(text *t, const names *n, const ctrace_id *ids, size_t count)
{
    for (size_t i = 0; i < count && begin_item(t, i); i++)
        show_variable(t, n, ids[i]);
}

static void show_type_event(text *t, const names *n, const ctrace_event *event)
{
    const ctrace_type_info *info = &event->type.specific_info;
    const char *kind = ctrace_type_kind_name(event->type.kind);
    text_format(t, "%zu: ", n->type_count);
    text_safe(t, event->type.lang_type, 0, MAX_TEXT);
    text_format(t, " (%s)", kind ? kind : "unknown kind");
    if (info->kind == CTRACE_TYPE_INFO_STRUCT) {
        text_put(t, " with ");
        for (size_t i = 0; i < info->field_count && begin_item(t, i); i++) {
            text_safe(t, info->fields[i].name, 0, MAX_TEXT);
            text_put(t, ": ");
            show_type(t, n, info->fields[i].type_id);
        }
        if (info->field_count == 0)
            text_put(t, "no fields");
    } else if (info->kind == CTRACE_TYPE_INFO_POINTER) {
        text_put(t, " to ");
        show_type(t, n, info->dereference_type_id);
    }
}

static void show_call(text *t, const names *n, const ctrace_event *event)
{
    show_function(t, n, event->call.function_id);
    text_put(t, "(");
    for (size_t i = 0; i < event->call.arg_count && begin_item(t, i); i++) {
        show_variable(t, n, event->call.args[i].variable_id);
        text_put(t, "=");
        show_value(t, n, event->call.args[i].value, MAX_VALUE);
    }
    text_put(t, ")");
}

static void show_rvalue(text *t, const names *n, const ctrace_rvalue *from)
{
    switch (from->kind) {
    case CTRACE_RVALUE_SIMPLE:
        show_variable(t, n, from->variable_id);
        break;
    case CTRACE_RVALUE_COMPOUND:
        text_put(t, "(");
        show_variables(t, n, from->variable_ids, from->variable_count);
        text_put(t, ")");
        break;
    case CTRACE_RVALUE_LITERAL:
        text_put(t, "a literal");
        break;
    case CTRACE_RVALUE_FIELD_ACCESS:
        show_variable(t, n, from->variable_id);
        text_put(t, ".");
        text_safe(t, from->field, 0, MAX_TEXT);
        break;
    case CTRACE_RVALUE_INDEX_ACCESS:
        show_variable(t, n, from->variable_id);
        text_format(t, "[%" PRId64 "]", from->index);
        break;
    case CTRACE_RVALUE_FUNCTION_RETURN:
        text_format(t, "what call %" PRId64 " returned", from->call_key);
        break;
    case CTRACE_RVALUE_KIND_COUNT:
        break;
    }
}

static void show_at_place(text *t, const names *n, int64_t place, const ctrace_value *value)
{
    text_format(t, "place %" PRId64 " = ", place);
    show_value(t, n, value, MAX_VALUE);
}

void show_event(text *t, const names *n, const ctrace_event *event)
{
    show_event_kind(t, event->kind);
    if (event->kind == CTRACE_EVENT_DROP_LAST_STEP)
        return;
    text_put(t, " ");
    switch (event->kind) {
    case CTRACE_EVENT_STEP:
        show_place(t, n, event->step.path_id, event->step.line);
        break;
    case CTRACE_EVENT_PATH:
        text_format(t, "%zu: ", n->path_count);
        text_safe(t, event->path, 0, SIZE_MAX);
        break;
    case CTRACE_EVENT_VARIABLE_NAME:
    case CTRACE_EVENT_VARIABLE:
        text_format(t, "%zu: ", n->variable_count);
        text_safe(t, event->variable_name, 0, MAX_TEXT);
        break;
    case CTRACE_EVENT_TYPE:
        show_type_event(t, n, event);
        break;
    case CTRACE_EVENT_VALUE:
        show_variable(t, n, event->value.variable_id);
        text_put(t, " = ");
        show_value(t, n, event->value.value, MAX_VALUE);
        break;
    case CTRACE_EVENT_FUNCTION:
        text_format(t, "%zu: ", n->function_count);
        text_safe(t, event->function.name, 0, MAX_TEXT);
        text_put(t, " at ");
        show_place(t, n, event->function.path_id, event->function.line);
        break;
    case CTRACE_EVENT_CALL:
        show_call(t, n, event);
        break;
    case CTRACE_EVENT_RETURN:
        show_value(t, n, event->returned.return_value, MAX_VALUE);
        break;
    case CTRACE_EVENT_LOG: {
        const char *kind = ctrace_log_kind_name(event->log.kind);
        text_put(t, kind ? kind : "unknown kind");
        text_put(t, " ");
        show_quoted(t, n, event->log.content);
        if (event->log.metadata.size) {
            text_put(t, " metadata ");
            show_quoted(t, n, event->log.metadata);
        }
        break;
    }
    case CTRACE_EVENT_ASM:
        for (size_t i = 0; i < event->assembly.line_count && begin_item(t, i); i++)
            show_quoted(t, n, event->assembly.lines[i]);
        break;
    case CTRACE_EVENT_BIND_VARIABLE:
        show_variable(t, n, event->bind_variable.variable_id);
        text_format(t, " to place %" PRId64, event->bind_variable.place);
        break;
    case CTRACE_EVENT_ASSIGNMENT:
        show_variable(t, n, event->assignment.to);
        text_put(t, " = ");
        show_rvalue(t, n, &event->assignment.from);
        text_put(t, event->assignment.pass_by == CTRACE_PASS_REFERENCE ? " by reference" : " by value");
        break;
    case CTRACE_EVENT_DROP_VARIABLES:
        show_variables(t, n, event->drop_variables.variable_ids, event->drop_variables.variable_count);
        break;
    case CTRACE_EVENT_COMPOUND_VALUE:
        show_at_place(t, n, event->compound_value.place, event->compound_value.value);
        break;
    case CTRACE_EVENT_CELL_VALUE:
        show_at_place(t, n, event->cell_value.place, event->cell_value.value);
        break;
    case CTRACE_EVENT_ASSIGN_COMPOUND_ITEM:
        text_format(t, "place %" PRId64 "[%" PRIu64 "] = place %" PRId64, event->assign_compound_item.place,
                    event->assign_compound_item.index, event->assign_compound_item.item_place);
        break;
    case CTRACE_EVENT_ASSIGN_CELL:
        show_at_place(t, n, event->assign_cell.place, event->assign_cell.new_value);
        break;
    case CTRACE_EVENT_VARIABLE_CELL:
        show_variable(t, n, event->variable_cell.variable_id);
        text_format(t, " at place %" PRId64, event->variable_cell.place);
        break;
    case CTRACE_EVENT_DROP_VARIABLE:
        show_variable(t, n, event->drop_variable);
        break;
    case CTRACE_EVENT_THREAD_START:
    case CTRACE_EVENT_THREAD_EXIT:
    case CTRACE_EVENT_THREAD_SWITCH:
        text_format(t, "%" PRIu64, event->thread_id);
        break;
    case CTRACE_EVENT_DROP_LAST_STEP:
    case CTRACE_EVENT_KIND_COUNT:
        break;
    }
}
