#include "convert/plan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/uuid.h"

#define NO_EVENT UINT64_MAX

/* What a place was given last; an item of a compound is a place of its own here. */
typedef struct place {
    uint64_t event;
    uint32_t thread;
    size_t base; /* index of the compound or cell that this changes, or SIZE_MAX */
} place;

typedef struct search {
    ctr_job *job;
    ctr_plan *plan;
    const ctrace_allocator *allocator;
    ctrace_range range;
    uint64_t index;      /* of the event that is looked at */
    uint64_t steps, calls;
    uint64_t fresh_step; /* the last step, when nothing but what belongs to it follows; or NO_EVENT */
    int64_t first_line;
    ctrace_id first_path;
    ctr_threads threads;
    /* By thread: the calls that are open, each behind its entry step, and what was done to variables inside; and the
     * event of its start, or NO_EVENT. */
    ctr_kept_list *open;
    uint64_t *started;
    size_t open_capacity, started_capacity, thread_count;
    size_t kept_count;
    ctr_map place_map; /* to an index of `places` */
    place *places;
    size_t place_count, place_capacity;
    uint64_t left_out;   /* events about places and variables that there was no room for */
    uint64_t range_open; /* calls of the range that have not returned */
    bool begun, ended;
} search;

/* ---- Threads ---- */

static bool keep(search *s, ctr_kept_list *list, uint64_t event, size_t thread, ctr_kept_kind kind, bool in_range)
{
    if (!ctr_make_room(s->allocator, (void **)&list->items, &list->capacity, list->count, sizeof *list->items))
        return false;
    list->items[list->count++] = (ctr_kept){event, (uint32_t)thread, (uint8_t)kind, in_range};
    return true;
}

static ctr_kept_list *open_calls(search *s) { return &s->open[s->threads.current]; }

static bool see_threads(search *s, const ctrace_event *event)
{
    if (!ctr_threads_see(&s->threads, event))
        return false;
    for (; s->thread_count < s->threads.count; s->thread_count++) {
        if (!ctr_make_room(s->allocator, (void **)&s->open, &s->open_capacity, s->thread_count, sizeof *s->open) ||
            !ctr_make_room(s->allocator, (void **)&s->started, &s->started_capacity, s->thread_count,
                           sizeof *s->started))
            return false;
        s->open[s->thread_count] = (ctr_kept_list){0};
        s->started[s->thread_count] = NO_EVENT;
    }
    if (event->kind != CTRACE_EVENT_THREAD_START && event->kind != CTRACE_EVENT_THREAD_EXIT)
        return true;
    ctrace_id thread = ctr_map_find(&s->threads.map, &event->thread_id, sizeof event->thread_id);
    s->started[thread] = event->kind == CTRACE_EVENT_THREAD_START ? s->index : NO_EVENT;
    if (event->kind == CTRACE_EVENT_THREAD_EXIT && thread != 0) {
        for (size_t i = 0; i < s->open[thread].count; i++)
            s->range_open -= s->open[thread].items[i].in_range;
        s->kept_count -= s->open[thread].count;
        s->open[thread].count = 0;
    }
    return true;
}

/* ---- Calls ---- */

static ctrace_status call(search *s)
{
    if (s->kept_count + 2 > CTR_MOST_KEPT)
        return ctr_fail(s->job->error, CTRACE_TOO_LARGE, "more than %zu calls are open at once", CTR_MOST_KEPT / 2);
    bool in_range = s->range.unit == CTRACE_UNIT_CALL && s->calls >= s->range.first && s->calls < s->range.end;
    size_t thread = s->threads.current;
    if (s->fresh_step != NO_EVENT) {
        if (!keep(s, open_calls(s), s->fresh_step, thread, CTR_KEPT_STEP, false))
            return ctr_job_no_memory(s->job);
        s->kept_count++;
    }
    if (!keep(s, open_calls(s), s->index, thread, CTR_KEPT_CALL, in_range))
        return ctr_job_no_memory(s->job);
    s->kept_count++;
    s->range_open += in_range;
    s->calls++;
    return CTRACE_OK;
}

