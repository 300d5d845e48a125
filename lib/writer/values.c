/* Values, built by calls in order. Names may be declared in the middle of one: their events go before the one that
 * holds the value. Here stand the rules; what is put goes to the plain data or, as JSON, right to its place. */
#include "base/utf8.h"
#include "writer/in_place.h"
#include "writer/quick.h"

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
            return ctr_value_refuse(w, "a container was given more values than announced");
        parent->left--;
        if (parent->any && !w->plain && !ctr_buffer_append(w->value, ",", 1))
            return ctr_value_no_memory(w);
        parent->any = true;
    }
    return w->local_waits ? ctr_local_begun(w) : CTRACE_OK;
}

/* The variable whose value waits; that is begun anew. */
static inline ctrace_id take_local(ctrace_writer *w)
{
    w->local_waits = false;
    w->destination = CTR_TO_NOTHING;
    return w->event.value.variable_id;
}

static ctrace_status done(ctrace_writer *w) { return w->depth ? CTRACE_OK : ctr_value_complete(w); }

/* What is left out is no failure. */
static ctrace_status unless_cut(ctrace_status status) { return status == CTRACE_END ? CTRACE_OK : status; }

/* The value was built, if there was memory. */
static ctrace_status built(ctrace_writer *w, bool there_was_memory)
{
    return there_was_memory ? done(w) : ctr_value_no_memory(w);
}

/* Places a value of `kind` and settles its type. */
static inline ctrace_status place_typed(ctrace_writer *w, ctrace_value_kind kind, ctrace_id *type)
{
    ctrace_status status = place(w);
    if (status == CTRACE_OK && *type == CTRACE_ID_NONE && w->destination != CTR_TO_GIVEN) {
        *type = ctr_plain_type(w, kind);
        if (*type == CTRACE_ID_NONE)
            return ctr_value_no_memory(w);
    }
    return status;
}

/* A plain value in the container that is being built, where that is plain data. NULL: it goes the long way. */
static inline ctrace_value *child_as_data(ctrace_writer *w, ctrace_value_kind kind, ctrace_id type)
{
    if (!w->plain || w->depth == 0 || w->cut || w->fatal || w->destination == CTR_TO_NOTHING || type == CTRACE_ID_NONE)
        return NULL;
    ctr_open_value *parent = &w->open[w->depth - 1];
    ctrace_value *child = parent->left ? ctr_tree_add_plain(w->plain, kind, type) : NULL;
    if (child)
        parent->left--;
    return child;
}

