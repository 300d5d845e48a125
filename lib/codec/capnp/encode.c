#include "codec/capnp/encode.h"

#include <errno.h>

#include "base/utf8.h"
#include "codec/capnp/wire.h"

#define VALUE_WORDS (CTR_CAPNP_VALUE_DATA + CTR_CAPNP_VALUE_POINTERS)
/* Of an event's own records, and of an item of its lists. */
#define EVENT_WORDS 16u
#define ITEM_WORDS  8u

unsigned ctr_capnp_tag(ctrace_event_kind kind)
{
    if (kind < CTRACE_EVENT_THREAD_START)
        return kind;
    if (kind == CTRACE_EVENT_DROP_LAST_STEP)
        return CTR_CAPNP_TAG_DROP_LAST_STEP;
    return CTR_CAPNP_TAG_THREAD_START + (kind - CTRACE_EVENT_THREAD_START);
}

/* Event-log kinds have numbers of their own here. */
static unsigned log_number(ctrace_log_kind kind)
{
    static const uint8_t numbers[CTRACE_LOG_KIND_COUNT] = {
        [CTRACE_LOG_WRITE] = 0,    [CTRACE_LOG_WRITE_FILE] = 1,       [CTRACE_LOG_READ] = 2,
        [CTRACE_LOG_READ_FILE] = 3, [CTRACE_LOG_READ_DIR] = 4,        [CTRACE_LOG_OPEN_DIR] = 5,
        [CTRACE_LOG_CLOSE_DIR] = 6, [CTRACE_LOG_SOCKET] = 7,          [CTRACE_LOG_OPEN] = 8,
        [CTRACE_LOG_ERROR] = 9,     [CTRACE_LOG_TRACE_LOG_EVENT] = 10, [CTRACE_LOG_WRITE_OTHER] = 11,
        [CTRACE_LOG_READ_OTHER] = 12, [CTRACE_LOG_EVM_EVENT] = 13};
    return (unsigned)kind < CTRACE_LOG_KIND_COUNT ? numbers[kind] : (unsigned)kind & 0xffff;
}

/* ---- How much room ---- */

static bool is_ascii(ctrace_str text)
{
    const char *p = text.data;
    size_t left = text.size;
    uint64_t high = 0, word;
    for (; left >= 8; left -= 8, p += 8) {
        memcpy(&word, p, 8);
        high |= word;
    }
    for (; left; left--, p++)
        high |= (unsigned char)*p;
    return !(high & UINT64_C(0x8080808080808080));
}

/* A text that has to be mended can become three times as long. */
static uint64_t text_bound(ctrace_str text)
{
    return is_ascii(text) ? text.size / 8 + 1 : (uint64_t)text.size * 3 / 8 + 1;
}

static uint64_t value_bound(const ctrace_value *v)
{
    uint64_t bound = 0;
    for (const ctrace_value *end = v + v->span; v < end; v++) {
        bound += VALUE_WORDS + 2;
        if (v->text.size)
            bound += text_bound(v->text);
        else
            bound++;
    }
    return bound;
}

static uint64_t items_bound(size_t count) { return ITEM_WORDS * (uint64_t)count; }

static uint64_t contents_bound(const ctrace_event *e)
{
    uint64_t bound = EVENT_WORDS;
    switch (e->kind) {
    case CTRACE_EVENT_PATH:
        return bound + text_bound(e->path);
    case CTRACE_EVENT_VARIABLE_NAME:
    case CTRACE_EVENT_VARIABLE:
        return bound + text_bound(e->variable_name);
    case CTRACE_EVENT_TYPE:
        bound += text_bound(e->type.lang_type);
        if (e->type.specific_info.kind == CTRACE_TYPE_INFO_STRUCT) {
            bound += items_bound(e->type.specific_info.field_count);
            for (size_t i = 0; i < e->type.specific_info.field_count; i++)
                bound += text_bound(e->type.specific_info.fields[i].name);
        }
        return bound;
    case CTRACE_EVENT_VALUE:
        return bound + value_bound(e->value.value);
    case CTRACE_EVENT_FUNCTION:
        return bound + text_bound(e->function.name);
    case CTRACE_EVENT_CALL:
        bound += items_bound(e->call.arg_count);
        for (size_t i = 0; i < e->call.arg_count; i++)
            bound += value_bound(e->call.args[i].value);
        return bound;
    case CTRACE_EVENT_RETURN:
        return bound + value_bound(e->returned.return_value);
    case CTRACE_EVENT_LOG:
        return bound + text_bound(e->log.content) + text_bound(e->log.metadata);
    case CTRACE_EVENT_ASM:
        bound += items_bound(e->assembly.line_count);
        for (size_t i = 0; i < e->assembly.line_count; i++)
            bound += text_bound(e->assembly.lines[i]);
        return bound;
    case CTRACE_EVENT_ASSIGNMENT:
        return bound + items_bound(e->assignment.from.variable_count) + text_bound(e->assignment.from.field);
    case CTRACE_EVENT_DROP_VARIABLES:
        return bound + items_bound(e->drop_variables.variable_count);
    case CTRACE_EVENT_COMPOUND_VALUE:
        return bound + value_bound(e->compound_value.value);
    case CTRACE_EVENT_CELL_VALUE:
        return bound + value_bound(e->cell_value.value);
    case CTRACE_EVENT_ASSIGN_CELL:
        return bound + value_bound(e->assign_cell.new_value);
    default:
        return bound;
    }
}

