#include "names.h"

#include "complain.h"

#include <stdlib.h>
#include <string.h>

#define MAX_NAME 4096

/* Makes room for one more of `count` entries; the room doubles at every power of two. */
static void *grow(void *list, size_t count, size_t entry)
{
    if (count & (count - 1))
        return list;
    return need(realloc(list, (count ? 2 * count : 1) * entry));
}

static ctrace_str copy(ctrace_str s)
{
    if (s.size == 0)
        return (ctrace_str){"", 0};
    size_t size = s.size < MAX_NAME ? s.size : MAX_NAME;
    char *data = need(malloc(size));
    memcpy(data, s.data, size);
    return (ctrace_str){data, size};
}

static void free_str(ctrace_str s)
{
    if (s.size)
        free((char *)(uintptr_t)s.data);
}

static bool ends_with(ctrace_str s, const char *end)
{
    size_t size = strlen(end);
    return s.size >= size && memcmp(s.data + s.size - size, end, size) == 0;
}

static language language_of(ctrace_str path)
{
    if (ends_with(path, ".py"))
        return (language){'\'', "None", "True", "False"};
    if (ends_with(path, ".rb"))
        return (language){'"', "nil", "true", "false"};
    return (language){'"', "none", "true", "false"};
}

void names_begin(names *n, const ctrace_metadata *metadata)
{
    *n = (names){.language = language_of((ctrace_str){"", 0})};
    if (metadata)
        n->workdir = metadata->workdir;
}

static void see_path(names *n, ctrace_str path)
{
    n->paths = grow(n->paths, n->path_count, sizeof *n->paths);
    n->paths[n->path_count++] = copy(path);
    if (path.size && !n->has_source) {
        n->has_source = true;
        n->language = language_of(path);
    }
}

static void see_type(names *n, const ctrace_event *event)
{
    const ctrace_type_info *info = &event->type.specific_info;
    named_type type = {.kind = event->type.kind, .name = copy(event->type.lang_type)};
    if (info->kind == CTRACE_TYPE_INFO_STRUCT && info->field_count) {
        type.field_count = info->field_count;
        type.fields = need(calloc(type.field_count, sizeof *type.fields));
        for (size_t i = 0; i < type.field_count; i++)
            type.fields[i] = copy(info->fields[i].name);
    }
    n->types = grow(n->types, n->type_count, sizeof *n->types);
    n->types[n->type_count++] = type;
}

void names_see(names *n, const ctrace_event *event)
{
    switch (event->kind) {
    case CTRACE_EVENT_PATH:
        see_path(n, event->path);
        break;
    case CTRACE_EVENT_VARIABLE_NAME:
    case CTRACE_EVENT_VARIABLE:
        n->variables = grow(n->variables, n->variable_count, sizeof *n->variables);
        n->variables[n->variable_count++] = copy(event->variable_name);
        break;
    case CTRACE_EVENT_FUNCTION:
        n->functions = grow(n->functions, n->function_count, sizeof *n->functions);
        n->functions[n->function_count++] = (named_function){.path_id = event->function.path_id,
                                                             .line = event->function.line,
                                                             .name = copy(event->function.name)};
        break;
    case CTRACE_EVENT_TYPE:
        see_type(n, event);
        break;
    default:
        break;
    }
}

void names_free(names *n)
{
    for (size_t i = 0; i < n->path_count; i++)
        free_str(n->paths[i]);
    for (size_t i = 0; i < n->function_count; i++)
        free_str(n->functions[i].name);
    for (size_t i = 0; i < n->variable_count; i++)
        free_str(n->variables[i]);
    for (size_t i = 0; i < n->type_count; i++) {
        for (size_t f = 0; f < n->types[i].field_count; f++)
            free_str(n->types[i].fields[f]);
        free(n->types[i].fields);
        free_str(n->types[i].name);
    }
    free(n->paths);
    free(n->functions);
    free(n->variables);
    free(n->types);
    *n = (names){0};
}

const named_function *names_function(const names *n, ctrace_id id)
{
    return id < n->function_count ? &n->functions[id] : NULL;
}

const named_type *names_type(const names *n, ctrace_id id)
{
    return id < n->type_count ? &n->types[id] : NULL;
}

ctrace_str names_variable(const names *n, ctrace_id id)
{
    return id < n->variable_count ? n->variables[id] : (ctrace_str){"", 0};
}

ctrace_str names_path(const names *n, ctrace_id id)
{
    if (id >= n->path_count)
        return (ctrace_str){"", 0};
    ctrace_str path = n->paths[id];
    size_t folder = n->workdir.size;
    if (folder > 1 && path.size > folder + 1 && memcmp(path.data, n->workdir.data, folder) == 0 &&
        path.data[folder] == '/')
        return (ctrace_str){path.data + folder + 1, path.size - folder - 1};
    return path;
}
