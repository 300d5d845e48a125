#include "codec/cbor/encode.h"

#include "base/base64.h"
#include "base/number.h"
#include "base/utf8.h"

enum {
    UNSIGNED = 0x00,
    NEGATIVE = 0x20,
    BYTES = 0x40,
    TEXT = 0x60,
    LIST = 0x80,
    MAP = 0xA0,
    SIMPLE_FALSE = 0xF4,
    DOUBLE = 0xFB
};

/* What a fragment or a head needs at most. */
#define PIECE 64

/* ---- What stands between the payloads ---- */

static void add_byte(ctr_cbor_fragment *f, size_t byte) { f->bytes[f->size++] = (char)byte; }

/* A text of less than 24 bytes. */
static void add_text(ctr_cbor_fragment *f, const char *text, size_t size)
{
    add_byte(f, TEXT + size);
    memcpy(f->bytes + f->size, text, size);
    f->size = (uint8_t)(f->size + size);
}

static void add_keys(ctr_cbor_fragment *fragments, const ctr_record *record)
{
    for (size_t i = 0; i < record->field_count; i++)
        if (record->fields[i].name_size)
            add_text(&fragments[i], record->fields[i].name, record->fields[i].name_size);
}

static void cut_event(ctr_cbor_fragment *fragments, const ctr_name *name, const ctr_record *record)
{
    if (record->shape != CTR_SHAPE_UNIT)
        add_byte(fragments, MAP + 1);
    add_text(fragments, name->text, name->size);
    if (record->shape == CTR_SHAPE_RECORD)
        add_byte(fragments, MAP + (size_t)record->field_count);
    add_keys(fragments, record);
}

static void cut_value(ctr_cbor_fragment *fragments, const ctr_name *name, const ctr_record *record, size_t additions)
{
    add_byte(fragments, MAP + 1 + record->field_count + additions);
    add_text(fragments, "kind", 4);
    add_text(fragments, name->text, name->size);
    add_keys(fragments, record);
}

static void join(ctr_cbor_fragment *both, const ctr_cbor_fragment *one, const ctr_cbor_fragment *other)
{
    *both = *one;
    memcpy(both->bytes + one->size, other->bytes, other->size);
    both->size = (uint8_t)(one->size + other->size);
}

void ctr_cbor_encoder_init(ctr_cbor_encoder *e, ctr_cbor_style style, ctr_cbor_floats floats)
{
    memset(e, 0, sizeof *e);
    e->style = style;
    e->floats = floats;
    for (size_t i = 0; i < CTRACE_EVENT_KIND_COUNT; i++)
        cut_event(e->events[i], &ctr_event_names[i], &ctr_events[i]);
    for (size_t i = 0; i < CTRACE_VALUE_KIND_COUNT; i++)
        cut_value(e->values[i], &ctr_value_names[i], &ctr_values[i], style == CTR_CBOR_CT && i == CTRACE_VALUE_BOOL);
    e->quick = 1u << CTRACE_VALUE_INT | 1u << CTRACE_VALUE_NONE | 1u << CTRACE_VALUE_STRING | 1u << CTRACE_VALUE_RAW |
               1u << CTRACE_VALUE_ERROR | (uint32_t)(style == CTR_CBOR_BIN) << CTRACE_VALUE_BOOL |
               (uint32_t)(floats == CTR_CBOR_FLOAT_TEXT) << CTRACE_VALUE_FLOAT;
    for (size_t i = 0; i < CTRACE_VALUE_KIND_COUNT; i++)
        if (e->quick >> i & 1)
            join(&e->locals[i], &e->events[CTRACE_EVENT_VALUE][1], &e->values[i][0]);
}

/* ---- Items ---- */

/* The unchecked forms write at `p`, where PIECE bytes are free, and return one past the last. */
static inline char *put_fragment(char *p, const ctr_cbor_fragment *f)
{
    memcpy(p, f->bytes, CTR_CBOR_FRAGMENT_BYTES);
    return p + f->size;
}

static inline void put_big_endian(char *p, uint64_t word)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    memcpy(p, &word, sizeof word);
}

