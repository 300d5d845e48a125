/* Records, lists, values and events. */
#include "codec/json/decoding.h"

#include <stdio.h>

/* Values whose kind stands behind what they contain are looked through twice on every level. */
#define MOST_LATE_KINDS 64

/* Not at every event, so better apart from what is. */
#define APART __attribute__((noinline))

static const ctr_record argument_model = {
    CTR_SHAPE_RECORD,
    2,
    {{"variable_id", 11, CTR_FIELD_ID, offsetof(ctrace_argument, variable_id), 0},
     {"value", 5, CTR_FIELD_VALUE, offsetof(ctrace_argument, value), 0}},
};

static const ctr_record type_field_model = {
    CTR_SHAPE_RECORD,
    2,
    {{"name", 4, CTR_FIELD_TEXT, offsetof(ctrace_field, name), 0},
     {"type_id", 7, CTR_FIELD_ID, offsetof(ctrace_field, type_id), 0}},
};

static const char *read_value(decoder *d, const char *p);
static const char *read_field(decoder *d, const char *p, const record *r, size_t index, owner to);

/* ---- Life ---- */

void ctr_json_decoder_init(decoder *d, uint32_t max_depth, const ctrace_allocator *allocator)
{
    memset(d, 0, sizeof *d);
    d->allocator = d->texts.allocator = d->skip.kinds.allocator = allocator;
    d->max_depth = max_depth;
    ctr_json_make_names(&d->event_names, ctr_event_names, CTRACE_EVENT_KIND_COUNT);
    ctr_json_make_names(&d->value_names, ctr_value_names, CTRACE_VALUE_KIND_COUNT);
    for (size_t i = 0; i < CTRACE_EVENT_KIND_COUNT; i++)
        ctr_json_make_record(&d->events[i], &ctr_events[i], ctr_event_names[i], "{\"", "\":{\"");
    for (size_t i = 0; i < CTRACE_VALUE_KIND_COUNT; i++)
        ctr_json_make_record(&d->value_records[i], &ctr_values[i], ctr_value_names[i], "{\"kind\":\"", "\",\"");
    for (size_t i = 0; i < CTRACE_TYPE_INFO_KIND_COUNT; i++)
        ctr_json_make_record(&d->type_infos[i], &ctr_type_infos[i], ctr_type_info_names[i], NULL, NULL);
    for (size_t i = 0; i < CTRACE_VALUE_KIND_COUNT; i++)
        d->value_records[i].tagged = true;
    for (size_t i = 0; i < CTRACE_TYPE_INFO_KIND_COUNT; i++)
        d->type_infos[i].tagged = true;
    for (size_t i = 0; i < CTRACE_RVALUE_KIND_COUNT; i++)
        ctr_json_make_record(&d->rvalues[i], &ctr_rvalues[i], ctr_rvalue_names[i], NULL, NULL);
    ctr_json_make_record(&d->argument, &argument_model, (ctr_name){"argument", 8}, NULL, NULL);
    ctr_json_make_record(&d->type_field, &type_field_model, (ctr_name){"field", 5}, NULL, NULL);
}

void ctr_json_decoder_free(decoder *d)
{
    ctr_arena_free(&d->texts);
    ctr_buffer_free(&d->skip.kinds);
    ctr_free(d->allocator, d->values, d->value_capacity * sizeof *d->values);
    ctr_free(d->allocator, d->args, d->arg_capacity * sizeof *d->args);
    ctr_free(d->allocator, d->ids, d->id_capacity * sizeof *d->ids);
    ctr_free(d->allocator, d->lines, d->line_capacity * sizeof *d->lines);
    ctr_free(d->allocator, d->fields, d->field_capacity * sizeof *d->fields);
}

/* ---- Memory ---- */

COLD static bool grow(decoder *d, void **items, size_t *capacity, size_t item_size)
{
    return ctr_make_room(d->allocator, items, capacity, *capacity, item_size) || ctr_json_no_memory(d);
}

/* Makes room for item number `count` of a list. */
#define ROOM(d, items, capacity, count)                                                                                \
    ((count) < (capacity) || grow(d, (void **)&(items), &(capacity), sizeof *(items)))

static bool push_value(decoder *d, ctrace_value_kind kind)
{
    if (!ROOM(d, d->values, d->value_capacity, d->value_count))
        return false;
    d->values[d->value_count++] = (ctrace_value){.kind = kind, .span = 1};
    return true;
}

/* ---- Lists ---- */

