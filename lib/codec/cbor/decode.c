/* Events, and what they hold as upstream writes it. */
#include "codec/cbor/decode.h"

#include <stdio.h>

#include "codec/cbor/decoding.h"

/* Not at every event, so better apart from what is. */
#define APART __attribute__((noinline))

/* ---- Life ---- */

void ctr_cbor_decoder_init(decoder *d, uint32_t max_depth, const ctrace_allocator *allocator)
{
    memset(d, 0, sizeof *d);
    d->allocator = d->kept.allocator = d->skip.open.allocator = allocator;
    d->max_depth = max_depth;
    ctr_cbor_make_keys(&d->keys);
}

void ctr_cbor_decoder_free(decoder *d)
{
    ctr_arena_free(&d->kept);
    ctr_cbor_skip_free(&d->skip);
    ctr_free(d->allocator, d->values, d->value_capacity * sizeof *d->values);
    ctr_free(d->allocator, d->args, d->arg_capacity * sizeof *d->args);
    ctr_free(d->allocator, d->ids, d->id_capacity * sizeof *d->ids);
    ctr_free(d->allocator, d->lines, d->line_capacity * sizeof *d->lines);
    ctr_free(d->allocator, d->fields, d->field_capacity * sizeof *d->fields);
}

void ctr_cbor_decoder_reset(decoder *d) { ctr_arena_reset(&d->kept); }

/* ---- Lists ---- */

bool ctr_cbor_grow(decoder *d, void **items, size_t *capacity, size_t item_size)
{
    return ctr_make_room(d->allocator, items, capacity, *capacity, item_size) || ctr_cbor_no_memory(d);
}

/* Opens a list. *p moves into it, or when there is none behind what stands for it or to NULL. */
static inline rest open_list(decoder *d, const char **p, const record *r, size_t index, const char *expected)
{
    rest left = {0, false};
    const char *at = *p;
    if (at < d->end && byte_at(at) >> 5 != 4)
        at = ctr_cbor_skip_tags(d, at);
    if (!at || at >= d->end)
        *p = at ? ctr_cbor_cut(d) : NULL;
    else if (byte_at(at) >> 5 == 4)
        *p = read_head(d, at, &left);
    else if (is_null(at))
        *p = read_null(d, at, CTRACE_LENIENCY_LIST_NULL);
    else
        *p = ctr_cbor_bad_field(d, at, r, index, expected);
    return left;
}

static const char *read_values(decoder *d, const char *p, const record *r, size_t index, size_t parent)
{
    uint32_t count = 0;
    rest left = open_list(d, &p, r, index, "a list of values");
    while (next_item(d, &p, &left)) {
        p = ctr_cbor_read_value(d, p);
        count++;
    }
    if (p)
        d->values[parent].count = count;
    return p;
}

const char *ctr_cbor_read_ids_left(decoder *d, const char *p, const record *r, size_t index, rest left,
                                   const ctrace_id **out, size_t *count)
{
    size_t n = 0;
    while (next_item(d, &p, &left)) {
        if (!ROOM(d, d->ids, d->id_capacity, n))
            return NULL;
        p = read_unsigned(d, p, r, index, &d->ids[n++]);
    }
    *out = d->ids;
    *count = n;
    return p;
}

static const char *read_ids(decoder *d, const char *p, const record *r, size_t index, const ctrace_id **out,
                            size_t *count)
{
    rest left = open_list(d, &p, r, index, "a list of ids");
    return ctr_cbor_read_ids_left(d, p, r, index, left, out, count);
}

static const char *read_lines(decoder *d, const char *p, const record *r, size_t index, const ctrace_str **out,
                              size_t *count)
{
    size_t n = 0;
    rest left = open_list(d, &p, r, index, "a list of texts");
    while (next_item(d, &p, &left)) {
        if (!ROOM(d, d->lines, d->line_capacity, n))
            return NULL;
        p = read_text_field(d, p, r, index, &d->lines[n++]);
    }
    *out = d->lines;
    *count = n;
    return p;
}

/* ---- Records ---- */

