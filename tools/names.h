/* The names that a trace declares, by id. Long names are kept in part. */
#ifndef CTRACE_TOOLS_NAMES_H
#define CTRACE_TOOLS_NAMES_H

#include <ctrace/event.h>
#include <ctrace/reader.h>

typedef struct named_function {
    ctrace_id path_id;
    int64_t line;
    ctrace_str name;
} named_function;

typedef struct named_type {
    ctrace_type_kind kind;
    ctrace_str name;
    ctrace_str *fields; /* names of a Struct's fields */
    size_t field_count;
} named_type;

/* How the traced language spells its literals, told by the first source file. */
typedef struct language {
    char quote;
    const char *none;
    const char *yes;
    const char *no;
} language;

typedef struct names {
    ctrace_str *paths;
    size_t path_count;
    named_function *functions;
    size_t function_count;
    ctrace_str *variables;
    size_t variable_count;
    named_type *types;
    size_t type_count;
    language language;
    bool has_source;    /* a path was declared; the pure recorders begin with an empty one */
    ctrace_str workdir; /* paths below it are shown without it; borrowed */
} names;

/* `metadata` may be NULL; it must outlive the names. */
void names_begin(names *n, const ctrace_metadata *metadata);
/* Takes in what the event declares, if anything. */
void names_see(names *n, const ctrace_event *event);
void names_free(names *n);

/* NULL, or an empty text, for an id that is not declared. */
const named_function *names_function(const names *n, ctrace_id id);
const named_type *names_type(const names *n, ctrace_id id);
ctrace_str names_variable(const names *n, ctrace_id id);
/* The path, without the working folder if it lies below that. */
ctrace_str names_path(const names *n, ctrace_id id);

#endif
