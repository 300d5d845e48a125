/* Values, built by calls in order. Names may be declared in the middle of one: their events go before the one that
 * holds the value, which counts when the value is complete. */
#include "writer/writer.h"

#include "base/utf8.h"

void ctr_value_begin(ctrace_writer *w, ctr_destination destination, ctr_buffer *buffer)
{
    w->destination = destination;
    w->value = buffer;
    w->value_start = buffer->size;
    w->depth = w->deepest = w->cut = 0;
}

static ctrace_status begin(ctrace_writer *w, ctr_destination destination, ctr_buffer *buffer)
{
    ctrace_status status = ctr_writer_ready(w);
    if (status != CTRACE_OK)
        return status;
    ctr_value_begin(w, destination, buffer);
    return CTRACE_OK;
}

/* Begins an event that ends with the value. It is built where it will stay, behind the whole ones. */
static ctrace_status begin_event(ctrace_writer *w, ctrace_event_kind kind, char **number)
{
    ctrace_status status = begin(w, CTR_TO_EVENT, &w->out);
    if (status != CTRACE_OK)
        return status;
    char *p = ctr_event_begin(w, 4 * CTR_JSON_PIECE);
    if (!p) {
        ctrace_cancel_value(w);
        return ctr_writer_no_memory(w);
    }
    w->event = kind;
    *number = ctr_json_put_fragment(p, &w->json.events[kind][0]);
    return CTRACE_OK;
}

/* The fragment behind the number, up to the value. */
static ctrace_status end_number(ctrace_writer *w, char *p)
{
    p = ctr_json_put_fragment(p, &w->json.events[w->event][1]);
    w->out.size = (size_t)(p - w->out.data);
    return CTRACE_OK;
}

static ctrace_status begin_event_at_place(ctrace_writer *w, ctrace_event_kind kind, int64_t place)
{
    char *p = NULL;
    ctrace_status status = begin_event(w, kind, &p);
    return status == CTRACE_OK ? end_number(w, ctr_json_put_i64(p, place)) : status;
}

static ctrace_status check_variable(ctrace_writer *w, ctrace_id variable)
{
    if (variable >= w->variable_count)
        return ctr_writer_refuse(w, CTRACE_ARGUMENT, "a variable is not declared");
    return CTRACE_OK;
}

ctrace_status ctrace_begin_arg(ctrace_writer *w, ctrace_id variable)
{
    ctrace_status status = check_variable(w, variable);
    if (status == CTRACE_OK)
        status = begin(w, CTR_TO_ARG, &w->args);
    if (status != CTRACE_OK)
        return status;
    bool ok = ctr_json_literal(&w->args, w->args.size ? ",{\"variable_id\":" : "{\"variable_id\":") &&
              ctr_json_u64(&w->args, variable) && ctr_json_literal(&w->args, ",\"value\":");
    if (!ok) {
        ctrace_cancel_value(w);
        return ctr_writer_no_memory(w);
    }
    return CTRACE_OK;
}

ctrace_status ctrace_begin_local(ctrace_writer *w, ctrace_id variable)
{
    char *p = NULL;
    ctrace_status status = check_variable(w, variable);
    if (status == CTRACE_OK)
        status = begin_event(w, CTRACE_EVENT_VALUE, &p);
    return status == CTRACE_OK ? end_number(w, ctr_json_put_u64(p, variable)) : status;
}

ctrace_status ctrace_begin_compound(ctrace_writer *w, int64_t place)
{
    return begin_event_at_place(w, CTRACE_EVENT_COMPOUND_VALUE, place);
}

ctrace_status ctrace_begin_cell(ctrace_writer *w, int64_t place)
{
    return begin_event_at_place(w, CTRACE_EVENT_CELL_VALUE, place);
}

ctrace_status ctrace_begin_assign_cell(ctrace_writer *w, int64_t place)
{
    return begin_event_at_place(w, CTRACE_EVENT_ASSIGN_CELL, place);
}