static void returned(search *s)
{
    ctr_kept_list *open = open_calls(s);
    size_t before = open->count;
    while (open->count && open->items[open->count - 1].kind == CTR_KEPT_VARIABLE)
        open->count--;
    if (open->count)
        s->range_open -= open->items[--open->count].in_range;
    if (open->count && open->items[open->count - 1].kind == CTR_KEPT_STEP)
        open->count--;
    s->kept_count -= before - open->count;
}

/* ---- Variables and places ---- */

static ctrace_status changed_variable(search *s)
{
    if (s->kept_count + 1 > CTR_MOST_KEPT / 2) {
        s->left_out++;
        return CTRACE_OK;
    }
    s->kept_count++;
    return keep(s, open_calls(s), s->index, s->threads.current, CTR_KEPT_VARIABLE, false)
               ? CTRACE_OK
               : ctr_job_no_memory(s->job);
}

typedef enum place_part { PART_VALUE, PART_CELL, PART_ITEM } place_part;

static ctrace_status changed_place(search *s, place_part part, int64_t number, uint64_t item)
{
    const struct {
        uint64_t part;
        int64_t number;
        uint64_t item;
    } key = {part, number, item}, base = {PART_VALUE, number, 0};
    ctrace_id known = ctr_map_find(&s->place_map, &key, sizeof key);
    if (known == CTRACE_ID_NONE) {
        if (s->place_count == CTR_MOST_PLACES) {
            s->left_out++;
            return CTRACE_OK;
        }
        known = s->place_count;
        if (!ctr_make_room(s->allocator, (void **)&s->places, &s->place_capacity, s->place_count,
                           sizeof *s->places) ||
            !ctr_map_add(&s->place_map, &key, sizeof key, known))
            return ctr_job_no_memory(s->job);
        s->place_count++;
    }
    ctrace_id value = part == PART_VALUE ? CTRACE_ID_NONE : ctr_map_find(&s->place_map, &base, sizeof base);
    s->places[known] = (place){s->index, (uint32_t)s->threads.current,
                               value == CTRACE_ID_NONE ? SIZE_MAX : (size_t)value};
    return CTRACE_OK;
}

/* ---- The snapshot ---- */

static int by_event(const void *a, const void *b)
{
    uint64_t left = ((const ctr_kept *)a)->event, right = ((const ctr_kept *)b)->event;
    return left < right ? -1 : left > right;
}

static void sort(ctr_plan *plan)
{
    if (plan->kept.count)
        qsort(plan->kept.items, plan->kept.count, sizeof *plan->kept.items, by_event);
}

static bool keep_if_before(search *s, uint64_t event, size_t thread, ctr_kept_kind kind)
{
    return event >= s->plan->begin || keep(s, &s->plan->kept, event, thread, kind, false);
}

/* The part begins at event `begin`: what is open now is what it needs. */
static ctrace_status begin_part(search *s, uint64_t begin)
{
    ctr_plan *plan = s->plan;
    s->begun = true;
    plan->begin = begin;
    plan->thread = s->threads.current;
    bool ok = true, needs_step = false;
    for (size_t t = 0; ok && t < s->thread_count; t++) {
        for (size_t i = 0; ok && i < s->open[t].count; i++)
            ok = keep_if_before(s, s->open[t].items[i].event, t, (ctr_kept_kind)s->open[t].items[i].kind);
        if (ok && s->started[t] != NO_EVENT) {
            ok = keep_if_before(s, s->started[t], t, CTR_KEPT_START);
            needs_step = needs_step || s->started[t] > plan->first_step;
        }
    }
    for (size_t i = 0; ok && i < s->place_count; i++) {
        const place *p = &s->places[i];
        /* A change before the value that it changed was given anew means nothing any more. */
        if (p->base != SIZE_MAX && s->places[p->base].event > p->event)
            continue;
        ok = keep_if_before(s, p->event, p->thread, CTR_KEPT_PLACE);
        needs_step = true;
    }
    if (!ok)
        return ctr_job_no_memory(s->job);
    sort(plan);
    /* Places belong to a step, and before the first one a thread's start would name the one that runs. */
    if (needs_step && plan->first_step < begin) {
        const ctr_kept first = {.event = plan->first_step};
        if (!plan->kept.count || !bsearch(&first, plan->kept.items, plan->kept.count, sizeof first, by_event)) {
            if (!keep(s, &plan->kept, plan->first_step, 0, CTR_KEPT_STEP, false))
                return ctr_job_no_memory(s->job);
            sort(plan);
        }
    }
    if (s->left_out)
        ctr_lose(s->job->report, CTRACE_LOSS_CONTEXT, CTR_LOSS_SINGLE, s->left_out, NULL,
                 "there are too many places to be remembered");
    return CTRACE_OK;
}

