/* One event of every kind and one value of every kind, with what is extreme about them. */
#ifndef CTRACE_TESTS_EVERY_EVENT_H
#define CTRACE_TESTS_EVERY_EVENT_H

#include <math.h>

#include "ctrace/event.h"

#define EVERY_INT                                                                                                      \
    0, 1, 23, 24, 255, 256, 65535, 65536, UINT32_MAX, (int64_t)UINT32_MAX + 1, INT64_MAX, -1, -24, -25, -256, -257,    \
        -65536, -65537, INT32_MIN, -4294967296, -4294967297, INT64_MIN
#define EVERY_FLOAT                                                                                                    \
    0.0, -0.0, 1.0, 2.5, 0.1, -1e21, 1e22, 1e254, 1e255, 1e300, 1.7976931348623157e308, 5e-324, 1e-254, 1e-300,        \
        (double)INFINITY, (double)-INFINITY, (double)NAN

#define LONG_TEXT "0123456789012345678901234567890123456789012345678901234567890123456789"

/* All kinds of values in one struct. */
static const ctrace_value every_value[] = {
    {.kind = CTRACE_VALUE_STRUCT, .span = 24, .count = 14, .type_id = 300},
    {.kind = CTRACE_VALUE_INT, .span = 1, .i = -5, .type_id = 1},
    {.kind = CTRACE_VALUE_FLOAT, .span = 1, .f = 2.5, .type_id = 1},
    {.kind = CTRACE_VALUE_BOOL, .span = 1, .b = true, .type_id = 70000},
    {.kind = CTRACE_VALUE_STRING, .span = 1, .text = {"gr\xC3\xBC\xC3\x9F dich", 12}, .type_id = 2},
    {.kind = CTRACE_VALUE_SEQUENCE, .span = 3, .count = 2, .is_slice = true, .type_id = 3},
    {.kind = CTRACE_VALUE_STRING, .span = 1, .text = {"", 0}, .type_id = 2},
    {.kind = CTRACE_VALUE_STRING, .span = 1, .text = {LONG_TEXT, 70}, .type_id = 2},
    {.kind = CTRACE_VALUE_TUPLE, .span = 1, .count = 0, .type_id = 4},
    {.kind = CTRACE_VALUE_VARIANT, .span = 2, .count = 1, .text = {"Some", 4}, .type_id = 5},
    {.kind = CTRACE_VALUE_NONE, .span = 1, .type_id = 0},
    {.kind = CTRACE_VALUE_REFERENCE, .span = 2, .count = 1, .address = UINT64_MAX, .is_mutable = true, .type_id = 6},
    {.kind = CTRACE_VALUE_INT, .span = 1, .i = INT64_MIN, .type_id = 1},
    {.kind = CTRACE_VALUE_RAW, .span = 1, .text = {"a\0b", 3}, .type_id = 7},
    {.kind = CTRACE_VALUE_ERROR, .span = 1, .text = {"no \"such\" thing", 15}, .type_id = 8},
    {.kind = CTRACE_VALUE_CELL, .span = 1, .place = -1},
    {.kind = CTRACE_VALUE_BIG_INT, .span = 1, .text = {"\x01\0\0\0\0\0\0\0\0", 9}, .is_negative = true, .type_id = 9},
    {.kind = CTRACE_VALUE_CHAR, .span = 1, .text = {"\xC3\xA9", 2}, .type_id = 10},
    {.kind = CTRACE_VALUE_STRUCT, .span = 3, .count = 1, .type_id = 11},
    {.kind = CTRACE_VALUE_TUPLE, .span = 2, .count = 1, .type_id = 11},
    {.kind = CTRACE_VALUE_SEQUENCE, .span = 1, .count = 0, .type_id = 11},
    {.kind = CTRACE_VALUE_VARIANT, .span = 3, .count = 1, .text = {"\xF0\x9F\x98\x80", 4}, .type_id = 5},
    {.kind = CTRACE_VALUE_REFERENCE, .span = 2, .count = 1, .address = 0, .type_id = 6},
    {.kind = CTRACE_VALUE_BIG_INT, .span = 1, .text = {"", 0}, .type_id = UINT64_MAX},
};

static const ctrace_value one_int = {.kind = CTRACE_VALUE_INT, .span = 1, .i = 5, .type_id = 1};
static const ctrace_argument every_argument[] = {{0, every_value}, {24, &one_int}, {UINT64_MAX, &one_int}};
static const ctrace_field every_field[] = {{{"x", 1}, 1}, {{"", 0}, 2}, {{LONG_TEXT, 70}, 3}};
static const ctrace_id every_id[] = {0, 23, 24, 1000, UINT64_MAX};
static const ctrace_str every_line[] = {{"nop", 3}, {"", 0}, {LONG_TEXT, 70}};

#define T(literal) CTRACE_STR_STATIC(literal)
#define CTRACE_STR_STATIC(literal) {(literal), sizeof(literal) - 1}