ctrace_status ctrace_begin_return(ctrace_writer *w)
{
    char *p = NULL;
    if (!w->fatal && ctr_current_thread(w)->open_calls == 0)
        return ctr_writer_refuse(w, CTRACE_STATE, "a return without an open call");
    ctrace_status status = begin_event(w, CTRACE_EVENT_RETURN, &p);
    if (status == CTRACE_OK)
        w->out.size = (size_t)(p - w->out.data);
    return status;
}

ctrace_status ctrace_begin_kept(ctrace_writer *w, ctrace_kept *kept)
{
    ctrace_status status = ctr_writer_ready(w);
    if (status != CTRACE_OK)
        return status;
    kept->buffer.size = 0;
    kept->whole = false;
    w->kept = kept;
    return begin(w, CTR_TO_KEPT, &kept->buffer);
}

void ctrace_cancel_value(ctrace_writer *w)
{
    if (w->destination == CTR_TO_NOTHING)
        return;
    w->value->size = w->value_start;
    w->destination = CTR_TO_NOTHING;
}

static ctrace_status no_memory(ctrace_writer *w)
{
    ctrace_cancel_value(w);
    return ctr_writer_no_memory(w);
}

static ctrace_status refuse(ctrace_writer *w, const char *message)
{
    ctrace_cancel_value(w);
    return ctr_writer_refuse(w, CTRACE_ARGUMENT, message);
}

/* The value is complete: brings it where it belongs. */
static ctrace_status complete(ctrace_writer *w)
{
    ctr_destination destination = w->destination;
    if (destination == CTR_TO_RAW_EVENT)
        return CTRACE_OK;
    w->destination = CTR_TO_NOTHING;
    if (destination == CTR_TO_KEPT) {
        w->kept->depth = w->deepest;
        w->kept->whole = true;
        return CTRACE_OK;
    }
    if (destination == CTR_TO_ARG)
        return ctr_buffer_append(&w->args, "}", 1) ? CTRACE_OK : no_memory(w);

    if (!ctr_buffer_reserve(&w->out, CTR_JSON_PIECE)) {
        w->out.size = w->value_start;
        return ctr_writer_no_memory(w);
    }
    if (w->event == CTRACE_EVENT_RETURN) {
        w->counts.returns++;
        ctr_current_thread(w)->open_calls--;
    }
    if (w->event != CTRACE_EVENT_VALUE)
        ctr_step_settled(w);
    return ctr_event_end(w, ctr_json_put_fragment(w->out.data + w->out.size,
                                                  &w->json.events[w->event][ctr_events[w->event].field_count]));
}

/* Makes room for a value: CTRACE_OK when it is to be written, CTRACE_END when it lies in what was cut away. */
static ctrace_status place(ctrace_writer *w)
{
    if (w->fatal)
        return w->failure.status;
    if (w->destination == CTR_TO_NOTHING)
        return ctr_writer_refuse(w, CTRACE_STATE, "a value was put without saying where it goes");
    if (w->cut)
        return CTRACE_END;
    if (w->depth) {
        ctr_open_value *parent = &w->open[w->depth - 1];
        if (parent->left == 0)
            return refuse(w, "a container was given more values than announced");
        parent->left--;
        if (parent->any && !ctr_buffer_append(w->value, ",", 1))
            return no_memory(w);
        parent->any = true;
    }
    return CTRACE_OK;
}

static ctrace_status done(ctrace_writer *w) { return w->depth ? CTRACE_OK : complete(w); }

/* What is left out is no failure. */
static ctrace_status unless_cut(ctrace_status status) { return status == CTRACE_END ? CTRACE_OK : status; }

/* Room that a value without text takes: its fragments and two numbers. */
#define PLAIN_ROOM ((CTR_MAX_FIELDS + 3) * CTR_JSON_PIECE)

/* Places a value of `kind`, settles its type and puts its first fragment. PLAIN_ROOM is free before that. */
static inline ctrace_status open_plain(ctrace_writer *w, ctrace_value_kind kind, ctrace_id *type)
{
    ctrace_status status = place(w);
    if (status != CTRACE_OK)
        return status;
    if (*type == CTRACE_ID_NONE && w->destination != CTR_TO_RAW_EVENT) {
        *type = ctr_plain_type(w, kind);
        if (*type == CTRACE_ID_NONE)
            return no_memory(w);
    }
    if (!ctr_buffer_reserve(w->value, PLAIN_ROOM))
        return no_memory(w);
    w->value->size = (size_t)(ctr_json_put_fragment(w->value->data + w->value->size, &w->json.values[kind][0]) -
                              w->value->data);
    return CTRACE_OK;
}

