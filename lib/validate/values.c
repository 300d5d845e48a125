/* Values: their nesting, their types, and the spellings that only some readers take. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "validate/check.h"

#define KIND(kind) (UINT64_C(1) << CTRACE_TYPE_##kind)

/* The kinds of type that each kind of value may have; Any goes with all. Struct is judged by its fields. Raw stands
 * for whatever could not be told better. */
static const uint64_t fitting_types[CTRACE_VALUE_KIND_COUNT] = {
    [CTRACE_VALUE_INT] = KIND(INT) | KIND(ENUM) | KIND(ENUM16) | KIND(ENUM32) | KIND(LITERAL) | KIND(C),
    [CTRACE_VALUE_FLOAT] = KIND(FLOAT) | KIND(LITERAL) | KIND(C),
    [CTRACE_VALUE_BOOL] = KIND(BOOL) | KIND(LITERAL) | KIND(C),
    [CTRACE_VALUE_STRING] = KIND(STRING) | KIND(C_STRING) | KIND(LITERAL) | KIND(HTML) | KIND(C),
    [CTRACE_VALUE_SEQUENCE] = KIND(SEQ) | KIND(SET) | KIND(HASH_SET) | KIND(ORDERED_SET) | KIND(ARRAY) |
                              KIND(VARARGS) | KIND(SLICE) | KIND(TUPLE) | KIND(TABLE_KIND),
    [CTRACE_VALUE_TUPLE] = KIND(TUPLE),
    [CTRACE_VALUE_STRUCT] = ~UINT64_C(0),
    [CTRACE_VALUE_VARIANT] = KIND(VARIANT) | KIND(ENUM) | KIND(ENUM16) | KIND(ENUM32) | KIND(UNION),
    [CTRACE_VALUE_REFERENCE] = KIND(REF) | KIND(POINTER),
    [CTRACE_VALUE_RAW] = ~UINT64_C(0),
    [CTRACE_VALUE_ERROR] = KIND(ERROR),
    [CTRACE_VALUE_NONE] = KIND(NONE) | KIND(REF) | KIND(POINTER),
    [CTRACE_VALUE_CELL] = ~UINT64_C(0),
    [CTRACE_VALUE_BIG_INT] = KIND(INT) | KIND(LITERAL) | KIND(C),
    [CTRACE_VALUE_CHAR] = KIND(CHAR) | KIND(LITERAL) | KIND(C),
};

static void judge_type(ctr_check *c, const ctrace_value *value)
{
    if (!ctr_use_id(c, CTR_USE_VALUE_TYPE, value->type_id))
        return;
    ctr_named_type *type = &c->types[value->type_id];
    char shown[CTR_SHOWN_SIZE], note[CTR_NOTE_SIZE];
    const char *type_kind = ctrace_type_kind_name((ctrace_type_kind)type->kind);
    if (!type_kind)
        return;
    if (value->kind == CTRACE_VALUE_STRUCT) {
        if ((type->kind == CTRACE_TYPE_STRUCT && type->field_count == value->count) || type->fields_told)
            return;
        type->fields_told = true;
        ctr_shown(shown, ctr_type_name(c, value->type_id));
        snprintf(note, sizeof note, "told once for this type, which is declared in event %" PRIu64, type->event);
        if (type->kind == CTRACE_TYPE_STRUCT)
            ctr_tell(c, CTR_RULE_STRUCT_FIELDS, note, "a Struct has %" PRIu32 " fields, its type '%s' has %zu",
                     value->count, shown, type->field_count);
        else
            ctr_tell(c, CTR_RULE_STRUCT_FIELDS, note, "a Struct has the type '%s' of the kind %s", shown, type_kind);
        return;
    }
    uint16_t bit = (uint16_t)(1u << value->kind);
    if (type->kind == CTRACE_TYPE_ANY || fitting_types[value->kind] >> type->kind & 1 || type->told_kinds & bit)
        return;
    type->told_kinds |= bit;
    snprintf(note, sizeof note, "told once for this type, which is declared in event %" PRIu64, type->event);
    ctr_tell(c, CTR_RULE_VALUE_KIND, note, "a value of the kind %s has the type '%s' of the kind %s",
             ctrace_value_kind_name(value->kind), ctr_shown(shown, ctr_type_name(c, value->type_id)), type_kind);
}

