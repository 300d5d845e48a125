#include "codec/json/encoder.h"

#include "base/failure.h"

static bool args_payload(ctr_json_encoder *e, const ctrace_argument *args, size_t count)
{
    ctr_buffer *b = &e->out;
    bool ok = ctr_json_literal(b, "[");
    for (size_t i = 0; ok && i < count; i++)
        ok = ctr_json_literal(b, i ? ",{\"variable_id\":" : "{\"variable_id\":") &&
             ctr_json_u64(b, args[i].variable_id) && ctr_json_literal(b, ",\"value\":") &&
             ctr_json_value(b, &e->fragments, args[i].value, e->base.options.floats, &e->base.texts_mended) &&
             ctr_json_literal(b, "}");
    return ok && ctr_json_literal(b, "]");
}

static bool texts_payload(ctr_json_encoder *e, const ctrace_str *texts, size_t count)
{
    ctr_buffer *b = &e->out;
    bool ok = ctr_json_literal(b, "[");
    for (size_t i = 0; ok && i < count; i++)
        ok = (i == 0 || ctr_json_literal(b, ",")) && ctr_json_text(b, texts[i], &e->base.texts_mended);
    return ok && ctr_json_literal(b, "]");
}

static bool payload(ctr_json_encoder *e, const ctr_field *field, const ctrace_event *event)
{
    ctr_buffer *b = &e->out;
    uint64_t *mended = &e->base.texts_mended;
    const void *at = (const char *)event + field->offset;
    size_t count = field->count_offset ? *(const size_t *)(const void *)((const char *)event + field->count_offset) : 0;
    switch ((ctr_field_type)field->type) {
    case CTR_FIELD_ID:
    case CTR_FIELD_U64:
        return ctr_json_u64(b, *(const uint64_t *)at);
    case CTR_FIELD_I64:
        return ctr_json_i64(b, *(const int64_t *)at);
    case CTR_FIELD_TEXT:
        return ctr_json_text(b, *(const ctrace_str *)at, mended);
    case CTR_FIELD_TYPE_KIND:
        return ctr_json_u64(b, *(const ctrace_type_kind *)at);
    case CTR_FIELD_LOG_KIND:
        return ctr_json_u64(b, *(const ctrace_log_kind *)at);
    case CTR_FIELD_PASS: {
        const ctr_name *name = &ctr_pass_names[*(const ctrace_pass_kind *)at];
        return ctr_json_text(b, (ctrace_str){name->text, name->size}, mended);
    }
    case CTR_FIELD_VALUE:
        return ctr_json_value(b, &e->fragments, *(const ctrace_value *const *)at, e->base.options.floats, mended);
    case CTR_FIELD_ARGS:
        return args_payload(e, *(const ctrace_argument *const *)at, count);
    case CTR_FIELD_TEXTS:
        return texts_payload(e, *(const ctrace_str *const *)at, count);
    case CTR_FIELD_IDS:
        return ctr_json_ids(b, *(const ctrace_id *const *)at, count);
    case CTR_FIELD_TYPE_INFO:
        return ctr_json_type_info(b, at, mended);
    case CTR_FIELD_RVALUE:
        return ctr_json_rvalue(b, at, mended);
    default: /* the others occur in values only */
        return false;
    }
}

static ctrace_status put_event(ctr_encoder *base, const ctrace_event *event)
{
    ctr_json_encoder *e = (ctr_json_encoder *)base;
    const ctr_record *record = &ctr_events[event->kind];
    const ctr_fragment *f = e->fragments.events[event->kind];
    size_t begin = e->out.size;
    bool ok = ctr_json_fragment(&e->out, &f[0]);
    for (uint8_t i = 0; ok && i < record->field_count; i++)
        ok = payload(e, &record->fields[i], event) && ctr_json_fragment(&e->out, &f[i + 1]);
    if (!ok || !ctr_buffer_append(&e->out, e->end, e->end_size)) {
        e->out.size = begin;
        return CTRACE_NO_MEMORY;
    }
    base->waiting = e->out.size;
    return CTRACE_OK;
}

bool ctr_json_move_event(ctr_json_encoder *e, size_t from, size_t to)
{
    size_t size = e->out.size - from;
    if (!ctr_buffer_reserve(&e->out, size))
        return false;
    char *data = e->out.data, *copy = data + e->out.size;
    memcpy(copy, data + from, size);
    memmove(data + to + size, data + to, from - to);
    memcpy(data + to, copy, size);
    return true;
}

static ctrace_status write_out(ctr_json_encoder *e, size_t size)
{
    const ctrace_sink *sink = e->base.options.sink;
    e->base.system_error = size ? sink->write(sink->cookie, e->offset, e->out.data, size) : 0;
    return e->base.system_error ? CTRACE_IO : CTRACE_OK;
}