/* Where the payload after open_plain() goes. */
static inline char *payload(const ctrace_writer *w) { return w->value->data + w->value->size; }

/* Ends a value whose payload ends before `p`: fragment `i` of `kind`, the type and the last fragment. Room is free. */
static inline ctrace_status end_plain(ctrace_writer *w, ctrace_value_kind kind, int i, ctrace_id type, char *p)
{
    const ctr_fragment *f = w->json.values[kind];
    p = ctr_json_put_fragment(p, &f[i]);
    p = ctr_json_put_u64(p, type);
    p = ctr_json_put_fragment(p, &f[i + 1]);
    w->value->size = (size_t)(p - w->value->data);
    return done(w);
}

/* The same after a payload of any length. */
static ctrace_status close_plain(ctrace_writer *w, ctrace_value_kind kind, int i, ctrace_id type)
{
    if (!ctr_buffer_reserve(w->value, 3 * CTR_JSON_PIECE))
        return no_memory(w);
    return end_plain(w, kind, i, type, payload(w));
}

ctrace_status ctrace_put_int(ctrace_writer *w, ctrace_id type, int64_t i)
{
    ctrace_status status = open_plain(w, CTRACE_VALUE_INT, &type);
    if (status != CTRACE_OK)
        return unless_cut(status);
    return end_plain(w, CTRACE_VALUE_INT, 1, type, ctr_json_put_i64(payload(w), i));
}

ctrace_status ctrace_put_uint(ctrace_writer *w, ctrace_id type, uint64_t u)
{
    if (u <= INT64_MAX)
        return ctrace_put_int(w, type, (int64_t)u);
    uint8_t magnitude[8];
    for (int i = 0; i < 8; i++)
        magnitude[i] = (uint8_t)(u >> (56 - 8 * i));
    return ctrace_put_big_int(w, type, magnitude, sizeof magnitude, false);
}

/* BigInt exactly as given. */
static ctrace_status put_magnitude(ctrace_writer *w, ctrace_id type, const uint8_t *magnitude, size_t size,
                                   bool negative)
{
    ctrace_status status = open_plain(w, CTRACE_VALUE_BIG_INT, &type);
    if (status != CTRACE_OK)
        return unless_cut(status);
    bool ok = ctr_json_base64(w->value, magnitude, size) &&
              ctr_json_fragment(w->value, &w->json.values[CTRACE_VALUE_BIG_INT][1]) &&
              ctr_json_literal(w->value, negative ? "true" : "false");
    return ok ? close_plain(w, CTRACE_VALUE_BIG_INT, 2, type) : no_memory(w);
}

ctrace_status ctrace_put_big_int(ctrace_writer *w, ctrace_id type, const uint8_t *magnitude, size_t size,
                                 bool negative)
{
    for (; size && *magnitude == 0; magnitude++)
        size--;
    if (size <= 8) {
        uint64_t u = 0;
        for (size_t i = 0; i < size; i++)
            u = u << 8 | magnitude[i];
        if (u <= INT64_MAX)
            return ctrace_put_int(w, type, negative ? -(int64_t)u : (int64_t)u);
        if (negative && u == (uint64_t)INT64_MAX + 1)
            return ctrace_put_int(w, type, INT64_MIN);
    }
    return put_magnitude(w, type, magnitude, size, negative);
}

