/* What Ruby's events tell: lines, calls, returns, exceptions, and fibers and threads that end. */
#include "recorder.h"

#include <string.h>

/* The thread that an event is of. Reading variables may have let others run, which may have ended the recording. */
static struct ctrb_thread *enter(const struct ctrb_place *place)
{
    return ctrb_session.number == place->recording ? ctrb_thread_to_record() : NULL;
}

/* ---- Leaving calls ---- */

#define RETURNED_MESSAGE_MAX 700 /* so that all of the text is no more than the recorder lets a text be */

/* What the exception says, as far as the code shows it that it was raised in. */
static ctrace_str text_of(const struct ctrb_thread *t, VALUE exception, size_t most, char out[CTRB_MESSAGE_SIZE])
{
    return t->hidden == exception ? ctrb_exception_without_text(exception, out)
                                  : ctrb_exception_text(exception, most, out);
}

/* Leaves a call with nothing to show, as a filter says. */
static void put_hidden_return(struct ctrb_thread *t, struct ctrb_judgement said)
{
    if (said.action == CTRACE_FILTER_DROP) {
        ctrace_recorder_count_dropped(ctrb_session.r);
        ctrace_lane_return(t->lane);
    } else {
        ctrace_lane_begin_return(t->lane);
        ctrace_lane_put_redacted(t->lane, said.reason);
    }
}

static void put_error_return(struct ctrb_thread *t, const struct ctrb_judged *judged, VALUE exception)
{
    char text[CTRB_MESSAGE_SIZE];
    if (judged && judged->unwound.action != CTRACE_FILTER_ALLOW) {
        put_hidden_return(t, judged->unwound);
        return;
    }
    ctrace_lane_begin_return(t->lane);
    ctrace_id type = ctrb_class_type(&ctrb_session.values.types, rb_obj_class(exception), CTRACE_TYPE_ERROR);
    ctrace_lane_put_error(t->lane, type, text_of(t, exception, RETURNED_MESSAGE_MAX, text));
}

static void put_return(struct ctrb_thread *t, const struct ctrb_judged *judged, VALUE value)
{
    if (judged && judged->returned.action != CTRACE_FILTER_ALLOW) {
        put_hidden_return(t, judged->returned);
        return;
    }
    ctrb_session.values.policy = judged ? judged->policy : NULL;
    ctrace_lane_begin_return(t->lane);
    ctrb_put_in(&ctrb_session.values, t->lane, ctrb_session.paused ? Qnil : value);
}

/* A call is left, not by its own code. */
static void put_nothing_returned(struct ctrb_thread *t)
{
    put_return(t, NULL, Qnil);
}

/* Whether the frame of a call is gone, seen from one that runs. A call at `frame` itself is gone too when a new one was
 * just put there. */
static inline bool is_lost(const struct ctrb_call *call, const struct ctrb_frame *frame, bool new_frame)
{
    return call && frame->frame && call->frame <= frame->frame
           && (call->frame != frame->frame || call->code != frame->iseq || new_frame);
}

/* Closes calls whose frames are gone without an event, which Ruby does when its stack overflows; nor does it tell that
 * it raises that exception. */
static void drop_them(struct ctrb_thread *t, const struct ctrb_frame *frame, bool new_frame)
{
    struct ctrb_strand *strand = ctrb_strand_now(t);
    while (is_lost(ctrb_call_now(t), frame, new_frame)) {
        const struct ctrb_call *call = &strand->calls[strand->count - 1];
        if (!t->pending && RTEST(rb_obj_is_kind_of(rb_gv_get("$!"), rb_eSysStackError)))
            t->pending = t->outside = rb_gv_get("$!");
        if (call->recorded && t->pending)
            put_error_return(t, NULL, t->pending);
        else if (call->recorded)
            put_nothing_returned(t);
        strand->count--;
    }
}

static inline void drop_lost_calls(struct ctrb_thread *t, const struct ctrb_frame *frame, bool new_frame)
{
    if (is_lost(ctrb_call_now(t), frame, new_frame))
        drop_them(t, frame, new_frame);
}

/* ---- Exceptions ---- */

/* Code runs though an exception was raised: it was rescued, or this is an `ensure` and it goes on afterwards. */
static void set_exception_aside(struct ctrb_thread *t, bool in_ensure)
{
    struct ctrb_call *call = ctrb_call_now(t);
    if (call && (t->pending || !in_ensure)) {
        call->unwinding = in_ensure ? t->pending : 0;
        call->unwinding_line = call->line;
        call->ensured = false;
        call->aside = true;
    }
    t->pending = 0;
}

