#include "codec/ctfs/values.h"

#include "base/failure.h"

#define WINDOW_LOG 23

typedef enum value_tag {
    TAG_VALUES = 0,
    TAG_BIND_VARIABLE = 1,
    TAG_DROP_VARIABLE = 2,
    TAG_DROP_VARIABLES = 3,
    TAG_CELL_VALUE = 4,
    TAG_COMPOUND_VALUE = 5,
    TAG_ASSIGN_CELL = 6,
    TAG_ASSIGN_COMPOUND_ITEM = 7,
    TAG_VARIABLE_CELL = 8,
    TAG_ASSIGNMENT = 9
} value_tag;

ctrace_status ctr_ctfs_values_open(ctr_ctfs_values *v, ctr_ctfs_shared *shared, bool newer, bool notes,
                                   ctrace_error *error)
{
    *v = (ctr_ctfs_values){0};
    return ctr_ctfs_records_open(&v->records, shared, "values", newer, WINDOW_LOG, notes, error);
}

void ctr_ctfs_values_close(ctr_ctfs_values *v)
{
    if (v->records.shared)
        ctr_free(v->records.shared->allocator, v->ids, v->id_capacity * sizeof *v->ids);
    ctr_ctfs_records_close(&v->records);
}

ctrace_status ctr_ctfs_values_begin(ctr_ctfs_values *v, uint64_t step, ctrace_error *error)
{
    ctr_ctfs_records *r = &v->records;
    v->in_record = false;
    v->pairs = 0;
    if (!r->has_record || r->number < step) {
        ctrace_status status = r->next == step && (r->chunk_is_open || r->older)
                                   ? ctr_ctfs_records_next(r, error)
                                   : ctr_ctfs_records_find(r, step, error);
        if (status != CTRACE_OK)
            return status == CTRACE_END ? CTRACE_OK : status;
    }
    v->in_record = r->has_record && r->number == step;
    if (v->in_record && r->older && r->left) {
        ctrace_status status = ctr_ctfs_records_varint(r, &v->pairs, error);
        if (status != CTRACE_OK && status != CTRACE_END)
            return status;
    }
    return CTRACE_OK;
}

/* ---- Parts ---- */

static ctrace_status take_place(ctr_ctfs_records *r, int64_t *out, ctrace_error *error)
{
    uint64_t n = 0;
    ctrace_status status = ctr_ctfs_records_varint(r, &n, error);
    *out = ctr_ctfs_signed(n);
    return status;
}

/* Takes a length and so many bytes. They hold until the next call. */
static ctrace_status take_item(ctr_ctfs_records *r, const char *what, const char **data, size_t *size,
                               ctrace_error *error)
{
    uint64_t length;
    ctrace_status status = ctr_ctfs_records_varint(r, &length, error);
    if (status != CTRACE_OK)
        return status;
    if (length > r->left)
        return CTRACE_END;
    if (length > r->shared->max_event_bytes) {
        status = ctr_ctfs_records_skip(r, length, error);
        if (status != CTRACE_OK)
            return status;
        return ctr_fail(error, CTRACE_TOO_LARGE, "%s is larger than %zu bytes", what, r->shared->max_event_bytes);
    }
    status = ctr_ctfs_records_hold(r, length, data, error);
    if (status == CTRACE_OK) {
        *size = (size_t)length;
        ctr_ctfs_records_take(r, length);
    }
    return status;
}

static ctrace_status take_value(ctr_ctfs_records *r, const ctrace_value **out, ctrace_error *error)
{
    const char *data = NULL;
    size_t size = 0;
    ctrace_status status = take_item(r, "a value", &data, &size, error);
    if (status != CTRACE_OK)
        return status;
    return ctr_ctfs_decode_value(r->shared, data, size, "a value", out, error);
}

/* ---- Events ---- */

