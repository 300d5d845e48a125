#include "codec/capnp/decode.h"

/* Event-log kinds have numbers of their own here. */
static const uint8_t log_kinds[CTRACE_LOG_KIND_COUNT] = {
    CTRACE_LOG_WRITE,     CTRACE_LOG_WRITE_FILE, CTRACE_LOG_READ,        CTRACE_LOG_READ_FILE,
    CTRACE_LOG_READ_DIR,  CTRACE_LOG_OPEN_DIR,   CTRACE_LOG_CLOSE_DIR,   CTRACE_LOG_SOCKET,
    CTRACE_LOG_OPEN,      CTRACE_LOG_ERROR,      CTRACE_LOG_TRACE_LOG_EVENT, CTRACE_LOG_WRITE_OTHER,
    CTRACE_LOG_READ_OTHER, CTRACE_LOG_EVM_EVENT};

static bool fail(ctr_capnp_decoder *d, const ctr_record_place *r, const char *what)
{
    return ctr_message_fail(&d->message, CTRACE_EVENT, r->place, what);
}

/* The number in the first 16 bits of a record. */
static bool read_small(ctr_capnp_decoder *d, const ctr_record_place *r, unsigned *out)
{
    uint64_t word;
    if (!ctr_message_data(&d->message, r, 0, &word))
        return false;
    *out = (unsigned)(word & 0xffff);
    return true;
}

static bool read_ids(ctr_capnp_decoder *d, const ctr_pointer_place *p, const ctrace_id **out, size_t *count)
{
    ctr_message *m = &d->message;
    ctr_list_place list;
    if (!ctr_message_list(m, p, &list))
        return false;
    for (uint32_t i = 0; i < list.count; i++) {
        ctr_record_place element;
        if (!CTR_CAPNP_ROOM(d, d->ids, d->id_capacity, i) || !ctr_message_element(m, &list, i, &element) ||
            !ctr_message_data(m, &element, 0, &d->ids[i]))
            return false;
        if (d->ids[i] > (uint64_t)INT64_MAX)
            return ctr_capnp_fail_negative(d, &element);
    }
    *out = d->ids;
    *count = list.count;
    return true;
}

static bool read_lines(ctr_capnp_decoder *d, const ctr_pointer_place *p)
{
    ctr_message *m = &d->message;
    ctr_list_place list;
    if (!ctr_message_list(m, p, &list))
        return false;
    for (uint32_t i = 0; i < list.count; i++) {
        ctr_record_place element;
        if (!CTR_CAPNP_ROOM(d, d->lines, d->line_capacity, i) || !ctr_message_element(m, &list, i, &element) ||
            !ctr_message_pay(m, 1, list.place) || !ctr_capnp_text(d, &element, 0, &d->lines[i]))
            return false;
    }
    d->event.assembly = (ctrace_assembly_event){d->lines, list.count};
    return true;
}

static bool read_fields(ctr_capnp_decoder *d, const ctr_pointer_place *p, ctrace_type_info *info)
{
    ctr_message *m = &d->message;
    ctr_list_place list;
    if (!ctr_message_list(m, p, &list))
        return false;
    for (uint32_t i = 0; i < list.count; i++) {
        ctr_record_place element;
        if (!CTR_CAPNP_ROOM(d, d->fields, d->field_capacity, i) || !ctr_message_element(m, &list, i, &element) ||
            !ctr_message_pay(m, 2, list.place) || !ctr_capnp_text(d, &element, 0, &d->fields[i].name) ||
            !ctr_capnp_id(d, &element, 1, &d->fields[i].type_id))
            return false;
    }
    info->fields = d->fields;
    info->field_count = list.count;
    return true;
}

static bool read_type_info(ctr_capnp_decoder *d, const ctr_pointer_place *at, ctrace_type_info *info)
{
    ctr_record_place r;
    ctr_pointer_place p;
    unsigned kind;
    *info = (ctrace_type_info){.kind = CTRACE_TYPE_INFO_NONE};
    if (!ctr_message_record(&d->message, at, &r) || !read_small(d, &r, &kind) ||
        !ctr_message_pointer(&d->message, &r, 0, &p))
        return false;
    if (kind >= CTRACE_TYPE_INFO_KIND_COUNT)
        return fail(d, &r, "a type's specific_info is of an unknown kind");
    info->kind = (ctrace_type_info_kind)kind;
    if (info->kind == CTRACE_TYPE_INFO_STRUCT)
        return read_fields(d, &p, info);
    return info->kind == CTRACE_TYPE_INFO_NONE || ctr_capnp_id_at(d, &p, &info->dereference_type_id);
}