uint64_t ctr_capnp_bound(const ctrace_event *event)
{
    uint64_t bound = contents_bound(event);
    /* So every list and every offset in it fits too. */
    return bound <= CTR_MOST_ELEMENTS / 8 ? bound : UINT64_MAX;
}

bool ctr_capnp_room(ctr_capnp_words *w, uint64_t count)
{
    if (count <= w->capacity - w->count)
        return true;
    size_t capacity = w->capacity + w->capacity / 2 + (size_t)count;
    uint64_t *words = ctr_resize(w->allocator, w->words, w->capacity * sizeof *words, capacity * sizeof *words);
    if (!words)
        return false;
    w->words = words;
    w->capacity = capacity;
    return true;
}

/* ---- Words: the room was made before. ---- */

/* So many words of zeros; returns their place. */
static inline size_t take(ctr_capnp_words *w, size_t count)
{
    size_t at = w->count;
    for (size_t i = 0; i < count; i++)
        w->words[at + i] = 0;
    w->count += count;
    return at;
}

static inline void put(ctr_capnp_words *w, size_t at, uint64_t word) { ctr_word_store(&w->words[at], word); }

static inline void put_pointer(ctr_capnp_words *w, size_t at, uint64_t bits, size_t to)
{
    put(w, at, ctr_pointer(bits, (int64_t)to - (int64_t)at - 1));
}

/* A record of one number, which the pointer at `at` leads to. */
static inline void put_number(ctr_capnp_words *w, size_t at, uint64_t number)
{
    size_t to = w->count++;
    put(w, to, number);
    put_pointer(w, at, CTR_STRUCT_BITS(1, 0), to);
}

/* The form has signed numbers only. A larger id is nobody's, but its event stays where it is, so that others keep
 * their ids. */
static inline uint64_t checked(ctr_capnp_words *w, uint64_t number)
{
    if (number <= (uint64_t)INT64_MAX)
        return number;
    w->numbers_cut++;
    return INT64_MAX;
}

static inline void put_id(ctr_capnp_words *w, size_t at, ctrace_id id) { put_number(w, at, checked(w, id)); }

/* Bytes with `more` bytes of zeros behind; returns the pointer's bits. */
static uint64_t put_bytes(ctr_capnp_words *w, const char *data, size_t size, size_t more, size_t *to)
{
    *to = take(w, (size + more + 7) / 8);
    if (size)
        memcpy(w->words + *to, data, size);
    return CTR_LIST_BITS(CTR_ELEMENTS_BYTES, size + more);
}

static uint64_t put_mended(ctr_capnp_words *w, ctrace_str text, size_t *to)
{
    *to = take(w, text.size * 3 / 8 + 1);
    size_t size = ctr_utf8_mend((char *)(w->words + *to), text.data, text.size) + 1;
    w->texts_mended++;
    w->count = *to + (size + 7) / 8;
    return CTR_LIST_BITS(CTR_ELEMENTS_BYTES, size);
}

static uint64_t put_text_words(ctr_capnp_words *w, ctrace_str text, size_t *to)
{
    if (is_ascii(text) || ctr_utf8_valid_prefix(text.data, text.size) == text.size)
        return put_bytes(w, text.data, text.size, 1, to);
    return put_mended(w, text, to);
}

static void put_text(ctr_capnp_words *w, size_t at, ctrace_str text)
{
    size_t to;
    uint64_t bits = put_text_words(w, text, &to);
    put_pointer(w, at, bits, to);
}

