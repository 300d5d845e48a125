/* Comparing two traces: both are read side by side, step for step, so that memory holds their names and no more. */
#include "ctrace/diff.h"

#include "base/failure.h"
#include "base/options.h"
#include "diff/describe.h"
#include "diff/same.h"

#define EVENTS_BETWEEN_PROGRESS 65536

/* One of the two traces. */
typedef struct diff_side {
    ctrace_reader *reader;
    ctr_known_names names;
    const ctrace_event *event; /* the next that counts, NULL at the end */
    ctrace_extent extent;      /* with that event */
    /* The last step and the functions that are open, for saying where. */
    bool has_step;
    ctrace_step_event step;
    ctrace_id *open;
    size_t depth, open_capacity;
} diff_side;

struct ctrace_diff {
    const ctrace_allocator *allocator;
    ctrace_diff_options options;
    diff_side a, b;
    ctr_comparison comparison;
    ctrace_difference result;
    ctr_buffer texts;
    size_t text_at[4]; /* text_a, text_b, where, end */
    uint64_t events_to_progress;
};

const char *ctrace_difference_name(ctrace_difference_kind kind)
{
    static const char *const names[] = {
#define X(name, text) text,
        CTRACE_DIFFERENCES(X)
#undef X
    };
    return (unsigned)kind < CTRACE_DIFFERENCE_COUNT ? names[kind] : NULL;
}

static ctrace_status no_memory(ctrace_error *error)
{
    return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for comparing traces");
}

/* ---- One side ---- */

static void count_event(ctrace_extent *extent, ctrace_event_kind kind)
{
    extent->events++;
    extent->steps += kind == CTRACE_EVENT_STEP;
    extent->calls += kind == CTRACE_EVENT_CALL;
    extent->returns += kind == CTRACE_EVENT_RETURN;
    extent->values += kind == CTRACE_EVENT_VALUE;
    extent->logs += kind == CTRACE_EVENT_LOG;
}

/* Takes the event that was compared into account before the next comes. */
static bool leave_event(diff_side *s, const ctrace_allocator *allocator)
{
    const ctrace_event *event = s->event;
    if (!event)
        return true;
    if (event->kind == CTRACE_EVENT_STEP) {
        s->has_step = true;
        s->step = event->step;
    } else if (event->kind == CTRACE_EVENT_CALL) {
        if (!ctr_make_room(allocator, (void **)(void *)&s->open, &s->open_capacity, s->depth, sizeof *s->open))
            return false;
        s->open[s->depth++] = event->call.function_id;
    } else if (event->kind == CTRACE_EVENT_RETURN && s->depth) {
        s->depth--;
    }
    return true;
}

static bool counts(const ctrace_diff *d, ctrace_event_kind kind)
{
    return !d->options.no_values || kind == CTRACE_EVENT_STEP || kind == CTRACE_EVENT_CALL ||
           kind == CTRACE_EVENT_RETURN;
}

static ctrace_status tell_progress(ctrace_diff *d, ctrace_error *error)
{
    if (!d->options.progress || --d->events_to_progress)
        return CTRACE_OK;
    d->events_to_progress = EVENTS_BETWEEN_PROGRESS;
    uint64_t done = ctrace_reader_bytes_read(d->a.reader) + ctrace_reader_bytes_read(d->b.reader);
    uint64_t total = ctrace_reader_file_size(d->a.reader) + ctrace_reader_file_size(d->b.reader);
    if (d->options.progress(d->options.progress_cookie, done, total) != 0)
        return ctr_fail(error, CTRACE_STATE, "stopped");
    return CTRACE_OK;
}

/* Goes to the next event that is no declaration. */
static ctrace_status go_on(ctrace_diff *d, diff_side *s, ctrace_error *error)
{
    if (!leave_event(s, d->allocator))
        return no_memory(error);
    for (;;) {
        ctrace_status status = ctrace_reader_next(s->reader, &s->event, error);
        if (status == CTRACE_OK)
            status = tell_progress(d, error);
        if (status != CTRACE_OK)
            return status == CTRACE_END ? CTRACE_OK : status;
        bool is_declaration;
        if (!ctr_known_names_see(&s->names, s->event, &is_declaration))
            return no_memory(error);
        count_event(&s->extent, s->event->kind);
        if (!is_declaration && counts(d, s->event->kind))
            return CTRACE_OK;
    }
}

