#include "codec/ctfs/open_calls.h"

void ctr_open_calls_init(ctr_open_calls *o, const ctrace_allocator *allocator)
{
    *o = (ctr_open_calls){.allocator = allocator, .regular = true, .newest = -1};
}

void ctr_open_calls_forget(ctr_open_calls *o)
{
    for (size_t i = 0; i < o->count; i++)
        ctr_free(o->allocator, o->calls[i].result, o->calls[i].result_size);
    o->count = o->kept = 0;
    o->regular = true;
    o->newest = -1;
}

void ctr_open_calls_free(ctr_open_calls *o)
{
    ctr_open_calls_forget(o);
    ctr_free(o->allocator, o->calls, o->capacity * sizeof *o->calls);
}

static bool comes_before(const ctr_open_call *a, const ctr_open_call *b)
{
    return a->exit < b->exit || (a->exit == b->exit && a->number > b->number);
}

bool ctr_open_calls_push(ctr_open_calls *o, ctr_open_call call)
{
    if (!ctr_make_room(o->allocator, (void **)&o->calls, &o->capacity, o->count, sizeof *o->calls))
        return false;
    o->regular = o->regular && (o->newest < 0 ? call.parent < 0 : call.parent == o->newest);
    o->newest = (int64_t)call.number;
    o->kept += call.result_size;
    size_t at = o->count++;
    for (; at && comes_before(&call, &o->calls[(at - 1) / 2]); at = (at - 1) / 2)
        o->calls[at] = o->calls[(at - 1) / 2];
    o->calls[at] = call;
    return true;
}

void ctr_open_calls_pop(ctr_open_calls *o)
{
    const ctr_open_call first = o->calls[0], last = o->calls[--o->count];
    size_t at = 0;
    for (size_t child = 1; child < o->count; child = 2 * at + 1) {
        if (child + 1 < o->count && comes_before(&o->calls[child + 1], &o->calls[child]))
            child++;
        if (!comes_before(&o->calls[child], &last))
            break;
        o->calls[at] = o->calls[child];
        at = child;
    }
    o->calls[at] = last;
    o->kept -= first.result_size;
    ctr_free(o->allocator, first.result, first.result_size);
    o->regular = !o->count || (o->regular && o->newest == (int64_t)first.number);
    o->newest = o->count ? first.parent : -1;
}
