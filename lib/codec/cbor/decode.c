/* Records, lists, values and events. */
#include "codec/cbor/decode.h"

#include <stdio.h>

#include "codec/cbor/decoding.h"

/* Values whose kind stands behind what they contain are looked through twice on every level. */
#define MOST_LATE_KINDS 64

/* Not at every event, so better apart from what is. */
#define APART __attribute__((noinline))

static const char *read_value(decoder *d, const char *p);
static const char *read_field(decoder *d, const char *p, const record *r, size_t index, owner to);

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

/* ---- Memory ---- */

COLD static bool grow(decoder *d, void **items, size_t *capacity, size_t item_size)
{
    return ctr_make_room(d->allocator, items, capacity, *capacity, item_size) || ctr_cbor_no_memory(d);
}

/* Makes room for item number `count` of a list. */
#define ROOM(d, items, capacity, count)                                                                                \
    ((count) < (capacity) || grow(d, (void **)&(items), &(capacity), sizeof *(items)))

static inline bool push_value(decoder *d, ctrace_value_kind kind)
{
    if (!ROOM(d, d->values, d->value_capacity, d->value_count))
        return false;
    d->values[d->value_count++] = (ctrace_value){.kind = kind, .span = 1};
    return true;
}

/* ---- Lists and maps ---- */

/* What is still to come in a list or map. */
typedef struct rest {
    uint64_t count; /* items or pairs, of known size */
    bool is_open;
} rest;

/* Reads the head of a list or map, whose kind the caller has seen. */
static const char *read_head(decoder *d, const char *p, rest *left)
{
    unsigned info = byte_at(p) & 31;
    *left = (rest){0, info == 31};
    if (left->is_open)
        return p + 1;
    if (info >= 28)
        return ctr_cbor_bad_syntax(d, p, "a list or map");
    return head_number(p, &left->count);
}

/* Whether another item is at *p; else *p is behind the list or NULL. */
static inline bool next_item(decoder *d, const char **p, rest *left)
{
    if (!*p)
        return false;
    if (left->is_open) {
        if (*p >= d->end) {
            *p = ctr_cbor_cut(d);
            return false;
        }
        if (byte_at(*p) != BREAK)
            return true;
        ++*p;
        return false;
    }
    if (!left->count)
        return false;
    left->count--;
    return true;
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
        p = read_value(d, p);
        count++;
    }
    if (p)
        d->values[parent].count = count;
    return p;
}

