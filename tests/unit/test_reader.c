/* The reader through the public header: forms of the input, leniencies, failures with their places. Every case is
 * read whole and in small pieces, which must give the same. */
#include "reading.h"

/* ---- Cases: the input, with ` before each place that is reported ---- */

#define MOST_MARKS 16

typedef struct marked {
    char *data;
    size_t size;
    size_t marks[MOST_MARKS];
    size_t mark_count;
} marked;

static marked unmark(const char *input)
{
    marked m = {.data = malloc(strlen(input) + 1)};
    assert_non_null(m.data);
    for (const char *c = input; *c; c++) {
        if (*c == '`') {
            assert_true(m.mark_count < MOST_MARKS);
            m.marks[m.mark_count++] = m.size;
        } else {
            m.data[m.size++] = *c;
        }
    }
    return m;
}

/* Reads `m` whole and in pieces; the story, to be freed. */
static char *tell_all_ways(const marked *m, const ctrace_reader_options *options)
{
    story whole = {0};
    pieces all = {.data = m->data, .size = m->size};
    tell(&whole, &all, options);
    static const size_t sizes[] = {1, 2, 3, 7};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        story parts = {0};
        pieces some = {.data = m->data, .size = m->size, .piece = sizes[i], .interrupted = i % 2 == 0};
        tell(&parts, &some, options);
        assert_string_equal(parts.text, whole.text);
        free(parts.text);
    }
    return whole.text;
}

/* The lines of a story that tell a place: "word @12 #0". Their words, joined by a space, and their places. */
static void assert_reports(const char *text, const char *words, const marked *m)
{
    char found[512] = "";
    size_t places[MOST_MARKS], count = 0;
    char *copy = strdup(text), *rest = copy;
    assert_non_null(copy);
    for (char *line; (line = strtok_r(rest, "\n", &rest)) != NULL;) {
        char *at = strstr(line, " @");
        if (*line == '{' || *line == '"' || !at ||
            (line[0] >= 'A' && line[0] <= 'Z' && strncmp(line, "CTRACE_", 7) != 0) ||
            strncmp(line, "CTRACE_END", 10) == 0)
            continue;
        *at = 0;
        if (*found)
            strcat(found, " ");
        strcat(found, line);
        assert_true(count < MOST_MARKS);
        places[count++] = (size_t)strtoull(at + 2, NULL, 10);
    }
    free(copy);
    if (strcmp(found, words) != 0 || count != m->mark_count)
        fail_msg("%.*s: expected %s, found:\n%s", (int)m->size, m->data, words, text);
    for (size_t i = 0; i < count; i++)
        if (places[i] != m->marks[i])
            fail_msg("%.*s: expected a place %zu, found:\n%s", (int)m->size, m->data, m->marks[i], text);
}

typedef struct test_case {
    const char *input;
    const char *reports; /* what is reported at the marks, in their order */
    const char *told;    /* a part of the story: the event as it is written again, or the message */
} test_case;

static void check(const test_case *c)
{
    marked m = unmark(c->input);
    char *text = tell_all_ways(&m, NULL);
    assert_reports(text, c->reports, &m);
    if (!strstr(text, c->told))
        fail_msg("%s: expected %s, found:\n%s", c->input, c->told, text);
    free(text);
    free(m.data);
}

static void check_all(const test_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check(&cases[i]);
}

#define CHECK_ALL(cases) check_all(cases, sizeof(cases) / sizeof *(cases))

/* A value, in an event. */
#define RETURN(value) "{\"Return\":{\"return_value\":" value "}}"

/* ---- Forms ---- */

static void test_forms(void **state)
{
    (void)state;
    static const test_case cases[] = {
        {"[]", "", "CTRACE_END @2"},
        {" [ \n ] \n", "", "CTRACE_END @8"},
        {"[{\"Step\":{\"path_id\":0,\"line\":3}}]", "", "Step @1 #0\n{\"Step\":{\"path_id\":0,\"line\":3}}"},
        {"[\n  {\n    \"Step\": {\n      \"path_id\": 18446744073709551615,\n      \"line\": -9223372036854775808\n    "
         "}\n  }\n]\n",
         "", "Step @4 #0\n{\"Step\":{\"path_id\":18446744073709551615,\"line\":-9223372036854775808}}"},
        {"[\n    {\"Path\":\"/a\"},\n    {\"ThreadStart\":7}\n]\n", "", "ThreadStart @25 #1\n{\"ThreadStart\":7}"},
        {"\t[\r\n{ \"Step\" : { \"path_id\" :\t1 , \"line\"\r:2 } } , \"DropLastStep\" ]", "",
         "{\"Step\":{\"path_id\":1,\"line\":2}}"},
        /* Keys with escapes are the same keys. */
        {"[{\"\\u0053tep\":{\"p\\u0061th_id\":1,\"line\":2}}]", "", "{\"Step\":{\"path_id\":1,\"line\":2}}"},
        {"[" RETURN("{\"k\\u0069nd\":\"I\\u006et\",\"i\":1,\"type_id\":2}") "]", "",
         "{\"kind\":\"Int\",\"i\":1,\"type_id\":2}"},
        /* Other producers' orders. */
        {"[{\"Function\":{\"name\":\"f\",\"path_id\":0,\"line\":3}}]", "", "{\"path_id\":0,\"line\":3,\"name\":\"f\"}"},
        {"[{\"Event\":{\"kind\":0,\"content\":\"c\",\"metadata\":\"m\"}}]", "",
         "{\"kind\":0,\"metadata\":\"m\",\"content\":\"c\"}"},
        {"[" RETURN("{\"kind\":\"Sequence\",\"type_id\":2,\"elements\":[],\"is_slice\":true}") "]", "",
         "{\"kind\":\"Sequence\",\"elements\":[],\"is_slice\":true,\"type_id\":2}"},
        /* The kind behind what it is the kind of. */
        {"[" RETURN("{\"elements\":[{\"i\":1,\"kind\":\"Int\",\"type_id\":2}],\"kind\":\"Tuple\",\"type_id\":3}") "]",
         "", "{\"kind\":\"Tuple\",\"elements\":[{\"kind\":\"Int\",\"i\":1,\"type_id\":2}],\"type_id\":3}"},
    };
    CHECK_ALL(cases);
}