static inline const char *read_value_field(decoder *d, const char *p, const record *r, const ctr_field *field, owner to)
{
    if (!to.object) {
        d->values[to.value].count = 1;
    } else if (r != &d->keys.argument) {
        d->has_value = true;
        d->value_offset = field->offset;
    }
    return ctr_cbor_read_value(d, p);
}

/* Behind the start of a record: its fields as upstream writes them, and any other way as soon as one is not there. The
 * kinds of fields that nearly all events are made of are read here when they are plain. */
static inline const char *read_started_fields(decoder *d, const char *p, const record *r, owner to)
{
    const ctr_cbor_field *field = r->fields, *const last = field + r->field_count;
    const size_t children = d->value_count;
    char *base = owner_base(d, to);
    for (;;) {
        const size_t index = (size_t)(field - r->fields);
        switch ((ctr_field_type)field->type) {
        case CTR_FIELD_ID:
        case CTR_FIELD_U64:
        case CTR_FIELD_I64: {
            uint64_t n;
            const char *after = p < d->end ? plain_number(p, field->sign, &n) : NULL;
            if (after)
                memcpy(base + field->offset, &n, sizeof n);
            p = after ? after : ctr_cbor_read_field(d, p, r, index, to);
            break;
        }
        case CTR_FIELD_TEXT: {
            ctrace_str text;
            const char *after = plain_text(d, p, &text);
            if (after)
                memcpy(base + field->offset, &text, sizeof text);
            p = after ? after : ctr_cbor_read_field(d, p, r, index, to);
            break;
        }
        case CTR_FIELD_BOOL: {
            const unsigned head = byte_at(p);
            if ((head & 0xFE) == 0xF4)
                base[field->offset] = (char)(head & 1);
            p = (head & 0xFE) == 0xF4 ? p + 1 : ctr_cbor_read_field(d, p, r, index, to);
            break;
        }
        case CTR_FIELD_VALUE:
            p = read_value_field(d, p, r, &r->model->fields[index], to);
            base = owner_base(d, to);
            break;
        default:
            p = ctr_cbor_read_field(d, p, r, index, to);
            base = owner_base(d, to);
        }
        if (++field == last || !p)
            return p;
        if (!ctr_cbor_key_is_here(p, &field->key)) {
            rest left = {(uint64_t)(last - field), false};
            return ctr_cbor_read_entries(d, p, r, to, left, (1u << (index + 1)) - 1, true, children);
        }
        p += field->key.size;
    }
}

/* The fields of two patterns, behind the start of their record. NULL when anything is not as upstream writes it;
 * nothing is lost then. They do not ask for the end of the input. */
static inline const char *read_two_numbers(const char *p, const record *r, void *to)
{
    const ctr_cbor_field *first = &r->fields[0], *second = &r->fields[1];
    uint64_t n, m;
    p = plain_number(p, first->sign, &n);
    if (!p || !ctr_cbor_key_is_here(p, &second->key))
        return NULL;
    p = plain_number(p + second->key.size, second->sign, &m);
    if (!p)
        return NULL;
    memcpy((char *)to + first->offset, &n, sizeof n);
    memcpy((char *)to + second->offset, &m, sizeof m);
    return p;
}

static inline const char *read_text_and_number(decoder *d, const char *p, const record *r, void *to)
{
    const ctr_cbor_field *first = &r->fields[0], *second = &r->fields[1];
    ctrace_str text;
    uint64_t n;
    p = plain_text(d, p, &text);
    if (!p || !ctr_cbor_key_is_here(p, &second->key))
        return NULL;
    p = plain_number(p + second->key.size, second->sign, &n);
    if (!p)
        return NULL;
    memcpy((char *)to + first->offset, &text, sizeof text);
    memcpy((char *)to + second->offset, &n, sizeof n);
    return p;
}

/* A record that has a start. */
static inline const char *read_usual_record(decoder *d, const char *p, const record *r, owner to, const char *where)
{
    if (ctr_cbor_start_is_here(p, &r->start))
        return read_started_fields(d, p + r->start.size, r, to);
    return ctr_cbor_read_record(d, p, r, to, where);
}

