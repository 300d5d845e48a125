#include "diff/describe.h"

#include "base/number.h"
#include "codec/json/emit.h"

#define LONGEST 400 /* bytes of a line; what is longer is cut */

static bool put(ctr_buffer *out, const char *text) { return ctr_buffer_append(out, text, strlen(text)); }

/* Text that needs no quotes, but may hold what does not fit into a line. */
static bool put_bare(ctr_buffer *out, ctrace_str text)
{
    size_t from = out->size;
    uint64_t mended = 0;
    if (!ctr_json_text(out, text, &mended))
        return false;
    memmove(out->data + from, out->data + from + 1, out->size - from - 2);
    out->size -= 2;
    return true;
}

static bool put_quoted(ctr_buffer *out, ctrace_str text)
{
    uint64_t mended = 0;
    bool cut = text.size > LONGEST / 2;
    if (cut)
        text.size = LONGEST / 2;
    return ctr_json_text(out, text, &mended) && put(out, cut ? "…" : "");
}

static bool put_i64(ctr_buffer *out, int64_t i)
{
    char digits[24];
    return ctr_buffer_append(out, digits, (size_t)(ctr_format_i64(digits, i) - digits));
}

static bool put_u64(ctr_buffer *out, uint64_t u)
{
    char digits[24];
    return ctr_buffer_append(out, digits, (size_t)(ctr_format_u64(digits, u) - digits));
}

static bool put_hex(ctr_buffer *out, ctrace_str bytes)
{
    static const char digits[] = "0123456789abcdef";
    bool fine = put(out, "0x");
    for (size_t i = 0; fine && i < bytes.size && i < LONGEST / 4; i++) {
        unsigned char byte = (unsigned char)bytes.data[i];
        fine = ctr_buffer_append(out, (char[]){digits[byte >> 4], digits[byte & 15]}, 2);
    }
    return fine && put(out, bytes.size > LONGEST / 4 ? "…" : "");
}

static bool put_value(ctr_buffer *out, const ctr_known_names *names, const ctrace_value *v, size_t end);

/* `end` is where the line is long enough: what would stand behind it is left out, and ctr_describe_event() cuts. */
static bool put_children(ctr_buffer *out, const ctr_known_names *names, const ctrace_value *v, size_t end,
                         const ctrace_str *fields, size_t field_count)
{
    const ctrace_value *child = v + 1;
    for (uint32_t i = 0; i < v->count && out->size < end; i++, child += child->span) {
        if (i && !put(out, ", "))
            return false;
        if (i < field_count && (!put_bare(out, fields[i]) || !put(out, "=")))
            return false;
        if (!put_value(out, names, child, end))
            return false;
    }
    return true;
}

static bool put_value(ctr_buffer *out, const ctr_known_names *names, const ctrace_value *v, size_t end)
{
    ctr_known_type type = ctr_known_type_at(names, v->type_id);
    char digits[CTR_FLOAT_TEXT_MAX];
    if (out->size >= end) /* also bounds the depth of the recursion: every level puts a byte before the next */
        return true;
    switch (v->kind) {
    case CTRACE_VALUE_INT:
        return put_i64(out, v->i);
    case CTRACE_VALUE_FLOAT:
        return ctr_buffer_append(out, digits, (size_t)(ctr_format_float(digits, v->f) - digits));
    case CTRACE_VALUE_BOOL:
        return put(out, v->b ? "true" : "false");
    case CTRACE_VALUE_STRING:
        return put_quoted(out, v->text);
    case CTRACE_VALUE_CHAR:
        return put(out, "char ") && put_quoted(out, v->text);
    case CTRACE_VALUE_RAW:
        return put(out, "raw ") && put_quoted(out, v->text);
    case CTRACE_VALUE_ERROR:
        return put(out, "error ") && put_quoted(out, v->text);
    case CTRACE_VALUE_SEQUENCE:
        return put(out, "[") && put_children(out, names, v, end, NULL, 0) && put(out, "]");
    case CTRACE_VALUE_TUPLE:
        return put(out, "(") && put_children(out, names, v, end, NULL, 0) && put(out, ")");
    case CTRACE_VALUE_STRUCT:
        return put_bare(out, type.name) && put(out, "{") &&
               put_children(out, names, v, end, type.fields, type.field_count) && put(out, "}");
    case CTRACE_VALUE_VARIANT:
        return put_bare(out, v->text) && put(out, "(") && put_children(out, names, v, end, NULL, 0) && put(out, ")");
    case CTRACE_VALUE_REFERENCE:
        return put(out, v->is_mutable ? "&mut " : "&") && put_children(out, names, v, end, NULL, 0);
    case CTRACE_VALUE_NONE:
        return put(out, "none");
    case CTRACE_VALUE_CELL:
        return put(out, "cell ") && put_i64(out, v->place);
    case CTRACE_VALUE_BIG_INT:
        return put(out, v->is_negative ? "-" : "") && put_hex(out, v->text);
    default:
        return put(out, "?");
    }
}