/* A list of records; *bits are those of its pointer. Returns the place of its head, which the first record follows. */
static size_t put_records(ctr_capnp_words *w, size_t count, unsigned data_words, unsigned pointers, uint64_t *bits)
{
    size_t words = count * (data_words + pointers);
    size_t head = take(w, 1 + words);
    put(w, head, CTR_STRUCT_BITS(data_words, pointers) | (uint64_t)count << 2);
    *bits = CTR_LIST_BITS(CTR_ELEMENTS_RECORDS, words);
    return head;
}

/* ---- Values ---- */

static void put_value(ctr_capnp_words *w, size_t at, const ctrace_value *v);

static void put_children(ctr_capnp_words *w, size_t at, const ctrace_value *v)
{
    uint64_t bits;
    size_t head = put_records(w, v->count, CTR_CAPNP_VALUE_DATA, CTR_CAPNP_VALUE_POINTERS, &bits);
    put_pointer(w, at, bits, head);
    const ctrace_value *child = v + 1;
    for (uint32_t i = 0; i < v->count; i++, child += child->span)
        put_value(w, head + 1 + i * VALUE_WORDS, child);
}

static void put_child(ctr_capnp_words *w, size_t at, const ctrace_value *v)
{
    size_t to = take(w, VALUE_WORDS);
    put_pointer(w, at, CTR_STRUCT_BITS(CTR_CAPNP_VALUE_DATA, CTR_CAPNP_VALUE_POINTERS), to);
    put_value(w, to, v);
}

/* Fills a value's record. */
static void put_value(ctr_capnp_words *w, size_t at, const ctrace_value *v)
{
    const size_t p0 = at + CTR_CAPNP_VALUE_DATA;
    put(w, at + 1, v->kind);
    switch (v->kind) {
    case CTRACE_VALUE_INT:
    case CTRACE_VALUE_FLOAT:
        put(w, at, (uint64_t)v->i); /* the same bits */
        put_id(w, p0, v->type_id);
        break;
    case CTRACE_VALUE_BOOL:
        put(w, at, v->b);
        put_id(w, p0, v->type_id);
        break;
    case CTRACE_VALUE_CHAR:
        put(w, at + 1, CTRACE_VALUE_RAW);
        w->chars_as_raw++;
        put_text(w, p0, v->text);
        put_id(w, p0 + 1, v->type_id);
        break;
    case CTRACE_VALUE_STRING:
    case CTRACE_VALUE_RAW:
    case CTRACE_VALUE_ERROR:
        put_text(w, p0, v->text);
        put_id(w, p0 + 1, v->type_id);
        break;
    case CTRACE_VALUE_SEQUENCE:
    case CTRACE_VALUE_TUPLE:
    case CTRACE_VALUE_STRUCT:
        put(w, at, v->kind == CTRACE_VALUE_SEQUENCE && v->is_slice);
        put_children(w, p0, v);
        put_id(w, p0 + 1, v->type_id);
        break;
    case CTRACE_VALUE_VARIANT:
        put_text(w, p0, v->text);
        put_child(w, p0 + 1, v + 1);
        put_id(w, p0 + 2, v->type_id);
        break;
    case CTRACE_VALUE_REFERENCE:
        put(w, at, v->is_mutable);
        put(w, at + 2, v->address);
        put_child(w, p0, v + 1);
        put_id(w, p0 + 1, v->type_id);
        break;
    case CTRACE_VALUE_NONE:
        put_id(w, p0, v->type_id);
        break;
    case CTRACE_VALUE_CELL:
        put_number(w, p0, (uint64_t)v->place);
        break;
    case CTRACE_VALUE_BIG_INT: {
        size_t to;
        uint64_t bits = put_bytes(w, v->text.data, v->text.size, 0, &to);
        put(w, at, v->is_negative);
        put_pointer(w, p0, bits, to);
        put_id(w, p0 + 1, v->type_id);
        break;
    }
    case CTRACE_VALUE_KIND_COUNT:
        break;
    }
}

/* ---- Events ---- */

/* Records of ids, and its pointer's bits. */
static uint64_t put_ids(ctr_capnp_words *w, const ctrace_id *ids, size_t count, size_t *head)
{
    uint64_t bits;
    *head = put_records(w, count, 1, 0, &bits);
    for (size_t i = 0; i < count; i++)
        put(w, *head + 1 + i, checked(w, ids[i]));
    return bits;
}

static uint64_t put_lines(ctr_capnp_words *w, const ctrace_str *lines, size_t count)
{
    size_t list = take(w, count);
    for (size_t i = 0; i < count; i++)
        put_text(w, list + i, lines[i]);
    return CTR_LIST_BITS(CTR_ELEMENTS_POINTERS, count);
}