static inline char *put_head(char *p, unsigned major, uint64_t n)
{
    if (n < 24) {
        *p = (char)(major | n);
        return p + 1;
    }
    if (n <= UINT8_MAX) {
        p[0] = (char)(major | 24);
        p[1] = (char)n;
        return p + 2;
    }
    /* 2, 4 or 8 bytes; those behind them are written over. */
    unsigned power = n <= UINT16_MAX ? 1 : n <= UINT32_MAX ? 2 : 3;
    unsigned bytes = 1u << power;
    *p = (char)(major | (24 + power));
    put_big_endian(p + 1, n << (64 - 8 * bytes));
    return p + 1 + bytes;
}

static inline char *put_signed(char *p, int64_t i)
{
    return i >= 0 ? put_head(p, UNSIGNED, (uint64_t)i) : put_head(p, NEGATIVE, ~(uint64_t)i);
}

static inline char *put_bool(char *p, bool b)
{
    *p = (char)(SIMPLE_FALSE + b);
    return p + 1;
}

static char *put_double(char *p, double f)
{
    uint64_t bits;
    memcpy(&bits, &f, sizeof bits);
    *p++ = (char)DOUBLE;
    put_big_endian(p, bits);
    return p + 8;
}

/* A part begins at `p`. Its class tells the fixed text; parts that are likely to go on alike have the same key too. */
static inline void begin_part(const ctr_cbor_encoder *e, const ctr_buffer *b, const char *p, uint32_t class,
                              uint64_t key)
{
    if (e->repeats)
        ctr_repeats_part(e->repeats, b->data, (size_t)(p - b->data), class, key);
}

enum { EVENTS = 0, VALUES = 256, ARGUMENT = 512 };

static inline uint32_t event_class(ctrace_event_kind kind, size_t field)
{
    return EVENTS | (uint32_t)kind << 3 | (uint32_t)field;
}

static inline uint32_t value_class(ctrace_value_kind kind, size_t field)
{
    return VALUES | (uint32_t)kind << 3 | (uint32_t)field;
}

/* Whether events that follow steps to different lines have different keys. */
static inline bool is_by_place(const ctr_cbor_encoder *e) { return e->repeats && e->repeats->by_place; }

/* A variable's values are often of one kind. */
static inline uint64_t variable_key(uint64_t variable, ctrace_value_kind kind)
{
    return variable << 5 | (uint32_t)kind;
}

_Static_assert(CTRACE_EVENT_KIND_COUNT <= 32 && CTRACE_VALUE_KIND_COUNT <= 32 && CTR_MAX_FIELDS <= 8 &&
                   ARGUMENT < CTR_REPEATS_TEXT,
               "a class is a kind and a field");

/* A text may have stood elsewhere before. */
static inline uint64_t text_key(ctrace_str text)
{
    uint64_t first = 0, last = 0;
    if (text.size >= sizeof first) {
        memcpy(&first, text.data, sizeof first);
        memcpy(&last, text.data + text.size - sizeof last, sizeof last);
    } else if (text.size) {
        memcpy(&first, text.data, text.size);
    }
    return first ^ (last << 23 | last >> 41) ^ text.size << 10;
}

static inline void begin_text(const ctr_cbor_encoder *e, const ctr_buffer *b, ctrace_str text)
{
    if (e->repeats)
        ctr_repeats_part(e->repeats, b->data, b->size, CTR_REPEATS_TEXT, text_key(text));
}

static inline void end_at(ctr_buffer *b, const char *p) { b->size = (size_t)(p - b->data); }

static inline bool append_fragment(ctr_buffer *b, const ctr_cbor_fragment *f)
{
    if (!ctr_buffer_reserve(b, PIECE))
        return false;
    end_at(b, put_fragment(b->data + b->size, f));
    return true;
}

static bool append_head(ctr_buffer *b, unsigned major, uint64_t n)
{
    if (!ctr_buffer_reserve(b, PIECE))
        return false;
    end_at(b, put_head(b->data + b->size, major, n));
    return true;
}

static bool append_signed(ctr_buffer *b, int64_t i)
{
    if (!ctr_buffer_reserve(b, PIECE))
        return false;
    end_at(b, put_signed(b->data + b->size, i));
    return true;
}

