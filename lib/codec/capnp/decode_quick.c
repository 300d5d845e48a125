/* Events as all builders in use lay them out: each record behind the one that leads to it, so that pointers have few
 * forms, and all of it in view and in one segment. Anything else is left to decode_event.c, which gives the same for
 * these too, only more slowly. */
#include "codec/capnp/decode.h"

#define NUMBER_BITS  CTR_STRUCT_BITS(1, 0)
#define VALUE_BITS   CTR_STRUCT_BITS(CTR_CAPNP_VALUE_DATA, CTR_CAPNP_VALUE_POINTERS)
#define VALUE_WORDS  (CTR_CAPNP_VALUE_DATA + CTR_CAPNP_VALUE_POINTERS)
#define OFFSET_MASK  UINT64_C(0xfffffffc)
/* A value's entry, its words and the number of its type. */
#define VALUE_PRICE  (sizeof(ctrace_value) / 8 + VALUE_WORDS + 1)
#define EVENT_PRICE  8

/* Words that may be looked at: those behind what the event's entry leads to. */
typedef struct region {
    const uint64_t *words;
    uint64_t count;
} region;

/* How far ahead a pointer leads: very far when it leads back. */
static inline uint64_t ahead(uint64_t pointer) { return (uint32_t)pointer >> 2; }

/* What the payload leads to, which must be a record with these bits. */
static inline bool open_region(const ctr_capnp_decoder *d, uint64_t pointer, uint64_t place, uint64_t bits,
                               region *out)
{
    const ctr_message *m = &d->message;
    const ctr_segment *segment = d->events.segment;
    place++;
    if ((pointer & 7) == CTR_POINTER_FAR) {
        if (ctr_far_segment(pointer) >= m->segment_count)
            return false;
        segment = &m->segments[ctr_far_segment(pointer)];
        place = segment->begin + ctr_far_word(pointer);
        uint64_t at = place - m->view_first;
        if (at >= m->view_count || place >= segment->end)
            return false;
        pointer = ctr_word_load(m->view + at);
        place++;
    }
    if ((pointer & ~OFFSET_MASK) != bits)
        return false;
    place += ahead(pointer);
    uint64_t at = place - m->view_first;
    if (at >= m->view_count || place >= segment->end)
        return false;
    uint64_t in_view = m->view_count - at, in_segment = segment->end - place;
    *out = (region){m->view + at, in_view < in_segment ? in_view : in_segment};
    return true;
}

/* The number that the pointer at `at` leads to; `at` is in the region. */
static inline bool number_at(const region *r, uint64_t at, uint64_t *out)
{
    uint64_t pointer = ctr_word_load(r->words + at);
    uint64_t to = at + 1 + ahead(pointer);
    if ((pointer & ~OFFSET_MASK) != NUMBER_BITS || to >= r->count)
        return false;
    *out = ctr_word_load(r->words + to);
    return true;
}

static inline bool id_at(const region *r, uint64_t at, ctrace_id *out)
{
    return number_at(r, at, out) && *out <= (uint64_t)INT64_MAX;
}

static inline bool text_at(ctr_capnp_decoder *d, const region *r, uint64_t at, ctrace_str *out)
{
    uint64_t pointer = ctr_word_load(r->words + at);
    uint64_t to = at + 1 + ahead(pointer);
    uint64_t size = ctr_pointer_count(pointer), words = (size + 7) / 8;
    if ((pointer & UINT64_C(0x700000003)) != CTR_LIST_BITS(CTR_ELEMENTS_BYTES, 0) || size == 0 || to >= r->count ||
        words > r->count - to)
        return false;
    uint64_t high = 0;
    for (uint64_t i = 0; i < words; i++)
        high |= r->words[to + i];
    const char *text = (const char *)(r->words + to);
    if (high & UINT64_C(0x8080808080808080) || text[size - 1] != 0)
        return false;
    *out = (ctrace_str){text, (size_t)size - 1};
    d->message.window->pinned = d->message.plain.round;
    d->message.paid += words;
    return true;
}

