/* Records in any order of their fields, with fields twice, missing or unknown, and as lists. */
#include <stdio.h>

#include "codec/cbor/decoding.h"

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

const char *ctr_cbor_read_key(decoder *d, const char *p, ctrace_str *name)
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
    const char *value = ctr_cbor_read_key(d, p, &name);
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

const char *ctr_cbor_read_entries(decoder *d, const char *p, const record *r, owner to, rest left, uint32_t seen,
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
            p = ctr_cbor_read_field(d, p, r, index, to);
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

const char *ctr_cbor_read_listed_fields(decoder *d, const char *p, const record *r, owner to, rest left)
{
    uint32_t seen = 0;
    size_t index = 0;
    while (next_item(d, &p, &left)) {
        if (index == r->model->field_count)
            return ctr_cbor_bad_event(d, p, r->name.text, NULL, "the end of the list");
        if (p >= d->end)
            return ctr_cbor_cut(d);
        seen |= 1u << index;
        p = ctr_cbor_read_field(d, p, r, index++, to);
    }
    if (!p || (seen != (1u << r->model->field_count) - 1 && !accept_missing(d, p, r, seen)))
        return NULL;
    return p;
}

const char *ctr_cbor_read_record(decoder *d, const char *p, const record *r, owner to, const char *where)
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
        return ctr_cbor_read_entries(d, p, r, to, left, 0, false, d->value_count);
    ctr_cbor_add_note(d, CTRACE_LENIENCY_RECORD_AS_LIST, begin);
    return ctr_cbor_read_listed_fields(d, p, r, to, left);
}