static const char tail[] = "\n]\n";
#define TAIL_SIZE (sizeof tail - 1)

/* One positioned write, which begins over the old end of the list and ends with a new one: the file is whole before
 * and after. */
static ctrace_status flush_list(ctr_json_encoder *e, bool end)
{
    bool empty = e->offset == 0 && e->out.size == 2;
    size_t size = empty ? 1 : e->out.size - 2;
    bool with_tail = end || !e->base.options.sink->sequential;
    if (empty && !with_tail)
        return CTRACE_OK;
    if (!ctr_buffer_reserve(&e->out, TAIL_SIZE))
        return CTRACE_NO_MEMORY;
    char *p = e->out.data + size;
    if (with_tail)
        memcpy(p, tail, TAIL_SIZE);
    ctrace_status status = write_out(e, size + (with_tail ? TAIL_SIZE : 0));
    if (status != CTRACE_OK) {
        /* The file ends again where it did; that takes no new room on a full disk. When even that fails, the reader
         * takes the list without its end. */
        if (e->offset)
            ctr_encoder_restore(&e->base, e->offset, tail, TAIL_SIZE);
        else
            ctr_encoder_restore(&e->base, 0, "[\n]\n", 4);
        return status;
    }
    e->offset += empty ? 0 : size;
    memcpy(e->out.data, empty ? "[\n" : ",\n", 2);
    e->out.size = 2;
    return CTRACE_OK;
}

static ctrace_status flush_lines(ctr_json_encoder *e)
{
    ctrace_status status = write_out(e, e->out.size);
    if (status != CTRACE_OK) {
        ctr_encoder_restore(&e->base, e->offset, NULL, 0);
        return status;
    }
    e->offset += e->out.size;
    e->out.size = 0;
    return CTRACE_OK;
}

static ctrace_status flush(ctr_encoder *base, bool end)
{
    ctr_json_encoder *e = (ctr_json_encoder *)base;
    ctrace_status status = base->class->form == CTRACE_FORM_JSON ? flush_list(e, end) : flush_lines(e);
    base->waiting = e->out.size;
    base->bytes = ctr_json_bytes(e, e->out.size);
    return status;
}

static ctrace_status flush_events(ctr_encoder *e) { return flush(e, false); }

static ctrace_status finish(ctr_encoder *e, const ctr_trace_facts *facts)
{
    (void)facts; /* they stand in files beside the events */
    return flush(e, true);
}

static void close_encoder(ctr_encoder *base)
{
    ctr_json_encoder *e = (ctr_json_encoder *)base;
    ctr_buffer_free(&e->out);
    ctr_free(base->options.allocator, e, sizeof *e);
}

static const ctr_encoder_class list_class = {
    .form = CTRACE_FORM_JSON,
    .event = put_event,
    .flush = flush_events,
    .finish = finish,
    .close = close_encoder,
};

static const ctr_encoder_class lines_class = {
    .form = CTRACE_FORM_NDJSON,
    .event = put_event,
    .flush = flush_events,
    .finish = finish,
    .close = close_encoder,
};

ctr_json_encoder *ctr_json_encoder_of(ctr_encoder *e)
{
    return e->class == &list_class || e->class == &lines_class ? (ctr_json_encoder *)e : NULL;
}

uint64_t ctr_json_bytes(const ctr_json_encoder *e, size_t size)
{
    return e->offset + size - (e->base.class == &list_class ? 2 : 0);
}

static ctrace_status open_encoder(ctr_encoder **out, const ctr_encoder_class *class,
                                  const ctr_encoder_options *options, ctrace_error *error)
{
    bool list = class == &list_class;
    *out = NULL;
    ctr_json_encoder *e = ctr_alloc_zero(options->allocator, sizeof *e);
    if (!e)
        return ctr_fail(error, CTRACE_NO_MEMORY, "out of memory");
    e->base.class = class;
    e->base.options = *options;
    e->out.allocator = options->allocator;
    e->end_size = list ? 2 : 1;
    memcpy(e->end, list ? ",\n" : "\n", e->end_size);
    ctr_json_fragments_init(&e->fragments);
    if (list && !ctr_buffer_append(&e->out, "[\n", 2)) {
        close_encoder(&e->base);
        return ctr_fail(error, CTRACE_NO_MEMORY, "out of memory");
    }
    *out = &e->base;
    return CTRACE_OK;
}

ctrace_status ctr_json_open_encoder(ctr_encoder **out, const ctr_encoder_options *options, ctrace_error *error)
{
    return open_encoder(out, &list_class, options, error);
}

ctrace_status ctr_ndjson_open_encoder(ctr_encoder **out, const ctr_encoder_options *options, ctrace_error *error)
{
    return open_encoder(out, &lines_class, options, error);
}
