#include "codec/cbor/keys.h"

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

/* Two kinds of values that only containers of one producer have. */
static const ctr_record set_model = {
    CTR_SHAPE_RECORD,
    2,
    {{"members", 7, CTR_FIELD_VALUES, 0, 0}, {"type_id", 7, CTR_FIELD_ID, offsetof(ctrace_value, type_id), 0}},
};

static const ctr_record enum_model = {
    CTR_SHAPE_RECORD,
    3,
    {{"name", 4, CTR_FIELD_TEXT, offsetof(ctrace_value, text), 0},
     {"ordinal", 7, CTR_FIELD_I64, offsetof(ctrace_value, i), 0},
     {"type_id", 7, CTR_FIELD_ID, offsetof(ctrace_value, type_id), 0}},
};

static void add_byte(ctr_cbor_key *key, unsigned char byte)
{
    if (key->size < sizeof key->word) {
        ((unsigned char *)key->word)[key->size] = byte;
        ((unsigned char *)key->mask)[key->size] = 0xFF;
    }
    key->size++;
}

/* A short text with its head. */
static void add_text(ctr_cbor_key *key, const char *text, size_t size)
{
    add_byte(key, (unsigned char)(0x60 + size));
    for (size_t i = 0; i < size; i++)
        add_byte(key, (unsigned char)text[i]);
}

static bool is_number(uint8_t type)
{
    return type == CTR_FIELD_ID || type == CTR_FIELD_U64 || type == CTR_FIELD_I64;
}

static ctr_cbor_pattern find_pattern(const ctr_record *model)
{
    const ctr_field *fields = model->fields;
    if (model->shape != CTR_SHAPE_RECORD)
        return CTR_CBOR_ANY;
    if (model->field_count == 1)
        return fields[0].type == CTR_FIELD_VALUE ? CTR_CBOR_VALUE : CTR_CBOR_ANY;
    if (model->field_count != 2)
        return CTR_CBOR_ANY;
    if (is_number(fields[0].type) && fields[1].type == CTR_FIELD_VALUE)
        return CTR_CBOR_NUMBER_VALUE;
    if (!is_number(fields[1].type))
        return CTR_CBOR_ANY;
    return is_number(fields[0].type)          ? CTR_CBOR_NUMBER_NUMBER
           : fields[0].type == CTR_FIELD_TEXT ? CTR_CBOR_TEXT_NUMBER
                                              : CTR_CBOR_ANY;
}

static void make_record(ctr_cbor_record *r, const ctr_record *model, ctr_name name, bool tagged)
{
    r->model = model;
    r->name = name;
    r->tagged = tagged;
    r->field_count = model->field_count;
    r->pattern = find_pattern(model);
    for (size_t i = 0; i < model->field_count; i++) {
        ctr_cbor_field *field = &r->fields[i];
        add_text(&field->key, model->fields[i].name, model->fields[i].name_size);
        field->type = model->fields[i].type;
        field->sign = field->type == CTR_FIELD_I64 ? 0x20 : 0;
        field->offset = model->fields[i].offset;
    }
}

/* The start up to the first payload; a record without fields has none. */
static void make_start(ctr_cbor_record *r, bool is_event)
{
    const ctr_record *model = r->model;
    if (is_event) {
        add_byte(&r->start, 0xA1);
        add_text(&r->start, r->name.text, r->name.size);
        if (model->shape == CTR_SHAPE_BARE)
            return;
    }
    add_byte(&r->start, (unsigned char)(0xA0 + model->field_count + r->tagged));
    if (r->tagged) {
        add_text(&r->start, "kind", 4);
        add_text(&r->start, r->name.text, r->name.size);
    }
    add_text(&r->start, model->fields[0].name, model->fields[0].name_size);
}

void ctr_cbor_make_keys(ctr_cbor_keys *keys)
{
    memset(keys, 0, sizeof *keys);
    for (size_t i = 0; i < CTRACE_EVENT_KIND_COUNT; i++) {
        make_record(&keys->events[i], &ctr_events[i], ctr_event_names[i], false);
        if (ctr_events[i].shape == CTR_SHAPE_UNIT)
            add_text(&keys->events[i].start, ctr_event_names[i].text, ctr_event_names[i].size);
        else
            make_start(&keys->events[i], true);
    }
    for (size_t i = 0; i < CTRACE_VALUE_KIND_COUNT; i++) {
        make_record(&keys->values[i], &ctr_values[i], ctr_value_names[i], true);
        make_start(&keys->values[i], false);
    }
    for (size_t i = 0; i < CTRACE_TYPE_INFO_KIND_COUNT; i++)
        make_record(&keys->type_infos[i], &ctr_type_infos[i], ctr_type_info_names[i], true);
    for (size_t i = 0; i < CTRACE_RVALUE_KIND_COUNT; i++)
        make_record(&keys->rvalues[i], &ctr_rvalues[i], ctr_rvalue_names[i], false);
    for (size_t i = 0; i < 64; i++) {
        keys->recent_events[i].size = (uint8_t)keys->events[0].start.size;
        keys->recent_values[i].size = (uint8_t)keys->values[0].start.size;
    }
    make_record(&keys->argument, &argument_model, (ctr_name){"argument", 8}, false);
    make_start(&keys->argument, false);
    make_record(&keys->type_field, &type_field_model, (ctr_name){"field", 5}, false);
    make_start(&keys->type_field, false);
    make_record(&keys->set, &set_model, (ctr_name){"Set", 3}, true);
    make_record(&keys->enumeration, &enum_model, (ctr_name){"Enum", 4}, true);
}
