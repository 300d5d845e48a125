#include "ctrace/generate.h"

#include <stdio.h>
#include <string.h>

#include "base/options.h"
#include "generate/generator.h"

#define FIRST_TYPES 16
#define FIRST_VARIABLES 12

const char *ctrace_content_name(ctrace_content content)
{
    static const char *const names[] = {
#define X(name, text, what) text,
        CTRACE_CONTENTS(X)
#undef X
    };
    return (unsigned)content < CTRACE_CONTENT_COUNT ? names[content] : NULL;
}

const char *ctrace_content_text(ctrace_content content)
{
    static const char *const texts[] = {
#define X(name, text, what) what,
        CTRACE_CONTENTS(X)
#undef X
    };
    return (unsigned)content < CTRACE_CONTENT_COUNT ? texts[content] : NULL;
}

/* ---- Events ---- */

static void give(ctr_generator *g, const ctrace_event *event)
{
    if (g->status == CTRACE_OK)
        g->status = ctrace_writer_event(g->w, event);
    g->events++;
}

static const ctrace_value *value_at(const ctr_generator *g, size_t index)
{
    return index == SIZE_MAX ? NULL : &g->values[index];
}

/* An event with a value that could not be made is left out: its failure is remembered. */
#define GIVE(g, ...) give(g, &(ctrace_event){__VA_ARGS__})

/* A name that no other has: `prefix` and a number. */
static ctrace_str numbered(char *out, size_t size, const char *prefix, uint64_t number, const char *suffix)
{
    int n = snprintf(out, size, "%s%llu%s", prefix, (unsigned long long)number, suffix);
    return (ctrace_str){out, n < 0 ? 0 : (size_t)n};
}

static void declare_path(ctr_generator *g)
{
    char text[64];
    ctrace_str path = numbered(text, sizeof text, "/generated/module_", g->path_count++, ".gen");
    GIVE(g, .kind = CTRACE_EVENT_PATH, .path = path);
}

static void declare_variable(ctr_generator *g)
{
    char text[64];
    bool old = g->options.content == CTRACE_CONTENT_EVERY && ctr_made_chance(g, 20);
    ctrace_str name = numbered(text, sizeof text, ctr_made_chance(g, 80) ? "v" : "größe_", g->variable_count++, "");
    GIVE(g, .kind = old ? CTRACE_EVENT_VARIABLE : CTRACE_EVENT_VARIABLE_NAME, .variable_name = name);
}

static void declare_function(ctr_generator *g, ctrace_str name, ctrace_id path, int64_t line)
{
    if (g->function_count < CTR_MADE_TYPES)
        g->functions[g->function_count] = (ctr_made_function){path, line};
    g->function_count++;
    GIVE(g, .kind = CTRACE_EVENT_FUNCTION, .function = {path, line, name});
}

static void declare_new_function(ctr_generator *g)
{
    char text[64];
    ctrace_str name = numbered(text, sizeof text, "function_", g->function_count, "");
    declare_function(g, name, g->path, 100 + 10 * (int64_t)g->function_count);
}

static void declare_type(ctr_generator *g, ctrace_type_kind kind, const char *prefix)
{
    char text[64], names[CTR_MADE_FIELDS][16];
    ctrace_field fields[CTR_MADE_FIELDS];
    ctrace_type_info info = {.kind = CTRACE_TYPE_INFO_NONE};
    if (kind == CTRACE_TYPE_STRUCT) {
        size_t count = (size_t)ctr_made_below(g, CTR_MADE_FIELDS + 1);
        for (size_t i = 0; i < count; i++)
            fields[i] = (ctrace_field){numbered(names[i], sizeof names[i], "f", i, ""),
                                       g->type_count ? ctr_made_below(g, g->type_count) : 0};
        info = (ctrace_type_info){.kind = CTRACE_TYPE_INFO_STRUCT, .fields = fields, .field_count = count};
    } else if (kind == CTRACE_TYPE_POINTER) {
        info = (ctrace_type_info){.kind = CTRACE_TYPE_INFO_POINTER,
                                  .dereference_type_id = ctr_made_below(g, g->type_count)};
    }
    if (g->type_count < CTR_MADE_TYPES)
        g->types[g->type_count] = (ctr_made_type){kind, info.field_count};
    ctrace_str name = g->type_count ? numbered(text, sizeof text, prefix, g->type_count, "") : CTRACE_STR("None");
    g->type_count++;
    GIVE(g, .kind = CTRACE_EVENT_TYPE, .type = {kind, name, info});
}

static void step(ctr_generator *g, ctrace_id path, int64_t line)
{
    g->path = path;
    g->line = line;
    g->values_in_step = g->logs_in_step = 0;
    GIVE(g, .kind = CTRACE_EVENT_STEP, .step = {path, line});
}