/* Opens a list. *p moves to the first item; false when there is none, *p is then behind the list or NULL. */
static bool open_list(decoder *d, const char **p, const record *r, size_t index, const char *expected)
{
    const char *at = *p;
    if (*at == '[') {
        at = ctr_json_space(at + 1);
        *p = *at == ']' ? at + 1 : at;
        return *at != ']';
    }
    if (is_null(at))
        *p = read_null(d, at, CTRACE_LENIENCY_LIST_NULL);
    else
        *p = *at == 'n' ? ctr_json_skip_any(d, at) : ctr_json_bad_field(d, at, r, index, expected);
    return false;
}

/* Behind an item: true when another follows at *p; else *p is behind the list or NULL. */
static bool next_item(decoder *d, const char **p)
{
    const char *at = *p;
    if (!at)
        return false;
    at = ctr_json_space(at);
    if (*at == ',') {
        *p = ctr_json_space(at + 1);
        return true;
    }
    *p = *at == ']' ? at + 1 : ctr_json_bad_syntax(d, at, "',' or ']'");
    return false;
}

static const char *read_values(decoder *d, const char *p, const record *r, size_t index, size_t parent)
{
    uint32_t count = 0;
    if (open_list(d, &p, r, index, "a list of values"))
        do {
            p = read_value(d, p);
            count++;
        } while (next_item(d, &p));
    if (p)
        d->values[parent].count = count;
    return p;
}

static const char *read_ids(decoder *d, const char *p, const record *r, size_t index, const ctrace_id **out,
                            size_t *count)
{
    size_t n = 0;
    if (open_list(d, &p, r, index, "a list of ids"))
        do {
            if (!ROOM(d, d->ids, d->id_capacity, n))
                return NULL;
            p = read_unsigned(d, p, r, index, &d->ids[n++]);
        } while (next_item(d, &p));
    *out = d->ids;
    *count = n;
    return p;
}

static const char *read_lines(decoder *d, const char *p, const record *r, size_t index, const ctrace_str **out,
                              size_t *count)
{
    size_t n = 0;
    if (open_list(d, &p, r, index, "a list of texts"))
        do {
            if (!ROOM(d, d->lines, d->line_capacity, n))
                return NULL;
            p = read_text_field(d, p, r, index, &d->lines[n++]);
        } while (next_item(d, &p));
    *out = d->lines;
    *count = n;
    return p;
}

/* ---- Records ---- */

static const char *expect_colon(decoder *d, const char *p)
{
    p = ctr_json_space(p);
    return *p == ':' ? ctr_json_space(p + 1) : ctr_json_bad_syntax(d, p, "':'");
}

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

/* Judges the fields that are not in `seen`; `p` is at the record's closing bracket. */
COLD static bool accept_missing(decoder *d, const char *p, const record *r, uint32_t seen)
{
    for (size_t i = 0; i < r->model->field_count; i++) {
        if (seen >> i & 1)
            continue;
        if (!may_be_missing(&r->model->fields[i])) {
            d->status = CTRACE_EVENT;
            d->failed_at = p;
            snprintf(d->message, sizeof d->message, "%s: expected the field \"%s\", found the end without it",
                     r->name.text, r->model->fields[i].name);
            return false;
        }
        ctr_json_add_note(d, CTRACE_LENIENCY_FIELD_MISSING, p);
    }
    return true;
}

