#include "show_value.h"


#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Values nest up to 500 deep; nobody reads more than this on one line. */
#define MAX_DEPTH 8
/* Names of fields are shown whole up to this. */
#define MAX_NAME 100
/* A list goes on only when so many bytes are left: an item takes some. */
#define LEAST_ITEM 4
/* Larger magnitudes are shown in hexadecimal: turning them into decimal digits takes quadratic time. */
#define MAX_DECIMAL_BYTES 256

typedef struct shower {
    text *t;
    const names *names;
    size_t end; /* size of the text at which it is long enough */
} shower;

static void show(shower *s, const ctrace_value *v, unsigned depth);

static bool is_full(const shower *s)
{
    return s->t->size + LEAST_ITEM > s->end;
}

static size_t left(const shower *s)
{
    return s->t->size < s->end ? s->end - s->t->size : 0;
}

static void show_float(text *t, double f)
{
    if (isnan(f)) {
        text_put(t, "nan");
        return;
    }
    if (isinf(f)) {
        text_put(t, f < 0 ? "-inf" : "inf");
        return;
    }
    /* The locale's numbers are those of "C", see screen_begin(). */
    char digits[40];
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, f);
        if (strtod(digits, NULL) == f)
            break;
    }
    text_put(t, digits);
    if (!strpbrk(digits, ".e"))
        text_put(t, ".0");
}

static void show_big_int(text *t, const ctrace_value *v)
{
    if (v->is_negative)
        text_put(t, "-");
    if (v->text.size > MAX_DECIMAL_BYTES) {
        text_put(t, "0x");
        for (size_t i = 0; i < 16; i++)
            text_format(t, "%02x", (unsigned)(unsigned char)v->text.data[i]);
        text_ellipsis(t);
        text_format(t, "(%zu bytes)", v->text.size);
        return;
    }
    unsigned char magnitude[MAX_DECIMAL_BYTES];
    char digits[MAX_DECIMAL_BYTES * 3];
    size_t count = 0;
    size_t size = v->text.size;
    if (size)
        memcpy(magnitude, v->text.data, size);
    for (size_t first = 0; first < size;) {
        unsigned rest = 0;
        for (size_t i = first; i < size; i++) {
            unsigned part = rest << 8 | magnitude[i];
            magnitude[i] = (unsigned char)(part / 10);
            rest = part % 10;
        }
        digits[count++] = (char)('0' + rest);
        while (first < size && magnitude[first] == 0)
            first++;
    }
    while (count > 1 && digits[count - 1] == '0')
        count--;
    if (count == 0)
        text_put(t, "0");
    while (count)
        text_bytes(t, &digits[--count], 1);
}

/* The children of `v`, each after its field's name when `type` has names for them. */
static void show_children(shower *s, const ctrace_value *v, const named_type *type, unsigned depth)
{
    const ctrace_value *child = v + 1;
    for (uint32_t i = 0; i < v->count; i++, child += child->span) {
        if (i)
            text_put(s->t, ", ");
        if (is_full(s) || depth == MAX_DEPTH) {
            text_ellipsis(s->t);
            return;
        }
        if (type && i < type->field_count) {
            text_safe(s->t, type->fields[i], 0, MAX_NAME);
            text_put(s->t, "=");
        }
        show(s, child, depth + 1);
    }
}

static void show_pairs(shower *s, const ctrace_value *v, unsigned depth)
{
    const ctrace_value *pair = v + 1;
    for (uint32_t i = 0; i < v->count; i++, pair += pair->span) {
        if (i)
            text_put(s->t, ", ");
        if (is_full(s) || depth == MAX_DEPTH) {
            text_ellipsis(s->t);
            return;
        }
        if (pair->count != 2) { /* the mark of left out items */
            show(s, pair, depth + 1);
            continue;
        }
        const ctrace_value *key = pair + 1;
        show(s, key, depth + 1);
        text_put(s->t, ": ");
        show(s, key + key->span, depth + 1);
    }
}

static bool is_named(const named_type *type, const char *name)
{
    return type && type->name.size == strlen(name) && strncasecmp(type->name.data, name, type->name.size) == 0;
}

/* Recorders write a mapping as a sequence of pairs, and a pair as a sequence when a reader knows no tuples. What was
 * left out is marked with a Raw. */
