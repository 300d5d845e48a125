/* Everything that happens: steps, calls, returns, log events, threads, places. */
#include "writer/writer.h"

/* Keeps the writer's own account of what an event means. */
static bool take_note(ctrace_writer *w, const ctrace_event *event)
{
    switch (event->kind) {
    case CTRACE_EVENT_THREAD_START:
    case CTRACE_EVENT_THREAD_EXIT:
    case CTRACE_EVENT_THREAD_SWITCH:
        return ctr_thread_changed(w, event);
    case CTRACE_EVENT_PATH:
    case CTRACE_EVENT_FUNCTION:
    case CTRACE_EVENT_TYPE:
    case CTRACE_EVENT_VARIABLE_NAME:
    case CTRACE_EVENT_VARIABLE:
        return ctr_names_declared(w, event);
    default:
        return true;
    }
}

/* Brings an event to the encoder. */
static ctrace_status give(ctrace_writer *w, const ctrace_event *event)
{
    ctrace_status status = w->encoder->class->event(w->encoder, event);
    return status == CTRACE_OK ? ctr_event_done(w, w->encoder->waiting) : ctr_writer_fail_encoder(w, status);
}

/* May be called while a value is built: names are declared in the middle of one. */
ctrace_status ctr_whole_event(ctrace_writer *w, const ctrace_event *event)
{
    bool in_value = w->json && w->destination == CTR_TO_EVENT;
    size_t before = in_value ? w->json->out.size : 0;
    if (!take_note(w, event))
        return ctr_writer_no_memory(w);
    ctr_step_settled(w);
    if (!in_value)
        return give(w, event);
    ctrace_status status = w->encoder->class->event(w->encoder, event);
    if (status != CTRACE_OK)
        return ctr_writer_fail_encoder(w, status);
    if (!ctr_json_move_event(w->json, before, w->value_start))
        return ctr_writer_no_memory(w);
    w->value_start += w->json->out.size - before;
    w->counts.events++;
    return CTRACE_OK;
}

/* A call as plain data. */
static CTR_APART ctrace_status give_call(ctrace_writer *w, ctrace_id function)
{
    ctrace_argument *args = (ctrace_argument *)(void *)w->args.data;
    size_t count = w->args.size / sizeof *args;
    ctr_tree_settle(&w->arg_values);
    const ctrace_value *value = ctr_tree_at(&w->arg_values, 0);
    for (size_t i = 0; i < count; i++) {
        args[i].value = value;
        value += value->span;
    }
    return give(w, &(ctrace_event){.kind = CTRACE_EVENT_CALL, .call = {function, args, count}});
}

static CTR_APART ctrace_status give_step(ctrace_writer *w, ctrace_id path, int64_t line)
{
    w->counts.steps++;
    ctrace_event event; /* all its other members would be cleared too */
    event.kind = CTRACE_EVENT_STEP;
    event.step = (ctrace_step_event){path, line};
    return give(w, &event);
}

static ctrace_status put_step(ctrace_writer *w, ctrace_id path, int64_t line)
{
    ctr_json_encoder *json = w->json;
    if (!json)
        return give_step(w, path, line);
    char *p = ctr_json_begin_event(json, 5 * CTR_JSON_PIECE);
    if (!p)
        return ctr_writer_no_memory(w);
    const ctr_fragment *f = json->fragments.events[CTRACE_EVENT_STEP];
    p = ctr_json_put_fragment(p, &f[0]);
    p = ctr_json_put_u64(p, path);
    p = ctr_json_put_fragment(p, &f[1]);
    p = ctr_json_put_i64(p, line);
    p = ctr_json_put_fragment(p, &f[2]);
    w->counts.steps++;
    return ctr_json_event_done(w, json, p);
}

/* From here on the step that follows can be taken back. An encoder that takes events takes nothing back. */
static void mark_step(ctrace_writer *w)
{
    w->last_step = w->json ? w->json->out.size : SIZE_MAX;
    w->events_before_step = w->counts.events;
    w->steps_before_step = w->counts.steps;
}