static ctrace_status look_for_begin(search *s, const ctrace_event *event)
{
    switch (s->range.unit) {
    case CTRACE_UNIT_EVENT:
        return s->index == s->range.first ? begin_part(s, s->index) : CTRACE_OK;
    case CTRACE_UNIT_STEP:
        return event->kind == CTRACE_EVENT_STEP && s->steps == s->range.first ? begin_part(s, s->index) : CTRACE_OK;
    default:
        if (event->kind != CTRACE_EVENT_CALL || s->calls != s->range.first)
            return CTRACE_OK;
        return begin_part(s, s->fresh_step != NO_EVENT ? s->fresh_step : s->index);
    }
}

/* ---- Every event ---- */

static void first_steps(search *s, const ctrace_event *event)
{
    if (s->steps == 0) {
        s->plan->first_step = s->index;
        s->first_path = event->step.path_id;
        s->first_line = event->step.line;
    } else if (s->steps == 1) {
        s->plan->first_step_twice = event->step.path_id == s->first_path && event->step.line == s->first_line;
    }
}

static ctrace_status take_note(search *s, const ctrace_event *event)
{
    switch (event->kind) {
    case CTRACE_EVENT_STEP:
        first_steps(s, event);
        s->fresh_step = s->index;
        s->steps++;
        return CTRACE_OK;
    case CTRACE_EVENT_CALL: {
        ctrace_status status = call(s);
        s->fresh_step = NO_EVENT;
        return status;
    }
    case CTRACE_EVENT_RETURN:
        returned(s);
        s->fresh_step = NO_EVENT;
        return CTRACE_OK;
    case CTRACE_EVENT_THREAD_SWITCH:
        s->fresh_step = NO_EVENT;
        return CTRACE_OK;
    case CTRACE_EVENT_VARIABLE_CELL:
    case CTRACE_EVENT_BIND_VARIABLE:
    case CTRACE_EVENT_DROP_VARIABLE:
    case CTRACE_EVENT_DROP_VARIABLES:
        return changed_variable(s);
    case CTRACE_EVENT_COMPOUND_VALUE:
        return changed_place(s, PART_VALUE, event->compound_value.place, 0);
    case CTRACE_EVENT_CELL_VALUE:
        return changed_place(s, PART_VALUE, event->cell_value.place, 0);
    case CTRACE_EVENT_ASSIGN_CELL:
        return changed_place(s, PART_CELL, event->assign_cell.place, 0);
    case CTRACE_EVENT_ASSIGN_COMPOUND_ITEM:
        return changed_place(s, PART_ITEM, event->assign_compound_item.place, event->assign_compound_item.index);
    default:
        return CTRACE_OK;
    }
}

/* Ends the part before this event, or behind it. */
static void look_for_end(search *s, const ctrace_event *event, bool behind)
{
    bool found = false;
    switch (s->range.unit) {
    case CTRACE_UNIT_EVENT:
        found = !behind && s->index == s->range.end;
        break;
    case CTRACE_UNIT_STEP:
        found = !behind && event->kind == CTRACE_EVENT_STEP && s->steps == s->range.end;
        break;
    default:
        found = behind && s->calls >= s->range.end && s->range_open == 0;
        break;
    }
    if (found)
        s->plan->end = s->index + behind;
    s->ended = found;
}

