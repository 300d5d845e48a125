#include "codec/capnp/decode.h"

/* What a value costs beside its words: the entry that it is read into. */
#define VALUE_PRICE (sizeof(ctrace_value) / 8)

/* All words of a value's record. */
typedef struct value_words {
    uint64_t data[CTR_CAPNP_VALUE_DATA];
    ctr_pointer_place pointers[CTR_CAPNP_VALUE_POINTERS];
} value_words;

CTR_APART static bool read_words_apart(ctr_capnp_decoder *d, const ctr_record_place *r, value_words *out)
{
    for (uint32_t i = 0; i < CTR_CAPNP_VALUE_DATA; i++)
        if (!ctr_message_data(&d->message, r, i, &out->data[i]))
            return false;
    for (uint32_t i = 0; i < CTR_CAPNP_VALUE_POINTERS; i++)
        if (!ctr_message_pointer(&d->message, r, i, &out->pointers[i]))
            return false;
    return true;
}

/* Nearly always the record is the usual one and all of it is in view. */
static inline bool read_words(ctr_capnp_decoder *d, const ctr_record_place *r, value_words *out)
{
    const uint64_t at = r->place - d->message.view_first, count = d->message.view_count;
    if (r->data_words != CTR_CAPNP_VALUE_DATA || r->pointers != CTR_CAPNP_VALUE_POINTERS || at >= count ||
        count - at < CTR_CAPNP_VALUE_DATA + CTR_CAPNP_VALUE_POINTERS)
        return read_words_apart(d, r, out);
    const uint64_t *words = d->message.view + at;
    for (uint32_t i = 0; i < CTR_CAPNP_VALUE_DATA; i++)
        out->data[i] = ctr_word_load(words + i);
    for (uint32_t i = 0; i < CTR_CAPNP_VALUE_POINTERS; i++)
        out->pointers[i] = (ctr_pointer_place){ctr_word_load(words + CTR_CAPNP_VALUE_DATA + i),
                                               r->place + CTR_CAPNP_VALUE_DATA + i, r->segment};
    return true;
}

static bool read_children(ctr_capnp_decoder *d, const ctr_pointer_place *p, uint32_t depth, uint32_t *count)
{
    ctr_message *m = &d->message;
    ctr_list_place list;
    if (!ctr_message_list(m, p, &list))
        return false;
    for (uint32_t i = 0; i < list.count; i++) {
        ctr_record_place element;
        if (!ctr_message_element(m, &list, i, &element) || !ctr_capnp_read_value(d, &element, depth))
            return false;
    }
    *count = list.count;
    return true;
}

static bool read_child(ctr_capnp_decoder *d, const ctr_pointer_place *p, uint32_t depth)
{
    ctr_record_place r;
    return ctr_message_record(&d->message, p, &r) && ctr_capnp_read_value(d, &r, depth);
}

/* What lies in the value, which has these children; others move the entries. */
static bool read_inside(ctr_capnp_decoder *d, const value_words *w, size_t at, uint32_t depth)
{
    bool is_list = d->values[at].kind <= CTRACE_VALUE_STRUCT;
    uint32_t count = 1;
    if (!(is_list ? read_children(d, &w->pointers[0], depth + 1, &count)
                  : read_child(d, &w->pointers[d->values[at].kind == CTRACE_VALUE_VARIANT], depth + 1)))
        return false;
    d->values[at].count = count;
    d->values[at].span = (uint32_t)(d->value_count - at);
    return true;
}

bool ctr_capnp_read_value(ctr_capnp_decoder *d, const ctr_record_place *r, uint32_t depth)
{
    ctr_message *m = &d->message;
    value_words w;
    if (depth > d->base.options.max_depth)
        return ctr_message_fail(m, CTRACE_TOO_DEEP, r->place, "a value is nested too deeply");
    if (!ctr_message_pay(m, VALUE_PRICE, r->place) || !read_words(d, r, &w) ||
        !CTR_CAPNP_ROOM(d, d->values, d->value_capacity, d->value_count))
        return false;
    unsigned tag = (unsigned)(w.data[1] & 0xffff);
    if (tag >= CTR_CAPNP_VALUES)
        return ctr_message_fail(m, CTRACE_EVENT, r->place, "a value is of an unknown kind");
    size_t at = d->value_count++;
    ctrace_value *v = &d->values[at];
    *v = (ctrace_value){.kind = (ctrace_value_kind)tag, .span = 1};
    bool flag = w.data[0] & 1;
    switch (v->kind) {
    case CTRACE_VALUE_INT:
    case CTRACE_VALUE_FLOAT:
        v->i = (int64_t)w.data[0]; /* a float's bits are the same */
        return ctr_capnp_id_at(d, &w.pointers[0], &v->type_id);
    case CTRACE_VALUE_BOOL:
        v->b = flag;
        return ctr_capnp_id_at(d, &w.pointers[0], &v->type_id);
    case CTRACE_VALUE_STRING:
    case CTRACE_VALUE_RAW:
    case CTRACE_VALUE_ERROR:
        return ctr_capnp_text_at(d, &w.pointers[0], &v->text) && ctr_capnp_id_at(d, &w.pointers[1], &v->type_id);
    case CTRACE_VALUE_BIG_INT:
        v->is_negative = flag;
        return ctr_message_bytes(m, &w.pointers[0], false, &v->text) &&
               ctr_capnp_id_at(d, &w.pointers[1], &v->type_id);
    case CTRACE_VALUE_SEQUENCE:
        v->is_slice = flag;
        return ctr_capnp_id_at(d, &w.pointers[1], &v->type_id) && read_inside(d, &w, at, depth);
    case CTRACE_VALUE_TUPLE:
    case CTRACE_VALUE_STRUCT:
        return ctr_capnp_id_at(d, &w.pointers[1], &v->type_id) && read_inside(d, &w, at, depth);
    case CTRACE_VALUE_REFERENCE:
        v->is_mutable = flag;
        v->address = w.data[2];
        return ctr_capnp_id_at(d, &w.pointers[1], &v->type_id) && read_inside(d, &w, at, depth);
    case CTRACE_VALUE_VARIANT:
        return ctr_capnp_text_at(d, &w.pointers[0], &v->text) && ctr_capnp_id_at(d, &w.pointers[2], &v->type_id) &&
               read_inside(d, &w, at, depth);
    case CTRACE_VALUE_NONE:
        return ctr_capnp_id_at(d, &w.pointers[0], &v->type_id);
    case CTRACE_VALUE_CELL: {
        uint64_t place;
        if (!ctr_capnp_number_at(d, &w.pointers[0], &place))
            return false;
        v->place = (int64_t)place;
        return true;
    }
    case CTRACE_VALUE_CHAR:
    case CTRACE_VALUE_KIND_COUNT:
        break;
    }
    return false;
}