/* Every event and value as upstream writes it comes out of the writer as it went in. */
static void test_everything_there_and_back(void **state)
{
    (void)state;
    static const char *const events[] = {
        "{\"Step\":{\"path_id\":0,\"line\":3}}",
        "{\"Path\":\"/a/b.py\"}",
        "{\"VariableName\":\"x\"}",
        "{\"Variable\":\"x\"}",
        "{\"Type\":{\"kind\":7,\"lang_type\":\"int\",\"specific_info\":{\"kind\":\"None\"}}}",
        "{\"Type\":{\"kind\":6,\"lang_type\":\"S\",\"specific_info\":{\"kind\":\"Struct\",\"fields\":[{\"name\":\"x\","
        "\"type_id\":1},{\"name\":\"y\",\"type_id\":2}]}}}",
        "{\"Type\":{\"kind\":23,\"lang_type\":\"P\",\"specific_info\":{\"kind\":\"Pointer\",\"dereference_type_id\":1}}"
        "}",
        "{\"Value\":{\"variable_id\":2,\"value\":{\"kind\":\"Int\",\"i\":-5,\"type_id\":1}}}",
        "{\"Function\":{\"path_id\":0,\"line\":-1,\"name\":\"f\"}}",
        "{\"Call\":{\"function_id\":1,\"args\":[]}}",
        "{\"Call\":{\"function_id\":1,\"args\":[{\"variable_id\":0,\"value\":{\"kind\":\"Tuple\",\"elements\":[{"
        "\"kind\":"
        "\"Int\",\"i\":1,\"type_id\":1}],\"type_id\":3}},{\"variable_id\":1,\"value\":{\"kind\":\"Bool\",\"b\":true,"
        "\"type_id\":2}}]}}",
        "{\"Event\":{\"kind\":11,\"metadata\":\"m\",\"content\":\"c\"}}",
        "{\"Asm\":[\"nop\",\"ret\"]}",
        "{\"BindVariable\":{\"variable_id\":1,\"place\":-1}}",
        "{\"Assignment\":{\"to\":0,\"pass_by\":\"Value\",\"from\":{\"kind\":\"Simple\",\"data\":3}}}",
        "{\"Assignment\":{\"to\":0,\"pass_by\":\"Reference\",\"from\":{\"kind\":\"Compound\",\"data\":[1,2]}}}",
        "{\"Assignment\":{\"to\":0,\"pass_by\":\"Value\",\"from\":{\"kind\":\"Literal\"}}}",
        "{\"Assignment\":{\"to\":0,\"pass_by\":\"Value\",\"from\":{\"kind\":\"FieldAccess\",\"data\":{\"receiver\":1,"
        "\"field\":\"f\"}}}}",
        "{\"Assignment\":{\"to\":0,\"pass_by\":\"Value\",\"from\":{\"kind\":\"IndexAccess\",\"data\":{\"receiver\":1,"
        "\"index\":-1}}}}",
        "{\"Assignment\":{\"to\":0,\"pass_by\":\"Value\",\"from\":{\"kind\":\"FunctionReturn\",\"data\":{\"call_key\":"
        "4}}}}",
        "{\"DropVariables\":[1,2]}",
        "{\"DropVariables\":[]}",
        "{\"CompoundValue\":{\"place\":1,\"value\":{\"kind\":\"None\",\"type_id\":0}}}",
        "{\"CellValue\":{\"place\":1,\"value\":{\"kind\":\"Cell\",\"place\":-1}}}",
        "{\"AssignCompoundItem\":{\"place\":0,\"index\":1,\"item_place\":2}}",
        "{\"AssignCell\":{\"place\":0,\"new_value\":{\"kind\":\"Raw\",\"r\":\"t\",\"type_id\":1}}}",
        "{\"VariableCell\":{\"variable_id\":1,\"place\":1}}",
        "{\"DropVariable\":1}",
        "{\"ThreadStart\":7}",
        "{\"ThreadExit\":18446744073709551615}",
        "{\"ThreadSwitch\":7}",
        "\"DropLastStep\"",
        RETURN("{\"kind\":\"Int\",\"i\":9223372036854775807,\"type_id\":1}"),
        RETURN("{\"kind\":\"Int\",\"i\":-9223372036854775808,\"type_id\":1}"),
        RETURN("{\"kind\":\"Float\",\"f\":\"2.5\",\"type_id\":1}"),
        RETURN("{\"kind\":\"Float\",\"f\":\"-inf\",\"type_id\":1}"),
        RETURN("{\"kind\":\"Float\",\"f\":\"NaN\",\"type_id\":1}"),
        RETURN("{\"kind\":\"Bool\",\"b\":false,\"type_id\":1}"),
        RETURN("{\"kind\":\"String\",\"text\":\"a\\\"\\\\\\n\\u0001\xC3\xA9\xF0\x9F\x98\x80\",\"type_id\":1}"),
        RETURN("{\"kind\":\"String\",\"text\":\"\",\"type_id\":1}"),
        RETURN("{\"kind\":\"Sequence\",\"elements\":[{\"kind\":\"Sequence\",\"elements\":[],\"is_slice\":true,\"type_"
               "id\":2},"
               "{\"kind\":\"None\",\"type_id\":0}],\"is_slice\":false,\"type_id\":1}"),
        RETURN("{\"kind\":\"Struct\",\"field_values\":[{\"kind\":\"Int\",\"i\":1,\"type_id\":1}],\"type_id\":2}"),
        RETURN("{\"kind\":\"Variant\",\"discriminator\":\"Some\",\"contents\":{\"kind\":\"Int\",\"i\":1,\"type_id\":1},"
               "\"type_id\":2}"),
        RETURN("{\"kind\":\"Reference\",\"dereferenced\":{\"kind\":\"Int\",\"i\":1,\"type_id\":1},"
               "\"address\":18446744073709551615,\"mutable\":true,\"type_id\":2}"),
        RETURN("{\"kind\":\"Error\",\"msg\":\"m\",\"type_id\":1}"),
        RETURN("{\"kind\":\"BigInt\",\"b\":\"AQD/\",\"negative\":true,\"type_id\":1}"),
        RETURN("{\"kind\":\"BigInt\",\"b\":\"\",\"negative\":false,\"type_id\":1}"),
        RETURN("{\"kind\":\"Char\",\"c\":\"\xC3\xA9\",\"type_id\":1}"),
    };
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        marked m = {.data = malloc(strlen(events[i]) + 3)};
        assert_non_null(m.data);
        m.size = (size_t)sprintf(m.data, "[%s]", events[i]);
        char *text = tell_all_ways(&m, NULL);
        assert_reports(text, "", &m);
        if (!strstr(text, events[i]))
            fail_msg("expected %s, found:\n%s", events[i], text);
        free(text);
        free(m.data);
    }
}

static void test_values_as_data(void **state)
{
    (void)state;
    const char *input = "[{\"Call\":{\"function_id\":4,\"args\":["
                        "{\"variable_id\":1,\"value\":{\"kind\":\"Sequence\",\"elements\":[{\"kind\":\"Int\",\"i\":1,"
                        "\"type_id\":5},{\"kind\":\"Variant\",\"discriminator\":\"d\",\"contents\":{\"kind\":\"None\","
                        "\"type_id\":6},\"type_id\":7}],\"is_slice\":true,\"type_id\":8}},"
                        "{\"variable_id\":2,\"value\":{\"kind\":\"BigInt\",\"b\":\"AQD/\",\"negative\":true,"
                        "\"type_id\":9}}]}}]";
    pieces p = {.data = input, .size = strlen(input)};
    ctrace_source source = {.cookie = &p, .read = pieces_read};
    ctrace_reader *reader;
    const ctrace_event *event;
    assert_int_equal(ctrace_reader_open_source(&reader, &source, CTRACE_STR(""), NULL, NULL), CTRACE_OK);
    assert_null(ctrace_reader_metadata(reader));
    assert_int_equal(ctrace_reader_file_size(reader), 0);
    assert_int_equal(ctrace_reader_next(reader, &event, NULL), CTRACE_OK);
    assert_int_equal(event->kind, CTRACE_EVENT_CALL);
    assert_int_equal(event->call.function_id, 4);
    assert_int_equal(event->call.arg_count, 2);
    const ctrace_value *v = event->call.args[0].value;
    assert_int_equal(event->call.args[0].variable_id, 1);
    assert_int_equal(v->kind, CTRACE_VALUE_SEQUENCE);
    assert_int_equal(v->span, 4);
    assert_int_equal(v->count, 2);
    assert_true(v->is_slice);
    assert_int_equal(v->type_id, 8);
    assert_int_equal(v[1].i, 1);
    assert_int_equal(v[1].span, 1);
    assert_int_equal(v[2].span, 2);
    assert_int_equal(v[2].count, 1);
    assert_memory_equal(v[2].text.data, "d", 1);
    assert_int_equal(v[3].kind, CTRACE_VALUE_NONE);
    assert_int_equal(v[3].type_id, 6);
    const ctrace_value *big = event->call.args[1].value;
    assert_ptr_equal(big, v + 4);
    assert_int_equal(big->text.size, 3);
    assert_memory_equal(big->text.data, "\x01\x00\xFF", 3);
    assert_true(big->is_negative);
    assert_int_equal(ctrace_reader_bytes_read(reader), p.size - 1);
    assert_int_equal(ctrace_reader_next(reader, &event, NULL), CTRACE_END);
    assert_int_equal(ctrace_reader_bytes_read(reader), p.size);
    ctrace_reader_close(&reader);
}

