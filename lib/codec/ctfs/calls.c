#include "codec/ctfs/calls.h"

#include "base/failure.h"
#include "codec/ctfs/meta.h"

#define WINDOW_LOG   22
#define MOST_RESULTS ((size_t)4 << 20) /* bytes of what open calls return that are kept */
#define FIRST_HOLD   ((uint64_t)4 << 10)
#define MOST_CALLERS ((uint64_t)1 << 16)
#define VOID         "\xFF" /* nothing is returned */

static const ctrace_value none = {.kind = CTRACE_VALUE_NONE, .span = 1};

ctrace_status ctr_ctfs_calls_open(ctr_ctfs_calls *c, ctr_ctfs_shared *shared, bool newer, bool notes,
                                  ctrace_error *error)
{
    memset(c, 0, sizeof *c);
    c->results.allocator = shared->allocator;
    c->newer = newer;
    c->odd_from = SIZE_MAX;
    return ctr_ctfs_records_open(&c->records, shared, "calls", newer, WINDOW_LOG, notes, error);
}

void ctr_ctfs_calls_close(ctr_ctfs_calls *c)
{
    if (c->records.shared) {
        const ctrace_allocator *allocator = c->records.shared->allocator;
        ctr_free(allocator, c->open, c->open_capacity * sizeof *c->open);
        ctr_free(allocator, c->callers, c->caller_capacity * sizeof *c->callers);
        ctr_free(allocator, c->args, c->arg_capacity * sizeof *c->args);
        ctr_buffer_free(&c->results);
    }
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

/* Takes a record apart up to its exception, or with `whole` to its end. False when that does not stand in these bytes. */
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

/* Reads the record that is begun, as much of it as is needed: the list of children can be long. CTRACE_END: it is none. */
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

/* ---- Entering ---- */

bool ctr_ctfs_calls_must_leave(const ctr_ctfs_calls *c, uint64_t step, bool for_call)
{
    if (!c->open_count)
        return false;
    const ctr_ctfs_open_call *newest = &c->open[c->open_count - 1];
    bool below = for_call && c->call.parent >= 0 && newest->number <= (uint64_t)c->call.parent;
    return newest->exit <= step && !below;
}

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

static bool is_parent_regular(const ctr_ctfs_calls *c, const ctr_ctfs_call *call)
{
    if (!c->open_count)
        return call->parent < 0;
    return call->parent >= 0 && (uint64_t)call->parent == c->open[c->open_count - 1].number;
}

static bool push(ctr_ctfs_calls *c, const ctr_ctfs_call *call, const char *data)
{
    const char *result;
    size_t size;
    if (!ctr_make_room(c->results.allocator, (void **)&c->open, &c->open_capacity, c->open_count, sizeof *c->open))
        return false;
    ctr_ctfs_open_call *open = &c->open[c->open_count];
    *open = (ctr_ctfs_open_call){.number = call->number, .exit = call->exit, .result = UINT32_MAX};
    find_result(call, data, &result, &size);
    if (size <= MOST_RESULTS - c->results.size) {
        open->result = (uint32_t)c->results.size;
        open->result_size = (uint32_t)size;
        if (!ctr_buffer_append(&c->results, result, size))
            return false;
    }
    if (c->odd_from == SIZE_MAX && !is_parent_regular(c, call))
        c->odd_from = c->open_count;
    c->open_count++;
    c->was_odd = c->odd_from != SIZE_MAX;
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

ctrace_status ctr_ctfs_calls_enter(ctr_ctfs_calls *c, ctrace_event *out, ctrace_error *error)
{
    if (c->open_count == CTR_CTFS_MOST_OPEN) {
        ctr_ctfs_note(c->records.shared, CTRACE_LENIENCY_CT_RECORD_LOST);
        c->has_call = false;
        return CTRACE_TOO_DEEP;
    }
    size_t count;
    ctrace_status status = decode_args(c, &count, error);
    if (status != CTRACE_OK)
        return status;
    if (!push(c, &c->call, c->data))
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

/* Reads the record of a call once more. CTRACE_END: it is not there. */
static ctrace_status read_again(ctr_ctfs_calls *c, uint64_t number, ctr_ctfs_call *call, const char **data,
                                ctrace_error *error)
{
    ctrace_status status = open_again(c, error);
    if (status == CTRACE_OK)
        status = ctr_ctfs_records_find(&c->again, number, error);
    if (status == CTRACE_OK && c->again.number != number)
        status = CTRACE_END;
    return status == CTRACE_OK ? read_call(&c->again, call, data, error) : status;
}

/* What the newest open call gives back; it may be kept or not. */
static ctrace_status load_result(ctr_ctfs_calls *c, const char **result, size_t *size, ctrace_error *error)
{
    const ctr_ctfs_open_call *open = &c->open[c->open_count - 1];
    *size = 0;
    if (open->result == UINT32_MAX) {
        ctr_ctfs_call call;
        const char *data;
        ctrace_status status = read_again(c, open->number, &call, &data, error);
        if (status == CTRACE_OK)
            find_result(&call, data, result, size);
        return status == CTRACE_END ? CTRACE_OK : status;
    }
    /* Decoding wants slack behind the last that is kept. */
    if (!ctr_buffer_reserve(&c->results, CTR_CBOR_SLACK))
        return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for what a call returns");
    memset(c->results.data + c->results.size, 0, CTR_CBOR_SLACK);
    *result = c->results.data + open->result;
    *size = open->result_size;
    return CTRACE_OK;
}

ctrace_status ctr_ctfs_calls_leave(ctr_ctfs_calls *c, ctrace_event *out, ctrace_error *error)
{
    const ctr_ctfs_open_call *open = &c->open[c->open_count - 1];
    const char *result = NULL;
    size_t size;
    const ctrace_value *value = &none;
    ctrace_status status = load_result(c, &result, &size, error);
    if (status == CTRACE_OK && size)
        status = ctr_ctfs_decode_value(c->records.shared, result, size, "what a call returns", &value, error);
    if (ctr_ctfs_is_passing(status)) {
        ctr_ctfs_note(c->records.shared, CTRACE_LENIENCY_CT_RECORD_LOST);
        value = &none;
    } else if (status != CTRACE_OK) {
        return status;
    }
    if (open->result != UINT32_MAX)
        c->results.size = open->result; /* its bytes stay until the next call */
    c->open_count--;
    if (c->odd_from >= c->open_count)
        c->odd_from = SIZE_MAX;
    out->kind = CTRACE_EVENT_RETURN;
    out->returned.return_value = value;
    return CTRACE_OK;
}

/* ---- Any place ---- */

uint64_t ctr_ctfs_calls_next_number(const ctr_ctfs_calls *c) { return c->has_call ? c->call.number : c->records.next; }

bool ctr_ctfs_calls_are_regular(const ctr_ctfs_calls *c) { return !c->was_odd; }

/* Reads the callers of the calls from the beginning of a chunk up to call `number`. */
static ctrace_status read_callers(ctr_ctfs_calls *c, uint64_t number, ctrace_error *error)
{
    ctrace_status status = open_again(c, error);
    if (status != CTRACE_OK)
        return status;
    uint64_t first = c->again.older ? number : number - number % c->again.chunks.size;
    if (number - first >= MOST_CALLERS)
        first = number;
    c->callers_from = first;
    c->caller_count = 0;
    status = ctr_ctfs_records_find(&c->again, first, error);
    while (status == CTRACE_OK && c->again.number == first + c->caller_count) {
        ctr_ctfs_call call = {.parent = -1};
        const char *data;
        status = read_call(&c->again, &call, &data, error);
        if (status != CTRACE_OK && status != CTRACE_END)
            return status;
        if (!ctr_make_room(c->results.allocator, (void **)&c->callers, &c->caller_capacity, c->caller_count,
                           sizeof *c->callers))
            return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for the calls before a place");
        /* What is no call has itself for a parent, which none can have. */
        c->callers[c->caller_count++] = status == CTRACE_OK ? (ctr_ctfs_caller){call.parent, call.exit}
                                                            : (ctr_ctfs_caller){(int64_t)c->again.number, 0};
        if (c->again.number == number)
            return CTRACE_OK;
        status = ctr_ctfs_records_next(&c->again, error);
    }
    return status == CTRACE_END || status == CTRACE_OK ? CTRACE_ARGUMENT : status;
}

/* Opens a call and all that it was called from, the oldest last. */
static ctrace_status open_with_callers(ctr_ctfs_calls *c, uint64_t number, ctrace_error *error)
{
    for (;;) {
        ctrace_status status = CTRACE_OK;
        if (number < c->callers_from || number - c->callers_from >= c->caller_count)
            status = read_callers(c, number, error);
        if (status != CTRACE_OK)
            return status;
        if (c->open_count == CTR_CTFS_MOST_OPEN)
            return CTRACE_ARGUMENT;
        if (!ctr_make_room(c->results.allocator, (void **)&c->open, &c->open_capacity, c->open_count, sizeof *c->open))
            return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for the open calls");
        const ctr_ctfs_caller *caller = &c->callers[number - c->callers_from];
        c->open[c->open_count++] = (ctr_ctfs_open_call){number, caller->exit, UINT32_MAX, 0};
        if (caller->parent < 0)
            return CTRACE_OK;
        if ((uint64_t)caller->parent >= number)
            return CTRACE_ARGUMENT;
        number = (uint64_t)caller->parent;
    }
}

ctrace_status ctr_ctfs_calls_go_to(ctr_ctfs_calls *c, uint64_t number, size_t depth, ctrace_error *error)
{
    ctrace_status status = CTRACE_OK;
    c->open_count = c->caller_count = 0;
    c->results.size = 0;
    c->odd_from = SIZE_MAX;
    c->was_odd = c->has_call = false;
    if (depth && (!number || !c->records.there))
        return CTRACE_ARGUMENT;
    if (depth)
        status = open_with_callers(c, number - 1, error);
    if (status == CTRACE_OK && depth > c->open_count)
        status = CTRACE_ARGUMENT;
    if (status != CTRACE_OK) {
        c->open_count = 0;
        return status;
    }
    for (size_t i = 0, j = c->open_count; i + 1 < j; i++) {
        ctr_ctfs_open_call moved = c->open[i];
        c->open[i] = c->open[--j];
        c->open[j] = moved;
    }
    c->open_count = depth;
    return ctr_ctfs_records_go_to(&c->records, number, error);
}
