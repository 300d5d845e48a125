/* Prints spec/trace.schema.json from the tables of the model: `make_schema > trace.schema.json`. A test compares. */
#include <stdio.h>

#include "model/model.h"

static const char draft[] = "https://json-schema.org/draft/2020-12/schema";

static void print_field_schema(const ctr_field *field)
{
    switch ((ctr_field_type)field->type) {
    case CTR_FIELD_ID:
    case CTR_FIELD_U64:
        printf("{\"$ref\": \"#/$defs/u64\"}");
        return;
    case CTR_FIELD_I64:
        printf("{\"$ref\": \"#/$defs/i64\"}");
        return;
    case CTR_FIELD_BOOL:
        printf("{\"type\": \"boolean\"}");
        return;
    case CTR_FIELD_FLOAT:
        printf("{\"$ref\": \"#/$defs/float\"}");
        return;
    case CTR_FIELD_TEXT:
        printf("{\"type\": \"string\"}");
        return;
    case CTR_FIELD_CHAR:
        printf("{\"type\": \"string\", \"minLength\": 1, \"maxLength\": 1}");
        return;
    case CTR_FIELD_BASE64:
        printf("{\"$ref\": \"#/$defs/base64\"}");
        return;
    case CTR_FIELD_VALUE:
        printf("{\"$ref\": \"#/$defs/value\"}");
        return;
    case CTR_FIELD_VALUES:
        printf("{\"type\": \"array\", \"items\": {\"$ref\": \"#/$defs/value\"}}");
        return;
    case CTR_FIELD_ARGS:
        printf("{\"type\": \"array\", \"items\": {\"$ref\": \"#/$defs/argument\"}}");
        return;
    case CTR_FIELD_TEXTS:
        printf("{\"type\": \"array\", \"items\": {\"type\": \"string\"}}");
        return;
    case CTR_FIELD_IDS:
        printf("{\"type\": \"array\", \"items\": {\"$ref\": \"#/$defs/u64\"}}");
        return;
    case CTR_FIELD_FIELDS:
        printf("{\"type\": \"array\", \"items\": {\"$ref\": \"#/$defs/field\"}}");
        return;
    case CTR_FIELD_TYPE_KIND:
        printf("{\"type\": \"integer\", \"minimum\": 0, \"maximum\": %d}", CTRACE_TYPE_KIND_COUNT - 1);
        return;
    case CTR_FIELD_LOG_KIND:
        printf("{\"type\": \"integer\", \"minimum\": 0, \"maximum\": %d}", CTRACE_LOG_KIND_COUNT - 1);
        return;
    case CTR_FIELD_PASS:
        printf("{\"enum\": [");
        for (int i = 0; i < CTRACE_PASS_KIND_COUNT; i++)
            printf("%s\"%s\"", i ? ", " : "", ctr_pass_names[i].text);
        printf("]}");
        return;
    case CTR_FIELD_TYPE_INFO:
        printf("{\"$ref\": \"#/$defs/typeInfo\"}");
        return;
    case CTR_FIELD_RVALUE:
        printf("{\"$ref\": \"#/$defs/rvalue\"}");
        return;
    }
}

/* An object of the record's fields, after `kind` when it is tagged by one. */
static void print_record(const ctr_record *record, const char *kind)
{
    printf("{\"type\": \"object\", \"additionalProperties\": false, \"required\": [");
    const char *comma = "";
    if (kind) {
        printf("\"kind\"");
        comma = ", ";
    }
    for (int i = 0; i < record->field_count; i++, comma = ", ")
        printf("%s\"%s\"", comma, record->fields[i].name);
    printf("], \"properties\": {");
    comma = "";
    if (kind) {
        printf("\"kind\": {\"const\": \"%s\"}", kind);
        comma = ", ";
    }
    for (int i = 0; i < record->field_count; i++, comma = ", ") {
        printf("%s\"%s\": ", comma, record->fields[i].name);
        print_field_schema(&record->fields[i]);
    }
    printf("}}");
}

static void print_events(void)
{
    printf("    \"event\": {\n      \"type\": \"object\",\n      \"minProperties\": 1,\n      \"maxProperties\": 1,\n"
           "      \"additionalProperties\": false,\n      \"properties\": {\n");
    const char *comma = "";
    for (int i = 0; i < CTRACE_EVENT_KIND_COUNT; i++) {
        if (ctr_events[i].shape == CTR_SHAPE_UNIT)
            continue;
        printf("%s        \"%s\": ", comma, ctr_event_names[i].text);
        if (ctr_events[i].shape == CTR_SHAPE_BARE)
            print_field_schema(&ctr_events[i].fields[0]);
        else
            print_record(&ctr_events[i], NULL);
        comma = ",\n";
    }
    printf("\n      }\n    },\n    \"unitEvent\": {\"enum\": [");
    comma = "";
    for (int i = 0; i < CTRACE_EVENT_KIND_COUNT; i++) {
        if (ctr_events[i].shape == CTR_SHAPE_UNIT) {
            printf("%s\"%s\"", comma, ctr_event_names[i].text);
            comma = ", ";
        }
    }
    printf("]},\n");
}