static void put_call(ctr_capnp_words *w, size_t at, const ctrace_call_event *call)
{
    uint64_t bits;
    put_id(w, at, call->function_id);
    size_t head = put_records(w, call->arg_count, 0, 2, &bits);
    put_pointer(w, at + 1, bits, head);
    for (size_t i = 0; i < call->arg_count; i++) {
        size_t arg = head + 1 + i * 2;
        put_id(w, arg, call->args[i].variable_id);
        put_child(w, arg + 1, call->args[i].value);
    }
}

static void put_type(ctr_capnp_words *w, size_t at, const ctrace_type_event *type)
{
    const ctrace_type_info *info = &type->specific_info;
    put(w, at, (uint64_t)type->kind & 0xffff);
    put_text(w, at + 1, type->lang_type);
    size_t record = take(w, 2);
    put_pointer(w, at + 2, CTR_STRUCT_BITS(1, 1), record);
    put(w, record, info->kind);
    if (info->kind == CTRACE_TYPE_INFO_POINTER)
        put_id(w, record + 1, info->dereference_type_id);
    if (info->kind != CTRACE_TYPE_INFO_STRUCT)
        return;
    uint64_t bits;
    size_t head = put_records(w, info->field_count, 0, 2, &bits);
    put_pointer(w, record + 1, bits, head);
    for (size_t i = 0; i < info->field_count; i++) {
        put_text(w, head + 1 + i * 2, info->fields[i].name);
        put_id(w, head + 2 + i * 2, info->fields[i].type_id);
    }
}

static void put_rvalue(ctr_capnp_words *w, size_t at, const ctrace_rvalue *rvalue)
{
    /* The first two kinds are all that older readers have; what is added lies behind. */
    bool is_old = rvalue->kind <= CTRACE_RVALUE_COMPOUND;
    unsigned data_words = is_old ? 1 : 2, pointers = is_old ? 1 : 2;
    size_t record = take(w, data_words + pointers), p0 = record + data_words, to;
    put_pointer(w, at, CTR_STRUCT_BITS(data_words, pointers), record);
    put(w, record, rvalue->kind);
    switch (rvalue->kind) {
    case CTRACE_RVALUE_SIMPLE:
        put_id(w, p0, rvalue->variable_id);
        break;
    case CTRACE_RVALUE_COMPOUND: {
        uint64_t bits = put_ids(w, rvalue->variable_ids, rvalue->variable_count, &to);
        put_pointer(w, p0, bits, to);
        break;
    }
    case CTRACE_RVALUE_FIELD_ACCESS:
        put_id(w, p0, rvalue->variable_id);
        put_text(w, p0 + 1, rvalue->field);
        break;
    case CTRACE_RVALUE_INDEX_ACCESS:
        put(w, record + 1, (uint64_t)rvalue->index);
        put_id(w, p0, rvalue->variable_id);
        break;
    case CTRACE_RVALUE_FUNCTION_RETURN:
        put(w, record + 1, (uint64_t)rvalue->call_key);
        break;
    case CTRACE_RVALUE_LITERAL:
    case CTRACE_RVALUE_KIND_COUNT:
        break;
    }
}

/* Two pointers: to a number and to a value. */
static void put_number_and_value(ctr_capnp_words *w, size_t at, uint64_t number, const ctrace_value *value)
{
    put_number(w, at, number);
    put_child(w, at + 1, value);
}

/* The size of the record that an event leads to, as bits of the pointer; 0 when it is none. */
static uint64_t record_of(ctrace_event_kind kind)
{
    switch (kind) {
    case CTRACE_EVENT_PATH:
    case CTRACE_EVENT_RETURN:
        return CTR_STRUCT_BITS(0, 1);
    case CTRACE_EVENT_FUNCTION:
        return CTR_STRUCT_BITS(0, 3);
    case CTRACE_EVENT_TYPE:
    case CTRACE_EVENT_LOG:
    case CTRACE_EVENT_ASSIGNMENT:
    case CTRACE_EVENT_ASSIGN_COMPOUND_ITEM:
        return CTR_STRUCT_BITS(1, 2);
    case CTRACE_EVENT_DROP_VARIABLE:
    case CTRACE_EVENT_THREAD_START:
    case CTRACE_EVENT_THREAD_EXIT:
    case CTRACE_EVENT_THREAD_SWITCH:
        return CTR_STRUCT_BITS(1, 0);
    case CTRACE_EVENT_VARIABLE_NAME:
    case CTRACE_EVENT_VARIABLE:
    case CTRACE_EVENT_ASM:
    case CTRACE_EVENT_DROP_VARIABLES:
    case CTRACE_EVENT_DROP_LAST_STEP:
        return 0;
    default:
        return CTR_STRUCT_BITS(0, 2);
    }
}