ctrace_status ctrace_put_int(ctrace_writer *w, ctrace_id type, int64_t i)
{
    if (w->local_waits)
        return ctr_quick_local_int(w, take_local(w), type, i);
    ctrace_value *child = child_as_data(w, CTRACE_VALUE_INT, type);
    if (child) {
        child->i = i;
        return CTRACE_OK;
    }
    char *p = ctr_child_in_place(w, CTRACE_VALUE_INT, type);
    if (p)
        return ctr_typed_child_done(w, ctr_json_put_i64(p, i), type);
    ctrace_status status = place_typed(w, CTRACE_VALUE_INT, &type);
    if (status != CTRACE_OK)
        return unless_cut(status);
    if (w->plain)
        return built(w, ctr_tree_add(w->plain, &(ctrace_value){.kind = CTRACE_VALUE_INT, .type_id = type, .i = i}));
    return built(w, ctr_json_int(w->value, w->fragments, type, i));
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
ctrace_status ctr_put_magnitude(ctrace_writer *w, ctrace_id type, ctrace_str magnitude, bool negative)
{
    ctrace_status status = place_typed(w, CTRACE_VALUE_BIG_INT, &type);
    if (status != CTRACE_OK)
        return unless_cut(status);
    if (w->plain)
        return built(w, ctr_tree_add(w->plain, &(ctrace_value){.kind = CTRACE_VALUE_BIG_INT, .type_id = type,
                                                                .text = magnitude, .is_negative = negative}));
    return built(w, ctr_json_big_int(w->value, w->fragments, type, magnitude, negative));
}

ctrace_status ctrace_put_big_int(ctrace_writer *w, ctrace_id type, const uint8_t *magnitude, size_t size,
                                 bool negative)
{
    for (; size && *magnitude == 0; magnitude++)
        size--;
    int64_t small;
    if (ctr_small_int(magnitude, size, negative, &small))
        return ctrace_put_int(w, type, small);
    return ctr_put_magnitude(w, type, (ctrace_str){(const char *)magnitude, size}, negative);
}

ctrace_status ctrace_put_float(ctrace_writer *w, ctrace_id type, double f)
{
    bool finite = f - f == 0;
    if (!finite && w->json && w->options.floats == CTRACE_FLOAT_NUMBER)
        return ctrace_put_raw(w, type, ctr_json_no_number(f));
    if (w->local_waits)
        return ctr_quick_local_float(w, take_local(w), type, f);
    ctrace_status status = place_typed(w, CTRACE_VALUE_FLOAT, &type);
    if (status != CTRACE_OK)
        return unless_cut(status);
    if (w->plain)
        return built(w, ctr_tree_add(w->plain, &(ctrace_value){.kind = CTRACE_VALUE_FLOAT, .type_id = type, .f = f}));
    return built(w, ctr_json_float(w->value, w->fragments, type, f, w->options.floats));
}

ctrace_status ctrace_put_bool(ctrace_writer *w, ctrace_id type, bool b)
{
    if (w->local_waits)
        return ctr_quick_local_bool(w, take_local(w), type, b);
    ctrace_status status = place_typed(w, CTRACE_VALUE_BOOL, &type);
    if (status != CTRACE_OK)
        return unless_cut(status);
    if (w->plain)
        return built(w, ctr_tree_add(w->plain, &(ctrace_value){.kind = CTRACE_VALUE_BOOL, .type_id = type, .b = b}));
    return built(w, ctr_json_bool(w->value, w->fragments, type, b));
}

ctrace_status ctr_put_text(ctrace_writer *w, ctrace_value_kind kind, ctrace_id type, ctrace_str text)
{
    if (w->local_waits)
        return ctr_quick_local_text(w, take_local(w), kind, type, text);
    ctrace_status status = place_typed(w, kind, &type);
    if (status != CTRACE_OK)
        return unless_cut(status);
    if (w->plain)
        return built(w, ctr_tree_add(w->plain, &(ctrace_value){.kind = kind, .type_id = type, .text = text}));
    return built(w, ctr_json_text_value(w->value, w->fragments, kind, type, text, &w->encoder->texts_mended));
}

ctrace_status ctrace_put_string(ctrace_writer *w, ctrace_id type, ctrace_str text)
{
    return ctr_put_text(w, CTRACE_VALUE_STRING, type, text);
}

ctrace_status ctrace_put_raw(ctrace_writer *w, ctrace_id type, ctrace_str text)
{
    return ctr_put_text(w, CTRACE_VALUE_RAW, type, text);
}

ctrace_status ctrace_put_error(ctrace_writer *w, ctrace_id type, ctrace_str message)
{
    return ctr_put_text(w, CTRACE_VALUE_ERROR, type, message);
}

ctrace_status ctrace_put_char(ctrace_writer *w, ctrace_id type, uint32_t code_point)
{
    char text[4];
    bool mended = code_point > 0x10FFFF || (code_point >= 0xD800 && code_point < 0xE000);
    w->counts.texts_mended += mended;
    return ctr_put_text(w, CTRACE_VALUE_CHAR, type, (ctrace_str){text, ctr_utf8_encode(text, code_point)});
}

ctrace_status ctrace_put_none(ctrace_writer *w, ctrace_id type)
{
    if (w->local_waits)
        return ctr_quick_local_none(w, take_local(w), type);
    ctrace_status status = place_typed(w, CTRACE_VALUE_NONE, &type);
    if (status != CTRACE_OK)
        return unless_cut(status);
    if (w->plain)
        return built(w, ctr_tree_add(w->plain, &(ctrace_value){.kind = CTRACE_VALUE_NONE, .type_id = type}));
    return built(w, ctr_json_none(w->value, w->fragments, type));
}

ctrace_status ctrace_put_cell(ctrace_writer *w, int64_t cell)
{
    ctrace_status status = place(w); /* a cell has no type */
    if (status != CTRACE_OK)
        return unless_cut(status);
    if (w->plain)
        return built(w, ctr_tree_add(w->plain, &(ctrace_value){.kind = CTRACE_VALUE_CELL, .place = cell}));
    return built(w, ctr_json_cell(w->value, w->fragments, cell));
}

/* Stands for what lies too deep. */
static ctrace_status put_mark(ctrace_writer *w)
{
    ctrace_id type = ctr_plain_type(w, CTRACE_VALUE_RAW);
    if (type == CTRACE_ID_NONE)
        return ctr_value_no_memory(w);
    w->counts.values_cut++;
    return ctrace_put_raw(w, type, CTRACE_STR("…"));
}

/* Opens a container: what stands of it before its `left` children. CTRACE_OK also when it was cut away. */
static ctrace_status open_container(ctrace_writer *w, ctrace_value container, size_t left)
{
    if (!w->fatal && w->destination != CTR_TO_NOTHING && w->cut) {
        w->cut++;
        return CTRACE_OK;
    }
    if (w->destination != CTR_TO_NOTHING && w->depth == w->options.max_depth) {
        ctrace_status status = put_mark(w);
        if (status == CTRACE_OK)
            w->cut = 1;
        return status;
    }
    ctrace_status status = place_typed(w, container.kind, &container.type_id);
    if (status != CTRACE_OK)
        return status;
    ctr_open_value *open = &w->open[w->depth++];
    *open = (ctr_open_value){.kind = (uint8_t)container.kind, .flag = container.is_slice || container.is_mutable,
                             .type = container.type_id, .address = container.address, .left = left};
    if (w->depth > w->deepest)
        w->deepest = w->depth;
    if (!w->plain) {
        bool put = ctr_json_open_value(w->value, w->fragments, &container, &w->encoder->texts_mended);
        return put ? CTRACE_OK : ctr_value_no_memory(w);
    }
    if (left > UINT32_MAX)
        return ctr_value_refuse(w, "a container was announced with more values than there can be");
    container.count = (uint32_t)left;
    open->entry = ctr_tree_count(w->plain);
    return ctr_tree_add(w->plain, &container) ? CTRACE_OK : ctr_value_no_memory(w);
}

ctrace_status ctrace_put_sequence(ctrace_writer *w, ctrace_id type, size_t count, bool is_slice)
{
    ctrace_value container = {.kind = CTRACE_VALUE_SEQUENCE, .type_id = type, .is_slice = is_slice};
    return open_container(w, container, count);
}

ctrace_status ctrace_put_tuple(ctrace_writer *w, ctrace_id type, size_t count)
{
    return open_container(w, (ctrace_value){.kind = CTRACE_VALUE_TUPLE, .type_id = type}, count);
}

ctrace_status ctrace_put_struct(ctrace_writer *w, ctrace_id type, size_t count)
{
    return open_container(w, (ctrace_value){.kind = CTRACE_VALUE_STRUCT, .type_id = type}, count);
}

ctrace_status ctrace_put_variant(ctrace_writer *w, ctrace_id type, ctrace_str discriminator)
{
    return open_container(w, (ctrace_value){.kind = CTRACE_VALUE_VARIANT, .type_id = type, .text = discriminator}, 1);
}

ctrace_status ctrace_put_reference(ctrace_writer *w, ctrace_id type, uint64_t address, bool is_mutable)
{
    ctrace_value container = {.kind = CTRACE_VALUE_REFERENCE, .type_id = type, .address = address,
                              .is_mutable = is_mutable};
    return open_container(w, container, 1);
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
    const ctr_open_value *open = &w->open[w->depth - 1];
    if (open->left)
        return ctr_value_refuse(w, "a container was given fewer values than announced");
    w->depth--;
    if (w->plain) {
        ctr_tree_close(w->plain, open->entry);
        return done(w);
    }
    ctrace_value container = {.kind = open->kind, .type_id = open->type, .address = open->address,
                              .is_slice = open->flag, .is_mutable = open->flag};
    return built(w, ctr_json_close_value(w->value, w->fragments, &container));
}

ctrace_status ctrace_put_kept(ctrace_writer *w, const ctrace_kept *kept)
{
    if (!kept->whole)
        return ctr_writer_refuse(w, CTRACE_STATE, "nothing is kept there");
    if (w->destination == CTR_TO_KEPT && w->kept == kept)
        return ctr_value_refuse(w, "a kept value cannot hold itself");
    if (!w->cut && w->destination != CTR_TO_NOTHING && w->depth + kept->depth > w->options.max_depth)
        return put_mark(w);
    ctrace_status status = place(w);
    if (status != CTRACE_OK)
        return unless_cut(status);
    bool copied = w->plain ? ctr_tree_add_all(w->plain, &kept->plain)
                           : ctr_buffer_append(w->value, kept->bytes.data, kept->bytes.size);
    if (!copied)
        return ctr_value_no_memory(w);
    if (w->depth + kept->depth > w->deepest)
        w->deepest = w->depth + kept->depth;
    return done(w);
}

ctrace_kept *ctrace_kept_new(ctrace_writer *w)
{
    ctrace_kept *kept = ctr_alloc_zero(w->allocator, sizeof *kept);
    if (!kept)
        return NULL;
    kept->writer = w;
    kept->bytes.allocator = kept->plain.values.allocator = kept->plain.texts.allocator = w->allocator;
    return kept;
}

void ctrace_kept_free(ctrace_kept *kept)
{
    if (!kept)
        return;
    ctrace_writer *w = kept->writer;
    const ctrace_allocator *allocator = w->allocator;
    if (w->destination == CTR_TO_KEPT && w->kept == kept) /* it is still being filled */
        ctrace_cancel_value(w);
    ctr_buffer_free(&kept->bytes);
    ctr_tree_free(&kept->plain);
    ctr_free(allocator, kept, sizeof *kept);
}
