/* The writer through the public header, into memory and into folders. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmocka_all.h"
#include "ctrace/writer.h"
#include "limited_memory.h"

#define S(literal) CTRACE_STR(literal)

/* ---- A sink in memory, which can fail ---- */

typedef struct memory {
    char data[1 << 18];
    size_t size;
    size_t writes;
    int fail_with;
} memory;

static int memory_write(void *cookie, uint64_t offset, const char *data, size_t size)
{
    memory *m = cookie;
    m->writes++;
    if (m->fail_with)
        return m->fail_with;
    if (offset > m->size || offset + size >= sizeof m->data)
        return EFBIG;
    memcpy(m->data + offset, data, size);
    m->size = (size_t)offset + size;
    m->data[m->size] = 0;
    return 0;
}

static ctrace_writer *open_memory(memory *m, ctrace_writer_options *options)
{
    ctrace_writer *w;
    ctrace_sink sink = {.cookie = m, .write = memory_write};
    memset(m, 0, sizeof *m);
    assert_int_equal(ctrace_writer_open_sink(&w, &sink, options, NULL), CTRACE_OK);
    return w;
}

#define BARE \
    &(ctrace_writer_options){CTRACE_WRITER_OPTIONS_INIT, .without = CTRACE_CONVENIENCE_ALL, .workdir = S("/w")}
#define OPTIONS(...) &(ctrace_writer_options){CTRACE_WRITER_OPTIONS_INIT, .workdir = S("/w"), __VA_ARGS__}

static void assert_closes(ctrace_writer *w)
{
    ctrace_error error = {0};
    if (ctrace_writer_close(&w, &error) != CTRACE_OK)
        fail_msg("close: %s", error.message);
    assert_null(w);
}

static void test_empty(void **state)
{
    (void)state;
    static memory m;
    assert_closes(open_memory(&m, NULL));
    assert_string_equal(m.data, "[\n]\n");
}

static void test_the_usual_order(void **state)
{
    (void)state;
    static memory m;
    ctrace_writer *w = open_memory(&m, NULL);
    ctrace_writer_start(w, S("/a.py"), 1);
    ctrace_step(w, 0, 1);
    ctrace_id x = ctrace_variable(w, S("x"));
    ctrace_id f = ctrace_function(w, 0, 3, S("f"));
    ctrace_begin_arg(w, x);
    ctrace_put_int(w, CTRACE_ID_NONE, 5);
    ctrace_call(w, f);
    ctrace_step(w, 0, 4);
    ctrace_begin_local(w, x);
    ctrace_put_int(w, CTRACE_ID_NONE, 5);
    ctrace_begin_return(w);
    ctrace_put_string(w, CTRACE_ID_NONE, S("r"));
    ctrace_writer_counts counts;
    assert_closes((ctrace_writer_get_counts(w, &counts), w));
    assert_string_equal(m.data, "[\n"
                                "{\"Path\":\"/a.py\"},\n"
                                "{\"Function\":{\"path_id\":0,\"line\":1,\"name\":\"<top-level>\"}},\n"
                                "{\"Call\":{\"function_id\":0,\"args\":[]}},\n"
                                "{\"Type\":{\"kind\":30,\"lang_type\":\"None\",\"specific_info\":{\"kind\":\"None\"}}},\n"
                                "{\"Step\":{\"path_id\":0,\"line\":1}},\n"
                                "{\"Step\":{\"path_id\":0,\"line\":1}},\n"
                                "{\"VariableName\":\"x\"},\n"
                                "{\"Function\":{\"path_id\":0,\"line\":3,\"name\":\"f\"}},\n"
                                "{\"Type\":{\"kind\":7,\"lang_type\":\"int\",\"specific_info\":{\"kind\":\"None\"}}},\n"
                                "{\"Step\":{\"path_id\":0,\"line\":3}},\n"
                                "{\"Call\":{\"function_id\":1,\"args\":[{\"variable_id\":0,\"value\":"
                                "{\"kind\":\"Int\",\"i\":5,\"type_id\":1}}]}},\n"
                                "{\"Step\":{\"path_id\":0,\"line\":4}},\n"
                                "{\"Value\":{\"variable_id\":0,\"value\":{\"kind\":\"Int\",\"i\":5,\"type_id\":1}}},\n"
                                "{\"Type\":{\"kind\":9,\"lang_type\":\"string\",\"specific_info\":{\"kind\":\"None\"}}},\n"
                                "{\"Return\":{\"return_value\":{\"kind\":\"String\",\"text\":\"r\",\"type_id\":2}}},\n"
                                "{\"Return\":{\"return_value\":{\"kind\":\"None\",\"type_id\":0}}}\n"
                                "]\n");
    assert_int_equal(counts.steps, 4);
    assert_int_equal(counts.calls, 2);
}

/* What a value looks like in the trace, with type 7 (declared by nobody: a raw return into a bare writer). */
static void assert_value(const char *expected, void (*put)(ctrace_writer *w), ctrace_writer_options *options)
{
    static memory m;
    ctrace_writer *w = open_memory(&m, options);
    ctrace_kept *kept = ctrace_kept_new(w);
    char with_frame[4096];
    ctrace_writer_event(w, &(ctrace_event){.kind = CTRACE_EVENT_CALL});
    assert_int_equal(ctrace_begin_kept(w, kept), CTRACE_OK);
    put(w);
    assert_int_equal(ctrace_begin_return(w), CTRACE_OK);
    assert_int_equal(ctrace_put_kept(w, kept), CTRACE_OK);
    ctrace_kept_free(kept);
    assert_closes(w);
    snprintf(with_frame, sizeof with_frame,
             "[\n{\"Call\":{\"function_id\":0,\"args\":[]}},\n{\"Return\":{\"return_value\":%s}}\n]\n", expected);
    assert_string_equal(m.data, with_frame);
}

