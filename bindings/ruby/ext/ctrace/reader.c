/* Ctrace::C::Reader: one pass over the events of a trace. */
#include "extension.h"

struct reader_handle {
    ctrace_reader *reader; /* NULL when it is closed */
};

static void reader_free(void *data)
{
    struct reader_handle *handle = data;
    ctrace_reader_close(&handle->reader);
    xfree(handle);
}

static const rb_data_type_t reader_type = {
    .wrap_struct_name = "Ctrace::C::Reader",
    .function = {.dfree = reader_free},
    .flags = RUBY_TYPED_FREE_IMMEDIATELY,
};

static ctrace_reader *reader_of(VALUE self)
{
    struct reader_handle *handle;
    TypedData_Get_Struct(self, struct reader_handle, &reader_type, handle);
    if (!handle->reader)
        rb_raise(rb_eIOError, "the reader is closed");
    return handle->reader;
}

/* Ctrace::C::Reader.open(path, max_event_bytes, max_depth); 0 means the default. */
static VALUE reader_open(VALUE class, VALUE path, VALUE max_event_bytes, VALUE max_depth)
{
    struct reader_handle *handle;
    VALUE self = TypedData_Make_Struct(class, struct reader_handle, &reader_type, handle);
    ctrace_reader_options options = {
        CTRACE_READER_OPTIONS_INIT,
        .max_event_bytes = NUM2SIZET(max_event_bytes),
        .max_depth = NUM2UINT(max_depth),
    };
    ctrace_error error;
    path = ctrb_utf8(path);
    ctrb_check(ctrace_reader_open(&handle->reader, ctrb_str(path), &options, &error), &error);
    RB_GC_GUARD(path);
    return self;
}

/* The next event, nil at the end. After a failure with a bad event the next call gives the one after it. */
static VALUE reader_next(VALUE self)
{
    ctrace_reader *reader = reader_of(self);
    const ctrace_event *event;
    const ctrace_warning *warnings;
    ctrace_position position;
    ctrace_error error;
    ctrace_status status = ctrace_reader_next(reader, &event, &error);
    ctrb_check(status, &error);
    if (status == CTRACE_END)
        return Qnil;
    ctrace_reader_position(reader, &position);
    size_t count = ctrace_reader_warnings(reader, &warnings);
    return ctrb_event_new(event, &position, warnings, count);
}

static VALUE text_or_nil(ctrace_str text)
{
    return text.size ? ctrb_text(text) : Qnil;
}

/* A Hash, or nil when there is none. */
static VALUE reader_metadata(VALUE self)
{
    const ctrace_metadata *metadata = ctrace_reader_metadata(reader_of(self));
    if (!metadata)
        return Qnil;
    VALUE hash = rb_hash_new(), args = rb_ary_new();
    for (size_t i = 0; i < metadata->arg_count; i++)
        rb_ary_push(args, ctrb_text(metadata->args[i]));
    rb_hash_aset(hash, ID2SYM(rb_intern("program")), ctrb_text(metadata->program));
    rb_hash_aset(hash, ID2SYM(rb_intern("args")), args);
    rb_hash_aset(hash, ID2SYM(rb_intern("workdir")), ctrb_text(metadata->workdir));
    rb_hash_aset(hash, ID2SYM(rb_intern("recording_id")), text_or_nil(metadata->recording_id));
    rb_hash_aset(hash, ID2SYM(rb_intern("recorder")), text_or_nil(metadata->recorder));
    rb_hash_aset(hash, ID2SYM(rb_intern("recorder_version")), text_or_nil(metadata->recorder_version));
    return hash;
}

static VALUE reader_file_size(VALUE self)
{
    return ULL2NUM(ctrace_reader_file_size(reader_of(self)));
}

static VALUE reader_bytes_read(VALUE self)
{
    return ULL2NUM(ctrace_reader_bytes_read(reader_of(self)));
}

static VALUE reader_close(VALUE self)
{
    struct reader_handle *handle;
    TypedData_Get_Struct(self, struct reader_handle, &reader_type, handle);
    ctrace_reader_close(&handle->reader);
    return Qnil;
}

void ctrb_init_reader(void)
{
    VALUE class = rb_define_class_under(rb_define_module_under(ctrb_module, "C"), "Reader", rb_cObject);
    rb_undef_alloc_func(class);
    rb_define_singleton_method(class, "open", reader_open, 3);
    rb_define_method(class, "next", reader_next, 0);
    rb_define_method(class, "metadata", reader_metadata, 0);
    rb_define_method(class, "file_size", reader_file_size, 0);
    rb_define_method(class, "bytes_read", reader_bytes_read, 0);
    rb_define_method(class, "close", reader_close, 0);
}
