/* Calls and returns, each thread's for itself and on the one stack that the apps know. */
#include <inttypes.h>
#include <stdio.h>

#include "validate/check.h"

bool ctr_calls_init(ctr_check *c)
{
    if (!ctr_check_room(c, (void **)&c->threads, &c->thread_capacity, 0, sizeof *c->threads))
        return false;
    c->threads[0] = (ctr_checked_thread){0};
    c->thread_count = 1;
    return true;
}

static const char *thread_text(const ctr_checked_thread *thread, char out[48])
{
    if (thread->id_known)
        snprintf(out, 48, "thread %" PRIu64, thread->id);
    else
        snprintf(out, 48, "the first thread");
    return out;
}

/* ---- One stack for all ---- */

static bool app_top_is_current(const ctr_check *c)
{
    return c->app_depth == 0 || c->app_depth > CTR_MAX_FRAMES || c->app_stack[c->app_depth - 1] == c->current;
}

static void judge_interleaving(ctr_check *c)
{
    const ctr_checked_thread *thread = &c->threads[c->current];
    if (c->thread_count == 1 || thread->depth == 0 || app_top_is_current(c) ||
        ctr_told(c, CTR_RULE_THREADS_INTERLEAVE))
        return;
    char mine[48], other[48], note[CTR_NOTE_SIZE];
    snprintf(note, sizeof note, "the open call on top is one of %s; told once for the trace",
             thread_text(&c->threads[c->app_stack[c->app_depth - 1]], other));
    ctr_tell(c, CTR_RULE_THREADS_INTERLEAVE, note, "%s goes on below another thread's open call",
             thread_text(thread, mine));
}

static void judge_exited(ctr_check *c)
{
    ctr_checked_thread *thread = &c->threads[c->current];
    if (!thread->exited || thread->exit_told)
        return;
    char mine[48];
    thread->exit_told = true;
    ctr_tell(c, CTR_RULE_THREAD_AFTER_EXIT, NULL, "%s comes from %s, which has exited",
             ctrace_event_kind_name(c->event->kind), thread_text(thread, mine));
}

void ctr_check_step_in_call(ctr_check *c)
{
    judge_exited(c);
    judge_interleaving(c);
    if (c->app_depth) {
        c->outside_told = false;
    } else if (!c->outside_told) {
        c->outside_told = true;
        if (c->calls == 0)
            ctr_tell(c, CTR_RULE_STEP_BEFORE_CALL, NULL, "Step before the first Call");
        else
            ctr_tell(c, CTR_RULE_STEP_OUTSIDE_CALL, NULL, "Step after every call has returned");
    }
}

/* ---- Calls ---- */

static void judge_entry_step(ctr_check *c, ctrace_id function_id)
{
    if (function_id >= c->function_count)
        return;
    ctr_named_function *function = &c->functions[function_id];
    if ((c->step_is_fresh && c->step_path == function->path_id && c->step_line == function->line) ||
        function->entry_told)
        return;
    function->entry_told = true;
    char shown[CTR_SHOWN_SIZE], note[CTR_NOTE_SIZE];
    ctr_shown(shown, ctr_function_name(c, function_id));
    if (c->step_is_fresh)
        snprintf(note, sizeof note,
                 "the step before it is on line %" PRId64 " of path %" PRIu64 ", the function on line %" PRId64
                 " of path %" PRIu64 "; told once for this function",
                 c->step_line, c->step_path, function->line, function->path_id);
    else
        snprintf(note, sizeof note, "no step comes between it and the Call, Return or switch before it; told once for "
                                    "this function");
    ctr_tell(c, CTR_RULE_ENTRY_STEP, note, "Call of '%s' without a step on its first line before it", shown);
}

static void push_frame(ctr_check *c, ctrace_id function_id)
{
    ctr_checked_thread *thread = &c->threads[c->current];
    if (thread->depth < CTR_MAX_FRAMES) {
        if (!ctr_check_room(c, (void **)&thread->frames, &thread->frame_capacity, (size_t)thread->depth,
                            sizeof *thread->frames))
            return;
        thread->frames[thread->depth] = (ctr_checked_frame){c->calls, function_id, c->here.event};
    }
    if (c->app_depth < CTR_MAX_FRAMES) {
        if (!ctr_check_room(c, (void **)&c->app_stack, &c->app_capacity, (size_t)c->app_depth, sizeof *c->app_stack))
            return;
        c->app_stack[c->app_depth] = (uint32_t)c->current;
    }
    thread->depth++;
    c->app_depth++;
}

