/* The life of a recording. */
#include "recorder.h"

#include <pthread.h>
#include <ruby/thread.h>
#include <string.h>

struct ctrb_session ctrb_session;

/* Held while somebody waits for the recorder without Ruby's lock, so that nobody closes it meanwhile. */
static pthread_mutex_t in_use = PTHREAD_MUTEX_INITIALIZER;

bool ctrb_is_recording(void)
{
    if (ctrb_session.r && ctrb_session.forked)
        ctrb_record_child();
    return ctrb_session.r != NULL;
}

/* ---- Waiting for the recorder, while other threads of Ruby run ---- */

struct wait {
    ctrace_status (*work)(ctrace_recorder *r, ctrace_error *error);
    ctrace_recorder *r;
    ctrace_status status;
    ctrace_error error;
    bool done;
};

static void *wait_outside(void *argument)
{
    struct wait *wait = argument;
    pthread_mutex_lock(&in_use);
    if (ctrb_session.r == wait->r) /* else it was closed, which writes all */
        wait->status = wait->work(wait->r, &wait->error);
    pthread_mutex_unlock(&in_use);
    wait->done = true;
    return NULL;
}

static void *close_outside(void *argument)
{
    struct wait *wait = argument;
    wait->status = ctrace_recorder_close(&wait->r, &wait->error);
    wait->done = true;
    return NULL;
}

/* Nothing is raised here: what interrupts the thread meets it later. */
static void without_lock(void *(*work)(void *), struct wait *wait)
{
    rb_nogvl(work, wait, NULL, NULL, RB_NOGVL_INTR_FAIL);
    if (!wait->done)
        work(wait);
}

static ctrace_status wait_for(ctrace_status (*work)(ctrace_recorder *, ctrace_error *), ctrace_error *error)
{
    struct wait wait = {.work = work, .r = ctrb_session.r};
    without_lock(wait_outside, &wait);
    *error = wait.error;
    return wait.status;
}

void ctrb_recorder_flush(void)
{
    ctrace_error error;
    if (ctrb_session.r && !ctrb_session.forked)
        wait_for(ctrace_recorder_flush, &error);
}

/* ---- Forks ---- */

/* These run at every fork of the process, also where the child only becomes another program. In the child nothing is
 * done before Ruby code runs in it. */
static void before_fork(void)
{
    pthread_mutex_lock(&in_use);
    if (ctrb_session.r && !ctrb_session.forked)
        ctrace_recorder_before_fork(ctrb_session.r);
}

static void after_fork_in_parent(void)
{
    if (ctrb_session.r && !ctrb_session.forked)
        ctrace_recorder_after_fork_in_parent(ctrb_session.r);
    pthread_mutex_unlock(&in_use);
}

static void after_fork_in_child(void)
{
    ctrb_session.forked = true;
    pthread_mutex_unlock(&in_use);
}

void ctrb_record_child(void)
{
    struct ctrb_thread *forking = ctrb_thread_of(rb_thread_main(), ctrb_session.number, false);
    ctrace_lane *lane = forking ? forking->lane : NULL;
    ctrb_session.first = lane;
    ctrb_forget_lanes();
    ctrb_session.forked = false;
    ctrb_session.codes.epoch++;
    if (forking) {
        forking->lane = lane;
        forking->ended = false;
    }
    ctrace_recorder_after_fork_in_child(ctrb_session.r, lane, CTRACE_STR(""), NULL); /* told when it is closed */
}

/* ---- Output ---- */

void ctrb_record_output(ctrace_log_kind kind, VALUE text)
{
    struct ctrb_thread *t = ctrb_is_recording() && ctrb_session.began ? ctrb_thread_to_record() : NULL;
    if (!t)
        return; /* before the first line no line has written it */
    ctrb_session.outputs++;
    ctrace_lane_log(t->lane, kind, CTRACE_STR(""), ctrb_str(text));
}

/* ---- Start and stop ---- */

static void forget_names(void)
{
    ctrb_values_free(&ctrb_session.values);
    ctrb_files_free(&ctrb_session.files);
    ctrb_codes_free(&ctrb_session.codes);
    ctrb_judges_free(&ctrb_session.judges);
    ctrb_session.filter = Qnil;
}

/* The recorder, which nobody else uses from now on. */
static ctrace_recorder *take_recorder(void)
{
    ctrb_ignore_signal();
    pthread_mutex_lock(&in_use);
    ctrace_recorder *r = ctrb_session.r;
    ctrb_session.r = NULL;
    pthread_mutex_unlock(&in_use);
    ctrb_session.number++;
    return r;
}

/* The child of a fork that has no trace leaves the parent's alone. */
static void abandon(void)
{
    ctrb_forget_lanes();
    ctrace_recorder *r = take_recorder();
    forget_names();
    ctrb_session.forked = false;
    ctrace_recorder_abandon(&r);
}

