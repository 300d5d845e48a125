/* A part of a trace as a trace of its own: the second reading, which writes what the plan of the first one says. */
#include <string.h>

#include "convert/names.h"
#include "convert/plan.h"

typedef struct cut {
    ctr_job *job;
    const ctr_plan *plan;
    size_t next_kept;
    ctr_threads threads; /* of the input */
    size_t out_thread;   /* the one that the new trace is in */
    uint64_t *open;      /* calls that are open in the new trace, by thread */
    size_t open_capacity, thread_count;
    bool any_step;
    uint64_t declared[CTR_NAME_KINDS];
    uint64_t needed[CTR_NAME_KINDS]; /* as many must be declared */
} cut;

static bool lacks_names(const cut *c)
{
    for (int i = 0; i < CTR_NAME_KINDS; i++)
        if (c->declared[i] < c->needed[i])
            return true;
    return false;
}

/* ---- Writing ---- */

static ctrace_status put(cut *c, const ctrace_event *event)
{
    ctr_name_kind name = ctr_name_declared(event->kind);
    if (name != CTR_NAME_KINDS)
        c->declared[name]++;
    else if (event->kind == CTRACE_EVENT_CALL)
        c->open[c->out_thread]++;
    else if (event->kind == CTRACE_EVENT_RETURN)
        c->open[c->out_thread] -= c->open[c->out_thread] > 0;
    ctr_names_used(event, c->needed);
    return ctr_job_put(c->job, event, NULL);
}

/* Brings the new trace into a thread whose id is known. */
static ctrace_status go_to(cut *c, size_t thread)
{
    if (thread == c->out_thread || !c->threads.list[thread].named)
        return CTRACE_OK;
    c->out_thread = thread;
    ctrace_event event = {.kind = CTRACE_EVENT_THREAD_SWITCH, .thread_id = c->threads.list[thread].id};
    return ctr_job_put(c->job, &event, NULL);
}

static bool see_threads(cut *c, const ctrace_event *event)
{
    if (!ctr_threads_see(&c->threads, event))
        return false;
    for (; c->thread_count < c->threads.count; c->thread_count++) {
        if (!ctr_make_room(c->job->allocator, (void **)&c->open, &c->open_capacity, c->thread_count, sizeof *c->open))
            return false;
        c->open[c->thread_count] = 0;
    }
    return true;
}

/* The first step of the part is written twice where that of the whole is: breakpoints never fire on step 0. */
static ctrace_status put_step_again(cut *c, uint64_t index, const ctrace_event *event)
{
    bool is_first = event->kind == CTRACE_EVENT_STEP && !c->any_step;
    if (!is_first)
        return CTRACE_OK;
    c->any_step = true;
    bool has_its_own = index == c->plan->first_step && c->plan->begin <= index;
    return c->plan->first_step_twice && !has_its_own ? ctr_job_put(c->job, event, NULL) : CTRACE_OK;
}

static ctrace_status put_from_before(cut *c, uint64_t index, const ctrace_event *event)
{
    const ctr_kept_list *kept = &c->plan->kept;
    if (c->next_kept == kept->count || kept->items[c->next_kept].event != index)
        return ctr_name_declared(event->kind) != CTR_NAME_KINDS ? put(c, event) : CTRACE_OK;
    const ctr_kept *k = &kept->items[c->next_kept++];
    ctrace_status status = k->kind == CTR_KEPT_START ? CTRACE_OK : go_to(c, k->thread);
    if (status == CTRACE_OK)
        status = put(c, event);
    if (status == CTRACE_OK)
        status = put_step_again(c, index, event);
    return status;
}

static ctrace_status put_inside(cut *c, uint64_t index, const ctrace_event *event)
{
    if (event->kind == CTRACE_EVENT_THREAD_SWITCH)
        c->out_thread = c->threads.current;
    ctrace_status status = put(c, event);
    if (status == CTRACE_OK)
        status = put_step_again(c, index, event);
    if (event->kind == CTRACE_EVENT_THREAD_EXIT) {
        ctrace_id thread = ctr_map_find(&c->threads.map, &event->thread_id, sizeof event->thread_id);
        if (thread != CTRACE_ID_NONE && thread != 0)
            c->open[thread] = 0;
    }
    return status;
}

