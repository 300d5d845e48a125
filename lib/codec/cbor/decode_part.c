/* Parts of events by themselves. */
#include "codec/cbor/decoding.h"

/* Copies what was decoded to where it stays. NULL when there is no memory. */
static void *keep(decoder *d, const void *items, size_t count, size_t item_size)
{
    void *kept = ctr_arena_take(&d->kept, count ? count * item_size : 1);
    if (kept && count)
        memcpy(kept, items, count * item_size);
    if (!kept)
        ctr_cbor_no_memory(d);
    return kept;
}

ctrace_status ctr_cbor_decode_value(decoder *d, const char *p, const char *end, const ctrace_value **out)
{
    begin_item(d, end);
    ctrace_status status = finish_item(d, p, ctr_cbor_read_value(d, p));
    if (status == CTRACE_OK && !(*out = keep(d, d->values, d->value_count, sizeof **out)))
        return CTRACE_NO_MEMORY;
    return status;
}

ctrace_status ctr_cbor_decode_args(decoder *d, const char *p, const char *end, const ctrace_argument **out,
                                   size_t *count)
{
    begin_item(d, end);
    const ctrace_argument *decoded;
    const record *call = &d->keys.events[CTRACE_EVENT_CALL];
    ctrace_status status = finish_item(d, p, ctr_cbor_read_args(d, p, call, 1, &decoded, count));
    if (status != CTRACE_OK)
        return status;
    ctrace_argument *args = keep(d, decoded, *count, sizeof *args);
    const ctrace_value *values = keep(d, d->values, d->value_count, sizeof *values);
    if (!args || !values)
        return CTRACE_NO_MEMORY;
    point_to_values(args, *count, values);
    *out = args;
    return CTRACE_OK;
}

static bool keep_type_info(decoder *d, ctrace_type_info *info)
{
    if (info->field_count)
        info->fields = keep(d, info->fields, info->field_count, sizeof *info->fields);
    return !info->field_count || info->fields;
}

ctrace_status ctr_cbor_decode_type(decoder *d, const char *p, const char *end, ctrace_type_event *out)
{
    begin_item(d, end);
    ctrace_event event = {.kind = CTRACE_EVENT_TYPE};
    const record *r = &d->keys.events[CTRACE_EVENT_TYPE];
    ctrace_status status = finish_item(d, p, ctr_cbor_read_record(d, p, r, (owner){&event, 0}, "Type"));
    *out = event.type;
    return status == CTRACE_OK && !keep_type_info(d, &out->specific_info) ? CTRACE_NO_MEMORY : status;
}

ctrace_status ctr_cbor_decode_type_info(decoder *d, const char *p, const char *end, ctrace_type_info *out)
{
    begin_item(d, end);
    const record *r = &d->keys.events[CTRACE_EVENT_TYPE];
    ctrace_status status = finish_item(d, p, ctr_cbor_read_type_info(d, p, r, 2, out));
    return status == CTRACE_OK && !keep_type_info(d, out) ? CTRACE_NO_MEMORY : status;
}

static bool keep_rvalue(decoder *d, ctrace_rvalue *rvalue)
{
    if (rvalue->variable_count)
        rvalue->variable_ids = keep(d, rvalue->variable_ids, rvalue->variable_count, sizeof *rvalue->variable_ids);
    return !rvalue->variable_count || rvalue->variable_ids;
}

ctrace_status ctr_cbor_decode_assignment(decoder *d, const char *p, const char *end, ctrace_assignment_event *out)
{
    begin_item(d, end);
    ctrace_event event = {.kind = CTRACE_EVENT_ASSIGNMENT};
    const record *r = &d->keys.events[CTRACE_EVENT_ASSIGNMENT];
    ctrace_status status = finish_item(d, p, ctr_cbor_read_record(d, p, r, (owner){&event, 0}, "Assignment"));
    *out = event.assignment;
    return status == CTRACE_OK && !keep_rvalue(d, &out->from) ? CTRACE_NO_MEMORY : status;
}

ctrace_status ctr_cbor_decode_rvalue(decoder *d, const char *p, const char *end, ctrace_rvalue *out)
{
    begin_item(d, end);
    ctrace_status status = finish_item(d, p, ctr_cbor_read_rvalue(d, p, out));
    return status == CTRACE_OK && !keep_rvalue(d, out) ? CTRACE_NO_MEMORY : status;
}