static bool append_bool(ctr_buffer *b, bool flag)
{
    if (!ctr_buffer_reserve(b, PIECE))
        return false;
    end_at(b, put_bool(b->data + b->size, flag));
    return true;
}

static bool append_literal(ctr_buffer *b, const char *text)
{
    size_t size = strlen(text);
    return append_head(b, TEXT, size) && ctr_buffer_append(b, text, size);
}

/* Puts U+FFFD where the text is not UTF-8; its size has to be known first. */
__attribute__((cold, noinline)) static bool append_mended(ctr_cbor_encoder *e, ctr_buffer *b, ctrace_str text)
{
    size_t size = ctr_utf8_mend(NULL, text.data, text.size);
    if (!append_head(b, TEXT, size) || !ctr_buffer_reserve(b, size))
        return false;
    b->size += ctr_utf8_mend(b->data + b->size, text.data, text.size);
    e->texts_mended++;
    return true;
}

bool ctr_cbor_encode_text(ctr_cbor_encoder *e, ctr_buffer *b, ctrace_str text)
{
    if (ctr_utf8_valid_prefix(text.data, text.size) != text.size)
        return append_mended(e, b, text);
    if (text.size > SIZE_MAX - PIECE || !ctr_buffer_reserve(b, text.size + PIECE))
        return false;
    char *p = put_head(b->data + b->size, TEXT, text.size);
    if (text.size)
        memcpy(p, text.data, text.size);
    end_at(b, p + text.size);
    return true;
}

/* What is longer than 255 bytes upstream writes in a way that its own reader takes wrongly, hence the exponents of
 * ctr_format_float(). */
static bool append_float(ctr_cbor_encoder *e, ctr_buffer *b, double f)
{
    if (!ctr_buffer_reserve(b, PIECE + CTR_FLOAT_TEXT_MAX))
        return false;
    char *p = b->data + b->size;
    if (e->floats == CTR_CBOR_FLOAT_NUMBER) {
        end_at(b, put_double(p, f));
        return true;
    }
    char text[CTR_FLOAT_TEXT_MAX];
    size_t size = (size_t)(ctr_format_float(text, f) - text);
    p = put_head(p, TEXT, size);
    memcpy(p, text, size);
    end_at(b, p + size);
    return true;
}

static bool append_magnitude(ctr_cbor_encoder *e, ctr_buffer *b, ctrace_str magnitude)
{
    size_t size = ctr_base64_encoded_size(magnitude.size);
    if (!append_head(b, e->style == CTR_CBOR_CT ? BYTES : TEXT, size) || !ctr_buffer_reserve(b, size))
        return false;
    end_at(b, ctr_base64_encode(b->data + b->size, (const uint8_t *)magnitude.data, magnitude.size));
    return true;
}

static bool append_ids(ctr_buffer *b, const ctrace_id *ids, size_t count)
{
    if (!append_head(b, LIST, count))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!append_head(b, UNSIGNED, ids[i]))
            return false;
    return true;
}

static bool append_texts(ctr_cbor_encoder *e, ctr_buffer *b, const ctrace_str *texts, size_t count)
{
    if (!append_head(b, LIST, count))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!ctr_cbor_encode_text(e, b, texts[i]))
            return false;
    return true;
}

static bool append_fields(ctr_cbor_encoder *e, ctr_buffer *b, const ctrace_field *fields, size_t count)
{
    if (!append_head(b, LIST, count))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!append_head(b, MAP, 2) || !append_literal(b, "name") || !ctr_cbor_encode_text(e, b, fields[i].name) ||
            !append_literal(b, "type_id") || !append_head(b, UNSIGNED, fields[i].type_id))
            return false;
    return true;
}

/* ---- Values ---- */

/* Whether it is written as Raw. */
static inline bool is_raw_float(const ctr_cbor_encoder *e, const ctrace_value *v)
{
    return v->kind == CTRACE_VALUE_FLOAT && e->floats == CTR_CBOR_FLOAT_RAW;
}

static bool append_payload(ctr_cbor_encoder *e, ctr_buffer *b, const ctr_field *field, const void *base);