static void put_min(ctrace_writer *w) { ctrace_put_int(w, 7, INT64_MIN); }
static void put_uint(ctrace_writer *w) { ctrace_put_uint(w, 7, UINT64_MAX); }
static void put_small_big(ctrace_writer *w) { ctrace_put_big_int(w, 7, (const uint8_t *)"\0\x80\0\0\0\0\0\0\0", 9, true); }
static void put_big(ctrace_writer *w) { ctrace_put_big_int(w, 7, (const uint8_t *)"\1\0\xff\0\0\0\0\0\0", 9, true); }
static void put_zero_big(ctrace_writer *w) { ctrace_put_big_int(w, 7, NULL, 0, false); }
static void put_float(ctrace_writer *w) { ctrace_put_float(w, 7, 2.5); }
static void put_huge(ctrace_writer *w) { ctrace_put_float(w, 7, 1e300); }
static void put_nan(ctrace_writer *w) { ctrace_put_float(w, 7, __builtin_nan("")); }
static void put_bool(ctrace_writer *w) { ctrace_put_bool(w, 7, true); }
static void put_raw(ctrace_writer *w) { ctrace_put_raw(w, 7, S("<f>")); }
static void put_error(ctrace_writer *w) { ctrace_put_error(w, 7, S("no")); }
static void put_none(ctrace_writer *w) { ctrace_put_none(w, 7); }
static void put_cell(ctrace_writer *w) { ctrace_put_cell(w, -3); }
static void put_char(ctrace_writer *w) { ctrace_put_char(w, 7, 0xe9); }
static void put_bad_char(ctrace_writer *w) { ctrace_put_char(w, 7, 0xd800); }
static void put_escapes(ctrace_writer *w) { ctrace_put_string(w, 7, S("\"\\\b\f\n\r\t\0\x1f\x7f/\xe2\x80\xa8")); }
static void put_surrogate(ctrace_writer *w) { ctrace_put_string(w, 7, S("a\xed\xa0\x80z\xff\xf0\x9f\x99\x82")); }

static void put_sequence(ctrace_writer *w)
{
    ctrace_put_sequence(w, 7, 2, true);
    ctrace_put_int(w, 8, 1);
    ctrace_put_sequence(w, 7, 0, false);
    ctrace_put_end(w);
    ctrace_put_end(w);
}

static void put_others(ctrace_writer *w)
{
    ctrace_put_struct(w, 7, 2);
    ctrace_put_tuple(w, 8, 1);
    ctrace_put_none(w, 0);
    ctrace_put_end(w);
    ctrace_put_variant(w, 9, S("Some"));
    ctrace_put_reference(w, 10, UINT64_MAX, true);
    ctrace_put_bool(w, 1, false);
    ctrace_put_end(w);
    ctrace_put_end(w);
    ctrace_put_end(w);
}

static void put_too_deep(ctrace_writer *w)
{
    ctrace_put_sequence(w, 7, 1, false);
    ctrace_put_sequence(w, 7, 2, false);
    ctrace_put_sequence(w, 7, 1, false); /* cut */
    ctrace_put_sequence(w, 7, 1, false);
    ctrace_put_int(w, 7, 1);
    ctrace_put_end(w);
    ctrace_put_end(w);
    ctrace_put_int(w, 7, 2);
    ctrace_put_end(w);
    ctrace_put_end(w);
}

