/* The numbered kinds of the format. Each list is the only place that holds its names and numbers;
 * codecs, validator, schema and bindings are made from it. spec/format.md says what each one means. */
#ifndef CTRACE_KINDS_H
#define CTRACE_KINDS_H

#include "common.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Events: number here, name here, name in the trace. */
#define CTRACE_EVENT_KINDS(X)                               \
    X(0, STEP, "Step")                                      \
    X(1, PATH, "Path")                                      \
    X(2, VARIABLE_NAME, "VariableName")                     \
    X(3, VARIABLE, "Variable")                              \
    X(4, TYPE, "Type")                                      \
    X(5, VALUE, "Value")                                    \
    X(6, FUNCTION, "Function")                              \
    X(7, CALL, "Call")                                      \
    X(8, RETURN, "Return")                                  \
    X(9, LOG, "Event")                                      \
    X(10, ASM, "Asm")                                       \
    X(11, BIND_VARIABLE, "BindVariable")                    \
    X(12, ASSIGNMENT, "Assignment")                         \
    X(13, DROP_VARIABLES, "DropVariables")                  \
    X(14, COMPOUND_VALUE, "CompoundValue")                  \
    X(15, CELL_VALUE, "CellValue")                          \
    X(16, ASSIGN_COMPOUND_ITEM, "AssignCompoundItem")       \
    X(17, ASSIGN_CELL, "AssignCell")                        \
    X(18, VARIABLE_CELL, "VariableCell")                    \
    X(19, DROP_VARIABLE, "DropVariable")                    \
    X(20, THREAD_START, "ThreadStart")                      \
    X(21, THREAD_EXIT, "ThreadExit")                        \
    X(22, THREAD_SWITCH, "ThreadSwitch")                    \
    X(23, DROP_LAST_STEP, "DropLastStep")

/* Values. */
#define CTRACE_VALUE_KINDS(X)                                                              \
    X(0, INT, "Int") X(1, FLOAT, "Float") X(2, BOOL, "Bool") X(3, STRING, "String")        \
    X(4, SEQUENCE, "Sequence") X(5, TUPLE, "Tuple") X(6, STRUCT, "Struct")                 \
    X(7, VARIANT, "Variant") X(8, REFERENCE, "Reference") X(9, RAW, "Raw")                 \
    X(10, ERROR, "Error") X(11, NONE, "None") X(12, CELL, "Cell")                          \
    X(13, BIG_INT, "BigInt") X(14, CHAR, "Char")

/* Types; the number is what stands in the trace. */
#define CTRACE_TYPE_KINDS(X)                                                               \
    X(0, SEQ, "Seq") X(1, SET, "Set") X(2, HASH_SET, "HashSet")                            \
    X(3, ORDERED_SET, "OrderedSet") X(4, ARRAY, "Array") X(5, VARARGS, "Varargs")          \
    X(6, STRUCT, "Struct") X(7, INT, "Int") X(8, FLOAT, "Float") X(9, STRING, "String")    \
    X(10, C_STRING, "CString") X(11, CHAR, "Char") X(12, BOOL, "Bool")                     \
    X(13, LITERAL, "Literal") X(14, REF, "Ref") X(15, RECURSION, "Recursion")              \
    X(16, RAW, "Raw") X(17, ENUM, "Enum") X(18, ENUM16, "Enum16") X(19, ENUM32, "Enum32")  \
    X(20, C, "C") X(21, TABLE_KIND, "TableKind") X(22, UNION, "Union")                     \
    X(23, POINTER, "Pointer") X(24, ERROR, "Error") X(25, FUNCTION_KIND, "FunctionKind")   \
    X(26, TYPE_VALUE, "TypeValue") X(27, TUPLE, "Tuple") X(28, VARIANT, "Variant")         \
    X(29, HTML, "Html") X(30, NONE, "None") X(31, NON_EXPANDED, "NonExpanded")             \
    X(32, ANY, "Any") X(33, SLICE, "Slice")

