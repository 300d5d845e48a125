/* Reading the variables of a frame. */
#include "recorder.h"

#include <string.h>

/* Methods as they were when this was loaded, whatever the program makes of them: Method objects of bind_call. */
static VALUE local_variables, local_variable_get, parameters_of;

/* ---- By a binding: names and values by turns ---- */

/* Calls a method as it was when this was loaded. */
static VALUE call_captured(VALUE method, VALUE receiver, int argc, VALUE argument)
{
    VALUE args[2] = {receiver, argument};
    return rb_method_call(1 + argc, args, method);
}

static VALUE read_binding(VALUE argument)
{
    VALUE binding = rb_tracearg_binding((rb_trace_arg_t *)argument);
    VALUE found = rb_ary_new();
    if (NIL_P(binding))
        return found;
    VALUE names = call_captured(local_variables, binding, 0, Qnil);
    for (long i = 0; i < RARRAY_LEN(names); i++) {
        VALUE name = RARRAY_AREF(names, i);
        rb_ary_push(found, name);
        rb_ary_push(found, call_captured(local_variable_get, binding, 1, name));
    }
    return found;
}

/* The names of the parameters of the method or block that is called, with their values by turns. */
static VALUE read_parameters(VALUE argument)
{
    const struct ctrb_place *place = (const struct ctrb_place *)argument;
    VALUE found = rb_ary_new();
    VALUE parameters = call_captured(parameters_of, place->tracepoint, 0, Qnil);
    VALUE locals = read_binding((VALUE)place->arg);
    for (long i = 0; i < RARRAY_LEN(parameters); i++) {
        VALUE parameter = RARRAY_AREF(parameters, i);
        for (long j = 0; RARRAY_LEN(parameter) > 1 && j + 1 < RARRAY_LEN(locals); j += 2) {
            if (RARRAY_AREF(locals, j) == RARRAY_AREF(parameter, 1)) {
                rb_ary_push(found, RARRAY_AREF(locals, j));
                rb_ary_push(found, RARRAY_AREF(locals, j + 1));
                break;
            }
        }
    }
    return found;
}

static VALUE protect(VALUE (*read)(VALUE), VALUE argument)
{
    int state = 0;
    VALUE found = rb_protect(read, argument, &state);
    if (state)
        rb_jump_tag(state);
    return found;
}

VALUE ctrb_locals_by_binding(const struct ctrb_place *place)
{
    return ctrb_session.paused ? Qnil : protect(read_binding, (VALUE)place->arg);
}

VALUE ctrb_parameters(const struct ctrb_place *place)
{
    return place->code || ctrb_session.paused ? Qnil : protect(read_parameters, (VALUE)place);
}

static ctrace_id variable_named(VALUE symbol)
{
    return ctrace_recorder_variable(ctrb_session.r, ctrb_str(rb_sym2str(symbol)));
}

/* ---- The variables of the running frame ---- */

/* What the recorder shows of the frame that runs. NULL when it has none of its own: then what it shows of the one below
 * is no more known. */
static struct ctrb_shown *shown_elsewhere(struct ctrb_thread *t)
{
    for (size_t i = t->strand_count; i > 0; i--) {
        struct ctrb_strand *strand = t->strands[i - 1];
        for (size_t j = strand->count; j > 0; j--) {
            if (strand->calls[j - 1].recorded) {
                strand->calls[j - 1].shown.code = 0;
                return NULL;
            }
        }
    }
    if (t->strand_count == 1 && t->base.count == 0)
        return &t->base.shown;
    t->base.shown.code = 0;
    return NULL;
}

static const struct ctrb_judgement shown = {.action = CTRACE_FILTER_ALLOW};

static struct ctrb_judged_name judge_name(struct ctrb_judged *judged, VALUE symbol)
{
    static const struct ctrb_judgement hidden = {.action = CTRACE_FILTER_REDACT};
    if (!judged)
        return (struct ctrb_judged_name){0, shown, shown};
    const struct ctrb_judged_name *said = ctrb_judge_known(judged, rb_sym2id(symbol));
    return said ? *said : (struct ctrb_judged_name){0, hidden, hidden};
}

/* In place of what a filter hides. */
static void put_hidden(ctrace_lane *lane, ctrace_id variable, void (*begin)(ctrace_lane *, ctrace_id),
                       struct ctrb_judgement said)
{
    if (said.action == CTRACE_FILTER_DROP) {
        ctrace_recorder_count_dropped(ctrb_session.r);
        return;
    }
    begin(lane, variable);
    ctrace_lane_put_redacted(lane, said.reason);
}