static void test_values(void **state)
{
    (void)state;
    ctrace_writer_options *numbers = OPTIONS(.without = CTRACE_CONVENIENCE_ALL, .floats = CTRACE_FLOAT_NUMBER);
    assert_value("{\"kind\":\"Int\",\"i\":-9223372036854775808,\"type_id\":7}", put_min, BARE);
    assert_value("{\"kind\":\"BigInt\",\"b\":\"//////////8=\",\"negative\":false,\"type_id\":7}", put_uint, BARE);
    assert_value("{\"kind\":\"Int\",\"i\":-9223372036854775808,\"type_id\":7}", put_small_big, BARE);
    assert_value("{\"kind\":\"BigInt\",\"b\":\"AQD/AAAAAAAA\",\"negative\":true,\"type_id\":7}", put_big, BARE);
    assert_value("{\"kind\":\"Int\",\"i\":0,\"type_id\":7}", put_zero_big, BARE);
    assert_value("{\"kind\":\"Float\",\"f\":\"2.5\",\"type_id\":7}", put_float, BARE);
    assert_value("{\"kind\":\"Float\",\"f\":2.5,\"type_id\":7}", put_float, numbers);
    assert_value("{\"kind\":\"Float\",\"f\":\"1e300\",\"type_id\":7}", put_huge, BARE);
    assert_value("{\"kind\":\"Float\",\"f\":\"NaN\",\"type_id\":7}", put_nan, BARE);
    assert_value("{\"kind\":\"Raw\",\"r\":\"NaN\",\"type_id\":7}", put_nan, numbers);
    assert_value("{\"kind\":\"Bool\",\"b\":true,\"type_id\":7}", put_bool, BARE);
    assert_value("{\"kind\":\"Raw\",\"r\":\"<f>\",\"type_id\":7}", put_raw, BARE);
    assert_value("{\"kind\":\"Error\",\"msg\":\"no\",\"type_id\":7}", put_error, BARE);
    assert_value("{\"kind\":\"None\",\"type_id\":7}", put_none, BARE);
    assert_value("{\"kind\":\"Cell\",\"place\":-3}", put_cell, BARE);
    assert_value("{\"kind\":\"Char\",\"c\":\"é\",\"type_id\":7}", put_char, BARE);
    assert_value("{\"kind\":\"Char\",\"c\":\"\xef\xbf\xbd\",\"type_id\":7}", put_bad_char, BARE);
    assert_value("{\"kind\":\"String\",\"text\":\"\\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u001f\x7f/\xe2\x80\xa8\",\"type_id\":7}",
                 put_escapes, BARE);
    assert_value("{\"kind\":\"String\",\"text\":\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\xef\xbf\xbd\xf0\x9f\x99\x82\",\"type_id\":7}",
                 put_surrogate, BARE);
    assert_value("{\"kind\":\"Sequence\",\"elements\":[{\"kind\":\"Int\",\"i\":1,\"type_id\":8},"
                 "{\"kind\":\"Sequence\",\"elements\":[],\"is_slice\":false,\"type_id\":7}],\"is_slice\":true,\"type_id\":7}",
                 put_sequence, BARE);
    assert_value("{\"kind\":\"Struct\",\"field_values\":[{\"kind\":\"Tuple\",\"elements\":[{\"kind\":\"None\",\"type_id\":0}],"
                 "\"type_id\":8},{\"kind\":\"Variant\",\"discriminator\":\"Some\",\"contents\":{\"kind\":\"Reference\","
                 "\"dereferenced\":{\"kind\":\"Bool\",\"b\":false,\"type_id\":1},\"address\":18446744073709551615,"
                 "\"mutable\":true,\"type_id\":10},\"type_id\":9}],\"type_id\":7}",
                 put_others, BARE);
}

static void test_a_value_too_deep_is_cut_and_counted(void **state)
{
    (void)state;
    static memory m;
    ctrace_writer *w = open_memory(&m, OPTIONS(.max_depth = 2));
    ctrace_writer_counts counts;
    ctrace_writer_start(w, S("/a"), 1);
    ctrace_begin_arg(w, ctrace_variable(w, S("x")));
    put_too_deep(w);
    assert_int_equal(ctrace_call(w, 0), CTRACE_OK);
    ctrace_writer_get_counts(w, &counts);
    assert_int_equal(counts.values_cut, 1);
    assert_closes(w);
    assert_non_null(strstr(m.data, "\"elements\":[{\"kind\":\"Sequence\",\"elements\":[{\"kind\":\"Raw\",\"r\":\"…\",\"type_id\":1},"
                                   "{\"kind\":\"Int\",\"i\":2,\"type_id\":7}],"));
}

