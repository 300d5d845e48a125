#include "codec/ctfs/calls.h"

#include "base/failure.h"
#include "codec/ctfs/meta.h"

#define WINDOW_LOG   22
#define MOST_RESULTS ((size_t)2 << 20) /* bytes of what open calls return that are kept */
#define FIRST_HOLD   ((uint64_t)4 << 10)
#define MOST_CALLERS ((uint64_t)1 << 16) /* that are read at once */
#define VOID         "\xFF"              /* nothing is returned */

static const ctrace_value none = {.kind = CTRACE_VALUE_NONE, .span = 1};

ctrace_status ctr_ctfs_calls_open(ctr_ctfs_calls *c, ctr_ctfs_shared *shared, bool newer, bool notes,
                                  ctrace_error *error)
{
    memset(c, 0, sizeof *c);
    c->result.allocator = shared->allocator;
    c->newer = newer;
    c->regular = true;
    c->newest = -1;
    return ctr_ctfs_records_open(&c->records, shared, "calls", newer, WINDOW_LOG, notes, error);
}

static void forget_open(ctr_ctfs_calls *c)
{
    for (size_t i = 0; i < c->open_count; i++)
        ctr_free(c->result.allocator, c->open[i].result, c->open[i].result_size);
    c->open_count = c->kept = 0;
    c->regular = true;
    c->newest = -1;
}