/* A step, and the first one twice. */
static ctrace_status step(ctrace_writer *w, ctrace_id path, int64_t line)
{
    mark_step(w);
    if (w->counts.steps == 0 && !(w->options.without & CTRACE_CONVENIENCE_FIRST_STEP_TWICE)) {
        ctrace_status status = put_step(w, path, line);
        if (status != CTRACE_OK)
            return status;
        if (w->last_step == SIZE_MAX) /* it was flushed meanwhile: only the second can be taken back */
            mark_step(w);
    }
    return put_step(w, path, line);
}

ctrace_status ctrace_step(ctrace_writer *w, ctrace_id path, int64_t line)
{
    ctrace_status status = ctr_writer_ready(w);
    if (status != CTRACE_OK)
        return status;
    if (path >= w->path_count)
        return ctr_writer_refuse(w, CTRACE_ARGUMENT, "a step's path is not declared");
    return step(w, path, line);
}

ctrace_status ctrace_drop_last_step(ctrace_writer *w)
{
    ctrace_status status = ctr_writer_ready(w);
    if (status != CTRACE_OK)
        return status;
    if (w->last_step == SIZE_MAX)
        return ctr_whole_event(w, &(ctrace_event){.kind = CTRACE_EVENT_DROP_LAST_STEP});
    w->json->out.size = w->last_step;
    w->counts.events = w->events_before_step;
    w->counts.steps = w->steps_before_step;
    ctr_step_settled(w);
    return CTRACE_OK;
}

/* The event alone, with the arguments that are staged. */
static ctrace_status put_call(ctrace_writer *w, ctrace_id function)
{
    ctr_json_encoder *json = w->json;
    if (!json)
        return give_call(w, function);
    char *p = ctr_json_begin_event(json, 4 * CTR_JSON_PIECE + w->args.size);
    if (!p)
        return ctr_writer_no_memory(w);
    const ctr_fragment *f = json->fragments.events[CTRACE_EVENT_CALL];
    p = ctr_json_put_fragment(p, &f[0]);
    p = ctr_json_put_u64(p, function);
    p = ctr_json_put_fragment(p, &f[1]);
    *p++ = '[';
    if (w->args.size)
        memcpy(p, w->args.data, w->args.size);
    p += w->args.size;
    *p++ = ']';
    p = ctr_json_put_fragment(p, &f[2]);
    ctr_step_settled(w);
    return ctr_json_event_done(w, json, p);
}

static void forget_args(ctrace_writer *w)
{
    w->args.size = 0;
    ctr_tree_cut(&w->arg_values, 0, 0);
}

ctrace_status ctrace_call(ctrace_writer *w, ctrace_id function)
{
    ctrace_status status = ctr_writer_ready(w);
    if (status != CTRACE_OK)
        return status;
    if (function >= w->function_count) {
        forget_args(w);
        return ctr_writer_refuse(w, CTRACE_ARGUMENT, "a call's function is not declared");
    }
    if (!(w->options.without & CTRACE_CONVENIENCE_ENTRY_STEP)) {
        const ctr_function *f = (const ctr_function *)(const void *)w->function_table.data + function;
        status = step(w, f->path, f->line);
        if (status != CTRACE_OK)
            return status;
    }
    w->counts.calls++;
    ctr_current_thread(w)->open_calls++;
    status = put_call(w, function);
    forget_args(w);
    return status;
}

ctrace_status ctrace_return(ctrace_writer *w)
{
    ctrace_status status = ctrace_begin_return(w);
    return status == CTRACE_OK ? ctrace_put_none(w, CTRACE_ID_NONE) : status;
}

/* An event made by the table. */
static ctrace_status by_table(ctrace_writer *w, const ctrace_event *event)
{
    ctrace_status status = ctr_writer_ready(w);
    return status == CTRACE_OK ? ctr_whole_event(w, event) : status;
}

ctrace_status ctrace_log(ctrace_writer *w, ctrace_log_kind kind, ctrace_str metadata, ctrace_str content)
{
    if ((unsigned)kind >= CTRACE_LOG_KIND_COUNT)
        return ctr_writer_refuse(w, CTRACE_ARGUMENT, "a log event's kind is not one of the format's");
    return by_table(w, &(ctrace_event){.kind = CTRACE_EVENT_LOG, .log = {kind, metadata, content}});
}

