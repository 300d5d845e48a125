#include "diff/names.h"

#include <string.h>

#define ROOM(n, list, count, capacity)                                                                                 \
    ctr_make_room((n)->allocator, (void **)(void *)&(n)->list, &(n)->capacity, (n)->count, sizeof *(n)->list)

void ctr_known_names_init(ctr_known_names *n, const ctrace_allocator *allocator)
{
    *n = (ctr_known_names){.allocator = allocator, .texts = {.allocator = allocator}};
}

static bool keep(ctr_known_names *n, ctrace_str text, ctrace_str *out)
{
    char *copy = ctr_arena_take(&n->texts, text.size + 1);
    if (!copy)
        return false;
    if (text.size)
        memcpy(copy, text.data, text.size);
    *out = (ctrace_str){copy, text.size};
    return true;
}

static bool see_type(ctr_known_names *n, const ctrace_type_event *type)
{
    if (!ROOM(n, types, type_count, type_capacity))
        return false;
    ctr_known_type *t = &n->types[n->type_count];
    size_t count = type->specific_info.kind == CTRACE_TYPE_INFO_STRUCT ? type->specific_info.field_count : 0;
    ctrace_str *fields = NULL;
    if (count) {
        if (count > SIZE_MAX / sizeof *fields || !(fields = ctr_arena_take(&n->texts, count * sizeof *fields)))
            return false;
        for (size_t i = 0; i < count; i++)
            if (!keep(n, type->specific_info.fields[i].name, &fields[i]))
                return false;
    }
    *t = (ctr_known_type){.kind = type->kind, .fields = fields, .field_count = count};
    if (!keep(n, type->lang_type, &t->name))
        return false;
    n->type_count++;
    return true;
}

bool ctr_known_names_see(ctr_known_names *n, const ctrace_event *event, bool *is_one)
{
    *is_one = true;
    switch (event->kind) {
    case CTRACE_EVENT_PATH:
        if (!ROOM(n, paths, path_count, path_capacity) || !keep(n, event->path, &n->paths[n->path_count]))
            return false;
        n->path_count++;
        return true;
    case CTRACE_EVENT_VARIABLE_NAME:
    case CTRACE_EVENT_VARIABLE:
        if (!ROOM(n, variables, variable_count, variable_capacity) ||
            !keep(n, event->variable_name, &n->variables[n->variable_count]))
            return false;
        n->variable_count++;
        return true;
    case CTRACE_EVENT_FUNCTION:
        if (!ROOM(n, functions, function_count, function_capacity))
            return false;
        n->functions[n->function_count] = (ctr_known_function){{0}, event->function.path_id, event->function.line};
        if (!keep(n, event->function.name, &n->functions[n->function_count].name))
            return false;
        n->function_count++;
        return true;
    case CTRACE_EVENT_TYPE:
        return see_type(n, &event->type);
    default:
        *is_one = false;
        return true;
    }
}

static const ctrace_str unknown = {"?", 1};

ctrace_str ctr_known_path(const ctr_known_names *n, ctrace_id id) { return id < n->path_count ? n->paths[id] : unknown; }

ctrace_str ctr_known_variable(const ctr_known_names *n, ctrace_id id)
{
    return id < n->variable_count ? n->variables[id] : unknown;
}

ctr_known_function ctr_known_function_at(const ctr_known_names *n, ctrace_id id)
{
    return id < n->function_count ? n->functions[id] : (ctr_known_function){unknown, CTRACE_ID_NONE, 0};
}

ctr_known_type ctr_known_type_at(const ctr_known_names *n, ctrace_id id)
{
    return id < n->type_count ? n->types[id] : (ctr_known_type){.kind = CTRACE_TYPE_NONE, .name = unknown};
}

void ctr_known_names_free(ctr_known_names *n)
{
    ctr_arena_free(&n->texts);
    ctr_free(n->allocator, n->paths, n->path_capacity * sizeof *n->paths);
    ctr_free(n->allocator, n->variables, n->variable_capacity * sizeof *n->variables);
    ctr_free(n->allocator, n->functions, n->function_capacity * sizeof *n->functions);
    ctr_free(n->allocator, n->types, n->type_capacity * sizeof *n->types);
}
