/* The events in the order that spec/ctfs.md gives. Each stage makes an event and returns CTRACE_OK, or CTRACE_END when
 * it has none: then the next stage comes, to which it may have gone itself. */
#include "codec/ctfs/stages.h"

static ctrace_status go_on_to(ctr_ctfs_streams *s, stage next)
{
    s->stage = next;
    s->declared = 0;
    return CTRACE_END;
}

static ctrace_status declare_path(ctr_ctfs_streams *s, ctrace_error *error)
{
    if (s->declared == s->names.path_count)
        return go_on_to(s, STAGE_FUNCTIONS);
    return ctr_ctfs_names_path(&s->names, s->declared++, &s->event, error);
}

static ctrace_status declare_type(ctr_ctfs_streams *s, ctrace_error *error)
{
    if (s->declared == s->names.types.count)
        return go_on_to(s, STAGE_VARIABLES);
    return ctr_ctfs_names_type(&s->names, s->declared++, &s->event, error);
}

static ctrace_status declare_variable(ctr_ctfs_streams *s, ctrace_error *error)
{
    if (s->declared == s->names.variables.count)
        return go_on_to(s, STAGE_TOP);
    return ctr_ctfs_names_variable(&s->names, s->declared++, &s->event, error);
}

static ctrace_status declare_placed_function(ctr_ctfs_streams *s, ctrace_error *error)
{
    bool has_place;
    if (s->functions == s->names.functions.count || !s->names.binary)
        return go_on_to(s, STAGE_TYPES);
    ctrace_status status =
        ctr_ctfs_names_function(&s->names, s->functions, &s->positions, &s->event, &has_place, error);
    if (status == CTRACE_OK && !has_place)
        return go_on_to(s, STAGE_TYPES);
    s->functions += status == CTRACE_OK;
    return status;
}

/* The next function. One without a place gets that of the step where it is called first. */
static ctrace_status declare_function(ctr_ctfs_streams *s, bool is_called, ctrace_error *error)
{
    bool has_place;
    ctrace_status status =
        ctr_ctfs_names_function(&s->names, s->functions, &s->positions, &s->event, &has_place, error);
    if (status == CTRACE_OK && !has_place && is_called && s->place.known) {
        s->event.function.path_id = s->place.path;
        s->event.function.line = s->place.line;
    }
    s->functions += status == CTRACE_OK;
    return status;
}

/* Enters the call that was looked at, or declares what it needs. */
static ctrace_status enter(ctr_ctfs_streams *s, uint64_t step, ctrace_error *error)
{
    uint64_t function = s->calls.call.function;
    if (function >= s->functions && function < s->names.functions.count)
        return declare_function(s, function == s->functions, error);
    ctrace_status status = ctr_ctfs_calls_enter(&s->calls, step, &s->event, error);
    return status == CTRACE_TOO_DEEP ? CTRACE_END : status;
}

/* ---- Steps ---- */

static void keep_mark(ctr_ctfs_streams *s)
{
    uint64_t chunk = s->steps.chunk, calls = ctr_ctfs_calls_next_number(&s->calls);
    uint64_t entries = ctr_log_records_next_number(&s->log), unpacked = s->steps.unpacked;
    if (!s->steps.starts_chunk || !chunk || s->steps.is_torn)
        return; /* behind lost steps it is not known when calls were left */
    if (chunk > UINT32_MAX || s->functions > UINT32_MAX || calls > UINT32_MAX || entries > UINT32_MAX || unpacked >> 44)
        return;
    s->mark = (ctr_mark){
        s->next_index,
        {chunk | s->functions << 32, unpacked << 20 | ctr_ctfs_calls_shape(&s->calls), calls | entries << 32}};
    s->has_mark = true;
}

static bool has_position(const ctr_ctfs_step *step)
{
    return step->tag == CTR_CTFS_STEP_ABSOLUTE || step->tag == CTR_CTFS_STEP_DELTA || step->tag == CTR_CTFS_STEP_COLUMN;
}