static bool at_border(const diff_side *s) { return !s->event || s->event->kind == CTRACE_EVENT_STEP; }

/* ---- The first difference ---- */

static ctrace_difference_kind kind_of(const ctrace_event *a, const ctrace_event *b)
{
    if (!a || !b)
        return CTRACE_DIFFERENCE_LENGTH;
    if (a->kind != b->kind)
        return CTRACE_DIFFERENCE_KIND;
    switch (a->kind) {
    case CTRACE_EVENT_CALL:
        return CTRACE_DIFFERENCE_CALL;
    case CTRACE_EVENT_RETURN:
        return CTRACE_DIFFERENCE_RETURN;
    case CTRACE_EVENT_STEP:
        return CTRACE_DIFFERENCE_STEP;
    case CTRACE_EVENT_VALUE:
        return CTRACE_DIFFERENCE_VALUE;
    case CTRACE_EVENT_LOG:
        return CTRACE_DIFFERENCE_LOG;
    case CTRACE_EVENT_THREAD_START:
    case CTRACE_EVENT_THREAD_EXIT:
    case CTRACE_EVENT_THREAD_SWITCH:
        return CTRACE_DIFFERENCE_THREAD;
    default:
        return CTRACE_DIFFERENCE_OTHER;
    }
}

static bool describe(ctrace_diff *d, const diff_side *s)
{
    if (!s->event)
        return ctr_buffer_append(&d->texts, "the end", 7);
    return ctr_describe_event(&d->texts, &s->names, s->event);
}

static bool describe_where(ctrace_diff *d)
{
    const diff_side *s = &d->a;
    if (!s->has_step)
        return ctr_buffer_append(&d->texts, "before the first step", 21);
    if (!ctr_describe_place(&d->texts, &s->names, s->step.path_id, s->step.line))
        return false;
    if (!s->depth)
        return true;
    ctrace_str name = ctr_known_function_at(&s->names, s->open[s->depth - 1]).name;
    return ctr_buffer_append(&d->texts, " in ", 4) && ctr_buffer_append(&d->texts, name.data, name.size);
}

static ctrace_status remember(ctrace_diff *d, ctrace_error *error)
{
    ctrace_difference *r = &d->result;
    if (r->kind != CTRACE_DIFFERENCE_NONE)
        return CTRACE_OK;
    r->kind = kind_of(d->a.event, d->b.event);
    ctrace_reader_position(d->a.reader, &r->a);
    ctrace_reader_position(d->b.reader, &r->b);
    const ctrace_event *event = d->a.event;
    r->step = d->a.extent.steps - (event && event->kind == CTRACE_EVENT_STEP);
    r->call = d->a.extent.calls - (event && event->kind == CTRACE_EVENT_CALL);
    if (!describe(d, &d->a))
        return no_memory(error);
    d->text_at[1] = d->texts.size;
    if (!describe(d, &d->b))
        return no_memory(error);
    d->text_at[2] = d->texts.size;
    if (!describe_where(d))
        return no_memory(error);
    d->text_at[3] = d->texts.size;
    return CTRACE_OK;
}

/* ---- Side by side ---- */

static ctrace_status both_go_on(ctrace_diff *d, ctrace_error *error)
{
    ctrace_status status = go_on(d, &d->a, error);
    return status == CTRACE_OK ? go_on(d, &d->b, error) : status;
}

static ctrace_status go_to_border(ctrace_diff *d, diff_side *s, ctrace_error *error)
{
    ctrace_status status = CTRACE_OK;
    while (status == CTRACE_OK && !at_border(s))
        status = go_on(d, s, error);
    return status;
}

/* Compares up to the next step of both. */
static ctrace_status compare_step(ctrace_diff *d, bool *differs, ctrace_error *error)
{
    ctrace_status status = CTRACE_OK;
    while (status == CTRACE_OK && !at_border(&d->a) && !at_border(&d->b)) {
        if (!ctr_same_event(&d->comparison, d->a.event, d->b.event)) {
            *differs = true;
            status = remember(d, error);
        }
        if (status == CTRACE_OK)
            status = both_go_on(d, error);
    }
    if (status == CTRACE_OK && at_border(&d->a) != at_border(&d->b)) {
        *differs = true;
        status = remember(d, error);
    }
    if (status == CTRACE_OK)
        status = go_to_border(d, &d->a, error);
    return status == CTRACE_OK ? go_to_border(d, &d->b, error) : status;
}

