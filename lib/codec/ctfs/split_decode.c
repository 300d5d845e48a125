#include <stdarg.h>
#include <stdio.h>

#include "codec/ctfs/little_endian.h"
#include "codec/ctfs/mend.h"
#include "codec/ctfs/split_binary.h"

static const ctr_split_shape shapes[] = {
    [CTRACE_EVENT_STEP] = {16, 0, 0},
    [CTRACE_EVENT_PATH] = {0, 1, 0},
    [CTRACE_EVENT_VARIABLE_NAME] = {0, 1, 0},
    [CTRACE_EVENT_VARIABLE] = {0, 1, 0},
    [CTRACE_EVENT_TYPE] = {0, 1, 0},
    [CTRACE_EVENT_VALUE] = {8, 1, 0},
    [CTRACE_EVENT_FUNCTION] = {16, 1, 0},
    [CTRACE_EVENT_CALL] = {8, 1, 0},
    [CTRACE_EVENT_RETURN] = {0, 1, 0},
    [CTRACE_EVENT_LOG] = {1, 2, 0},
    [CTRACE_EVENT_ASM] = {0, 0, 4},
    [CTRACE_EVENT_BIND_VARIABLE] = {16, 0, 0},
    [CTRACE_EVENT_ASSIGNMENT] = {0, 1, 0},
    [CTRACE_EVENT_DROP_VARIABLES] = {0, 0, 8},
    [CTRACE_EVENT_COMPOUND_VALUE] = {8, 1, 0},
    [CTRACE_EVENT_CELL_VALUE] = {8, 1, 0},
    [CTRACE_EVENT_ASSIGN_COMPOUND_ITEM] = {24, 0, 0},
    [CTRACE_EVENT_ASSIGN_CELL] = {8, 1, 0},
    [CTRACE_EVENT_VARIABLE_CELL] = {16, 0, 0},
    [CTRACE_EVENT_DROP_VARIABLE] = {8, 0, 0},
    [CTRACE_EVENT_THREAD_START] = {8, 0, 0},
    [CTRACE_EVENT_THREAD_EXIT] = {8, 0, 0},
    [CTRACE_EVENT_THREAD_SWITCH] = {8, 0, 0},
    [CTRACE_EVENT_DROP_LAST_STEP] = {0, 0, 0},
    [CTR_SPLIT_COLUMN_STEP] = {24, 0, 0},
};

const ctr_split_shape *ctr_split_shape_of(uint8_t tag)
{
    return tag < sizeof shapes / sizeof *shapes ? &shapes[tag] : NULL;
}

void ctr_split_decoder_init(ctr_split_decoder *s, ctr_cbor_decoder *cbor, size_t max_event_bytes,
                            const ctrace_allocator *allocator)
{
    *s = (ctr_split_decoder){.cbor = cbor,
                             .allocator = allocator,
                             .max_event_bytes = max_event_bytes,
                             .texts.allocator = allocator};
}

void ctr_split_decoder_free(ctr_split_decoder *s)
{
    ctr_arena_free(&s->texts);
    ctr_free(s->allocator, s->ids, s->id_capacity * sizeof *s->ids);
    ctr_free(s->allocator, s->lines, s->line_capacity * sizeof *s->lines);
}

/* ---- Parts ---- */

static void note(ctr_split_decoder *s, ctrace_leniency leniency, const char *at)
{
    if (s->note_count < CTR_CBOR_MAX_NOTES)
        s->notes[s->note_count++] = (ctr_cbor_note){leniency, at};
}

__attribute__((format(printf, 4, 5), cold)) static ctrace_status fail(ctr_split_decoder *s, ctrace_status status,
                                                                      const char *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(s->message, sizeof s->message, format, args);
    va_end(args);
    s->failed_at = at;
    return status;
}

static ctrace_status no_memory(ctr_split_decoder *s, const char *at)
{
    return fail(s, CTRACE_NO_MEMORY, at, "no memory for an event");
}