/* ---- Leniencies ---- */

static void test_leniencies(void **state)
{
    (void)state;
    static const test_case cases[] = {
        {"[" RETURN("{\"kind\":\"Float\",\"f\":`2.5,\"type_id\":1}") "]", "float-number", "\"f\":\"2.5\""},
        {"[" RETURN("{\"kind\":\"Float\",\"f\":`-1e400,\"type_id\":1}") "]", "float-number", "\"f\":\"-inf\""},
        {"[" RETURN("{\"kind\":\"Float\",\"f\":`null,\"type_id\":1}") "]", "float-null", "\"f\":\"NaN\""},
        {"[" RETURN("{\"kind\":\"Int\",\"i\":`\"-5\",\"type_id\":1}") "]", "int-text", "\"i\":-5"},
        {"[{\"Step\":{\"path_id\":`\"1\",\"line\":`\"2\"}}]", "int-text int-text", "{\"path_id\":1,\"line\":2}"},
        {"[{\"ThreadStart\":`\"18446744073709551615\"}]", "int-text", "{\"ThreadStart\":18446744073709551615}"},
        {"[" RETURN("{\"kind\":\"Int\",\"i\":`9223372036854775808,\"type_id\":1}") "]", "int-big",
         "{\"kind\":\"BigInt\",\"b\":\"gAAAAAAAAAA=\",\"negative\":false,\"type_id\":1}"},
        {"[" RETURN("{\"kind\":\"Int\",\"i\":`-1208925819614629174706176,\"type_id\":1}") "]", "int-big",
         "{\"kind\":\"BigInt\",\"b\":\"AQAAAAAAAAAAAAA=\",\"negative\":true,\"type_id\":1}"},
        {"[" RETURN("{\"kind\":\"Int\",\"i\":``\"1208925819614629174706176\",\"type_id\":1}") "]", "int-text int-big",
         "{\"kind\":\"BigInt\",\"b\":\"AQAAAAAAAAAAAAA=\",\"negative\":false,\"type_id\":1}"},
        /* The last of two counts, also when the first was too big. */
        {"[" RETURN("{\"kind\":\"Int\",\"i\":`-9223372036854775809,`\"i\":4,\"type_id\":1}") "]", "int-big field-twice",
         "{\"kind\":\"Int\",\"i\":4,\"type_id\":1}"},
        {"[{\"Call\":{\"function_id\":1,\"args\":`null}}]", "list-null", "\"args\":[]"},
        {"[{\"Asm\":`null}]", "list-null", "{\"Asm\":[]}"},
        {"[{\"DropVariables\":`null}]", "list-null", "{\"DropVariables\":[]}"},
        {"[" RETURN("{\"kind\":\"Struct\",\"field_values\":`null,\"type_id\":1}") "]", "list-null",
         "\"field_values\":[]"},
        {"[{\"Type\":{\"kind\":6,\"lang_type\":\"S\",\"specific_info\":{\"kind\":\"Struct\",\"fields\":`null}}}]",
         "list-null", "\"fields\":[]"},
        {"[" RETURN("`null") "]", "value-null", "{\"kind\":\"None\",\"type_id\":0}"},
        {"[" RETURN("{\"kind\":\"Tuple\",\"elements\":[`null,`null],\"type_id\":1}") "]", "value-null value-null",
         "[{\"kind\":\"None\",\"type_id\":0},{\"kind\":\"None\",\"type_id\":0}]"},
        {"[{\"Path\":`null}]", "text-null", "{\"Path\":\"\"}"},
        {"[{\"Asm\":[\"a\",`null]}]", "text-null", "{\"Asm\":[\"a\",\"\"]}"},
        {"[" RETURN("{\"kind\":\"BigInt\",\"b\":`null,\"negative\":false,\"type_id\":1}") "]", "text-null",
         "\"b\":\"\""},
        {"[{\"Type\":{\"kind\":6,\"lang_type\":\"S\",\"specific_info\":`null}}]", "type-info-null",
         "{\"kind\":\"None\"}"},
        {"[{\"Call\":{\"function_id\":1`}}]", "field-missing", "\"args\":[]"},
        {"[{\"Event\":{\"kind\":1,\"content\":\"c\"`}}]", "field-missing", "\"metadata\":\"\""},
        {"[{\"Event\":{\"kind\":1``}}]", "field-missing field-missing", "\"metadata\":\"\",\"content\":\"\""},
        {"[{\"Type\":{\"kind\":1,\"lang_type\":\"t\"`}}]", "field-missing", "{\"kind\":\"None\"}"},
        {"[{\"Assignment\":{\"to\":1,\"from\":{\"kind\":\"Literal\"}`}}]", "field-missing", "\"pass_by\":\"Value\""},
        {"[" RETURN("{\"kind\":\"Int\",\"i\":1`}") "]", "field-missing", "\"type_id\":0"},
        {"[" RETURN("{\"kind\":\"None\"`}") "]", "field-missing", "{\"kind\":\"None\",\"type_id\":0}"},
        {"[" RETURN("{\"kind\":\"Reference\",\"dereferenced\":{\"kind\":\"Cell\",\"place\":1}```}") "]",
         "field-missing field-missing field-missing", "\"address\":0,\"mutable\":false,\"type_id\":0"},
        {"[" RETURN("{\"kind\":\"BigInt\",\"b\":\"AQ==\",\"type_id\":1`}") "]", "field-missing", "\"negative\":false"},
        {"[{\"Step\":{\"path_id\":1,\"line\":2,`\"column\":4}}]", "field-unknown", "{\"path_id\":1,\"line\":2}"},
        {"[{\"Step\":{`\"x\":[{\"y\":[null,true,-1.5e3,\"\\u00e9\"]},{}],\"path_id\":1,\"line\":2}}]", "field-unknown",
         "{\"path_id\":1,\"line\":2}"},
        {"[" RETURN("{\"kind\":\"Cell\",\"place\":1,`\"type_id\":0}") "]", "field-unknown",
         "{\"kind\":\"Cell\",\"place\":1}"},
        {"[{\"Step\":{\"path_id\":1,`\"path_id\":2,\"line\":2}}]", "field-twice", "{\"path_id\":2,\"line\":2}"},
        {"[{\"Call\":{\"function_id\":1,\"args\":[{\"variable_id\":1,\"value\":{\"kind\":\"Int\",\"i\":1,\"type_id\":1}"
         "}],"
         "`\"args\":[{\"variable_id\":2,\"value\":{\"kind\":\"Int\",\"i\":2,\"type_id\":1}}]}}]",
         "field-twice", "\"args\":[{\"variable_id\":2,\"value\":{\"kind\":\"Int\",\"i\":2,\"type_id\":1}}]"},
        {"[" RETURN(
             "{\"kind\":\"Tuple\",\"elements\":[{\"kind\":\"None\",\"type_id\":1},{\"kind\":\"None\",\"type_id\":1}],"
             "`\"elements\":[{\"kind\":\"Int\",\"i\":2,\"type_id\":1}],\"type_id\":3}") "]",
         "field-twice", "{\"kind\":\"Tuple\",\"elements\":[{\"kind\":\"Int\",\"i\":2,\"type_id\":1}],\"type_id\":3}"},
        {"[" RETURN("{\"kind\":\"Int\",`\"kind\":\"Int\",\"i\":1,\"type_id\":1}") "]", "field-twice",
         "{\"kind\":\"Int\",\"i\":1,\"type_id\":1}"},
        {"[{\"Step\":`[0,3]}]", "record-as-list", "{\"Step\":{\"path_id\":0,\"line\":3}}"},
        {"[{\"Step\":{\"path_id\":`-0,\"line\":`-0}}]", "int-minus-zero int-minus-zero",
         "{\"Step\":{\"path_id\":0,\"line\":0}}"},
        {"[{\"Step\":`[1,`-0 ]}]", "record-as-list int-minus-zero", "{\"Step\":{\"path_id\":1,\"line\":0}}"},
        {"[{\"Call\":`[1`]}]", "record-as-list field-missing", "{\"function_id\":1,\"args\":[]}"},
        {"[{\"Call\":{\"function_id\":1,\"args\":[`[5,`[\"Int\",5,1]]]}}]", "record-as-list record-as-list",
         "{\"variable_id\":5,\"value\":{\"kind\":\"Int\",\"i\":5,\"type_id\":1}}"},
        {"[" RETURN("`[\"Sequence\",[`[\"None\",3]],true,2]") "]", "record-as-list record-as-list",
         "{\"kind\":\"Sequence\",\"elements\":[{\"kind\":\"None\",\"type_id\":3}],\"is_slice\":true,\"type_id\":2}"},
        {"[" RETURN("`[\"None\"`]") "]", "record-as-list field-missing", "{\"kind\":\"None\",\"type_id\":0}"},
        {"[{\"Type\":`[6,\"S\",`[\"Struct\",[`[\"x\",1]]]]}]", "record-as-list record-as-list record-as-list",
         "{\"kind\":\"Struct\",\"fields\":[{\"name\":\"x\",\"type_id\":1}]}"},
        {"[`{\"DropLastStep\":null}]", "unit-as-object", "\"DropLastStep\""},
        {"[{\"Assignment\":{\"to\":1,\"pass_by\":\"Value\",\"from\":{\"kind\":\"Simple\",`\"0\":4}}}]", "rvalue-old",
         "{\"kind\":\"Simple\",\"data\":4}"},
        {"[{\"Assignment\":{\"to\":1,\"pass_by\":\"Value\",\"from\":`[\"Compound\",1,2]}}]", "rvalue-old",
         "{\"kind\":\"Compound\",\"data\":[1,2]}"},
        {"[{\"Assignment\":{\"to\":1,\"pass_by\":\"Value\",\"from\":`[\"Compound\"]}}]", "rvalue-old",
         "{\"kind\":\"Compound\",\"data\":[]}"},
        {"[{\"Assignment\":{\"to\":1,\"pass_by\":\"Value\",\"from\":`[\"Compound\",[1,2]]}}]", "record-as-list",
         "{\"kind\":\"Compound\",\"data\":[1,2]}"},
        {"[{\"Assignment\":{\"to\":1,\"pass_by\":\"Value\",\"from\":`[\"Simple\",3]}}]", "record-as-list",
         "{\"kind\":\"Simple\",\"data\":3}"},
        {"[{\"Assignment\":{\"to\":1,\"pass_by\":\"Value\",\"from\":{\"data\":3,\"kind\":\"Simple\"}}}]", "",
         "{\"kind\":\"Simple\",\"data\":3}"},
        {"[{\"Type\":{\"kind\":`\"Int\",\"lang_type\":\"t\",\"specific_info\":{\"kind\":\"None\"}}}]", "kind-as-name",
         "\"kind\":7"},
        {"[{\"Event\":{\"kind\":`\"WriteOther\",\"metadata\":\"\",\"content\":\"\"}}]", "kind-as-name", "\"kind\":2"},
        {"[{\"Type\":{\"kind\":`34,\"lang_type\":\"t\",\"specific_info\":{\"kind\":\"None\"}}}]", "kind-unknown",
         "Type @1"},
        {"[{\"Event\":{\"kind\":`14,\"metadata\":\"\",\"content\":\"\"}}]", "kind-unknown", "Event @1"},
        {"[{\"Path\":\"a`\xFF\xC3z\"}]", "text-invalid", "{\"Path\":\"a\xEF\xBF\xBD\xEF\xBF\xBDz\"}"},
        {"[{\"Path\":\"\\n`\xE2\x82\"}]", "text-invalid", "{\"Path\":\"\\n\xEF\xBF\xBD\"}"},
        {"[{\"Path\":\"`\\ud800x\\udc00\"}]", "surrogate-lone", "{\"Path\":\"\xEF\xBF\xBDx\xEF\xBF\xBD\"}"},
        {"[{\"Path\":\"\\ud83d\\ude00\"}]", "", "{\"Path\":\"\xF0\x9F\x98\x80\"}"},
        {"[" RETURN("{\"kind\":\"BigInt\",\"b\":`\"AQ\",\"negative\":false,\"type_id\":1}") "]", "base64-unpadded",
         "\"b\":\"AQ==\""},
        {"[" RETURN("{\"kind\":\"Char\",\"c\":`\"\",\"type_id\":1}") "]", "char-not-one", "Return @1"},
        {"[" RETURN("{\"kind\":\"Char\",\"c\":`\"ab\",\"type_id\":1}") "]", "char-not-one", "Return @1"},
        {"`\xEF\xBB\xBF[{\"Path\":\"a\"}]", "byte-order-mark", "Path @4 #0"},
        {"[{\"Path\":\"a\"} `, \n ]", "comma-trailing", "CTRACE_END"},
        {"[{\"Path\":\"a\"}`,]", "comma-trailing", "{\"Path\":\"a\"}"},
        {"`\xEF\xBB\xBF`\"DropLastStep\"", "byte-order-mark not-a-list", "\"DropLastStep\""},
        {"[" RETURN("{\"kind\":\"Sequence\" ```}") "]", "field-missing field-missing field-missing",
         "{\"kind\":\"Sequence\",\"elements\":[],\"is_slice\":false,\"type_id\":0}"},
        {"`{\"Path\":\"a\"}\n{\"Path\":\"b\"}\n", "not-a-list", "Path @13 #1\n{\"Path\":\"b\"}"},
        {"[{\"Path\":\"a\"}`", "unterminated", "{\"Path\":\"a\"}"},
        {"[{\"Path\":\"a\"},\n`", "unterminated", "{\"Path\":\"a\"}"},
        {"[`", "unterminated", "CTRACE_END @1"},
    };
    CHECK_ALL(cases);
}