static inline struct ctrb_shown *shown_of(struct ctrb_thread *t)
{
    struct ctrb_call *call = ctrb_call_now(t);
    return call && call->recorded ? &call->shown : shown_elsewhere(t);
}

static void put_by_name(struct ctrb_thread *t, struct ctrb_judged *judged, VALUE locals)
{
    struct ctrb_shown *shown = shown_of(t);
    if (shown)
        shown->code = 0;
    ctrace_lane_begin_variables(t->lane);
    for (long i = 0; i + 1 < RARRAY_LEN(locals); i += 2) {
        VALUE name = RARRAY_AREF(locals, i);
        struct ctrb_judgement said = judge_name(judged, name).as_variable;
        if (said.action != CTRACE_FILTER_ALLOW) {
            put_hidden(t->lane, variable_named(name), ctrace_lane_begin_variable, said);
            continue;
        }
        ctrace_lane_begin_variable(t->lane, variable_named(name));
        ctrb_put_in(&ctrb_session.values, t->lane, RARRAY_AREF(locals, i + 1));
    }
}

static struct ctrb_seen *forget_self(ctrace_lane *lane, struct ctrb_shown *shown, struct ctrb_seen *seen)
{
    if (shown->with_self) {
        ctrace_lane_forget(lane, ctrb_session.variable_self);
        shown->with_self = false;
    }
    return seen;
}

/* The variables of `code` as they are shown. If others are, all are to be put again; NULL: there is no place for them. */
static struct ctrb_seen *seen_of(struct ctrb_thread *t, const struct ctrb_code *code)
{
    struct ctrb_shown *shown = shown_of(t);
    struct ctrb_strand *strand = ctrb_strand_now(t);
    uint64_t epoch = ctrb_session.codes.epoch;
    if (shown && shown->code == code->iseq && shown->epoch == epoch && !ctrace_lane_wants_variables(t->lane))
        return forget_self(t->lane, shown, strand->seen + shown->first);
    ctrace_lane_begin_variables(t->lane);
    struct ctrb_seen *seen = shown ? ctrb_strand_seen(strand, shown, (size_t)code->count) : NULL;
    if (shown)
        shown->code = seen ? code->iseq : 0;
    if (!seen)
        return NULL;
    shown->epoch = epoch;
    shown->with_self = false;
    for (int i = 0; i < code->count; i++)
        seen[i].word = Qundef;
    return seen;
}

static inline bool is_same(const struct ctrb_seen *seen, VALUE value)
{
    return seen->word == value
           && (RB_SPECIAL_CONST_P(value) || memcmp(seen->object, (const void *)value, sizeof seen->object) == 0);
}

/* Keeps what says all about a value: its word, or the object itself when nothing of it lies elsewhere. */
static void see(struct ctrb_seen *seen, VALUE value)
{
    seen->word = value;
    if (RB_SPECIAL_CONST_P(value))
        return;
    if (ctrb_frame_is_leaf(value))
        memcpy(seen->object, (const void *)value, sizeof seen->object);
    else
        seen->word = Qundef;
}

#define HIDDEN ((VALUE)0x24) /* no object is there, and no word is that */

/* What is redacted stays so. */
static void put_hidden_slot(ctrace_lane *lane, const struct ctrb_code *code, int i, struct ctrb_seen *seen)
{
    struct ctrb_judgement said = code->said[i].as_variable;
    if (seen && seen[i].word == HIDDEN && said.action == CTRACE_FILTER_REDACT)
        return;
    put_hidden(lane, code->variables[i], ctrace_lane_begin_variable, said);
    if (seen)
        seen[i].word = HIDDEN;
}

static void put_slots(struct ctrb_thread *t, const struct ctrb_code *code, const ctrb_word *env)
{
    struct ctrb_seen *seen = seen_of(t, code);
    for (int i = 0; i < code->count; i++) {
        const struct ctrb_slot *slot = &code->slots[i];
        ctrb_word word;
        bool made = true;
        if (slot->level == 0 && !slot->lazy_block)
            word = env[slot->slot];
        else
            made = ctrb_frame_read(env, slot, &word);
        VALUE value = word == Qundef ? Qnil : (VALUE)word;
        if (code->said && code->said[i].as_variable.action != CTRACE_FILTER_ALLOW) {
            put_hidden_slot(t->lane, code, i, seen);
            continue;
        }
        if (seen && made && is_same(&seen[i], value))
            continue;
        if (seen && made)
            see(&seen[i], value);
        else if (seen)
            seen[i].word = Qundef;
        ctrace_lane_begin_variable(t->lane, code->variables[i]);
        if (made)
            ctrb_put_in(&ctrb_session.values, t->lane, value);
        else
            ctrb_put_block_in(&ctrb_session.values, t->lane, word != 0);
    }
}