static const ctrace_value cut_off = {.kind = CTRACE_VALUE_RAW, .span = 1, .text = {"<cut>", 5}};

/* Returns from what is open: first in the thread that is running. */
static ctrace_status close_calls(cut *c)
{
    const ctrace_event event = {.kind = CTRACE_EVENT_RETURN, .returned = {&cut_off}};
    ctrace_status status = CTRACE_OK;
    size_t running = c->out_thread;
    for (size_t i = 0; status == CTRACE_OK && i <= c->thread_count; i++) {
        size_t thread = i == 0 ? running : i - 1;
        if (c->open[thread])
            status = go_to(c, thread);
        while (status == CTRACE_OK && c->out_thread == thread && c->open[thread])
            status = put(c, &event);
    }
    return status;
}

/* ---- Reading ---- */

/* Gives the next event, or CTRACE_END. */
static ctrace_status next(cut *c, bool inside, const ctrace_event **event)
{
    ctr_job *job = c->job;
    ctrace_status status = ctr_input_next(&job->in, event, job->error);
    if (status != CTRACE_OK && status != CTRACE_END)
        return status;
    ctrace_status warned = ctr_job_warnings(job, inside ? CTR_GIVEN_EVENT : CTR_GIVEN_UP);
    if (warned != CTRACE_OK || status == CTRACE_END)
        return warned == CTRACE_OK ? CTRACE_END : warned;
    return ctr_job_progress(job);
}

/* Names that are declared behind the part. What is wrong there does not matter. */
static ctrace_status put_late_names(cut *c)
{
    ctr_job *job = c->job;
    const ctrace_event *event;
    ctrace_error ignored;
    while (lacks_names(c) && ctr_input_next(&job->in, &event, &ignored) == CTRACE_OK) {
        ctrace_status status = ctr_name_declared(event->kind) != CTR_NAME_KINDS ? put(c, event) : ctr_job_progress(job);
        if (status != CTRACE_OK)
            return status;
    }
    return CTRACE_OK;
}

static ctrace_status write_part(cut *c)
{
    const ctr_plan *plan = c->plan;
    const ctrace_event *event = NULL;
    ctrace_status status = CTRACE_OK;
    uint64_t index = 0;
    for (; status == CTRACE_OK && index < plan->end; index++) {
        status = next(c, index >= plan->begin, &event);
        if (status != CTRACE_OK)
            break;
        if (index == plan->begin)
            status = go_to(c, plan->thread);
        if (status == CTRACE_OK && !see_threads(c, event))
            status = ctr_job_no_memory(c->job);
        if (status == CTRACE_OK)
            status = index < plan->begin ? put_from_before(c, index, event)
                                         : put_inside(c, index, event);
    }
    bool ended = status == CTRACE_END;
    if (status == CTRACE_OK || ended)
        status = close_calls(c);
    if (status == CTRACE_OK && !ended)
        status = put_late_names(c);
    return status;
}

static ctrace_status run(ctr_job *job)
{
    ctr_plan plan;
    ctrace_status status = ctr_plan_make(&plan, job);
    if (status == CTRACE_OK)
        status = ctr_input_rewind(&job->in, job->error);
    if (status == CTRACE_OK) {
        cut c = {.job = job, .plan = &plan};
        const ctrace_event nothing = {.kind = CTRACE_EVENT_PATH};
        bool ok = ctr_threads_init(&c.threads, job->allocator) && see_threads(&c, &nothing);
        status = ok ? write_part(&c) : ctr_job_no_memory(job);
        ctr_free(job->allocator, c.open, c.open_capacity * sizeof *c.open);
        ctr_threads_free(&c.threads);
    }
    ctr_plan_free(&plan);
    return status;
}

ctrace_status ctrace_cut(ctrace_conversion **report, ctrace_str in, ctrace_str out, ctrace_range range,
                         const ctrace_convert_options *options, ctrace_error *error)
{
    if (range.unit > CTRACE_UNIT_CALL || range.first >= range.end) {
        if (report)
            *report = NULL;
        return ctr_fail(error, CTRACE_ARGUMENT, "the range is empty or its unit is none");
    }
    return ctr_job_do(CTR_TASK_CUT, run, range, report, in, out, options, error);
}
