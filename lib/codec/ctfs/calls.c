#include "codec/ctfs/calls.h"

#include "base/failure.h"
#include "codec/ctfs/meta.h"

#define WINDOW_LOG   22
#define MOST_RESULTS ((size_t)2 << 20) /* bytes of what open calls return that are kept */
#define FIRST_HOLD   ((uint64_t)4 << 10)
#define VOID         "\xFF" /* nothing is returned */

static const ctrace_value none = {.kind = CTRACE_VALUE_NONE, .span = 1};

ctrace_status ctr_ctfs_calls_open(ctr_ctfs_calls *c, ctr_ctfs_shared *shared, bool newer, bool notes,
                                  ctrace_error *error)
{
    memset(c, 0, sizeof *c);
    c->result.allocator = shared->allocator;
    c->newer = newer;
    ctr_open_calls_init(&c->open, shared->allocator);
    return ctr_ctfs_records_open(&c->records, shared, "calls", newer, WINDOW_LOG, notes, error);
}

void ctr_ctfs_calls_close(ctr_ctfs_calls *c)
{
    const ctrace_allocator *allocator = c->result.allocator;
    ctr_open_calls_free(&c->open);
    ctr_free(allocator, c->callers, c->caller_capacity * sizeof *c->callers);
    ctr_free(allocator, c->args, c->arg_capacity * sizeof *c->args);
    ctr_buffer_free(&c->result);
    ctr_ctfs_records_close(&c->records);
    ctr_ctfs_records_close(&c->again);
}

/* ---- Records ---- */

static bool skip_bytes(const char **at, const char *end, size_t *begin, size_t *size, const char *data)
{
    uint64_t length;
    if (!ctr_ctfs_varint(at, end, &length) || length > (uint64_t)(end - *at))
        return false;
    *begin = (size_t)(*at - data);
    *size = (size_t)length;
    *at += length;
    return true;
}

/* Takes a record apart up to its exception, or with `whole` to its end. False when these bytes do not hold it. */
static bool parse(ctr_ctfs_call *call, const char *data, size_t size, bool has_names, bool whole)
{
    const char *at = data, *end = data + size;
    uint64_t parent, depth, name, children;
    size_t arg, arg_size;
    if (!ctr_ctfs_varint(&at, end, &call->function) || !ctr_ctfs_varint(&at, end, &parent) ||
        !ctr_ctfs_varint(&at, end, &call->entry) || !ctr_ctfs_varint(&at, end, &call->exit) ||
        !ctr_ctfs_varint(&at, end, &depth) || !ctr_ctfs_varint(&at, end, &call->arg_count))
        return false;
    call->parent = ctr_ctfs_signed(parent);
    call->has_names = has_names;
    call->args = (size_t)(at - data);
    for (uint64_t i = 0; i < call->arg_count; i++)
        if ((has_names && !ctr_ctfs_varint(&at, end, &name)) || !skip_bytes(&at, end, &arg, &arg_size, data))
            return false;
    call->args_end = (size_t)(at - data);
    if (!skip_bytes(&at, end, &call->returned, &call->returned_size, data) ||
        !skip_bytes(&at, end, &call->exception, &call->exception_size, data))
        return false;
    if (!whole)
        return true;
    if (!ctr_ctfs_varint(&at, end, &children))
        return false;
    for (uint64_t i = 0; i < children; i++)
        if (!ctr_ctfs_varint(&at, end, &name))
            return false;
    return at == end;
}

