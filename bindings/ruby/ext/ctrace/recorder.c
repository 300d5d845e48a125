#include "recorder.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#ifndef RUBY_EVENT_RESCUE
#define RUBY_EVENT_RESCUE 0 /* before Ruby 3.3 */
#endif

#define CODE_EVENTS \
    (RUBY_EVENT_LINE | RUBY_EVENT_CALL | RUBY_EVENT_RETURN | RUBY_EVENT_B_CALL | RUBY_EVENT_B_RETURN)
#define OTHER_EVENTS (RUBY_EVENT_RAISE | RUBY_EVENT_RESCUE | RUBY_EVENT_THREAD_END | RUBY_EVENT_FIBER_SWITCH)

static struct recorder {
    ctrace_writer *w;
    uint64_t number;      /* how many recordings this process has started */
    volatile bool forked; /* this is the child of a fork: the trace belongs to the parent */
    bool direct;          /* frames are read directly, else through bindings */
    bool targeted;        /* the code of each recorded file is listened to by itself; other code costs nothing */
    VALUE tracepoints;    /* what listens, but for the bare hooks */
    struct ctrb_values values;
    struct ctrb_files files;
    struct ctrb_codes codes;
    VALUE last_thread;
    struct ctrb_lane *last_lane;
    uint64_t stream; /* number of the thread whose events were written last */
    uint64_t threads;
    bool step_logged; /* the last step has a log event */
    bool step_left;   /* what runs now is no longer at the last step: a call returned, or another thread runs */
    uint64_t outputs; /* texts that the program wrote */
    bool main_has_lines;
    ctrace_id variable_self;
    /* Methods as they were when this was loaded, whatever the program makes of them: Method objects of bind_call. */
    VALUE local_variables;
    VALUE local_variable_get;
    VALUE parameters;
    VALUE enable;
} recorder;

bool ctrb_recording(void)
{
    return recorder.w && !recorder.forked;
}

/* ---- Threads ---- */

/* A thread that is killed or ends by an exception ends without an event. */
static void tell_dead_threads(void)
{
    uint64_t serial;
    while ((serial = ctrb_lane_take_dead()))
        ctrace_thread_exit(recorder.w, serial);
}

static struct ctrb_lane *find_lane(void)
{
    VALUE thread = rb_thread_current();
    if (thread == recorder.last_thread)
        return recorder.last_lane;
    struct ctrb_lane *lane = ctrb_lane_of(thread, recorder.number, true);
    if (!lane)
        return NULL;
    if (lane->serial == 0) {
        tell_dead_threads();
        lane->serial = ++recorder.threads;
        if (lane->serial > 1)
            ctrace_thread_start(recorder.w, lane->serial);
    }
    recorder.last_thread = thread;
    recorder.last_lane = lane;
    return lane;
}

/* The lane of the running thread; what is written next belongs to it. NULL when it cannot be recorded. */
static struct ctrb_lane *enter_lane(void)
{
    struct ctrb_lane *lane = find_lane();
    if (lane && lane->serial != recorder.stream) {
        ctrace_thread_switch(recorder.w, lane->serial);
        recorder.stream = lane->serial;
        recorder.step_left = true;
    }
    return lane;
}

/* ---- Reading variables ---- */

static void put_local(ctrace_id variable, VALUE value)
{
    ctrace_begin_local(recorder.w, variable);
    ctrb_put(&recorder.values, value);
}

static void put_slot(const struct ctrb_slot *slot, const ctrb_word *env)
{
    ctrb_word value;
    if (ctrb_frame_read(env, slot, &value))
        ctrb_put(&recorder.values, (VALUE)value);
    else
        ctrb_put_block(&recorder.values, value != 0);
}

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
    VALUE names = call_captured(recorder.local_variables, binding, 0, Qnil);
    for (long i = 0; i < RARRAY_LEN(names); i++) {
        VALUE name = RARRAY_AREF(names, i);
        rb_ary_push(found, name);
        rb_ary_push(found, call_captured(recorder.local_variable_get, binding, 1, name));
    }
    return found;
}

/* Names and values by turns. What comes out of it as an exception is none of ours but one that another thread or a
 * signal sends to this one, which it meets here by chance: it is passed on. Other threads may run meanwhile. */
static VALUE locals_by_binding(rb_trace_arg_t *arg)
{
    int state = 0;
    VALUE found = rb_protect(read_binding, (VALUE)arg, &state);
    if (state)
        rb_jump_tag(state);
    return found;
}

