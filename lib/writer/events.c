/* Everything that happens: steps, calls, returns, log events, threads, places. */
#include "writer/writer.h"

static ctrace_status put_step(ctrace_writer *w, ctrace_id path, int64_t line)
{
    char *p = ctr_event_begin(w, 5 * CTR_JSON_PIECE);
    if (!p)
        return ctr_writer_no_memory(w);
    const ctr_fragment *f = w->json.events[CTRACE_EVENT_STEP];
    p = ctr_json_put_fragment(p, &f[0]);
    p = ctr_json_put_u64(p, path);
    p = ctr_json_put_fragment(p, &f[1]);
    p = ctr_json_put_i64(p, line);
    p = ctr_json_put_fragment(p, &f[2]);
    w->counts.steps++;
    return ctr_event_end(w, p);
}

/* A step, and the first one twice. */
static ctrace_status step(ctrace_writer *w, ctrace_id path, int64_t line)
{
    uint64_t events = w->counts.events, steps = w->counts.steps;
    size_t at = w->out.size;
    if (w->counts.steps == 0 && !(w->options.without & CTRACE_CONVENIENCE_FIRST_STEP_TWICE)) {
        ctrace_status status = put_step(w, path, line);
        if (status != CTRACE_OK)
            return status;
        if (w->out.size == 0) /* it was flushed meanwhile: only the second can be taken back */
            events = w->counts.events, steps = w->counts.steps, at = 0;
    }
    ctrace_status status = put_step(w, path, line);
    bool flushed = w->out.size == 0;
    w->last_step = flushed ? SIZE_MAX : at;
    w->events_before_step = events;
    w->steps_before_step = steps;
    return status;
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
    w->out.size = w->last_step;
    w->counts.events = w->events_before_step;
    w->counts.steps = w->steps_before_step;
    if (w->counts.events == 0)
        w->separator[0] = '[';
    ctr_step_settled(w);
    return CTRACE_OK;
}

