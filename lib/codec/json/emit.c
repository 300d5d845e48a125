#include "codec/json/emit.h"

#include "base/base64.h"

typedef struct fragment_builder {
    ctr_fragment *at;
} fragment_builder;

static void add(fragment_builder *f, const char *text, size_t size)
{
    memcpy(f->at->text + f->at->size, text, size);
    f->at->size = (uint8_t)(f->at->size + size);
}

#define ADD(f, literal) add(f, literal, sizeof(literal) - 1)

static void add_name(fragment_builder *f, const char *name, size_t size)
{
    ADD(f, "\"");
    add(f, name, size);
    ADD(f, "\":");
}

static void cut_event(ctr_fragment *fragments, const ctr_name *name, const ctr_record *record)
{
    fragment_builder f = {fragments};
    if (record->shape == CTR_SHAPE_UNIT) {
        ADD(&f, "\"");
        add(&f, name->text, name->size);
        ADD(&f, "\"");
        return;
    }
    ADD(&f, "{");
    add_name(&f, name->text, name->size);
    if (record->shape == CTR_SHAPE_RECORD)
        ADD(&f, "{");
    for (uint8_t i = 0; i < record->field_count; i++, f.at++) {
        if (i > 0)
            ADD(&f, ",");
        if (record->fields[i].name_size)
            add_name(&f, record->fields[i].name, record->fields[i].name_size);
    }
    if (record->shape == CTR_SHAPE_RECORD)
        ADD(&f, "}");
    ADD(&f, "}");
}

static void cut_value(ctr_fragment *fragments, const ctr_name *name, const ctr_record *record)
{
    fragment_builder f = {fragments};
    ADD(&f, "{\"kind\":\"");
    add(&f, name->text, name->size);
    ADD(&f, "\"");
    for (uint8_t i = 0; i < record->field_count; i++, f.at++) {
        ADD(&f, ",");
        add_name(&f, record->fields[i].name, record->fields[i].name_size);
    }
    ADD(&f, "}");
}

void ctr_json_fragments_init(ctr_json_fragments *fragments)
{
    memset(fragments, 0, sizeof *fragments);
    for (size_t i = 0; i < CTRACE_EVENT_KIND_COUNT; i++)
        cut_event(fragments->events[i], &ctr_event_names[i], &ctr_events[i]);
    for (size_t i = 0; i < CTRACE_VALUE_KIND_COUNT; i++)
        cut_value(fragments->values[i], &ctr_value_names[i], &ctr_values[i]);
    for (size_t i = 0; i < CTRACE_VALUE_KIND_COUNT; i++) {
        const ctr_fragment *before = &fragments->events[CTRACE_EVENT_VALUE][1], *first = &fragments->values[i][0];
        fragment_builder f = {&fragments->locals[i]};
        add(&f, before->text, before->size);
        add(&f, first->text, first->size);
    }
}

bool ctr_json_base64(ctr_buffer *b, const uint8_t *data, size_t size)
{
    if (!ctr_buffer_reserve(b, ctr_base64_encoded_size(size) + 2))
        return false;
    char *p = b->data + b->size;
    *p++ = '"';
    p = ctr_base64_encode(p, data, size);
    *p++ = '"';
    b->size = (size_t)(p - b->data);
    return true;
}

static bool field_name(ctr_buffer *b, const ctr_field *field)
{
    return ctr_json_literal(b, "\"") && ctr_buffer_append(b, field->name, field->name_size) &&
           ctr_json_literal(b, "\":");
}

bool ctr_json_ids(ctr_buffer *b, const ctrace_id *list, size_t count)
{
    bool ok = ctr_json_literal(b, "[");
    for (size_t i = 0; ok && i < count; i++)
        ok = (i == 0 || ctr_json_literal(b, ",")) && ctr_json_u64(b, list[i]);
    return ok && ctr_json_literal(b, "]");
}

static bool struct_fields(ctr_buffer *b, const ctrace_field *fields, size_t count, uint64_t *mended)
{
    bool ok = ctr_json_literal(b, "[");
    for (size_t i = 0; ok && i < count; i++)
        ok = ctr_json_literal(b, i ? ",{\"name\":" : "{\"name\":") && ctr_json_text(b, fields[i].name, mended) &&
             ctr_json_literal(b, ",\"type_id\":") && ctr_json_u64(b, fields[i].type_id) && ctr_json_literal(b, "}");
    return ok && ctr_json_literal(b, "]");
}

/* One payload of a type info or an rvalue, which lies at `base` + the field's offset. */
static bool payload(ctr_buffer *b, const ctr_field *field, const void *base, uint64_t *mended)
{
    const char *at = (const char *)base + field->offset;
    const size_t *count = (const size_t *)(const void *)((const char *)base + field->count_offset);
    switch ((ctr_field_type)field->type) {
    case CTR_FIELD_ID:
        return ctr_json_u64(b, *(const ctrace_id *)(const void *)at);
    case CTR_FIELD_I64:
        return ctr_json_i64(b, *(const int64_t *)(const void *)at);
    case CTR_FIELD_TEXT:
        return ctr_json_text(b, *(const ctrace_str *)(const void *)at, mended);
    case CTR_FIELD_IDS:
        return ctr_json_ids(b, *(const ctrace_id *const *)(const void *)at, *count);
    case CTR_FIELD_FIELDS:
        return struct_fields(b, *(const ctrace_field *const *)(const void *)at, *count, mended);
    default:
        return false;
    }
}

static bool open_kind(ctr_buffer *b, const ctr_name *name)
{
    return ctr_json_literal(b, "{\"kind\":\"") && ctr_buffer_append(b, name->text, name->size) &&
           ctr_json_literal(b, "\"");
}

static bool named_payloads(ctr_buffer *b, const ctr_record *record, const void *base, uint64_t *mended)
{
    bool ok = true;
    for (uint8_t i = 0; ok && i < record->field_count; i++)
        ok = (i == 0 || ctr_json_literal(b, ",")) && field_name(b, &record->fields[i]) &&
             payload(b, &record->fields[i], base, mended);
    return ok;
}

bool ctr_json_type_info(ctr_buffer *b, const ctrace_type_info *info, uint64_t *mended)
{
    const ctr_record *record = &ctr_type_infos[info->kind];
    return open_kind(b, &ctr_type_info_names[info->kind]) && (record->field_count == 0 || ctr_json_literal(b, ",")) &&
           named_payloads(b, record, info, mended) && ctr_json_literal(b, "}");
}

bool ctr_json_rvalue(ctr_buffer *b, const ctrace_rvalue *rvalue, uint64_t *mended)
{
    const ctr_record *record = &ctr_rvalues[rvalue->kind];
    bool ok = open_kind(b, &ctr_rvalue_names[rvalue->kind]);
    if (ok && record->shape == CTR_SHAPE_BARE)
        ok = ctr_json_literal(b, ",\"data\":") && payload(b, &record->fields[0], rvalue, mended);
    else if (ok && record->shape == CTR_SHAPE_RECORD)
        ok = ctr_json_literal(b, ",\"data\":{") && named_payloads(b, record, rvalue, mended) &&
             ctr_json_literal(b, "}");
    return ok && ctr_json_literal(b, "}");
}
