/* Following a list that is still being written. Its writer ends it with "\n]\n" at every moment and overwrites that end
 * when it goes on; and a write may be seen half. So what looks like the end, or like a fault in the last bytes, is
 * looked at again from behind the last good event, until the trace says that it is complete. */
#include "codec/json/list.h"

#include "base/failure.h"

/* A fault so near to the end that was known before reading may come from a write that was seen half. The decoder looks
 * a few bytes ahead, too. */
#define UNSETTLED 64

static bool may_change(const ctr_json_list *l, ctrace_status status, const ctrace_error *error)
{
    switch (status) {
    case CTRACE_END:
    case CTRACE_TRUNCATED:
        return true;
    case CTRACE_IO:
    case CTRACE_NOT_FOUND:
    case CTRACE_NO_MEMORY:
        return false;
    default:
        return error->position.offset + UNSETTLED > l->settled;
    }
}

ctrace_status ctr_json_follow_next(ctr_decoder *base, const ctrace_event **event, ctrace_error *error)
{
    ctr_json_list *l = ctr_json_list_of(base);
    ctrace_error unwanted;
    if (!error)
        error = &unwanted;
    if (l->waiting) {
        ctr_source_measure(base->source);
        l->settled = base->source->size;
    }
    l->waiting = false;
    if (l->complete)
        return ctr_json_list_next(base, event, error);
    ctr_json_place place = l->place;
    ctrace_position here = {.event = l->next_index};
    if (l->after)
        l->window.at = l->after;
    ctr_window_locate(&l->window, l->window.at, &here);
    for (;;) {
        ctrace_status status = ctr_json_list_next(base, event, error);
        if (status == CTRACE_OK || l->complete || !may_change(l, status, error))
            return status;
        ctr_completeness completeness = ctr_decoder_completeness(base);
        if (completeness == CTR_COMPLETE_UNKNOWN && l->closed) {
            l->complete = true;
            return status;
        }
        ctr_json_list_go_to(l, place, &here);
        if (completeness != CTR_COMPLETE) {
            l->waiting = true;
            return CTRACE_AGAIN;
        }
        /* What was written last may have come after it was read. */
        ctr_source_measure(base->source);
        l->complete = true;
    }
}