/* A field that was given before: what it left is taken back. */
COLD static void forget_field(decoder *d, const char *p, const record *r, size_t index, owner to, size_t children)
{
    ctr_json_add_note(d, CTRACE_LENIENCY_FIELD_TWICE, p);
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

/* A name in quotes with its colon; returns what follows. */
static const char *read_key(decoder *d, const char *p, ctrace_str *name)
{
    if (*p != '"')
        return ctr_json_bad_syntax(d, p, "a name in quotes");
    p = read_text(d, p, name);
    return p ? expect_colon(d, p) : NULL;
}

static bool text_is(ctrace_str text, const char *name, size_t size)
{
    return text.size == size && memcmp(text.data, name, size) == 0;
}

/* A key that is not the one that upstream writes next; returns its value. *index becomes its field; the number of
 * fields for the kind, and more for any other key. */
static const char *read_other_key(decoder *d, const char *p, const record *r, size_t *index)
{
    const ctr_record *model = r->model;
    for (size_t i = 0; i < model->field_count; i++)
        if (ctr_json_key_is_here(p, &r->keys[i])) {
            *index = i;
            return ctr_json_space(p + r->keys[i].size);
        }
    ctrace_str name;
    const char *value = read_key(d, p, &name);
    *index = 0;
    while (value && *index < model->field_count &&
           !text_is(name, model->fields[*index].name, model->fields[*index].name_size))
        ++*index;
    if (value && *index == model->field_count && !(r->tagged && text_is(name, "kind", 4)))
        ++*index;
    return value;
}

/* The kind is known already; given again it must be the same. */
static const char *read_kind_again(decoder *d, const char *p, const char *key, const record *r, bool *kind_seen)
{
    if (*p != '"')
        return ctr_json_bad_event(d, p, r->name.text, "kind", "the kind as a text");
    ctrace_str kind;
    const char *after = read_text(d, p, &kind);
    if (after && !text_is(kind, r->name.text, r->name.size))
        return ctr_json_bad_event(d, p, r->name.text, "kind", "one kind only");
    if (*kind_seen)
        ctr_json_add_note(d, CTRACE_LENIENCY_FIELD_TWICE, key);
    *kind_seen = true;
    return after;
}

static inline const char *read_value_field(decoder *d, const char *p, const record *r, const ctr_field *field, owner to)
{
    if (!to.object) {
        d->values[to.value].count = 1;
    } else if (r != &d->argument) {
        d->has_value = true;
        d->value_offset = field->offset;
    }
    return read_value(d, p);
}

/* The kinds of fields that nearly all events are made of, when they are plain; everything else by read_field(). */
static inline const char *read_plain_field(decoder *d, const char *p, const record *r, size_t index, owner to)
{
    const ctr_field *field = &r->model->fields[index];
    if (field->type == CTR_FIELD_ID || field->type == CTR_FIELD_U64 || field->type == CTR_FIELD_I64) {
        uint64_t u;
        bool negative = *p == '-' && field->type == CTR_FIELD_I64;
        const char *after = short_digits(p + negative, &u);
        if (after && (u || !negative)) {
            u = negative ? 0 - u : u;
            memcpy((char *)owner_base(d, to) + field->offset, &u, sizeof u);
            return after;
        }
    } else if (field->type == CTR_FIELD_TEXT && *p == '"') {
        bool high;
        const char *stop = ctr_json_plain_end(p + 1, &high);
        if (*stop == '"' && !high) {
            ctrace_str text = {p + 1, (size_t)(stop - p - 1)};
            memcpy((char *)owner_base(d, to) + field->offset, &text, sizeof text);
            return stop + 1;
        }
    } else if (field->type == CTR_FIELD_VALUE) {
        return read_value_field(d, p, r, field, to);
    }
    return read_field(d, p, r, index, to);
}

/* Where read_fields() begins. */
typedef enum fields_begin {
    BEHIND_BRACE, /* behind the opening brace */
    BEHIND_KIND,  /* behind the kind, which was the first field */
    BEHIND_START  /* behind the record's start: at the value of the first field */
} fields_begin;

/* Goes to the next field, whose value *p then is at and whose number is *index; `next` is the one that upstream writes
 * now. False at the closing brace; *p is NULL after a failure. */
static bool next_field(decoder *d, const char **p, const record *r, size_t next, bool is_first, size_t *index,
                       const char **key)
{
    const char *at = ctr_json_space(*p);
    if (*at == '}' || (!is_first && *at != ',')) {
        *p = *at == '}' ? at : ctr_json_bad_syntax(d, at, "',' or '}'");
        return false;
    }
    *key = at = is_first ? at : ctr_json_space(at + 1);
    *index = next;
    if (next < r->model->field_count && ctr_json_key_is_here(at, &r->keys[next]))
        *p = ctr_json_space(at + r->keys[next].size);
    else
        *p = read_other_key(d, at, r, index);
    return *p != NULL;
}

/* The fields of an object, up to and with its closing brace. */
static const char *read_fields(decoder *d, const char *p, const record *r, owner to, fields_begin begin)
{
    const size_t count = r->model->field_count;
    const size_t children = d->value_count;
    uint32_t seen = 0;
    size_t index = 0;
    const char *key = p;
    bool kind_seen = begin != BEHIND_BRACE;
    bool more = begin == BEHIND_START || next_field(d, &p, r, 0, begin == BEHIND_BRACE, &index, &key);
    while (more) {
        if (index < count) {
            if (seen >> index & 1)
                forget_field(d, key, r, index, to, children);
            seen |= 1u << index;
            p = read_plain_field(d, p, r, index, to);
            index++;
        } else if (index == count) {
            p = read_kind_again(d, p, key, r, &kind_seen);
        } else {
            ctr_json_add_note(d, CTRACE_LENIENCY_FIELD_UNKNOWN, key);
            p = ctr_json_skip_any(d, p);
        }
        if (!p)
            return NULL;
        if (index < count && ctr_json_key_is_here(p, &r->commas[index])) {
            key = p + 1;
            p = ctr_json_space(p + r->commas[index].size);
        } else if (*p == '}') {
            more = false;
        } else {
            more = next_field(d, &p, r, index, false, &index, &key);
        }
    }
    if (!p || (seen != (1u << count) - 1 && !accept_missing(d, p, r, seen)))
        return NULL;
    return p + 1;
}

/* The fields from the value of the first on: behind the record's start. */
static inline const char *read_fields_behind_start(decoder *d, const char *p, const record *r, owner to)
{
    /* Two short integers without blanks: steps and Int values are hardly ever anything else. */
    uint64_t first, second;
    const char *after;
    if (r->is_two_integers && (after = short_digits(p, &first)) != NULL &&
        ctr_json_key_is_here(after, &r->commas[1]) &&
        (after = short_digits(after + r->commas[1].size, &second)) != NULL && *after == '}') {
        char *base = owner_base(d, to);
        memcpy(base + r->model->fields[0].offset, &first, sizeof first);
        memcpy(base + r->model->fields[1].offset, &second, sizeof second);
        return after + 1;
    }
    return read_fields(d, ctr_json_space(p), r, to, BEHIND_START);
}

/* The fields of a record that is written as a list. `p` is at the first, or at the closing bracket. */
static const char *read_listed_fields(decoder *d, const char *p, const record *r, owner to)
{
    uint32_t seen = 0;
    size_t index = 0;
    if (*p == ']') {
        if (r->model->field_count && !accept_missing(d, p, r, 0))
            return NULL;
        return p + 1;
    }
    do {
        if (index == r->model->field_count)
            return ctr_json_bad_event(d, p, r->name.text, NULL, "the end of the list");
        seen |= 1u << index;
        p = read_field(d, p, r, index++, to);
    } while (next_item(d, &p));
    if (p && seen != (1u << r->model->field_count) - 1 && !accept_missing(d, p - 1, r, seen))
        return NULL;
    return p;
}

static const char *read_record(decoder *d, const char *p, const record *r, owner to, const char *where)
{
    if (*p == '{')
        return read_fields(d, p + 1, r, to, BEHIND_BRACE);
    if (*p != '[')
        return ctr_json_bad_event(d, p, where, NULL, "an object");
    ctr_json_add_note(d, CTRACE_LENIENCY_RECORD_AS_LIST, p);
    return read_listed_fields(d, ctr_json_space(p + 1), r, to);
}

/* ---- Kinds beside other fields ---- */

/* Finds the kind in an object where it is not the first field; `p` is behind the opening brace. Returns its value. */
static const char *find_kind(decoder *d, const char *p, const char *what)
{
    const char *object = p - 1;
    p = ctr_json_space(p);
    if (*p != '}')
        for (;;) {
            ctrace_str name;
            p = read_key(d, p, &name);
            if (!p || text_is(name, "kind", 4))
                return p;
            p = ctr_json_skip_any(d, p);
            if (!p)
                return NULL;
            p = ctr_json_space(p);
            if (*p == '}')
                break;
            if (*p != ',')
                return ctr_json_bad_syntax(d, p, "',' or '}'");
            p = ctr_json_space(p + 1);
        }
    d->status = CTRACE_EVENT;
    d->failed_at = object;
    snprintf(d->message, sizeof d->message, "%s: expected the field \"kind\", found an object without it", what);
    return NULL;
}

/* Reads the name of a kind. Returns what follows. */
static const char *read_kind_name(decoder *d, const char *p, const ctr_name *names, size_t count, const char *what,
                                  int *kind)
{
    if (*p != '"')
        return ctr_json_bad_event(d, p, what, "kind", "the name of a kind");
    ctrace_str name;
    const char *after = read_text(d, p, &name);
    if (!after)
        return NULL;
    *kind = ctr_name_find(names, count, name.data, name.size);
    return *kind >= 0 ? after : ctr_json_bad_event(d, p, what, "kind", "the name of a kind");
}

/* The kind of an object that has one, wherever it stands. *first tells that it is the first field; what is returned
 * is then behind it, else behind the opening brace. */
static const char *read_object_kind(decoder *d, const char *p, const ctr_name *names, size_t count, const char *what,
                                    int *kind, bool *first)
{
    const char *body = p + 1;
    p = ctr_json_space(body);
    *first = memcmp(p, "\"kind\":", 7) == 0;
    p = *first ? ctr_json_space(p + 7) : find_kind(d, body, what);
    if (!p)
        return NULL;
    p = read_kind_name(d, p, names, count, what, kind);
    return p && !*first ? body : p;
}

static const char *read_type_info(decoder *d, const char *p, const record *r, size_t index, ctrace_type_info *out)
{
    *out = (ctrace_type_info){0};
    owner to = {out, 0};
    int kind;
    if (*p == '{') {
        bool first;
        p = read_object_kind(d, p, ctr_type_info_names, CTRACE_TYPE_INFO_KIND_COUNT, "specific_info", &kind, &first);
        if (!p)
            return NULL;
        out->kind = (ctrace_type_info_kind)kind;
        return read_fields(d, p, &d->type_infos[kind], to, first ? BEHIND_KIND : BEHIND_BRACE);
    }
    if (*p == '[') {
        ctr_json_add_note(d, CTRACE_LENIENCY_RECORD_AS_LIST, p);
        p = read_kind_name(d, ctr_json_space(p + 1), ctr_type_info_names, CTRACE_TYPE_INFO_KIND_COUNT, "specific_info",
                           &kind);
        if (!p)
            return NULL;
        out->kind = (ctrace_type_info_kind)kind;
        if (!next_item(d, &p)) {
            if (!p || accept_missing(d, p - 1, &d->type_infos[kind], 0))
                return p;
            return NULL;
        }
        return read_listed_fields(d, p, &d->type_infos[kind], to);
    }
    if (is_null(p))
        return read_null(d, p, CTRACE_LENIENCY_TYPE_INFO_NULL);
    return *p == 'n' ? ctr_json_skip_any(d, p) : ctr_json_bad_field(d, p, r, index, "an object");
}

static const char *read_type_fields(decoder *d, const char *p, const record *r, size_t index, const ctrace_field **out,
                                    size_t *count)
{
    size_t n = 0;
    if (open_list(d, &p, r, index, "a list of fields"))
        do {
            ctrace_field field = {{NULL, 0}, 0};
            p = read_record(d, p, &d->type_field, (owner){&field, 0}, "field");
            if (!p || !ROOM(d, d->fields, d->field_capacity, n))
                return NULL;
            d->fields[n++] = field;
        } while (next_item(d, &p));
    *out = d->fields;
    *count = n;
    return p;
}

/* What an rvalue holds below "data". */
static const char *read_rvalue_data(decoder *d, const char *p, const record *r, ctrace_rvalue *out)
{
    owner to = {out, 0};
    switch ((ctr_shape)r->model->shape) {
    case CTR_SHAPE_BARE:
        return read_field(d, p, r, 0, to);
    case CTR_SHAPE_RECORD:
        return read_record(d, p, r, to, r->name.text);
    case CTR_SHAPE_UNIT:
        break;
    }
    if (is_null(p))
        return p + 4;
    ctr_json_add_note(d, CTRACE_LENIENCY_FIELD_UNKNOWN, p);
    return ctr_json_skip_any(d, p);
}

static const char *read_rvalue_object(decoder *d, const char *p, ctrace_rvalue *out)
{
    int kind;
    bool first;
    p = read_object_kind(d, p, ctr_rvalue_names, CTRACE_RVALUE_KIND_COUNT, "from", &kind, &first);
    if (!p)
        return NULL;
    out->kind = (ctrace_rvalue_kind)kind;
    const record *r = &d->rvalues[kind];
    bool has_data = false, has_kind = first;
    p = ctr_json_space(p);
    bool more = first ? *p == ',' : *p != '}';
    if (first && more)
        p = ctr_json_space(p + 1);
    else if (first && *p != '}')
        return ctr_json_bad_syntax(d, p, "',' or '}'");
    while (more) {
        const char *key = p;
        ctrace_str name;
        p = read_key(d, p, &name);
        if (!p)
            return NULL;
        bool old = text_is(name, "0", 1), is_kind = text_is(name, "kind", 4);
        if (old || text_is(name, "data", 4)) {
            if (old)
                ctr_json_add_note(d, CTRACE_LENIENCY_RVALUE_OLD, key);
            if (has_data)
                ctr_json_add_note(d, CTRACE_LENIENCY_FIELD_TWICE, key);
            has_data = true;
            p = read_rvalue_data(d, p, r, out);
        } else {
            if (!is_kind || has_kind)
                ctr_json_add_note(d, is_kind ? CTRACE_LENIENCY_FIELD_TWICE : CTRACE_LENIENCY_FIELD_UNKNOWN, key);
            has_kind |= is_kind;
            p = ctr_json_skip_any(d, p);
        }
        if (!p)
            return NULL;
        p = ctr_json_space(p);
        more = *p == ',';
        if (more)
            p = ctr_json_space(p + 1);
        else if (*p != '}')
            return ctr_json_bad_syntax(d, p, "',' or '}'");
    }
    if (!has_data && r->model->shape != CTR_SHAPE_UNIT) {
        d->status = CTRACE_EVENT;
        d->failed_at = p;
        snprintf(d->message, sizeof d->message, "from: expected the field \"data\", found the end without it");
        return NULL;
    }
    return p + 1;
}

/* ["Simple",3] and ["Compound",[1,2]]; the old form has the ids of a Compound without a list around them. */
static const char *read_rvalue_list(decoder *d, const char *p, ctrace_rvalue *out)
{
    const char *list = p;
    int kind;
    p = read_kind_name(d, ctr_json_space(p + 1), ctr_rvalue_names, CTRACE_RVALUE_KIND_COUNT, "from", &kind);
    if (!p)
        return NULL;
    out->kind = (ctrace_rvalue_kind)kind;
    const record *r = &d->rvalues[kind];
    bool more = next_item(d, &p);
    if (!p)
        return NULL;
    if (kind == CTRACE_RVALUE_COMPOUND && (!more || *p != '[')) {
        ctr_json_add_note(d, CTRACE_LENIENCY_RVALUE_OLD, list);
        size_t n = 0;
        while (more) {
            if (!ROOM(d, d->ids, d->id_capacity, n))
                return NULL;
            p = read_unsigned(d, p, r, 0, &d->ids[n++]);
            more = next_item(d, &p);
        }
        out->variable_ids = d->ids;
        out->variable_count = n;
        return p;
    }
    ctr_json_add_note(d, CTRACE_LENIENCY_RECORD_AS_LIST, list);
    if (more) {
        p = read_rvalue_data(d, p, r, out);
        while (next_item(d, &p)) {
            ctr_json_add_note(d, CTRACE_LENIENCY_FIELD_UNKNOWN, p);
            p = ctr_json_skip_any(d, p);
        }
        return p;
    }
    if (r->model->shape == CTR_SHAPE_UNIT)
        return p;
    d->status = CTRACE_EVENT;
    d->failed_at = p - 1;
    snprintf(d->message, sizeof d->message, "from: expected what %s holds, found the end of the list", r->name.text);
    return NULL;
}

static const char *read_rvalue(decoder *d, const char *p, const record *r, size_t index, ctrace_rvalue *out)
{
    *out = (ctrace_rvalue){0};
    if (*p == '{')
        return read_rvalue_object(d, p, out);
    if (*p == '[')
        return read_rvalue_list(d, p, out);
    return ctr_json_bad_field(d, p, r, index, "an object");
}

/* ---- Values ---- */

/* Every value that is no object whose first field is its kind. `value` has been pushed. */
COLD static const char *read_odd_value(decoder *d, const char *p, size_t value)
{
    if (*p == '{') {
        int kind;
        bool first;
        if (++d->late_kinds > MOST_LATE_KINDS) {
            d->status = CTRACE_TOO_DEEP;
            d->failed_at = p;
            snprintf(d->message, sizeof d->message,
                     "more than %d values lie in each other with their kind behind their contents", MOST_LATE_KINDS);
            return NULL;
        }
        p = read_object_kind(d, p, ctr_value_names, CTRACE_VALUE_KIND_COUNT, "value", &kind, &first);
        if (!p)
            return NULL;
        d->values[value].kind = (ctrace_value_kind)kind;
        p = read_fields(d, p, &d->value_records[kind], (owner){NULL, value}, first ? BEHIND_KIND : BEHIND_BRACE);
        d->late_kinds--;
        return p;
    }
    if (*p == '[') {
        ctr_json_add_note(d, CTRACE_LENIENCY_RECORD_AS_LIST, p);
        int kind;
        p = read_kind_name(d, ctr_json_space(p + 1), ctr_value_names, CTRACE_VALUE_KIND_COUNT, "value", &kind);
        if (!p)
            return NULL;
        d->values[value].kind = (ctrace_value_kind)kind;
        if (!next_item(d, &p)) {
            if (!p || accept_missing(d, p - 1, &d->value_records[kind], 0))
                return p;
            return NULL;
        }
        return read_listed_fields(d, p, &d->value_records[kind], (owner){NULL, value});
    }
    if (is_null(p)) {
        d->values[value].kind = CTRACE_VALUE_NONE;
        return read_null(d, p, CTRACE_LENIENCY_VALUE_NULL);
    }
    return *p == 'n' ? ctr_json_skip_any(d, p) : ctr_json_bad_event(d, p, "value", NULL, "an object");
}

/* The kind when it is the first field; returns what follows. NULL when it is not, or is spelled oddly. */
static const char *read_value_kind(decoder *d, const char *p, int *kind)
{
    if (*p != '{')
        return NULL;
    p = ctr_json_space(p + 1);
    if (memcmp(p, "\"kind\":", 7) != 0)
        return NULL;
    p = ctr_json_space(p + 7);
    *kind = ctr_json_find_name(&d->value_names, p);
    return *kind >= 0 ? p + d->value_names.keys[*kind].size : NULL;
}

static const char *read_value(decoder *d, const char *p)
{
    if (d->depth >= d->max_depth) {
        d->status = CTRACE_TOO_DEEP;
        d->failed_at = p;
        snprintf(d->message, sizeof d->message, "values are nested deeper than %u", (unsigned)d->max_depth);
        return NULL;
    }
    size_t value = d->value_count;
    if (!push_value(d, CTRACE_VALUE_NONE))
        return NULL;
    d->depth++;
    /* {"kind":"Int","i": of the likely kind */
    int kind = d->value_names.recent[ctr_json_likeness(p + 8)];
    const char *after;
    if (*p == '{' && ctr_json_start_is_here(p, &d->value_records[kind].start)) {
        d->values[value].kind = (ctrace_value_kind)kind;
        after = p + d->value_records[kind].start.size;
        after = read_fields_behind_start(d, after, &d->value_records[kind], (owner){NULL, value});
    } else {
        after = read_value_kind(d, p, &kind);
        if (after) {
            d->values[value].kind = (ctrace_value_kind)kind;
            after = read_fields(d, after, &d->value_records[kind], (owner){NULL, value}, BEHIND_KIND);
        } else {
            after = read_odd_value(d, p, value);
        }
    }
    d->depth--;
    d->values[value].span = (uint32_t)(d->value_count - value);
    return after;
}

static const char *read_args(decoder *d, const char *p, const record *r, size_t index, ctrace_event *event)
{
    size_t n = 0;
    if (open_list(d, &p, r, index, "a list of arguments"))
        do {
            ctrace_argument argument = {0, NULL};
            p = read_record(d, p, &d->argument, (owner){&argument, 0}, "argument");
            if (!p || !ROOM(d, d->args, d->arg_capacity, n))
                return NULL;
            d->args[n++] = argument;
        } while (next_item(d, &p));
    event->call.args = d->args;
    event->call.arg_count = n;
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
        return read_args(d, p, r, index, to.object);
    case CTR_FIELD_BOOL:
        return ctr_json_read_bool(d, p, r, index, member);
    case CTR_FIELD_FLOAT:
        return ctr_json_read_float(d, p, r, index, member);
    case CTR_FIELD_CHAR:
        return ctr_json_read_char(d, p, r, index, member);
    case CTR_FIELD_BASE64:
        return ctr_json_read_base64(d, p, r, index, member);
    case CTR_FIELD_TEXTS:
        return read_lines(d, p, r, index, member, count);
    case CTR_FIELD_IDS:
        return read_ids(d, p, r, index, member, count);
    case CTR_FIELD_FIELDS:
        return read_type_fields(d, p, r, index, member, count);
    case CTR_FIELD_TYPE_KIND:
        return ctr_json_read_kind(d, p, r, index, ctr_type_names, CTRACE_TYPE_KIND_COUNT, member);
    case CTR_FIELD_LOG_KIND:
        return ctr_json_read_kind(d, p, r, index, ctr_log_names, CTRACE_LOG_KIND_COUNT, member);
    case CTR_FIELD_PASS:
        return ctr_json_read_pass(d, p, r, index, member);
    case CTR_FIELD_TYPE_INFO:
        return read_type_info(d, p, r, index, member);
    case CTR_FIELD_RVALUE:
        return read_rvalue(d, p, r, index, member);
    }
    return ctr_json_bad_field(d, p, r, index, "nothing");
}