static void test_every_event(void **state)
{
    (void)state;
    static memory m;
    ctrace_writer *w = open_memory(&m, BARE);
    ctrace_id ids[] = {1, 2};
    ctrace_str lines[] = {S("nop"), S("ret")};
    ctrace_field fields[] = {{S("x"), 1}, {S("y"), 2}};
    assert_int_equal(ctrace_struct_type(w, S("P"), fields, 2), 0);
    assert_int_equal(ctrace_pointer_type(w, S("*P"), 0), 1);
    assert_int_equal(ctrace_log(w, CTRACE_LOG_EVM_EVENT, S("m"), S("c")), CTRACE_OK);
    ctrace_asm(w, lines, 2);
    ctrace_asm(w, NULL, 0);
    ctrace_bind_variable(w, 1, -1);
    ctrace_rvalue rvalues[] = {
        {.kind = CTRACE_RVALUE_SIMPLE, .variable_id = 3},
        {.kind = CTRACE_RVALUE_COMPOUND, .variable_ids = ids, .variable_count = 2},
        {.kind = CTRACE_RVALUE_LITERAL},
        {.kind = CTRACE_RVALUE_FIELD_ACCESS, .variable_id = 1, .field = S("f")},
        {.kind = CTRACE_RVALUE_INDEX_ACCESS, .variable_id = 1, .index = -1},
        {.kind = CTRACE_RVALUE_FUNCTION_RETURN, .call_key = 4},
    };
    for (size_t i = 0; i < sizeof rvalues / sizeof *rvalues; i++)
        ctrace_assign(w, 0, i ? CTRACE_PASS_REFERENCE : CTRACE_PASS_VALUE, &rvalues[i]);
    ctrace_drop_variables(w, ids, 2);
    ctrace_begin_compound(w, 1);
    ctrace_put_none(w, 0);
    ctrace_begin_cell(w, -1);
    ctrace_put_none(w, 0);
    ctrace_assign_compound_item(w, 0, 1, 2);
    ctrace_begin_assign_cell(w, 5);
    ctrace_put_none(w, 0);
    ctrace_variable_cell(w, 1, 1);
    ctrace_drop_variable(w, 1);
    ctrace_thread_start(w, 7);
    ctrace_thread_exit(w, UINT64_MAX);
    ctrace_thread_switch(w, 7);
    ctrace_drop_last_step(w);
    ctrace_writer_event(w, &(ctrace_event){.kind = CTRACE_EVENT_VARIABLE, .variable_name = S("v")});
    assert_int_equal(ctrace_variable(w, S("next")), 1);
    assert_closes(w);
    assert_string_equal(
        m.data,
        "[\n{\"Type\":{\"kind\":6,\"lang_type\":\"P\",\"specific_info\":{\"kind\":\"Struct\",\"fields\":[{\"name\":\"x\",\"type_id\":1},"
        "{\"name\":\"y\",\"type_id\":2}]}}},\n"
        "{\"Type\":{\"kind\":23,\"lang_type\":\"*P\",\"specific_info\":{\"kind\":\"Pointer\",\"dereference_type_id\":0}}},\n"
        "{\"Event\":{\"kind\":13,\"metadata\":\"m\",\"content\":\"c\"}},\n"
        "{\"Asm\":[\"nop\",\"ret\"]},\n{\"Asm\":[]},\n"
        "{\"BindVariable\":{\"variable_id\":1,\"place\":-1}},\n"
        "{\"Assignment\":{\"to\":0,\"pass_by\":\"Value\",\"from\":{\"kind\":\"Simple\",\"data\":3}}},\n"
        "{\"Assignment\":{\"to\":0,\"pass_by\":\"Reference\",\"from\":{\"kind\":\"Compound\",\"data\":[1,2]}}},\n"
        "{\"Assignment\":{\"to\":0,\"pass_by\":\"Reference\",\"from\":{\"kind\":\"Literal\"}}},\n"
        "{\"Assignment\":{\"to\":0,\"pass_by\":\"Reference\",\"from\":{\"kind\":\"FieldAccess\",\"data\":{\"receiver\":1,\"field\":\"f\"}}}},\n"
        "{\"Assignment\":{\"to\":0,\"pass_by\":\"Reference\",\"from\":{\"kind\":\"IndexAccess\",\"data\":{\"receiver\":1,\"index\":-1}}}},\n"
        "{\"Assignment\":{\"to\":0,\"pass_by\":\"Reference\",\"from\":{\"kind\":\"FunctionReturn\",\"data\":{\"call_key\":4}}}},\n"
        "{\"DropVariables\":[1,2]},\n"
        "{\"CompoundValue\":{\"place\":1,\"value\":{\"kind\":\"None\",\"type_id\":0}}},\n"
        "{\"CellValue\":{\"place\":-1,\"value\":{\"kind\":\"None\",\"type_id\":0}}},\n"
        "{\"AssignCompoundItem\":{\"place\":0,\"index\":1,\"item_place\":2}},\n"
        "{\"AssignCell\":{\"place\":5,\"new_value\":{\"kind\":\"None\",\"type_id\":0}}},\n"
        "{\"VariableCell\":{\"variable_id\":1,\"place\":1}},\n"
        "{\"DropVariable\":1},\n{\"ThreadStart\":7},\n{\"ThreadExit\":18446744073709551615},\n{\"ThreadSwitch\":7},\n"
        "\"DropLastStep\",\n{\"Variable\":\"v\"},\n{\"VariableName\":\"next\"}\n]\n");
}

static void test_names_in_the_middle_of_a_value(void **state)
{
    (void)state;
    static memory m;
    ctrace_writer *w = open_memory(&m, OPTIONS(.without = CTRACE_CONVENIENCE_ALL, .flush_bytes = 1));
    ctrace_id x = ctrace_variable(w, S("x"));
    ctrace_begin_local(w, x);
    ctrace_put_sequence(w, ctrace_type(w, CTRACE_TYPE_SEQ, S("list")), 2, false);
    ctrace_put_int(w, CTRACE_ID_NONE, 1);
    assert_int_equal(ctrace_writer_flush(w, NULL), CTRACE_STATE);
    ctrace_put_bool(w, CTRACE_ID_NONE, true);
    ctrace_writer_counts counts;
    ctrace_writer_get_counts(w, &counts);
    assert_int_equal(counts.events, 4);
    ctrace_put_end(w);
    ctrace_begin_local(w, x);
    ctrace_put_sequence(w, 0, 1, false);
    ctrace_cancel_value(w);
    ctrace_error error;
    assert_int_equal(ctrace_writer_close(&w, &error), CTRACE_STATE);
    assert_string_equal(m.data,
                        "[\n{\"VariableName\":\"x\"},\n"
                        "{\"Type\":{\"kind\":0,\"lang_type\":\"list\",\"specific_info\":{\"kind\":\"None\"}}},\n"
                        "{\"Type\":{\"kind\":7,\"lang_type\":\"int\",\"specific_info\":{\"kind\":\"None\"}}},\n"
                        "{\"Type\":{\"kind\":12,\"lang_type\":\"bool\",\"specific_info\":{\"kind\":\"None\"}}},\n"
                        "{\"Value\":{\"variable_id\":0,\"value\":{\"kind\":\"Sequence\",\"elements\":["
                        "{\"kind\":\"Int\",\"i\":1,\"type_id\":1},{\"kind\":\"Bool\",\"b\":true,\"type_id\":2}],"
                        "\"is_slice\":false,\"type_id\":0}}}\n]\n");
}