static bool read_type(ctr_capnp_decoder *d, const ctr_record_place *r)
{
    unsigned kind;
    ctr_pointer_place p;
    if (!read_small(d, r, &kind) || !ctr_capnp_text(d, r, 0, &d->event.type.lang_type) ||
        !ctr_message_pointer(&d->message, r, 1, &p) || !read_type_info(d, &p, &d->event.type.specific_info))
        return false;
    d->event.type.kind = (ctrace_type_kind)kind;
    if (kind >= CTRACE_TYPE_KIND_COUNT)
        ctr_capnp_warn(d, CTRACE_LENIENCY_KIND_UNKNOWN, r->place);
    return true;
}

static bool read_log(ctr_capnp_decoder *d, const ctr_record_place *r)
{
    unsigned kind;
    if (!read_small(d, r, &kind) || !ctr_capnp_text(d, r, 0, &d->event.log.content) ||
        !ctr_capnp_text(d, r, 1, &d->event.log.metadata))
        return false;
    if (kind >= CTRACE_LOG_KIND_COUNT)
        ctr_capnp_warn(d, CTRACE_LENIENCY_KIND_UNKNOWN, r->place);
    else
        kind = log_kinds[kind];
    d->event.log.kind = (ctrace_log_kind)kind;
    return true;
}

static bool read_rvalue(ctr_capnp_decoder *d, const ctr_pointer_place *at, ctrace_rvalue *out)
{
    ctr_message *m = &d->message;
    ctr_record_place r;
    ctr_pointer_place p;
    unsigned kind;
    uint64_t number;
    *out = (ctrace_rvalue){.kind = CTRACE_RVALUE_SIMPLE};
    if (!ctr_message_record(m, at, &r) || !read_small(d, &r, &kind) || !ctr_message_data(m, &r, 1, &number) ||
        !ctr_message_pointer(m, &r, 0, &p))
        return false;
    if (kind >= CTRACE_RVALUE_KIND_COUNT)
        return fail(d, &r, "an assignment's source is of an unknown kind");
    out->kind = (ctrace_rvalue_kind)kind;
    switch (out->kind) {
    case CTRACE_RVALUE_SIMPLE:
        return ctr_capnp_id_at(d, &p, &out->variable_id);
    case CTRACE_RVALUE_COMPOUND:
        return read_ids(d, &p, &out->variable_ids, &out->variable_count);
    case CTRACE_RVALUE_FIELD_ACCESS:
        return ctr_capnp_id_at(d, &p, &out->variable_id) && ctr_capnp_text(d, &r, 1, &out->field);
    case CTRACE_RVALUE_INDEX_ACCESS:
        out->index = (int64_t)number;
        return ctr_capnp_id_at(d, &p, &out->variable_id);
    case CTRACE_RVALUE_FUNCTION_RETURN:
        out->call_key = (int64_t)number;
        return true;
    case CTRACE_RVALUE_LITERAL:
    case CTRACE_RVALUE_KIND_COUNT:
        break;
    }
    return true;
}

static bool read_assignment(ctr_capnp_decoder *d, const ctr_record_place *r)
{
    unsigned pass_by;
    ctr_pointer_place p;
    if (!read_small(d, r, &pass_by) || !ctr_capnp_id(d, r, 0, &d->event.assignment.to) ||
        !ctr_message_pointer(&d->message, r, 1, &p) || !read_rvalue(d, &p, &d->event.assignment.from))
        return false;
    if (pass_by >= CTRACE_PASS_KIND_COUNT)
        return fail(d, r, "an assignment passes its value in an unknown way");
    d->event.assignment.pass_by = (ctrace_pass_kind)pass_by;
    return true;
}

static bool read_value_field(ctr_capnp_decoder *d, const ctr_record_place *r, uint32_t index)
{
    ctr_pointer_place p;
    ctr_record_place value;
    return ctr_message_pointer(&d->message, r, index, &p) && ctr_message_record(&d->message, &p, &value) &&
           ctr_capnp_read_value(d, &value, 1);
}

static bool read_call(ctr_capnp_decoder *d, const ctr_record_place *r)
{
    ctr_message *m = &d->message;
    ctr_pointer_place p;
    ctr_list_place list;
    if (!ctr_capnp_id(d, r, 0, &d->event.call.function_id) || !ctr_message_pointer(m, r, 1, &p) ||
        !ctr_message_list(m, &p, &list))
        return false;
    for (uint32_t i = 0; i < list.count; i++) {
        ctr_record_place element;
        if (!CTR_CAPNP_ROOM(d, d->args, d->arg_capacity, i) || !ctr_message_element(m, &list, i, &element) ||
            !ctr_capnp_id(d, &element, 0, &d->args[i].variable_id) || !read_value_field(d, &element, 1))
            return false;
    }
    const ctrace_value *value = d->values;
    for (uint32_t i = 0; i < list.count; i++) {
        d->args[i].value = value;
        value += value->span;
    }
    d->event.call.args = d->args;
    d->event.call.arg_count = list.count;
    return true;
}

static bool read_index(ctr_capnp_decoder *d, const ctr_record_place *r, uint64_t *out)
{
    return ctr_message_data(&d->message, r, 0, out) &&
           (*out <= (uint64_t)INT64_MAX || fail(d, r, "an index is negative"));
}