/* A Cell in what readers show must have got a value. */
static void judge_cell(ctr_check *c, int64_t place)
{
    if (c->cells.used >= CTR_MAX_PLACES || c->compounds.used >= CTR_MAX_PLACES)
        return;
    if (ctr_map_find(&c->cells, &place, sizeof place) == CTRACE_ID_NONE &&
        ctr_map_find(&c->compounds, &place, sizeof place) == CTRACE_ID_NONE)
        ctr_tell(c, CTR_RULE_CELL_UNRESOLVED, NULL,
                 "a Cell is shown, and its place %" PRId64 " has got no value before", place);
}

static void judge_one(ctr_check *c, const ctrace_value *value, bool shown)
{
    const char *name = ctrace_event_kind_name(c->event->kind);
    switch (value->kind) {
    case CTRACE_VALUE_CELL:
        if (shown)
            judge_cell(c, value->place);
        return;
    case CTRACE_VALUE_TUPLE:
        if (!ctr_told(c, CTR_RULE_TUPLE_VALUE))
            ctr_tell(c, CTR_RULE_TUPLE_VALUE, "told once for the trace", "%s holds a Tuple", name);
        break;
    case CTRACE_VALUE_VARIANT:
        if (!ctr_told(c, CTR_RULE_VARIANT_VALUE))
            ctr_tell(c, CTR_RULE_VARIANT_VALUE, "told once for the trace", "%s holds a Variant", name);
        break;
    case CTRACE_VALUE_CHAR:
        if (!ctr_told(c, CTR_RULE_CHAR_VALUE))
            ctr_tell(c, CTR_RULE_CHAR_VALUE, "told once for the trace", "%s holds a Char", name);
        break;
    case CTRACE_VALUE_BIG_INT:
        if (value->text.size ? value->text.data[0] == 0 : value->is_negative)
            ctr_tell(c, CTR_RULE_BIG_INT_ZEROS, NULL, "%s holds a BigInt with %s", name,
                     value->text.size ? "leading zero bytes" : "a negative zero");
        break;
    default:
        break;
    }
    judge_type(c, value);
}

/* Deeper than the reader goes. */
#define MOST_LEVELS 512

/* How many brackets within one another upstream's readers take, counted as JSON has them. CBOR lacks the list around
 * the events, and in a container the event too; Cap'n Proto counts pointers. */
static uint32_t most_brackets(ctrace_form form)
{
    switch (form) {
    case CTRACE_FORM_BIN:
        return 128;
    case CTRACE_FORM_BIN_V0:
        return 62;
    case CTRACE_FORM_CT:
        return 130;
    default:
        return 127;
    }
}

void ctr_check_value(ctr_check *c, const ctrace_value *value, uint32_t brackets, bool shown)
{
    struct {
        size_t end;        /* index behind the last child */
        uint32_t brackets; /* around each child */
    } around[MOST_LEVELS];
    size_t levels = 0;
    uint32_t deepest = 0;
    for (size_t i = 0; i < value->span; i++) {
        const ctrace_value *v = &value[i];
        while (levels && i >= around[levels - 1].end)
            levels--;
        uint32_t mine = (levels ? around[levels - 1].brackets : brackets) + 1;
        if (v->kind == CTRACE_VALUE_SEQUENCE || v->kind == CTRACE_VALUE_TUPLE || v->kind == CTRACE_VALUE_STRUCT)
            mine++;
        if (mine > deepest)
            deepest = mine;
        if (v->span > 1 && levels < MOST_LEVELS) {
            around[levels].end = i + v->span;
            around[levels++].brackets = mine;
        }
        judge_one(c, v, shown);
    }
    uint32_t most = most_brackets(c->form);
    if (deepest > most) {
        char note[CTR_NOTE_SIZE];
        snprintf(note, sizeof note, "upstream's readers take %" PRIu32, most);
        ctr_tell(c, CTR_RULE_TOO_DEEP, note, "%s is nested %" PRIu32 " brackets deep",
                 ctrace_event_kind_name(c->event->kind), deepest);
    }
}

/* ---- Leniencies ---- */

static size_t count_floats(const ctrace_value *value, size_t *infinite)
{
    size_t floats = 0;
    for (size_t i = 0; value && i < value->span; i++)
        if (value[i].kind == CTRACE_VALUE_FLOAT) {
            floats++;
            *infinite += isinf(value[i].f) != 0;
        }
    return floats;
}