/* Log events (the event named "Event"); the number is what stands in the trace. */
#define CTRACE_LOG_KINDS(X)                                                                \
    X(0, WRITE, "Write") X(1, WRITE_FILE, "WriteFile") X(2, WRITE_OTHER, "WriteOther")     \
    X(3, READ, "Read") X(4, READ_FILE, "ReadFile") X(5, READ_OTHER, "ReadOther")           \
    X(6, READ_DIR, "ReadDir") X(7, OPEN_DIR, "OpenDir") X(8, CLOSE_DIR, "CloseDir")        \
    X(9, SOCKET, "Socket") X(10, OPEN, "Open") X(11, ERROR, "Error")                       \
    X(12, TRACE_LOG_EVENT, "TraceLogEvent") X(13, EVM_EVENT, "EvmEvent")

/* What a type tells beside its kind and name. */
#define CTRACE_TYPE_INFO_KINDS(X) X(0, NONE, "None") X(1, STRUCT, "Struct") X(2, POINTER, "Pointer")

/* How an assignment passes its value. */
#define CTRACE_PASS_KINDS(X) X(0, VALUE, "Value") X(1, REFERENCE, "Reference")

/* The right-hand side of an assignment. */
#define CTRACE_RVALUE_KINDS(X)                                                             \
    X(0, SIMPLE, "Simple") X(1, COMPOUND, "Compound") X(2, LITERAL, "Literal")             \
    X(3, FIELD_ACCESS, "FieldAccess") X(4, INDEX_ACCESS, "IndexAccess")                    \
    X(5, FUNCTION_RETURN, "FunctionReturn")

#define X(number, name, text) CTRACE_EVENT_##name = number,
typedef enum ctrace_event_kind { CTRACE_EVENT_KINDS(X) CTRACE_EVENT_KIND_COUNT } ctrace_event_kind;
#undef X
#define X(number, name, text) CTRACE_VALUE_##name = number,
typedef enum ctrace_value_kind { CTRACE_VALUE_KINDS(X) CTRACE_VALUE_KIND_COUNT } ctrace_value_kind;
#undef X
#define X(number, name, text) CTRACE_TYPE_##name = number,
typedef enum ctrace_type_kind { CTRACE_TYPE_KINDS(X) CTRACE_TYPE_KIND_COUNT } ctrace_type_kind;
#undef X
#define X(number, name, text) CTRACE_LOG_##name = number,
typedef enum ctrace_log_kind { CTRACE_LOG_KINDS(X) CTRACE_LOG_KIND_COUNT } ctrace_log_kind;
#undef X
#define X(number, name, text) CTRACE_TYPE_INFO_##name = number,
typedef enum ctrace_type_info_kind {
    CTRACE_TYPE_INFO_KINDS(X) CTRACE_TYPE_INFO_KIND_COUNT
} ctrace_type_info_kind;
#undef X
#define X(number, name, text) CTRACE_PASS_##name = number,
typedef enum ctrace_pass_kind { CTRACE_PASS_KINDS(X) CTRACE_PASS_KIND_COUNT } ctrace_pass_kind;
#undef X
#define X(number, name, text) CTRACE_RVALUE_##name = number,
typedef enum ctrace_rvalue_kind { CTRACE_RVALUE_KINDS(X) CTRACE_RVALUE_KIND_COUNT } ctrace_rvalue_kind;
#undef X

/* The name of a kind as the format spells it, such as "Step"; NULL for a number without a name. Static. */
CTRACE_API const char *ctrace_event_kind_name(ctrace_event_kind kind);
CTRACE_API const char *ctrace_value_kind_name(ctrace_value_kind kind);
CTRACE_API const char *ctrace_type_kind_name(ctrace_type_kind kind);
CTRACE_API const char *ctrace_log_kind_name(ctrace_log_kind kind);
CTRACE_API const char *ctrace_rvalue_kind_name(ctrace_rvalue_kind kind);

#ifdef __cplusplus
}
#endif
#endif
