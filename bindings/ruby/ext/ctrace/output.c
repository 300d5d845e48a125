/* What the program prints: IO#write, which puts, print, p, printf, putc and << come to, and warnings. Its owner, its arity,
 * what it writes and what it returns stay. Also the ways to leave a process without a farewell. */
#include "recorder.h"

static VALUE stdout_object, stderr_object;
static VALUE exception_backtrace, exception_set_backtrace;

/* A method of Ruby's own that this file stands before. */
struct original {
    ctrb_c_method function; /* called as the method calls it, so that no other frame is in a backtrace; or NULL, then */
    ID name;                /* this is another name of it */
};

static struct original io_write, warning_warn, kernel_exit_now, process_exit_now, kernel_exec, process_exec, process_daemon;

struct call {
    const struct original *original;
    int argc;
    const VALUE *argv;
    VALUE self;
};

static VALUE call_by_name(VALUE argument)
{
    const struct call *call = (const struct call *)argument;
    return rb_funcallv_kw(call->self, call->original->name, call->argc, call->argv, rb_keyword_given_p());
}

/* The backtrace of a failure names the method twice; the program sees it once, as without this file. */
static VALUE shorten_backtrace(VALUE exception)
{
    VALUE trace = rb_method_call(1, &exception, exception_backtrace);
    if (RB_TYPE_P(trace, T_ARRAY) && RARRAY_LEN(trace) > 1
        && rb_str_equal(RARRAY_AREF(trace, 0), RARRAY_AREF(trace, 1)) == Qtrue) {
        VALUE args[2] = {exception, rb_ary_subseq(trace, 1, RARRAY_LEN(trace) - 1)};
        rb_method_call(2, args, exception_set_backtrace);
    }
    return Qnil;
}

static VALUE call_original(const struct original *original, int argc, const VALUE *argv, VALUE self)
{
    if (original->function)
        return (VALUE)original->function(argc, (const ctrb_word *)argv, (ctrb_word)self);
    struct call call = {original, argc, argv, self};
    int state = 0, ignored = 0;
    VALUE result = rb_protect(call_by_name, (VALUE)&call, &state);
    if (state) {
        VALUE exception = rb_errinfo();
        if (RTEST(rb_obj_is_kind_of(exception, rb_eException)))
            rb_protect(shorten_backtrace, exception, &ignored);
        rb_set_errinfo(exception);
        rb_jump_tag(state);
    }
    return result;
}

/* IO#write turns what it is given into Strings once; here that happens earlier, so that the trace has the same. */
static VALUE write_recorded(int argc, VALUE *argv, VALUE io)
{
    ctrace_log_kind kind = io == stdout_object ? CTRACE_LOG_WRITE : CTRACE_LOG_WRITE_OTHER;
    VALUE whole = Qnil;
    for (int i = 0; i < argc; i++) {
        if (!RB_TYPE_P(argv[i], T_STRING))
            argv[i] = rb_obj_as_string(argv[i]);
        if (i == 0)
            whole = argc == 1 ? argv[0] : rb_str_buf_new(RSTRING_LEN(argv[0]));
        if (argc > 1)
            rb_str_buf_cat(whole, RSTRING_PTR(argv[i]), RSTRING_LEN(argv[i]));
    }
    VALUE result = call_original(&io_write, argc, argv, io);
    if (!NIL_P(whole) && RSTRING_LEN(whole) > 0)
        ctrb_record_output(kind, whole);
    RB_GC_GUARD(whole);
    return result;
}

static VALUE replaced_write(int argc, VALUE *argv, VALUE io)
{
    if ((io == stdout_object || io == stderr_object) && ctrb_is_recording())
        return write_recorded(argc, argv, io);
    return call_original(&io_write, argc, argv, io);
}