static const char *read_type_fields(decoder *d, const char *p, const record *r, size_t index, const ctrace_field **out,
                                    size_t *count)
{
    size_t n = 0;
    rest left = open_list(d, &p, r, index, "a list of fields");
    while (next_item(d, &p, &left)) {
        ctrace_field field = {{NULL, 0}, 0};
        p = read_usual_record(d, p, &d->keys.type_field, (owner){&field, 0}, "field");
        if (!p || !ROOM(d, d->fields, d->field_capacity, n))
            return NULL;
        d->fields[n++] = field;
    }
    *out = d->fields;
    *count = n;
    return p;
}

/* ---- Values ---- */

/* Finds the kind of the start at `p` and remembers it among those that look alike; false when it is no start. */
COLD static bool learn_start(const char *p, const record *records, size_t count, ctr_cbor_recent *recent)
{
    for (size_t i = 0; i < count; i++)
        if (ctr_cbor_start_is_here(p, &records[i].start)) {
            *recent = (ctr_cbor_recent){(uint8_t)i, (uint8_t)records[i].start.size};
            return true;
        }
    return false;
}

/* A value that is not a plain one of few fields. It has been pushed; `r` is its record when it has begun as upstream
 * writes it, `p` is then behind the start. */
static const char *read_other_value(decoder *d, const char *p, size_t value, const record *r)
{
    d->depth++;
    p = r ? read_started_fields(d, p, r, (owner){NULL, value}) : ctr_cbor_read_odd_value(d, p, value);
    d->depth--;
    d->values[value].span = (uint32_t)(d->value_count - value);
    return p;
}

const char *ctr_cbor_read_value(decoder *d, const char *p)
{
    if (d->depth >= d->max_depth) {
        d->status = CTRACE_TOO_DEEP;
        d->failed_at = p > d->end ? d->end : p;
        snprintf(d->message, sizeof d->message, "values are nested deeper than %u", (unsigned)d->max_depth);
        return NULL;
    }
    if (p >= d->end)
        return ctr_cbor_cut(d);
    size_t value = d->value_count;
    if (!ROOM(d, d->values, d->value_capacity, value))
        return NULL;
    d->value_count++;
    ctrace_value *to = d->values + value;
    /* {"kind":"Int","i": */
    ctr_cbor_recent *recent = &d->keys.recent_values[ctr_cbor_value_likeness(p + 6)];
    if (!ctr_cbor_start_is_here(p, &d->keys.values[recent->kind].start) &&
        !learn_start(p, d->keys.values, CTRACE_VALUE_KIND_COUNT, recent)) {
        *to = (ctrace_value){.kind = CTRACE_VALUE_NONE, .span = 1};
        return read_other_value(d, p, value, NULL);
    }
    const record *r = &d->keys.values[recent->kind];
    p += recent->size;
    *to = (ctrace_value){.kind = (ctrace_value_kind)recent->kind, .span = 1};
    const char *after = r->pattern == CTR_CBOR_NUMBER_NUMBER ? read_two_numbers(p, r, to)
                        : r->pattern == CTR_CBOR_TEXT_NUMBER ? read_text_and_number(d, p, r, to)
                                                             : NULL;
    return after ? after : read_other_value(d, p, value, r);
}

const char *ctr_cbor_read_args(decoder *d, const char *p, const record *r, size_t index, const ctrace_argument **out,
                               size_t *count)
{
    size_t n = 0;
    rest left = open_list(d, &p, r, index, "a list of arguments");
    while (next_item(d, &p, &left)) {
        ctrace_argument argument = {0, NULL};
        p = read_usual_record(d, p, &d->keys.argument, (owner){&argument, 0}, "argument");
        if (!p || !ROOM(d, d->args, d->arg_capacity, n))
            return NULL;
        d->args[n++] = argument;
    }
    *out = d->args;
    *count = n;
    return p;
}

/* ---- Fields ---- */