ctrace_status ctr_split_too_large(ctr_split_decoder *s, const char *p)
{
    return fail(s, CTRACE_TOO_LARGE, p, "the event is larger than %zu bytes", s->max_event_bytes);
}

/* A text or a CBOR item behind its length. The whole of it was measured before. */
static ctrace_str take_run(const char **p)
{
    ctrace_str run = {*p + 4, ctr_load_u32(*p)};
    *p += 4 + run.size;
    return run;
}

static ctrace_status take_text(ctr_split_decoder *s, const char **p, ctrace_str *out)
{
    const char *at = *p + 4;
    bool mended = false;
    *out = take_run(p);
    if (!ctr_mend_text(&s->texts, out, &mended))
        return no_memory(s, at);
    if (mended)
        note(s, CTRACE_LENIENCY_TEXT_INVALID, at);
    return CTRACE_OK;
}

/* What decoding CBOR said of the bytes before `end`: they have to be one item. */
static ctrace_status judge(ctr_split_decoder *s, ctrace_status status, const char *begin, const char *end)
{
    const ctr_cbor_decoder *cbor = s->cbor;
    for (size_t i = 0; i < cbor->note_count; i++)
        note(s, cbor->notes[i].leniency, cbor->notes[i].at);
    switch (status) {
    case CTRACE_OK:
        if (cbor->after == end)
            return CTRACE_OK;
        return fail(s, CTRACE_EVENT, cbor->after, "bytes follow the value");
    case CTRACE_NO_MEMORY:
        return no_memory(s, begin);
    case CTRACE_TRUNCATED:
        return fail(s, CTRACE_EVENT, begin, "the value is longer than its length says");
    case CTRACE_TOO_DEEP:
    case CTRACE_TOO_LARGE:
        return fail(s, status, cbor->failed_at, "%s", cbor->message);
    default:
        return fail(s, CTRACE_EVENT, cbor->failed_at, "%s", cbor->message);
    }
}

static ctrace_status take_value(ctr_split_decoder *s, const char **p, const ctrace_value **out)
{
    ctrace_str run = take_run(p);
    return judge(s, ctr_cbor_decode_value(s->cbor, run.data, run.data + run.size, out), run.data, *p);
}

static ctrace_status take_args(ctr_split_decoder *s, const char **p, ctrace_call_event *call)
{
    ctrace_str run = take_run(p);
    return judge(s, ctr_cbor_decode_args(s->cbor, run.data, run.data + run.size, &call->args, &call->arg_count),
                 run.data, *p);
}

static ctrace_status take_type(ctr_split_decoder *s, const char **p, ctrace_type_event *out)
{
    ctrace_str run = take_run(p);
    return judge(s, ctr_cbor_decode_type(s->cbor, run.data, run.data + run.size, out), run.data, *p);
}

static ctrace_status take_assignment(ctr_split_decoder *s, const char **p, ctrace_assignment_event *out)
{
    ctrace_str run = take_run(p);
    return judge(s, ctr_cbor_decode_assignment(s->cbor, run.data, run.data + run.size, out), run.data, *p);
}

static ctrace_status take_lines(ctr_split_decoder *s, const char **p, ctrace_assembly_event *out)
{
    uint32_t count = ctr_load_u32(*p);
    *p += 4;
    for (uint32_t i = 0; i < count; i++) {
        if (!ctr_make_room(s->allocator, (void **)&s->lines, &s->line_capacity, i, sizeof *s->lines))
            return no_memory(s, *p);
        ctrace_status status = take_text(s, p, &s->lines[i]);
        if (status != CTRACE_OK)
            return status;
    }
    *out = (ctrace_assembly_event){s->lines, count};
    return CTRACE_OK;
}