static void test_names_are_declared_once(void **state)
{
    (void)state;
    static memory m;
    ctrace_writer *w = open_memory(&m, NULL);
    ctrace_writer_start(w, S("/a"), 1);
    assert_int_equal(ctrace_path(w, S("/b")), 1);
    assert_int_equal(ctrace_path(w, S("/a")), 0);
    assert_int_equal(ctrace_function(w, 0, 2, S("f")), 1);
    assert_int_equal(ctrace_function(w, 1, 2, S("f")), 2);
    assert_int_equal(ctrace_function(w, 0, 2, S("f")), 1);
    assert_int_equal(ctrace_type(w, CTRACE_TYPE_INT, S("t")), 1);
    assert_int_equal(ctrace_type(w, CTRACE_TYPE_RAW, S("t")), 2);
    ctrace_field a = {S("a"), 1}, b = {S("b"), 1};
    assert_int_equal(ctrace_struct_type(w, S("P"), &a, 1), 3);
    assert_int_equal(ctrace_struct_type(w, S("P"), &b, 1), 4);
    assert_int_equal(ctrace_struct_type(w, S("P"), &a, 1), 3);
    assert_closes(w);

    w = open_memory(&m, OPTIONS(.interning = CTRACE_INTERN_NAMES));
    ctrace_writer_start(w, S("/a"), 1);
    assert_int_equal(ctrace_function(w, 0, 2, S("f")), 1);
    assert_int_equal(ctrace_function(w, 0, 9, S("f")), 1);
    assert_int_equal(ctrace_type(w, CTRACE_TYPE_INT, S("t")), 1);
    assert_int_equal(ctrace_type(w, CTRACE_TYPE_RAW, S("t")), 1);
    assert_closes(w);
}

static void test_drop_last_step(void **state)
{
    (void)state;
    static memory m;
    ctrace_writer *w = open_memory(&m, OPTIONS(.without = CTRACE_CONVENIENCE_ALL & ~(unsigned)CTRACE_CONVENIENCE_FIRST_STEP_TWICE));
    ctrace_path(w, S("/a"));
    ctrace_id x = ctrace_variable(w, S("x")), t = ctrace_type(w, CTRACE_TYPE_INT, S("int"));
    ctrace_writer_flush(w, NULL);
    size_t before = m.size;
    ctrace_step(w, 0, 1);
    ctrace_begin_local(w, x);
    ctrace_put_int(w, t, 1);
    assert_int_equal(ctrace_drop_last_step(w), CTRACE_OK);
    ctrace_writer_flush(w, NULL);
    assert_int_equal(m.size, before);
    ctrace_step(w, 0, 2); /* the first again: twice */
    ctrace_writer_flush(w, NULL);
    assert_int_equal(ctrace_drop_last_step(w), CTRACE_OK); /* too late to remove it */
    ctrace_writer_counts counts;
    ctrace_writer_get_counts(w, &counts);
    assert_int_equal(counts.steps, 2);
    assert_closes(w);
    assert_non_null(strstr(m.data, "{\"Step\":{\"path_id\":0,\"line\":2}},\n{\"Step\":{\"path_id\":0,\"line\":2}},\n\"DropLastStep\"\n]"));
    assert_null(strstr(m.data, "\"line\":1}"));
}

static void test_whole_after_every_flush(void **state)
{
    (void)state;
    static memory m;
    ctrace_writer *w = open_memory(&m, OPTIONS(.flush_bytes = 1));
    ctrace_writer_start(w, S("/a"), 1);
    for (int i = 0; i < 20; i++) {
        ctrace_step(w, 0, i);
        assert_string_equal(m.data + m.size - 4, "}\n]\n");
        assert_true(m.writes > (size_t)i);
    }
    assert_closes(w);
    assert_string_equal(m.data + m.size - 4, "}\n]\n");
}

static void test_misuse_is_refused_and_the_trace_goes_on(void **state)
{
    (void)state;
    static memory m;
    ctrace_error error;
    ctrace_writer *w = open_memory(&m, NULL);
    assert_int_equal(ctrace_step(w, 0, 1), CTRACE_ARGUMENT);
    ctrace_writer_start(w, S("/a"), 1);
    assert_int_equal(ctrace_writer_start(w, S("/a"), 1), CTRACE_STATE);
    assert_int_equal(ctrace_call(w, 1), CTRACE_ARGUMENT);
    assert_int_equal(ctrace_begin_local(w, 0), CTRACE_ARGUMENT);
    assert_int_equal(ctrace_put_int(w, 0, 1), CTRACE_STATE);
    assert_int_equal(ctrace_put_end(w), CTRACE_ARGUMENT);
    ctrace_id x = ctrace_variable(w, S("x"));
    assert_int_equal(ctrace_begin_local(w, x), CTRACE_OK);
    assert_int_equal(ctrace_step(w, 0, 1), CTRACE_STATE);
    assert_int_equal(ctrace_put_sequence(w, 0, 1, false), CTRACE_OK);
    assert_int_equal(ctrace_put_end(w), CTRACE_ARGUMENT); /* one value is missing: the value is given up */
    assert_int_equal(ctrace_begin_local(w, x), CTRACE_OK);
    ctrace_put_sequence(w, 0, 0, false);
    assert_int_equal(ctrace_put_int(w, 0, 1), CTRACE_ARGUMENT); /* one too many */
    assert_int_equal(ctrace_return(w), CTRACE_OK);
    assert_int_equal(ctrace_return(w), CTRACE_STATE);
    assert_int_equal(ctrace_step(w, 0, 2), CTRACE_OK);
    assert_int_equal(ctrace_writer_close(&w, &error), CTRACE_ARGUMENT);
    assert_string_equal(error.message, "a step's path is not declared");
    assert_non_null(strstr(m.data, "{\"Step\":{\"path_id\":0,\"line\":2}}\n]\n"));
    assert_null(strstr(m.data, "Value"));
}