bool ctr_describe_place(ctr_buffer *out, const ctr_known_names *names, ctrace_id path, int64_t line)
{
    return put_bare(out, ctr_known_path(names, path)) && put(out, ":") && put_i64(out, line);
}

static bool put_call(ctr_buffer *out, const ctr_known_names *names, const ctrace_call_event *call, size_t end)
{
    ctr_known_function function = ctr_known_function_at(names, call->function_id);
    if (!put(out, "call ") || !put_bare(out, function.name) || !put(out, "("))
        return false;
    for (size_t i = 0; i < call->arg_count && out->size < end; i++) {
        if (i && !put(out, ", "))
            return false;
        if (!put_bare(out, ctr_known_variable(names, call->args[i].variable_id)) || !put(out, "=") ||
            !put_value(out, names, call->args[i].value, end))
            return false;
    }
    return put(out, ") at ") && ctr_describe_place(out, names, function.path, function.line);
}

static bool put_event(ctr_buffer *out, const ctr_known_names *names, const ctrace_event *event, size_t end)
{
    const char *name = ctrace_event_kind_name(event->kind);
    switch (event->kind) {
    case CTRACE_EVENT_STEP:
        return put(out, "step ") && ctr_describe_place(out, names, event->step.path_id, event->step.line);
    case CTRACE_EVENT_VALUE:
        return put_bare(out, ctr_known_variable(names, event->value.variable_id)) && put(out, " = ") &&
               put_value(out, names, event->value.value, end);
    case CTRACE_EVENT_CALL:
        return put_call(out, names, &event->call, end);
    case CTRACE_EVENT_RETURN:
        return put(out, "return ") && put_value(out, names, event->returned.return_value, end);
    case CTRACE_EVENT_LOG:
        return put(out, "log ") && put(out, ctrace_log_kind_name(event->log.kind)) && put(out, " ") &&
               put_quoted(out, event->log.content);
    case CTRACE_EVENT_COMPOUND_VALUE:
        return put(out, name) && put(out, " ") && put_i64(out, event->compound_value.place) && put(out, " = ") &&
               put_value(out, names, event->compound_value.value, end);
    case CTRACE_EVENT_CELL_VALUE:
        return put(out, name) && put(out, " ") && put_i64(out, event->cell_value.place) && put(out, " = ") &&
               put_value(out, names, event->cell_value.value, end);
    case CTRACE_EVENT_ASSIGN_CELL:
        return put(out, name) && put(out, " ") && put_i64(out, event->assign_cell.place) && put(out, " = ") &&
               put_value(out, names, event->assign_cell.new_value, end);
    case CTRACE_EVENT_BIND_VARIABLE:
        return put(out, name) && put(out, " ") &&
               put_bare(out, ctr_known_variable(names, event->bind_variable.variable_id)) && put(out, " ") &&
               put_i64(out, event->bind_variable.place);
    case CTRACE_EVENT_VARIABLE_CELL:
        return put(out, name) && put(out, " ") &&
               put_bare(out, ctr_known_variable(names, event->variable_cell.variable_id)) && put(out, " ") &&
               put_i64(out, event->variable_cell.place);
    case CTRACE_EVENT_DROP_VARIABLE:
        return put(out, name) && put(out, " ") && put_bare(out, ctr_known_variable(names, event->drop_variable));
    case CTRACE_EVENT_ASSIGNMENT:
        return put(out, name) && put(out, " to ") && put_bare(out, ctr_known_variable(names, event->assignment.to)) &&
               put(out, " from ") && put(out, ctrace_rvalue_kind_name(event->assignment.from.kind));
    case CTRACE_EVENT_ASSIGN_COMPOUND_ITEM:
        return put(out, name) && put(out, " ") && put_i64(out, event->assign_compound_item.place) && put(out, "[") &&
               put_u64(out, event->assign_compound_item.index) && put(out, "] = ") &&
               put_i64(out, event->assign_compound_item.item_place);
    case CTRACE_EVENT_THREAD_START:
    case CTRACE_EVENT_THREAD_EXIT:
    case CTRACE_EVENT_THREAD_SWITCH:
        return put(out, name) && put(out, " ") && put_u64(out, event->thread_id);
    default:
        return put(out, name);
    }
}

bool ctr_describe_event(ctr_buffer *out, const ctr_known_names *names, const ctrace_event *event)
{
    size_t end = out->size + LONGEST;
    if (!put_event(out, names, event, end))
        return false;
    if (out->size <= end)
        return true;
    while (((unsigned char)out->data[end] & 0xC0) == 0x80) /* at the border of a character */
        end--;
    out->size = end;
    return put(out, "…");
}