static ctrace_status take_ids(ctr_split_decoder *s, const char **p, ctrace_drop_variables_event *out)
{
    uint32_t count = ctr_load_u32(*p);
    *p += 4;
    for (uint32_t i = 0; i < count; i++, *p += 8) {
        if (!ctr_make_room(s->allocator, (void **)&s->ids, &s->id_capacity, i, sizeof *s->ids))
            return no_memory(s, *p);
        s->ids[i] = ctr_load_u64(*p);
    }
    *out = (ctrace_drop_variables_event){s->ids, count};
    return CTRACE_OK;
}

static ctrace_status take_log(ctr_split_decoder *s, const char **p, ctrace_log_event *out)
{
    unsigned kind = (unsigned char)**p;
    if (kind >= CTRACE_LOG_KIND_COUNT)
        note(s, CTRACE_LENIENCY_KIND_UNKNOWN, *p);
    out->kind = (ctrace_log_kind)kind;
    ++*p;
    ctrace_status status = take_text(s, p, &out->metadata);
    return status == CTRACE_OK ? take_text(s, p, &out->content) : status;
}

static uint64_t take_u64(const char **p)
{
    *p += 8;
    return ctr_load_u64(*p - 8);
}

static int64_t take_i64(const char **p)
{
    *p += 8;
    return ctr_load_i64(*p - 8);
}

/* ---- Events ---- */

/* The end of the event at `p`, or what keeps it from being found. */
static ctrace_status measure(ctr_split_decoder *s, const char *p, const char *end, const char **after)
{
    const ctr_split_shape *shape = ctr_split_shape_of((uint8_t)*p);
    if (!shape)
        return fail(s, CTRACE_SYNTAX, p, "no event has the tag %u", (unsigned)(unsigned char)*p);
    uint64_t size = 1 + (uint64_t)shape->fixed, have = (uint64_t)(end - p);
    uint64_t runs = shape->runs;
    if (shape->item) {
        if (have < size + 4)
            return CTRACE_TRUNCATED;
        uint64_t count = ctr_load_u32(p + size);
        size += 4 + (shape->item == 8 ? count * 8 : 0);
        runs = shape->item == 8 ? 0 : count;
    }
    for (; runs && size <= s->max_event_bytes; runs--) {
        if (have < size + 4)
            return CTRACE_TRUNCATED;
        size += 4 + (uint64_t)ctr_load_u32(p + size);
    }
    if (size > s->max_event_bytes)
        return ctr_split_too_large(s, p);
    if (have < size)
        return CTRACE_TRUNCATED;
    *after = p + size;
    return CTRACE_OK;
}