static void test_a_full_disk_ends_all(void **state)
{
    (void)state;
    static memory m;
    ctrace_error error;
    ctrace_writer *w = open_memory(&m, NULL);
    ctrace_writer_start(w, S("/a"), 1);
    m.fail_with = ENOSPC;
    assert_int_equal(ctrace_writer_flush(w, &error), CTRACE_IO);
    assert_int_equal(error.system, ENOSPC);
    m.fail_with = 0;
    assert_int_equal(ctrace_step(w, 0, 1), CTRACE_IO);
    assert_int_equal(ctrace_path(w, S("/b")), CTRACE_ID_NONE);
    assert_int_equal(ctrace_writer_close(&w, &error), CTRACE_IO);
    assert_null(w);
}

static void test_threads_have_their_own_calls(void **state)
{
    (void)state;
    static memory m;
    ctrace_writer *w = open_memory(&m, NULL);
    ctrace_writer_start(w, S("/a"), 1);
    ctrace_step(w, 0, 1);
    ctrace_thread_start(w, 2);
    ctrace_thread_switch(w, 2);
    assert_int_equal(ctrace_return(w), CTRACE_STATE);
    ctrace_call(w, 0);
    ctrace_thread_switch(w, 1);
    ctrace_call(w, 0);
    ctrace_writer_counts counts;
    ctrace_error error;
    ctrace_writer_get_counts(w, &counts);
    assert_int_equal(ctrace_writer_close(&w, &error), CTRACE_STATE);
    assert_non_null(strstr(m.data, "{\"Return\":{\"return_value\":{\"kind\":\"None\",\"type_id\":0}}},\n"
                                   "{\"Return\":{\"return_value\":{\"kind\":\"None\",\"type_id\":0}}},\n"
                                   "{\"ThreadSwitch\":2},\n"
                                   "{\"Return\":{\"return_value\":{\"kind\":\"None\",\"type_id\":0}}}\n]\n"));
}

static void test_many_threads_take_no_memory(void **state)
{
    (void)state;
    static memory m;
    limited_memory l = {.until_failure = SIZE_MAX};
    ctrace_allocator allocator = LIMITED_ALLOCATOR(&l);
    ctrace_writer *w = open_memory(&m, OPTIONS(.allocator = &allocator, .flush_bytes = 1000));
    ctrace_writer_start(w, S("/a"), 1);
    size_t held = 0;
    for (uint64_t id = 2; id < 500; id++) {
        ctrace_thread_start(w, id);
        ctrace_thread_switch(w, id);
        ctrace_call(w, 0);
        ctrace_return(w);
        ctrace_thread_exit(w, id);
        if (id % 2)
            ctrace_thread_switch(w, 1);
        if (id == 50)
            held = l.held;
    }
    assert_int_equal(l.held, held);
    assert_closes(w);
    assert_int_equal(l.held, 0);
}

/* The mark's type is declared while the event that holds it is being made; an id stays what it was. */
static void test_raw_values_that_are_cut(void **state)
{
    (void)state;
    static memory m;
    ctrace_writer *w = open_memory(&m, OPTIONS(.max_depth = 1, .without = CTRACE_CONVENIENCE_ALL));
    ctrace_value nested[] = {{.kind = CTRACE_VALUE_TUPLE, .span = 3, .count = 1, .type_id = CTRACE_ID_NONE},
                             {.kind = CTRACE_VALUE_TUPLE, .span = 2, .count = 1},
                             {.kind = CTRACE_VALUE_INT, .span = 1, .i = 5}};
    ctrace_event event = {.kind = CTRACE_EVENT_VALUE, .value = {3, nested}};
    assert_int_equal(ctrace_writer_event(w, &event), CTRACE_OK);
    ctrace_writer_counts counts;
    ctrace_writer_get_counts(w, &counts);
    assert_int_equal(counts.values_cut, 1);
    event.value.value = NULL;
    assert_int_equal(ctrace_writer_event(w, &event), CTRACE_ARGUMENT);
    assert_int_equal(ctrace_writer_close(&w, NULL), CTRACE_ARGUMENT);
    assert_string_equal(m.data,
                        "[\n{\"Type\":{\"kind\":16,\"lang_type\":\"raw\",\"specific_info\":{\"kind\":\"None\"}}},\n"
                        "{\"Value\":{\"variable_id\":3,\"value\":{\"kind\":\"Tuple\",\"elements\":["
                        "{\"kind\":\"Raw\",\"r\":\"…\",\"type_id\":0}],\"type_id\":18446744073709551615}}}\n]\n");
}

