/* Ctrace::C::Reader: one pass over the events of a trace, from any place. */
#include "extension.h"

#include <sys/time.h>

/* How long a reader that follows a trace waits before it looks again. */
#define FOLLOW_PAUSE_US 50000

struct reader_handle {
    ctrace_reader *reader; /* NULL when it is closed */
    bool busy;             /* it reads while other threads run */
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
    if (handle->busy)
        rb_raise(rb_eIOError, "another thread uses the reader");
    return handle->reader;
}

/* Of a trace that is followed nothing more is there yet. Other threads run meanwhile; raises what interrupts this one. */
static void wait_for_more(void)
{
    rb_thread_wait_for((struct timeval){.tv_usec = FOLLOW_PAUSE_US});
}

/* Ctrace::C::Reader.open(path, max_event_bytes, max_depth, follow); 0 means the default. */
static VALUE reader_open(VALUE class, VALUE path, VALUE max_event_bytes, VALUE max_depth, VALUE follow)
{
    struct reader_handle *handle;
    VALUE self = TypedData_Make_Struct(class, struct reader_handle, &reader_type, handle);
    ctrace_reader_options options = {
        CTRACE_READER_OPTIONS_INIT,
        .max_event_bytes = NUM2SIZET(max_event_bytes),
        .max_depth = NUM2UINT(max_depth),
        .follow = RTEST(follow),
    };
    ctrace_error error;
    ctrace_status status;
    path = rb_str_new_frozen(ctrb_utf8(path));
    while ((status = ctrace_reader_open(&handle->reader, ctrb_str(path), &options, &error)) == CTRACE_AGAIN)
        wait_for_more();
    ctrb_check(status, &error);
    RB_GC_GUARD(path);
    return self;
}

/* The next event, nil at the end; of a trace that is followed it is waited for. After a failure with a bad event the next call gives the one after it. */
static VALUE reader_next(VALUE self)
{
    ctrace_reader *reader = reader_of(self);
    const ctrace_event *event;
    const ctrace_warning *warnings;
    ctrace_position position;
    ctrace_error error;
    ctrace_status status;
    while ((status = ctrace_reader_next(reader, &event, &error)) == CTRACE_AGAIN) {
        wait_for_more();
        reader = reader_of(self); /* another thread may have closed it */
    }
    ctrb_check(status, &error);
    if (status == CTRACE_END)
        return Qnil;
    ctrace_reader_position(reader, &position);
    size_t count = ctrace_reader_warnings(reader, &warnings);
    return ctrb_event_new(event, &position, warnings, count);
}

/* ---- Any place: may read the whole trace, so other threads run meanwhile ---- */

struct looking {
    ctrb_work work;
    ctrace_reader *reader;
    ctrace_unit unit;
    uint64_t number; /* to go to, or counted */
};

static ctrace_status seek(ctrb_work *work)
{
    struct looking *looking = (struct looking *)work;
    return ctrace_reader_seek(looking->reader, looking->unit, looking->number, &work->error);
}

static ctrace_status count(ctrb_work *work)
{
    struct looking *looking = (struct looking *)work;
    return ctrace_reader_count(looking->reader, looking->unit, &looking->number, &work->error);
}

static ctrace_status keep_index(ctrb_work *work)
{
    return ctrace_reader_keep_index(((struct looking *)work)->reader, &work->error);
}

static VALUE run_work(VALUE work)
{
    ctrb_work_run((ctrb_work *)work);
    return Qnil;
}

static VALUE not_busy(VALUE self)
{
    ((struct reader_handle *)RTYPEDDATA_DATA(self))->busy = false;
    return Qnil;
}

static void look(VALUE self, struct looking *looking)
{
    looking->reader = reader_of(self);
    ((struct reader_handle *)RTYPEDDATA_DATA(self))->busy = true;
    rb_ensure(run_work, (VALUE)&looking->work, not_busy, self);
    ctrb_check(looking->work.status, &looking->work.error);
}

/* Ctrace::C::Reader#seek(unit, number): false when there are fewer; of a trace that is followed it is waited for. */
static VALUE reader_seek(VALUE self, VALUE unit, VALUE number)
{
    struct looking looking = {.work.run = seek, .unit = (ctrace_unit)NUM2INT(unit), .number = NUM2ULL(number)};
    for (;;) {
        look(self, &looking);
        if (looking.work.status != CTRACE_AGAIN)
            return looking.work.status == CTRACE_END ? Qfalse : Qtrue;
        wait_for_more();
    }
}

static VALUE reader_count(VALUE self, VALUE unit)
{
    struct looking looking = {.work.run = count, .unit = (ctrace_unit)NUM2INT(unit)};
    look(self, &looking);
    return ULL2NUM(looking.number);
}

static VALUE reader_keep_index(VALUE self)
{
    look(self, &(struct looking){.work.run = keep_index});
    return self;
}

/* ---- What is told about the trace ---- */

static VALUE reader_form(VALUE self)
{
    return rb_utf8_str_new_cstr(ctrace_form_name(ctrace_reader_form(reader_of(self))));
}

static VALUE reader_details(VALUE self)
{
    return ctrb_text(ctrace_reader_details(reader_of(self)));
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
    if (handle->reader)
        reader_of(self); /* not while another thread uses it */
    ctrace_reader_close(&handle->reader);
    return Qnil;
}

void ctrb_init_reader(void)
{
    VALUE class = rb_define_class_under(rb_define_module_under(ctrb_module, "C"), "Reader", rb_cObject);
    rb_undef_alloc_func(class);
    rb_define_singleton_method(class, "open", reader_open, 4);
    rb_define_method(class, "next", reader_next, 0);
    rb_define_method(class, "seek", reader_seek, 2);
    rb_define_method(class, "count", reader_count, 1);
    rb_define_method(class, "keep_index", reader_keep_index, 0);
    rb_define_method(class, "form", reader_form, 0);
    rb_define_method(class, "details", reader_details, 0);
    rb_define_method(class, "metadata", reader_metadata, 0);
    rb_define_method(class, "file_size", reader_file_size, 0);
    rb_define_method(class, "bytes_read", reader_bytes_read, 0);
    rb_define_method(class, "close", reader_close, 0);
}
