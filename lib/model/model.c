#include "model/model.h"

#include <string.h>

#define FIELD(owner, name, type, member) {name, sizeof(name) - 1, CTR_FIELD_##type, offsetof(owner, member), 0}
#define LIST(owner, name, type, member, count) \
    {name, sizeof(name) - 1, CTR_FIELD_##type, offsetof(owner, member), offsetof(owner, count)}
#define RECORD(shape, count, ...) {CTR_SHAPE_##shape, count, {__VA_ARGS__}}
#define UNIT {CTR_SHAPE_UNIT, 0, {{0}}}

#define E(name, type, member) FIELD(ctrace_event, name, type, member)
#define EL(name, type, member, count) LIST(ctrace_event, name, type, member, count)

const ctr_record ctr_events[CTRACE_EVENT_KIND_COUNT] = {
    [CTRACE_EVENT_STEP] = RECORD(RECORD, 2, E("path_id", ID, step.path_id), E("line", I64, step.line)),
    [CTRACE_EVENT_PATH] = RECORD(BARE, 1, E("", TEXT, path)),
    [CTRACE_EVENT_VARIABLE_NAME] = RECORD(BARE, 1, E("", TEXT, variable_name)),
    [CTRACE_EVENT_VARIABLE] = RECORD(BARE, 1, E("", TEXT, variable_name)),
    [CTRACE_EVENT_TYPE] = RECORD(RECORD, 3, E("kind", TYPE_KIND, type.kind),
                                 E("lang_type", TEXT, type.lang_type),
                                 E("specific_info", TYPE_INFO, type.specific_info)),
    [CTRACE_EVENT_VALUE] = RECORD(RECORD, 2, E("variable_id", ID, value.variable_id),
                                  E("value", VALUE, value.value)),
    [CTRACE_EVENT_FUNCTION] = RECORD(RECORD, 3, E("path_id", ID, function.path_id),
                                     E("line", I64, function.line), E("name", TEXT, function.name)),
    [CTRACE_EVENT_CALL] = RECORD(RECORD, 2, E("function_id", ID, call.function_id),
                                 EL("args", ARGS, call.args, call.arg_count)),
    [CTRACE_EVENT_RETURN] = RECORD(RECORD, 1, E("return_value", VALUE, returned.return_value)),
    [CTRACE_EVENT_LOG] = RECORD(RECORD, 3, E("kind", LOG_KIND, log.kind),
                                E("metadata", TEXT, log.metadata), E("content", TEXT, log.content)),
    [CTRACE_EVENT_ASM] = RECORD(BARE, 1, EL("", TEXTS, assembly.lines, assembly.line_count)),
    [CTRACE_EVENT_BIND_VARIABLE] = RECORD(RECORD, 2,
                                          E("variable_id", ID, bind_variable.variable_id),
                                          E("place", I64, bind_variable.place)),
    [CTRACE_EVENT_ASSIGNMENT] = RECORD(RECORD, 3, E("to", ID, assignment.to),
                                       E("pass_by", PASS, assignment.pass_by),
                                       E("from", RVALUE, assignment.from)),
    [CTRACE_EVENT_DROP_VARIABLES] = RECORD(BARE, 1,
                                           EL("", IDS, drop_variables.variable_ids,
                                              drop_variables.variable_count)),
    [CTRACE_EVENT_COMPOUND_VALUE] = RECORD(RECORD, 2, E("place", I64, compound_value.place),
                                           E("value", VALUE, compound_value.value)),
    [CTRACE_EVENT_CELL_VALUE] = RECORD(RECORD, 2, E("place", I64, cell_value.place),
                                       E("value", VALUE, cell_value.value)),
    [CTRACE_EVENT_ASSIGN_COMPOUND_ITEM] = RECORD(RECORD, 3,
                                                 E("place", I64, assign_compound_item.place),
                                                 E("index", U64, assign_compound_item.index),
                                                 E("item_place", I64, assign_compound_item.item_place)),
    [CTRACE_EVENT_ASSIGN_CELL] = RECORD(RECORD, 2, E("place", I64, assign_cell.place),
                                        E("new_value", VALUE, assign_cell.new_value)),
    [CTRACE_EVENT_VARIABLE_CELL] = RECORD(RECORD, 2,
                                          E("variable_id", ID, variable_cell.variable_id),
                                          E("place", I64, variable_cell.place)),
    [CTRACE_EVENT_DROP_VARIABLE] = RECORD(BARE, 1, E("", ID, drop_variable)),
    [CTRACE_EVENT_THREAD_START] = RECORD(BARE, 1, E("", U64, thread_id)),
    [CTRACE_EVENT_THREAD_EXIT] = RECORD(BARE, 1, E("", U64, thread_id)),
    [CTRACE_EVENT_THREAD_SWITCH] = RECORD(BARE, 1, E("", U64, thread_id)),
    [CTRACE_EVENT_DROP_LAST_STEP] = UNIT,
};

#define V(name, type, member) FIELD(ctrace_value, name, type, member)
#define TYPE_ID V("type_id", ID, type_id)
/* Children follow their parent in the array and need no member of their own. */
#define CHILDREN(name, type) {name, sizeof(name) - 1, CTR_FIELD_##type, 0, 0}

const ctr_record ctr_values[CTRACE_VALUE_KIND_COUNT] = {
    [CTRACE_VALUE_INT] = RECORD(RECORD, 2, V("i", I64, i), TYPE_ID),
    [CTRACE_VALUE_FLOAT] = RECORD(RECORD, 2, V("f", FLOAT, f), TYPE_ID),
    [CTRACE_VALUE_BOOL] = RECORD(RECORD, 2, V("b", BOOL, b), TYPE_ID),
    [CTRACE_VALUE_STRING] = RECORD(RECORD, 2, V("text", TEXT, text), TYPE_ID),
    [CTRACE_VALUE_SEQUENCE] = RECORD(RECORD, 3, CHILDREN("elements", VALUES),
                                     V("is_slice", BOOL, is_slice), TYPE_ID),
    [CTRACE_VALUE_TUPLE] = RECORD(RECORD, 2, CHILDREN("elements", VALUES), TYPE_ID),
    [CTRACE_VALUE_STRUCT] = RECORD(RECORD, 2, CHILDREN("field_values", VALUES), TYPE_ID),
    [CTRACE_VALUE_VARIANT] = RECORD(RECORD, 3, V("discriminator", TEXT, text),
                                    CHILDREN("contents", VALUE), TYPE_ID),
    [CTRACE_VALUE_REFERENCE] = RECORD(RECORD, 4, CHILDREN("dereferenced", VALUE),
                                      V("address", U64, address), V("mutable", BOOL, is_mutable), TYPE_ID),
    [CTRACE_VALUE_RAW] = RECORD(RECORD, 2, V("r", TEXT, text), TYPE_ID),
    [CTRACE_VALUE_ERROR] = RECORD(RECORD, 2, V("msg", TEXT, text), TYPE_ID),
    [CTRACE_VALUE_NONE] = RECORD(RECORD, 1, TYPE_ID),
    [CTRACE_VALUE_CELL] = RECORD(RECORD, 1, V("place", I64, place)),
    [CTRACE_VALUE_BIG_INT] = RECORD(RECORD, 3, V("b", BASE64, text),
                                    V("negative", BOOL, is_negative), TYPE_ID),
    [CTRACE_VALUE_CHAR] = RECORD(RECORD, 2, V("c", CHAR, text), TYPE_ID),
};

#define I(name, type, member) FIELD(ctrace_type_info, name, type, member)

const ctr_record ctr_type_infos[CTRACE_TYPE_INFO_KIND_COUNT] = {
    [CTRACE_TYPE_INFO_NONE] = {CTR_SHAPE_RECORD, 0, {{0}}},
    [CTRACE_TYPE_INFO_STRUCT] = RECORD(RECORD, 1,
                                       LIST(ctrace_type_info, "fields", FIELDS, fields, field_count)),
    [CTRACE_TYPE_INFO_POINTER] = RECORD(RECORD, 1, I("dereference_type_id", ID, dereference_type_id)),
};

#define R(name, type, member) FIELD(ctrace_rvalue, name, type, member)

const ctr_record ctr_rvalues[CTRACE_RVALUE_KIND_COUNT] = {
    [CTRACE_RVALUE_SIMPLE] = RECORD(BARE, 1, R("", ID, variable_id)),
    [CTRACE_RVALUE_COMPOUND] = RECORD(BARE, 1,
                                      LIST(ctrace_rvalue, "", IDS, variable_ids, variable_count)),
    [CTRACE_RVALUE_LITERAL] = UNIT,
    [CTRACE_RVALUE_FIELD_ACCESS] = RECORD(RECORD, 2, R("receiver", ID, variable_id),
                                          R("field", TEXT, field)),
    [CTRACE_RVALUE_INDEX_ACCESS] = RECORD(RECORD, 2, R("receiver", ID, variable_id),
                                          R("index", I64, index)),
    [CTRACE_RVALUE_FUNCTION_RETURN] = RECORD(RECORD, 1, R("call_key", I64, call_key)),
};

#define X(number, name, text) [number] = {text, sizeof(text) - 1},
const ctr_name ctr_event_names[CTRACE_EVENT_KIND_COUNT] = {CTRACE_EVENT_KINDS(X)};
const ctr_name ctr_value_names[CTRACE_VALUE_KIND_COUNT] = {CTRACE_VALUE_KINDS(X)};
const ctr_name ctr_type_names[CTRACE_TYPE_KIND_COUNT] = {CTRACE_TYPE_KINDS(X)};
const ctr_name ctr_log_names[CTRACE_LOG_KIND_COUNT] = {CTRACE_LOG_KINDS(X)};
const ctr_name ctr_type_info_names[CTRACE_TYPE_INFO_KIND_COUNT] = {CTRACE_TYPE_INFO_KINDS(X)};
const ctr_name ctr_pass_names[CTRACE_PASS_KIND_COUNT] = {CTRACE_PASS_KINDS(X)};
const ctr_name ctr_rvalue_names[CTRACE_RVALUE_KIND_COUNT] = {CTRACE_RVALUE_KINDS(X)};
#undef X

int ctr_name_find(const ctr_name *names, size_t count, const char *text, size_t size)
{
    for (size_t i = 0; i < count; i++)
        if (names[i].size == size && memcmp(names[i].text, text, size) == 0)
            return (int)i;
    return -1;
}

#define NAME(list, kind) ((size_t)(kind) < sizeof list / sizeof *list ? list[kind].text : NULL)

const char *ctrace_event_kind_name(ctrace_event_kind kind) { return NAME(ctr_event_names, kind); }
const char *ctrace_value_kind_name(ctrace_value_kind kind) { return NAME(ctr_value_names, kind); }
const char *ctrace_type_kind_name(ctrace_type_kind kind) { return NAME(ctr_type_names, kind); }
const char *ctrace_log_kind_name(ctrace_log_kind kind) { return NAME(ctr_log_names, kind); }
const char *ctrace_rvalue_kind_name(ctrace_rvalue_kind kind) { return NAME(ctr_rvalue_names, kind); }
