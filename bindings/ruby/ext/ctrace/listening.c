/* How events of Ruby are had, and where they go. */
#include "recorder.h"

#include <string.h>

#ifndef RUBY_EVENT_RESCUE
#define RUBY_EVENT_RESCUE 0 /* before Ruby 3.3 */
#endif

#define CODE_EVENTS \
    (RUBY_EVENT_LINE | RUBY_EVENT_CALL | RUBY_EVENT_RETURN | RUBY_EVENT_B_CALL | RUBY_EVENT_B_RETURN)
#define OTHER_EVENTS (RUBY_EVENT_RAISE | RUBY_EVENT_RESCUE | RUBY_EVENT_THREAD_END | RUBY_EVENT_FIBER_SWITCH)

static VALUE tracepoint_enable; /* the method as it was when this was loaded */

static void on_event(rb_trace_arg_t *arg, VALUE tracepoint);

/* Whether code of a file may be recorded: a rule can bring in what lies outside. */
static bool is_possible(const struct ctrb_file *file)
{
    return file && (file->in_scope || (file->real && ctrb_session.judges.has_rules));
}

/* The same of the code of an event, without a look at its frame. */
static bool is_recorded(struct ctrb_place *place)
{
    place->judged = NULL;
    bool wanted = place->file->in_scope;
    if (ctrb_session.judges.filter) {
        place->judged = ctrb_judge_event(&ctrb_session.judges, place->file, place->arg);
        wanted = place->judged && place->judged->recorded;
    }
    return wanted && ctrb_file_record(&ctrb_session.files, place->file);
}

/* False when it is no code that is recorded. */
static bool find_place(struct ctrb_place *place)
{
    place->recording = ctrb_session.number;
    if (!ctrb_session.direct) {
        memset(&place->frame, 0, sizeof place->frame);
        place->code = NULL;
        place->file = ctrb_files_find(&ctrb_session.files, rb_tracearg_path(place->arg));
        return is_possible(place->file) && is_recorded(place);
    }
    if (!ctrb_frame_of(place->arg, &place->frame))
        return false;
    struct ctrb_code *code = ctrb_session.codes.last;
    if (code && code->iseq == (VALUE)place->frame.iseq) {
        place->code = code;
        place->file = code->file;
        place->judged = code->judged;
        return code->recorded;
    }
    place->file = ctrb_files_find(&ctrb_session.files, (VALUE)place->frame.path);
    if (!is_possible(place->file))
        return false;
    place->code = ctrb_codes_learn(&ctrb_session.codes, (VALUE)place->frame.iseq, place->file, place->arg);
    place->judged = place->code ? place->code->judged : NULL;
    return place->code && place->code->recorded;
}

/* ---- Listening to single pieces of code ---- */

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
    rb_method_call_kw(2, args, tracepoint_enable, RB_PASS_KEYWORDS);
    rb_ary_push(ctrb_session.tracepoints, tracepoint);
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
    const struct ctrb_file *file = ctrb_files_find(&ctrb_session.files, (VALUE)ctrb_frame_path((ctrb_word)iseq));
    if (file && file->in_scope)
        listen_to_code(iseq);
}

/* ---- What happened ---- */

/* Events that write nothing themselves. */
static bool writes_nothing(rb_event_flag_t event)
{
    return event == RUBY_EVENT_SCRIPT_COMPILED || (RUBY_EVENT_RESCUE && event == RUBY_EVENT_RESCUE);
}

/* Whether an event concerns what is recorded; to be asked where nothing can be declared. */
static bool concerns_recording(rb_trace_arg_t *arg, rb_event_flag_t event)
{
    const struct ctrb_thread *t;
    switch (event) {
    case RUBY_EVENT_FIBER_SWITCH:
    case RUBY_EVENT_THREAD_END:
        t = ctrb_thread_of(rb_thread_current(), ctrb_session.number, false);
        return t && t->lane;
    default:
        return is_possible(ctrb_files_find(&ctrb_session.files, rb_tracearg_path(arg)));
    }
}

static void on_event(rb_trace_arg_t *arg, VALUE tracepoint)
{
    if (!ctrb_session.r)
        return;
    rb_event_flag_t event = rb_tracearg_event_flag(arg);
    if (ctrb_session.forked && !writes_nothing(event)) {
        if (concerns_recording(arg, event))
            ctrb_record_child();
        else if (event != RUBY_EVENT_RAISE)
            return;
    }
    struct ctrb_place place;
    place.arg = arg;
    place.tracepoint = tracepoint;
    switch (event) {
    case RUBY_EVENT_LINE:
        if (find_place(&place))
            ctrb_on_line(&place);
        break;
    case RUBY_EVENT_CALL:
    case RUBY_EVENT_B_CALL: /* listened to by itself, a block that runs as a method tells of its block alone */
        if (find_place(&place))
            ctrb_on_call(&place, event == RUBY_EVENT_B_CALL && !(ctrb_session.targeted && ctrb_frame_is_method(arg)));
        break;
    case RUBY_EVENT_RETURN:
    case RUBY_EVENT_B_RETURN:
        if (find_place(&place))
            ctrb_on_return(&place, event == RUBY_EVENT_B_RETURN);
        break;
    case RUBY_EVENT_RAISE:
        ctrb_on_raise(&place, find_place(&place));
        break;
    case RUBY_EVENT_FIBER_SWITCH:
        ctrb_on_fiber_switch();
        break;
    case RUBY_EVENT_THREAD_END:
        ctrb_on_thread_end();
        break;
    case RUBY_EVENT_SCRIPT_COMPILED:
        on_compiled(arg);
        break;
#if RUBY_EVENT_RESCUE
    case RUBY_EVENT_RESCUE:
        ctrb_on_rescue();
        break;
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

void ctrb_listen(void)
{
    if (ctrb_session.targeted) {
        add_hook(on_raw_event, OTHER_EVENTS | RUBY_EVENT_SCRIPT_COMPILED);
    } else if (ctrb_session.direct) {
        add_hook(on_raw_event, CODE_EVENTS | OTHER_EVENTS);
    } else {
        rb_ary_push(ctrb_session.tracepoints, rb_tracepoint_new(Qnil, CODE_EVENTS | OTHER_EVENTS, on_tracepoint, NULL));
        rb_tracepoint_enable(rb_ary_entry(ctrb_session.tracepoints, 0));
    }
}

void ctrb_stop_listening(void)
{
    remove_hook(on_raw_event);
    for (long i = 0; i < RARRAY_LEN(ctrb_session.tracepoints); i++)
        rb_tracepoint_disable(RARRAY_AREF(ctrb_session.tracepoints, i));
    rb_ary_clear(ctrb_session.tracepoints);
}

void ctrb_init_listening(void)
{
    tracepoint_enable = ctrb_capture(rb_const_get(rb_cObject, rb_intern("TracePoint")), "enable");
    rb_gc_register_mark_object(tracepoint_enable);
}