/* One payload of a value that is no number. */
static bool append_value_payload(ctr_cbor_encoder *e, ctr_buffer *b, const ctr_field *field, const ctrace_value *v)
{
    const ctrace_value *child = v + 1;
    switch ((ctr_field_type)field->type) {
    case CTR_FIELD_VALUE:
        return ctr_cbor_encode_value(e, b, child);
    case CTR_FIELD_VALUES:
        if (!append_head(b, LIST, v->count))
            return false;
        for (uint32_t i = 0; i < v->count; i++, child += child->span)
            if (!ctr_cbor_encode_value(e, b, child))
                return false;
        return true;
    default:
        return append_payload(e, b, field, v);
    }
}

/* The number that `owner` has in the field, NULL when it is of another type. */
static inline char *put_number(char *p, const ctr_field *field, const void *owner)
{
    uint64_t n;
    if (field->type != CTR_FIELD_ID && field->type != CTR_FIELD_U64 && field->type != CTR_FIELD_I64)
        return NULL;
    memcpy(&n, (const char *)owner + field->offset, sizeof n);
    return field->type == CTR_FIELD_I64 ? put_signed(p, (int64_t)n) : put_head(p, UNSIGNED, n);
}

/* ---- Plain values in one piece ---- */

/* What such a value needs at most, but for its text; and how many parts it has. */
#define QUICK_ROOM  (4 * PIECE + CTR_FLOAT_TEXT_MAX)
#define QUICK_PARTS 3
#define QUICK_TEXT  ((size_t)64 << 10) /* a longer text goes the long way */

/* The value of these that is none of them goes the long way. */
static inline bool is_quick(const ctr_cbor_encoder *e, const ctrace_value *v)
{
    return (e->quick >> v->kind & 1) && (v->kind == CTRACE_VALUE_INT || v->text.size <= QUICK_TEXT);
}

/* Who is told of the next `count` parts; NULL: nobody. */
static inline ctr_repeats *told(const ctr_cbor_encoder *e, const ctr_buffer *b, uint32_t count)
{
    return e->repeats && ctr_repeats_room(e->repeats, b->data, b->size, count) ? e->repeats : NULL;
}

static inline void tell(ctr_repeats *r, const ctr_buffer *b, const char *p, uint32_t class, uint64_t key)
{
    if (r)
        ctr_repeats_add(r, (size_t)(p - b->data), class, key);
}

/* Tells of field `i` of the value and puts what stands before it. */
static inline char *put_field(const ctr_cbor_encoder *e, ctr_repeats *r, const ctr_buffer *b, char *p,
                              ctrace_value_kind kind, size_t i)
{
    tell(r, b, p, value_class(kind, i), 0);
    return put_fragment(p, &e->values[kind][i]);
}

static inline char *put_type(const ctr_cbor_encoder *e, ctr_repeats *r, const ctr_buffer *b, char *p,
                             const ctrace_value *v, ctrace_value_kind kind)
{
    return put_head(put_field(e, r, b, p, kind, 1), UNSIGNED, v->type_id);
}

static char *put_text_payload(ctr_repeats *r, const ctr_buffer *b, char *p, ctrace_str text)
{
    if (r)
        tell(r, b, p, CTR_REPEATS_TEXT, text_key(text));
    p = put_head(p, TEXT, text.size);
    if (text.size)
        memcpy(p, text.data, text.size);
    return p + text.size;
}

static char *put_float_payload(char *p, double f)
{
    char text[CTR_FLOAT_TEXT_MAX];
    size_t size = (size_t)(ctr_format_float(text, f) - text);
    p = put_head(p, TEXT, size);
    memcpy(p, text, size);
    return p + size;
}

/* Any of them but an Int. */
static char *put_other(const ctr_cbor_encoder *e, ctr_repeats *r, const ctr_buffer *b, char *p, const ctrace_value *v)
{
    switch (v->kind) {
    case CTRACE_VALUE_FLOAT:
        return put_type(e, r, b, put_float_payload(p, v->f), v, CTRACE_VALUE_FLOAT);
    case CTRACE_VALUE_BOOL:
        return put_type(e, r, b, put_bool(p, v->b), v, CTRACE_VALUE_BOOL);
    case CTRACE_VALUE_NONE:
        return put_head(p, UNSIGNED, v->type_id);
    default:
        return put_type(e, r, b, put_text_payload(r, b, p, v->text), v, v->kind);
    }
}