/* Ids up to the end of a list. */
static const char *read_ids_left(decoder *d, const char *p, const record *r, size_t index, rest left,
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
    return read_ids_left(d, p, r, index, left, out, count);
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

static bool may_be_missing(const ctr_field *field)
{
    static const char *const names[] = {"type_id", "address", "metadata", "content", "is_slice", "mutable", "negative"};
    switch ((ctr_field_type)field->type) {
    case CTR_FIELD_ARGS:
    case CTR_FIELD_VALUES:
    case CTR_FIELD_TEXTS:
    case CTR_FIELD_IDS:
    case CTR_FIELD_FIELDS:
    case CTR_FIELD_TYPE_INFO:
    case CTR_FIELD_PASS:
        return true;
    default:
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            if (strcmp(field->name, names[i]) == 0)
                return true;
        return false;
    }
}

/* Judges the fields that are not in `seen`; the record ends before `p`. */
COLD static bool accept_missing(decoder *d, const char *p, const record *r, uint32_t seen)
{
    const char *last = p > d->end ? d->end : p;
    for (size_t i = 0; i < r->model->field_count; i++) {
        if (seen >> i & 1)
            continue;
        if (!may_be_missing(&r->model->fields[i])) {
            d->status = CTRACE_EVENT;
            d->failed_at = last;
            snprintf(d->message, sizeof d->message, "%s: expected the field \"%s\", found the end without it",
                     r->name.text, r->model->fields[i].name);
            return false;
        }
        ctr_cbor_add_note(d, CTRACE_LENIENCY_FIELD_MISSING, last);
    }
    return true;
}

/* A field that was given before: what it left is taken back. */
COLD static void forget_field(decoder *d, const char *p, const record *r, size_t index, owner to, size_t children)
{
    ctr_cbor_add_note(d, CTRACE_LENIENCY_FIELD_TWICE, p);
    switch ((ctr_field_type)r->model->fields[index].type) {
    case CTR_FIELD_VALUE:
    case CTR_FIELD_VALUES:
    case CTR_FIELD_ARGS:
        d->value_count = children;
        break;
    case CTR_FIELD_I64:
        if (!to.object && d->values[to.value].kind == CTRACE_VALUE_BIG_INT) {
            d->values[to.value].kind = CTRACE_VALUE_INT;
            d->values[to.value].text = (ctrace_str){NULL, 0};
            d->values[to.value].is_negative = false;
        }
        break;
    default:
        break;
    }
}

static bool text_is(ctrace_str text, const char *name, size_t size)
{
    return text.size == size && memcmp(text.data, name, size) == 0;
}

/* A key of a map. Keys of other kinds than texts are known nowhere: they become empty. */
static const char *read_key(decoder *d, const char *p, ctrace_str *name)
{
    if (p >= d->end)
        return ctr_cbor_cut(d);
    if (byte_at(p) >> 5 == 3 || byte_at(p) >> 5 == 2)
        return read_text(d, p, "key", NULL, name);
    *name = (ctrace_str){"", 0};
    return ctr_cbor_skip_any(d, p);
}

/* What a key that is not the one that upstream writes next names, instead of a field. */
enum { KEY_KIND = CTR_MAX_FIELDS, KEY_UNKNOWN };

/* Fields that one producer adds and all others skip; they tell nothing new. */
static bool is_addition(const decoder *d, const record *r, ctrace_str name)
{
    return (r == &d->keys.values[CTRACE_VALUE_BOOL] && text_is(name, "text", 4)) ||
           (r == &d->keys.values[CTRACE_VALUE_STRUCT] && text_is(name, "field_names", 11));
}

/* Any key; returns its value. *index becomes its field, or what it is else. */
static const char *read_other_key(decoder *d, const char *p, const record *r, size_t *index)
{
    const ctr_record *model = r->model;
    for (size_t i = 0; i < model->field_count; i++)
        if (ctr_cbor_key_is_here(p, &r->fields[i].key)) {
            *index = i;
            return p + r->fields[i].key.size;
        }
    ctrace_str name;
    const char *value = read_key(d, p, &name);
    if (!value)
        return NULL;
    for (size_t i = 0; i < model->field_count; i++)
        if (text_is(name, model->fields[i].name, model->fields[i].name_size)) {
            *index = i;
            return value;
        }
    *index = r->tagged && text_is(name, "kind", 4) ? KEY_KIND : KEY_UNKNOWN;
    if (*index == KEY_UNKNOWN && !is_addition(d, r, name))
        ctr_cbor_add_note(d, CTRACE_LENIENCY_FIELD_UNKNOWN, p);
    return value;
}

/* The kind is known already; given again it must be the same. */
static const char *read_kind_again(decoder *d, const char *p, const char *key, const record *r, bool *kind_seen)
{
    ctrace_str kind;
    const char *after = read_text(d, p, r->name.text, NULL, &kind);
    if (after && !text_is(kind, r->name.text, r->name.size))
        return ctr_cbor_bad_event(d, p, r->name.text, "kind", "one kind only");
    if (*kind_seen)
        ctr_cbor_add_note(d, CTRACE_LENIENCY_FIELD_TWICE, key);
    *kind_seen = true;
    return after;
}

static inline const char *read_value_field(decoder *d, const char *p, const record *r, const ctr_field *field, owner to)
{
    if (!to.object) {
        d->values[to.value].count = 1;
    } else if (r != &d->keys.argument) {
        d->has_value = true;
        d->value_offset = field->offset;
    }
    return read_value(d, p);
}

/* The entries of a map that are left, of a record of which the fields in `seen` were read. */
COLD static const char *read_entries(decoder *d, const char *p, const record *r, owner to, rest left, uint32_t seen,
                                     bool kind_seen, size_t children)
{
    const size_t count = r->model->field_count;
    size_t next = 0;
    while (next_item(d, &p, &left)) {
        const char *key = p;
        size_t index = next;
        if (next < count && ctr_cbor_key_is_here(p, &r->fields[next].key))
            p += r->fields[next].key.size;
        else
            p = read_other_key(d, p, r, &index);
        if (!p)
            return NULL;
        if (p >= d->end)
            return ctr_cbor_cut(d);
        if (index < count) {
            if (seen >> index & 1)
                forget_field(d, key, r, index, to, children);
            seen |= 1u << index;
            p = read_field(d, p, r, index, to);
            next = index + 1;
        } else if (index == KEY_KIND) {
            p = read_kind_again(d, p, key, r, &kind_seen);
        } else {
            p = ctr_cbor_skip_any(d, p);
        }
    }
    if (!p || (seen != (1u << count) - 1 && !accept_missing(d, p, r, seen)))
        return NULL;
    return p;
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
            p = after ? after : read_field(d, p, r, index, to);
            break;
        }
        case CTR_FIELD_TEXT: {
            ctrace_str text;
            const char *after = plain_text(d, p, &text);
            if (after)
                memcpy(base + field->offset, &text, sizeof text);
            p = after ? after : read_field(d, p, r, index, to);
            break;
        }
        case CTR_FIELD_BOOL: {
            const unsigned head = byte_at(p);
            if ((head & 0xFE) == 0xF4)
                base[field->offset] = (char)(head & 1);
            p = (head & 0xFE) == 0xF4 ? p + 1 : read_field(d, p, r, index, to);
            break;
        }
        case CTR_FIELD_VALUE:
            p = read_value_field(d, p, r, &r->model->fields[index], to);
            base = owner_base(d, to);
            break;
        default:
            p = read_field(d, p, r, index, to);
            base = owner_base(d, to);
        }
        if (++field == last || !p)
            return p;
        if (!ctr_cbor_key_is_here(p, &field->key)) {
            rest left = {(uint64_t)(last - field), false};
            return read_entries(d, p, r, to, left, (1u << (index + 1)) - 1, true, children);
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

/* The fields of a record that is written as a list. */
COLD static const char *read_listed_fields(decoder *d, const char *p, const record *r, owner to, rest left)
{
    uint32_t seen = 0;
    size_t index = 0;
    while (next_item(d, &p, &left)) {
        if (index == r->model->field_count)
            return ctr_cbor_bad_event(d, p, r->name.text, NULL, "the end of the list");
        if (p >= d->end)
            return ctr_cbor_cut(d);
        seen |= 1u << index;
        p = read_field(d, p, r, index++, to);
    }
    if (!p || (seen != (1u << r->model->field_count) - 1 && !accept_missing(d, p, r, seen)))
        return NULL;
    return p;
}

static const char *read_record(decoder *d, const char *p, const record *r, owner to, const char *where)
{
    p = ctr_cbor_skip_tags(d, p);
    if (!p)
        return NULL;
    unsigned major = byte_at(p) >> 5;
    rest left;
    if (major != 4 && major != 5)
        return ctr_cbor_bad_event(d, p, where, NULL, "a map");
    const char *begin = p;
    p = read_head(d, p, &left);
    if (!p)
        return NULL;
    if (major == 5)
        return read_entries(d, p, r, to, left, 0, false, d->value_count);
    ctr_cbor_add_note(d, CTRACE_LENIENCY_RECORD_AS_LIST, begin);
    return read_listed_fields(d, p, r, to, left);
}

/* A record that has a start. */
static inline const char *read_usual_record(decoder *d, const char *p, const record *r, owner to, const char *where)
{
    if (ctr_cbor_start_is_here(p, &r->start))
        return read_started_fields(d, p + r->start.size, r, to);
    return read_record(d, p, r, to, where);
}

/* ---- Kinds beside other fields ---- */

/* Finds the kind in a map where it is not the first entry. Returns its value. */
static const char *find_kind(decoder *d, const char *map, const char *p, rest left, const char *what)
{
    while (next_item(d, &p, &left)) {
        ctrace_str name;
        p = read_key(d, p, &name);
        if (!p || text_is(name, "kind", 4))
            return p;
        p = ctr_cbor_skip_any(d, p);
    }
    if (!p)
        return NULL;
    d->status = CTRACE_EVENT;
    d->failed_at = map;
    snprintf(d->message, sizeof d->message, "%s: expected the field \"kind\", found a map without it", what);
    return NULL;
}

static const char *read_name_of_kind(decoder *d, const char *p, const char *what, ctrace_str *name)
{
    if (p >= d->end)
        return ctr_cbor_cut(d);
    if (byte_at(p) >> 5 != 3 && byte_at(p) >> 5 != 2)
        return ctr_cbor_bad_event(d, p, what, "kind", "the name of a kind");
    return read_text(d, p, what, "kind", name);
}

/* Reads the name of a kind. Returns what follows. */
static const char *read_kind_name(decoder *d, const char *p, const ctr_name *names, size_t count, const char *what,
                                  int *kind)
{
    ctrace_str name;
    const char *after = read_name_of_kind(d, p, what, &name);
    if (!after)
        return NULL;
    *kind = ctr_name_find(names, count, name.data, name.size);
    return *kind >= 0 ? after : ctr_cbor_bad_event(d, p, what, "kind", "the name of a kind");
}

/* A map that has a kind, wherever it stands: *at is its name. When it is the first entry it is taken from `left`, and
 * what is returned is behind it; else it is the first entry. */
static const char *open_kind(decoder *d, const char *p, const char *what, rest *left, const char **at, bool *is_first)
{
    static const char key[] = "\x64kind";
    const char *body = read_head(d, p, left);
    if (!body)
        return NULL;
    *is_first = (left->is_open || left->count) && bytes_left(d, body) >= 5 && memcmp(body, key, 5) == 0;
    if (!*is_first) {
        *at = find_kind(d, p, body, *left, what);
        return *at ? body : NULL;
    }
    *at = body + 5;
    left->count -= !left->is_open;
    if (*at >= d->end)
        return ctr_cbor_cut(d);
    return ctr_cbor_skip_any(d, *at);
}

static const char *read_type_info(decoder *d, const char *p, const record *r, size_t index, ctrace_type_info *out)
{
    *out = (ctrace_type_info){0};
    owner to = {out, 0};
    int kind;
    rest left;
    p = ctr_cbor_skip_tags(d, p);
    if (!p)
        return NULL;
    if (byte_at(p) >> 5 == 5) {
        const char *at;
        bool is_first;
        p = open_kind(d, p, "specific_info", &left, &at, &is_first);
        if (!p || !read_kind_name(d, at, ctr_type_info_names, CTRACE_TYPE_INFO_KIND_COUNT, "specific_info", &kind))
            return NULL;
        out->kind = (ctrace_type_info_kind)kind;
        return read_entries(d, p, &d->keys.type_infos[kind], to, left, 0, is_first, d->value_count);
    }
    if (byte_at(p) >> 5 == 4) {
        ctr_cbor_add_note(d, CTRACE_LENIENCY_RECORD_AS_LIST, p);
        const char *list = p;
        p = read_head(d, p, &left);
        if (!next_item(d, &p, &left))
            return p ? ctr_cbor_bad_event(d, list, "specific_info", NULL, "the name of a kind") : NULL;
        p = read_kind_name(d, p, ctr_type_info_names, CTRACE_TYPE_INFO_KIND_COUNT, "specific_info", &kind);
        if (!p)
            return NULL;
        out->kind = (ctrace_type_info_kind)kind;
        return read_listed_fields(d, p, &d->keys.type_infos[kind], to, left);
    }
    if (is_null(p))
        return read_null(d, p, CTRACE_LENIENCY_TYPE_INFO_NULL);
    return ctr_cbor_bad_field(d, p, r, index, "a map");
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

/* What an rvalue holds below "data". */
static const char *read_rvalue_data(decoder *d, const char *p, const record *r, ctrace_rvalue *out)
{
    owner to = {out, 0};
    if (p >= d->end)
        return ctr_cbor_cut(d);
    switch ((ctr_shape)r->model->shape) {
    case CTR_SHAPE_BARE:
        return read_field(d, p, r, 0, to);
    case CTR_SHAPE_RECORD:
        return read_record(d, p, r, to, r->name.text);
    case CTR_SHAPE_UNIT:
        break;
    }
    if (is_null(p))
        return p + 1;
    ctr_cbor_add_note(d, CTRACE_LENIENCY_FIELD_UNKNOWN, p);
    return ctr_cbor_skip_any(d, p);
}

static const char *fail_without_data(decoder *d, const char *p, const record *r)
{
    d->status = CTRACE_EVENT;
    d->failed_at = p;
    snprintf(d->message, sizeof d->message, "from: expected what %s holds, found the end without it", r->name.text);
    return NULL;
}

static const char *read_rvalue_map(decoder *d, const char *p, ctrace_rvalue *out)
{
    int kind;
    rest left;
    bool has_kind, has_data = false;
    const char *at, *map = p;
    p = open_kind(d, p, "from", &left, &at, &has_kind);
    if (!p || !read_kind_name(d, at, ctr_rvalue_names, CTRACE_RVALUE_KIND_COUNT, "from", &kind))
        return NULL;
    out->kind = (ctrace_rvalue_kind)kind;
    const record *r = &d->keys.rvalues[kind];
    while (next_item(d, &p, &left)) {
        const char *key = p;
        ctrace_str name;
        p = read_key(d, p, &name);
        if (!p)
            return NULL;
        bool old = text_is(name, "0", 1), is_kind = text_is(name, "kind", 4);
        if (old || text_is(name, "data", 4)) {
            if (old)
                ctr_cbor_add_note(d, CTRACE_LENIENCY_RVALUE_OLD, key);
            if (has_data)
                ctr_cbor_add_note(d, CTRACE_LENIENCY_FIELD_TWICE, key);
            has_data = true;
            p = read_rvalue_data(d, p, r, out);
        } else {
            if (!is_kind || has_kind)
                ctr_cbor_add_note(d, is_kind ? CTRACE_LENIENCY_FIELD_TWICE : CTRACE_LENIENCY_FIELD_UNKNOWN, key);
            has_kind |= is_kind;
            p = ctr_cbor_skip_any(d, p);
        }
    }
    if (p && !has_data && r->model->shape != CTR_SHAPE_UNIT)
        return fail_without_data(d, map, r);
    return p;
}

/* ["Simple",3] and ["Compound",[1,2]]; the old form has the ids of a Compound without a list around them. */
static const char *read_rvalue_list(decoder *d, const char *p, ctrace_rvalue *out)
{
    const char *list = p;
    int kind;
    rest left;
    p = read_head(d, p, &left);
    if (!next_item(d, &p, &left))
        return p ? ctr_cbor_bad_event(d, list, "from", NULL, "the name of a kind") : NULL;
    p = read_kind_name(d, p, ctr_rvalue_names, CTRACE_RVALUE_KIND_COUNT, "from", &kind);
    if (!p)
        return NULL;
    if (left.is_open && p >= d->end)
        return ctr_cbor_cut(d);
    out->kind = (ctrace_rvalue_kind)kind;
    const record *r = &d->keys.rvalues[kind];
    bool more = left.is_open ? byte_at(p) != BREAK : left.count > 0;
    if (more && p >= d->end)
        return ctr_cbor_cut(d);
    if (kind == CTRACE_RVALUE_COMPOUND && (!more || byte_at(p) >> 5 != 4)) {
        ctr_cbor_add_note(d, CTRACE_LENIENCY_RVALUE_OLD, list);
        return read_ids_left(d, p, r, 0, left, &out->variable_ids, &out->variable_count);
    }
    ctr_cbor_add_note(d, CTRACE_LENIENCY_RECORD_AS_LIST, list);
    bool has_data = false;
    while (next_item(d, &p, &left)) {
        if (!has_data) {
            p = read_rvalue_data(d, p, r, out);
        } else {
            ctr_cbor_add_note(d, CTRACE_LENIENCY_FIELD_UNKNOWN, p);
            p = ctr_cbor_skip_any(d, p);
        }
        has_data = true;
    }
    if (p && !has_data && r->model->shape != CTR_SHAPE_UNIT)
        return fail_without_data(d, list, r);
    return p;
}

static const char *read_rvalue(decoder *d, const char *p, ctrace_rvalue *out)
{
    *out = (ctrace_rvalue){0};
    p = ctr_cbor_skip_tags(d, p);
    if (!p)
        return NULL;
    if (byte_at(p) >> 5 == 5)
        return read_rvalue_map(d, p, out);
    if (byte_at(p) >> 5 == 4)
        return read_rvalue_list(d, p, out);
    return ctr_cbor_bad_event(d, p, "Assignment", "from", "a map");
}

/* ---- Values ---- */

/* The record of a kind by its name; NULL when there is none. What is known elsewhere alone takes the next best kind. */
static const record *find_value_kind(decoder *d, ctrace_str name, const char *at, size_t value)
{
    int kind = ctr_name_find(ctr_value_names, CTRACE_VALUE_KIND_COUNT, name.data, name.size);
    if (kind >= 0) {
        d->values[value].kind = (ctrace_value_kind)kind;
        return &d->keys.values[kind];
    }
    const record *r = text_is(name, "Set", 3)    ? &d->keys.set
                      : text_is(name, "Enum", 4) ? &d->keys.enumeration
                                                 : NULL;
    if (!r) {
        ctr_cbor_bad_event(d, at, "value", "kind", "the name of a kind");
        return NULL;
    }
    ctr_cbor_add_note(d, CTRACE_LENIENCY_VALUE_KIND_OTHER, at);
    d->values[value].kind = r == &d->keys.set ? CTRACE_VALUE_SEQUENCE : CTRACE_VALUE_VARIANT;
    return r;
}

/* What an Enum has left in a Variant becomes what a Variant has: its number is the contents. */
static bool complete_enum(decoder *d, size_t value)
{
    if (!push_value(d, CTRACE_VALUE_INT))
        return false;
    ctrace_value *variant = d->values + value, *contents = d->values + d->value_count - 1;
    contents->i = variant->i;
    contents->type_id = variant->type_id;
    variant->i = 0;
    variant->count = 1;
    return true;
}

/* A value that refers to another one by a number. It is there for cycles, and no producer says how the numbers are
 * given; so it stays a mark, as upstream's own converter has it. */
static const char *read_reference_mark(decoder *d, const char *p, size_t value)
{
    uint64_t n;
    const char *at = p + 3;
    if (at >= d->end)
        return ctr_cbor_cut(d);
    if (byte_at(at) >= 0x1C)
        return ctr_cbor_bad_event(d, at, "value", NULL, "the number of another value");
    const char *after = head_number(at, &n);
    char *mark = ctr_arena_take(&d->kept, 32);
    if (!mark)
        return ctr_cbor_no_memory(d);
    int size = snprintf(mark, 32, "<ref %llu>", (unsigned long long)n);
    d->values[value].kind = CTRACE_VALUE_RAW;
    d->values[value].text = (ctrace_str){mark, (size_t)size};
    ctr_cbor_add_note(d, CTRACE_LENIENCY_VALUE_SHARED, p);
    return after;
}

static const char *read_value_map(decoder *d, const char *p, size_t value)
{
    rest left;
    bool is_first;
    const char *at;
    ctrace_str name;
    p = open_kind(d, p, "value", &left, &at, &is_first);
    if (!p || !read_name_of_kind(d, at, "value", &name))
        return NULL;
    const record *r = find_value_kind(d, name, at, value);
    if (!r)
        return NULL;
    if (!is_first && ++d->late_kinds > MOST_LATE_KINDS) {
        d->status = CTRACE_TOO_DEEP;
        d->failed_at = at;
        snprintf(d->message, sizeof d->message,
                 "more than %d values lie in each other with their kind behind their contents", MOST_LATE_KINDS);
        return NULL;
    }
    p = read_entries(d, p, r, (owner){NULL, value}, left, 0, is_first, d->value_count);
    d->late_kinds -= !is_first;
    return p && r == &d->keys.enumeration && !complete_enum(d, value) ? NULL : p;
}

static const char *read_value_list(decoder *d, const char *p, size_t value)
{
    const char *list = p;
    rest left;
    ctrace_str name;
    ctr_cbor_add_note(d, CTRACE_LENIENCY_RECORD_AS_LIST, p);
    p = read_head(d, p, &left);
    if (!next_item(d, &p, &left))
        return p ? ctr_cbor_bad_event(d, list, "value", NULL, "the name of a kind") : NULL;
    const char *at = p;
    p = read_name_of_kind(d, p, "value", &name);
    const record *r = p ? find_value_kind(d, name, at, value) : NULL;
    if (!r)
        return NULL;
    p = read_listed_fields(d, p, r, (owner){NULL, value}, left);
    return p && r == &d->keys.enumeration && !complete_enum(d, value) ? NULL : p;
}

/* Every value that is not as upstream writes it. `value` has been pushed. */
COLD static const char *read_odd_value(decoder *d, const char *p, size_t value)
{
    static const char mark[] = "\xD9\x01";
    if (bytes_left(d, p) >= 3 && memcmp(p, mark, 3) == 0)
        return read_reference_mark(d, p, value);
    p = ctr_cbor_skip_tags(d, p);
    if (!p)
        return NULL;
    if (byte_at(p) >> 5 == 5)
        return read_value_map(d, p, value);
    if (byte_at(p) >> 5 == 4)
        return read_value_list(d, p, value);
    if (is_null(p))
        return read_null(d, p, CTRACE_LENIENCY_VALUE_NULL);
    return ctr_cbor_bad_event(d, p, "value", NULL, "a map");
}

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
    p = r ? read_started_fields(d, p, r, (owner){NULL, value}) : read_odd_value(d, p, value);
    d->depth--;
    d->values[value].span = (uint32_t)(d->value_count - value);
    return p;
}

static const char *read_value(decoder *d, const char *p)
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

static const char *read_args(decoder *d, const char *p, const record *r, size_t index, const ctrace_argument **out,
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

/* One field of any record. `p` is at its value. */
static const char *read_field(decoder *d, const char *p, const record *r, size_t index, owner to)
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
        return read_args(d, p, r, index, member, count);
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
        return read_type_info(d, p, r, index, member);
    case CTR_FIELD_RVALUE:
        return read_rvalue(d, p, member);
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
        return read_record(d, p, r, to, r->name.text);
    case CTR_SHAPE_BARE:
        return read_field(d, p, r, 0, to);
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
        return read_value(d, after + r->fields[1].key.size);
    case CTR_CBOR_VALUE:
        d->has_value = true;
        d->value_offset = r->fields[0].offset;
        return read_value(d, p);
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

static void begin(decoder *d, const char *end)
{
    d->note_count = 0;
    d->status = CTRACE_OK;
    d->end = end;
    d->depth = 0;
    d->late_kinds = 0;
    d->has_value = false;
    d->value_count = 0;
}

/* Nothing is said about an item before it is known to be whole and CBOR. */
COLD static ctrace_status judge(decoder *d, const char *p)
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

static inline ctrace_status finish(decoder *d, const char *p, const char *after)
{
    d->after = after;
    if (after && after <= d->end)
        return CTRACE_OK;
    if (after)
        ctr_cbor_cut(d);
    return judge(d, p);
}

/* Copies what was decoded to where it stays. NULL when there is no memory. */
static void *keep(decoder *d, const void *items, size_t count, size_t item_size)
{
    void *kept = ctr_arena_take(&d->kept, count ? count * item_size : 1);
    if (kept && count)
        memcpy(kept, items, count * item_size);
    if (!kept)
        ctr_cbor_no_memory(d);
    return kept;
}

/* Puts the values of arguments in their places. */
static void point_to_values(ctrace_argument *args, size_t count, const ctrace_value *value)
{
    for (size_t i = 0; i < count; i++) {
        args[i].value = value;
        value += value->span;
    }
}

ctrace_status ctr_cbor_decode_event(decoder *d, const char *p, const char *end, ctrace_event *out)
{
    begin(d, end);
    ctr_arena_reset(&d->kept);
    ctrace_status status = finish(d, p, p < end ? read_event(d, p, out) : ctr_cbor_cut(d));
    if (status != CTRACE_OK)
        return status;
    /* Values stay put from now on. */
    if (d->has_value)
        memcpy((char *)out + d->value_offset, &d->values, sizeof d->values);
    if (out->kind == CTRACE_EVENT_CALL)
        point_to_values(d->args, out->call.arg_count, d->values);
    return CTRACE_OK;
}

ctrace_status ctr_cbor_decode_value(decoder *d, const char *p, const char *end, const ctrace_value **out)
{
    begin(d, end);
    ctrace_status status = finish(d, p, read_value(d, p));
    if (status == CTRACE_OK && !(*out = keep(d, d->values, d->value_count, sizeof **out)))
        return CTRACE_NO_MEMORY;
    return status;
}

ctrace_status ctr_cbor_decode_args(decoder *d, const char *p, const char *end, const ctrace_argument **out,
                                   size_t *count)
{
    begin(d, end);
    const ctrace_argument *decoded;
    const record *call = &d->keys.events[CTRACE_EVENT_CALL];
    ctrace_status status = finish(d, p, read_args(d, p, call, 1, &decoded, count));
    if (status != CTRACE_OK)
        return status;
    ctrace_argument *args = keep(d, decoded, *count, sizeof *args);
    const ctrace_value *values = keep(d, d->values, d->value_count, sizeof *values);
    if (!args || !values)
        return CTRACE_NO_MEMORY;
    point_to_values(args, *count, values);
    *out = args;
    return CTRACE_OK;
}

static bool keep_type_info(decoder *d, ctrace_type_info *info)
{
    if (info->field_count)
        info->fields = keep(d, info->fields, info->field_count, sizeof *info->fields);
    return !info->field_count || info->fields;
}

ctrace_status ctr_cbor_decode_type(decoder *d, const char *p, const char *end, ctrace_type_event *out)
{
    begin(d, end);
    ctrace_event event = {.kind = CTRACE_EVENT_TYPE};
    const record *r = &d->keys.events[CTRACE_EVENT_TYPE];
    ctrace_status status = finish(d, p, read_record(d, p, r, (owner){&event, 0}, "Type"));
    *out = event.type;
    return status == CTRACE_OK && !keep_type_info(d, &out->specific_info) ? CTRACE_NO_MEMORY : status;
}

ctrace_status ctr_cbor_decode_type_info(decoder *d, const char *p, const char *end, ctrace_type_info *out)
{
    begin(d, end);
    const record *r = &d->keys.events[CTRACE_EVENT_TYPE];
    ctrace_status status = finish(d, p, read_type_info(d, p, r, 2, out));
    return status == CTRACE_OK && !keep_type_info(d, out) ? CTRACE_NO_MEMORY : status;
}

static bool keep_rvalue(decoder *d, ctrace_rvalue *rvalue)
{
    if (rvalue->variable_count)
        rvalue->variable_ids = keep(d, rvalue->variable_ids, rvalue->variable_count, sizeof *rvalue->variable_ids);
    return !rvalue->variable_count || rvalue->variable_ids;
}

ctrace_status ctr_cbor_decode_assignment(decoder *d, const char *p, const char *end, ctrace_assignment_event *out)
{
    begin(d, end);
    ctrace_event event = {.kind = CTRACE_EVENT_ASSIGNMENT};
    const record *r = &d->keys.events[CTRACE_EVENT_ASSIGNMENT];
    ctrace_status status = finish(d, p, read_record(d, p, r, (owner){&event, 0}, "Assignment"));
    *out = event.assignment;
    return status == CTRACE_OK && !keep_rvalue(d, &out->from) ? CTRACE_NO_MEMORY : status;
}

ctrace_status ctr_cbor_decode_rvalue(decoder *d, const char *p, const char *end, ctrace_rvalue *out)
{
    begin(d, end);
    ctrace_status status = finish(d, p, read_rvalue(d, p, out));
    return status == CTRACE_OK && !keep_rvalue(d, out) ? CTRACE_NO_MEMORY : status;
}