static void print_kinds(const ctr_name *names, int count)
{
    printf("      \"type\": \"object\",\n      \"required\": [\"kind\"],\n      \"properties\": {\"kind\": {\"enum\": [");
    for (int i = 0; i < count; i++)
        printf("%s\"%s\"", i ? ", " : "", names[i].text);
    printf("]}},\n      \"allOf\": [\n");
}

static void print_case(const char *kind, bool first)
{
    printf("%s        {\"if\": {\"properties\": {\"kind\": {\"const\": \"%s\"}}}, \"then\": ", first ? "" : ",\n", kind);
}

static void print_tagged(const char *definition, const ctr_record *records, const ctr_name *names, int count)
{
    printf("    \"%s\": {\n", definition);
    print_kinds(names, count);
    for (int i = 0; i < count; i++) {
        print_case(names[i].text, i == 0);
        print_record(&records[i], names[i].text);
        printf("}");
    }
    printf("\n      ]\n    },\n");
}

/* What an rvalue says stands under "data". */
static void print_rvalues(void)
{
    printf("    \"rvalue\": {\n");
    print_kinds(ctr_rvalue_names, CTRACE_RVALUE_KIND_COUNT);
    for (int i = 0; i < CTRACE_RVALUE_KIND_COUNT; i++) {
        const ctr_record *record = &ctr_rvalues[i];
        print_case(ctr_rvalue_names[i].text, i == 0);
        printf("{\"type\": \"object\", \"additionalProperties\": false, \"required\": [\"kind\"%s], \"properties\": "
               "{\"kind\": {}%s",
               record->shape == CTR_SHAPE_UNIT ? "" : ", \"data\"", record->shape == CTR_SHAPE_UNIT ? "" : ", \"data\": ");
        if (record->shape == CTR_SHAPE_BARE)
            print_field_schema(&record->fields[0]);
        else if (record->shape == CTR_SHAPE_RECORD)
            print_record(record, NULL);
        printf("}}}");
    }
    printf("\n      ]\n    }\n");
}

int main(void)
{
    printf("{\n  \"$schema\": \"%s\",\n  \"title\": \"trace.json: the events of a program execution\",\n", draft);
    printf("  \"type\": \"array\",\n  \"items\": {\"anyOf\": [{\"$ref\": \"#/$defs/event\"}, "
           "{\"$ref\": \"#/$defs/unitEvent\"}]},\n  \"$defs\": {\n");
    printf("    \"u64\": {\"type\": \"integer\", \"minimum\": 0, \"maximum\": 18446744073709551615},\n");
    printf("    \"i64\": {\"type\": \"integer\", \"minimum\": -9223372036854775808, \"maximum\": 9223372036854775807},\n");
    printf("    \"float\": {\"anyOf\": [{\"type\": \"number\"}, {\"type\": \"string\", \"pattern\": "
           "\"^(NaN|-?inf|-?([0-9]+(\\\\.[0-9]+)?)(e-?[0-9]+)?)$\"}]},\n");
    printf("    \"base64\": {\"type\": \"string\", \"pattern\": "
           "\"^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$\"},\n");
    printf("    \"argument\": {\"type\": \"object\", \"additionalProperties\": false, \"required\": [\"variable_id\", \"value\"], "
           "\"properties\": {\"variable_id\": {\"$ref\": \"#/$defs/u64\"}, \"value\": {\"$ref\": \"#/$defs/value\"}}},\n");
    printf("    \"field\": {\"type\": \"object\", \"additionalProperties\": false, \"required\": [\"name\", \"type_id\"], "
           "\"properties\": {\"name\": {\"type\": \"string\"}, \"type_id\": {\"$ref\": \"#/$defs/u64\"}}},\n");
    print_events();
    print_tagged("value", ctr_values, ctr_value_names, CTRACE_VALUE_KIND_COUNT);
    print_tagged("typeInfo", ctr_type_infos, ctr_type_info_names, CTRACE_TYPE_INFO_KIND_COUNT);
    print_rvalues();
    printf("  }\n}\n");
    return 0;
}