static ctrace_status decode_parts(ctr_split_decoder *s, const char *p, ctrace_event *e)
{
    unsigned tag = (unsigned char)*p++;
    if (tag == CTR_SPLIT_COLUMN_STEP) {
        note(s, CTRACE_LENIENCY_COLUMN_DROPPED, p + 16);
        tag = CTRACE_EVENT_STEP;
    }
    e->kind = (ctrace_event_kind)tag;
    switch (e->kind) {
    case CTRACE_EVENT_STEP:
        e->step.path_id = take_u64(&p);
        e->step.line = take_i64(&p);
        return CTRACE_OK;
    case CTRACE_EVENT_PATH:
        return take_text(s, &p, &e->path);
    case CTRACE_EVENT_VARIABLE_NAME:
    case CTRACE_EVENT_VARIABLE:
        return take_text(s, &p, &e->variable_name);
    case CTRACE_EVENT_TYPE:
        return take_type(s, &p, &e->type);
    case CTRACE_EVENT_VALUE:
        e->value.variable_id = take_u64(&p);
        return take_value(s, &p, &e->value.value);
    case CTRACE_EVENT_FUNCTION:
        e->function.path_id = take_u64(&p);
        e->function.line = take_i64(&p);
        return take_text(s, &p, &e->function.name);
    case CTRACE_EVENT_CALL:
        e->call.function_id = take_u64(&p);
        return take_args(s, &p, &e->call);
    case CTRACE_EVENT_RETURN:
        return take_value(s, &p, &e->returned.return_value);
    case CTRACE_EVENT_LOG:
        return take_log(s, &p, &e->log);
    case CTRACE_EVENT_ASM:
        return take_lines(s, &p, &e->assembly);
    case CTRACE_EVENT_BIND_VARIABLE:
        e->bind_variable.variable_id = take_u64(&p);
        e->bind_variable.place = take_i64(&p);
        return CTRACE_OK;
    case CTRACE_EVENT_ASSIGNMENT:
        return take_assignment(s, &p, &e->assignment);
    case CTRACE_EVENT_DROP_VARIABLES:
        return take_ids(s, &p, &e->drop_variables);
    case CTRACE_EVENT_COMPOUND_VALUE:
        e->compound_value.place = take_i64(&p);
        return take_value(s, &p, &e->compound_value.value);
    case CTRACE_EVENT_CELL_VALUE:
        e->cell_value.place = take_i64(&p);
        return take_value(s, &p, &e->cell_value.value);
    case CTRACE_EVENT_ASSIGN_COMPOUND_ITEM:
        e->assign_compound_item.place = take_i64(&p);
        e->assign_compound_item.index = take_u64(&p);
        e->assign_compound_item.item_place = take_i64(&p);
        return CTRACE_OK;
    case CTRACE_EVENT_ASSIGN_CELL:
        e->assign_cell.place = take_i64(&p);
        return take_value(s, &p, &e->assign_cell.new_value);
    case CTRACE_EVENT_VARIABLE_CELL:
        e->variable_cell.variable_id = take_u64(&p);
        e->variable_cell.place = take_i64(&p);
        return CTRACE_OK;
    case CTRACE_EVENT_DROP_VARIABLE:
        e->drop_variable = take_u64(&p);
        return CTRACE_OK;
    case CTRACE_EVENT_THREAD_START:
    case CTRACE_EVENT_THREAD_EXIT:
    case CTRACE_EVENT_THREAD_SWITCH:
        e->thread_id = take_u64(&p);
        return CTRACE_OK;
    case CTRACE_EVENT_DROP_LAST_STEP:
    case CTRACE_EVENT_KIND_COUNT:
        return CTRACE_OK;
    }
    return CTRACE_OK;
}

ctrace_status ctr_split_decode(ctr_split_decoder *s, const char *p, const char *end, ctrace_event *out)
{
    s->note_count = 0;
    ctrace_status status = measure(s, p, end, &s->after);
    if (status != CTRACE_OK)
        return status;
    ctr_cbor_decoder_reset(s->cbor);
    ctr_arena_reset(&s->texts);
    *out = (ctrace_event){0};
    return decode_parts(s, p, out);
}

/* ---- Going over ---- */

bool ctr_split_skip_run(ctr_split_skip *s, const char **p, const char *end)
{
    for (;;) {
        size_t have = (size_t)(end - *p);
        if (s->bytes > have) {
            s->bytes -= have;
            *p = end;
            return false;
        }
        *p += s->bytes;
        have -= (size_t)s->bytes;
        s->bytes = 0;
        if (s->begun && !s->runs && !s->item)
            return true;
        if (have < (s->begun ? 4 : 1))
            return false;
        if (!s->begun) {
            const ctr_split_shape *shape = ctr_split_shape_of((uint8_t)**p);
            if (!shape)
                return true;
            *s = (ctr_split_skip){1 + (uint64_t)shape->fixed, shape->runs, shape->item, true};
            continue;
        }
        uint64_t number = ctr_load_u32(*p);
        *p += 4;
        if (s->item == 8) {
            s->bytes = number * 8;
        } else if (s->item) {
            s->runs = number;
        } else {
            s->runs--;
            s->bytes = number;
        }
        s->item = 0;
    }
}