static void tell_exception(struct ctrb_thread *t, VALUE exception)
{
    char text[CTRB_MESSAGE_SIZE];
    ctrace_lane_log(t->lane, CTRACE_LOG_ERROR, CTRACE_STR(""), text_of(t, exception, CTRB_MESSAGE_MAX, text));
}

/* An exception of code that is not recorded has come into recorded code when `$!` is it. */
static void tell_exception_from_outside(struct ctrb_thread *t)
{
    VALUE exception = t->outside;
    t->outside = 0;
    if (rb_gv_get("$!") == exception)
        tell_exception(t, exception);
}

void ctrb_on_raise(struct ctrb_place *place, bool recorded)
{
    VALUE exception = rb_tracearg_raised_exception(place->arg);
    if (!RTEST(rb_obj_is_kind_of(exception, rb_eException)))
        return;
    VALUE locals = recorded ? ctrb_locals(place) : Qnil;
    struct ctrb_thread *t = recorded ? enter(place) : ctrb_thread_now();
    if (!t)
        return;
    t->pending = exception;
    t->outside = recorded ? 0 : exception;
    if (!recorded)
        return;
    if (place->judged && place->judged->unwound.action != CTRACE_FILTER_ALLOW)
        t->hidden = exception;
    drop_lost_calls(t, &place->frame, false);
    if (!ctrb_session.paused)
        ctrb_put_locals(t, place, locals); /* should the step be written again */
    tell_exception(t, exception);
    RB_GC_GUARD(locals);
}

void ctrb_on_rescue(void)
{
    struct ctrb_thread *t = ctrb_thread_now();
    if (t)
        set_exception_aside(t, false);
}

/* ---- Lines ---- */

/* Looking up the line of a place in code takes Ruby a while. */
static int64_t line_at(const struct ctrb_place *place)
{
    if (!place->code)
        return NUM2LL(rb_tracearg_lineno(place->arg));
    int32_t *line = &place->code->lines[place->frame.at];
    if (*line == 0)
        *line = NUM2INT(rb_tracearg_lineno(place->arg));
    return *line;
}

void ctrb_on_line(struct ctrb_place *place)
{
    VALUE locals = ctrb_locals(place);
    struct ctrb_thread *t = enter(place);
    if (!t)
        return;
    drop_lost_calls(t, &place->frame, false);
    int64_t line = line_at(place);
    struct ctrb_call *call = ctrb_call_now(t);
    if (t->pending || (place->code && call && call->unwinding)) {
        set_exception_aside(t, !place->code || place->code->in_ensure);
        if (call)
            call->ensured = place->code && place->code->in_ensure && call->unwinding;
    }
    if (call)
        call->line = line;
    if (!ctrb_file_has_line(place->file, line) || ctrb_session.paused)
        return;
    ctrb_put_locals(t, place, locals);
    ctrace_lane_step(t->lane, place->file->id, line);
    ctrb_session.began = true;
    if (t->outside)
        tell_exception_from_outside(t);
    RB_GC_GUARD(locals);
}

/* ---- Calls ---- */

/* Ruby names the running frame by its method, but one of a method that was made of a block by the block. */
static bool runs_block_as_method(void)
{
    VALUE frame;
    int line;
    if (rb_profile_frames(0, 1, &frame, &line) != 1)
        return false;
    VALUE label = rb_profile_frame_label(frame);
    return RB_TYPE_P(label, T_STRING) && RSTRING_LEN(label) > 5 && memcmp(RSTRING_PTR(label), "block", 5) == 0;
}

/* Two events tell of the call of a method that was made of a block. */
static bool is_call_again(const struct ctrb_call *call, const struct ctrb_place *place, int64_t line)
{
    if (!call || call->from_method || call->line != 0)
        return false;
    if (place->frame.frame)
        return call->frame == place->frame.frame;
    return call->unwinding_line == line && runs_block_as_method();
}

static int64_t first_line(const struct ctrb_place *place)
{
    if (place->code && place->code->first_line)
        return place->code->first_line;
    int64_t line = NUM2LL(rb_tracearg_lineno(place->arg));
    if (place->code)
        place->code->first_line = line;
    return line;
}