void ctr_check_call(ctr_check *c)
{
    ctrace_id function_id = c->event->call.function_id;
    ctr_use_id(c, CTR_USE_FUNCTION, function_id);
    judge_exited(c);
    judge_interleaving(c);
    if (c->calls == 0) {
        char shown[CTR_SHOWN_SIZE];
        if (function_id != 0)
            ctr_tell(c, CTR_RULE_TOP_LEVEL_CALL, NULL, "the first call is of function %" PRIu64 " '%s'", function_id,
                     ctr_shown(shown, ctr_function_name(c, function_id)));
    } else if (c->app_depth) {
        judge_entry_step(c, function_id);
    }
    for (size_t i = 0; i < c->event->call.arg_count; i++) {
        ctr_use_id(c, CTR_USE_VARIABLE, c->event->call.args[i].variable_id);
        ctr_check_value(c, c->event->call.args[i].value, 5, true);
    }
    push_frame(c, function_id);
    c->calls++;
    c->step_is_fresh = false;
}

static const char *ordinal(uint64_t number, char out[32])
{
    static const char *const words[] = {"zeroth", "first",   "second", "third",  "fourth", "fifth",
                                        "sixth",  "seventh", "eighth", "ninth", "tenth"};
    if (number < sizeof words / sizeof *words)
        return words[number];
    unsigned last = (unsigned)(number % 100);
    static const char *const ends[] = {"th", "st", "nd", "rd"};
    const char *end = last / 10 != 1 && last % 10 < 4 ? ends[last % 10] : "th";
    snprintf(out, 32, "%" PRIu64 "%s", number, end);
    return out;
}

static void tell_extra_return(ctr_check *c, ctr_checked_thread *thread)
{
    char note[CTR_NOTE_SIZE], shown[CTR_SHOWN_SIZE], number[32], mine[48];
    thread->returns_too_many++;
    if (thread->has_left)
        snprintf(note, sizeof note, "this is the %s Return of call %" PRIu64 " '%s', which was left at event %" PRIu64,
                 ordinal(thread->returns_too_many + 1, number), thread->left.call_key,
                 ctr_shown(shown, ctr_function_name(c, thread->left.function_id)), thread->left_at);
    else
        snprintf(note, sizeof note, "no Call%s came before it", c->thread_count > 1 ? " of its thread" : "");
    if (c->app_depth == 0)
        ctr_tell(c, CTR_RULE_RETURN_BELOW_TOP, note, "Return without an open call");
    else
        ctr_tell(c, CTR_RULE_RETURN_OF_OTHER_THREAD, note, "Return of %s, which has no open call",
                 thread_text(thread, mine));
}

void ctr_check_return(ctr_check *c)
{
    ctr_checked_thread *thread = &c->threads[c->current];
    judge_exited(c);
    judge_interleaving(c);
    ctr_check_value(c, c->event->returned.return_value, 3, true);
    c->step_is_fresh = false;
    if (thread->depth == 0) {
        tell_extra_return(c, thread);
    } else {
        thread->depth--;
        thread->has_left = thread->depth < CTR_MAX_FRAMES;
        if (thread->has_left)
            thread->left = thread->frames[thread->depth];
        thread->left_at = c->here.event;
        thread->returns_too_many = 0;
    }
    if (c->app_depth)
        c->app_depth--;
}

/* ---- Threads ---- */

static size_t find_thread(const ctr_check *c, uint64_t id)
{
    ctrace_id index = ctr_map_find(&c->thread_map, &id, sizeof id);
    return index == CTRACE_ID_NONE ? c->thread_count : (size_t)index;
}

static bool name_thread(ctr_check *c, size_t index, uint64_t id)
{
    if (!ctr_map_add(&c->thread_map, &id, sizeof id, index)) {
        ctr_check_no_memory(c);
        return false;
    }
    c->threads[index].id = id;
    c->threads[index].id_known = true;
    return true;
}

static bool add_thread(ctr_check *c, uint64_t id)
{
    if (!ctr_check_room(c, (void **)&c->threads, &c->thread_capacity, c->thread_count, sizeof *c->threads))
        return false;
    c->threads[c->thread_count] = (ctr_checked_thread){0};
    if (!name_thread(c, c->thread_count, id))
        return false;
    c->thread_count++;
    return true;
}