static ctrace_status compare(ctrace_diff *d, ctrace_error *error)
{
    ctrace_status status = both_go_on(d, error);
    bool differs = false;
    if (status == CTRACE_OK)
        status = compare_step(d, &differs, error); /* what stands before the first step */
    while (status == CTRACE_OK && d->a.event && d->b.event) {
        differs = !ctr_same_event(&d->comparison, d->a.event, d->b.event);
        if (differs)
            status = remember(d, error);
        if (status == CTRACE_OK)
            status = both_go_on(d, error);
        if (status == CTRACE_OK)
            status = compare_step(d, &differs, error);
        d->result.different_steps += differs;
    }
    if (status == CTRACE_OK && (d->a.event || d->b.event))
        status = remember(d, error);
    while (status == CTRACE_OK && d->a.event)
        status = go_on(d, &d->a, error);
    while (status == CTRACE_OK && d->b.event)
        status = go_on(d, &d->b, error);
    return status;
}

static void finish_result(ctrace_diff *d)
{
    ctrace_difference *r = &d->result;
    r->extent_a = d->a.extent;
    r->extent_b = d->b.extent;
    if (r->kind == CTRACE_DIFFERENCE_NONE)
        return;
    r->text_a = (ctrace_str){d->texts.data, d->text_at[1]};
    r->text_b = (ctrace_str){d->texts.data + d->text_at[1], d->text_at[2] - d->text_at[1]};
    r->where = (ctrace_str){d->texts.data + d->text_at[2], d->text_at[3] - d->text_at[2]};
}

/* ---- Life ---- */

static ctrace_status open_side(ctrace_diff *d, diff_side *s, ctrace_str path, ctrace_error *error)
{
    ctr_known_names_init(&s->names, d->allocator);
    ctrace_reader_options options = {CTRACE_READER_OPTIONS_INIT, .allocator = d->allocator};
    return ctrace_reader_open(&s->reader, path, &options, error);
}

static void close_side(ctrace_diff *d, diff_side *s)
{
    ctrace_reader_close(&s->reader);
    ctr_known_names_free(&s->names);
    ctr_free(d->allocator, s->open, s->open_capacity * sizeof *s->open);
    s->open = NULL;
    s->open_capacity = 0;
}

ctrace_status ctrace_diff_traces(ctrace_diff **out, ctrace_str a, ctrace_str b, const ctrace_diff_options *options,
                                 ctrace_error *error)
{
    *out = NULL;
    ctrace_diff_options taken;
    ctrace_status status = ctr_take_options(&taken, sizeof taken, options, "ctrace_diff_options", error);
    if (status != CTRACE_OK)
        return status;
    ctrace_diff *d = ctr_alloc_zero(taken.allocator, sizeof *d);
    if (!d)
        return no_memory(error);
    d->allocator = d->texts.allocator = taken.allocator;
    d->options = taken;
    d->comparison = (ctr_comparison){&d->a.names, &d->b.names, taken.no_values, taken.base_names};
    d->events_to_progress = EVENTS_BETWEEN_PROGRESS;
    d->result.a = d->result.b = CTR_POSITION_UNKNOWN;
    status = open_side(d, &d->a, a, error);
    if (status == CTRACE_OK)
        status = open_side(d, &d->b, b, error);
    if (status == CTRACE_OK)
        status = compare(d, error);
    close_side(d, &d->a);
    close_side(d, &d->b);
    if (status != CTRACE_OK) {
        ctrace_diff_free(&d);
        return status;
    }
    finish_result(d);
    *out = d;
    return CTRACE_OK;
}

const ctrace_difference *ctrace_diff_result(const ctrace_diff *diff) { return &diff->result; }

void ctrace_diff_free(ctrace_diff **diff)
{
    ctrace_diff *d = *diff;
    *diff = NULL;
    if (!d)
        return;
    ctr_buffer_free(&d->texts);
    ctr_free(d->allocator, d, sizeof *d);
}