static void test_most_warnings(void **state)
{
    (void)state;
    story input = {0}, told = {0};
    story_say(&input, "[{\"Asm\":[null");
    for (int i = 0; i < 200; i++)
        story_say(&input, ",null");
    story_say(&input, "]}]");
    pieces p = {.data = input.text, .size = input.size};
    assert_int_equal(tell(&told, &p, NULL), CTRACE_END);
    size_t count = 0;
    for (const char *at = told.text; (at = strstr(at, "text-null")) != NULL; at++)
        count++;
    assert_int_equal(count, 64);
    free(told.text);
    free(input.text);
}

/* ---- Failures ---- */

static void test_bad_events(void **state)
{
    (void)state;
    static const test_case cases[] = {
        {"[{`\"Foo\":1}]", "CTRACE_EVENT", "event: expected the name of an event, found the text \"Foo\""},
        {"[`\"Foo\"]", "CTRACE_EVENT", "event: expected the name of an event, found the text \"Foo\""},
        {"[`\"Step\"]", "CTRACE_EVENT", "event: expected an object, found the text \"Step\""},
        {"[`12]", "CTRACE_EVENT", "event: expected an object, found the number 12"},
        {"[`null]", "CTRACE_EVENT", "found null"},
        {"[`[1,[2,{}]]]", "CTRACE_EVENT", "found a list"},
        {"[`{}]", "CTRACE_EVENT", "event: expected an event in the object, found an object"},
        {"[{\"Path\":\"a\"`,\"Path\":\"b\"}]", "CTRACE_EVENT",
         "Path: expected the end of the event, found another name"},
        {"[{\"Step\":{\"path_id\":0,\"line\":`true}}]", "CTRACE_EVENT", "Step.line: expected an integer, found true"},
        {"[{\"Step\":{\"path_id\":0,\"line\":`1.5}}]", "CTRACE_EVENT",
         "Step.line: expected an integer, found the number 1.5"},
        {"[{\"Step\":{\"path_id\":0,\"line\":`1e3}}]", "CTRACE_EVENT", "found the number 1e3"},
        {"[{\"Step\":{\"path_id\":0,\"line\":`9223372036854775808}}]", "CTRACE_EVENT", "an integer of 64 bits"},
        {"[{\"Step\":{\"path_id\":`-1,\"line\":1}}]", "CTRACE_EVENT",
         "Step.path_id: expected an unsigned integer of 64 bits, found the number -1"},
        {"[{\"Step\":{\"path_id\":`18446744073709551616,\"line\":1}}]", "CTRACE_EVENT",
         "an unsigned integer of 64 bits"},
        {"[{\"Step\":{\"path_id\":`null,\"line\":1}}]", "CTRACE_EVENT", "found null"},
        {"[{\"Step\":`7}]", "CTRACE_EVENT", "Step: expected an object, found the number 7"},
        {"[{\"Step\":{\"path_id\":0`}}]", "CTRACE_EVENT",
         "Step: expected the field \"line\", found the end without it"},
        {"[{\"Step\":{\"line\":0`}}]", "CTRACE_EVENT", "expected the field \"path_id\""},
        {"[{\"Step\":{`}}]", "CTRACE_EVENT", "expected the field \"path_id\""},
        {"[{\"Value\":{\"variable_id\":0`}}]", "CTRACE_EVENT", "expected the field \"value\""},
        {"[{\"Value\":{\"value\":{\"kind\":\"None\",\"type_id\":0}`}}]", "CTRACE_EVENT",
         "expected the field \"variable_id\""},
        {"[{\"Call\":{\"args\":[]`}}]", "CTRACE_EVENT", "expected the field \"function_id\""},
        {"[{\"Return\":{`}}]", "CTRACE_EVENT", "expected the field \"return_value\""},
        {"[{\"Function\":{\"path_id\":0,\"line\":1`}}]", "CTRACE_EVENT", "expected the field \"name\""},
        {"[{\"Type\":{\"lang_type\":\"t\",\"specific_info\":{\"kind\":\"None\"}`}}]", "CTRACE_EVENT",
         "expected the field \"kind\""},
        {"[{\"Event\":{\"metadata\":\"\",\"content\":\"\"`}}]", "CTRACE_EVENT", "expected the field \"kind\""},
        {"[{\"CellValue\":{\"value\":{\"kind\":\"Cell\",\"place\":1}`}}]", "CTRACE_EVENT",
         "expected the field \"place\""},
        {"[" RETURN("{\"kind\":\"Int\",\"type_id\":1`}") "]", "CTRACE_EVENT", "Int: expected the field \"i\""},
        {"[" RETURN("{\"kind\":`\"Strange\",\"type_id\":1}") "]", "CTRACE_EVENT",
         "value.kind: expected the name of a kind, found the text \"Strange\""},
        {"[" RETURN("{\"kind\":`3,\"type_id\":1}") "]", "CTRACE_EVENT",
         "value.kind: expected the name of a kind, found the number 3"},
        {"[" RETURN("`{\"i\":1,\"type_id\":1}") "]", "CTRACE_EVENT", "value: expected the field \"kind\""},
        {"[" RETURN("`{}") "]", "CTRACE_EVENT", "value: expected the field \"kind\""},
        {"[" RETURN("`7") "]", "CTRACE_EVENT", "value: expected an object, found the number 7"},
        {"[" RETURN("{\"kind\":\"Int\",\"kind\":`\"Bool\",\"i\":1,\"type_id\":1}") "]", "CTRACE_EVENT",
         "expected one kind only"},
        {"[" RETURN("{\"kind\":\"Bool\",\"b\":`1,\"type_id\":1}") "]", "CTRACE_EVENT",
         "Bool.b: expected true or false, found the number 1"},
        {"[" RETURN("{\"kind\":\"Bool\",\"b\":`null,\"type_id\":1}") "]", "CTRACE_EVENT", "found null"},
        {"[" RETURN("{\"kind\":\"Float\",\"f\":`\"x\",\"type_id\":1}") "]", "CTRACE_EVENT",
         "Float.f: expected a float, found the text \"x\""},
        {"[" RETURN("{\"kind\":\"Float\",\"f\":`true,\"type_id\":1}") "]", "CTRACE_EVENT",
         "Float.f: expected a float as text, found true"},
        {"[" RETURN("{\"kind\":\"BigInt\",\"b\":`\"?\",\"negative\":true,\"type_id\":1}") "]", "CTRACE_EVENT",
         "bytes in base64"},
        {"[" RETURN("{\"kind\":\"Tuple\",\"elements\":`{},\"type_id\":1}") "]", "CTRACE_EVENT",
         "Tuple.elements: expected a list of values, found an object"},
        {"[{\"Path\":`5}]", "CTRACE_EVENT", "Path: expected a text, found the number 5"},
        {"[{\"Asm\":`5}]", "CTRACE_EVENT", "Asm: expected a list of texts"},
        {"[{\"Type\":{\"kind\":`\"Nope\",\"lang_type\":\"\",\"specific_info\":null}}]", "CTRACE_EVENT",
         "Type.kind: expected the number of a kind"},
        {"[{\"Type\":{\"kind\":`4294967296,\"lang_type\":\"\",\"specific_info\":null}}]", "CTRACE_EVENT",
         "Type.kind: expected the number of a kind"},
        {"[{\"Type\":{\"kind\":0,\"lang_type\":\"\",\"specific_info\":{\"kind\":`\"Odd\"}}}]", "CTRACE_EVENT",
         "specific_info.kind: expected the name of a kind"},
        {"[{\"Assignment\":{\"to\":0,\"pass_by\":`\"Odd\",\"from\":{}}}]", "CTRACE_EVENT",
         "Assignment.pass_by: expected \"Value\" or \"Reference\""},
        {"[{\"Assignment\":{\"to\":0,\"pass_by\":\"Value\",\"from\":{\"kind\":\"Simple\"`}}}]", "CTRACE_EVENT",
         "from: expected the field \"data\""},
        {"[{\"Assignment\":{\"to\":0,\"pass_by\":\"Value\",\"from\":`3}}]", "CTRACE_EVENT",
         "Assignment.from: expected an object"},
    };
    CHECK_ALL(cases);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        /* Reading goes on behind it, and the index counts it. */
        story longer = {0};
        story_add(&longer, cases[i].input, strlen(cases[i].input) - 1);
        story_say(&longer, ",{\"Path\":\"next\"}]");
        check(&(test_case){longer.text, cases[i].reports, " #1\n{\"Path\":\"next\"}\nCTRACE_END"});
        free(longer.text);
    }
    /* Marks at one place for two reports. */
    check(&(test_case){"[{\"Step\":{\"path_id\":0,\"line\":``\"x\"}}]", "int-text CTRACE_EVENT",
                       "Step.line: expected an integer of 64 bits, found the text \"x\""});
    check(&(test_case){"[{\"DropVariables\":[1,``\"a\"]}]", "int-text CTRACE_EVENT", "found the text \"a\""});
    check(&(test_case){"[`{\"DropLastStep\":`{ }}]", "unit-as-object CTRACE_EVENT", "expected null, found an object"});
    check(&(test_case){"[{\"Step\":`[0,3,`4]}]", "record-as-list CTRACE_EVENT",
                       "Step: expected the end of the list, found the number 4"});
    check(&(test_case){"[`{\"DropLastStep\":`5}]", "unit-as-object CTRACE_EVENT", "expected null, found the number 5"});
    check(&(test_case){"[" RETURN("{\"kind\":\"Int\",\"i\":``\"1x\",\"type_id\":1}") "]", "int-text CTRACE_EVENT",
                       "Int.i: expected an integer, found the text \"1x\""});
}