/* Puts a quick value from its first payload on at `p`, where there is room for it. */
static inline char *put_quick(const ctr_cbor_encoder *e, ctr_repeats *r, const ctr_buffer *b, char *p,
                              const ctrace_value *v)
{
    return v->kind == CTRACE_VALUE_INT ? put_type(e, r, b, put_signed(p, v->i), v, CTRACE_VALUE_INT)
                                       : put_other(e, r, b, p, v);
}

/* What a quick value needs; 0: it has a text to be mended, and is none. */
static inline size_t quick_room(const ctrace_value *v)
{
    const unsigned texts = 1u << CTRACE_VALUE_STRING | 1u << CTRACE_VALUE_RAW | 1u << CTRACE_VALUE_ERROR;
    if (!(texts >> v->kind & 1))
        return QUICK_ROOM;
    return ctr_utf8_valid_prefix(v->text.data, v->text.size) == v->text.size ? QUICK_ROOM + v->text.size : 0;
}

static bool encode_long_value(ctr_cbor_encoder *e, ctr_buffer *b, const ctrace_value *v);

bool ctr_cbor_encode_value(ctr_cbor_encoder *e, ctr_buffer *b, const ctrace_value *v)
{
    size_t room = is_quick(e, v) ? quick_room(v) : 0;
    if (!room)
        return encode_long_value(e, b, v);
    if (!ctr_buffer_reserve(b, room))
        return false;
    ctr_repeats *r = told(e, b, QUICK_PARTS);
    end_at(b, put_quick(e, r, b, put_field(e, r, b, b->data + b->size, v->kind, 0), v));
    return true;
}

static bool encode_long_value(ctr_cbor_encoder *e, ctr_buffer *b, const ctrace_value *v)
{
    const ctr_record *record = &ctr_values[v->kind];
    const ctr_cbor_fragment *fragments = e->values[v->kind];
    if (is_raw_float(e, v)) {
        fragments = e->values[CTRACE_VALUE_RAW];
        e->floats_as_raw++;
    }
    for (size_t i = 0; i < record->field_count; i++) {
        const ctr_field *field = &record->fields[i];
        if (!ctr_buffer_reserve(b, 2 * PIECE))
            return false;
        begin_part(e, b, b->data + b->size, value_class(v->kind, i), 0);
        char *p = put_fragment(b->data + b->size, &fragments[i]);
        char *after = put_number(p, field, v);
        end_at(b, after ? after : p);
        if (!after) {
            if (!append_value_payload(e, b, field, v))
                return false;
            if (v->kind == CTRACE_VALUE_BOOL && e->style == CTR_CBOR_CT &&
                !(append_literal(b, "text") && append_literal(b, v->b ? "true" : "false")))
                return false;
        }
    }
    return true;
}

bool ctr_cbor_encode_args(ctr_cbor_encoder *e, ctr_buffer *b, const ctrace_argument *args, size_t count)
{
    /* {variable_id, value}, as in the event Value, behind that event's name. */
    const ctr_cbor_fragment *fragments = e->events[CTRACE_EVENT_VALUE];
    const size_t name = 1 + 1 + ctr_event_names[CTRACE_EVENT_VALUE].size;
    if (!append_head(b, LIST, count))
        return false;
    for (size_t i = 0; i < count; i++) {
        begin_part(e, b, b->data + b->size, ARGUMENT, variable_key(args[i].variable_id, args[i].value->kind));
        if (!ctr_buffer_append(b, fragments[0].bytes + name, fragments[0].size - name) ||
            !append_head(b, UNSIGNED, args[i].variable_id) || !append_fragment(b, &fragments[1]) ||
            !ctr_cbor_encode_value(e, b, args[i].value))
            return false;
    }
    return true;
}

/* ---- Other parts ---- */

