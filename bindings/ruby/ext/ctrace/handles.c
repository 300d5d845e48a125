/* The objects that hold a writer or a kept value of it: Ctrace::C::Writer and Ctrace::C::Kept. */
#include "values.h"

#include <ruby/thread.h>

static VALUE writer_class, kept_class;

struct kept_handle;

struct writer_handle {
    ctrace_writer *w; /* NULL when it is closed */
    struct ctrb_values values;
    struct kept_handle *kept; /* all that live; they end with their writer */
};

struct kept_handle {
    ctrace_kept *kept; /* NULL when the writer is closed */
    VALUE writer;
    struct kept_handle *next, **before;
};

static void forget_kept(struct kept_handle *kept)
{
    if (!kept->kept)
        return;
    ctrace_kept_free(kept->kept);
    kept->kept = NULL;
    *kept->before = kept->next;
    if (kept->next)
        kept->next->before = kept->before;
}

static void forget(struct writer_handle *handle)
{
    while (handle->kept)
        forget_kept(handle->kept);
    if (handle->w)
        ctrb_values_free(&handle->values);
}

static void writer_mark(void *data)
{
    struct writer_handle *handle = data;
    if (handle->w)
        ctrb_values_mark(&handle->values);
}

static void writer_free(void *data)
{
    struct writer_handle *handle = data;
    forget(handle);
    ctrace_writer_abandon(&handle->w);
    xfree(handle);
}

static size_t writer_size(const void *data)
{
    const struct writer_handle *handle = data;
    return sizeof *handle + (handle->w ? ctrb_values_size(&handle->values) : 0);
}

static const rb_data_type_t writer_type = {
    .wrap_struct_name = "Ctrace::C::Writer",
    .function = {.dmark = writer_mark, .dfree = writer_free, .dsize = writer_size},
    .flags = RUBY_TYPED_FREE_IMMEDIATELY,
};

static void kept_mark(void *data)
{
    rb_gc_mark(((struct kept_handle *)data)->writer);
}

static void kept_free(void *data)
{
    forget_kept(data);
    xfree(data);
}

static const rb_data_type_t kept_type = {
    .wrap_struct_name = "Ctrace::C::Kept",
    .function = {.dmark = kept_mark, .dfree = kept_free},
    .flags = RUBY_TYPED_FREE_IMMEDIATELY,
};

static struct writer_handle *handle_of(VALUE self)
{
    struct writer_handle *handle;
    TypedData_Get_Struct(self, struct writer_handle, &writer_type, handle);
    if (!handle->w)
        rb_raise(rb_eIOError, "the writer is closed");
    return handle;
}

ctrace_writer *ctrb_writer_get(VALUE writer)
{
    return handle_of(writer)->w;
}

void ctrb_writer_check(const ctrace_writer *w)
{
    ctrace_error error;
    if (ctrace_writer_status(w, &error) < 0)
        ctrb_raise(&error);
}

ctrace_kept *ctrb_kept_get(VALUE object)
{
    struct kept_handle *handle;
    TypedData_Get_Struct(object, struct kept_handle, &kept_type, handle);
    if (!handle->kept)
        rb_raise(rb_eIOError, "the writer of this value is closed");
    return handle->kept;
}

static uint64_t number_option(VALUE options, const char *name)
{
    VALUE value = ctrb_option(options, name);
    return NIL_P(value) ? 0 : NUM2ULL(value);
}

static ctrace_str text_option(VALUE options, const char *name, VALUE kept_alive)
{
    VALUE value = ctrb_option(options, name);
    if (NIL_P(value))
        return CTRACE_STR("");
    value = ctrb_utf8(value);
    rb_ary_push(kept_alive, value);
    return ctrb_str(value);
}