static ctrace_id variable_named(VALUE symbol)
{
    VALUE name = rb_sym2str(symbol);
    return ctrace_variable(recorder.w, ctrb_str(name));
}

/* ---- Functions ---- */

#define FUNCTION_NAME_SIZE (2 * CTRB_NAME_SIZE + 32)

static size_t append(char *out, size_t n, const char *data, size_t size)
{
    size_t room = FUNCTION_NAME_SIZE - n;
    memcpy(out + n, data, size < room ? size : room);
    return n + (size < room ? size : room);
}

static VALUE attached_object(VALUE singleton)
{
#ifdef HAVE_RB_CLASS_ATTACHED_OBJECT
    return rb_class_attached_object(singleton);
#else
    return rb_attr_get(singleton, rb_intern("__attached__"));
#endif
}

/* "Class#method"; "Class.method" for a method of the class itself or of a single object of it. */
static size_t append_method(char *out, size_t n, VALUE owner, ID method)
{
    char buffer[CTRB_NAME_SIZE];
    ctrace_str name;
    if (RB_TYPE_P(owner, T_CLASS) && FL_TEST(owner, FL_SINGLETON)) {
        VALUE object = attached_object(owner);
        bool of_class = RB_TYPE_P(object, T_CLASS) || RB_TYPE_P(object, T_MODULE);
        name = ctrb_class_name(of_class ? object : rb_obj_class(object), buffer);
        n = append(out, n, name.data, name.size);
        n = append(out, n, ".", 1);
    } else if (owner != rb_cObject && (RB_TYPE_P(owner, T_CLASS) || RB_TYPE_P(owner, T_MODULE))) {
        name = ctrb_class_name(owner, buffer);
        n = append(out, n, name.data, name.size);
        n = append(out, n, "#", 1);
    }
    VALUE text = rb_id2str(method);
    return RB_TYPE_P(text, T_STRING) ? append(out, n, RSTRING_PTR(text), (size_t)RSTRING_LEN(text)) : n;
}

static ctrace_id declare_function(const struct ctrb_file *file, int64_t line, bool block, VALUE owner, ID method)
{
    char name[FUNCTION_NAME_SIZE];
    size_t n = 0;
    if (block)
        n = append(name, n, "block in ", 9);
    if (method)
        n = append_method(name, n, owner, method);
    else
        n = append(name, n, "<top-level>", 11);
    return ctrace_function(recorder.w, file->id, line, (ctrace_str){name, n});
}

/* ---- Steps, calls, returns ---- */

/* What an event is about, looked up once. `code` is NULL when frames are not read directly. */
struct place {
    rb_trace_arg_t *arg;
    struct ctrb_file *file;
    struct ctrb_frame frame;
    struct ctrb_code *code;
    VALUE tracepoint;
};

static bool find_place(struct place *place)
{
    if (!recorder.direct) {
        memset(&place->frame, 0, sizeof place->frame);
        place->code = NULL;
        place->file = ctrb_files_find(&recorder.files, rb_tracearg_path(place->arg));
        return place->file && place->file->recorded;
    }
    if (!ctrb_frame_of(place->arg, &place->frame))
        return false;
    struct ctrb_code *code = recorder.codes.last;
    if (code && code->iseq == (VALUE)place->frame.iseq) {
        place->code = code;
        place->file = code->file;
        return true;
    }
    place->file = ctrb_files_find(&recorder.files, (VALUE)place->frame.path);
    if (!place->file || !place->file->recorded)
        return false;
    place->code = ctrb_codes_learn(&recorder.codes, (VALUE)place->frame.iseq, place->file);
    return place->code != NULL;
}

static void put_locals(const struct place *place)
{
    for (int i = 0; i < place->code->count; i++) {
        ctrace_begin_local(recorder.w, place->code->variables[i]);
        put_slot(&place->code->slots[i], place->frame.env);
    }
}

static void put_step(const struct place *place, int64_t line, VALUE locals)
{
    ctrace_step(recorder.w, place->file->id, line);
    recorder.step_logged = recorder.step_left = false;
    if (NIL_P(locals)) {
        put_locals(place);
    } else {
        for (long i = 0; i + 1 < RARRAY_LEN(locals); i += 2)
            put_local(variable_named(RARRAY_AREF(locals, i)), RARRAY_AREF(locals, i + 1));
    }
}