static ctrace_status take_pair(ctr_ctfs_values *v, ctrace_event *out, ctrace_error *error)
{
    ctr_ctfs_records *r = &v->records;
    uint64_t type;
    v->pairs--;
    out->kind = CTRACE_EVENT_VALUE;
    ctrace_status status = ctr_ctfs_records_varint(r, &out->value.variable_id, error);
    if (status == CTRACE_OK && r->older)
        status = ctr_ctfs_records_varint(r, &type, error); /* which the value has, too */
    return status == CTRACE_OK ? take_value(r, &out->value.value, error) : status;
}

static ctrace_status take_ids(ctr_ctfs_values *v, ctrace_event *out, ctrace_error *error)
{
    ctr_ctfs_records *r = &v->records;
    uint64_t count;
    ctrace_status status = ctr_ctfs_records_varint(r, &count, error);
    if (status == CTRACE_OK && count > r->left) /* each has a byte at least */
        return CTRACE_END;
    for (size_t i = 0; status == CTRACE_OK && i < count; i++) {
        if (!ctr_make_room(r->shared->allocator, (void **)&v->ids, &v->id_capacity, i, sizeof *v->ids))
            return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for a list of variables");
        status = ctr_ctfs_records_varint(r, &v->ids[i], error);
    }
    out->kind = CTRACE_EVENT_DROP_VARIABLES;
    out->drop_variables = (ctrace_drop_variables_event){v->ids, (size_t)count};
    return status;
}

static ctrace_status take_assignment(ctr_ctfs_records *r, ctrace_event *out, ctrace_error *error)
{
    unsigned pass = 0;
    const char *data = NULL;
    size_t size = 0;
    out->kind = CTRACE_EVENT_ASSIGNMENT;
    ctrace_status status = ctr_ctfs_records_varint(r, &out->assignment.to, error);
    if (status == CTRACE_OK)
        status = ctr_ctfs_records_byte(r, &pass, error);
    if (status == CTRACE_OK)
        status = take_item(r, "an assignment's source", &data, &size, error);
    if (status != CTRACE_OK)
        return status;
    out->assignment.pass_by = pass ? CTRACE_PASS_REFERENCE : CTRACE_PASS_VALUE;
    status = ctr_cbor_decode_rvalue(&r->shared->cbor, data, data + size, &out->assignment.from);
    return ctr_ctfs_judge_cbor(r->shared, status, data + size, "an assignment's source", error);
}

static ctrace_status take_item_place(ctr_ctfs_records *r, ctrace_event *out, ctrace_error *error)
{
    out->kind = CTRACE_EVENT_ASSIGN_COMPOUND_ITEM;
    ctrace_status status = take_place(r, &out->assign_compound_item.place, error);
    if (status == CTRACE_OK)
        status = ctr_ctfs_records_varint(r, &out->assign_compound_item.index, error);
    return status == CTRACE_OK ? take_place(r, &out->assign_compound_item.item_place, error) : status;
}

/* An event of tag 4 to 6: a place and a value. */
static ctrace_status take_placed_value(ctr_ctfs_records *r, unsigned tag, ctrace_event *out, ctrace_error *error)
{
    int64_t place;
    const ctrace_value *value = NULL;
    ctrace_status status = take_place(r, &place, error);
    if (status == CTRACE_OK)
        status = take_value(r, &value, error);
    if (tag == TAG_CELL_VALUE) {
        out->kind = CTRACE_EVENT_CELL_VALUE;
        out->cell_value = (ctrace_cell_value_event){place, value};
    } else if (tag == TAG_COMPOUND_VALUE) {
        out->kind = CTRACE_EVENT_COMPOUND_VALUE;
        out->compound_value = (ctrace_compound_value_event){place, value};
    } else {
        out->kind = CTRACE_EVENT_ASSIGN_CELL;
        out->assign_cell = (ctrace_assign_cell_event){place, value};
    }
    return status;
}