static void test_options_are_checked(void **state)
{
    (void)state;
    ctrace_sink sink = {.write = memory_write};
    ctrace_writer *w;
    ctrace_error error;
    ctrace_writer_options bad[] = {
        {.size = 0},
        {CTRACE_WRITER_OPTIONS_INIT, .max_depth = 501},
        {CTRACE_WRITER_OPTIONS_INIT, .without = 64},
        {CTRACE_WRITER_OPTIONS_INIT, .floats = (ctrace_float_form)2},
        {CTRACE_WRITER_OPTIONS_INIT, .interning = (ctrace_interning)2},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(ctrace_writer_open_sink(&w, &sink, &bad[i], &error), CTRACE_ARGUMENT);
        assert_null(w);
        assert_true(strlen(error.message) > 10);
    }
}

static void test_options_of_other_versions(void **state)
{
    (void)state;
    static memory m;
    ctrace_writer_options older = {.size = offsetof(ctrace_writer_options, recorder), .max_depth = 9999};
    assert_closes(open_memory(&m, &older));

    struct {
        ctrace_writer_options known;
        uint64_t more;
    } newer = {.known = {.size = sizeof newer}};
    assert_closes(open_memory(&m, &newer.known));
    newer.more = 1;
    ctrace_sink sink = {.cookie = &m, .write = memory_write};
    ctrace_writer *w;
    ctrace_error error;
    assert_int_equal(ctrace_writer_open_sink(&w, &sink, &newer.known, &error), CTRACE_ARGUMENT);
    assert_null(w);
    assert_non_null(strstr(error.message, "a newer one is needed"));
    sink.write = NULL;
    assert_int_equal(ctrace_writer_open_sink(&w, &sink, NULL, NULL), CTRACE_ARGUMENT);
}

/* ---- Folders ---- */

static char root[64];

static char *read_text(const char *name)
{
    static char text[8192];
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", root, name);
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    return text;
}

static void write_text(const char *name, const char *text)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", root, name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static int make_root(void **state)
{
    (void)state;
    strcpy(root, "/tmp/ctrace-test-XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    return system(command);
}

static ctrace_writer *open_folder(const char *name, const ctrace_writer_options *options)
{
    char path[256];
    ctrace_writer *w;
    ctrace_error error;
    int n = snprintf(path, sizeof path, "%s/%s", root, name);
    if (ctrace_writer_open(&w, (ctrace_str){path, (size_t)n}, options, &error) != CTRACE_OK)
        fail_msg("open: %s", error.message);
    return w;
}

static void test_folder(void **state)
{
    (void)state;
    char source[256];
    ctrace_str args[] = {S("a b"), S("\"")};
    write_text("prog.py", "print(1)\n");
    ctrace_writer *w = open_folder("deep/out", &(ctrace_writer_options){CTRACE_WRITER_OPTIONS_INIT, .program = S("prog.py"),
                                                                       .args = args, .arg_count = 2, .workdir = {root, strlen(root)},
                                                                       .recorder = S("test"), .recorder_version = S("9")});
    assert_string_equal(read_text("deep/out/trace.json"), "[\n]\n");
    assert_non_null(strstr(read_text("deep/out/trace_metadata.json"), "\"complete\":false"));
    assert_string_equal(read_text("deep/out/trace_paths.json"), "[\n]\n");
    ctrace_writer_start(w, S("prog.py"), 1);
    int n = snprintf(source, sizeof source, "%s/prog.py", root);
    ctrace_path(w, (ctrace_str){source, (size_t)n});
    ctrace_path(w, S("../escape.py"));
    ctrace_path(w, S("/no/such/file"));
    ctrace_path(w, S("<string>"));
    ctrace_path(w, S(""));
    ctrace_step(w, 0, 1);
    ctrace_writer_counts counts;
    ctrace_writer_flush(w, NULL);
    ctrace_writer_get_counts(w, &counts);
    assert_int_equal(counts.sources_unreadable, 2);
    assert_closes(w);
    assert_string_equal(read_text("deep/out/files/prog.py"), "print(1)\n");
    char copy[512];
    snprintf(copy, sizeof copy, "deep/out/files%s", source);
    assert_string_equal(read_text(copy), "print(1)\n");
    const char *metadata = read_text("deep/out/trace_metadata.json");
    assert_non_null(strstr(metadata, "\"args\":[\"a b\",\"\\\"\"]"));
    assert_non_null(strstr(metadata, "\"recorder\":{\"name\":\"test\",\"version\":\"9\"}"));
    assert_non_null(strstr(metadata, "\"complete\":true"));
    const char *id = strstr(metadata, "\"recording_id\":\"") + 16;
    assert_int_equal(id[14], '7');
    assert_int_equal(id[36], '"');
    assert_non_null(strstr(read_text("deep/out/trace_paths.json"), "[\n\"prog.py\",\n\""));
}

static void test_a_disk_that_fills_leaves_a_whole_trace(void **state)
{
    (void)state;
    ctrace_writer *w = open_folder("full", OPTIONS(.flush_bytes = 700));
    ctrace_error error;
    struct rlimit unlimited, limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &unlimited), 0);
    limit = unlimited;
    limit.rlim_cur = 5000;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ctrace_writer_start(w, S("/a"), 1);
    ctrace_status status = CTRACE_OK;
    for (int i = 0; status == CTRACE_OK && i < 1000; i++)
        status = ctrace_step(w, 0, i);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &unlimited), 0);
    assert_int_equal(status, CTRACE_IO);
    assert_int_equal(ctrace_writer_close(&w, &error), CTRACE_IO);
    assert_string_equal(error.message, "cannot write trace.json: File too large");
    const char *text = read_text("full/trace.json");
    assert_true(strlen(text) > 3000);
    assert_string_equal(text + strlen(text) - 5, "}}\n]\n");
}

