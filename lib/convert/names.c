#include "convert/names.h"

ctr_name_kind ctr_name_declared(ctrace_event_kind kind)
{
    switch (kind) {
    case CTRACE_EVENT_PATH:
        return CTR_NAME_PATH;
    case CTRACE_EVENT_FUNCTION:
        return CTR_NAME_FUNCTION;
    case CTRACE_EVENT_TYPE:
        return CTR_NAME_TYPE;
    case CTRACE_EVENT_VARIABLE_NAME:
    case CTRACE_EVENT_VARIABLE:
        return CTR_NAME_VARIABLE;
    default:
        return CTR_NAME_KINDS;
    }
}

static void need(uint64_t *needed, ctr_name_kind kind, ctrace_id id)
{
    if (id >= needed[kind] && id < UINT64_MAX)
        needed[kind] = id + 1;
}

static void need_value(uint64_t *needed, const ctrace_value *value)
{
    for (uint32_t i = 0; i < value->span; i++)
        if (value[i].kind != CTRACE_VALUE_CELL)
            need(needed, CTR_NAME_TYPE, value[i].type_id);
}

void ctr_names_used(const ctrace_event *event, uint64_t needed[CTR_NAME_KINDS])
{
    switch (event->kind) {
    case CTRACE_EVENT_STEP:
        need(needed, CTR_NAME_PATH, event->step.path_id);
        break;
    case CTRACE_EVENT_CALL:
        need(needed, CTR_NAME_FUNCTION, event->call.function_id);
        for (size_t i = 0; i < event->call.arg_count; i++) {
            need(needed, CTR_NAME_VARIABLE, event->call.args[i].variable_id);
            need_value(needed, event->call.args[i].value);
        }
        break;
    case CTRACE_EVENT_FUNCTION:
        need(needed, CTR_NAME_PATH, event->function.path_id);
        break;
    case CTRACE_EVENT_VALUE:
        need(needed, CTR_NAME_VARIABLE, event->value.variable_id);
        need_value(needed, event->value.value);
        break;
    case CTRACE_EVENT_RETURN:
        need_value(needed, event->returned.return_value);
        break;
    case CTRACE_EVENT_COMPOUND_VALUE:
        need_value(needed, event->compound_value.value);
        break;
    case CTRACE_EVENT_CELL_VALUE:
        need_value(needed, event->cell_value.value);
        break;
    case CTRACE_EVENT_ASSIGN_CELL:
        need_value(needed, event->assign_cell.new_value);
        break;
    case CTRACE_EVENT_VARIABLE_CELL:
        need(needed, CTR_NAME_VARIABLE, event->variable_cell.variable_id);
        break;
    default:
        break;
    }
}