/* ---- Events ---- */

/* The kind by its name in quotes at `p`, in the event at `begin`; *after is behind it. -1 after a failure. */
static int read_event_name(decoder *d, const char *begin, const char *p, const char **after)
{
    int kind = ctr_json_find_name(&d->event_names, p);
    if (kind >= 0) {
        *after = p + d->event_names.keys[kind].size;
        return kind;
    }
    if (*p != '"') {
        if (*p == '}')
            ctr_json_bad_event(d, begin, "event", NULL, "an event in the object");
        else
            ctr_json_bad_syntax(d, p, "a name in quotes");
        return -1;
    }
    ctrace_str name;
    *after = read_text(d, p, &name);
    if (!*after)
        return -1;
    kind = ctr_name_find(ctr_event_names, CTRACE_EVENT_KIND_COUNT, name.data, name.size);
    if (kind < 0)
        ctr_json_bad_event(d, p, "event", NULL, "the name of an event");
    return kind;
}

/* An event without fields. */
static const char *read_unit(decoder *d, const char *p, const char *begin, const char *name)
{
    ctr_json_add_note(d, CTRACE_LENIENCY_UNIT_AS_OBJECT, begin);
    if (is_null(p))
        return p + 4;
    return *p == 'n' ? ctr_json_skip_any(d, p) : ctr_json_bad_event(d, p, name, NULL, "null");
}

