/* An event as plain data: what a reader gives and what ctrace_writer_event() takes.
 * spec/format.md has a section for each kind. */
#ifndef CTRACE_EVENT_H
#define CTRACE_EVENT_H

#include "kinds.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A value is an array in preorder: an entry is followed by all that it contains. The first child of `v` is
 * `v + 1`, the next sibling `v + v->span`.
 *   Int: i.  Float: f.  Bool: b.  String, Raw, Error: text.  Char: text, one character in UTF-8.
 *   Sequence: is_slice and `count` children.  Tuple, Struct: `count` children.
 *   Variant: text is the discriminator, one child.  Reference: address, is_mutable, one child.
 *   None: nothing.  Cell: place, and no type.  BigInt: text holds the big-endian magnitude, is_negative. */
typedef struct ctrace_value {
    ctrace_value_kind kind;
    uint32_t span;  /* entries of this value, itself included: at least 1 */
    uint32_t count; /* direct children */
    bool b;
    bool is_slice;
    bool is_mutable;
    bool is_negative;
    ctrace_id type_id;
    union {
        int64_t i;
        double f;
        uint64_t address;
        int64_t place;
    };
    ctrace_str text;
} ctrace_value;

typedef struct ctrace_argument {
    ctrace_id variable_id;
    const ctrace_value *value;
} ctrace_argument;

typedef struct ctrace_field {
    ctrace_str name;
    ctrace_id type_id;
} ctrace_field;

typedef struct ctrace_type_info {
    ctrace_type_info_kind kind;
    const ctrace_field *fields; /* Struct */
    size_t field_count;
    ctrace_id dereference_type_id; /* Pointer */
} ctrace_type_info;

typedef struct ctrace_rvalue {
    ctrace_rvalue_kind kind;
    ctrace_id variable_id;          /* Simple: the variable; FieldAccess, IndexAccess: the receiver */
    const ctrace_id *variable_ids;  /* Compound */
    size_t variable_count;
    ctrace_str field;               /* FieldAccess */
    int64_t index;                  /* IndexAccess */
    int64_t call_key;               /* FunctionReturn */
} ctrace_rvalue;

/* What kinds of events hold. They stand outside of ctrace_event, as C++ wants it. */

typedef struct ctrace_step_event {
    ctrace_id path_id;
    int64_t line;
} ctrace_step_event;

typedef struct ctrace_type_event {
    ctrace_type_kind kind;
    ctrace_str lang_type;
    ctrace_type_info specific_info;
} ctrace_type_event;

typedef struct ctrace_value_event {
    ctrace_id variable_id;
    const ctrace_value *value;
} ctrace_value_event;

typedef struct ctrace_function_event {
    ctrace_id path_id;
    int64_t line;
    ctrace_str name;
} ctrace_function_event;

typedef struct ctrace_call_event {
    ctrace_id function_id;
    const ctrace_argument *args;
    size_t arg_count;
} ctrace_call_event;

typedef struct ctrace_returned_event {
    const ctrace_value *return_value;
} ctrace_returned_event;

typedef struct ctrace_log_event {
    ctrace_log_kind kind;
    ctrace_str metadata;
    ctrace_str content;
} ctrace_log_event;

typedef struct ctrace_assembly_event {
    const ctrace_str *lines;
    size_t line_count;
} ctrace_assembly_event;

typedef struct ctrace_bind_variable_event {
    ctrace_id variable_id;
    int64_t place;
} ctrace_bind_variable_event;

typedef struct ctrace_assignment_event {
    ctrace_id to;
    ctrace_pass_kind pass_by;
    ctrace_rvalue from;
} ctrace_assignment_event;

typedef struct ctrace_drop_variables_event {
    const ctrace_id *variable_ids;
    size_t variable_count;
} ctrace_drop_variables_event;

typedef struct ctrace_compound_value_event {
    int64_t place;
    const ctrace_value *value;
} ctrace_compound_value_event;

typedef struct ctrace_cell_value_event {
    int64_t place;
    const ctrace_value *value;
} ctrace_cell_value_event;

typedef struct ctrace_assign_compound_item_event {
    int64_t place;
    uint64_t index;
    int64_t item_place;
} ctrace_assign_compound_item_event;

typedef struct ctrace_assign_cell_event {
    int64_t place;
    const ctrace_value *new_value;
} ctrace_assign_cell_event;

typedef struct ctrace_variable_cell_event {
    ctrace_id variable_id;
    int64_t place;
} ctrace_variable_cell_event;

typedef struct ctrace_event {
    ctrace_event_kind kind;
    union {
        ctrace_step_event step;
        ctrace_str path;
        ctrace_str variable_name; /* VariableName and its old spelling Variable */
        ctrace_type_event type;
        ctrace_value_event value;
        ctrace_function_event function;
        ctrace_call_event call;
        ctrace_returned_event returned;
        ctrace_log_event log;
        ctrace_assembly_event assembly;
        ctrace_bind_variable_event bind_variable;
        ctrace_assignment_event assignment;
        ctrace_drop_variables_event drop_variables;
        ctrace_compound_value_event compound_value;
        ctrace_cell_value_event cell_value;
        ctrace_assign_compound_item_event assign_compound_item;
        ctrace_assign_cell_event assign_cell;
        ctrace_variable_cell_event variable_cell;
        ctrace_id drop_variable;
        uint64_t thread_id; /* ThreadStart, ThreadExit, ThreadSwitch */
    };
} ctrace_event;

#ifdef __cplusplus
}
#endif
#endif
