#include "show_name.h"

#include <inttypes.h>

#define MAX_SHOWN 200

static void show_id(text *t, const char *what, ctrace_id id)
{
    text_format(t, "%s#%" PRIu64, what, id);
}

void show_function(text *t, const names *n, ctrace_id id)
{
    const named_function *function = names_function(n, id);
    if (function)
        text_safe(t, function->name, 0, MAX_SHOWN);
    else
        show_id(t, "function", id);
}

void show_variable(text *t, const names *n, ctrace_id id)
{
    if (id < n->variable_count)
        text_safe(t, names_variable(n, id), 0, MAX_SHOWN);
    else
        show_id(t, "variable", id);
}

void show_type(text *t, const names *n, ctrace_id id)
{
    const named_type *type = names_type(n, id);
    if (type)
        text_safe(t, type->name, 0, MAX_SHOWN);
    else
        show_id(t, "type", id);
}

void show_place(text *t, const names *n, ctrace_id path_id, int64_t line)
{
    if (path_id < n->path_count && n->paths[path_id].size == 0)
        text_put(t, "\"\"");
    else if (path_id < n->path_count)
        text_safe(t, names_path(n, path_id), 0, SIZE_MAX);
    else
        show_id(t, "path", path_id);
    text_format(t, ":%" PRId64, line);
}