/* {"Name":…} up to its closing brace. */
APART static const char *read_named_event(decoder *d, const char *begin)
{
    const char *name = ctr_json_space(begin + 1), *p;
    int kind = read_event_name(d, begin, name, &p);
    if (kind < 0)
        return NULL;
    p = *p == ':' ? ctr_json_space(p + 1) : expect_colon(d, p);
    if (!p)
        return NULL;
    d->event.kind = (ctrace_event_kind)kind;
    const record *r = &d->events[kind];
    owner to = {&d->event, 0};
    switch ((ctr_shape)r->model->shape) {
    case CTR_SHAPE_RECORD:
        return read_record(d, p, r, to, r->name.text);
    case CTR_SHAPE_BARE:
        return read_field(d, p, r, 0, to);
    case CTR_SHAPE_UNIT:
        break;
    }
    return read_unit(d, p, begin, r->name.text);
}

static const char *read_object_event(decoder *d, const char *p)
{
    /* {"Step":{"path_id": of the likely kind */
    int kind = d->event_names.recent[ctr_json_likeness(p + 1)];
    const record *r = &d->events[kind];
    if (ctr_json_start_is_here(p, &r->start)) {
        d->event.kind = (ctrace_event_kind)kind;
        p = read_fields_behind_start(d, p + r->start.size, r, (owner){&d->event, 0});
    } else {
        p = read_named_event(d, p);
    }
    if (!p)
        return NULL;
    if (*p == '}')
        return p + 1;
    p = ctr_json_space(p);
    if (*p == '}')
        return p + 1;
    if (*p != ',')
        return ctr_json_bad_syntax(d, p, "'}'");
    d->status = CTRACE_EVENT;
    d->failed_at = p;
    snprintf(d->message, sizeof d->message, "%s: expected the end of the event, found another name beside it",
             ctr_event_names[d->event.kind].text);
    return NULL;
}