static void tell_open_frames(ctr_check *c, const ctr_checked_thread *thread, uint64_t allowed, const char *when)
{
    if (thread->depth <= allowed)
        return;
    uint64_t open = thread->depth - allowed;
    char message[CTR_MESSAGE_SIZE], note[CTR_NOTE_SIZE] = "", shown[CTR_SHOWN_SIZE], mine[48];
    if (c->thread_count > 1)
        snprintf(message, sizeof message, "%" PRIu64 " call%s of %s still open %s", open, open == 1 ? "" : "s",
                 thread_text(thread, mine), when);
    else
        snprintf(message, sizeof message, "%" PRIu64 " call%s still open %s", open, open == 1 ? " is" : "s are", when);
    if (thread->depth <= CTR_MAX_FRAMES) {
        const ctr_checked_frame *frame = &thread->frames[thread->depth - 1];
        snprintf(note, sizeof note, "the innermost is call %" PRIu64 " '%s' of event %" PRIu64, frame->call_key,
                 ctr_shown(shown, ctr_function_name(c, frame->function_id)), frame->event);
    }
    ctr_tell(c, CTR_RULE_OPEN_FRAME, note, "%s", message);
}

static void judge_start(ctr_check *c, uint64_t id)
{
    if (find_thread(c, id) < c->thread_count) {
        ctr_tell(c, CTR_RULE_THREAD_STARTED_TWICE, NULL, "thread %" PRIu64 " starts again", id);
        ctr_checked_thread *thread = &c->threads[find_thread(c, id)];
        thread->exited = thread->exit_told = false;
    } else if (c->steps == 0 && c->current == 0 && !c->threads[0].id_known) {
        /* Nothing can have started another thread yet: this names the first. */
        name_thread(c, 0, id);
    } else {
        add_thread(c, id);
    }
}

static void judge_switch(ctr_check *c, uint64_t id)
{
    size_t index = find_thread(c, id);
    if (index == c->thread_count) {
        /* The first thread needs no start, so the way back to it may be the first to tell its id. */
        bool is_first = !c->threads[0].id_known && (c->current != 0 || c->steps == 0);
        if (is_first) {
            index = 0;
            if (!name_thread(c, 0, id))
                return;
        } else {
            ctr_tell(c, CTR_RULE_THREAD_NOT_STARTED, NULL,
                     "ThreadSwitch to thread %" PRIu64 ", which has not started", id);
            if (!add_thread(c, id))
                return;
        }
    }
    c->current = index;
    c->step_is_fresh = false;
}

static void judge_exit(ctr_check *c, uint64_t id)
{
    size_t index = find_thread(c, id);
    if (index == c->thread_count) {
        if (!c->threads[0].id_known) {
            index = 0;
            if (!name_thread(c, 0, id))
                return;
        } else {
            ctr_tell(c, CTR_RULE_THREAD_NOT_STARTED, NULL, "ThreadExit of thread %" PRIu64 ", which has not started",
                     id);
            return;
        }
    }
    ctr_checked_thread *thread = &c->threads[index];
    if (index != 0) {
        tell_open_frames(c, thread, 0, "at its exit");
        thread->depth = 0;
    }
    thread->exited = true;
}

void ctr_check_thread(ctr_check *c)
{
    const char *name = ctrace_event_kind_name(c->event->kind);
    if (!ctr_told(c, CTR_RULE_THREAD_EVENT))
        ctr_tell(c, CTR_RULE_THREAD_EVENT, "told once for the trace", "the trace has a %s", name);
    switch (c->event->kind) {
    case CTRACE_EVENT_THREAD_START:
        judge_start(c, c->event->thread_id);
        break;
    case CTRACE_EVENT_THREAD_SWITCH:
        judge_switch(c, c->event->thread_id);
        break;
    default:
        judge_exit(c, c->event->thread_id);
        break;
    }
}

void ctr_check_calls_end(ctr_check *c)
{
    if (c->cut)
        return;
    if (c->calls == 0 && c->function_count && !ctr_told(c, CTR_RULE_STEP_BEFORE_CALL))
        ctr_tell(c, CTR_RULE_TOP_LEVEL_CALL, NULL, "function 0 is the top level, and nothing calls it");
    /* The top level, call 0, may stay open. */
    for (size_t i = 0; i < c->thread_count; i++)
        tell_open_frames(c, &c->threads[i], i == 0, "at the end");
}

void ctr_calls_free(ctr_check *c)
{
    for (size_t i = 0; i < c->thread_count; i++)
        ctr_free(c->allocator, c->threads[i].frames, c->threads[i].frame_capacity * sizeof *c->threads[i].frames);
    ctr_free(c->allocator, c->threads, c->thread_capacity * sizeof *c->threads);
    ctr_free(c->allocator, c->app_stack, c->app_capacity * sizeof *c->app_stack);
    ctr_map_free(&c->thread_map);
}
