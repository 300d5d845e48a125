/* What has a kind beside its other fields, wherever it stands among them: infos of types, sources of assignments, and
 * values that are not as upstream writes them. */
#include <stdio.h>

#include "codec/cbor/decoding.h"

/* Values whose kind stands behind what they contain are looked through twice on every level. */
#define MOST_LATE_KINDS 64

/* ---- Kinds ---- */

/* Finds the kind in a map where it is not the first entry. Returns its value. */
static const char *find_kind(decoder *d, const char *map, const char *p, rest left, const char *what)
{
    while (next_item(d, &p, &left)) {
        ctrace_str name;
        p = ctr_cbor_read_key(d, p, &name);
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

/* ---- Types ---- */

const char *ctr_cbor_read_type_info(decoder *d, const char *p, const record *r, size_t index, ctrace_type_info *out)
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
        return ctr_cbor_read_entries(d, p, &d->keys.type_infos[kind], to, left, 0, is_first, d->value_count);
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
        return ctr_cbor_read_listed_fields(d, p, &d->keys.type_infos[kind], to, left);
    }
    if (is_null(p))
        return read_null(d, p, CTRACE_LENIENCY_TYPE_INFO_NULL);
    return ctr_cbor_bad_field(d, p, r, index, "a map");
}

/* ---- Assignments ---- */

/* What an rvalue holds below "data". */
static const char *read_rvalue_data(decoder *d, const char *p, const record *r, ctrace_rvalue *out)
{
    owner to = {out, 0};
    if (p >= d->end)
        return ctr_cbor_cut(d);
    switch ((ctr_shape)r->model->shape) {
    case CTR_SHAPE_BARE:
        return ctr_cbor_read_field(d, p, r, 0, to);
    case CTR_SHAPE_RECORD:
        return ctr_cbor_read_record(d, p, r, to, r->name.text);
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
        p = ctr_cbor_read_key(d, p, &name);
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
        return ctr_cbor_read_ids_left(d, p, r, 0, left, &out->variable_ids, &out->variable_count);
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

const char *ctr_cbor_read_rvalue(decoder *d, const char *p, ctrace_rvalue *out)
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

static inline bool push_value(decoder *d, ctrace_value_kind kind)
{
    if (!ROOM(d, d->values, d->value_capacity, d->value_count))
        return false;
    d->values[d->value_count++] = (ctrace_value){.kind = kind, .span = 1};
    return true;
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
    p = ctr_cbor_read_entries(d, p, r, (owner){NULL, value}, left, 0, is_first, d->value_count);
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
    p = ctr_cbor_read_listed_fields(d, p, r, (owner){NULL, value}, left);
    return p && r == &d->keys.enumeration && !complete_enum(d, value) ? NULL : p;
}

const char *ctr_cbor_read_odd_value(decoder *d, const char *p, size_t value)
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