static bool is_mapping(const named_type *type, const ctrace_value *v)
{
    if (!is_named(type, "dict") && !is_named(type, "hash") && !(type && type->kind == CTRACE_TYPE_TABLE_KIND))
        return false;
    const ctrace_value *child = v + 1;
    for (uint32_t i = 0; i < v->count; i++, child += child->span) {
        bool is_pair = child->count == 2 && (child->kind == CTRACE_VALUE_TUPLE || child->kind == CTRACE_VALUE_STRUCT ||
                                             child->kind == CTRACE_VALUE_SEQUENCE);
        if (!is_pair && child->kind != CTRACE_VALUE_RAW)
            return false;
    }
    return true;
}

static bool is_set(const named_type *type)
{
    return type && (type->kind == CTRACE_TYPE_SET || type->kind == CTRACE_TYPE_HASH_SET ||
                    type->kind == CTRACE_TYPE_ORDERED_SET);
}

static void show_tuple(shower *s, const ctrace_value *v, unsigned depth)
{
    text_put(s->t, "(");
    show_children(s, v, NULL, depth);
    text_put(s->t, v->count == 1 ? ",)" : ")");
}

static void show_sequence(shower *s, const ctrace_value *v, unsigned depth)
{
    const named_type *type = names_type(s->names, v->type_id);
    if (is_mapping(type, v)) {
        text_put(s->t, "{");
        show_pairs(s, v, depth);
        text_put(s->t, "}");
        return;
    }
    if (type && type->kind == CTRACE_TYPE_TUPLE) {
        show_tuple(s, v, depth);
        return;
    }
    /* "{}" would be an empty mapping. */
    bool set = is_set(type) && v->count;
    text_put(s->t, set ? "{" : "[");
    show_children(s, v, NULL, depth);
    text_put(s->t, set ? "}" : "]");
}

static void show(shower *s, const ctrace_value *v, unsigned depth)
{
    text *t = s->t;
    const language *spelling = &s->names->language;
    const named_type *type = names_type(s->names, v->type_id);
    switch (v->kind) {
    case CTRACE_VALUE_INT:
        text_format(t, "%" PRId64, v->i);
        break;
    case CTRACE_VALUE_FLOAT:
        show_float(t, v->f);
        break;
    case CTRACE_VALUE_BOOL:
        text_put(t, v->b ? spelling->yes : spelling->no);
        break;
    case CTRACE_VALUE_STRING:
        if (is_named(type, "symbol")) {
            text_put(t, ":");
            text_safe(t, v->text, 0, left(s));
            break;
        }
        text_bytes(t, &spelling->quote, 1);
        text_safe(t, v->text, spelling->quote, left(s));
        text_bytes(t, &spelling->quote, 1);
        break;
    case CTRACE_VALUE_CHAR:
        text_put(t, "'");
        text_safe(t, v->text, '\'', left(s));
        text_put(t, "'");
        break;
    case CTRACE_VALUE_SEQUENCE:
        show_sequence(s, v, depth);
        break;
    case CTRACE_VALUE_TUPLE:
        show_tuple(s, v, depth);
        break;
    case CTRACE_VALUE_STRUCT:
        if (type)
            text_safe(t, type->name, 0, MAX_NAME);
        text_put(t, "(");
        show_children(s, v, type, depth);
        text_put(t, ")");
        break;
    case CTRACE_VALUE_VARIANT:
        text_safe(t, v->text, 0, left(s));
        text_put(t, "(");
        show_children(s, v, NULL, depth);
        text_put(t, ")");
        break;
    case CTRACE_VALUE_REFERENCE:
        text_put(t, v->is_mutable ? "&mut " : "&");
        show_children(s, v, NULL, depth);
        break;
    case CTRACE_VALUE_RAW:
        text_safe(t, v->text, 0, left(s));
        break;
    case CTRACE_VALUE_ERROR:
        text_put(t, "<error: ");
        text_safe(t, v->text, 0, left(s));
        text_put(t, ">");
        break;
    case CTRACE_VALUE_NONE:
        text_put(t, spelling->none);
        break;
    case CTRACE_VALUE_CELL:
        text_format(t, "<cell %" PRId64 ">", v->place);
        break;
    case CTRACE_VALUE_BIG_INT:
        show_big_int(t, v);
        break;
    case CTRACE_VALUE_KIND_COUNT:
        break;
    }
}

void show_value(text *t, const names *n, const ctrace_value *value, size_t max_size)
{
    if (!value)
        return;
    shower s = {t, n, t->size + max_size};
    show(&s, value, 0);
}