/* A value without others in it, whose record begins at `at`, all of it in the region. */
static inline bool read_scalar(ctr_capnp_decoder *d, const region *r, uint64_t at, uint64_t kind, ctrace_value *v)
{
    const uint64_t first = ctr_word_load(r->words + at), p0 = at + CTR_CAPNP_VALUE_DATA;
    *v = (ctrace_value){.kind = (ctrace_value_kind)kind, .span = 1};
    switch (kind) {
    case CTRACE_VALUE_INT:
    case CTRACE_VALUE_FLOAT:
        v->i = (int64_t)first;
        return id_at(r, p0, &v->type_id);
    case CTRACE_VALUE_BOOL:
        v->b = first & 1;
        return id_at(r, p0, &v->type_id);
    case CTRACE_VALUE_NONE:
        return id_at(r, p0, &v->type_id);
    case CTRACE_VALUE_STRING:
    case CTRACE_VALUE_RAW:
    case CTRACE_VALUE_ERROR:
        return text_at(d, r, p0, &v->text) && id_at(r, p0 + 1, &v->type_id);
    default:
        return false;
    }
}

/* A value, or one with values of which none has others in it. */
static __attribute__((noinline)) bool read_value(ctr_capnp_decoder *d, const region *r, uint64_t at)
{
    if (r->count < VALUE_WORDS || at > r->count - VALUE_WORDS ||
        !CTR_CAPNP_ROOM(d, d->values, d->value_capacity, 0))
        return false;
    const uint64_t kind = ctr_word_load(r->words + at + 1);
    ctrace_value *v = d->values;
    d->message.paid += VALUE_PRICE;
    if (kind < CTRACE_VALUE_SEQUENCE || kind > CTRACE_VALUE_STRUCT)
        return read_scalar(d, r, at, kind, v);
    const uint64_t p0 = at + CTR_CAPNP_VALUE_DATA, pointer = ctr_word_load(r->words + p0);
    uint64_t head = p0 + 1 + ahead(pointer);
    if ((pointer & UINT64_C(0x700000003)) != CTR_LIST_BITS(CTR_ELEMENTS_RECORDS, 0) || head >= r->count ||
        ctr_pointer_count(pointer) > r->count - head - 1)
        return false;
    const uint64_t tag = ctr_word_load(r->words + head), count = ctr_pointer_count(pointer) / VALUE_WORDS;
    if (tag != (VALUE_BITS | count << 2))
        return false;
    *v = (ctrace_value){.kind = (ctrace_value_kind)kind, .span = (uint32_t)count + 1, .count = (uint32_t)count};
    v->is_slice = kind == CTRACE_VALUE_SEQUENCE && (ctr_word_load(r->words + at) & 1);
    if (!id_at(r, p0 + 1, &v->type_id))
        return false;
    for (uint64_t i = 0, element = head + 1; i < count; i++, element += VALUE_WORDS) {
        if (!CTR_CAPNP_ROOM(d, d->values, d->value_capacity, i + 1) ||
            !read_scalar(d, r, element, ctr_word_load(r->words + element + 1), &d->values[i + 1]))
            return false;
    }
    d->message.paid += count * VALUE_PRICE;
    return true;
}

static __attribute__((noinline)) bool read_quickly(ctr_capnp_decoder *d, unsigned tag, uint64_t from, uint64_t place)
{
    ctrace_event *e = &d->event;
    region r;
    switch (tag) {
    case CTRACE_EVENT_STEP: {
        uint64_t line;
        if (!open_region(d, from, place, CTR_STRUCT_BITS(0, 2), &r) || r.count < 2 ||
            !id_at(&r, 0, &e->step.path_id) || !number_at(&r, 1, &line))
            return false;
        e->step.line = (int64_t)line;
        return true;
    }
    case CTRACE_EVENT_VALUE:
        if (!open_region(d, from, place, CTR_STRUCT_BITS(0, 2), &r) || r.count < 2 ||
            !id_at(&r, 0, &e->value.variable_id))
            return false;
        break;
    case CTRACE_EVENT_RETURN:
        if (!open_region(d, from, place, CTR_STRUCT_BITS(0, 1), &r))
            return false;
        break;
    default:
        return false;
    }
    const uint64_t at = tag == CTRACE_EVENT_VALUE, pointer = ctr_word_load(r.words + at);
    if ((pointer & ~OFFSET_MASK) != VALUE_BITS || !read_value(d, &r, at + 1 + ahead(pointer)))
        return false;
    if (tag == CTRACE_EVENT_VALUE)
        e->value.value = d->values;
    else
        e->returned.return_value = d->values;
    return true;
}