/* Reads as much as is needed of the record that is begun: the list of children can be long. CTRACE_END: it is none. */
static ctrace_status read_call(ctr_ctfs_records *r, ctr_ctfs_call *call, const char **data, ctrace_error *error)
{
    uint64_t most = r->left < r->shared->max_event_bytes ? r->left : r->shared->max_event_bytes;
    uint64_t held = 0;
    call->number = r->number;
    do {
        held = held ? held * 2 : FIRST_HOLD;
        if (r->older || held > most)
            held = most;
        ctrace_status status = ctr_ctfs_records_hold(r, held, data, error);
        if (status != CTRACE_OK)
            return status;
        /* Before May 2026 arguments had no names. */
        if (r->older && held == r->left &&
            (parse(call, *data, (size_t)held, true, true) || parse(call, *data, (size_t)held, false, true)))
            return CTRACE_OK;
        if (parse(call, *data, (size_t)held, true, false))
            return CTRACE_OK;
    } while (held < most);
    return CTRACE_END;
}

ctrace_status ctr_ctfs_calls_look(ctr_ctfs_calls *c, ctrace_error *error)
{
    while (!c->has_call) {
        ctrace_status status = ctr_ctfs_records_next(&c->records, error);
        if (status != CTRACE_OK)
            return status == CTRACE_END ? CTRACE_OK : status;
        status = read_call(&c->records, &c->call, &c->data, error);
        if (status == CTRACE_END)
            ctr_ctfs_note(c->records.shared, CTRACE_LENIENCY_CT_RECORD_LOST);
        else if (status != CTRACE_OK)
            return status;
        c->has_call = status == CTRACE_OK;
    }
    return CTRACE_OK;
}

bool ctr_ctfs_calls_must_leave(const ctr_ctfs_calls *c, uint64_t step, bool for_call)
{
    if (!c->open.count || ctr_open_calls_first(&c->open)->exit > step)
        return false;
    return !for_call || c->call.parent < 0 || ctr_open_calls_first(&c->open)->number > (uint64_t)c->call.parent;
}

/* ---- Entering ---- */

/* What the call gives back, in its record. */
static void find_result(const ctr_ctfs_call *call, const char *data, const char **result, size_t *size)
{
    *result = data + call->returned;
    *size = call->returned_size;
    if (*size == 0 || (*size == 1 && **result == VOID[0])) {
        *result = data + call->exception;
        *size = call->exception_size;
    }
}

/* Opens the call that was looked at. */
static bool open_call(ctr_ctfs_calls *c, uint64_t step)
{
    const char *result;
    size_t size;
    ctr_open_call open = {
        .number = c->call.number, .parent = c->call.parent, .exit = c->call.exit > step ? c->call.exit : step};
    find_result(&c->call, c->data, &result, &size);
    open.is_kept = size <= MOST_RESULTS - c->open.kept;
    if (open.is_kept && size) {
        open.result = ctr_alloc(c->result.allocator, size);
        if (!open.result)
            return false;
        memcpy(open.result, result, size);
        open.result_size = size;
    }
    if (!ctr_open_calls_push(&c->open, open)) {
        ctr_free(c->result.allocator, open.result, open.result_size);
        return false;
    }
    c->open.regular = c->open.regular && c->call.entry >= step;
    return true;
}

/* Decodes the arguments; those that are no values are left out. */
static ctrace_status decode_args(ctr_ctfs_calls *c, size_t *count, ctrace_error *error)
{
    ctr_ctfs_shared *shared = c->records.shared;
    const char *at = c->data + c->call.args, *end = c->data + c->call.args_end;
    *count = 0;
    for (uint64_t i = 0; i < c->call.arg_count; i++) {
        uint64_t name = 0;
        size_t begin = 0, size = 0;
        const ctrace_value *value = NULL;
        if ((c->call.has_names && !ctr_ctfs_varint(&at, end, &name)) || !skip_bytes(&at, end, &begin, &size, c->data))
            break; /* it was walked over before, so this is none */
        ctrace_status status = CTRACE_EVENT;
        if (c->call.has_names)
            status = ctr_ctfs_decode_value(shared, c->data + begin, size, "an argument", &value, error);
        if (ctr_ctfs_is_passing(status)) {
            ctr_ctfs_note(shared, CTRACE_LENIENCY_CT_RECORD_LOST);
            continue;
        }
        if (status != CTRACE_OK)
            return status;
        if (!ctr_make_room(shared->allocator, (void **)&c->args, &c->arg_capacity, *count, sizeof *c->args))
            return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for the arguments of a call");
        c->args[(*count)++] = (ctrace_argument){name, value};
    }
    return CTRACE_OK;
}