static void test_bad_syntax(void **state)
{
    (void)state;
    static const test_case cases[] = {
        {"[`x]", "CTRACE_SYNTAX", "expected a value, found 'x'"},
        {"[`,]", "CTRACE_SYNTAX", "found ','"},
        {"[{\"Path\":\"a\"},`,]", "CTRACE_SYNTAX", "found ','"},
        {"[{\"Path\":\"a\"}`{\"Path\":\"a\"}]", "CTRACE_SYNTAX", "expected ',' or ']' behind an event, found '{'"},
        {"[{\"Path\":\"a\"}] `x", "CTRACE_SYNTAX", "expected nothing more behind the list of events"},
        {"[]`,", "CTRACE_SYNTAX", "expected nothing more"},
        {"[{\"Path\" `\"a\"}]", "CTRACE_SYNTAX", "expected ':', found '\"'"},
        {"[{\"Path\":`}]", "CTRACE_SYNTAX", "expected a value, found '}'"},
        {"[{`Path:1}]", "CTRACE_SYNTAX", "expected a name in quotes, found 'P'"},
        {"[{\"Path\":\"a\"`]", "CTRACE_SYNTAX", "expected '}', found ']'"},
        {"[{\"Path\":\"a`\nb\"}]", "CTRACE_SYNTAX", "a text without raw control characters, found the byte 0x0A"},
        {"[{\"Path\":\"a\\`x\"}]", "CTRACE_SYNTAX", "behind a backslash, found 'x'"},
        {"[{\"Path\":\"a\\u12`g4\"}]", "CTRACE_SYNTAX", "expected a hexadecimal digit, found 'g'"},
        {"[{\"Step\":{\"path_id\":0`1,\"line\":1}}]", "CTRACE_SYNTAX", "a number as JSON has them"},
        {"[{\"Step\":{\"path_id\":-`,\"line\":1}}]", "CTRACE_SYNTAX", "a number as JSON has them"},
        {"[{\"Step\":{\"path_id\":1.`,\"line\":1}}]", "CTRACE_SYNTAX", "a number as JSON has them"},
        {"[{\"Step\":{\"path_id\":1e`,\"line\":1}}]", "CTRACE_SYNTAX", "a number as JSON has them"},
        {"[{\"Step\":{\"path_id\":`+1,\"line\":1}}]", "CTRACE_SYNTAX", "expected a value, found '+'"},
        {"[{\"Step\":{\"path_id\":1,\"line\":1,`}}]", "CTRACE_SYNTAX", "a name in quotes, found '}'"},
        {"[{\"Step\":{\"path_id\":1`;\"line\":1}}]", "CTRACE_SYNTAX", "expected ',' or '}', found ';'"},
        {"[{\"DropVariables\":[1,`]}]", "CTRACE_SYNTAX", "expected a value, found ']'"},
        {"[{\"DropVariables\":[1`}]", "CTRACE_SYNTAX", "expected ',' or ']', found '}'"},
        {"[" RETURN("{\"kind\":\"None\",`}") "]", "CTRACE_SYNTAX", "a name in quotes"},
        {"[" RETURN("{\"kind\":\"None\" , `}") "]", "CTRACE_SYNTAX", "a name in quotes"},
        {"[" RETURN("{\"kind\":\"None\"`]") "]", "CTRACE_SYNTAX", "expected ',' or '}', found ']'"},
        {"[" RETURN("{\"kind\":\"Bool\",\"b\":`truth,\"type_id\":1}") "]", "CTRACE_SYNTAX", "a value"},
        {"[" RETURN("`nul") "]", "CTRACE_SYNTAX", "a value, found 'n'"},
        {"[{\"Assignment\":{\"to\":0,\"pass_by\":\"Value\",\"from\":{\"kind\":\"Literal\",`}}}]", "CTRACE_SYNTAX",
         "a name in quotes"},
    };
    CHECK_ALL(cases);
    check(&(test_case){"[{\"Step\":{`\"x\":[1,`],\"path_id\":1,\"line\":1}}]", "field-unknown CTRACE_SYNTAX",
                       "a value, found ']'"});
    check(&(test_case){"[{\"Step\":{`\"x\":`tru,\"path_id\":1,\"line\":1}}]", "field-unknown CTRACE_SYNTAX",
                       "a value, found 't'"});
    /* Bad syntax in an event that is bad anyway shows when it is skipped. */
    check(&(test_case){"[{`\"Foo\":[1,2`}},{\"Path\":\"a\"}]", "CTRACE_EVENT CTRACE_SYNTAX",
                       "',' or the end of the list or object, found '}'"});
    check(&(test_case){"[{`\"Foo\":{\"a\" `1}}]", "CTRACE_EVENT CTRACE_SYNTAX", "expected ':', found '1'"});
    check(&(test_case){"[{`\"Foo\":{\"a\":1,`}}]", "CTRACE_EVENT CTRACE_SYNTAX", "a name in quotes, found '}'"});
    check(&(test_case){"[{`\"Foo\":\"\\`x\"}]", "CTRACE_EVENT CTRACE_SYNTAX", "an escape that JSON has, found 'x'"});
}