/* Reads the next step and finds its place. */
static ctrace_status read_step(ctr_ctfs_streams *s, ctrace_error *error)
{
    if (s->has_step)
        return CTRACE_OK;
    ctrace_status status = ctr_ctfs_steps_next(&s->steps, error);
    if (status != CTRACE_OK)
        return status;
    const ctr_ctfs_step *step = &s->steps.step;
    if (has_position(step)) {
        s->place = (ctr_ctfs_place){0};
        if (step->known)
            status = ctr_ctfs_positions_find(&s->positions, step->position, &s->place, error);
    }
    s->has_step = status == CTRACE_OK;
    return status;
}

static ctrace_status begin_step(ctr_ctfs_streams *s, ctrace_error *error)
{
    ctrace_status status = read_step(s, error);
    if (status == CTRACE_END)
        return go_on_to(s, STAGE_LAST_CALLS);
    if (status == CTRACE_OK)
        keep_mark(s);
    return status == CTRACE_OK ? go_on_to(s, STAGE_RECORD) : status;
}

static void note_place(ctr_ctfs_streams *s)
{
    uint64_t position = s->steps.step.position;
    if (!s->place.known)
        ctr_ctfs_note(&s->shared, CTRACE_LENIENCY_CT_POSITION_LOST);
    if (s->place.column > 1)
        ctr_ctfs_note(&s->shared, CTRACE_LENIENCY_COLUMN_DROPPED);
    bool nim = !s->positions.columns && !s->positions.packed && s->place.path && position <= UINT32_MAX;
    if (nim && !s->nim_is_noted)
        ctr_ctfs_note(&s->shared, CTRACE_LENIENCY_CT_POSITIONS_NIM);
    s->nim_is_noted |= nim;
}

static ctrace_status give_raise(ctr_ctfs_streams *s, ctrace_error *error)
{
    const ctr_ctfs_step *step = &s->steps.step;
    s->event.kind = CTRACE_EVENT_LOG;
    s->event.log.kind = CTRACE_LOG_ERROR;
    ctrace_status status = ctr_ctfs_names_of_type(&s->names, step->id, &s->event.log.metadata, error);
    if (status != CTRACE_OK)
        return status;
    return ctr_ctfs_text(&s->shared, step->message.data, step->message.size, &s->event.log.content, error);
}

static ctrace_status give_record(ctr_ctfs_streams *s, ctrace_error *error)
{
    const ctr_ctfs_step *step = &s->steps.step;
    s->has_step = false;
    go_on_to(s, STAGE_CALLS);
    switch (step->tag) {
    case CTR_CTFS_STEP_RAISE:
        return give_raise(s, error);
    case CTR_CTFS_STEP_CATCH:
        ctr_ctfs_note(&s->shared, CTRACE_LENIENCY_CT_RECORD_LOST);
        return CTRACE_END;
    case CTR_CTFS_STEP_THREAD_SWITCH:
        s->event.kind = CTRACE_EVENT_THREAD_SWITCH;
        break;
    case CTR_CTFS_STEP_THREAD_START:
        s->event.kind = CTRACE_EVENT_THREAD_START;
        break;
    case CTR_CTFS_STEP_THREAD_EXIT:
        s->event.kind = CTRACE_EVENT_THREAD_EXIT;
        break;
    default:
        note_place(s);
        s->event.kind = CTRACE_EVENT_STEP;
        s->event.step = (ctrace_step_event){s->place.path, s->place.line};
        return CTRACE_OK;
    }
    s->event.thread_id = step->id;
    return CTRACE_OK;
}

/* ---- What belongs to a step ---- */

/* The call of the top level comes before the first step. */
static ctrace_status enter_top(ctr_ctfs_streams *s, ctrace_error *error)
{
    ctrace_status status = ctr_ctfs_calls_look(&s->calls, error);
    if (status != CTRACE_OK)
        return status;
    const ctr_ctfs_call *call = &s->calls.call;
    bool is_top = s->calls.has_call && !call->number && !call->entry && call->parent < 0;
    if (is_top)
        status = read_step(s, error); /* where its function gets its place from */
    if (status != CTRACE_OK && status != CTRACE_END)
        return status;
    return is_top ? enter(s, 0, error) : go_on_to(s, STAGE_STEP);
}

