/* What one trace has declared so far. */
#ifndef CTRACE_LIB_DIFF_NAMES_H
#define CTRACE_LIB_DIFF_NAMES_H

#include "base/arena.h"
#include "ctrace/event.h"

typedef struct ctr_known_function {
    ctrace_str name;
    ctrace_id path;
    int64_t line;
} ctr_known_function;

typedef struct ctr_known_type {
    ctrace_type_kind kind;
    ctrace_str name;
    const ctrace_str *fields; /* names of a struct's fields */
    size_t field_count;
} ctr_known_type;

typedef struct ctr_known_names {
    const ctrace_allocator *allocator;
    ctr_arena texts;
    ctrace_str *paths, *variables;
    ctr_known_function *functions;
    ctr_known_type *types;
    size_t path_count, path_capacity, variable_count, variable_capacity;
    size_t function_count, function_capacity, type_count, type_capacity;
} ctr_known_names;

void ctr_known_names_init(ctr_known_names *n, const ctrace_allocator *allocator);
/* Takes a declaration; *is_one tells whether the event was one. False when there is no memory. */
bool ctr_known_names_see(ctr_known_names *n, const ctrace_event *event, bool *is_one);
/* An id that is not declared has the text "?". */
ctrace_str ctr_known_path(const ctr_known_names *n, ctrace_id id);
ctrace_str ctr_known_variable(const ctr_known_names *n, ctrace_id id);
ctr_known_function ctr_known_function_at(const ctr_known_names *n, ctrace_id id);
ctr_known_type ctr_known_type_at(const ctr_known_names *n, ctrace_id id);
void ctr_known_names_free(ctr_known_names *n);

#endif