static void complain(const ctrace_error *error)
{
    fprintf(stderr, "ctrace: the trace is incomplete: %s%s%s\n", error->file, error->file[0] ? ": " : "",
            error->message);
}

void ctrb_recorder_stop(void)
{
    if (!ctrb_session.r)
        return;
    ctrb_stop_listening();
    if (ctrb_session.forked) {
        abandon();
        return;
    }
    /* A trace without a step opens as an empty screen, or not at all: a program that never ran, as with a syntax error,
     * stands at its first line. */
    if (!ctrb_session.began && ctrb_session.main_has_lines)
        ctrace_lane_step(ctrb_session.first, 0, 1);
    ctrb_end_threads();
    ctrb_session.first = NULL;
    struct wait wait = {.r = take_recorder()};
    forget_names();
    without_lock(close_outside, &wait);
    if (wait.status != CTRACE_OK)
        complain(&wait.error);
}

static VALUE recorder_stop(VALUE self)
{
    ctrb_recorder_stop();
    return self;
}

/* A flight recorder tells what led to the exception that ends the program. */
static void stop_at_exit(VALUE data)
{
    (void)data;
    VALUE exception = rb_gv_get("$!");
    ctrace_error error;
    if (ctrb_session.flight && ctrb_session.r && !ctrb_session.forked
        && RTEST(rb_obj_is_kind_of(exception, rb_eException)) && !RTEST(rb_obj_is_kind_of(exception, rb_eSystemExit))
        && wait_for(ctrace_recorder_dump, &error) != CTRACE_OK)
        complain(&error);
    ctrb_recorder_stop();
}

static VALUE recorder_stop_at_exit(VALUE self)
{
    rb_set_end_proc(stop_at_exit, Qnil);
    return self;
}

static ctrace_str str_argument(VALUE string)
{
    return ctrb_str(StringValue(string));
}

static uint64_t mebibytes(VALUE number)
{
    return NIL_P(number) ? 0 : (uint64_t)NUM2ULL(number) << 20;
}

static ctrace_recorder *open_recorder(VALUE out_dir, VALUE program, VALUE args, VALUE options)
{
    Check_Type(args, T_ARRAY);
    size_t count = (size_t)RARRAY_LEN(args);
    VALUE kept;
    ctrace_str *texts = ALLOCV_N(ctrace_str, kept, count + 1);
    for (size_t i = 0; i < count; i++) {
        VALUE arg = RARRAY_AREF(args, (long)i);
        texts[i] = RB_TYPE_P(arg, T_STRING) ? ctrb_str(arg) : CTRACE_STR("");
    }
    ctrace_writer_options writer = {
        CTRACE_WRITER_OPTIONS_INIT,
        .program = str_argument(program),
        .args = texts,
        .arg_count = count,
        .recorder = CTRACE_STR("ctrace-ruby"),
        .recorder_version = {ctrace_version(), strlen(ctrace_version())},
        .form = (ctrace_form)NUM2INT(ctrb_option(options, "form")),
        .durable = RTEST(ctrb_option(options, "durable")),
    };
    VALUE flight = ctrb_option(options, "flight_recorder"), filter = ctrb_option(options, "filter");
    ctrace_recorder_options recorder = {
        CTRACE_RECORDER_OPTIONS_INIT,
        .writer = &writer,
        .path = str_argument(program),
        .buffer_bytes = mebibytes(flight),
        .filter = NIL_P(filter) ? NULL : ctrb_filter_get(filter),
        .keep_secrets = RTEST(ctrb_option(options, "show_secrets")),
        .overflow = NIL_P(flight) ? CTRACE_OVERFLOW_BLOCK : CTRACE_OVERFLOW_DROP_OLDEST,
    };
    ctrace_error error;
    ctrace_recorder *r = NULL;
    ctrace_status status = ctrace_recorder_open(&r, str_argument(out_dir), &recorder, &error);
    ALLOCV_END(kept);
    ctrb_check(status, &error);
    return r;
}

/* Ctrace::Recorder.start_native(out_dir, program, args, included, excluded, options): `program` as a real path,
 * `included` and `excluded` Arrays of real paths, in `options` mode, form, flight_recorder: MiB or nil,
 * durable, filter: a Ctrace::C::Filter or nil, and show_secrets.
 * Modes: :bindings reads variables by bindings; :global listens to all code; :targeted to that of recorded files alone,
 * of which none may be loaded yet but the program's own, not begun. */