ctrace_status ctrace_put_float(ctrace_writer *w, ctrace_id type, double f)
{
    bool finite = f - f == 0;
    if (!finite && w->options.floats == CTRACE_FLOAT_NUMBER)
        /* JSON has no such number; readers of this dialect refuse every other form of it. */
        return ctrace_put_raw(w, type, f != f ? CTRACE_STR("NaN") : f > 0 ? CTRACE_STR("inf") : CTRACE_STR("-inf"));
    ctrace_status status = open_plain(w, CTRACE_VALUE_FLOAT, &type);
    if (status != CTRACE_OK)
        return unless_cut(status);
    char *p = payload(w);
    if (w->options.floats == CTRACE_FLOAT_NUMBER) {
        p = ctr_format_float_number(p, f);
    } else {
        *p++ = '"';
        p = ctr_format_float(p, f);
        *p++ = '"';
    }
    return end_plain(w, CTRACE_VALUE_FLOAT, 1, type, p);
}

ctrace_status ctrace_put_bool(ctrace_writer *w, ctrace_id type, bool b)
{
    ctrace_status status = open_plain(w, CTRACE_VALUE_BOOL, &type);
    if (status != CTRACE_OK)
        return unless_cut(status);
    memcpy(payload(w), b ? "true" : "false", 5);
    return end_plain(w, CTRACE_VALUE_BOOL, 1, type, payload(w) + (b ? 4 : 5));
}

static ctrace_status put_text(ctrace_writer *w, ctrace_value_kind kind, ctrace_id type, ctrace_str text)
{
    ctrace_status status = open_plain(w, kind, &type);
    if (status != CTRACE_OK)
        return unless_cut(status);
    if (!ctr_json_text(w->value, text, &w->counts.texts_mended))
        return no_memory(w);
    return close_plain(w, kind, 1, type);
}

ctrace_status ctrace_put_string(ctrace_writer *w, ctrace_id type, ctrace_str text)
{
    return put_text(w, CTRACE_VALUE_STRING, type, text);
}

ctrace_status ctrace_put_raw(ctrace_writer *w, ctrace_id type, ctrace_str text)
{
    return put_text(w, CTRACE_VALUE_RAW, type, text);
}

ctrace_status ctrace_put_error(ctrace_writer *w, ctrace_id type, ctrace_str message)
{
    return put_text(w, CTRACE_VALUE_ERROR, type, message);
}

ctrace_status ctrace_put_char(ctrace_writer *w, ctrace_id type, uint32_t code_point)
{
    char text[4];
    bool mended = code_point > 0x10FFFF || (code_point >= 0xD800 && code_point < 0xE000);
    w->counts.texts_mended += mended;
    return put_text(w, CTRACE_VALUE_CHAR, type, (ctrace_str){text, ctr_utf8_encode(text, code_point)});
}

ctrace_status ctrace_put_none(ctrace_writer *w, ctrace_id type)
{
    ctrace_status status = open_plain(w, CTRACE_VALUE_NONE, &type);
    if (status != CTRACE_OK)
        return unless_cut(status);
    char *p = ctr_json_put_u64(payload(w), type);
    p = ctr_json_put_fragment(p, &w->json.values[CTRACE_VALUE_NONE][1]);
    w->value->size = (size_t)(p - w->value->data);
    return done(w);
}

ctrace_status ctrace_put_cell(ctrace_writer *w, int64_t cell)
{
    ctrace_id none = 0; /* a cell has no type */
    ctrace_status status = open_plain(w, CTRACE_VALUE_CELL, &none);
    if (status != CTRACE_OK)
        return unless_cut(status);
    char *p = ctr_json_put_i64(payload(w), cell);
    p = ctr_json_put_fragment(p, &w->json.values[CTRACE_VALUE_CELL][1]);
    w->value->size = (size_t)(p - w->value->data);
    return done(w);
}

/* Stands for what lies too deep. */
static ctrace_status put_mark(ctrace_writer *w)
{
    ctrace_id type = ctr_plain_type(w, CTRACE_VALUE_RAW);
    if (type == CTRACE_ID_NONE)
        return no_memory(w);
    w->counts.values_cut++;
    return ctrace_put_raw(w, type, CTRACE_STR("…"));
}

