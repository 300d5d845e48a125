/* Ctrace::C.convert, .repair, .cut and .diff: work on whole traces while other threads run, and tell what was done as
 * plain Ruby objects. */
#include "extension.h"

static VALUE symbol(const char *name)
{
    return ID2SYM(rb_intern(name));
}

static VALUE name_of(const char *name)
{
    return rb_utf8_str_new_cstr(name);
}

/* ---- Converting ---- */

enum kind { CONVERT, REPAIR, CUT };

struct converting {
    ctrb_work work;
    enum kind kind;
    ctrace_str in, out;
    ctrace_range range;
    ctrace_convert_options options;
    ctrace_conversion *report;
};

static ctrace_status run_conversion(ctrb_work *work)
{
    struct converting *c = (struct converting *)work;
    ctrace_status status = c->kind == REPAIR ? ctrace_repair(&c->report, c->in, c->out, &c->options, &work->error)
                           : c->kind == CUT  ? ctrace_cut(&c->report, c->in, c->out, c->range, &c->options, &work->error)
                                             : ctrace_convert(&c->report, c->in, c->out, &c->options, &work->error);
    if (status < 0) /* what strict refused is told by the error */
        ctrace_conversion_free(&c->report);
    return status;
}

static VALUE told_loss(const ctrace_loss *loss)
{
    VALUE hash = rb_hash_new();
    rb_hash_aset(hash, symbol("kind"), name_of(ctrace_loss_name(loss->kind)));
    rb_hash_aset(hash, symbol("count"), ULL2NUM(loss->count));
    rb_hash_aset(hash, symbol("message"), ctrb_text(loss->message));
    rb_hash_aset(hash, symbol("position"), ctrb_position(&loss->first));
    return hash;
}

static VALUE tell_conversion(VALUE argument)
{
    const ctrace_conversion *report = (const ctrace_conversion *)argument;
    VALUE told = rb_hash_new(), losses = rb_ary_new(), notes = rb_ary_new();
    for (size_t i = 0; i < ctrace_conversion_loss_count(report); i++)
        rb_ary_push(losses, told_loss(ctrace_conversion_loss_at(report, i)));
    for (size_t i = 0; i < ctrace_conversion_note_count(report); i++)
        rb_ary_push(notes, ctrb_text(ctrace_conversion_note_at(report, i)));
    rb_hash_aset(told, symbol("source"), name_of(ctrace_form_name(ctrace_conversion_from(report))));
    rb_hash_aset(told, symbol("target"), name_of(ctrace_form_name(ctrace_conversion_to(report))));
    rb_hash_aset(told, symbol("events"), ULL2NUM(ctrace_conversion_events(report)));
    rb_hash_aset(told, symbol("bytes"), ULL2NUM(ctrace_conversion_bytes(report)));
    rb_hash_aset(told, symbol("losses"), losses);
    rb_hash_aset(told, symbol("notes"), notes);
    return told;
}

static VALUE run_and_tell(struct converting *c, VALUE in, VALUE out, VALUE options)
{
    Check_Type(options, T_HASH);
    in = ctrb_utf8(in);
    out = ctrb_utf8(out);
    VALUE form = ctrb_option(options, "form"), level = ctrb_option(options, "level");
    c->work.run = run_conversion;
    c->in = ctrb_str(in);
    c->out = ctrb_str(out);
    c->options = (ctrace_convert_options){
        CTRACE_CONVERT_OPTIONS_INIT,
        .has_form = !NIL_P(form),
        .form = NIL_P(form) ? CTRACE_FORM_JSON : (ctrace_form)NUM2INT(form),
        .strict = RTEST(ctrb_option(options, "strict")),
        .lone_file = RTEST(ctrb_option(options, "lone_file")),
        .no_files = RTEST(ctrb_option(options, "no_files")),
        .level = NIL_P(level) ? 0 : NUM2INT(level),
        .compress_aside = RTEST(ctrb_option(options, "compress_aside")),
        .progress = ctrb_work_progress,
        .progress_cookie = &c->work,
    };
    ctrb_work_run(&c->work);
    RB_GC_GUARD(in);
    RB_GC_GUARD(out);
    ctrb_check(c->work.status, &c->work.error);
    int state = 0;
    VALUE told = rb_protect(tell_conversion, (VALUE)c->report, &state);
    ctrace_conversion_free(&c->report);
    if (state)
        rb_jump_tag(state);
    return told;
}

