/* The state of a trace that is being made up. Data flow: generate.c chooses what happens next, values.c makes the
 * values for it, and every event goes straight to the writer. */
#ifndef CTRACE_LIB_GENERATE_GENERATOR_H
#define CTRACE_LIB_GENERATE_GENERATOR_H

#include "base/arena.h"
#include "base/failure.h"
#include "ctrace/generate.h"

#define CTR_MADE_TYPES 64 /* distinct types, as many as are remembered */
#define CTR_MADE_FIELDS 5
#define CTR_MADE_PLACES 32
#define CTR_MADE_CALLS 24 /* open at one time */

typedef struct ctr_made_type {
    ctrace_type_kind kind;
    size_t field_count; /* of a struct */
} ctr_made_type;

typedef struct ctr_made_function {
    ctrace_id path;
    int64_t line;
} ctr_made_function;

typedef struct ctr_generator {
    ctrace_writer *w;
    ctrace_generate_options options;
    ctrace_status status; /* of the first event that failed */
    uint64_t random;
    uint64_t events;

    uint64_t path_count, function_count, type_count, variable_count;
    ctr_made_function functions[CTR_MADE_TYPES];
    ctr_made_type types[CTR_MADE_TYPES];

    int64_t line;
    ctrace_id path;
    uint64_t values_in_step, logs_in_step;
    ctrace_id call_stack[CTR_MADE_CALLS];
    size_t depth;
    uint64_t calls;
    uint64_t threads;

    /* Places that hold something, by what. */
    int64_t next_place;
    int64_t compounds[CTR_MADE_PLACES];
    size_t compound_sizes[CTR_MADE_PLACES];
    size_t compound_count;
    int64_t cells[CTR_MADE_PLACES];
    size_t cell_count;

    /* What the event that is being made points to. */
    ctr_arena texts;
    ctrace_value *values;
    size_t value_count, value_capacity;
} ctr_generator;

/* A number below `limit`, which is not 0. */
uint64_t ctr_made_below(ctr_generator *g, uint64_t limit);
bool ctr_made_chance(ctr_generator *g, unsigned percent);
/* A text of any content; empty when there is no memory. */
ctrace_str ctr_made_text(ctr_generator *g);

/* Begins the values of an event: those that were made before are forgotten. */
void ctr_made_values_begin(ctr_generator *g);
/* Makes a value and gives its index in g->values, which moves; SIZE_MAX when there is no memory. */
size_t ctr_made_value(ctr_generator *g, uint32_t depth);
/* The same, of one kind. */
size_t ctr_made_value_of(ctr_generator *g, ctrace_value_kind kind, uint32_t depth);
/* An integer of the type int, for the recorder's mix. */
size_t ctr_made_plain_value(ctr_generator *g);

#endif