/* Opens a container and puts its fragment, or cuts it when it lies too deep. CTRACE_END: cut. */
static ctrace_status open_container(ctrace_writer *w, ctr_open_value container)
{
    if (!w->fatal && w->destination != CTR_TO_NOTHING && w->cut) {
        w->cut++;
        return CTRACE_END;
    }
    if (w->destination != CTR_TO_NOTHING && w->depth == w->options.max_depth) {
        ctrace_status status = put_mark(w);
        if (status == CTRACE_OK)
            w->cut = 1;
        return status == CTRACE_OK ? CTRACE_END : status;
    }
    ctrace_status status = open_plain(w, container.kind, &container.type);
    if (status != CTRACE_OK)
        return status;
    w->open[w->depth++] = container;
    if (w->depth > w->deepest)
        w->deepest = w->depth;
    return CTRACE_OK;
}

static ctrace_status put_list(ctrace_writer *w, ctr_open_value container)
{
    ctrace_status status = open_container(w, container);
    if (status != CTRACE_OK)
        return unless_cut(status);
    w->value->data[w->value->size++] = '['; /* open_plain made room */
    return CTRACE_OK;
}

ctrace_status ctrace_put_sequence(ctrace_writer *w, ctrace_id type, size_t count, bool is_slice)
{
    return put_list(w, (ctr_open_value){.kind = CTRACE_VALUE_SEQUENCE, .type = type, .left = count, .flag = is_slice});
}

ctrace_status ctrace_put_tuple(ctrace_writer *w, ctrace_id type, size_t count)
{
    return put_list(w, (ctr_open_value){.kind = CTRACE_VALUE_TUPLE, .type = type, .left = count});
}

ctrace_status ctrace_put_struct(ctrace_writer *w, ctrace_id type, size_t count)
{
    return put_list(w, (ctr_open_value){.kind = CTRACE_VALUE_STRUCT, .type = type, .left = count});
}

ctrace_status ctrace_put_variant(ctrace_writer *w, ctrace_id type, ctrace_str discriminator)
{
    ctrace_status status = open_container(w, (ctr_open_value){.kind = CTRACE_VALUE_VARIANT, .type = type, .left = 1});
    if (status != CTRACE_OK)
        return unless_cut(status);
    bool ok = ctr_json_text(w->value, discriminator, &w->counts.texts_mended) &&
              ctr_json_fragment(w->value, &w->json.values[CTRACE_VALUE_VARIANT][1]);
    return ok ? CTRACE_OK : no_memory(w);
}

ctrace_status ctrace_put_reference(ctrace_writer *w, ctrace_id type, uint64_t address, bool is_mutable)
{
    return unless_cut(open_container(w, (ctr_open_value){.kind = CTRACE_VALUE_REFERENCE, .type = type, .left = 1,
                                                         .address = address, .flag = is_mutable}));
}

ctrace_status ctrace_put_end(ctrace_writer *w)
{
    if (w->fatal)
        return w->failure.status;
    if (w->destination != CTR_TO_NOTHING && w->cut) {
        if (--w->cut == 0)
            return done(w);
        return CTRACE_OK;
    }
    if (w->destination == CTR_TO_NOTHING || w->depth == 0)
        return ctr_writer_refuse(w, CTRACE_ARGUMENT, "an end without a container");
    ctr_open_value *container = &w->open[w->depth - 1];
    if (container->left)
        return refuse(w, "a container was given fewer values than announced");
    const ctr_fragment *f = w->json.values[container->kind];
    const char *flag = container->flag ? "true" : "false";
    ctr_buffer *b = w->value;
    bool ok = true;
    int type_at = 1; /* the fragment before the type */
    w->depth--;
    switch (container->kind) {
    case CTRACE_VALUE_SEQUENCE:
        ok = ctr_json_literal(b, "]") && ctr_json_fragment(b, &f[1]) && ctr_json_literal(b, flag);
        type_at = 2;
        break;
    case CTRACE_VALUE_TUPLE:
    case CTRACE_VALUE_STRUCT:
        ok = ctr_json_literal(b, "]");
        break;
    case CTRACE_VALUE_REFERENCE:
        ok = ctr_json_fragment(b, &f[1]) && ctr_json_u64(b, container->address) && ctr_json_fragment(b, &f[2]) &&
             ctr_json_literal(b, flag);
        type_at = 3;
        break;
    default: /* a variant: discriminator and contents stand before it */
        type_at = 2;
        break;
    }
    return ok ? close_plain(w, container->kind, type_at, container->type) : no_memory(w);
}

