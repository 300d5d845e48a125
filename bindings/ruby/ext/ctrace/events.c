/* Ctrace::Event out of a ctrace_event, by the model's table of fields. */
#include "extension.h"

#include "model/model.h"

static VALUE event_class, position_class, warning_class;

static VALUE key(const char *name)
{
    return ID2SYM(rb_intern(name));
}

/* The name of a field; that of an event that is its only field follows from what it holds. */
static VALUE field_key(const ctr_field *field, ctrace_event_kind kind)
{
    if (field->name_size)
        return ID2SYM(rb_intern2(field->name, field->name_size));
    switch ((ctr_field_type)field->type) {
    case CTR_FIELD_ID:
        return key("variable_id");
    case CTR_FIELD_IDS:
        return key("variable_ids");
    case CTR_FIELD_TEXTS:
        return key("lines");
    case CTR_FIELD_U64:
        return key("thread_id");
    default:
        return key(kind == CTRACE_EVENT_PATH ? "path" : "name");
    }
}

static VALUE kind_name(const ctr_name *names, size_t count, int kind)
{
    if (kind < 0 || (size_t)kind >= count)
        return INT2NUM(kind); /* a number that the format does not know */
    return rb_interned_str(names[kind].text, (long)names[kind].size);
}

static VALUE value_of(const ctrace_value *value);

static VALUE children_of(const ctrace_value *value)
{
    VALUE children = rb_ary_new_capa(value->count);
    const ctrace_value *child = value + 1;
    for (uint32_t i = 0; i < value->count; i++, child += child->span)
        rb_ary_push(children, value_of(child));
    return children;
}

static VALUE field_value(const ctr_field *field, const void *record);

static void add_fields(VALUE hash, const ctr_record *described, const void *record, ctrace_event_kind kind)
{
    for (size_t i = 0; i < described->field_count; i++) {
        const ctr_field *field = &described->fields[i];
        rb_hash_aset(hash, field_key(field, kind), field_value(field, record));
    }
}

static VALUE value_of(const ctrace_value *value)
{
    VALUE hash = rb_hash_new();
    rb_hash_aset(hash, key("kind"), kind_name(ctr_value_names, CTRACE_VALUE_KIND_COUNT, (int)value->kind));
    const ctr_record *described = &ctr_values[value->kind];
    for (size_t i = 0; i < described->field_count; i++) {
        const ctr_field *field = &described->fields[i];
        VALUE content = field->type == CTR_FIELD_VALUES  ? children_of(value)
                        : field->type == CTR_FIELD_VALUE ? value_of(value + 1)
                                                         : field_value(field, value);
        rb_hash_aset(hash, field_key(field, CTRACE_EVENT_VALUE), content);
    }
    return hash;
}

static VALUE arguments_of(const ctrace_argument *args, size_t count)
{
    VALUE list = rb_ary_new_capa((long)count);
    for (size_t i = 0; i < count; i++) {
        VALUE hash = rb_hash_new();
        rb_hash_aset(hash, key("variable_id"), ULL2NUM(args[i].variable_id));
        rb_hash_aset(hash, key("value"), value_of(args[i].value));
        rb_ary_push(list, hash);
    }
    return list;
}

static VALUE fields_of(const ctrace_field *fields, size_t count)
{
    VALUE list = rb_ary_new_capa((long)count);
    for (size_t i = 0; i < count; i++) {
        VALUE hash = rb_hash_new();
        rb_hash_aset(hash, key("name"), ctrb_text(fields[i].name));
        rb_hash_aset(hash, key("type_id"), ULL2NUM(fields[i].type_id));
        rb_ary_push(list, hash);
    }
    return list;
}

static VALUE texts_of(const ctrace_str *texts, size_t count)
{
    VALUE list = rb_ary_new_capa((long)count);
    for (size_t i = 0; i < count; i++)
        rb_ary_push(list, ctrb_text(texts[i]));
    return list;
}

static VALUE ids_of(const ctrace_id *ids, size_t count)
{
    VALUE list = rb_ary_new_capa((long)count);
    for (size_t i = 0; i < count; i++)
        rb_ary_push(list, ULL2NUM(ids[i]));
    return list;
}

static VALUE variant_of(const ctr_name *names, size_t count, const ctr_record *records, int kind, const void *record)
{
    VALUE hash = rb_hash_new();
    rb_hash_aset(hash, key("kind"), kind_name(names, count, kind));
    if (kind >= 0 && (size_t)kind < count)
        add_fields(hash, &records[kind], record, CTRACE_EVENT_ASSIGNMENT);
    return hash;
}