/* Most events are steps and values that are numbers or flags, with each record right behind the pointer to it: then all
 * is at one place, and one look at the bounds and one at each pointer are enough. */
/* Where what is behind the two pointers is, and the number of words. */
#define FIRST_AT    2
#define LINE_AT     3
#define VALUE_AT    3
#define TYPE_AT     (VALUE_AT + VALUE_WORDS)
#define STEP_WORDS  4
#define PLAIN_WORDS 10

static inline bool read_plain(ctr_capnp_decoder *d, unsigned tag, uint64_t pointer, uint64_t place)
{
    region r;
    if ((tag != CTRACE_EVENT_STEP && tag != CTRACE_EVENT_VALUE) ||
        !open_region(d, pointer, place, CTR_STRUCT_BITS(0, 2), &r))
        return false;
    if (r.count < STEP_WORDS || ctr_word_load(r.words) != CTR_CAPNP_NEXT_NUMBER)
        return false;
    const uint64_t second = ctr_word_load(r.words + 1), id = ctr_word_load(r.words + FIRST_AT);
    if (id > (uint64_t)INT64_MAX)
        return false;
    if (tag == CTRACE_EVENT_STEP) {
        d->event.step = (ctrace_step_event){.path_id = id, .line = (int64_t)ctr_word_load(r.words + LINE_AT)};
        return second == CTR_CAPNP_NEXT_NUMBER;
    }
    if (second != CTR_CAPNP_NEXT_VALUE || r.count < PLAIN_WORDS || !d->value_capacity)
        return false;
    d->event.value = (ctrace_value_event){.variable_id = id, .value = d->values};
    const uint64_t first = ctr_word_load(r.words + VALUE_AT), kind = ctr_word_load(r.words + VALUE_AT + 1);
    const uint64_t type_id = ctr_word_load(r.words + TYPE_AT);
    const bool is_bool = kind == CTRACE_VALUE_BOOL;
    if (kind > CTRACE_VALUE_BOOL)
        return read_value(d, &r, VALUE_AT);
    if (ctr_word_load(r.words + VALUE_AT + CTR_CAPNP_VALUE_DATA) != CTR_CAPNP_NEXT_TYPE ||
        type_id > (uint64_t)INT64_MAX)
        return false;
    /* Each member is set by itself: as a whole they might be zeroed by a loop. */
    ctrace_value *v = d->values;
    v->kind = (ctrace_value_kind)kind;
    v->span = 1;
    v->count = 0;
    v->b = is_bool && (first & 1);
    v->is_slice = v->is_mutable = v->is_negative = false;
    v->type_id = type_id;
    v->i = is_bool ? 0 : (int64_t)first;
    v->text = (ctrace_str){NULL, 0};
    d->message.paid += VALUE_PRICE;
    return true;
}

bool ctr_capnp_read_quickly(ctr_capnp_decoder *d, unsigned tag, uint64_t pointer, uint64_t place)
{
    d->message.paid += EVENT_PRICE;
    if ((read_plain(d, tag, pointer, place) || read_quickly(d, tag, pointer, place)) &&
        d->message.paid <= d->message.price_limit) {
        d->event.kind = (ctrace_event_kind)tag;
        return true;
    }
    /* Nothing was done that stays. */
    d->message.paid = 0;
    d->message.status = CTRACE_OK;
    return false;
}