static ctrace_status look_at(search *s, const ctrace_event *event)
{
    ctrace_status status = s->begun ? CTRACE_OK : look_for_begin(s, event);
    if (status != CTRACE_OK || !see_threads(s, event))
        return status == CTRACE_OK ? ctr_job_no_memory(s->job) : status;
    if (s->begun)
        look_for_end(s, event, false);
    /* Inside, what is open matters for a range of calls alone. */
    if (!s->begun || s->range.unit == CTRACE_UNIT_CALL || event->kind == CTRACE_EVENT_STEP)
        status = take_note(s, event);
    if (status == CTRACE_OK && s->begun && !s->ended)
        look_for_end(s, event, true);
    s->index++;
    return status;
}

static ctrace_status fail_no_part(search *s)
{
    static const char *const units[] = {
        [CTRACE_UNIT_EVENT] = "event", [CTRACE_UNIT_STEP] = "step", [CTRACE_UNIT_CALL] = "call"};
    uint64_t count = s->range.unit == CTRACE_UNIT_EVENT  ? s->index
                     : s->range.unit == CTRACE_UNIT_STEP ? s->steps
                                                         : s->calls;
    return ctr_fail(s->job->error, CTRACE_ARGUMENT, "there is no %s %" PRIu64 ": the trace has %" PRIu64 " of them",
                    units[s->range.unit], s->range.first, count);
}

/* To the end of the trace there is nothing to look for. */
static bool is_done(const search *s) { return s->ended || (s->begun && s->range.end == UINT64_MAX); }

static ctrace_status look(search *s)
{
    ctrace_status status = CTRACE_OK;
    while (status == CTRACE_OK && !is_done(s)) {
        const ctrace_event *event;
        status = ctr_input_next(&s->job->in, &event, s->job->error);
        if (status != CTRACE_OK)
            break;
        status = ctr_job_warnings(s->job, CTR_GIVEN_UP);
        if (status == CTRACE_OK)
            status = look_at(s, event);
        if (status == CTRACE_OK)
            status = ctr_job_progress(s->job);
    }
    if (status == CTRACE_END)
        status = ctr_job_warnings(s->job, CTR_GIVEN_UP);
    if (status == CTRACE_OK && !s->begun)
        status = fail_no_part(s);
    return status;
}

ctrace_status ctr_plan_make(ctr_plan *plan, ctr_job *job)
{
    *plan = (ctr_plan){.end = UINT64_MAX, .first_step = UINT64_MAX, .allocator = job->allocator};
    search s = {.job = job,
                .plan = plan,
                .allocator = job->allocator,
                .range = job->range,
                .fresh_step = NO_EVENT,
                .place_map = {.allocator = job->allocator, .seed = ctr_random_u64()}};
    const ctrace_event nothing = {.kind = CTRACE_EVENT_PATH};
    bool ok = ctr_threads_init(&s.threads, job->allocator) && see_threads(&s, &nothing);
    ctrace_status status = ok ? look(&s) : ctr_job_no_memory(job);
    for (size_t t = 0; t < s.thread_count; t++)
        ctr_free(s.allocator, s.open[t].items, s.open[t].capacity * sizeof *s.open[t].items);
    ctr_free(s.allocator, s.open, s.open_capacity * sizeof *s.open);
    ctr_free(s.allocator, s.started, s.started_capacity * sizeof *s.started);
    ctr_free(s.allocator, s.places, s.place_capacity * sizeof *s.places);
    ctr_map_free(&s.place_map);
    ctr_threads_free(&s.threads);
    return status;
}

void ctr_plan_free(ctr_plan *plan)
{
    ctr_free(plan->allocator, plan->kept.items, plan->kept.capacity * sizeof *plan->kept.items);
    plan->kept = (ctr_kept_list){0};
}