static VALUE field_value(const ctr_field *field, const void *record)
{
    const char *at = (const char *)record + field->offset;
    size_t count = 0;
    switch ((ctr_field_type)field->type) {
    case CTR_FIELD_ARGS:
    case CTR_FIELD_TEXTS:
    case CTR_FIELD_IDS:
    case CTR_FIELD_FIELDS:
        count = *(const size_t *)(const void *)((const char *)record + field->count_offset);
        break;
    default:
        break;
    }
    switch ((ctr_field_type)field->type) {
    case CTR_FIELD_ID:
    case CTR_FIELD_U64:
        return ULL2NUM(*(const uint64_t *)(const void *)at);
    case CTR_FIELD_I64:
        return LL2NUM(*(const int64_t *)(const void *)at);
    case CTR_FIELD_BOOL:
        return *(const bool *)at ? Qtrue : Qfalse;
    case CTR_FIELD_FLOAT:
        return DBL2NUM(*(const double *)(const void *)at);
    case CTR_FIELD_TEXT:
    case CTR_FIELD_CHAR:
        return ctrb_text(*(const ctrace_str *)(const void *)at);
    case CTR_FIELD_BASE64: {
        const ctrace_str *bytes = (const ctrace_str *)(const void *)at;
        return rb_str_new(bytes->data, (long)bytes->size);
    }
    case CTR_FIELD_VALUE:
        return value_of(*(const ctrace_value *const *)(const void *)at);
    case CTR_FIELD_VALUES: /* of a value, which knows its children itself */
        return Qnil;
    case CTR_FIELD_ARGS:
        return arguments_of(*(const ctrace_argument *const *)(const void *)at, count);
    case CTR_FIELD_TEXTS:
        return texts_of(*(const ctrace_str *const *)(const void *)at, count);
    case CTR_FIELD_IDS:
        return ids_of(*(const ctrace_id *const *)(const void *)at, count);
    case CTR_FIELD_FIELDS:
        return fields_of(*(const ctrace_field *const *)(const void *)at, count);
    case CTR_FIELD_TYPE_KIND:
        return kind_name(ctr_type_names, CTRACE_TYPE_KIND_COUNT, (int)*(const ctrace_type_kind *)(const void *)at);
    case CTR_FIELD_LOG_KIND:
        return kind_name(ctr_log_names, CTRACE_LOG_KIND_COUNT, (int)*(const ctrace_log_kind *)(const void *)at);
    case CTR_FIELD_PASS:
        return kind_name(ctr_pass_names, CTRACE_PASS_KIND_COUNT, (int)*(const ctrace_pass_kind *)(const void *)at);
    case CTR_FIELD_TYPE_INFO: {
        const ctrace_type_info *info = (const ctrace_type_info *)(const void *)at;
        return variant_of(ctr_type_info_names, CTRACE_TYPE_INFO_KIND_COUNT, ctr_type_infos, (int)info->kind, info);
    }
    case CTR_FIELD_RVALUE: {
        const ctrace_rvalue *from = (const ctrace_rvalue *)(const void *)at;
        return variant_of(ctr_rvalue_names, CTRACE_RVALUE_KIND_COUNT, ctr_rvalues, (int)from->kind, from);
    }
    }
    return Qnil;
}

VALUE ctrb_position(const ctrace_position *position)
{
    VALUE event = position->event == CTRACE_ID_NONE ? Qnil : ULL2NUM(position->event);
    bool known = !NIL_P(event) || position->line || position->offset;
    return rb_struct_new(position_class, event, known ? ULL2NUM(position->offset) : Qnil,
                         position->line ? ULL2NUM(position->line) : Qnil,
                         position->line ? ULL2NUM(position->column) : Qnil);
}

VALUE ctrb_event_new(const ctrace_event *event, const ctrace_position *position, const ctrace_warning *warnings,
                     size_t warning_count)
{
    VALUE fields = rb_hash_new();
    add_fields(fields, &ctr_events[event->kind], event, event->kind);
    VALUE told = rb_ary_new_capa((long)warning_count);
    for (size_t i = 0; i < warning_count; i++)
        rb_ary_push(told, rb_struct_new(warning_class, rb_utf8_str_new_cstr(ctrace_leniency_name(warnings[i].leniency)),
                                        rb_utf8_str_new_cstr(ctrace_leniency_text(warnings[i].leniency)),
                                        ctrb_position(&warnings[i].position)));
    VALUE args[4] = {kind_name(ctr_event_names, CTRACE_EVENT_KIND_COUNT, (int)event->kind), fields,
                     ctrb_position(position), told};
    return rb_class_new_instance(4, args, event_class);
}

/* The classes are written in Ruby, in event.rb; this is called when they are there. */
static VALUE events_use(VALUE self, VALUE event, VALUE position, VALUE warning)
{
    rb_gc_register_mark_object(event_class = event);
    rb_gc_register_mark_object(position_class = position);
    rb_gc_register_mark_object(warning_class = warning);
    return self;
}

void ctrb_init_events(void)
{
    VALUE module = rb_define_module_under(ctrb_module, "C");
    rb_define_singleton_method(module, "use_event_classes", events_use, 3);
}