static void put_record(ctr_capnp_words *w, size_t at, const ctrace_event *e)
{
    switch (e->kind) {
    case CTRACE_EVENT_STEP:
        put_id(w, at, e->step.path_id);
        put_number(w, at + 1, (uint64_t)e->step.line);
        break;
    case CTRACE_EVENT_PATH:
        put_text(w, at, e->path);
        break;
    case CTRACE_EVENT_TYPE:
        put_type(w, at, &e->type);
        break;
    case CTRACE_EVENT_VALUE:
        put_number_and_value(w, at, checked(w, e->value.variable_id), e->value.value);
        break;
    case CTRACE_EVENT_FUNCTION:
        put_id(w, at, e->function.path_id);
        put_number(w, at + 1, (uint64_t)e->function.line);
        put_text(w, at + 2, e->function.name);
        break;
    case CTRACE_EVENT_CALL:
        put_call(w, at, &e->call);
        break;
    case CTRACE_EVENT_RETURN:
        put_child(w, at, e->returned.return_value);
        break;
    case CTRACE_EVENT_LOG:
        put(w, at, log_number(e->log.kind));
        put_text(w, at + 1, e->log.content);
        put_text(w, at + 2, e->log.metadata);
        break;
    case CTRACE_EVENT_BIND_VARIABLE:
        put_id(w, at, e->bind_variable.variable_id);
        put_number(w, at + 1, (uint64_t)e->bind_variable.place);
        break;
    case CTRACE_EVENT_ASSIGNMENT:
        put(w, at, e->assignment.pass_by);
        put_id(w, at + 1, e->assignment.to);
        put_rvalue(w, at + 2, &e->assignment.from);
        break;
    case CTRACE_EVENT_COMPOUND_VALUE:
        put_number_and_value(w, at, (uint64_t)e->compound_value.place, e->compound_value.value);
        break;
    case CTRACE_EVENT_CELL_VALUE:
        put_number_and_value(w, at, (uint64_t)e->cell_value.place, e->cell_value.value);
        break;
    case CTRACE_EVENT_ASSIGN_COMPOUND_ITEM:
        put(w, at, checked(w, e->assign_compound_item.index));
        put_number(w, at + 1, (uint64_t)e->assign_compound_item.place);
        put_number(w, at + 2, (uint64_t)e->assign_compound_item.item_place);
        break;
    case CTRACE_EVENT_ASSIGN_CELL:
        put_number_and_value(w, at, (uint64_t)e->assign_cell.place, e->assign_cell.new_value);
        break;
    case CTRACE_EVENT_VARIABLE_CELL:
        put_id(w, at, e->variable_cell.variable_id);
        put_number(w, at + 1, (uint64_t)e->variable_cell.place);
        break;
    case CTRACE_EVENT_DROP_VARIABLE:
        put(w, at, checked(w, e->drop_variable));
        break;
    case CTRACE_EVENT_THREAD_START:
    case CTRACE_EVENT_THREAD_EXIT:
    case CTRACE_EVENT_THREAD_SWITCH:
        put(w, at, e->thread_id);
        break;
    default:
        break;
    }
}

bool ctr_capnp_put(ctr_capnp_words *w, const ctrace_event *event, uint64_t *bits)
{
    uint64_t bound = ctr_capnp_bound(event);
    if (bound == UINT64_MAX) {
        w->failure = EFBIG;
        return false;
    }
    if (!ctr_capnp_room(w, bound))
        return false;
    size_t to;
    switch (event->kind) {
    case CTRACE_EVENT_VARIABLE_NAME:
    case CTRACE_EVENT_VARIABLE:
        *bits = put_text_words(w, event->variable_name, &to);
        break;
    case CTRACE_EVENT_ASM:
        *bits = put_lines(w, event->assembly.lines, event->assembly.line_count);
        break;
    case CTRACE_EVENT_DROP_VARIABLES:
        *bits = put_ids(w, event->drop_variables.variable_ids, event->drop_variables.variable_count, &to);
        break;
    case CTRACE_EVENT_DROP_LAST_STEP:
        *bits = 0;
        break;
    default:
        *bits = record_of(event->kind);
        put_record(w, take(w, (size_t)ctr_pointer_data_words(*bits) + ctr_pointer_pointers(*bits)), event);
        break;
    }
    return w->failure == 0;
}