/* A warning goes to the first stderr by another way than IO#write. */
static VALUE replaced_warn(int argc, VALUE *argv, VALUE self)
{
    uint64_t before = ctrb_session.outputs;
    VALUE result = call_original(&warning_warn, argc, argv, self);
    if (ctrb_session.outputs == before && rb_stderr == stderr_object && argc > 0 && RB_TYPE_P(argv[0], T_STRING))
        ctrb_record_output(CTRACE_LOG_WRITE_OTHER, argv[0]);
    return result;
}

static VALUE replaced_kernel_exit_now(int argc, VALUE *argv, VALUE self)
{
    ctrb_recorder_stop();
    return call_original(&kernel_exit_now, argc, argv, self);
}

static VALUE replaced_process_exit_now(int argc, VALUE *argv, VALUE self)
{
    ctrb_recorder_stop();
    return call_original(&process_exit_now, argc, argv, self);
}

static VALUE replaced_kernel_exec(int argc, VALUE *argv, VALUE self)
{
    ctrb_recorder_flush();
    return call_original(&kernel_exec, argc, argv, self);
}

static VALUE replaced_process_exec(int argc, VALUE *argv, VALUE self)
{
    ctrb_recorder_flush();
    return call_original(&process_exec, argc, argv, self);
}

/* The process is left at once, its child goes on. */
static VALUE replaced_daemon(int argc, VALUE *argv, VALUE self)
{
    ctrb_recorder_flush();
    return call_original(&process_daemon, argc, argv, self);
}

typedef VALUE (*method)(int argc, VALUE *argv, VALUE self);

static void replace(struct original *original, VALUE klass, const char *name, const char *other_name, method by,
                    bool private_method)
{
    original->function = ctrb_c_method_of((ctrb_word)klass, rb_intern(name));
    if (!original->function) {
        rb_define_alias(klass, other_name, name);
        rb_funcall(klass, rb_intern("private"), 1, ID2SYM(rb_intern(other_name)));
        original->name = rb_intern(other_name);
    }
    if (private_method)
        rb_define_private_method(klass, name, by, -1);
    else
        rb_define_method(klass, name, by, -1);
}

static VALUE output_record(VALUE self)
{
    static bool done;
    if (done)
        return self;
    done = true;
    VALUE verbose = ruby_verbose;
    ruby_verbose = Qnil; /* no warning about methods that are replaced */
    replace(&io_write, rb_cIO, "write", "__ctrace_write", replaced_write, false);
    replace(&warning_warn, rb_const_get(rb_cObject, rb_intern("Warning")), "warn", "__ctrace_warn", replaced_warn, false);
    replace(&kernel_exit_now, rb_mKernel, "exit!", "__ctrace_exit!", replaced_kernel_exit_now, true);
    replace(&process_exit_now, rb_singleton_class(rb_mProcess), "exit!", "__ctrace_exit!", replaced_process_exit_now,
            false);
    replace(&kernel_exec, rb_mKernel, "exec", "__ctrace_exec", replaced_kernel_exec, true);
    replace(&process_exec, rb_singleton_class(rb_mProcess), "exec", "__ctrace_exec", replaced_process_exec, false);
    replace(&process_daemon, rb_singleton_class(rb_mProcess), "daemon", "__ctrace_daemon", replaced_daemon, false);
    ruby_verbose = verbose;
    return self;
}

void ctrb_init_output(void)
{
    stdout_object = rb_const_get(rb_cObject, rb_intern("STDOUT"));
    stderr_object = rb_const_get(rb_cObject, rb_intern("STDERR"));
    rb_gc_register_mark_object(stdout_object);
    rb_gc_register_mark_object(stderr_object);
    exception_backtrace = ctrb_capture(rb_eException, "backtrace");
    exception_set_backtrace = ctrb_capture(rb_eException, "set_backtrace");
    rb_gc_register_mark_object(exception_backtrace);
    rb_gc_register_mark_object(exception_set_backtrace);
    VALUE module = rb_define_module_under(ctrb_module, "Recorder");
    rb_define_singleton_method(module, "record_output", output_record, 0);
}