static bool append_record(ctr_cbor_encoder *e, ctr_buffer *b, const ctr_record *record, const void *base)
{
    for (size_t i = 0; i < record->field_count; i++) {
        const ctr_field *field = &record->fields[i];
        if (!(append_head(b, TEXT, field->name_size) && ctr_buffer_append(b, field->name, field->name_size)) ||
            !append_payload(e, b, field, base))
            return false;
    }
    return true;
}

bool ctr_cbor_encode_type_info(ctr_cbor_encoder *e, ctr_buffer *b, const ctrace_type_info *info)
{
    const ctr_record *record = &ctr_type_infos[info->kind];
    return append_head(b, MAP, 1u + record->field_count) && append_literal(b, "kind") &&
           append_literal(b, ctr_type_info_names[info->kind].text) && append_record(e, b, record, info);
}

bool ctr_cbor_encode_rvalue(ctr_cbor_encoder *e, ctr_buffer *b, const ctrace_rvalue *rvalue)
{
    const ctr_record *record = &ctr_rvalues[rvalue->kind];
    bool has_data = record->shape != CTR_SHAPE_UNIT;
    if (!append_head(b, MAP, 1u + has_data) || !append_literal(b, "kind") ||
        !append_literal(b, ctr_rvalue_names[rvalue->kind].text))
        return false;
    if (!has_data)
        return true;
    if (!append_literal(b, "data"))
        return false;
    if (record->shape == CTR_SHAPE_BARE)
        return append_payload(e, b, &record->fields[0], rvalue);
    return append_head(b, MAP, record->field_count) && append_record(e, b, record, rvalue);
}

/* One payload, which lies at `base` + the field's offset. */
static bool append_payload(ctr_cbor_encoder *e, ctr_buffer *b, const ctr_field *field, const void *base)
{
    const void *at = (const char *)base + field->offset;
    const size_t *count = (const size_t *)(const void *)((const char *)base + field->count_offset);
    switch ((ctr_field_type)field->type) {
    case CTR_FIELD_ID:
    case CTR_FIELD_U64:
        return append_head(b, UNSIGNED, *(const uint64_t *)at);
    case CTR_FIELD_I64:
        return append_signed(b, *(const int64_t *)at);
    case CTR_FIELD_BOOL:
        return append_bool(b, *(const bool *)at);
    case CTR_FIELD_FLOAT:
        return append_float(e, b, *(const double *)at);
    case CTR_FIELD_TEXT:
    case CTR_FIELD_CHAR:
        begin_text(e, b, *(const ctrace_str *)at);
        return ctr_cbor_encode_text(e, b, *(const ctrace_str *)at);
    case CTR_FIELD_BASE64:
        return append_magnitude(e, b, *(const ctrace_str *)at);
    case CTR_FIELD_VALUE:
        return ctr_cbor_encode_value(e, b, *(const ctrace_value *const *)at);
    case CTR_FIELD_ARGS:
        return ctr_cbor_encode_args(e, b, *(const ctrace_argument *const *)at, *count);
    case CTR_FIELD_TEXTS:
        return append_texts(e, b, *(const ctrace_str *const *)at, *count);
    case CTR_FIELD_IDS:
        return append_ids(b, *(const ctrace_id *const *)at, *count);
    case CTR_FIELD_FIELDS:
        return append_fields(e, b, *(const ctrace_field *const *)at, *count);
    case CTR_FIELD_TYPE_KIND:
    case CTR_FIELD_LOG_KIND:
        return append_head(b, UNSIGNED, *(const uint32_t *)at);
    case CTR_FIELD_PASS:
        return append_literal(b, ctr_pass_names[*(const ctrace_pass_kind *)at].text);
    case CTR_FIELD_TYPE_INFO:
        return ctr_cbor_encode_type_info(e, b, at);
    case CTR_FIELD_RVALUE:
        return ctr_cbor_encode_rvalue(e, b, at);
    case CTR_FIELD_VALUES:
        break;
    }
    return false; /* the children of a value have no place of their own */
}

/* What stands in an event behind its name. */
static bool append_behind_name(ctr_cbor_encoder *e, ctr_buffer *b, ctrace_event_kind kind, const ctrace_event *event)
{
    const ctr_record *record = &ctr_events[kind];
    return append_head(b, MAP, record->field_count) && append_record(e, b, record, event);
}

