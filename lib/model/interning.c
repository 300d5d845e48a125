#include "model/interning.h"

#include "base/uuid.h"

const ctr_plain_type_name ctr_plain_types[CTRACE_VALUE_KIND_COUNT] = {
    [CTRACE_VALUE_INT] = {CTRACE_TYPE_INT, {"int", 3}},
    [CTRACE_VALUE_FLOAT] = {CTRACE_TYPE_FLOAT, {"float", 5}},
    [CTRACE_VALUE_BOOL] = {CTRACE_TYPE_BOOL, {"bool", 4}},
    [CTRACE_VALUE_STRING] = {CTRACE_TYPE_STRING, {"string", 6}},
    [CTRACE_VALUE_SEQUENCE] = {CTRACE_TYPE_SEQ, {"sequence", 8}},
    [CTRACE_VALUE_TUPLE] = {CTRACE_TYPE_TUPLE, {"tuple", 5}},
    [CTRACE_VALUE_STRUCT] = {CTRACE_TYPE_STRUCT, {"struct", 6}},
    [CTRACE_VALUE_VARIANT] = {CTRACE_TYPE_VARIANT, {"variant", 7}},
    [CTRACE_VALUE_REFERENCE] = {CTRACE_TYPE_REF, {"reference", 9}},
    [CTRACE_VALUE_RAW] = {CTRACE_TYPE_RAW, {"raw", 3}},
    [CTRACE_VALUE_ERROR] = {CTRACE_TYPE_ERROR, {"error", 5}},
    [CTRACE_VALUE_NONE] = {CTRACE_TYPE_NONE, {"None", 4}},
    [CTRACE_VALUE_BIG_INT] = {CTRACE_TYPE_INT, {"int", 3}},
    [CTRACE_VALUE_CHAR] = {CTRACE_TYPE_CHAR, {"char", 4}},
};

void ctr_interning_init(ctr_interning *interning, bool by_name, const ctrace_allocator *allocator)
{
    memset(interning, 0, sizeof *interning);
    interning->by_name = by_name;
    interning->key.allocator = allocator;
    ctr_map *maps[] = {&interning->paths, &interning->functions, &interning->types, &interning->variables};
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        maps[i]->allocator = allocator;
        maps[i]->seed = ctr_random_u64();
    }
}

void ctr_interning_free(ctr_interning *interning)
{
    ctr_map_free(&interning->paths);
    ctr_map_free(&interning->functions);
    ctr_map_free(&interning->types);
    ctr_map_free(&interning->variables);
    ctr_buffer_free(&interning->key);
}

static bool add(ctr_interning *interning, const void *data, size_t size)
{
    return ctr_buffer_append(&interning->key, data, size);
}

static bool add_text(ctr_interning *interning, ctrace_str text)
{
    return add(interning, &text.size, sizeof text.size) && add(interning, text.data, text.size);
}

static bool add_type(ctr_interning *interning, const ctrace_type_event *type)
{
    const ctrace_type_info *info = &type->specific_info;
    bool ok = add_text(interning, type->lang_type);
    if (interning->by_name)
        return ok;
    ok = ok && add(interning, &type->kind, sizeof type->kind) && add(interning, &info->kind, sizeof info->kind);
    if (info->kind == CTRACE_TYPE_INFO_POINTER)
        ok = ok && add(interning, &info->dereference_type_id, sizeof info->dereference_type_id);
    for (size_t i = 0; ok && i < info->field_count; i++)
        ok = add_text(interning, info->fields[i].name) &&
             add(interning, &info->fields[i].type_id, sizeof(ctrace_id));
    return ok;
}

static ctr_map *map_of(ctr_interning *interning, ctrace_event_kind kind)
{
    switch (kind) {
    case CTRACE_EVENT_PATH:
        return &interning->paths;
    case CTRACE_EVENT_FUNCTION:
        return &interning->functions;
    case CTRACE_EVENT_TYPE:
        return &interning->types;
    default:
        return &interning->variables;
    }
}

static bool make_key(ctr_interning *interning, const ctrace_event *declaration)
{
    interning->key.size = 0;
    switch (declaration->kind) {
    case CTRACE_EVENT_PATH:
        return add(interning, declaration->path.data, declaration->path.size);
    case CTRACE_EVENT_FUNCTION: {
        const ctrace_function_event *f = &declaration->function;
        bool ok = interning->by_name ||
                  (add(interning, &f->path_id, sizeof f->path_id) && add(interning, &f->line, sizeof f->line));
        return ok && add(interning, f->name.data, f->name.size);
    }
    case CTRACE_EVENT_TYPE:
        return add_type(interning, &declaration->type);
    default:
        return add(interning, declaration->variable_name.data, declaration->variable_name.size);
    }
}

bool ctr_interning_find(ctr_interning *interning, const ctrace_event *declaration, ctrace_id *id)
{
    if (!make_key(interning, declaration))
        return false;
    *id = ctr_map_find(map_of(interning, declaration->kind), interning->key.data, interning->key.size);
    return true;
}

bool ctr_interning_add(ctr_interning *interning, const ctrace_event *declaration, ctrace_id id)
{
    return ctr_map_add(map_of(interning, declaration->kind), interning->key.data, interning->key.size, id);
}