static ctrace_status give_call(ctr_ctfs_streams *s, ctrace_error *error)
{
    uint64_t step = s->steps.step.number;
    ctrace_status status = ctr_ctfs_calls_look(&s->calls, error);
    if (status != CTRACE_OK)
        return status;
    if (!s->calls.has_call || s->calls.call.entry > step)
        return go_on_to(s, STAGE_VALUES_BEGIN);
    if (ctr_ctfs_calls_must_leave(&s->calls, step, true))
        return ctr_ctfs_calls_leave(&s->calls, &s->event, error);
    return enter(s, step, error);
}

static ctrace_status begin_values(ctr_ctfs_streams *s, ctrace_error *error)
{
    ctrace_status status = ctr_ctfs_values_begin(&s->values, s->steps.step.number, error);
    return status == CTRACE_OK ? go_on_to(s, STAGE_VALUES) : status;
}

static ctrace_status give_value(ctr_ctfs_streams *s, ctrace_error *error)
{
    ctrace_status status = ctr_ctfs_values_next(&s->values, &s->event, error);
    return status == CTRACE_END ? go_on_to(s, STAGE_LOG) : status;
}

static ctrace_status give_log(ctr_ctfs_streams *s, ctrace_error *error)
{
    ctrace_status status = ctr_log_records_look(&s->log, error);
    if (status != CTRACE_OK)
        return status;
    if (!s->log.has_entry || s->log.step > s->steps.step.number)
        return go_on_to(s, STAGE_RETURNS);
    return ctr_log_records_take(&s->log, &s->event, error);
}

static ctrace_status give_return(ctr_ctfs_streams *s, ctrace_error *error)
{
    if (!ctr_ctfs_calls_must_leave(&s->calls, s->steps.step.number, false))
        return go_on_to(s, STAGE_STEP);
    return ctr_ctfs_calls_leave(&s->calls, &s->event, error);
}

/* ---- What is left ---- */

static ctrace_status give_last_call(ctr_ctfs_streams *s, ctrace_error *error)
{
    ctrace_status status = ctr_ctfs_calls_look(&s->calls, error);
    if (status != CTRACE_OK)
        return status;
    return s->calls.has_call ? enter(s, 0, error) : go_on_to(s, STAGE_LAST_LOG);
}

static ctrace_status give_last_log(ctr_ctfs_streams *s, ctrace_error *error)
{
    ctrace_status status = ctr_log_records_look(&s->log, error);
    if (status != CTRACE_OK)
        return status;
    return s->log.has_entry ? ctr_log_records_take(&s->log, &s->event, error) : go_on_to(s, STAGE_LAST_FUNCTIONS);
}

static ctrace_status declare_last_function(ctr_ctfs_streams *s, ctrace_error *error)
{
    if (s->functions == s->names.functions.count)
        return go_on_to(s, STAGE_END);
    return declare_function(s, false, error);
}

/* ---- All of them ---- */

ctrace_status ctr_ctfs_run_stage(ctr_ctfs_streams *s, ctrace_error *error)
{
    static ctrace_status (*const stages[])(ctr_ctfs_streams *, ctrace_error *) = {
        [STAGE_PATHS] = declare_path,
        [STAGE_FUNCTIONS] = declare_placed_function,
        [STAGE_TYPES] = declare_type,
        [STAGE_VARIABLES] = declare_variable,
        [STAGE_TOP] = enter_top,
        [STAGE_STEP] = begin_step,
        [STAGE_RECORD] = give_record,
        [STAGE_CALLS] = give_call,
        [STAGE_VALUES_BEGIN] = begin_values,
        [STAGE_VALUES] = give_value,
        [STAGE_LOG] = give_log,
        [STAGE_RETURNS] = give_return,
        [STAGE_LAST_CALLS] = give_last_call,
        [STAGE_LAST_LOG] = give_last_log,
        [STAGE_LAST_FUNCTIONS] = declare_last_function,
    };
    return stages[s->stage](s, error);
}