/* Ctrace::C::Writer.open(folder, options): options as in ctrace_writer_options, numbers for its enumerations. */
static VALUE writer_open(VALUE class, VALUE folder, VALUE options)
{
    struct writer_handle *handle;
    VALUE self = TypedData_Make_Struct(class, struct writer_handle, &writer_type, handle);
    Check_Type(options, T_HASH);
    folder = ctrb_utf8(folder);
    VALUE alive = rb_ary_new();
    VALUE args = ctrb_option(options, "args");
    args = ctrb_utf8_list(NIL_P(args) ? rb_ary_new() : args);
    size_t count = (size_t)RARRAY_LEN(args);
    VALUE block = Qnil;
    ctrace_str *texts = rb_alloc_tmp_buffer(&block, (long)((count + 1) * sizeof *texts));
    for (size_t i = 0; i < count; i++)
        texts[i] = ctrb_str(RARRAY_AREF(args, (long)i));
    ctrace_writer_options o = {
        CTRACE_WRITER_OPTIONS_INIT,
        .program = text_option(options, "program", alive),
        .args = texts,
        .arg_count = count,
        .workdir = text_option(options, "workdir", alive),
        .recorder = text_option(options, "recorder", alive),
        .recorder_version = text_option(options, "recorder_version", alive),
        .top_level = text_option(options, "top_level", alive),
        .flush_bytes = (size_t)number_option(options, "flush_bytes"),
        .flush_ms = (uint32_t)number_option(options, "flush_ms"),
        .max_depth = (uint32_t)number_option(options, "max_depth"),
        .floats = (ctrace_float_form)number_option(options, "floats"),
        .interning = (ctrace_interning)number_option(options, "interning"),
        .without = (uint32_t)number_option(options, "without"),
        .form = (ctrace_form)number_option(options, "form"),
        .recording_id = text_option(options, "recording_id", alive),
        .level = NIL_P(ctrb_option(options, "level")) ? 0 : NUM2INT(ctrb_option(options, "level")),
        .compress_aside = RTEST(ctrb_option(options, "compress_aside")),
        .durable = RTEST(ctrb_option(options, "durable")),
        .single_copy = RTEST(ctrb_option(options, "single_copy")),
    };
    ctrace_error error;
    ctrace_status status = RTEST(ctrb_option(options, "lone_file"))
                               ? ctrace_writer_open_file(&handle->w, ctrb_str(folder), &o, &error)
                               : ctrace_writer_open(&handle->w, ctrb_str(folder), &o, &error);
    rb_free_tmp_buffer(&block);
    RB_GC_GUARD(args);
    RB_GC_GUARD(alive);
    RB_GC_GUARD(folder);
    ctrb_check(status, &error);
    ctrb_values_init_writer(&handle->values, handle->w);
    return self;
}

/* Puts any object as the value that was begun. */
static VALUE writer_put(VALUE self, VALUE object)
{
    struct writer_handle *handle = handle_of(self);
    ctrb_put(&handle->values, object);
    ctrb_writer_check(handle->w);
    return self;
}

static VALUE writer_keeper(VALUE self)
{
    struct writer_handle *writer = handle_of(self);
    struct kept_handle *handle;
    VALUE object = TypedData_Make_Struct(kept_class, struct kept_handle, &kept_type, handle);
    handle->writer = self;
    handle->kept = ctrace_kept_new(writer->w);
    if (!handle->kept)
        rb_memerror();
    handle->next = writer->kept;
    handle->before = &writer->kept;
    if (writer->kept)
        writer->kept->before = &handle->next;
    writer->kept = handle;
    return object;
}

struct closing {
    ctrace_writer *w;
    ctrace_error error;
    ctrace_status status;
};

static void *close_unlocked(void *argument)
{
    struct closing *closing = argument;
    closing->status = ctrace_writer_close(&closing->w, &closing->error);
    return NULL;
}

static VALUE writer_close(VALUE self)
{
    struct writer_handle *handle = handle_of(self);
    struct closing closing = {.w = handle->w};
    forget(handle);
    handle->w = NULL; /* whatever happens now */
    rb_thread_call_without_gvl(close_unlocked, &closing, NULL, NULL);
    ctrb_check(closing.status, &closing.error);
    return Qnil;
}

static VALUE writer_abandon(VALUE self)
{
    struct writer_handle *handle = handle_of(self);
    forget(handle);
    ctrace_writer_abandon(&handle->w);
    return Qnil;
}

static VALUE writer_is_closed(VALUE self)
{
    struct writer_handle *handle;
    TypedData_Get_Struct(self, struct writer_handle, &writer_type, handle);
    return handle->w ? Qfalse : Qtrue;
}

void ctrb_init_handles(void)
{
    VALUE module = rb_define_module_under(ctrb_module, "C");
    writer_class = rb_define_class_under(module, "Writer", rb_cObject);
    kept_class = rb_define_class_under(module, "Kept", rb_cObject);
    rb_undef_alloc_func(writer_class);
    rb_undef_alloc_func(kept_class);
    rb_define_singleton_method(writer_class, "open", writer_open, 2);
    rb_define_method(writer_class, "put", writer_put, 1);
    rb_define_method(writer_class, "keeper", writer_keeper, 0);
    rb_define_method(writer_class, "close", writer_close, 0);
    rb_define_method(writer_class, "abandon", writer_abandon, 0);
    rb_define_method(writer_class, "closed?", writer_is_closed, 0);
}
