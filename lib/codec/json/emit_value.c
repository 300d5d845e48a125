#include "codec/json/emit_value.h"

static bool first_fragment(ctr_buffer *b, const ctr_json_fragments *f, ctrace_value_kind kind)
{
    char *p = ctr_json_begin_value(b, f, kind);
    return p && ctr_json_end_value(b, p);
}

/* Fragment `i`, the type and the last fragment behind a payload of any length. */
static bool close_typed(ctr_buffer *b, const ctr_fragment *f, int i, ctrace_id type)
{
    return ctr_buffer_reserve(b, 3 * CTR_JSON_PIECE) && ctr_json_end_typed(b, f, i, type, b->data + b->size);
}

bool ctr_json_text_value(ctr_buffer *b, const ctr_json_fragments *f, ctrace_value_kind kind, ctrace_id type,
                         ctrace_str text, uint64_t *mended)
{
    return first_fragment(b, f, kind) && ctr_json_text(b, text, mended) && close_typed(b, f->values[kind], 1, type);
}

bool ctr_json_big_int(ctr_buffer *b, const ctr_json_fragments *f, ctrace_id type, ctrace_str magnitude, bool negative)
{
    const ctr_fragment *big = f->values[CTRACE_VALUE_BIG_INT];
    return first_fragment(b, f, CTRACE_VALUE_BIG_INT) &&
           ctr_json_base64(b, (const uint8_t *)magnitude.data, magnitude.size) && ctr_json_fragment(b, &big[1]) &&
           ctr_json_literal(b, negative ? "true" : "false") && close_typed(b, big, 2, type);
}

bool ctr_json_open_value(ctr_buffer *b, const ctr_json_fragments *f, const ctrace_value *v, uint64_t *mended)
{
    if (!first_fragment(b, f, v->kind))
        return false;
    switch (v->kind) {
    case CTRACE_VALUE_VARIANT:
        return ctr_json_text(b, v->text, mended) && ctr_json_fragment(b, &f->values[CTRACE_VALUE_VARIANT][1]);
    case CTRACE_VALUE_REFERENCE:
        return true;
    default:
        return ctr_buffer_append(b, "[", 1);
    }
}

bool ctr_json_close_value(ctr_buffer *b, const ctr_json_fragments *fragments, const ctrace_value *v)
{
    const ctr_fragment *f = fragments->values[v->kind];
    switch (v->kind) {
    case CTRACE_VALUE_SEQUENCE:
        return ctr_json_literal(b, "]") && ctr_json_fragment(b, &f[1]) &&
               ctr_json_literal(b, v->is_slice ? "true" : "false") && close_typed(b, f, 2, v->type_id);
    case CTRACE_VALUE_VARIANT:
        return close_typed(b, f, 2, v->type_id);
    case CTRACE_VALUE_REFERENCE:
        return ctr_json_fragment(b, &f[1]) && ctr_json_u64(b, v->address) && ctr_json_fragment(b, &f[2]) &&
               ctr_json_literal(b, v->is_mutable ? "true" : "false") && close_typed(b, f, 3, v->type_id);
    default:
        return ctr_json_literal(b, "]") && close_typed(b, f, 1, v->type_id);
    }
}

bool ctr_json_value(ctr_buffer *b, const ctr_json_fragments *f, const ctrace_value *v, ctrace_float_form form,
                    uint64_t *mended)
{
    switch (v->kind) {
    case CTRACE_VALUE_INT:
        return ctr_json_int(b, f, v->type_id, v->i);
    case CTRACE_VALUE_FLOAT:
        if (form == CTRACE_FLOAT_NUMBER && v->f - v->f != 0)
            return ctr_json_text_value(b, f, CTRACE_VALUE_RAW, v->type_id, ctr_json_no_number(v->f), mended);
        return ctr_json_float(b, f, v->type_id, v->f, form);
    case CTRACE_VALUE_BOOL:
        return ctr_json_bool(b, f, v->type_id, v->b);
    case CTRACE_VALUE_STRING:
    case CTRACE_VALUE_RAW:
    case CTRACE_VALUE_ERROR:
    case CTRACE_VALUE_CHAR:
        return ctr_json_text_value(b, f, v->kind, v->type_id, v->text, mended);
    case CTRACE_VALUE_NONE:
        return ctr_json_none(b, f, v->type_id);
    case CTRACE_VALUE_CELL:
        return ctr_json_cell(b, f, v->place);
    case CTRACE_VALUE_BIG_INT:
        return ctr_json_big_int(b, f, v->type_id, v->text, v->is_negative);
    default: {
        const ctrace_value *child = v + 1;
        bool ok = ctr_json_open_value(b, f, v, mended);
        for (uint32_t i = 0; ok && i < v->count; i++, child += child->span)
            ok = (i == 0 || ctr_buffer_append(b, ",", 1)) && ctr_json_value(b, f, child, form, mended);
        return ok && ctr_json_close_value(b, f, v);
    }
    }
}