ctrace_status ctrace_asm(ctrace_writer *w, const ctrace_str *lines, size_t count)
{
    return by_table(w, &(ctrace_event){.kind = CTRACE_EVENT_ASM, .assembly = {lines, count}});
}

ctrace_status ctrace_thread_start(ctrace_writer *w, uint64_t thread)
{
    return by_table(w, &(ctrace_event){.kind = CTRACE_EVENT_THREAD_START, .thread_id = thread});
}

ctrace_status ctrace_thread_exit(ctrace_writer *w, uint64_t thread)
{
    return by_table(w, &(ctrace_event){.kind = CTRACE_EVENT_THREAD_EXIT, .thread_id = thread});
}

ctrace_status ctrace_thread_switch(ctrace_writer *w, uint64_t thread)
{
    return by_table(w, &(ctrace_event){.kind = CTRACE_EVENT_THREAD_SWITCH, .thread_id = thread});
}

ctrace_status ctrace_bind_variable(ctrace_writer *w, ctrace_id variable, int64_t place)
{
    return by_table(w, &(ctrace_event){.kind = CTRACE_EVENT_BIND_VARIABLE, .bind_variable = {variable, place}});
}

ctrace_status ctrace_variable_cell(ctrace_writer *w, ctrace_id variable, int64_t place)
{
    return by_table(w, &(ctrace_event){.kind = CTRACE_EVENT_VARIABLE_CELL, .variable_cell = {variable, place}});
}

ctrace_status ctrace_assign(ctrace_writer *w, ctrace_id to, ctrace_pass_kind pass_by, const ctrace_rvalue *from)
{
    if ((unsigned)pass_by >= CTRACE_PASS_KIND_COUNT || (unsigned)from->kind >= CTRACE_RVALUE_KIND_COUNT)
        return ctr_writer_refuse(w, CTRACE_ARGUMENT, "an assignment's kind is not one of the format's");
    return by_table(w, &(ctrace_event){.kind = CTRACE_EVENT_ASSIGNMENT, .assignment = {to, pass_by, *from}});
}

ctrace_status ctrace_assign_compound_item(ctrace_writer *w, int64_t place, uint64_t index, int64_t item_place)
{
    return by_table(w, &(ctrace_event){.kind = CTRACE_EVENT_ASSIGN_COMPOUND_ITEM,
                                       .assign_compound_item = {place, index, item_place}});
}

ctrace_status ctrace_drop_variable(ctrace_writer *w, ctrace_id variable)
{
    return by_table(w, &(ctrace_event){.kind = CTRACE_EVENT_DROP_VARIABLE, .drop_variable = variable});
}

ctrace_status ctrace_drop_variables(ctrace_writer *w, const ctrace_id *variables, size_t count)
{
    return by_table(w, &(ctrace_event){.kind = CTRACE_EVENT_DROP_VARIABLES, .drop_variables = {variables, count}});
}

ctrace_status ctrace_writer_start(ctrace_writer *w, ctrace_str path, int64_t line)
{
    ctrace_status status = ctr_writer_ready(w);
    if (status != CTRACE_OK)
        return status;
    if (w->started || w->counts.events)
        return ctr_writer_refuse(w, CTRACE_STATE, "start was called twice or after other events");
    w->started = true;
    ctrace_id top = ctrace_path(w, path);
    if (top == CTRACE_ID_NONE)
        return w->failure.status;
    if (w->options.without & CTRACE_CONVENIENCE_TOP_LEVEL)
        return CTRACE_OK;
    ctrace_id function = ctrace_function(w, top, line, w->options.top_level);
    if (function == CTRACE_ID_NONE)
        return w->failure.status;
    /* No entry step: the top level is entered before the first step. */
    uint32_t without = w->options.without;
    w->options.without |= CTRACE_CONVENIENCE_ENTRY_STEP;
    status = ctrace_call(w, function);
    w->options.without = without;
    if (status == CTRACE_OK && ctr_plain_type(w, CTRACE_VALUE_NONE) == CTRACE_ID_NONE)
        status = w->failure.status;
    return status;
}