static const ctrace_event every_event[] = {
    {.kind = CTRACE_EVENT_PATH, .path = T("/a/b.py")},
    {.kind = CTRACE_EVENT_FUNCTION, .function = {0, 1, T("<top-level>")}},
    {.kind = CTRACE_EVENT_CALL, .call = {0, NULL, 0}},
    {.kind = CTRACE_EVENT_TYPE, .type = {CTRACE_TYPE_NONE, T("None"), {CTRACE_TYPE_INFO_NONE, NULL, 0, 0}}},
    {.kind = CTRACE_EVENT_TYPE, .type = {CTRACE_TYPE_STRUCT, T("Point"), {CTRACE_TYPE_INFO_STRUCT, every_field, 3, 0}}},
    {.kind = CTRACE_EVENT_TYPE, .type = {CTRACE_TYPE_STRUCT, T("Empty"), {CTRACE_TYPE_INFO_STRUCT, NULL, 0, 0}}},
    {.kind = CTRACE_EVENT_TYPE, .type = {CTRACE_TYPE_POINTER, T("Point *"), {CTRACE_TYPE_INFO_POINTER, NULL, 0, 12}}},
    {.kind = CTRACE_EVENT_STEP, .step = {0, 3}},
    {.kind = CTRACE_EVENT_STEP, .step = {UINT64_MAX, INT64_MIN}},
    {.kind = CTRACE_EVENT_VARIABLE_NAME, .variable_name = T("x")},
    {.kind = CTRACE_EVENT_VARIABLE, .variable_name = T("y")},
    {.kind = CTRACE_EVENT_VALUE, .value = {2, every_value}},
    {.kind = CTRACE_EVENT_CALL, .call = {1, every_argument, 3}},
    {.kind = CTRACE_EVENT_LOG, .log = {CTRACE_LOG_EVM_EVENT, T(""), T("hi")}},
    {.kind = CTRACE_EVENT_ASM, .assembly = {every_line, 3}},
    {.kind = CTRACE_EVENT_BIND_VARIABLE, .bind_variable = {1, -1}},
    {.kind = CTRACE_EVENT_ASSIGNMENT,
     .assignment = {0, CTRACE_PASS_VALUE, {.kind = CTRACE_RVALUE_SIMPLE, .variable_id = 3}}},
    {.kind = CTRACE_EVENT_ASSIGNMENT,
     .assignment = {1, CTRACE_PASS_REFERENCE,
                    {.kind = CTRACE_RVALUE_COMPOUND, .variable_ids = every_id, .variable_count = 5}}},
    {.kind = CTRACE_EVENT_ASSIGNMENT, .assignment = {2, CTRACE_PASS_VALUE, {.kind = CTRACE_RVALUE_COMPOUND}}},
    {.kind = CTRACE_EVENT_ASSIGNMENT, .assignment = {2, CTRACE_PASS_VALUE, {.kind = CTRACE_RVALUE_LITERAL}}},
    {.kind = CTRACE_EVENT_ASSIGNMENT,
     .assignment = {3, CTRACE_PASS_VALUE,
                    {.kind = CTRACE_RVALUE_FIELD_ACCESS, .variable_id = 1, .field = T("name")}}},
    {.kind = CTRACE_EVENT_ASSIGNMENT,
     .assignment = {4, CTRACE_PASS_VALUE, {.kind = CTRACE_RVALUE_INDEX_ACCESS, .variable_id = 1, .index = -1}}},
    {.kind = CTRACE_EVENT_ASSIGNMENT,
     .assignment = {5, CTRACE_PASS_VALUE, {.kind = CTRACE_RVALUE_FUNCTION_RETURN, .call_key = 4}}},
    {.kind = CTRACE_EVENT_DROP_VARIABLES, .drop_variables = {every_id, 5}},
    {.kind = CTRACE_EVENT_COMPOUND_VALUE, .compound_value = {1, every_value}},
    {.kind = CTRACE_EVENT_CELL_VALUE, .cell_value = {-300, &one_int}},
    {.kind = CTRACE_EVENT_ASSIGN_COMPOUND_ITEM, .assign_compound_item = {0, UINT64_MAX, 2}},
    {.kind = CTRACE_EVENT_ASSIGN_CELL, .assign_cell = {0, every_value}},
    {.kind = CTRACE_EVENT_VARIABLE_CELL, .variable_cell = {1, 1}},
    {.kind = CTRACE_EVENT_DROP_VARIABLE, .drop_variable = 1},
    {.kind = CTRACE_EVENT_THREAD_START, .thread_id = 7},
    {.kind = CTRACE_EVENT_THREAD_SWITCH, .thread_id = UINT64_MAX},
    {.kind = CTRACE_EVENT_THREAD_EXIT, .thread_id = 256},
    {.kind = CTRACE_EVENT_DROP_LAST_STEP},
    {.kind = CTRACE_EVENT_RETURN, .returned = {every_value}},
};

enum { EVERY_EVENT_COUNT = sizeof every_event / sizeof *every_event };

#endif