static void put_error_return(VALUE exception)
{
    char text[CTRB_MESSAGE_SIZE], name[CTRB_NAME_SIZE];
    ctrace_id type = ctrace_type(recorder.w, CTRACE_TYPE_ERROR, ctrb_class_name(rb_obj_class(exception), name));
    recorder.step_left = true;
    ctrace_begin_return(recorder.w);
    ctrace_put_error(recorder.w, type, ctrb_exception_text(exception, text));
}

static void put_return(VALUE value)
{
    recorder.step_left = true;
    ctrace_begin_return(recorder.w);
    ctrb_put(&recorder.values, value);
}

/* Closes calls whose frames are gone without an event, which Ruby does when its stack overflows; nor does it tell that
 * it raises that exception. A call at `frame` itself is gone too when a new one was just put there. */
static void drop_lost_calls(struct ctrb_lane *lane, const struct ctrb_frame *frame, bool new_frame)
{
    if (!frame->frame)
        return;
    struct ctrb_strand *strand = ctrb_strand_now(lane);
    while (strand->count) {
        const struct ctrb_call *call = &strand->calls[strand->count - 1];
        if (call->frame > frame->frame || (call->frame == frame->frame && call->code == frame->iseq && !new_frame))
            return;
        if (!lane->pending && RTEST(rb_obj_is_kind_of(rb_gv_get("$!"), rb_eSysStackError)))
            lane->pending = lane->outside = rb_gv_get("$!");
        if (call->shown && lane->pending)
            put_error_return(lane->pending);
        else if (call->shown)
            put_return(Qnil);
        strand->count--;
    }
}

/* The current line of the running call. */
static int64_t *line_of(struct ctrb_lane *lane)
{
    struct ctrb_call *call = ctrb_call_now(lane);
    return call ? &call->line : &lane->line;
}

/* Code runs though an exception was raised: it was rescued, or this is an `ensure` and it goes on afterwards. */
static void set_exception_aside(struct ctrb_lane *lane, bool in_ensure)
{
    struct ctrb_call *call = ctrb_call_now(lane);
    if (call && (lane->pending || !in_ensure)) {
        call->unwinding = in_ensure ? lane->pending : 0;
        call->unwinding_line = call->line;
        call->ensured = false;
        call->aside = true;
    }
    lane->pending = 0;
}

static void tell_exception(const struct place *place, int64_t line, VALUE exception, VALUE locals)
{
    char text[CTRB_MESSAGE_SIZE];
    if ((recorder.step_logged || recorder.step_left) && ctrb_file_has_line(place->file, line))
        put_step(place, line, locals);
    ctrace_log(recorder.w, CTRACE_LOG_ERROR, CTRACE_STR(""), ctrb_exception_text(exception, text));
    recorder.step_logged = true;
}

static bool needs_binding(const struct place *place)
{
    return !place->code || place->code->by_binding;
}

/* An exception of code that is not recorded has come into recorded code when `$!` is it. */
static void tell_exception_from_outside(struct ctrb_lane *lane, const struct place *place, int64_t line, VALUE locals)
{
    VALUE exception = lane->outside;
    lane->outside = 0;
    if (rb_gv_get("$!") == exception)
        tell_exception(place, line, exception, locals);
}

static void on_line(struct place *place)
{
    VALUE locals = needs_binding(place) ? locals_by_binding(place->arg) : Qnil;
    struct ctrb_lane *lane = enter_lane();
    if (!lane)
        return;
    drop_lost_calls(lane, &place->frame, false);
    int64_t line = NUM2LL(rb_tracearg_lineno(place->arg));
    struct ctrb_call *call = ctrb_call_now(lane);
    if (lane->pending || (place->code && call && call->unwinding)) {
        set_exception_aside(lane, !place->code || place->code->in_ensure);
        if (call)
            call->ensured = place->code && place->code->in_ensure && call->unwinding;
    }
    *line_of(lane) = line;
    if (!ctrb_file_has_line(place->file, line))
        return;
    put_step(place, line, locals);
    if (lane->outside)
        tell_exception_from_outside(lane, place, line, locals);
    RB_GC_GUARD(locals);
}