static VALUE recorder_start(VALUE self, VALUE out_dir, VALUE program, VALUE args, VALUE included, VALUE excluded,
                            VALUE options)
{
    if (ctrb_session.r && ctrb_session.forked)
        ctrb_recorder_stop();
    if (ctrb_session.r)
        rb_raise(rb_eRuntimeError, "a recording is under way");
    Check_Type(included, T_ARRAY);
    Check_Type(excluded, T_ARRAY);
    VALUE mode = ctrb_option(options, "mode"), filter = ctrb_option(options, "filter");
    ctrace_recorder *r = open_recorder(out_dir, program, args, options);
    struct ctrb_session *s = &ctrb_session;
    ctrb_judges_init(&s->judges, r, NIL_P(filter) ? NULL : ctrb_filter_get(filter));
    s->direct = mode != ID2SYM(rb_intern("bindings")) && ctrb_frame_available();
    s->targeted = mode == ID2SYM(rb_intern("targeted")) && s->direct && !s->judges.has_rules;
    s->flight = !NIL_P(ctrb_option(options, "flight_recorder"));
    s->forked = s->paused = s->began = false;
    s->number++;
    s->last_thread = 0;
    ctrb_values_init_recorder(&s->values, r);
    ctrb_files_init(&s->files, r, rb_ary_dup(included), rb_ary_dup(excluded));
    ctrb_messages_hide_content(s->judges.filter && ctrace_filter_source_count(s->judges.filter) > 0);
    ctrb_codes_init(&s->codes, r, &s->files, &s->judges);
    s->filter = filter;
    s->variable_self = ctrace_recorder_variable(r, CTRACE_STR("self"));
    s->main_has_lines = ctrb_count_lines(StringValueCStr(program)) > 0;
    s->r = r;
    struct ctrb_thread *t = ctrb_thread_to_record(); /* the starting thread is number 1 */
    s->first = t ? t->lane : NULL;
    if (s->flight)
        ctrb_listen_to_signal(r);
    ctrb_listen();
    return self;
}

/* ---- While it records ---- */

static VALUE wait_or_raise(VALUE self, ctrace_status (*work)(ctrace_recorder *, ctrace_error *))
{
    ctrace_error error;
    if (ctrb_is_recording())
        ctrb_check(wait_for(work, &error), &error);
    return self;
}

static VALUE recorder_flush(VALUE self)
{
    return wait_or_raise(self, ctrace_recorder_flush);
}

static VALUE recorder_dump(VALUE self)
{
    return wait_or_raise(self, ctrace_recorder_dump);
}

static VALUE recorder_pause(VALUE self)
{
    if (ctrb_is_recording()) {
        ctrace_recorder_pause(ctrb_session.r);
        ctrb_session.paused = true;
    }
    return self;
}

static VALUE recorder_resume(VALUE self)
{
    if (ctrb_is_recording() && ctrb_session.paused) {
        ctrace_recorder_resume(ctrb_session.r);
        ctrb_session.paused = false;
        ctrb_session.codes.epoch++; /* what was put meanwhile was not taken */
    }
    return self;
}

static VALUE recorder_is_paused(VALUE self)
{
    (void)self;
    return ctrb_session.r && ctrb_session.paused ? Qtrue : Qfalse;
}

static VALUE recorder_is_direct(VALUE self)
{
    (void)self;
    return ctrb_frame_available() ? Qtrue : Qfalse;
}

static VALUE recorder_is_recording(VALUE self)
{
    (void)self;
    return ctrb_is_recording() ? Qtrue : Qfalse;
}

static void session_mark(void *data)
{
    (void)data;
    rb_gc_mark(ctrb_session.tracepoints);
    rb_gc_mark(ctrb_session.filter);
    if (!ctrb_session.r)
        return;
    if (ctrb_session.last_thread) /* so that no other thread is made at its address */
        rb_gc_mark(ctrb_session.last_thread);
    ctrb_values_mark(&ctrb_session.values);
    ctrb_files_mark(&ctrb_session.files);
    ctrb_codes_mark(&ctrb_session.codes);
    ctrb_judges_mark(&ctrb_session.judges);
}

static const rb_data_type_t session_type = {
    .wrap_struct_name = "Ctrace recorder",
    .function = {.dmark = session_mark},
};

void ctrb_init_recorder(void)
{
    ctrb_session.tracepoints = ctrb_session.filter = Qnil;
    rb_gc_register_mark_object(TypedData_Wrap_Struct(0, &session_type, &ctrb_session));
    ctrb_session.tracepoints = rb_ary_new();
    ctrb_init_threads();
    ctrb_init_listening();
    ctrb_init_variables();
    ctrb_init_output();
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
    VALUE module = rb_define_module_under(ctrb_module, "Recorder");
    rb_define_singleton_method(module, "start_native", recorder_start, 6);
    rb_define_singleton_method(module, "stop", recorder_stop, 0);
    rb_define_singleton_method(module, "stop_at_exit", recorder_stop_at_exit, 0);
    rb_define_singleton_method(module, "flush", recorder_flush, 0);
    rb_define_singleton_method(module, "dump", recorder_dump, 0);
    rb_define_singleton_method(module, "pause", recorder_pause, 0);
    rb_define_singleton_method(module, "resume", recorder_resume, 0);
    rb_define_singleton_method(module, "paused?", recorder_is_paused, 0);
    rb_define_singleton_method(module, "recording?", recorder_is_recording, 0);
    rb_define_singleton_method(module, "direct?", recorder_is_direct, 0);
}
