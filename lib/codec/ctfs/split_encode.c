#include "codec/ctfs/little_endian.h"
#include "codec/ctfs/split_binary.h"

#define MOST_FIXED 32

/* A text, or a list of them, as UTF-8 behind its length: CBOR's own text mends it, and its head is taken off again. */
static bool put_text(ctr_cbor_encoder *cbor, ctr_buffer *b, ctrace_str text)
{
    size_t begin = b->size;
    if (!ctr_buffer_append(b, "\0\0\0\0", 4) || !ctr_cbor_encode_text(cbor, b, text))
        return false;
    const char *item = b->data + begin + 4;
    unsigned info = (unsigned char)*item & 31;
    size_t head = info < 24 ? 1 : 1 + ((size_t)1 << (info - 24)), size = b->size - begin - 4 - head;
    memmove(b->data + begin + 4, item + head, size);
    b->size = begin + 4 + size;
    ctr_store_u32(b->data + begin, (uint32_t)size);
    return true;
}

/* The length of what was encoded behind the four bytes at `begin`. */
static bool put_length(ctr_buffer *b, size_t begin)
{
    ctr_store_u32(b->data + begin, (uint32_t)(b->size - begin - 4));
    return true;
}

static bool put_value(ctr_cbor_encoder *cbor, ctr_buffer *b, const ctrace_value *value)
{
    size_t begin = b->size;
    return ctr_buffer_append(b, "\0\0\0\0", 4) && ctr_cbor_encode_value(cbor, b, value) && put_length(b, begin);
}

static bool put_args(ctr_cbor_encoder *cbor, ctr_buffer *b, const ctrace_call_event *call)
{
    size_t begin = b->size;
    return ctr_buffer_append(b, "\0\0\0\0", 4) && ctr_cbor_encode_args(cbor, b, call->args, call->arg_count) &&
           put_length(b, begin);
}

static bool put_type(ctr_cbor_encoder *cbor, ctr_buffer *b, const ctrace_type_event *type)
{
    size_t begin = b->size;
    return ctr_buffer_append(b, "\0\0\0\0", 4) && ctr_cbor_encode_type(cbor, b, type) && put_length(b, begin);
}

static bool put_assignment(ctr_cbor_encoder *cbor, ctr_buffer *b, const ctrace_assignment_event *assignment)
{
    size_t begin = b->size;
    return ctr_buffer_append(b, "\0\0\0\0", 4) && ctr_cbor_encode_assignment(cbor, b, assignment) &&
           put_length(b, begin);
}

static bool put_u32(ctr_buffer *b, size_t number)
{
    char bytes[4];
    ctr_store_u32(bytes, (uint32_t)number);
    return ctr_buffer_append(b, bytes, sizeof bytes);
}

static bool put_u64(ctr_buffer *b, uint64_t number)
{
    char bytes[8];
    ctr_store_u64(bytes, number);
    return ctr_buffer_append(b, bytes, sizeof bytes);
}

static bool put_lines(ctr_cbor_encoder *cbor, ctr_buffer *b, const ctrace_assembly_event *assembly)
{
    bool ok = put_u32(b, assembly->line_count);
    for (size_t i = 0; ok && i < assembly->line_count; i++)
        ok = put_text(cbor, b, assembly->lines[i]);
    return ok;
}

static bool put_ids(ctr_buffer *b, const ctrace_drop_variables_event *drop)
{
    bool ok = put_u32(b, drop->variable_count);
    for (size_t i = 0; ok && i < drop->variable_count; i++)
        ok = put_u64(b, drop->variable_ids[i]);
    return ok;
}