bool ctr_cbor_encode_type(ctr_cbor_encoder *e, ctr_buffer *b, const ctrace_type_event *type)
{
    ctrace_event event = {.kind = CTRACE_EVENT_TYPE, .type = *type};
    return append_behind_name(e, b, CTRACE_EVENT_TYPE, &event);
}

bool ctr_cbor_encode_assignment(ctr_cbor_encoder *e, ctr_buffer *b, const ctrace_assignment_event *assignment)
{
    ctrace_event event = {.kind = CTRACE_EVENT_ASSIGNMENT, .assignment = *assignment};
    return append_behind_name(e, b, CTRACE_EVENT_ASSIGNMENT, &event);
}

/* ---- Events ---- */

/* Most events are one of these two. */
static bool encode_step(ctr_cbor_encoder *e, ctr_buffer *b, const ctrace_step_event *step)
{
    const ctr_cbor_fragment *f = e->events[CTRACE_EVENT_STEP];
    if (!ctr_buffer_reserve(b, 4 * PIECE))
        return false;
    e->place = step->path_id << 32 ^ (uint64_t)step->line;
    begin_part(e, b, b->data + b->size, event_class(CTRACE_EVENT_STEP, 0),
               is_by_place(e) ? e->place : step->path_id);
    char *p = put_head(put_fragment(b->data + b->size, &f[0]), UNSIGNED, step->path_id);
    end_at(b, put_signed(put_fragment(p, &f[1]), step->line));
    return true;
}

static bool encode_value_event(ctr_cbor_encoder *e, ctr_buffer *b, const ctrace_value_event *event)
{
    const ctr_cbor_fragment *f = e->events[CTRACE_EVENT_VALUE];
    const ctrace_value *v = event->value;
    size_t room = is_quick(e, v) ? quick_room(v) : 0;
    if (!ctr_buffer_reserve(b, 3 * PIECE + room))
        return false;
    ctr_repeats *r = told(e, b, 1 + QUICK_PARTS);
    char *p = b->data + b->size;
    tell(r, b, p, event_class(CTRACE_EVENT_VALUE, 0),
         variable_key(event->variable_id, v->kind) ^ (is_by_place(e) ? e->place << 16 : 0));
    p = put_head(put_fragment(p, &f[0]), UNSIGNED, event->variable_id);
    if (room) {
        tell(r, b, p + f[1].size, value_class(v->kind, 0), 0);
        end_at(b, put_quick(e, r, b, put_fragment(p, &e->locals[v->kind]), v));
        return true;
    }
    end_at(b, put_fragment(p, &f[1]));
    return encode_long_value(e, b, v);
}

static bool encode_other(ctr_cbor_encoder *e, ctr_buffer *b, const ctrace_event *event)
{
    const ctr_record *record = &ctr_events[event->kind];
    const ctr_cbor_fragment *fragments = e->events[event->kind];
    if (record->shape == CTR_SHAPE_UNIT) {
        begin_part(e, b, b->data + b->size, event_class(event->kind, 0), 0);
        return append_fragment(b, fragments);
    }
    for (size_t i = 0; i < record->field_count; i++) {
        const ctr_field *field = &record->fields[i];
        if (!ctr_buffer_reserve(b, 2 * PIECE))
            return false;
        begin_part(e, b, b->data + b->size, event_class(event->kind, i),
                   event->kind == CTRACE_EVENT_CALL ? event->call.function_id : 0);
        char *p = put_fragment(b->data + b->size, &fragments[i]);
        char *after = put_number(p, field, event);
        end_at(b, after ? after : p);
        if (!after && !append_payload(e, b, field, event))
            return false;
    }
    return true;
}

bool ctr_cbor_encode_event(ctr_cbor_encoder *e, ctr_buffer *b, const ctrace_event *event)
{
    if (event->kind == CTRACE_EVENT_STEP)
        return encode_step(e, b, &event->step);
    if (event->kind == CTRACE_EVENT_VALUE)
        return encode_value_event(e, b, &event->value);
    return encode_other(e, b, event);
}