static void test_cut_off(void **state)
{
    (void)state;
    /* Cut anywhere, whole events come first; the torn one is told with its place. */
    const char *input =
        "[{\"Path\":\"\xC3\xA9\\u00e9\\ud83d\\ude00\"},\n {\"Value\":{\"variable_id\":12,\"value\":{\"kind\":\"Tuple\","
        "\"elements\":[{\"kind\":\"Int\",\"i\":-5,\"type_id\":1},{\"kind\":\"Bool\",\"b\":true,\"type_id\":1},"
        "{\"kind\":\"Float\",\"f\":2.5e1,\"type_id\":2},null],\"x\":[{\"a\":null}],\"type_id\":1}}},"
        "{\"DropLastStep\":null},\"DropLastStep\"]";
    size_t ends[8] = {0}, begins[8] = {0}, count = 0, depth = 0;
    bool in_text = false;
    for (size_t i = 1; input[i]; i++) { /* where events begin and end, found another way */
        if (input[i] == '"' && input[i - 1] != '\\') {
            in_text = !in_text;
            if (in_text && depth == 0)
                begins[count] = i;
            if (!in_text && depth == 0)
                ends[count++] = i + 1;
        }
        if (in_text)
            continue;
        if (input[i] == '{' || input[i] == '[') {
            if (depth++ == 0)
                begins[count] = i;
        } else if ((input[i] == '}' || input[i] == ']') && depth && --depth == 0) {
            ends[count++] = i + 1;
        }
    }
    assert_int_equal(count, 4);
    for (size_t size = 1; size < strlen(input); size++) {
        size_t whole = 0;
        while (whole < count && ends[whole] <= size)
            whole++;
        marked m = {.data = malloc(size), .size = size};
        assert_non_null(m.data);
        memcpy(m.data, input, size);
        char *text = tell_all_ways(&m, NULL);
        char expected[128];
        if (whole < count && begins[whole] < size)
            sprintf(expected, "CTRACE_TRUNCATED @%zu #%zu: the input ends inside the event that begins here\n",
                    begins[whole], whole);
        else
            sprintf(expected, "unterminated @%zu #-1\nCTRACE_END @%zu #-1\n", size, size);
        size_t tail = strlen(expected);
        if (strlen(text) < tail || strcmp(text + strlen(text) - tail, expected) != 0)
            fail_msg("cut at %zu: expected %s, found:\n%s", size, expected, text);
        free(text);
        free(m.data);
    }
    check(&(test_case){"`{\"Path\":\"a\"}\n`{\"Pa", "not-a-list CTRACE_TRUNCATED", "{\"Path\":\"a\"}\n"});
}