bool ctr_split_encode(ctr_cbor_encoder *cbor, ctr_buffer *b, const ctrace_event *e)
{
    if (!ctr_buffer_reserve(b, MOST_FIXED))
        return false;
    char *p = b->data + b->size;
    *p++ = (char)e->kind;
    switch (e->kind) {
    case CTRACE_EVENT_STEP:
        p = ctr_store_u64(p, e->step.path_id);
        p = ctr_store_u64(p, (uint64_t)e->step.line);
        break;
    case CTRACE_EVENT_VALUE:
        p = ctr_store_u64(p, e->value.variable_id);
        break;
    case CTRACE_EVENT_FUNCTION:
        p = ctr_store_u64(p, e->function.path_id);
        p = ctr_store_u64(p, (uint64_t)e->function.line);
        break;
    case CTRACE_EVENT_CALL:
        p = ctr_store_u64(p, e->call.function_id);
        break;
    case CTRACE_EVENT_LOG:
        *p++ = (char)e->log.kind;
        break;
    case CTRACE_EVENT_BIND_VARIABLE:
        p = ctr_store_u64(p, e->bind_variable.variable_id);
        p = ctr_store_u64(p, (uint64_t)e->bind_variable.place);
        break;
    case CTRACE_EVENT_COMPOUND_VALUE:
        p = ctr_store_u64(p, (uint64_t)e->compound_value.place);
        break;
    case CTRACE_EVENT_CELL_VALUE:
        p = ctr_store_u64(p, (uint64_t)e->cell_value.place);
        break;
    case CTRACE_EVENT_ASSIGN_COMPOUND_ITEM:
        p = ctr_store_u64(p, (uint64_t)e->assign_compound_item.place);
        p = ctr_store_u64(p, e->assign_compound_item.index);
        p = ctr_store_u64(p, (uint64_t)e->assign_compound_item.item_place);
        break;
    case CTRACE_EVENT_ASSIGN_CELL:
        p = ctr_store_u64(p, (uint64_t)e->assign_cell.place);
        break;
    case CTRACE_EVENT_VARIABLE_CELL:
        p = ctr_store_u64(p, e->variable_cell.variable_id);
        p = ctr_store_u64(p, (uint64_t)e->variable_cell.place);
        break;
    case CTRACE_EVENT_DROP_VARIABLE:
        p = ctr_store_u64(p, e->drop_variable);
        break;
    case CTRACE_EVENT_THREAD_START:
    case CTRACE_EVENT_THREAD_EXIT:
    case CTRACE_EVENT_THREAD_SWITCH:
        p = ctr_store_u64(p, e->thread_id);
        break;
    default:
        break;
    }
    b->size = (size_t)(p - b->data);
    switch (e->kind) {
    case CTRACE_EVENT_PATH:
        return put_text(cbor, b, e->path);
    case CTRACE_EVENT_VARIABLE_NAME:
    case CTRACE_EVENT_VARIABLE:
        return put_text(cbor, b, e->variable_name);
    case CTRACE_EVENT_TYPE:
        return put_type(cbor, b, &e->type);
    case CTRACE_EVENT_VALUE:
        return put_value(cbor, b, e->value.value);
    case CTRACE_EVENT_FUNCTION:
        return put_text(cbor, b, e->function.name);
    case CTRACE_EVENT_CALL:
        return put_args(cbor, b, &e->call);
    case CTRACE_EVENT_RETURN:
        return put_value(cbor, b, e->returned.return_value);
    case CTRACE_EVENT_LOG:
        return put_text(cbor, b, e->log.metadata) && put_text(cbor, b, e->log.content);
    case CTRACE_EVENT_ASM:
        return put_lines(cbor, b, &e->assembly);
    case CTRACE_EVENT_ASSIGNMENT:
        return put_assignment(cbor, b, &e->assignment);
    case CTRACE_EVENT_DROP_VARIABLES:
        return put_ids(b, &e->drop_variables);
    case CTRACE_EVENT_COMPOUND_VALUE:
        return put_value(cbor, b, e->compound_value.value);
    case CTRACE_EVENT_CELL_VALUE:
        return put_value(cbor, b, e->cell_value.value);
    case CTRACE_EVENT_ASSIGN_CELL:
        return put_value(cbor, b, e->assign_cell.new_value);
    default:
        return true;
    }
}