void ctrb_put_locals(struct ctrb_thread *t, const struct ctrb_place *place, VALUE locals)
{
    ctrb_session.values.policy = place->judged ? place->judged->policy : NULL;
    if (!NIL_P(locals))
        put_by_name(t, place->judged, locals);
    else if (place->code && !place->code->by_binding)
        put_slots(t, place->code, place->frame.env);
}

/* ---- Arguments ---- */

static void put_argument(ctrace_lane *lane, ctrace_id variable, VALUE value, struct ctrb_judgement said)
{
    if (said.action != CTRACE_FILTER_ALLOW) {
        put_hidden(lane, variable, ctrace_lane_begin_arg, said);
        return;
    }
    ctrace_lane_begin_arg(lane, variable);
    ctrb_put_in(&ctrb_session.values, lane, value);
}

static void put_arguments_by_name(ctrace_lane *lane, struct ctrb_judged *judged, VALUE parameters)
{
    for (long i = 0; judged && i + 1 < RARRAY_LEN(parameters); i += 2)
        ctrb_judge_parameter(judged, rb_sym2id(RARRAY_AREF(parameters, i)));
    for (long i = 0; i + 1 < RARRAY_LEN(parameters); i += 2) {
        VALUE name = RARRAY_AREF(parameters, i);
        put_argument(lane, variable_named(name), RARRAY_AREF(parameters, i + 1), judge_name(judged, name).as_argument);
    }
}

/* Where the arguments of a new call are kept as its first variables; NULL when they are not the same. */
static struct ctrb_seen *first_seen(struct ctrb_thread *t, struct ctrb_call *call, const struct ctrb_code *code,
                                    bool with_self)
{
    struct ctrb_shown *shown = &call->shown;
    struct ctrb_seen *seen = code->said ? NULL : ctrb_strand_seen(ctrb_strand_now(t), shown, (size_t)code->count);
    if (!seen)
        return NULL;
    shown->code = code->iseq;
    shown->epoch = ctrb_session.codes.epoch;
    shown->with_self = with_self;
    for (int i = code->parameters; i < code->count; i++)
        seen[i].word = Qundef;
    return seen;
}

static void put_argument_slots(ctrace_lane *lane, const struct ctrb_code *code, const ctrb_word *env,
                               struct ctrb_seen *seen)
{
    for (int i = 0; i < code->parameters; i++) {
        struct ctrb_judgement said = code->said ? code->said[i].as_argument : shown;
        ctrb_word value;
        if (ctrb_frame_read(env, &code->slots[i], &value)) {
            put_argument(lane, code->variables[i], (VALUE)value, said);
            if (seen)
                see(&seen[i], (VALUE)value);
            continue;
        }
        if (seen)
            seen[i].word = Qundef;
        if (said.action != CTRACE_FILTER_ALLOW) {
            put_hidden(lane, code->variables[i], ctrace_lane_begin_arg, said);
        } else {
            ctrace_lane_begin_arg(lane, code->variables[i]);
            ctrb_put_block_in(&ctrb_session.values, lane, value != 0);
        }
    }
}

void ctrb_put_arguments(struct ctrb_thread *t, struct ctrb_call *call, const struct ctrb_place *place, VALUE parameters,
                        bool with_self)
{
    ctrace_lane *lane = t->lane;
    ctrb_session.values.policy = place->judged ? place->judged->policy : NULL;
    if (with_self)
        put_argument(lane, ctrb_session.variable_self, rb_tracearg_self(place->arg),
                     place->judged ? place->judged->itself : shown);
    if (!NIL_P(parameters))
        put_arguments_by_name(lane, place->judged, parameters);
    else if (place->code)
        put_argument_slots(lane, place->code, place->frame.env,
                           place->code->by_binding ? NULL : first_seen(t, call, place->code, with_self));
}

void ctrb_init_variables(void)
{
    local_variables = ctrb_capture(rb_cBinding, "local_variables");
    local_variable_get = ctrb_capture(rb_cBinding, "local_variable_get");
    parameters_of = ctrb_capture(rb_const_get(rb_cObject, rb_intern("TracePoint")), "parameters");
    rb_gc_register_mark_object(local_variables);
    rb_gc_register_mark_object(local_variable_get);
    rb_gc_register_mark_object(parameters_of);
}