void ctrb_on_call(struct ctrb_place *place, bool block)
{
    VALUE parameters = ctrb_parameters(place);
    struct ctrb_thread *t = enter(place);
    if (!t)
        return;
    int64_t line = first_line(place);
    if (block && is_call_again(ctrb_call_now(t), place, line)) {
        ctrb_call_now(t)->from_method = true;
        return;
    }
    drop_lost_calls(t, &place->frame, true);
    if (t->pending)
        set_exception_aside(t, true);
    ctrace_id function = ctrb_function_of(place, line, block);
    struct ctrb_call *call = ctrb_call_push(ctrb_strand_now(t));
    if (!call)
        return;
    call->frame = place->frame.frame;
    call->code = place->frame.iseq;
    call->function = function;
    call->unwinding_line = line;
    call->recorded = ctrb_file_has_line(place->file, line);
    if (!call->recorded)
        return;
    if (!ctrb_session.paused)
        ctrb_put_arguments(t, call, place, parameters, !block);
    ctrace_lane_call(t->lane, function);
    RB_GC_GUARD(parameters);
}

/* Whether the frame is left by what was thrown. Without a look at the frame: by the line that it stands on. */
static bool is_unwinding(const struct ctrb_place *place, const struct ctrb_thread *t, const struct ctrb_call *call,
                         VALUE value)
{
    if (call->ensured) /* the frame now looks as if it had come to its end */
        return NIL_P(value);
    if (place->code)
        return ctrb_frame_unwinds(place->arg);
    int64_t line = NUM2LL(rb_tracearg_lineno(place->arg));
    if (!NIL_P(value))
        return false;
    return line == call->line || line == call->unwinding_line || (t->pending && (call->line == 0 || call->aside));
}

void ctrb_on_return(struct ctrb_place *place, bool block)
{
    struct ctrb_thread *t = enter(place);
    if (!t)
        return;
    drop_lost_calls(t, &place->frame, false);
    struct ctrb_call *call = ctrb_call_now(t);
    if (!call || (place->frame.frame && call->frame != place->frame.frame))
        return; /* it was called before the recording began */
    if (block && call->from_method)
        return; /* the return of the method comes next */
    VALUE value = rb_tracearg_return_value(place->arg);
    VALUE exception = t->pending ? t->pending : call->unwinding;
    if (exception && is_unwinding(place, t, call, value)) {
        t->pending = exception;
        if (call->recorded && t->outside == exception) {
            t->outside = 0;
            tell_exception(t, exception);
        }
        if (call->recorded)
            put_error_return(t, place->judged, exception);
    } else if (call->recorded) {
        put_return(t, place->judged, value);
    }
    ctrb_strand_now(t)->count--;
}

/* ---- Fibers and threads ---- */

/* One lane has one stack of calls, so the calls of a fiber are left when it yields and made again when it goes on. */
static void leave_strand(struct ctrb_thread *t, const struct ctrb_strand *strand)
{
    for (size_t i = strand->count; i > 0; i--)
        if (strand->calls[i - 1].recorded)
            put_nothing_returned(t);
}

static void enter_strand(struct ctrb_thread *t, struct ctrb_strand *strand)
{
    for (size_t i = 0; i < strand->count; i++) {
        strand->calls[i].shown.code = 0;
        if (strand->calls[i].recorded)
            ctrace_lane_call(t->lane, strand->calls[i].function);
    }
}

void ctrb_on_fiber_switch(void)
{
    struct ctrb_thread *t = ctrb_thread_of(rb_thread_current(), ctrb_session.number, false);
    struct ctrb_strand *strand = t ? ctrb_strand_of(t, rb_fiber_current()) : NULL;
    if (!strand || strand == ctrb_strand_now(t))
        return;
    size_t at = 0;
    while (at < t->strand_count && t->strands[at] != strand)
        at++;
    if (at == t->strand_count) {
        if (ctrb_strand_enter(t, strand))
            enter_strand(t, strand);
        return;
    }
    for (; t->strand_count > at + 1; t->strand_count--)
        leave_strand(t, ctrb_strand_now(t));
}

void ctrb_on_thread_end(void)
{
    struct ctrb_thread *t = ctrb_thread_of(rb_thread_current(), ctrb_session.number, false);
    ctrb_session.last_thread = 0;
    if (!t)
        return;
    for (; t->strand_count > 0; t->strand_count--)
        leave_strand(t, ctrb_strand_now(t));
    t->strand_count = 1;
    t->base.count = 0;
    t->ended = true;
    ctrb_end_lane(t->lane);
    t->lane = NULL;
}