static void next_step(ctr_generator *g)
{
    step(g, g->path, g->line % 90 + 1 + (int64_t)ctr_made_below(g, 3));
}

static void local(ctr_generator *g, bool plain)
{
    if (g->values_in_step == g->variable_count)
        next_step(g); /* every variable once a step */
    ctr_made_values_begin(g);
    size_t at = plain ? ctr_made_plain_value(g) : ctr_made_value(g, 0);
    if (at != SIZE_MAX)
        GIVE(g, .kind = CTRACE_EVENT_VALUE, .value = {g->values_in_step, value_at(g, at)});
    g->values_in_step++;
}

static void call(ctr_generator *g, bool plain)
{
    if (g->depth == CTR_MADE_CALLS || !g->function_count)
        return;
    uint64_t known = g->function_count < CTR_MADE_TYPES ? g->function_count : CTR_MADE_TYPES;
    ctrace_id function = 1 + ctr_made_below(g, known - 1);
    ctrace_argument args[4];
    size_t indexes[4], count = plain ? 1 : (size_t)ctr_made_below(g, 5);
    step(g, g->functions[function].path, g->functions[function].line);
    ctr_made_values_begin(g);
    for (size_t i = 0; i < count; i++) {
        indexes[i] = plain ? ctr_made_plain_value(g) : ctr_made_value(g, 1);
        if (indexes[i] == SIZE_MAX)
            return;
    }
    for (size_t i = 0; i < count; i++)
        args[i] = (ctrace_argument){i, value_at(g, indexes[i])};
    g->call_stack[g->depth++] = function;
    g->calls++;
    GIVE(g, .kind = CTRACE_EVENT_CALL, .call = {function, args, count});
}

static void leave(ctr_generator *g, bool plain)
{
    ctr_made_values_begin(g);
    size_t at = plain ? ctr_made_plain_value(g) : ctr_made_value(g, 0);
    if (at == SIZE_MAX)
        return;
    g->depth--;
    GIVE(g, .kind = CTRACE_EVENT_RETURN, .returned = {value_at(g, at)});
}

static void log_event(ctr_generator *g)
{
    ctrace_log_kind kind = (ctrace_log_kind)ctr_made_below(g, CTRACE_LOG_KIND_COUNT);
    if (kind == CTRACE_LOG_ERROR && g->logs_in_step)
        kind = CTRACE_LOG_WRITE; /* an error is the first of its step */
    g->logs_in_step++;
    ctr_made_values_begin(g);
    ctrace_str metadata = ctr_made_text(g), content = ctr_made_text(g);
    GIVE(g, .kind = CTRACE_EVENT_LOG, .log = {kind, metadata, content});
}

static void assembly(ctr_generator *g)
{
    ctrace_str lines[3];
    size_t count = (size_t)ctr_made_below(g, 4);
    ctr_made_values_begin(g);
    for (size_t i = 0; i < count; i++)
        lines[i] = ctr_made_text(g);
    GIVE(g, .kind = CTRACE_EVENT_ASM, .assembly = {lines, count});
}

/* A thread of its own from its start to its end, so that threads do not interleave. */
static void thread(ctr_generator *g)
{
    uint64_t id = ctr_made_chance(g, 10) ? UINT64_MAX - g->threads : g->threads + 2;
    size_t depth = g->depth;
    if (depth == CTR_MADE_CALLS)
        return;
    g->threads++;
    GIVE(g, .kind = CTRACE_EVENT_THREAD_START, .thread_id = id);
    GIVE(g, .kind = CTRACE_EVENT_THREAD_SWITCH, .thread_id = id);
    call(g, false);
    next_step(g);
    local(g, false);
    if (g->depth > depth)
        leave(g, false);
    GIVE(g, .kind = CTRACE_EVENT_THREAD_EXIT, .thread_id = id);
    GIVE(g, .kind = CTRACE_EVENT_THREAD_SWITCH, .thread_id = 1);
    next_step(g);
}