ctrace_status ctr_put_tree(ctrace_writer *w, const ctrace_value *v)
{
    if (!v)
        return refuse(w, "a value is NULL");
    ctrace_status status;
    switch (v->kind) {
    case CTRACE_VALUE_INT:
        return ctrace_put_int(w, v->type_id, v->i);
    case CTRACE_VALUE_FLOAT:
        return ctrace_put_float(w, v->type_id, v->f);
    case CTRACE_VALUE_BOOL:
        return ctrace_put_bool(w, v->type_id, v->b);
    case CTRACE_VALUE_STRING:
    case CTRACE_VALUE_RAW:
    case CTRACE_VALUE_ERROR:
    case CTRACE_VALUE_CHAR:
        return put_text(w, v->kind, v->type_id, v->text);
    case CTRACE_VALUE_NONE:
        return ctrace_put_none(w, v->type_id);
    case CTRACE_VALUE_CELL:
        return ctrace_put_cell(w, v->place);
    case CTRACE_VALUE_BIG_INT:
        return put_magnitude(w, v->type_id, (const uint8_t *)v->text.data, v->text.size, v->is_negative);
    case CTRACE_VALUE_SEQUENCE:
        status = ctrace_put_sequence(w, v->type_id, v->count, v->is_slice);
        break;
    case CTRACE_VALUE_TUPLE:
        status = ctrace_put_tuple(w, v->type_id, v->count);
        break;
    case CTRACE_VALUE_STRUCT:
        status = ctrace_put_struct(w, v->type_id, v->count);
        break;
    case CTRACE_VALUE_VARIANT:
        status = ctrace_put_variant(w, v->type_id, v->text);
        break;
    case CTRACE_VALUE_REFERENCE:
        status = ctrace_put_reference(w, v->type_id, v->address, v->is_mutable);
        break;
    default:
        return refuse(w, "a value's kind is not one of the format's");
    }
    /* What was cut is not walked through, so the depth of the recursion is bounded by max_depth. */
    if (!w->cut) {
        const ctrace_value *child = v + 1;
        for (uint32_t i = 0; status == CTRACE_OK && i < v->count; i++, child += child->span)
            status = ctr_put_tree(w, child);
    }
    return status == CTRACE_OK ? ctrace_put_end(w) : status;
}

ctrace_status ctrace_put_value(ctrace_writer *w, const ctrace_value *value)
{
    if (!w->fatal && w->destination != CTR_TO_NOTHING && w->cut)
        return CTRACE_OK;
    return ctr_put_tree(w, value);
}

ctrace_status ctrace_put_kept(ctrace_writer *w, const ctrace_kept *kept)
{
    if (!kept->whole)
        return ctr_writer_refuse(w, CTRACE_STATE, "nothing is kept there");
    if (w->destination == CTR_TO_KEPT && w->kept == kept)
        return refuse(w, "a kept value cannot hold itself");
    if (!w->cut && w->destination != CTR_TO_NOTHING && w->depth + kept->depth > w->options.max_depth)
        return put_mark(w);
    ctrace_status status = place(w);
    if (status != CTRACE_OK)
        return unless_cut(status);
    if (!ctr_buffer_append(w->value, kept->buffer.data, kept->buffer.size))
        return no_memory(w);
    if (w->depth + kept->depth > w->deepest)
        w->deepest = w->depth + kept->depth;
    return done(w);
}

ctrace_kept *ctrace_kept_new(ctrace_writer *w)
{
    ctrace_kept *kept = ctr_alloc_zero(w->allocator, sizeof *kept);
    if (kept)
        kept->buffer.allocator = w->allocator;
    return kept;
}

void ctrace_kept_free(ctrace_kept *kept)
{
    if (!kept)
        return;
    const ctrace_allocator *allocator = kept->buffer.allocator;
    ctr_buffer_free(&kept->buffer);
    ctr_free(allocator, kept, sizeof *kept);
}