ctrace_status ctr_ctfs_calls_enter(ctr_ctfs_calls *c, uint64_t step, ctrace_event *out, ctrace_error *error)
{
    if (c->open.count == CTR_MOST_OPEN_CALLS) {
        ctr_ctfs_note(c->records.shared, CTRACE_LENIENCY_CT_RECORD_LOST);
        c->has_call = false;
        return CTRACE_TOO_DEEP;
    }
    size_t count;
    ctrace_status status = decode_args(c, &count, error);
    if (status != CTRACE_OK)
        return status;
    if (!open_call(c, step))
        return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for the open calls");
    if (c->call.exception_size && c->call.returned_size &&
        (c->call.returned_size > 1 || c->data[c->call.returned] != VOID[0]))
        ctr_ctfs_note(c->records.shared, CTRACE_LENIENCY_CT_RECORD_LOST); /* the exception */
    c->has_call = false;
    out->kind = CTRACE_EVENT_CALL;
    out->call = (ctrace_call_event){c->call.function, c->args, count};
    return CTRACE_OK;
}

/* ---- Leaving ---- */

static ctrace_status open_again(ctr_ctfs_calls *c, ctrace_error *error)
{
    if (c->again.shared)
        return CTRACE_OK;
    return ctr_ctfs_records_open(&c->again, c->records.shared, "calls", c->newer, WINDOW_LOG, false, error);
}

ctrace_status ctr_ctfs_calls_read_again(ctr_ctfs_calls *c, uint64_t number, ctr_ctfs_call *call, const char **data,
                                        ctrace_error *error)
{
    ctrace_status status = open_again(c, error);
    if (status == CTRACE_OK)
        status = ctr_ctfs_records_find(&c->again, number, error);
    if (status == CTRACE_OK && c->again.number != number)
        status = CTRACE_END;
    return status == CTRACE_OK ? read_call(&c->again, call, data, error) : status;
}

/* What the call that must be left gives back, which may be kept or not. */
static ctrace_status load_result(ctr_ctfs_calls *c, ctrace_error *error)
{
    const ctr_open_call *open = ctr_open_calls_first(&c->open);
    const char *result = open->result;
    size_t size = open->result_size;
    c->result.size = 0;
    if (!open->is_kept) {
        ctr_ctfs_call call;
        const char *data;
        ctrace_status status = ctr_ctfs_calls_read_again(c, open->number, &call, &data, error);
        if (status == CTRACE_OK)
            find_result(&call, data, &result, &size);
        else if (status != CTRACE_END)
            return status;
    }
    if (!ctr_buffer_append(&c->result, result, size) || !ctr_buffer_reserve(&c->result, CTR_CBOR_SLACK))
        return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for what a call returns");
    memset(c->result.data + c->result.size, 0, CTR_CBOR_SLACK);
    return CTRACE_OK;
}

ctrace_status ctr_ctfs_calls_leave(ctr_ctfs_calls *c, ctrace_event *out, ctrace_error *error)
{
    const ctrace_value *value = &none;
    ctrace_status status = load_result(c, error);
    if (status == CTRACE_OK && c->result.size)
        status = ctr_ctfs_decode_value(c->records.shared, c->result.data, c->result.size, "what a call returns", &value,
                                       error);
    if (ctr_ctfs_is_passing(status)) {
        ctr_ctfs_note(c->records.shared, CTRACE_LENIENCY_CT_RECORD_LOST);
        value = &none;
    } else if (status != CTRACE_OK) {
        return status;
    }
    ctr_open_calls_pop(&c->open);
    out->kind = CTRACE_EVENT_RETURN;
    out->returned.return_value = value;
    return CTRACE_OK;
}