const char *ctr_cbor_read_field(decoder *d, const char *p, const record *r, size_t index, owner to)
{
    const ctr_field *field = &r->model->fields[index];
    char *base = owner_base(d, to);
    void *member = base + field->offset;
    void *count = base + field->count_offset;
    switch ((ctr_field_type)field->type) {
    case CTR_FIELD_ID:
    case CTR_FIELD_U64:
        return read_unsigned(d, p, r, index, member);
    case CTR_FIELD_I64:
        return read_signed(d, p, r, index, to, member);
    case CTR_FIELD_TEXT:
        return read_text_field(d, p, r, index, member);
    case CTR_FIELD_VALUE:
        return read_value_field(d, p, r, field, to);
    case CTR_FIELD_VALUES:
        return read_values(d, p, r, index, to.value);
    case CTR_FIELD_ARGS:
        return ctr_cbor_read_args(d, p, r, index, member, count);
    case CTR_FIELD_BOOL:
        return ctr_cbor_read_bool(d, p, r, index, member);
    case CTR_FIELD_FLOAT:
        return ctr_cbor_read_float(d, p, r, index, member);
    case CTR_FIELD_CHAR:
        return ctr_cbor_read_char(d, p, r, index, member);
    case CTR_FIELD_BASE64:
        return ctr_cbor_read_magnitude(d, p, r, index, member);
    case CTR_FIELD_TEXTS:
        return read_lines(d, p, r, index, member, count);
    case CTR_FIELD_IDS:
        return read_ids(d, p, r, index, member, count);
    case CTR_FIELD_FIELDS:
        return read_type_fields(d, p, r, index, member, count);
    case CTR_FIELD_TYPE_KIND:
        return ctr_cbor_read_kind(d, p, r, index, ctr_type_names, CTRACE_TYPE_KIND_COUNT, member);
    case CTR_FIELD_LOG_KIND:
        return ctr_cbor_read_kind(d, p, r, index, ctr_log_names, CTRACE_LOG_KIND_COUNT, member);
    case CTR_FIELD_PASS:
        return ctr_cbor_read_pass(d, p, r, index, member);
    case CTR_FIELD_TYPE_INFO:
        return ctr_cbor_read_type_info(d, p, r, index, member);
    case CTR_FIELD_RVALUE:
        return ctr_cbor_read_rvalue(d, p, member);
    }
    return ctr_cbor_bad_field(d, p, r, index, "nothing");
}

/* ---- Events ---- */

/* What an event holds, at `p`. */
static const char *read_payload(decoder *d, const char *p, const char *begin, const record *r, ctrace_event *event)
{
    owner to = {event, 0};
    if (p >= d->end)
        return ctr_cbor_cut(d);
    switch ((ctr_shape)r->model->shape) {
    case CTR_SHAPE_RECORD:
        return ctr_cbor_read_record(d, p, r, to, r->name.text);
    case CTR_SHAPE_BARE:
        return ctr_cbor_read_field(d, p, r, 0, to);
    case CTR_SHAPE_UNIT:
        break;
    }
    ctr_cbor_add_note(d, CTRACE_LENIENCY_UNIT_AS_OBJECT, begin);
    return is_null(p) ? p + 1 : ctr_cbor_bad_event(d, p, r->name.text, NULL, "null");
}

static const char *read_event_name(decoder *d, const char *p, int *kind)
{
    if (p >= d->end)
        return ctr_cbor_cut(d);
    if (byte_at(p) >> 5 != 3 && byte_at(p) >> 5 != 2)
        return ctr_cbor_bad_event(d, p, "event", NULL, "the name of an event");
    ctrace_str name;
    const char *after = read_text(d, p, "event", NULL, &name);
    if (!after)
        return NULL;
    *kind = ctr_name_find(ctr_event_names, CTRACE_EVENT_KIND_COUNT, name.data, name.size);
    return *kind >= 0 ? after : ctr_cbor_bad_event(d, p, "event", NULL, "the name of an event");
}