/* Places: memory that variables share. */
static void place(ctr_generator *g)
{
    ctr_made_values_begin(g);
    unsigned choice = (unsigned)ctr_made_below(g, 6);
    if (choice == 0 && g->compound_count < CTR_MADE_PLACES) {
        size_t at = ctr_made_value_of(g, CTRACE_VALUE_SEQUENCE, 0);
        if (at == SIZE_MAX)
            return;
        g->compound_sizes[g->compound_count] = g->values[at].count;
        g->compounds[g->compound_count++] = g->next_place;
        GIVE(g, .kind = CTRACE_EVENT_COMPOUND_VALUE, .compound_value = {g->next_place++, value_at(g, at)});
    } else if (choice == 1 && g->cell_count < CTR_MADE_PLACES) {
        size_t at = ctr_made_value_of(g, CTRACE_VALUE_INT, 0);
        if (at == SIZE_MAX)
            return;
        g->cells[g->cell_count++] = g->next_place;
        GIVE(g, .kind = CTRACE_EVENT_CELL_VALUE, .cell_value = {g->next_place++, value_at(g, at)});
    } else if (choice == 2 && g->compound_count && g->cell_count) {
        size_t which = (size_t)ctr_made_below(g, g->compound_count);
        if (g->compound_sizes[which])
            GIVE(g, .kind = CTRACE_EVENT_ASSIGN_COMPOUND_ITEM,
                 .assign_compound_item = {g->compounds[which], ctr_made_below(g, g->compound_sizes[which]),
                                          g->cells[ctr_made_below(g, g->cell_count)]});
    } else if (choice == 3 && g->cell_count) {
        size_t at = ctr_made_value_of(g, CTRACE_VALUE_STRING, 0);
        if (at != SIZE_MAX)
            GIVE(g, .kind = CTRACE_EVENT_ASSIGN_CELL,
                 .assign_cell = {g->cells[ctr_made_below(g, g->cell_count)], value_at(g, at)});
    } else if (choice == 4 && g->cell_count) {
        GIVE(g, .kind = CTRACE_EVENT_VARIABLE_CELL,
             .variable_cell = {ctr_made_below(g, g->variable_count), g->cells[ctr_made_below(g, g->cell_count)]});
    } else {
        GIVE(g, .kind = CTRACE_EVENT_DROP_VARIABLE, .drop_variable = ctr_made_below(g, g->variable_count));
    }
}

static void assignment(ctr_generator *g)
{
    ctrace_id some[3];
    for (size_t i = 0; i < 3; i++)
        some[i] = ctr_made_below(g, g->variable_count);
    ctr_made_values_begin(g);
    ctrace_rvalue from = {.kind = (ctrace_rvalue_kind)ctr_made_below(g, CTRACE_RVALUE_KIND_COUNT)};
    switch (from.kind) {
    case CTRACE_RVALUE_SIMPLE:
        from.variable_id = some[0];
        break;
    case CTRACE_RVALUE_COMPOUND:
        from.variable_ids = some;
        from.variable_count = (size_t)ctr_made_below(g, 4);
        break;
    case CTRACE_RVALUE_FIELD_ACCESS:
        from.variable_id = some[0];
        from.field = ctr_made_text(g);
        break;
    case CTRACE_RVALUE_INDEX_ACCESS:
        from.variable_id = some[0];
        from.index = (int64_t)ctr_made_below(g, 100) - 50;
        break;
    case CTRACE_RVALUE_FUNCTION_RETURN:
        from.call_key = (int64_t)ctr_made_below(g, g->calls);
        break;
    default:
        break;
    }
    GIVE(g, .kind = CTRACE_EVENT_ASSIGNMENT,
         .assignment = {some[1], ctr_made_chance(g, 50) ? CTRACE_PASS_VALUE : CTRACE_PASS_REFERENCE, from});
}

/* What CodeTracer's own readers stumble over. */
static void odd(ctr_generator *g)
{
    ctrace_id some[3] = {0, 1, ctr_made_below(g, g->variable_count)};
    switch (ctr_made_below(g, 4)) {
    case 0:
        GIVE(g, .kind = CTRACE_EVENT_BIND_VARIABLE,
             .bind_variable = {some[2], (int64_t)ctr_made_below(g, 40) - 20});
        break;
    case 1:
        GIVE(g, .kind = CTRACE_EVENT_DROP_VARIABLES, .drop_variables = {some, (size_t)ctr_made_below(g, 4)});
        break;
    case 2:
        next_step(g);
        GIVE(g, .kind = CTRACE_EVENT_DROP_LAST_STEP);
        next_step(g);
        break;
    default:
        assignment(g);
    }
}

/* ---- The course of a trace ---- */