/* Ctrace::C.convert(in, out, options): options as in ctrace_convert_options, the form as its number or nil. */
static VALUE convert(VALUE self, VALUE in, VALUE out, VALUE options)
{
    (void)self;
    return run_and_tell(&(struct converting){.kind = CONVERT}, in, out, options);
}

static VALUE repair(VALUE self, VALUE in, VALUE out, VALUE options)
{
    (void)self;
    return run_and_tell(&(struct converting){.kind = REPAIR}, in, out, options);
}

/* Ctrace::C.cut(in, out, unit, first, end, options) */
static VALUE cut(VALUE self, VALUE in, VALUE out, VALUE unit, VALUE first, VALUE end, VALUE options)
{
    (void)self;
    ctrace_range range = {(ctrace_unit)NUM2INT(unit), NUM2ULL(first), NUM2ULL(end)};
    return run_and_tell(&(struct converting){.kind = CUT, .range = range}, in, out, options);
}

/* ---- Comparing ---- */

struct comparing {
    ctrb_work work;
    ctrace_str a, b;
    ctrace_diff_options options;
    ctrace_diff *diff;
};

static ctrace_status compare(ctrb_work *work)
{
    struct comparing *c = (struct comparing *)work;
    return ctrace_diff_traces(&c->diff, c->a, c->b, &c->options, &work->error);
}

static VALUE told_extent(const ctrace_extent *extent)
{
    VALUE hash = rb_hash_new();
    rb_hash_aset(hash, symbol("events"), ULL2NUM(extent->events));
    rb_hash_aset(hash, symbol("steps"), ULL2NUM(extent->steps));
    rb_hash_aset(hash, symbol("calls"), ULL2NUM(extent->calls));
    rb_hash_aset(hash, symbol("returns"), ULL2NUM(extent->returns));
    rb_hash_aset(hash, symbol("values"), ULL2NUM(extent->values));
    rb_hash_aset(hash, symbol("logs"), ULL2NUM(extent->logs));
    return hash;
}

static VALUE tell_difference(VALUE argument)
{
    const ctrace_difference *found = ctrace_diff_result((const ctrace_diff *)argument);
    VALUE told = rb_hash_new();
    rb_hash_aset(told, symbol("kind"), name_of(ctrace_difference_name(found->kind)));
    rb_hash_aset(told, symbol("texts"), rb_ary_new_from_args(2, ctrb_text(found->text_a), ctrb_text(found->text_b)));
    rb_hash_aset(told, symbol("positions"), rb_ary_new_from_args(2, ctrb_position(&found->a), ctrb_position(&found->b)));
    rb_hash_aset(told, symbol("where"), ctrb_text(found->where));
    rb_hash_aset(told, symbol("steps"), ULL2NUM(found->step));
    rb_hash_aset(told, symbol("calls"), ULL2NUM(found->call));
    rb_hash_aset(told, symbol("counts"),
                 rb_ary_new_from_args(2, told_extent(&found->extent_a), told_extent(&found->extent_b)));
    rb_hash_aset(told, symbol("different_steps"), ULL2NUM(found->different_steps));
    return told;
}

/* Ctrace::C.diff(a, b, no_values, base_names) */
static VALUE diff(VALUE self, VALUE a, VALUE b, VALUE no_values, VALUE base_names)
{
    (void)self;
    a = ctrb_utf8(a);
    b = ctrb_utf8(b);
    struct comparing c = {
        .work.run = compare,
        .a = ctrb_str(a),
        .b = ctrb_str(b),
        .options = {CTRACE_DIFF_OPTIONS_INIT, .no_values = RTEST(no_values), .base_names = RTEST(base_names),
                    .progress = ctrb_work_progress, .progress_cookie = &c.work},
    };
    ctrb_work_run(&c.work);
    RB_GC_GUARD(a);
    RB_GC_GUARD(b);
    ctrb_check(c.work.status, &c.work.error);
    int state = 0;
    VALUE told = rb_protect(tell_difference, (VALUE)c.diff, &state);
    ctrace_diff_free(&c.diff);
    if (state)
        rb_jump_tag(state);
    return told;
}

void ctrb_init_convert(void)
{
    VALUE module = rb_define_module_under(ctrb_module, "C");
    rb_define_singleton_method(module, "convert", convert, 3);
    rb_define_singleton_method(module, "repair", repair, 3);
    rb_define_singleton_method(module, "cut", cut, 6);
    rb_define_singleton_method(module, "diff", diff, 4);
}
