/* Ctrace::C.validate: judges a trace while other threads run, and tells the verdict as plain Ruby objects. */
#include "extension.h"

struct judging {
    ctrb_work work;
    ctrace_str path;
    ctrace_validate_options options;
    ctrace_report *report;
};

static ctrace_status judge(ctrb_work *work)
{
    struct judging *judging = (struct judging *)work;
    return ctrace_validate(&judging->report, judging->path, &judging->options, &work->error);
}

static VALUE symbol(const char *name)
{
    return ID2SYM(rb_intern(name));
}

static VALUE severity_name(ctrace_severity severity)
{
    static const char *const names[] = {"error", "warning", "info"};
    return symbol(names[severity]);
}

static VALUE effect_name(ctrace_effect effect)
{
    static const char *const names[] = {"none", "degrade", "abort", "refuse"};
    return symbol(names[effect]);
}

static VALUE problem_of(const ctrace_problem *problem)
{
    VALUE hash = rb_hash_new();
    rb_hash_aset(hash, symbol("rule"), rb_utf8_str_new_cstr(problem->rule->id));
    rb_hash_aset(hash, symbol("severity"), severity_name(problem->severity));
    rb_hash_aset(hash, symbol("position"), ctrb_position(&problem->position));
    rb_hash_aset(hash, symbol("file"), ctrb_text(problem->file));
    rb_hash_aset(hash, symbol("message"), ctrb_text(problem->message));
    rb_hash_aset(hash, symbol("note"), problem->note.size ? ctrb_text(problem->note) : Qnil);
    return hash;
}

static VALUE tell(VALUE argument)
{
    const ctrace_report *report = (const ctrace_report *)argument;
    VALUE told = rb_hash_new(), problems = rb_ary_new(), found = rb_hash_new(), effects = rb_hash_new();
    for (size_t i = 0; i < ctrace_report_count(report); i++)
        rb_ary_push(problems, problem_of(ctrace_report_at(report, i)));
    for (int i = CTRACE_SEVERITY_ERROR; i <= CTRACE_SEVERITY_INFO; i++)
        rb_hash_aset(found, severity_name((ctrace_severity)i),
                     ULL2NUM(ctrace_report_found(report, (ctrace_severity)i)));
    for (int i = 0; i < CTRACE_CONSUMER_COUNT; i++)
        rb_hash_aset(effects, rb_utf8_str_new_cstr(ctrace_consumer_name((ctrace_consumer)i)),
                     effect_name(ctrace_report_effect(report, (ctrace_consumer)i)));
    rb_hash_aset(told, symbol("valid"), ctrace_report_is_valid(report) ? Qtrue : Qfalse);
    const char *form = ctrace_form_name(ctrace_report_form(report));
    rb_hash_aset(told, symbol("form"), form ? rb_utf8_str_new_cstr(form) : Qnil);
    rb_hash_aset(told, symbol("events"), ULL2NUM(ctrace_report_events(report)));
    rb_hash_aset(told, symbol("problems"), problems);
    rb_hash_aset(told, symbol("found"), found);
    rb_hash_aset(told, symbol("effects"), effects);
    return told;
}

/* Ctrace::C.validate(path, profile or nil, max_errors, sources) */
static VALUE validate(VALUE self, VALUE path, VALUE profile, VALUE max_errors, VALUE sources)
{
    (void)self;
    struct judging judging = {.work.run = judge, .options = {CTRACE_VALIDATE_OPTIONS_INIT}};
    path = ctrb_utf8(path);
    judging.path = ctrb_str(path);
    judging.options.max_errors = NUM2ULL(max_errors);
    judging.options.no_sources = !RTEST(sources);
    judging.options.progress = ctrb_work_progress;
    judging.options.progress_cookie = &judging;
    if (!NIL_P(profile)) {
        profile = ctrb_utf8(profile);
        judging.options.has_profile = true;
        judging.options.profile = ctrace_consumer_find(ctrb_str(profile));
        if (judging.options.profile == CTRACE_CONSUMER_COUNT)
            rb_raise(rb_eArgError, "there is no profile %" PRIsVALUE, rb_inspect(profile));
    }
    ctrb_work_run(&judging.work);
    RB_GC_GUARD(path);
    ctrb_check(judging.work.status, &judging.work.error);
    int state = 0;
    VALUE told = rb_protect(tell, (VALUE)judging.report, &state);
    ctrace_report_free(&judging.report);
    if (state)
        rb_jump_tag(state);
    return told;
}

void ctrb_init_validate(void)
{
    rb_define_singleton_method(rb_define_module_under(ctrb_module, "C"), "validate", validate, 4);
}