/* An event of tag 1 or 8: a variable and a place. */
static ctrace_status take_placed_variable(ctr_ctfs_records *r, unsigned tag, ctrace_event *out, ctrace_error *error)
{
    uint64_t variable;
    int64_t place = 0;
    ctrace_status status = ctr_ctfs_records_varint(r, &variable, error);
    if (status == CTRACE_OK)
        status = take_place(r, &place, error);
    if (tag == TAG_BIND_VARIABLE) {
        out->kind = CTRACE_EVENT_BIND_VARIABLE;
        out->bind_variable = (ctrace_bind_variable_event){variable, place};
    } else {
        out->kind = CTRACE_EVENT_VARIABLE_CELL;
        out->variable_cell = (ctrace_variable_cell_event){variable, place};
    }
    return status;
}

static ctrace_status skip_unknown(ctr_ctfs_records *r, ctrace_error *error)
{
    uint64_t size;
    ctr_ctfs_note(r->shared, CTRACE_LENIENCY_CT_RECORD_LOST);
    ctrace_status status = ctr_ctfs_records_varint(r, &size, error);
    return status == CTRACE_OK ? ctr_ctfs_records_skip(r, size, error) : status;
}

/* Makes the event behind a tag. */
static ctrace_status take_tagged(ctr_ctfs_values *v, unsigned tag, ctrace_event *out, ctrace_error *error)
{
    ctr_ctfs_records *r = &v->records;
    switch (tag) {
    case TAG_DROP_VARIABLE:
        out->kind = CTRACE_EVENT_DROP_VARIABLE;
        return ctr_ctfs_records_varint(r, &out->drop_variable, error);
    case TAG_DROP_VARIABLES:
        return take_ids(v, out, error);
    case TAG_CELL_VALUE:
    case TAG_COMPOUND_VALUE:
    case TAG_ASSIGN_CELL:
        return take_placed_value(r, tag, out, error);
    case TAG_ASSIGN_COMPOUND_ITEM:
        return take_item_place(r, out, error);
    case TAG_ASSIGNMENT:
        return take_assignment(r, out, error);
    default: /* TAG_BIND_VARIABLE, TAG_VARIABLE_CELL */
        return take_placed_variable(r, tag, out, error);
    }
}

/* Goes to what makes the next event: a pair, or what stands behind a tag. */
static ctrace_status find_next(ctr_ctfs_values *v, unsigned *tag, ctrace_error *error)
{
    ctr_ctfs_records *r = &v->records;
    ctrace_status status = CTRACE_OK;
    *tag = TAG_VALUES;
    while (status == CTRACE_OK && !v->pairs) {
        if (!r->left)
            return CTRACE_END;
        status = r->older ? CTRACE_EVENT : ctr_ctfs_records_byte(r, tag, error);
        if (status != CTRACE_OK)
            break;
        if (*tag == TAG_VALUES)
            status = ctr_ctfs_records_varint(r, &v->pairs, error);
        else if (*tag > TAG_ASSIGNMENT)
            status = skip_unknown(r, error);
        else
            return CTRACE_OK;
    }
    return status == CTRACE_END ? CTRACE_EVENT : status;
}

ctrace_status ctr_ctfs_values_next(ctr_ctfs_values *v, ctrace_event *out, ctrace_error *error)
{
    ctr_ctfs_records *r = &v->records;
    unsigned tag;
    if (!v->in_record)
        return CTRACE_END;
    ctrace_status status = find_next(v, &tag, error);
    bool malformed = status == CTRACE_EVENT;
    if (status == CTRACE_OK) {
        status = v->pairs ? take_pair(v, out, error) : take_tagged(v, tag, out, error);
        malformed = status == CTRACE_END;
    } else if (status == CTRACE_END) {
        v->in_record = false;
    }
    if (!malformed)
        return status;
    /* What is left of the record cannot be told apart; when its chunk is torn that is told there. */
    v->in_record = false;
    v->pairs = 0;
    return ctr_fail(error, CTRACE_EVENT, "record %llu of values.dat is malformed", (unsigned long long)r->number);
}