static void begin(ctr_generator *g)
{
    static const ctrace_type_kind first[FIRST_TYPES] = {
        CTRACE_TYPE_NONE,   CTRACE_TYPE_INT,    CTRACE_TYPE_FLOAT,   CTRACE_TYPE_BOOL,    CTRACE_TYPE_STRING,
        CTRACE_TYPE_CHAR,   CTRACE_TYPE_SEQ,    CTRACE_TYPE_TUPLE,   CTRACE_TYPE_VARIANT, CTRACE_TYPE_RAW,
        CTRACE_TYPE_ERROR,  CTRACE_TYPE_STRUCT, CTRACE_TYPE_POINTER, CTRACE_TYPE_STRUCT,  CTRACE_TYPE_ANY,
        CTRACE_TYPE_SLICE};
    declare_path(g);
    declare_function(g, CTRACE_STR("<top-level>"), 0, 1);
    GIVE(g, .kind = CTRACE_EVENT_CALL, .call = {0, NULL, 0});
    g->calls = 1;
    for (size_t i = 0; i < FIRST_TYPES; i++)
        declare_type(g, first[i], "type_");
    for (size_t i = 0; i < FIRST_VARIABLES; i++)
        declare_variable(g);
    step(g, 0, 1);
    step(g, 0, 1); /* as breakpoints never fire on the first */
    declare_new_function(g);
}

/* Of 100 events some 72 are values, 24 steps, 4 calls and returns. */
static void go_on_as_recorder(ctr_generator *g)
{
    bool into = ctr_made_chance(g, 8), out = !into && g->depth && ctr_made_chance(g, 9);
    if (into)
        call(g, true);
    if (out)
        leave(g, true);
    next_step(g);
    for (size_t i = 0; i < 3; i++)
        local(g, true);
}

static void declare_something(ctr_generator *g)
{
    switch (ctr_made_below(g, 4)) {
    case 0: /* CodeTracer wants every path stepped in */
        declare_path(g);
        step(g, g->path_count - 1, 1);
        declare_new_function(g);
        break;
    case 1:
        declare_new_function(g);
        break;
    case 2:
        declare_type(g, (ctrace_type_kind)ctr_made_below(g, CTRACE_TYPE_KIND_COUNT), "type_");
        break;
    default:
        declare_variable(g);
    }
}

static void go_on(ctr_generator *g)
{
    unsigned choice = (unsigned)ctr_made_below(g, 100);
    if (choice < 25)
        next_step(g);
    else if (choice < 60)
        local(g, false);
    else if (choice < 68)
        call(g, false);
    else if (choice < 75 && g->depth)
        leave(g, false);
    else if (choice < 80)
        log_event(g);
    else if (choice < 87)
        place(g);
    else if (choice < 90)
        declare_something(g);
    else if (choice < 92)
        assembly(g);
    else if (choice < 93)
        thread(g);
    else if (g->options.content == CTRACE_CONTENT_EVERY)
        odd(g);
}

static ctrace_status check(ctrace_generate_options *taken, const ctrace_generate_options *options, ctrace_error *error)
{
    ctrace_status status = ctr_take_options(taken, sizeof *taken, options, "ctrace_generate_options", error);
    if (status != CTRACE_OK)
        return status;
    if (taken->max_depth > 500)
        return ctr_fail(error, CTRACE_ARGUMENT, "max_depth is %u, at most 500 is possible", taken->max_depth);
    if ((unsigned)taken->content >= CTRACE_CONTENT_COUNT)
        return ctr_fail(error, CTRACE_ARGUMENT, "content is %d, which is no ctrace_content", (int)taken->content);
    if (!taken->max_depth)
        taken->max_depth = 6;
    if (!taken->events)
        taken->events = 1000;
    return CTRACE_OK;
}

ctrace_status ctrace_generate(ctrace_writer *w, const ctrace_generate_options *options, ctrace_error *error)
{
    ctrace_generate_options taken;
    ctrace_status status = check(&taken, options, error);
    if (status != CTRACE_OK)
        return status;
    ctr_generator *g = ctr_alloc_zero(taken.allocator, sizeof *g);
    if (!g)
        return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for making up a trace");
    g->w = w;
    g->options = taken;
    g->random = taken.seed;
    g->texts.allocator = taken.allocator;
    begin(g);
    while (g->status == CTRACE_OK && g->events + g->depth + 1 < taken.events) {
        if (taken.content == CTRACE_CONTENT_RECORDER)
            go_on_as_recorder(g);
        else
            go_on(g);
    }
    while (g->status == CTRACE_OK && g->depth)
        leave(g, true);
    if (g->status == CTRACE_OK) {
        ctr_made_values_begin(g);
        GIVE(g, .kind = CTRACE_EVENT_RETURN, .returned = {&(ctrace_value){.kind = CTRACE_VALUE_NONE, .span = 1}});
    }
    status = g->status;
    ctr_arena_free(&g->texts);
    ctr_free(taken.allocator, g->values, g->value_capacity * sizeof *g->values);
    ctr_free(taken.allocator, g, sizeof *g);
    if (status == CTRACE_NO_MEMORY)
        return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for making up a trace");
    return status == CTRACE_OK ? status : ctrace_writer_status(w, error);
}