/* The names of the parameters of the method or block that is called, with their values by turns. */
static VALUE read_parameters(VALUE argument)
{
    const struct place *place = (const struct place *)argument;
    VALUE found = rb_ary_new();
    VALUE parameters = call_captured(recorder.parameters, place->tracepoint, 0, Qnil);
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

static VALUE parameters_by_binding(const struct place *place)
{
    int state = 0;
    VALUE found = rb_protect(read_parameters, (VALUE)place, &state);
    if (state)
        rb_jump_tag(state);
    return found;
}

static void put_arguments(const struct place *place, VALUE parameters)
{
    if (!NIL_P(parameters)) {
        for (long i = 0; i + 1 < RARRAY_LEN(parameters); i += 2) {
            ctrace_begin_arg(recorder.w, variable_named(RARRAY_AREF(parameters, i)));
            ctrb_put(&recorder.values, RARRAY_AREF(parameters, i + 1));
        }
        return;
    }
    for (int i = 0; i < place->code->parameters; i++) {
        ctrace_begin_arg(recorder.w, place->code->variables[i]);
        put_slot(&place->code->slots[i], place->frame.env);
    }
}

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
static bool is_call_again(const struct ctrb_call *call, const struct place *place, int64_t line)
{
    if (!call || call->from_method || call->line != 0)
        return false;
    if (place->frame.frame)
        return call->frame == place->frame.frame;
    return call->unwinding_line == line && runs_block_as_method();
}

static void on_call(struct place *place, bool block)
{
    VALUE parameters = place->code ? Qnil : parameters_by_binding(place);
    struct ctrb_lane *lane = enter_lane();
    if (!lane)
        return;
    int64_t line = NUM2LL(rb_tracearg_lineno(place->arg));
    if (block && is_call_again(ctrb_call_now(lane), place, line)) {
        ctrb_call_now(lane)->from_method = true;
        return;
    }
    drop_lost_calls(lane, &place->frame, true);
    if (lane->pending)
        set_exception_aside(lane, true);
    VALUE method_name = rb_tracearg_method_id(place->arg);
    VALUE owner = NIL_P(method_name) ? Qnil : rb_tracearg_defined_class(place->arg);
    ID method = NIL_P(method_name) ? 0 : rb_sym2id(method_name);
    ctrace_id function;
    struct ctrb_code *code = place->code;
    if (code && code->function != CTRACE_ID_NONE && code->owner == owner && code->method == method) {
        function = code->function;
    } else {
        function = declare_function(place->file, line, block, owner, method);
        if (code) {
            code->owner = owner;
            code->method = method;
            code->function = function;
        }
    }
    struct ctrb_call *call = ctrb_call_push(ctrb_strand_now(lane));
    if (!call)
        return;
    call->frame = place->frame.frame;
    call->code = place->frame.iseq;
    call->function = function;
    call->unwinding_line = line;
    call->shown = ctrb_file_has_line(place->file, line);
    if (!call->shown)
        return;
    if (!block) {
        ctrace_begin_arg(recorder.w, recorder.variable_self);
        ctrb_put(&recorder.values, rb_tracearg_self(place->arg));
    }
    put_arguments(place, parameters);
    ctrace_call(recorder.w, function);
    recorder.step_logged = recorder.step_left = false;
    RB_GC_GUARD(parameters);
}

/* Whether the frame is left by what was thrown. Without a look at the frame: by the line that it stands on. */
static bool is_unwinding(const struct place *place, const struct ctrb_lane *lane, const struct ctrb_call *call,
                         VALUE value)
{
    if (call->ensured) /* the frame now looks as if it had come to its end */
        return NIL_P(value);
    if (place->code)
        return ctrb_frame_unwinds(place->arg);
    int64_t line = NUM2LL(rb_tracearg_lineno(place->arg));
    if (!NIL_P(value))
        return false;
    return line == call->line || line == call->unwinding_line || (lane->pending && (call->line == 0 || call->aside));
}

static void on_return(struct place *place, bool block)
{
    struct ctrb_lane *lane = enter_lane();
    if (!lane)
        return;
    drop_lost_calls(lane, &place->frame, false);
    struct ctrb_call *call = ctrb_call_now(lane);
    if (!call || (place->frame.frame && call->frame != place->frame.frame))
        return; /* it was called before the recording began */
    if (block && call->from_method)
        return; /* the return of the method comes next */
    VALUE value = rb_tracearg_return_value(place->arg);
    VALUE exception = lane->pending ? lane->pending : call->unwinding;
    if (exception && is_unwinding(place, lane, call, value)) {
        lane->pending = exception;
        if (call->shown && lane->outside == exception) {
            lane->outside = 0;
            tell_exception(place, call->line, exception, NIL_P(value) && place->code && !place->code->by_binding ? Qnil : rb_ary_new());
        }
        if (call->shown)
            put_error_return(exception);
    } else if (call->shown) {
        put_return(value);
    }
    ctrb_strand_now(lane)->count--;
}

/* ---- Exceptions ---- */

static void on_raise(rb_trace_arg_t *arg)
{
    VALUE exception = rb_tracearg_raised_exception(arg);
    if (!RTEST(rb_obj_is_kind_of(exception, rb_eException)))
        return;
    struct place place = {.arg = arg};
    bool recorded = find_place(&place);
    VALUE locals = recorded && needs_binding(&place) ? locals_by_binding(arg) : Qnil;
    struct ctrb_lane *lane = recorded ? enter_lane() : find_lane();
    if (!lane)
        return;
    lane->pending = exception;
    lane->outside = recorded ? 0 : exception;
    if (!recorded)
        return;
    drop_lost_calls(lane, &place.frame, false);
    tell_exception(&place, NUM2LL(rb_tracearg_lineno(arg)), exception, locals);
    RB_GC_GUARD(locals);
}

/* ---- Fibers and threads ---- */

/* One stream has one stack of calls, so the calls of a fiber are left when it yields and made again when it goes on. */
static void leave_strand(const struct ctrb_strand *strand)
{
    for (size_t i = strand->count; i > 0; i--)
        if (strand->calls[i - 1].shown)
            put_return(Qnil);
}

static void enter_strand(const struct ctrb_strand *strand)
{
    for (size_t i = 0; i < strand->count; i++)
        if (strand->calls[i].shown)
            ctrace_call(recorder.w, strand->calls[i].function);
}

static void on_fiber_switch(void)
{
    struct ctrb_lane *lane = ctrb_lane_of(rb_thread_current(), recorder.number, false);
    if (!lane || lane->serial == 0)
        return;
    struct ctrb_strand *strand = ctrb_strand_of(lane, rb_fiber_current());
    if (!strand || strand == ctrb_strand_now(lane))
        return;
    size_t at = 0;
    while (at < lane->strand_count && lane->strands[at] != strand)
        at++;
    if (at == lane->strand_count) {
        if (strand->count)
            enter_lane();
        enter_strand(strand);
        ctrb_strand_enter(lane, strand);
        return;
    }
    for (; lane->strand_count > at + 1; lane->strand_count--) {
        if (ctrb_strand_now(lane)->count)
            enter_lane();
        leave_strand(ctrb_strand_now(lane));
    }
}

static void on_thread_end(void)
{
    struct ctrb_lane *lane = ctrb_lane_of(rb_thread_current(), recorder.number, false);
    recorder.last_thread = 0;
    if (!lane || lane->serial == 0)
        return;
    enter_lane();
    recorder.last_thread = 0;
    for (; lane->strand_count > 0; lane->strand_count--)
        leave_strand(ctrb_strand_now(lane));
    lane->strand_count = 1;
    lane->base.count = 0;
    lane->ended = true;
    ctrace_thread_exit(recorder.w, lane->serial);
    recorder.stream = 0; /* whoever comes next is told */
}

/* ---- The hook ---- */

static void stop(bool write);
static void on_event(rb_trace_arg_t *arg, VALUE tracepoint);

/* Ractors run at the same time; only the first one is recorded. */
static void on_targeted(VALUE tracepoint, void *data)
{
    rb_trace_arg_t *arg = rb_tracearg_from_tracepoint(tracepoint);
    (void)data;
    if (ctrb_frame_in_first_ractor(arg))
        on_event(arg, Qnil);
}

static VALUE enable_for(VALUE iseq)
{
    VALUE tracepoint = rb_tracepoint_new(Qnil, CODE_EVENTS, on_targeted, NULL);
    VALUE options = rb_hash_new();
    rb_hash_aset(options, ID2SYM(rb_intern("target")), iseq);
    VALUE args[2] = {tracepoint, options};
    rb_method_call_kw(2, args, recorder.enable, RB_PASS_KEYWORDS);
    rb_ary_push(recorder.tracepoints, tracepoint);
    return Qnil;
}

/* Listens to a piece of code and all inside it. */
static void listen_to_code(VALUE iseq)
{
    VALUE error = rb_errinfo();
    int state = 0;
    rb_protect(enable_for, (VALUE)ctrb_frame_wrapped((ctrb_word)iseq), &state);
    if (state && RTEST(rb_obj_is_kind_of(rb_errinfo(), rb_eArgError)))
        rb_set_errinfo(error); /* there is nothing in it */
    else if (state)
        rb_jump_tag(state);
}

static void on_compiled(rb_trace_arg_t *arg)
{
    VALUE iseq = (VALUE)ctrb_frame_compiled(arg);
    const struct ctrb_file *file = ctrb_files_find(&recorder.files, (VALUE)ctrb_frame_path((ctrb_word)iseq));
    if (file && file->recorded)
        listen_to_code(iseq);
}

static void on_event(rb_trace_arg_t *arg, VALUE tracepoint)
{
    if (!recorder.w)
        return;
    if (recorder.forked) {
        stop(false);
        return;
    }
    struct place place;
    place.arg = arg;
    place.tracepoint = tracepoint;
    rb_event_flag_t event = rb_tracearg_event_flag(arg);
    switch (event) {
    case RUBY_EVENT_LINE:
        if (find_place(&place))
            on_line(&place);
        break;
    case RUBY_EVENT_CALL:
    case RUBY_EVENT_B_CALL: /* listened to by itself, a block that runs as a method tells of its block alone */
        if (find_place(&place))
            on_call(&place, event == RUBY_EVENT_B_CALL && !(recorder.targeted && ctrb_frame_is_method(arg)));
        break;
    case RUBY_EVENT_RETURN:
    case RUBY_EVENT_B_RETURN:
        if (find_place(&place))
            on_return(&place, event == RUBY_EVENT_B_RETURN);
        break;
    case RUBY_EVENT_RAISE:
        on_raise(arg);
        break;
    case RUBY_EVENT_FIBER_SWITCH:
        on_fiber_switch();
        break;
    case RUBY_EVENT_THREAD_END:
        on_thread_end();
        break;
    case RUBY_EVENT_SCRIPT_COMPILED:
        on_compiled(arg);
        break;
#if RUBY_EVENT_RESCUE
    case RUBY_EVENT_RESCUE: {
        struct ctrb_lane *lane = find_lane();
        if (lane)
            set_exception_aside(lane, false);
        break;
    }
#endif
    default:
        break;
    }
}

/* The two ways to listen: the bare one costs least, the other knows the names of parameters. */
static void on_raw_event(VALUE data, const rb_trace_arg_t *arg)
{
    (void)data;
    on_event((rb_trace_arg_t *)arg, Qnil);
}

static void on_tracepoint(VALUE tracepoint, void *data)
{
    (void)data;
    on_event(rb_tracearg_from_tracepoint(tracepoint), tracepoint);
}

static void add_hook(void (*hook)(VALUE, const rb_trace_arg_t *), rb_event_flag_t events)
{
    rb_add_event_hook2((rb_event_hook_func_t)(void (*)(void))hook, events, Qnil,
                       RUBY_EVENT_HOOK_FLAG_SAFE | RUBY_EVENT_HOOK_FLAG_RAW_ARG);
}

static void remove_hook(void (*hook)(VALUE, const rb_trace_arg_t *))
{
    rb_remove_event_hook((rb_event_hook_func_t)(void (*)(void))hook);
}

static void listen(void)
{
    if (recorder.targeted) {
        add_hook(on_raw_event, OTHER_EVENTS | RUBY_EVENT_SCRIPT_COMPILED);
    } else if (recorder.direct) {
        add_hook(on_raw_event, CODE_EVENTS | OTHER_EVENTS);
    } else {
        rb_ary_push(recorder.tracepoints, rb_tracepoint_new(Qnil, CODE_EVENTS | OTHER_EVENTS, on_tracepoint, NULL));
        rb_tracepoint_enable(rb_ary_entry(recorder.tracepoints, 0));
    }
}

static void stop_listening(void)
{
    remove_hook(on_raw_event);
    for (long i = 0; i < RARRAY_LEN(recorder.tracepoints); i++)
        rb_tracepoint_disable(RARRAY_AREF(recorder.tracepoints, i));
    rb_ary_clear(recorder.tracepoints);
}

/* ---- Output ---- */

void ctrb_record_output(ctrace_log_kind kind, VALUE text)
{
    ctrace_writer_counts counts;
    if (!ctrb_recording())
        return;
    ctrace_writer_get_counts(recorder.w, &counts);
    if (counts.steps == 0 || !enter_lane())
        return; /* before the first line no line has written it */
    recorder.outputs++;
    ctrace_log(recorder.w, kind, CTRACE_STR(""), ctrb_str(text));
    recorder.step_logged = true;
}

uint64_t ctrb_recorded_outputs(void)
{
    return recorder.outputs;
}

void ctrb_recorder_flush(void)
{
    if (ctrb_recording())
        ctrace_writer_flush(recorder.w, NULL);
}

/* ---- Start and stop ---- */

static void on_fork_in_child(void)
{
    recorder.forked = true;
}

/* What is open in other threads than the first is closed, and their end is told. */
static void end_threads(void)
{
    tell_dead_threads();
    for (struct ctrb_lane *lane = ctrb_lanes_first(); lane; lane = lane->next) {
        if (lane->base.recording != recorder.number || lane->serial < 2 || lane->ended)
            continue;
        if (ctrb_lane_has_calls(lane)) {
            if (recorder.stream != lane->serial)
                ctrace_thread_switch(recorder.w, lane->serial);
            recorder.stream = lane->serial;
            for (size_t i = lane->strand_count; i > 0; i--)
                leave_strand(lane->strands[i - 1]);
        }
        ctrace_thread_exit(recorder.w, lane->serial);
        if (recorder.stream == lane->serial)
            recorder.stream = 0;
    }
}

/* A trace without a step opens as an empty screen, or not at all: a program that never ran, as with a syntax error,
 * stands at its first line. */
static void ensure_step(void)
{
    ctrace_writer_counts counts;
    ctrace_writer_get_counts(recorder.w, &counts);
    if (counts.steps == 0 && recorder.main_has_lines)
        ctrace_step(recorder.w, 0, 1);
}

/* Ends the recording. With `write` false nothing more is written, and as this may run in a hook, which must not free what
 * called it, the hooks stay and do nothing. */
static void stop(bool write)
{
    if (!recorder.w)
        return;
    ctrace_error error;
    if (write) {
        stop_listening();
        ensure_step();
        end_threads();
    }
    ctrb_values_free(&recorder.values);
    ctrb_files_free(&recorder.files);
    ctrb_codes_free(&recorder.codes);
    recorder.last_thread = 0;
    ctrace_writer *w = recorder.w;
    recorder.w = NULL;
    if (write && recorder.stream != 1)
        ctrace_thread_switch(w, 1);
    if (!write)
        ctrace_writer_abandon(&w);
    else if (ctrace_writer_close(&w, &error) != CTRACE_OK)
        fprintf(stderr, "ctrace: the trace is incomplete: %s%s%s\n", error.file, error.file[0] ? ": " : "", error.message);
}

void ctrb_recorder_stop(void)
{
    stop(!recorder.forked);
}

static VALUE recorder_stop(VALUE self)
{
    ctrb_recorder_stop();
    return self;
}

static void stop_at_exit(VALUE data)
{
    (void)data;
    ctrb_recorder_stop();
}

static ctrace_str str_argument(VALUE string)
{
    return ctrb_str(StringValue(string));
}

/* Ctrace::Recorder.start_native(out_dir, program, args, included, excluded, mode, form): `program` as a real path, `included`
 * and `excluded` Arrays of real paths. Modes: :bindings reads variables by bindings; :global listens to all code;
 * :targeted to that of recorded files alone, of which none may be loaded yet but the program's own, not begun. */
static VALUE recorder_start(VALUE self, VALUE out_dir, VALUE program, VALUE args, VALUE included, VALUE excluded,
                            VALUE mode, VALUE form)
{
    if (recorder.w)
        rb_raise(rb_eRuntimeError, "a recording is under way");
    Check_Type(args, T_ARRAY);
    Check_Type(included, T_ARRAY);
    Check_Type(excluded, T_ARRAY);
    size_t count = (size_t)RARRAY_LEN(args);
    ctrace_str *texts = count ? ALLOC_N(ctrace_str, count) : NULL;
    for (size_t i = 0; i < count; i++) {
        VALUE arg = RARRAY_AREF(args, (long)i);
        texts[i] = RB_TYPE_P(arg, T_STRING) ? ctrb_str(arg) : CTRACE_STR("");
    }
    ctrace_writer_options options = {
        CTRACE_WRITER_OPTIONS_INIT,
        .program = str_argument(program),
        .args = texts,
        .arg_count = count,
        .recorder = CTRACE_STR("ctrace-ruby"),
        .recorder_version = {ctrace_version(), strlen(ctrace_version())},
        .form = (ctrace_form)NUM2INT(form),
    };
    ctrace_error error;
    ctrace_writer *w = NULL;
    ctrace_status status = ctrace_writer_open(&w, str_argument(out_dir), &options, &error);
    xfree(texts);
    ctrb_check(status, &error);
    ctrace_writer_start(w, str_argument(program), 1);
    stop_listening(); /* of a recording that a fork cut off */
    recorder.direct = mode != ID2SYM(rb_intern("bindings")) && ctrb_frame_available();
    recorder.targeted = mode == ID2SYM(rb_intern("targeted")) && recorder.direct;
    recorder.forked = false;
    recorder.number++;
    recorder.threads = 0;
    recorder.step_logged = false;
    recorder.stream = 1;
    recorder.step_left = false;
    recorder.last_thread = 0;
    ctrb_values_init(&recorder.values, w);
    ctrb_files_init(&recorder.files, w, rb_ary_dup(included), rb_ary_dup(excluded));
    ctrb_codes_init(&recorder.codes, w);
    recorder.variable_self = ctrace_variable(w, CTRACE_STR("self"));
    recorder.main_has_lines = ctrb_count_lines(StringValueCStr(program)) > 0;
    recorder.w = w;
    find_lane(); /* the starting thread is number 1 */
    listen();
    return self;
}

static VALUE recorder_is_direct(VALUE self)
{
    (void)self;
    return ctrb_frame_available() ? Qtrue : Qfalse;
}

static VALUE recorder_is_recording(VALUE self)
{
    (void)self;
    return ctrb_recording() ? Qtrue : Qfalse;
}

static VALUE recorder_stop_at_exit(VALUE self)
{
    rb_set_end_proc(stop_at_exit, Qnil);
    return self;
}

static void recorder_mark(void *data)
{
    (void)data;
    rb_gc_mark(recorder.tracepoints);
    rb_gc_mark(recorder.enable);
    rb_gc_mark(recorder.local_variables);
    rb_gc_mark(recorder.local_variable_get);
    rb_gc_mark(recorder.parameters);
    if (!recorder.w)
        return;
    if (recorder.last_thread) /* so that no other thread is made at its address */
        rb_gc_mark(recorder.last_thread);
    ctrb_values_mark(&recorder.values);
    ctrb_files_mark(&recorder.files);
    ctrb_codes_mark(&recorder.codes);
}

static const rb_data_type_t recorder_type = {
    .wrap_struct_name = "Ctrace recorder",
    .function = {.dmark = recorder_mark},
};

void ctrb_init_recorder(void)
{
    recorder.tracepoints = recorder.local_variables = recorder.local_variable_get = recorder.parameters = Qnil;
    recorder.enable = Qnil;
    rb_gc_register_mark_object(TypedData_Wrap_Struct(0, &recorder_type, &recorder));
    recorder.local_variables = ctrb_capture(rb_cBinding, "local_variables");
    recorder.local_variable_get = ctrb_capture(rb_cBinding, "local_variable_get");
    recorder.tracepoints = rb_ary_new();
    recorder.enable = ctrb_capture(rb_const_get(rb_cObject, rb_intern("TracePoint")), "enable");
    recorder.parameters = ctrb_capture(rb_const_get(rb_cObject, rb_intern("TracePoint")), "parameters");
    ctrb_init_lanes();
    ctrb_init_output();
    pthread_atfork(NULL, NULL, on_fork_in_child);
    VALUE module = rb_define_module_under(ctrb_module, "Recorder");
    rb_define_singleton_method(module, "start_native", recorder_start, 7);
    rb_define_singleton_method(module, "stop", recorder_stop, 0);
    rb_define_singleton_method(module, "stop_at_exit", recorder_stop_at_exit, 0);
    rb_define_singleton_method(module, "recording?", recorder_is_recording, 0);
    rb_define_singleton_method(module, "direct?", recorder_is_direct, 0);
}