static void test_cut_off_in_a_bad_event(void **state)
{
    (void)state;
    const char *input = "[{\"Path\":\"a\"},{\"Foo\":{\"a\":[";
    pieces p = {.data = input, .size = strlen(input)};
    story told = {0};
    assert_int_equal(tell(&told, &p, NULL), CTRACE_TRUNCATED);
    assert_non_null(strstr(told.text, "CTRACE_EVENT @15 #1: event: expected the name of an event"));
    assert_non_null(strstr(told.text, "CTRACE_TRUNCATED @14 #1"));
    free(told.text);
}

static void test_not_a_trace(void **state)
{
    (void)state;
    static const test_case cases[] = {
        {"`", "CTRACE_NOT_A_TRACE", "the input is empty"},
        {" \n`", "CTRACE_NOT_A_TRACE", "the input is empty"},
        {"`hello", "CTRACE_NOT_A_TRACE", "the input is no JSON list of events"},
        {"`12", "CTRACE_NOT_A_TRACE", "the input is no JSON list of events"},
        {"`{`\"workdir\":\"/w\"}", "not-a-list CTRACE_NOT_A_TRACE",
         "neither a list of events nor an event: event: expected the name"},
        {"`\xC0\xDE\x72\xAC\xE2\x09\x02", "CTRACE_UNSUPPORTED", "a binary trace of an unknown version"},
        {"`\xC0\xDE\x72\xAC\xE2", "CTRACE_NOT_A_TRACE", "no JSON"},
    };
    CHECK_ALL(cases);
    marked m = {.data = malloc(8), .size = 8};
    assert_non_null(m.data);
    /* A zero byte is no end. */
    memcpy(m.data, "[]\0     ", 8);
    char *text = tell_all_ways(&m, NULL);
    assert_non_null(strstr(text, "CTRACE_SYNTAX @2"));
    free(text);
    memcpy(m.data, "[\"a\0b\"] ", 8);
    text = tell_all_ways(&m, NULL);
    assert_non_null(strstr(text, "CTRACE_SYNTAX @3 #0"));
    free(text);
    free(m.data);
}

/* ---- Limits ---- */

static void add_nested(story *s, size_t depth)
{
    story_say(s, "{\"Return\":{\"return_value\":");
    for (size_t i = 1; i < depth; i++)
        story_say(s, "{\"kind\":\"Tuple\",\"elements\":[");
    story_say(s, "{\"kind\":\"None\",\"type_id\":0}");
    for (size_t i = 1; i < depth; i++)
        story_say(s, "],\"type_id\":0}");
    story_say(s, "}}");
}

static ctrace_status read_nested(size_t depth, uint32_t max_depth, story *told)
{
    story s = {0};
    story_say(&s, "[");
    add_nested(&s, depth);
    story_say(&s, ",{\"Path\":\"next\"}]");
    pieces p = {.data = s.text, .size = s.size};
    ctrace_reader_options options = {CTRACE_READER_OPTIONS_INIT, .max_depth = max_depth};
    ctrace_status status = tell(told, &p, &options);
    assert_non_null(strstr(told->text, "#1\n{\"Path\":\"next\"}\n"));
    free(s.text);
    return status;
}

static void test_depth(void **state)
{
    (void)state;
    static const struct {
        size_t depth;
        uint32_t max_depth;
        bool good;
    } cases[] = {{500, 0, true}, {501, 0, false}, {3, 3, true}, {4, 3, false}, {1, 1, true}, {200000, 0, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        story told = {0};
        assert_int_equal(read_nested(cases[i].depth, cases[i].max_depth, &told), CTRACE_END);
        assert_int_equal(strstr(told.text, "CTRACE_TOO_DEEP") == NULL, cases[i].good);
        free(told.text);
    }
}

static void test_depth_of_what_is_skipped(void **state)
{
    (void)state;
    /* In an unknown field there is no limit that a trace could come near. */
    story s = {0}, told = {0};
    story_say(&s, "[{\"Step\":{\"path_id\":1,\"line\":2,\"x\":");
    for (int i = 0; i < 100000; i++)
        story_say(&s, i % 2 ? "[" : "{\"a\":");
    story_say(&s, "1");
    for (int i = 100000; i-- > 0;)
        story_say(&s, i % 2 ? "]" : "}");
    story_say(&s, "}}]");
    pieces p = {.data = s.text, .size = s.size};
    assert_int_equal(tell(&told, &p, NULL), CTRACE_END);
    assert_non_null(strstr(told.text, "field-unknown @31 #0\nStep @1 #0\n{\"Step\":{\"path_id\":1,\"line\":2}}"));
    free(told.text);
    free(s.text);
}

static void test_late_kinds(void **state)
{
    (void)state;
    for (int depth = 64; depth <= 65; depth++) {
        story s = {0}, told = {0};
        story_say(&s, "[{\"Return\":{\"return_value\":");
        for (int i = 0; i < depth; i++)
            story_say(&s, "{\"elements\":[");
        for (int i = 0; i < depth; i++)
            story_say(&s, "],\"kind\":\"Tuple\",\"type_id\":1}");
        story_say(&s, "}},{\"Path\":\"next\"}]");
        pieces p = {.data = s.text, .size = s.size};
        assert_int_equal(tell(&told, &p, NULL), CTRACE_END);
        assert_int_equal(strstr(told.text, "CTRACE_TOO_DEEP") != NULL, depth == 65);
        assert_non_null(strstr(told.text, "{\"Path\":\"next\"}\n"));
        free(told.text);
        free(s.text);
    }
}

static void test_event_size(void **state)
{
    (void)state;
    const char *input = "[{\"Path\":\"123456\"},{\"Path\":\"1234567\"},{\"Path\":\"12\"}]";
    marked m = {.data = (char *)(uintptr_t)input, .size = strlen(input)};
    ctrace_reader_options options = {CTRACE_READER_OPTIONS_INIT, .max_event_bytes = 17};
    char *text = tell_all_ways(&m, &options);
    assert_string_equal(text, "Path @1 #0\n{\"Path\":\"123456\"}\n"
                              "CTRACE_TOO_LARGE @19 #1: the event is larger than 17 bytes\n"
                              "Path @38 #2\n{\"Path\":\"12\"}\nCTRACE_END @52 #-1\n");
    free(text);
}

/* An event of more than a window, and one that is too large for its limit and is skipped through many windows. */
static void test_large_events(void **state)
{
    (void)state;
    enum { SIZE = 3000000 };
    char *input = malloc(SIZE + 64);
    assert_non_null(input);
    size_t size = (size_t)sprintf(input, "[{\"Path\":\"a\"},\n{\"Path\":\"");
    memset(input + size, 'x', SIZE);
    size += SIZE;
    size += (size_t)sprintf(input + size, "\"},{\"Path\":\"b\"}]");
    static const size_t limits[] = {0, 1000000}, sizes[] = {0, 4096, 100003};
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < 3; j++) {
            pieces p = {.data = input, .size = size, .piece = sizes[j]};
            ctrace_reader_options options = {CTRACE_READER_OPTIONS_INIT, .max_event_bytes = limits[i]};
            story told = {0};
            assert_int_equal(tell(&told, &p, &options), CTRACE_END);
            assert_int_equal(strstr(told.text, "CTRACE_TOO_LARGE @15 #1") != NULL, limits[i] != 0);
            assert_int_equal(told.size > SIZE, limits[i] == 0);
            assert_non_null(strstr(told.text, "#2\n{\"Path\":\"b\"}\nCTRACE_END"));
            free(told.text);
        }
    free(input);
}