ctrace_status ctrace_call(ctrace_writer *w, ctrace_id function)
{
    ctrace_status status = ctr_writer_ready(w);
    if (status != CTRACE_OK)
        return status;
    if (function >= w->function_count) {
        w->args.size = 0;
        return ctr_writer_refuse(w, CTRACE_ARGUMENT, "a call's function is not declared");
    }
    if (!(w->options.without & CTRACE_CONVENIENCE_ENTRY_STEP)) {
        const ctr_function *f = (const ctr_function *)(const void *)w->function_table.data + function;
        status = step(w, f->path, f->line);
        if (status != CTRACE_OK)
            return status;
    }
    char *p = ctr_event_begin(w, 4 * CTR_JSON_PIECE + w->args.size);
    if (!p)
        return ctr_writer_no_memory(w);
    const ctr_fragment *f = w->json.events[CTRACE_EVENT_CALL];
    p = ctr_json_put_fragment(p, &f[0]);
    p = ctr_json_put_u64(p, function);
    p = ctr_json_put_fragment(p, &f[1]);
    *p++ = '[';
    if (w->args.size)
        memcpy(p, w->args.data, w->args.size);
    p += w->args.size;
    *p++ = ']';
    p = ctr_json_put_fragment(p, &f[2]);
    w->args.size = 0;
    w->counts.calls++;
    ctr_current_thread(w)->open_calls++;
    ctr_step_settled(w);
    return ctr_event_end(w, p);
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

/* The payloads of an event that is made by the table. Each goes to the end of the scratch buffer; a failure is that of
 * the memory, or that of a value which is none. */

static ctrace_status stored(bool there_was_memory) { return there_was_memory ? CTRACE_OK : CTRACE_NO_MEMORY; }

static ctrace_status value_payload(ctrace_writer *w, const ctrace_value *value)
{
    ctr_value_begin(w, CTR_TO_RAW_EVENT, &w->scratch);
    ctrace_status status = ctr_put_tree(w, value);
    w->destination = CTR_TO_NOTHING;
    return status;
}

static ctrace_status args_payload(ctrace_writer *w, const ctrace_argument *args, size_t count)
{
    ctr_buffer *b = &w->scratch;
    ctrace_status status = stored(ctr_json_literal(b, "["));
    for (size_t i = 0; status == CTRACE_OK && i < count; i++) {
        status = stored(ctr_json_literal(b, i ? ",{\"variable_id\":" : "{\"variable_id\":") &&
                        ctr_json_u64(b, args[i].variable_id) && ctr_json_literal(b, ",\"value\":"));
        if (status == CTRACE_OK)
            status = value_payload(w, args[i].value);
        if (status == CTRACE_OK)
            status = stored(ctr_json_literal(b, "}"));
    }
    return status == CTRACE_OK ? stored(ctr_json_literal(b, "]")) : status;
}

static bool texts_payload(ctrace_writer *w, const ctrace_str *texts, size_t count)
{
    ctr_buffer *b = &w->scratch;
    bool ok = ctr_json_literal(b, "[");
    for (size_t i = 0; ok && i < count; i++)
        ok = (i == 0 || ctr_json_literal(b, ",")) && ctr_json_text(b, texts[i], &w->counts.texts_mended);
    return ok && ctr_json_literal(b, "]");
}

static ctrace_status payload(ctrace_writer *w, const ctr_field *field, const ctrace_event *event)
{
    ctr_buffer *b = &w->scratch;
    uint64_t *mended = &w->counts.texts_mended;
    const void *at = (const char *)event + field->offset;
    size_t count = field->count_offset ? *(const size_t *)(const void *)((const char *)event + field->count_offset) : 0;
    switch ((ctr_field_type)field->type) {
    case CTR_FIELD_ID:
    case CTR_FIELD_U64:
        return stored(ctr_json_u64(b, *(const uint64_t *)at));
    case CTR_FIELD_I64:
        return stored(ctr_json_i64(b, *(const int64_t *)at));
    case CTR_FIELD_TEXT:
        return stored(ctr_json_text(b, *(const ctrace_str *)at, mended));
    case CTR_FIELD_TYPE_KIND:
        return stored(ctr_json_u64(b, *(const ctrace_type_kind *)at));
    case CTR_FIELD_LOG_KIND:
        return stored(ctr_json_u64(b, *(const ctrace_log_kind *)at));
    case CTR_FIELD_PASS: {
        const ctr_name *name = &ctr_pass_names[*(const ctrace_pass_kind *)at];
        return stored(ctr_json_text(b, (ctrace_str){name->text, name->size}, mended));
    }
    case CTR_FIELD_VALUE:
        return value_payload(w, *(const ctrace_value *const *)at);
    case CTR_FIELD_ARGS:
        return args_payload(w, *(const ctrace_argument *const *)at, count);
    case CTR_FIELD_TEXTS:
        return stored(texts_payload(w, *(const ctrace_str *const *)at, count));
    case CTR_FIELD_IDS:
        return stored(ctr_json_ids(b, *(const ctrace_id *const *)at, count));
    case CTR_FIELD_TYPE_INFO:
        return stored(ctr_json_type_info(b, at, mended));
    case CTR_FIELD_RVALUE:
        return stored(ctr_json_rvalue(b, at, mended));
    default: /* the others occur in values only */
        return CTRACE_ARGUMENT;
    }
}

static ctr_thread *find_thread(ctrace_writer *w, uint64_t id)
{
    ctr_thread *threads = (ctr_thread *)(void *)w->threads.data;
    for (size_t i = 0; i < w->threads.size / sizeof *threads; i++)
        if (threads[i].named && threads[i].id == id)
            return &threads[i];
    return NULL;
}

/* Forgets a thread that ended with nothing open, so that the list is as long as there are threads at a time. */
static void forget_thread(ctrace_writer *w, size_t at)
{
    ctr_thread *threads = (ctr_thread *)(void *)w->threads.data;
    size_t last = w->threads.size / sizeof *threads - 1;
    if (at == 0 || at == w->thread || !threads[at].exited || threads[at].open_calls)
        return;
    threads[at] = threads[last];
    if (w->thread == last)
        w->thread = at;
    w->threads.size -= sizeof *threads;
}

/* Each thread has its own open calls. The one that runs at the beginning gets its name when it is switched back to:
 * it is the only one that was never started. */
static bool thread_changed(ctrace_writer *w, const ctrace_event *event)
{
    ctr_thread *threads = (ctr_thread *)(void *)w->threads.data;
    ctr_thread *thread = find_thread(w, event->thread_id);
    if (event->kind == CTRACE_EVENT_THREAD_EXIT) {
        if (thread) {
            thread->exited = true;
            forget_thread(w, (size_t)(thread - threads));
        }
        return true;
    }
    bool is_switch = event->kind == CTRACE_EVENT_THREAD_SWITCH;
    if (!thread && is_switch && !threads[0].named && w->thread != 0) {
        threads[0].named = true;
        threads[0].id = event->thread_id;
        thread = &threads[0];
    }
    if (!thread) {
        ctr_thread added = {.id = event->thread_id, .named = true};
        if (!ctr_buffer_append(&w->threads, &added, sizeof added))
            return false;
        threads = (ctr_thread *)(void *)w->threads.data;
        thread = threads + w->threads.size / sizeof *threads - 1;
    }
    thread->exited = false;
    if (is_switch) {
        size_t left = w->thread;
        w->thread = (size_t)(thread - threads);
        forget_thread(w, left);
    }
    return true;
}

/* Keeps the writer's own account of what an event means. */
static bool take_note(ctrace_writer *w, const ctrace_event *event)
{
    switch (event->kind) {
    case CTRACE_EVENT_THREAD_START:
    case CTRACE_EVENT_THREAD_EXIT:
    case CTRACE_EVENT_THREAD_SWITCH:
        return thread_changed(w, event);
    default:
        return ctr_names_declared(w, event);
    }
}

/* Makes room for an event of `size` bytes, separator included, behind the whole ones: before one whose value is being
 * built. Puts the separator; NULL when there is no memory. */
static char *insert_event(ctrace_writer *w, size_t size)
{
    if (w->destination != CTR_TO_EVENT)
        return ctr_event_begin(w, size);
    if (!ctr_buffer_reserve(&w->out, size))
        return NULL;
    char *at = w->out.data + w->value_start;
    memmove(at + size, at, w->out.size - w->value_start);
    at[size] = ',';
    memcpy(at, w->separator, 2);
    w->value_start += size;
    w->out.size += size;
    return at + 2;
}

/* May be called while a value is built: names are declared in the middle of one. */
ctrace_status ctr_whole_event(ctrace_writer *w, const ctrace_event *event)
{
    const ctr_record *record = &ctr_events[event->kind];
    const ctr_fragment *f = w->json.events[event->kind];
    ctr_buffer *b = &w->scratch;
    size_t begin = b->size; /* behind the event in whose value this one is declared */
    ctrace_status status = stored(ctr_json_fragment(b, &f[0]));
    for (uint8_t i = 0; status == CTRACE_OK && i < record->field_count; i++) {
        status = payload(w, &record->fields[i], event);
        if (status == CTRACE_OK)
            status = stored(ctr_json_fragment(b, &f[i + 1]));
    }
    size_t size = b->size - begin;
    b->size = begin;
    if (status != CTRACE_OK)
        return status == CTRACE_NO_MEMORY ? ctr_writer_no_memory(w) : status;
    bool in_value = w->destination == CTR_TO_EVENT;
    char *p = insert_event(w, size + 2);
    if (!p || !take_note(w, event))
        return ctr_writer_no_memory(w);
    memcpy(p, b->data + begin, size);
    ctr_step_settled(w);
    if (!in_value)
        return ctr_event_end(w, p + size);
    w->separator[0] = ',';
    w->counts.events++;
    return CTRACE_OK;
}

static bool kinds_known(const ctrace_event *e)
{
    switch (e->kind) {
    case CTRACE_EVENT_TYPE:
        return (unsigned)e->type.specific_info.kind < CTRACE_TYPE_INFO_KIND_COUNT;
    case CTRACE_EVENT_ASSIGNMENT:
        return (unsigned)e->assignment.pass_by < CTRACE_PASS_KIND_COUNT &&
               (unsigned)e->assignment.from.kind < CTRACE_RVALUE_KIND_COUNT;
    default:
        return (unsigned)e->kind < CTRACE_EVENT_KIND_COUNT;
    }
}

ctrace_status ctrace_writer_event(ctrace_writer *w, const ctrace_event *event)
{
    if (!kinds_known(event))
        return ctr_writer_refuse(w, CTRACE_ARGUMENT, "an event's kind is not one of the format's");
    ctrace_status status = by_table(w, event);
    if (status != CTRACE_OK)
        return status;
    ctr_thread *thread = ctr_current_thread(w);
    switch (event->kind) {
    case CTRACE_EVENT_STEP:
        w->counts.steps++;
        break;
    case CTRACE_EVENT_CALL:
        w->counts.calls++;
        thread->open_calls++;
        break;
    case CTRACE_EVENT_RETURN:
        w->counts.returns++;
        thread->open_calls -= thread->open_calls > 0;
        break;
    default:
        break;
    }
    return CTRACE_OK;
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

ctrace_status ctr_close_frames(ctrace_writer *w)
{
    uint64_t expected = w->started && !(w->options.without & CTRACE_CONVENIENCE_TOP_LEVEL); /* the top level itself */
    ctrace_status status = CTRACE_OK;
    for (size_t left = w->threads.size / sizeof(ctr_thread); status == CTRACE_OK && left; left--) {
        while (status == CTRACE_OK && ctr_current_thread(w)->open_calls) {
            w->counts.frames_closed++;
            status = ctrace_return(w);
        }
        const ctr_thread *threads = (const ctr_thread *)(const void *)w->threads.data;
        for (size_t i = 0; status == CTRACE_OK && i < w->threads.size / sizeof *threads; i++) {
            if (threads[i].open_calls) {
                status = ctrace_thread_switch(w, threads[i].id);
                break;
            }
        }
    }
    w->counts.frames_closed -= w->counts.frames_closed ? expected : 0;
    return status;
}