void ctr_ctfs_calls_close(ctr_ctfs_calls *c)
{
    const ctrace_allocator *allocator = c->result.allocator;
    forget_open(c);
    ctr_free(allocator, c->open, c->open_capacity * sizeof *c->open);
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

/* ---- The open calls ---- */

static bool comes_before(const ctr_ctfs_open_call *a, const ctr_ctfs_open_call *b)
{
    return a->exit < b->exit || (a->exit == b->exit && a->number > b->number);
}

/* Puts a call into the heap. */
static bool push(ctr_ctfs_calls *c, ctr_ctfs_open_call call)
{
    if (!ctr_make_room(c->result.allocator, (void **)&c->open, &c->open_capacity, c->open_count, sizeof *c->open))
        return false;
    c->regular = c->regular && (c->newest < 0 ? call.parent < 0 : call.parent == c->newest);
    c->newest = (int64_t)call.number;
    size_t at = c->open_count++;
    for (; at && comes_before(&call, &c->open[(at - 1) / 2]); at = (at - 1) / 2)
        c->open[at] = c->open[(at - 1) / 2];
    c->open[at] = call;
    return true;
}

/* Takes the first call off the heap. */
static void pop(ctr_ctfs_calls *c)
{
    const ctr_ctfs_open_call first = c->open[0], last = c->open[--c->open_count];
    size_t at = 0;
    for (size_t child = 1; child < c->open_count; child = 2 * at + 1) {
        if (child + 1 < c->open_count && comes_before(&c->open[child + 1], &c->open[child]))
            child++;
        if (!comes_before(&c->open[child], &last))
            break;
        c->open[at] = c->open[child];
        at = child;
    }
    c->open[at] = last;
    c->kept -= first.result_size;
    ctr_free(c->result.allocator, first.result, first.result_size);
    c->regular = !c->open_count || (c->regular && c->newest == (int64_t)first.number);
    c->newest = c->open_count ? first.parent : -1;
}

bool ctr_ctfs_calls_must_leave(const ctr_ctfs_calls *c, uint64_t step, bool for_call)
{
    if (!c->open_count || c->open[0].exit > step)
        return false;
    return !for_call || c->call.parent < 0 || c->open[0].number > (uint64_t)c->call.parent;
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
    ctr_ctfs_open_call open = {
        .number = c->call.number, .parent = c->call.parent, .exit = c->call.exit > step ? c->call.exit : step};
    find_result(&c->call, c->data, &result, &size);
    open.is_kept = size <= MOST_RESULTS - c->kept;
    if (open.is_kept && size) {
        open.result = ctr_alloc(c->result.allocator, size);
        if (!open.result)
            return false;
        memcpy(open.result, result, size);
        open.result_size = size;
    }
    if (!push(c, open)) {
        ctr_free(c->result.allocator, open.result, open.result_size);
        return false;
    }
    c->kept += open.result_size;
    c->regular = c->regular && c->call.entry >= step;
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
    if (c->open_count == CTR_CTFS_MOST_OPEN) {
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

/* What the call that must be left gives back, which may be kept or not. */
static ctrace_status load_result(ctr_ctfs_calls *c, ctrace_error *error)
{
    const ctr_ctfs_open_call *open = &c->open[0];
    const char *result = open->result;
    size_t size = open->result_size;
    c->result.size = 0;
    if (!open->is_kept) {
        ctr_ctfs_call call;
        const char *data;
        ctrace_status status = read_again(c, open->number, &call, &data, error);
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
    pop(c);
    out->kind = CTRACE_EVENT_RETURN;
    out->returned.return_value = value;
    return CTRACE_OK;
}

/* ---- Any place ---- */

/* The open calls are those that called the last call, or some of them: then their number is enough to find them again.
 * With threads they need not be; then all calls are gone through. */
#define SHAPE_IRREGULAR ((1u << 20) - 1)

uint64_t ctr_ctfs_calls_next_number(const ctr_ctfs_calls *c) { return c->has_call ? c->call.number : c->records.next; }

uint64_t ctr_ctfs_calls_shape(const ctr_ctfs_calls *c) { return c->regular ? c->open_count : SHAPE_IRREGULAR; }

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
        if (!ctr_make_room(c->result.allocator, (void **)&c->callers, &c->caller_capacity, c->caller_count,
                           sizeof *c->callers))
            return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for the calls before a place");
        ctr_ctfs_caller caller = {call.parent, call.exit > call.entry ? call.exit : call.entry};
        if (status == CTRACE_END) /* what is no call has itself for a parent, which none can have */
            caller = (ctr_ctfs_caller){(int64_t)c->again.number, 0};
        c->callers[c->caller_count++] = caller;
        if (c->again.number == number)
            return CTRACE_OK;
        status = ctr_ctfs_records_next(&c->again, error);
    }
    return status == CTRACE_END || status == CTRACE_OK ? CTRACE_ARGUMENT : status;
}

/* Opens the oldest `depth` of a call and those that called it. */
static ctrace_status open_callers(ctr_ctfs_calls *c, uint64_t number, size_t depth, ctrace_error *error)
{
    size_t height = 0; /* how many there are in all; they lie in `open` for now, the newest first */
    for (uint64_t at = number;; height++) {
        ctrace_status status = height > CTR_CTFS_MOST_OPEN ? CTRACE_ARGUMENT : CTRACE_OK;
        if (status == CTRACE_OK && (at < c->callers_from || at - c->callers_from >= c->caller_count))
            status = read_callers(c, at, error);
        if (status != CTRACE_OK)
            return status;
        const ctr_ctfs_caller *caller = &c->callers[at - c->callers_from];
        if (caller->parent >= 0 && (uint64_t)caller->parent >= at)
            return CTRACE_ARGUMENT;
        if (!ctr_make_room(c->result.allocator, (void **)&c->open, &c->open_capacity, height, sizeof *c->open))
            return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for the open calls");
        c->open[height] = (ctr_ctfs_open_call){.number = at, .parent = caller->parent, .exit = caller->exit};
        if (caller->parent < 0)
            break;
        at = (uint64_t)caller->parent;
    }
    height++;
    if (depth > height)
        return CTRACE_ARGUMENT;
    ctr_ctfs_open_call *callers = c->open;
    size_t capacity = c->open_capacity;
    c->open = NULL;
    c->open_capacity = 0;
    bool ok = true;
    for (size_t i = height; ok && i > height - depth; i--)
        ok = push(c, callers[i - 1]);
    ctr_free(c->result.allocator, callers, capacity * sizeof *callers);
    return ok ? CTRACE_OK : ctr_fail(error, CTRACE_NO_MEMORY, "no memory for the open calls");
}

/* Enters and leaves all calls before call `number`, without their events. */
static ctrace_status run_calls(ctr_ctfs_calls *c, uint64_t number, uint64_t step, ctrace_error *error)
{
    uint64_t now = 0;
    ctrace_status status = ctr_ctfs_records_go_to(&c->records, 0, error);
    while (status == CTRACE_OK) {
        status = ctr_ctfs_calls_look(c, error);
        if (status != CTRACE_OK || !c->has_call || c->call.number >= number)
            break;
        now = c->call.entry > now ? c->call.entry : now;
        while (c->open_count && (c->open[0].exit < now || ctr_ctfs_calls_must_leave(c, now, true)))
            pop(c);
        if (c->open_count < CTR_CTFS_MOST_OPEN &&
            !push(c, (ctr_ctfs_open_call){.number = c->call.number,
                                          .parent = c->call.parent,
                                          .exit = c->call.exit > now ? c->call.exit : now}))
            status = ctr_fail(error, CTRACE_NO_MEMORY, "no memory for the open calls");
        c->has_call = false;
    }
    while (c->open_count && c->open[0].exit < step)
        pop(c);
    c->has_call = false;
    return status;
}

ctrace_status ctr_ctfs_calls_go_to(ctr_ctfs_calls *c, uint64_t number, uint64_t shape, uint64_t step,
                                   ctrace_error *error)
{
    ctrace_status status = CTRACE_OK;
    forget_open(c);
    c->caller_count = 0;
    c->has_call = false;
    if (shape && (!number || !c->records.there))
        return CTRACE_ARGUMENT;
    if (shape == SHAPE_IRREGULAR)
        status = run_calls(c, number, step, error);
    else if (shape)
        status = open_callers(c, number - 1, (size_t)shape, error);
    return status == CTRACE_OK ? ctr_ctfs_records_go_to(&c->records, number, error) : status;
}