static void test_many_digits(void **state)
{
    (void)state;
    for (int digits = 10000; digits <= 10001; digits++) {
        story s = {0}, told = {0};
        story_say(&s, "[{\"Return\":{\"return_value\":{\"kind\":\"Int\",\"i\":");
        for (int i = 0; i < digits; i++)
            story_say(&s, "9");
        story_say(&s, ",\"type_id\":1}}},{\"Path\":\"next\"}]");
        pieces p = {.data = s.text, .size = s.size};
        assert_int_equal(tell(&told, &p, NULL), CTRACE_END);
        assert_int_equal(strstr(told.text, "CTRACE_TOO_LARGE @45 #0: an integer has 10001 digits") != NULL,
                         digits > 10000);
        assert_int_equal(strstr(told.text, "int-big @45 #0") != NULL, digits == 10000);
        assert_non_null(strstr(told.text, "{\"Path\":\"next\"}\n"));
        free(told.text);
        free(s.text);
    }
}

static void test_arguments(void **state)
{
    (void)state;
    pieces p = {.data = "[]", .size = 2};
    ctrace_source source = {.cookie = &p, .read = pieces_read}, none = {0};
    ctrace_reader *reader = (ctrace_reader *)(uintptr_t)8;
    ctrace_reader_options options = {.size = 0};
    assert_int_equal(ctrace_reader_open_source(&reader, &source, CTRACE_STR("x"), &options, NULL), CTRACE_ARGUMENT);
    assert_null(reader);
    options = (ctrace_reader_options){CTRACE_READER_OPTIONS_INIT, .max_depth = 501};
    assert_int_equal(ctrace_reader_open_source(&reader, &source, CTRACE_STR("x"), &options, NULL), CTRACE_ARGUMENT);
    assert_int_equal(ctrace_reader_open_source(&reader, &none, CTRACE_STR("x"), NULL, NULL), CTRACE_ARGUMENT);
    ctrace_reader_close(&reader);
    /* The options of an older header end earlier. */
    options = (ctrace_reader_options){.size = offsetof(ctrace_reader_options, allocator), .max_depth = 3};
    assert_int_equal(ctrace_reader_open_source(&reader, &source, CTRACE_STR("x"), &options, NULL), CTRACE_OK);
    ctrace_reader_close(&reader);
    /* Those of a newer one go on. */
    struct {
        ctrace_reader_options known;
        uint64_t more;
    } newer = {.known = {.size = sizeof newer}, .more = 1};
    assert_int_equal(ctrace_reader_open_source(&reader, &source, CTRACE_STR("x"), &newer.known, NULL), CTRACE_ARGUMENT);
    assert_null(reader);
}

static ptrdiff_t broken_read(void *cookie, char *buffer, size_t size, int *system_error)
{
    int *left = cookie;
    const char *event = "[{\"Path\":\"a\"},";
    if ((*left)-- > 0 && size >= strlen(event)) {
        memcpy(buffer, event, strlen(event));
        return (ptrdiff_t)strlen(event);
    }
    *system_error = EIO;
    return -1;
}

static ptrdiff_t lying_read(void *cookie, char *buffer, size_t size, int *system_error)
{
    (void)cookie;
    (void)buffer;
    (void)system_error;
    return (ptrdiff_t)size + 1;
}

static void test_broken_source(void **state)
{
    (void)state;
    int left = 0;
    ctrace_source source = {.cookie = &left, .read = broken_read};
    ctrace_reader *reader;
    ctrace_error error;
    assert_int_equal(ctrace_reader_open_source(&reader, &source, CTRACE_STR("wire"), NULL, &error), CTRACE_IO);
    assert_int_equal(error.system, EIO);
    assert_string_equal(error.file, "wire");
    left = 1;
    assert_int_equal(ctrace_reader_open_source(&reader, &source, CTRACE_STR("wire"), NULL, &error), CTRACE_OK);
    const ctrace_event *event;
    assert_int_equal(ctrace_reader_next(reader, &event, &error), CTRACE_OK);
    assert_int_equal(ctrace_reader_next(reader, &event, &error), CTRACE_IO);
    assert_int_equal(error.position.offset, 14);
    assert_int_equal(ctrace_reader_next(reader, &event, &error), CTRACE_IO);
    assert_int_equal(error.system, EIO);
    ctrace_reader_close(&reader);
    source.read = lying_read;
    assert_int_equal(ctrace_reader_open_source(&reader, &source, CTRACE_STR("wire"), NULL, &error), CTRACE_IO);
}

static void test_leniency_names(void **state)
{
    (void)state;
    assert_string_equal(ctrace_leniency_name(CTRACE_LENIENCY_FLOAT_NUMBER), "float-number");
    assert_string_equal(ctrace_leniency_name(CTRACE_LENIENCY_METADATA), "metadata");
    for (int i = 0; i < CTRACE_LENIENCY_COUNT; i++) {
        assert_string_not_equal(ctrace_leniency_name((ctrace_leniency)i), "?");
        assert_true(strlen(ctrace_leniency_text((ctrace_leniency)i)) > 10);
    }
    assert_string_equal(ctrace_leniency_name(CTRACE_LENIENCY_COUNT), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_everything_there_and_back),
        cmocka_unit_test(test_values_as_data),
        cmocka_unit_test(test_leniencies),
        cmocka_unit_test(test_most_warnings),
        cmocka_unit_test(test_bad_events),
        cmocka_unit_test(test_bad_syntax),
        cmocka_unit_test(test_cut_off),
        cmocka_unit_test(test_cut_off_in_a_bad_event),
        cmocka_unit_test(test_not_a_trace),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_depth_of_what_is_skipped),
        cmocka_unit_test(test_late_kinds),
        cmocka_unit_test(test_event_size),
        cmocka_unit_test(test_large_events),
        cmocka_unit_test(test_many_digits),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_broken_source),
        cmocka_unit_test(test_leniency_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
