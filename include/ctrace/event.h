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

typedef struct ctrace_event {
    ctrace_event_kind kind;
    union {
        struct { ctrace_id path_id; int64_t line; } step;
        ctrace_str path;
        ctrace_str variable_name; /* VariableName and its old spelling Variable */
        struct { ctrace_type_kind kind; ctrace_str lang_type; ctrace_type_info specific_info; } type;
        struct { ctrace_id variable_id; const ctrace_value *value; } value;
        struct { ctrace_id path_id; int64_t line; ctrace_str name; } function;
        struct { ctrace_id function_id; const ctrace_argument *args; size_t arg_count; } call;
        struct { const ctrace_value *return_value; } returned;
        struct { ctrace_log_kind kind; ctrace_str metadata; ctrace_str content; } log;
        struct { const ctrace_str *lines; size_t line_count; } assembly;
        struct { ctrace_id variable_id; int64_t place; } bind_variable;
        struct { ctrace_id to; ctrace_pass_kind pass_by; ctrace_rvalue from; } assignment;
        struct { const ctrace_id *variable_ids; size_t variable_count; } drop_variables;
        struct { int64_t place; const ctrace_value *value; } compound_value;
        struct { int64_t place; const ctrace_value *value; } cell_value;
        struct { int64_t place; uint64_t index; int64_t item_place; } assign_compound_item;
        struct { int64_t place; const ctrace_value *new_value; } assign_cell;
        struct { ctrace_id variable_id; int64_t place; } variable_cell;
        ctrace_id drop_variable;
        uint64_t thread_id; /* ThreadStart, ThreadExit, ThreadSwitch */
    };
} ctrace_event;

#ifdef __cplusplus
}
#endif
#endif