static const char *read_event(decoder *d, const char *p)
{
    if (*p == '{')
        return read_object_event(d, p);
    if (*p != '"')
        return ctr_json_bad_event(d, p, "event", NULL, "an object");
    const char *after;
    int kind = read_event_name(d, p, p, &after);
    if (kind < 0)
        return NULL;
    if (ctr_events[kind].shape != CTR_SHAPE_UNIT)
        return ctr_json_bad_event(d, p, "event", NULL, "an object");
    d->event.kind = (ctrace_event_kind)kind;
    return after;
}

/* Values stay put from now on: events may point to them. */
static void point_to_values(decoder *d)
{
    if (d->has_value)
        memcpy((char *)&d->event + d->value_offset, &d->values, sizeof d->values);
    if (d->event.kind == CTRACE_EVENT_CALL) {
        const ctrace_value *value = d->values;
        for (size_t i = 0; i < d->event.call.arg_count; i++) {
            d->args[i].value = value;
            value += value->span;
        }
    }
}

ctrace_status ctr_json_decode(decoder *d, const char *p, const char *end, bool last)
{
    d->event = (ctrace_event){0};
    d->note_count = 0;
    d->status = CTRACE_OK;
    d->end = end;
    d->last = last;
    d->depth = 0;
    d->late_kinds = 0;
    d->has_value = false;
    d->value_count = 0;
    ctr_arena_reset(&d->texts);
    d->after = read_event(d, p);
    if (!d->after)
        return d->status;
    point_to_values(d);
    return CTRACE_OK;
}
