/* Going to a call: what was open there is found again. */
#include "base/failure.h"
#include "codec/ctfs/calls.h"

#define MOST_CALLERS ((uint64_t)1 << 16) /* that are read at once */

/* The open calls are those that called the last call, or some of them: then their number is enough to find them again.
 * With threads they need not be; then all calls are gone through. */
#define SHAPE_IRREGULAR ((1u << 20) - 1)

uint64_t ctr_ctfs_calls_next_number(const ctr_ctfs_calls *c) { return c->has_call ? c->call.number : c->records.next; }

uint64_t ctr_ctfs_calls_shape(const ctr_ctfs_calls *c) { return c->open.regular ? c->open.count : SHAPE_IRREGULAR; }

static ctrace_status fail_memory(ctrace_error *error)
{
    return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for the open calls");
}

/* Reads the callers of the calls from the beginning of a chunk up to call `number`. */
static ctrace_status read_callers(ctr_ctfs_calls *c, uint64_t number, ctrace_error *error)
{
    uint64_t at = c->records.older ? number : number - number % c->records.chunks.size;
    if (number - at >= MOST_CALLERS)
        at = number;
    c->callers_from = at;
    c->caller_count = 0;
    for (; at <= number; at++) {
        ctr_ctfs_call call;
        const char *data;
        ctrace_status status = ctr_ctfs_calls_read_again(c, at, &call, &data, error);
        if (status != CTRACE_OK && status != CTRACE_END)
            return status;
        if (!ctr_make_room(c->open.allocator, (void **)&c->callers, &c->caller_capacity, c->caller_count,
                           sizeof *c->callers))
            return fail_memory(error);
        ctr_ctfs_caller caller = {(int64_t)at, 0}; /* what is no call has itself for a caller, which none can have */
        if (status == CTRACE_OK)
            caller = (ctr_ctfs_caller){call.parent, call.exit > call.entry ? call.exit : call.entry};
        c->callers[c->caller_count++] = caller;
    }
    return CTRACE_OK;
}

/* The caller of a call, which has a smaller number or is none. */
static ctrace_status find_caller(ctr_ctfs_calls *c, uint64_t number, ctr_ctfs_caller *out, ctrace_error *error)
{
    ctrace_status status = CTRACE_OK;
    if (number < c->callers_from || number - c->callers_from >= c->caller_count)
        status = read_callers(c, number, error);
    if (status != CTRACE_OK)
        return status;
    *out = c->callers[number - c->callers_from];
    return out->parent >= 0 && (uint64_t)out->parent >= number ? CTRACE_ARGUMENT : CTRACE_OK;
}

/* Opens the oldest `depth` of a call and those that called it. */
static ctrace_status open_callers(ctr_ctfs_calls *c, uint64_t number, size_t depth, ctrace_error *error)
{
    ctr_open_call *found = NULL; /* all of them, the newest first */
    size_t count = 0, capacity = 0;
    bool more = true;
    ctrace_status status = CTRACE_OK;
    while (status == CTRACE_OK && more) {
        ctr_ctfs_caller caller;
        status = count > CTR_MOST_OPEN_CALLS ? CTRACE_ARGUMENT : find_caller(c, number, &caller, error);
        if (status != CTRACE_OK)
            break;
        if (!ctr_make_room(c->open.allocator, (void **)&found, &capacity, count, sizeof *found)) {
            status = fail_memory(error);
            break;
        }
        found[count++] = (ctr_open_call){.number = number, .parent = caller.parent, .exit = caller.exit};
        more = caller.parent >= 0;
        number = (uint64_t)caller.parent;
    }
    if (status == CTRACE_OK && depth > count)
        status = CTRACE_ARGUMENT;
    for (size_t i = 0; status == CTRACE_OK && i < depth; i++)
        if (!ctr_open_calls_push(&c->open, found[count - 1 - i]))
            status = fail_memory(error);
    ctr_free(c->open.allocator, found, capacity * sizeof *found);
    return status;
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
        while (c->open.count && (ctr_open_calls_first(&c->open)->exit < now || ctr_ctfs_calls_must_leave(c, now, true)))
            ctr_open_calls_pop(&c->open);
        uint64_t exit = c->call.exit > now ? c->call.exit : now;
        if (c->open.count < CTR_MOST_OPEN_CALLS &&
            !ctr_open_calls_push(&c->open, (ctr_open_call){c->call.number, c->call.parent, exit, NULL, 0, false}))
            status = fail_memory(error);
        c->has_call = false;
    }
    while (c->open.count && ctr_open_calls_first(&c->open)->exit < step)
        ctr_open_calls_pop(&c->open);
    c->has_call = false;
    return status;
}

ctrace_status ctr_ctfs_calls_go_to(ctr_ctfs_calls *c, uint64_t number, uint64_t shape, uint64_t step,
                                   ctrace_error *error)
{
    ctrace_status status = CTRACE_OK;
    ctr_open_calls_forget(&c->open);
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
