#include "fuzz.h"

void bytes_add(bytes *b, const void *data, size_t size)
{
    if (b->room - b->size < size) {
        b->room = (b->size + size) * 2 + 64;
        b->data = realloc(b->data, b->room);
        PROMISE(b->data);
    }
    if (size)
        memcpy(b->data + b->size, data, size);
    b->size += size;
}

void bytes_add_number(bytes *b, uint64_t number, size_t size)
{
    uint8_t little[8];
    for (size_t i = 0; i < size; i++)
        little[i] = (uint8_t)(number >> 8 * i);
    bytes_add(b, little, size);
}

void bytes_free(bytes *b)
{
    free(b->data);
    *b = (bytes){0};
}

static ptrdiff_t read_memory(void *cookie, char *buffer, size_t size, int *system_error)
{
    memory_input *input = cookie;
    (void)system_error;
    size_t left = input->size - input->at, some = left < size ? left : size;
    if (some)
        memcpy(buffer, input->data + input->at, some);
    input->at += some;
    return (ptrdiff_t)some;
}

ctrace_source memory_source(memory_input *input) { return (ctrace_source){.cookie = input, .read = read_memory}; }

static int write_memory(void *cookie, uint64_t offset, const char *data, size_t size)
{
    bytes *b = cookie;
    PROMISE(offset <= b->size);
    size_t end = b->size;
    b->size = (size_t)offset;
    bytes_add(b, data, size);
    if (b->size < end)
        b->size = end;
    return 0;
}

ctrace_sink memory_sink(bytes *b) { return (ctrace_sink){.cookie = b, .write = write_memory}; }

static uint64_t sum_of_text(ctrace_str text)
{
    uint64_t sum = text.size;
    for (size_t i = 0; i < text.size; i++)
        sum += (unsigned char)text.data[i];
    return sum;
}

/* Looks at all that a value has, so that a sanitizer sees what is not there. */
static uint64_t sum_of_value(const ctrace_value *value)
{
    uint64_t sum = 0;
    PROMISE(value && value->span >= 1);
    for (uint32_t i = 0; i < value->span; i++) {
        const ctrace_value *v = &value[i];
        PROMISE(v->span >= 1 && v->span <= value->span - i);
        PROMISE((unsigned)v->kind < CTRACE_VALUE_KIND_COUNT);
        sum += v->type_id + v->address + v->count;
        bool has_text = v->kind == CTRACE_VALUE_STRING || v->kind == CTRACE_VALUE_RAW || v->kind == CTRACE_VALUE_ERROR ||
                        v->kind == CTRACE_VALUE_CHAR || v->kind == CTRACE_VALUE_VARIANT ||
                        v->kind == CTRACE_VALUE_BIG_INT;
        if (has_text)
            sum += sum_of_text(v->text);
    }
    return sum;
}

static uint64_t sum_of_event(const ctrace_event *e)
{
    uint64_t sum = 0;
    switch (e->kind) {
    case CTRACE_EVENT_PATH:
        return sum_of_text(e->path);
    case CTRACE_EVENT_VARIABLE_NAME:
    case CTRACE_EVENT_VARIABLE:
        return sum_of_text(e->variable_name);
    case CTRACE_EVENT_TYPE:
        for (size_t i = 0; i < e->type.specific_info.field_count; i++)
            sum += sum_of_text(e->type.specific_info.fields[i].name);
        return sum + sum_of_text(e->type.lang_type);
    case CTRACE_EVENT_VALUE:
        return sum_of_value(e->value.value);
    case CTRACE_EVENT_FUNCTION:
        return sum_of_text(e->function.name);
    case CTRACE_EVENT_CALL:
        for (size_t i = 0; i < e->call.arg_count; i++)
            sum += sum_of_value(e->call.args[i].value);
        return sum;
    case CTRACE_EVENT_RETURN:
        return sum_of_value(e->returned.return_value);
    case CTRACE_EVENT_LOG:
        return sum_of_text(e->log.metadata) + sum_of_text(e->log.content);
    case CTRACE_EVENT_ASM:
        for (size_t i = 0; i < e->assembly.line_count; i++)
            sum += sum_of_text(e->assembly.lines[i]);
        return sum;
    case CTRACE_EVENT_DROP_VARIABLES:
        for (size_t i = 0; i < e->drop_variables.variable_count; i++)
            sum += e->drop_variables.variable_ids[i];
        return sum;
    case CTRACE_EVENT_ASSIGNMENT:
        for (size_t i = 0; e->assignment.from.kind == CTRACE_RVALUE_COMPOUND && i < e->assignment.from.variable_count;
             i++)
            sum += e->assignment.from.variable_ids[i];
        if (e->assignment.from.kind == CTRACE_RVALUE_FIELD_ACCESS)
            sum += sum_of_text(e->assignment.from.field);
        return sum;
    case CTRACE_EVENT_COMPOUND_VALUE:
        return sum_of_value(e->compound_value.value);
    case CTRACE_EVENT_CELL_VALUE:
        return sum_of_value(e->cell_value.value);
    case CTRACE_EVENT_ASSIGN_CELL:
        return sum_of_value(e->assign_cell.new_value);
    default:
        PROMISE((unsigned)e->kind < CTRACE_EVENT_KIND_COUNT);
        return sum;
    }
}

ctrace_status read_all(const uint8_t *data, size_t size)
{
    memory_input input = {data, size, 0};
    ctrace_source source = memory_source(&input);
    ctrace_reader *reader;
    ctrace_error error;
    ctrace_reader_options options = {CTRACE_READER_OPTIONS_INIT, .max_event_bytes = 1 << 20};
    ctrace_status status = ctrace_reader_open_source(&reader, &source, CTRACE_STR("fuzz"), &options, &error);
    if (status != CTRACE_OK) {
        PROMISE(!reader && error.message[0]);
        return status;
    }
    volatile uint64_t sum = 0;
    for (;;) {
        const ctrace_event *event;
        const ctrace_warning *warnings;
        ctrace_position position;
        status = ctrace_reader_next(reader, &event, &error);
        for (size_t i = ctrace_reader_warnings(reader, &warnings); i--;)
            PROMISE((unsigned)warnings[i].leniency < CTRACE_LENIENCY_COUNT);
        ctrace_reader_position(reader, &position);
        if (status == CTRACE_OK) {
            sum = sum + sum_of_event(event) + position.offset;
            continue;
        }
        if (status != CTRACE_EVENT && status != CTRACE_TOO_DEEP && status != CTRACE_TOO_LARGE)
            break;
        PROMISE(error.message[0]);
    }
    PROMISE(status != CTRACE_NO_MEMORY && status != CTRACE_ARGUMENT);
    const ctrace_metadata *metadata = ctrace_reader_metadata(reader);
    if (metadata)
        sum = sum + sum_of_text(metadata->program) + sum_of_text(metadata->workdir);
    sum = sum + sum_of_text(ctrace_reader_details(reader));
    ctrace_reader_close(&reader);
    return status;
}