static size_t count_event_floats(const ctrace_event *event, size_t *infinite)
{
    size_t floats = 0;
    switch (event->kind) {
    case CTRACE_EVENT_VALUE:
        return count_floats(event->value.value, infinite);
    case CTRACE_EVENT_RETURN:
        return count_floats(event->returned.return_value, infinite);
    case CTRACE_EVENT_COMPOUND_VALUE:
        return count_floats(event->compound_value.value, infinite);
    case CTRACE_EVENT_CELL_VALUE:
        return count_floats(event->cell_value.value, infinite);
    case CTRACE_EVENT_ASSIGN_CELL:
        return count_floats(event->assign_cell.new_value, infinite);
    case CTRACE_EVENT_CALL:
        for (size_t i = 0; i < event->call.arg_count; i++)
            floats += count_floats(event->call.args[i].value, infinite);
        return floats;
    default:
        return 0;
    }
}

/* Told once for a trace: what does no harm, and what every event of its producer has. */
static bool is_habit(ctrace_leniency leniency)
{
    return leniency == CTRACE_LENIENCY_FIELD_UNKNOWN || leniency == CTRACE_LENIENCY_RECORD_AS_LIST ||
           leniency == CTRACE_LENIENCY_UNIT_AS_OBJECT || leniency == CTRACE_LENIENCY_FLOAT_NUMBER;
}

static ctr_rule_number rule_of(const ctr_check *c, const ctrace_warning *w)
{
    const ctrace_event *event = c->event;
    /* A Call must name its function, so that without arguments only "args" can be missing. */
    if (w->leniency == CTRACE_LENIENCY_FIELD_MISSING && event && event->kind == CTRACE_EVENT_CALL &&
        event->call.arg_count == 0)
        return CTR_RULE_ARGS_MISSING;
    /* What the old crates read is the list of a Compound; the documented form is mostly told of a Simple. */
    if (w->leniency == CTRACE_LENIENCY_RVALUE_OLD && event && event->kind == CTRACE_EVENT_ASSIGNMENT &&
        event->assignment.from.kind == CTRACE_RVALUE_COMPOUND)
        return CTR_RULE_RVALUE_LIST;
    return (ctr_rule_number)ctr_leniency_rules[w->leniency];
}

void ctr_check_warnings(ctr_check *c, const ctrace_warning *warnings, size_t count)
{
    size_t as_number = 0, as_null = 0, infinite = 0;
    const ctrace_position *huge_at = NULL;
    for (size_t i = 0; i < count; i++) {
        const ctrace_warning *w = &warnings[i];
        if (w->leniency == CTRACE_LENIENCY_FLOAT_NUMBER && as_number++ == 0)
            huge_at = &w->position;
        as_null += w->leniency == CTRACE_LENIENCY_FLOAT_NULL;
        c->cut |= w->leniency == CTRACE_LENIENCY_UNTERMINATED;
        c->rvalue_is_old |= w->leniency == CTRACE_LENIENCY_RVALUE_OLD;
        if (w->leniency == CTRACE_LENIENCY_METADATA)
            continue; /* judged with the other files */
        ctr_rule_number rule = rule_of(c, w);
        bool once = is_habit(w->leniency);
        if (once && ctr_told(c, rule))
            continue;
        if (rule == CTR_RULE_ARGS_MISSING)
            ctr_tell_at(c, rule, &w->position, NULL, "a Call has no args");
        else
            ctr_tell_at(c, rule, &w->position, once ? "told once for the trace" : NULL, "%s",
                        ctrace_leniency_text(w->leniency));
    }
    if (!c->event)
        return;
    size_t floats = count_event_floats(c->event, &infinite);
    /* Which float is written how is not told. Where all are numbers, one that became infinite was out of range, in JSON,
     * which has no other infinite ones; where one is text, readers of numbers refuse the file anyway. */
    bool is_json = c->form == CTRACE_FORM_JSON || c->form == CTRACE_FORM_NDJSON;
    if (floats > as_number + as_null && count < 64 && !ctr_told(c, CTR_RULE_FLOAT_TEXT))
        ctr_tell(c, CTR_RULE_FLOAT_TEXT, "told once for the trace", "a float is written as text, not as a number");
    if (is_json && infinite && huge_at && floats == as_number + as_null)
        ctr_tell_at(c, CTR_RULE_FLOAT_NUMBER_HUGE, huge_at, NULL, "a number is out of the range of a float");
}