/* Every event that does not begin as upstream writes it. */
APART static const char *read_odd_event(decoder *d, const char *p, ctrace_event *event)
{
    p = ctr_cbor_skip_tags(d, p);
    if (!p)
        return NULL;
    const char *begin = p;
    int kind;
    rest left;
    if (byte_at(p) >> 5 == 3 || byte_at(p) >> 5 == 2) {
        p = read_event_name(d, p, &kind);
        if (p && ctr_events[kind].shape != CTR_SHAPE_UNIT)
            return ctr_cbor_bad_event(d, begin, "event", NULL, "a map");
        event->kind = p ? (ctrace_event_kind)kind : event->kind;
        return p;
    }
    if (byte_at(p) >> 5 != 5)
        return ctr_cbor_bad_event(d, p, "event", NULL, "a map");
    if (byte_at(p) != 0xA1)
        ctr_cbor_add_note(d, CTRACE_LENIENCY_MAP_LONG, p);
    p = read_head(d, p, &left);
    if (!next_item(d, &p, &left))
        return p ? ctr_cbor_bad_event(d, begin, "event", NULL, "an event in the map") : NULL;
    p = read_event_name(d, p, &kind);
    if (!p)
        return NULL;
    event->kind = (ctrace_event_kind)kind;
    p = read_payload(d, p, begin, &d->keys.events[kind], event);
    if (!next_item(d, &p, &left))
        return p;
    d->status = CTRACE_EVENT;
    d->failed_at = p > d->end ? d->end : p;
    snprintf(d->message, sizeof d->message, "%s: expected the end of the event, found another name beside it",
             ctr_event_names[kind].text);
    return NULL;
}

static inline const char *read_event(decoder *d, const char *p, ctrace_event *event)
{
    /* {"Step":{"path_id": */
    ctr_cbor_recent *recent = &d->keys.recent_events[ctr_cbor_event_likeness(p + 1)];
    if (!ctr_cbor_start_is_here(p, &d->keys.events[recent->kind].start) &&
        !learn_start(p, d->keys.events, CTRACE_EVENT_KIND_COUNT, recent)) {
        memset(event, 0, sizeof *event);
        return read_odd_event(d, p, event);
    }
    const record *r = &d->keys.events[recent->kind];
    event->kind = (ctrace_event_kind)recent->kind;
    p += recent->size;
    const char *after;
    uint64_t n;
    switch (r->pattern) {
    case CTR_CBOR_NUMBER_NUMBER:
        after = read_two_numbers(p, r, event);
        if (after)
            return after;
        break;
    case CTR_CBOR_NUMBER_VALUE:
        after = plain_number(p, r->fields[0].sign, &n);
        if (!after || !ctr_cbor_key_is_here(after, &r->fields[1].key))
            break;
        memcpy((char *)event + r->fields[0].offset, &n, sizeof n);
        d->has_value = true;
        d->value_offset = r->fields[1].offset;
        return ctr_cbor_read_value(d, after + r->fields[1].key.size);
    case CTR_CBOR_VALUE:
        d->has_value = true;
        d->value_offset = r->fields[0].offset;
        return ctr_cbor_read_value(d, p);
    case CTR_CBOR_ANY:
    case CTR_CBOR_TEXT_NUMBER:
        if (r->model->shape == CTR_SHAPE_UNIT)
            return p;
        break;
    }
    /* Fields may be missing. */
    memset(event, 0, sizeof *event);
    event->kind = (ctrace_event_kind)recent->kind;
    return read_started_fields(d, p, r, (owner){event, 0});
}

/* ---- What the callers see ---- */

ctrace_status ctr_cbor_judge(decoder *d, const char *p)
{
    ctrace_status status = d->status;
    if (status == CTRACE_NO_MEMORY || status == CTRACE_TRUNCATED)
        return status;
    const char *failed_at = d->failed_at;
    size_t notes = d->note_count;
    char message[sizeof d->message];
    memcpy(message, d->message, sizeof message);
    d->status = CTRACE_OK;
    d->after = ctr_cbor_skip_any(d, p);
    if (!d->after)
        return d->status;
    memcpy(d->message, message, sizeof message);
    d->note_count = notes;
    d->failed_at = failed_at;
    d->status = status;
    return status;
}

ctrace_status ctr_cbor_decode_event(decoder *d, const char *p, const char *end, ctrace_event *out)
{
    begin_item(d, end);
    ctr_arena_reset(&d->kept);
    ctrace_status status = finish_item(d, p, p < end ? read_event(d, p, out) : ctr_cbor_cut(d));
    if (status != CTRACE_OK)
        return status;
    /* Values stay put from now on. */
    if (d->has_value)
        memcpy((char *)out + d->value_offset, &d->values, sizeof d->values);
    if (out->kind == CTRACE_EVENT_CALL)
        point_to_values(d->args, out->call.arg_count, d->values);
    return CTRACE_OK;
}