bool ctr_capnp_read_event(ctr_capnp_decoder *d, unsigned tag, const ctr_pointer_place *payload)
{
    ctrace_event *e = &d->event;
    ctr_record_place r;
    d->value_count = 0;
    if (tag >= CTR_CAPNP_TAGS)
        return ctr_message_fail(&d->message, CTRACE_EVENT, payload->place, "an event is of an unknown kind");
    if (tag < CTR_CAPNP_TAG_DROP_LAST_STEP)
        e->kind = (ctrace_event_kind)tag;
    else if (tag == CTR_CAPNP_TAG_DROP_LAST_STEP)
        e->kind = CTRACE_EVENT_DROP_LAST_STEP;
    else
        e->kind = (ctrace_event_kind)(CTRACE_EVENT_THREAD_START + (tag - CTR_CAPNP_TAG_THREAD_START));
    /* Those whose payload is no record. */
    switch (e->kind) {
    case CTRACE_EVENT_DROP_LAST_STEP:
        return true;
    case CTRACE_EVENT_VARIABLE_NAME:
    case CTRACE_EVENT_VARIABLE:
        return ctr_capnp_text_at(d, payload, &e->variable_name);
    case CTRACE_EVENT_ASM:
        return read_lines(d, payload);
    case CTRACE_EVENT_DROP_VARIABLES:
        return read_ids(d, payload, &e->drop_variables.variable_ids, &e->drop_variables.variable_count);
    default:
        break;
    }
    if (!ctr_message_record(&d->message, payload, &r))
        return false;
    switch (e->kind) {
    case CTRACE_EVENT_STEP:
        return ctr_capnp_id(d, &r, 0, &e->step.path_id) && ctr_capnp_i64(d, &r, 1, &e->step.line);
    case CTRACE_EVENT_PATH:
        return ctr_capnp_text(d, &r, 0, &e->path);
    case CTRACE_EVENT_TYPE:
        return read_type(d, &r);
    case CTRACE_EVENT_VALUE:
        if (!ctr_capnp_id(d, &r, 0, &e->value.variable_id) || !read_value_field(d, &r, 1))
            return false;
        e->value.value = d->values;
        return true;
    case CTRACE_EVENT_FUNCTION:
        return ctr_capnp_id(d, &r, 0, &e->function.path_id) && ctr_capnp_i64(d, &r, 1, &e->function.line) &&
               ctr_capnp_text(d, &r, 2, &e->function.name);
    case CTRACE_EVENT_CALL:
        return read_call(d, &r);
    case CTRACE_EVENT_RETURN:
        if (!read_value_field(d, &r, 0))
            return false;
        e->returned.return_value = d->values;
        return true;
    case CTRACE_EVENT_LOG:
        return read_log(d, &r);
    case CTRACE_EVENT_BIND_VARIABLE:
        return ctr_capnp_id(d, &r, 0, &e->bind_variable.variable_id) &&
               ctr_capnp_i64(d, &r, 1, &e->bind_variable.place);
    case CTRACE_EVENT_ASSIGNMENT:
        return read_assignment(d, &r);
    case CTRACE_EVENT_COMPOUND_VALUE:
        if (!ctr_capnp_i64(d, &r, 0, &e->compound_value.place) || !read_value_field(d, &r, 1))
            return false;
        e->compound_value.value = d->values;
        return true;
    case CTRACE_EVENT_CELL_VALUE:
        if (!ctr_capnp_i64(d, &r, 0, &e->cell_value.place) || !read_value_field(d, &r, 1))
            return false;
        e->cell_value.value = d->values;
        return true;
    case CTRACE_EVENT_ASSIGN_COMPOUND_ITEM:
        return read_index(d, &r, &e->assign_compound_item.index) &&
               ctr_capnp_i64(d, &r, 0, &e->assign_compound_item.place) &&
               ctr_capnp_i64(d, &r, 1, &e->assign_compound_item.item_place);
    case CTRACE_EVENT_ASSIGN_CELL:
        if (!ctr_capnp_i64(d, &r, 0, &e->assign_cell.place) || !read_value_field(d, &r, 1))
            return false;
        e->assign_cell.new_value = d->values;
        return true;
    case CTRACE_EVENT_VARIABLE_CELL:
        return ctr_capnp_id(d, &r, 0, &e->variable_cell.variable_id) &&
               ctr_capnp_i64(d, &r, 1, &e->variable_cell.place);
    case CTRACE_EVENT_DROP_VARIABLE:
        return ctr_message_data(&d->message, &r, 0, &e->drop_variable) &&
               (e->drop_variable <= (uint64_t)INT64_MAX || ctr_capnp_fail_negative(d, &r));
    default: /* of a thread */
        return ctr_message_data(&d->message, &r, 0, &e->thread_id);
    }
}