static void test_links_in_files_are_not_followed(void **state)
{
    (void)state;
    char path[256], target[256];
    write_text("s.py", "new\n");
    snprintf(path, sizeof path, "%s/linked", root);
    mkdir(path, 0777);
    snprintf(path, sizeof path, "%s/linked/files", root);
    mkdir(path, 0777);
    snprintf(path, sizeof path, "%s/linked/files/sub", root);
    snprintf(target, sizeof target, "%s", root);
    assert_int_equal(symlink(target, path), 0);
    snprintf(path, sizeof path, "%s/sub", root);
    mkdir(path, 0777);
    write_text("sub/s.py", "inside\n");
    ctrace_writer *w = open_folder("linked", &(ctrace_writer_options){CTRACE_WRITER_OPTIONS_INIT, .workdir = {root, strlen(root)}});
    ctrace_path(w, S("sub/s.py"));
    ctrace_writer_flush(w, NULL);
    ctrace_writer_counts counts;
    ctrace_writer_get_counts(w, &counts);
    assert_int_equal(counts.sources_unreadable, 1);
    assert_closes(w);
    assert_string_equal(read_text("s.py"), "new\n");
}

static void test_a_folder_that_cannot_be(void **state)
{
    (void)state;
    ctrace_writer *w;
    ctrace_error error;
    assert_int_equal(ctrace_writer_open(&w, S("/dev/null/x"), NULL, &error), CTRACE_IO);
    assert_null(w);
    assert_string_equal(error.file, "/dev/null/x");
    assert_int_equal(ctrace_writer_open(&w, S(""), NULL, &error), CTRACE_ARGUMENT);
}

/* ---- No memory ---- */

static void test_memory_fails_at_every_point(void **state)
{
    (void)state;
    bool reached_end = false;
    for (size_t n = 0; !reached_end && n < 500; n++) {
        static memory m;
        limited_memory l = {.until_failure = n};
        ctrace_allocator allocator = LIMITED_ALLOCATOR(&l);
        ctrace_writer_options options = {CTRACE_WRITER_OPTIONS_INIT, .allocator = &allocator, .workdir = S("/w")};
        ctrace_sink sink = {.cookie = &m, .write = memory_write};
        memset(&m, 0, sizeof m);
        ctrace_writer *w;
        ctrace_error error;
        if (ctrace_writer_open_sink(&w, &sink, &options, NULL) != CTRACE_OK) {
            assert_null(w);
            assert_int_equal(l.held, 0);
            continue;
        }
        ctrace_kept *kept = ctrace_kept_new(w);
        char text[1000];
        memset(text, 'x', sizeof text);
        ctrace_writer_start(w, S("/a"), 1);
        for (int i = 0; i < 40; i++) {
            char name[16];
            ctrace_id x = ctrace_variable(w, (ctrace_str){name, (size_t)snprintf(name, sizeof name, "v%d", i)});
            if (ctrace_begin_arg(w, x) == CTRACE_OK)
                put_others(w);
            ctrace_call(w, ctrace_function(w, 0, i, S("f")));
            if (kept && ctrace_begin_kept(w, kept) == CTRACE_OK)
                put_sequence(w);
            if (ctrace_begin_local(w, x) == CTRACE_OK)
                ctrace_put_string(w, CTRACE_ID_NONE, (ctrace_str){text, sizeof text});
            if (kept && ctrace_begin_local(w, x) == CTRACE_OK)
                ctrace_put_kept(w, kept);
            ctrace_cancel_value(w);
        }
        ctrace_kept_free(kept);
        ctrace_status status = ctrace_writer_close(&w, &error);
        if (status != CTRACE_OK && status != CTRACE_NO_MEMORY)
            fail_msg("%s", error.message);
        reached_end = status == CTRACE_OK;
        assert_int_equal(l.held, 0);
    }
    assert_true(reached_end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_the_usual_order),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_a_value_too_deep_is_cut_and_counted),
        cmocka_unit_test(test_every_event),
        cmocka_unit_test(test_names_in_the_middle_of_a_value),
        cmocka_unit_test(test_names_are_declared_once),
        cmocka_unit_test(test_drop_last_step),
        cmocka_unit_test(test_whole_after_every_flush),
        cmocka_unit_test(test_misuse_is_refused_and_the_trace_goes_on),
        cmocka_unit_test(test_a_full_disk_ends_all),
        cmocka_unit_test(test_threads_have_their_own_calls),
        cmocka_unit_test(test_many_threads_take_no_memory),
        cmocka_unit_test(test_options_are_checked),
        cmocka_unit_test(test_options_of_other_versions),
        cmocka_unit_test(test_raw_values_that_are_cut),
        cmocka_unit_test_setup_teardown(test_folder, make_root, remove_root),
        cmocka_unit_test_setup_teardown(test_a_disk_that_fills_leaves_a_whole_trace, make_root, remove_root),
        cmocka_unit_test_setup_teardown(test_links_in_files_are_not_followed, make_root, remove_root),
        cmocka_unit_test(test_a_folder_that_cannot_be),
        cmocka_unit_test(test_memory_fails_at_every_point),
    };
    return cmocka_run_group_tests_name("writer", tests, NULL, NULL);
}
