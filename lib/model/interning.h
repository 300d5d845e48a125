/* Interning of names: paths, functions, types and variables each have dense ids, and a name that is declared again has
 * the id that it has. */
#ifndef CTRACE_LIB_MODEL_INTERNING_H
#define CTRACE_LIB_MODEL_INTERNING_H

#include "base/buffer.h"
#include "base/map.h"
#include "ctrace/event.h"

typedef struct ctr_interning {
    ctr_map paths, functions, types, variables;
    ctr_buffer key; /* of the name that was looked up last */
    bool by_name;   /* functions and types are told apart by their names alone */
} ctr_interning;

void ctr_interning_init(ctr_interning *interning, bool by_name, const ctrace_allocator *allocator);
void ctr_interning_free(ctr_interning *interning);

/* The id of what `declaration` (a Path, Function, Type or VariableName) declares, CTRACE_ID_NONE when it is new. False
 * when there is no memory. */
bool ctr_interning_find(ctr_interning *interning, const ctrace_event *declaration, ctrace_id *id);
/* Adds what was looked up last and is new. False when there is no memory. */
bool ctr_interning_add(ctr_interning *interning, const ctrace_event *declaration, ctrace_id id);


/* The type of a plain value whose type nobody said. */
typedef struct ctr_plain_type_name {
    ctrace_type_kind kind;
    ctrace_str name;
} ctr_plain_type_name;

extern const ctr_plain_type_name ctr_plain_types[CTRACE_VALUE_KIND_COUNT];

#endif
