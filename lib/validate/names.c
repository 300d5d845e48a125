/* Declarations, and the ids that refer to them. */
#include <inttypes.h>
#include <stdio.h>

#include "validate/check.h"

#define ROOM(c, array, capacity, count) ctr_check_room((c), (void **)&(array), &(capacity), (count), sizeof *(array))

/* The earliest id with this key, `id` itself when it is new. *key_at becomes the key's place in the map. */
static ctrace_id intern(ctr_check *c, ctr_map *map, const void *key, size_t size, ctrace_id id, size_t *key_at)
{
    ctrace_id first = ctr_map_find(map, key, size);
    if (first != CTRACE_ID_NONE)
        return first;
    *key_at = map->keys_size;
    if (!ctr_map_add(map, key, size, id))
        ctr_check_no_memory(c);
    return id;
}

static bool put_key(ctr_check *c, const void *data, size_t size)
{
    if (ctr_buffer_append(&c->key, data, size))
        return true;
    ctr_check_no_memory(c);
    return false;
}

static bool put_number(ctr_check *c, uint64_t number)
{
    return put_key(c, &number, sizeof number);
}

static bool put_text(ctr_check *c, ctrace_str text)
{
    return put_number(c, text.size) && put_key(c, text.data, text.size);
}

void ctr_check_path(ctr_check *c)
{
    ctrace_str path = c->event->path;
    if (!ROOM(c, c->paths, c->path_capacity, c->path_count))
        return;
    ctr_named_path *named = &c->paths[c->path_count];
    *named = (ctr_named_path){.event = c->here.event, .at = c->here, .size = path.size, .told_line = -1};
    named->first = intern(c, &c->path_map, path.data, path.size, c->path_count, &named->key_at);
    char shown[CTR_SHOWN_SIZE], note[CTR_NOTE_SIZE];
    ctr_shown(shown, path);
    if (named->first != c->path_count) {
        named->key_at = c->paths[named->first].key_at;
        snprintf(note, sizeof note, "it is path %" PRIu64 " since event %" PRIu64, named->first,
                 c->paths[named->first].event);
        ctr_tell(c, CTR_RULE_PATH_TWICE, note, "the path '%s' is registered again, as path %zu", shown, c->path_count);
    } else if (path.size == 0) {
        ctr_tell(c, CTR_RULE_PATH_EMPTY, NULL, "path %zu is empty", c->path_count);
    } else {
        if (!ctr_path_is_absolute(path))
            ctr_tell(c, CTR_RULE_PATH_RELATIVE, NULL, "the path '%s' is relative", shown);
        if (!ctr_path_stays_inside(path))
            ctr_tell(c, CTR_RULE_PATH_ESCAPES, NULL, "the path '%s' leads out of files/", shown);
    }
    c->path_count++;
}

void ctr_check_function(ctr_check *c)
{
    ctrace_id path_id = c->event->function.path_id;
    int64_t line = c->event->function.line;
    ctrace_str name = c->event->function.name;
    ctr_use_id(c, CTR_USE_FUNCTION_PATH, path_id);
    c->key.size = 0;
    if (!ROOM(c, c->functions, c->function_capacity, c->function_count) || !put_number(c, path_id) ||
        !put_number(c, (uint64_t)line) || !put_key(c, name.data, name.size))
        return;
    ctr_named_function *named = &c->functions[c->function_count];
    *named = (ctr_named_function){.event = c->here.event, .path_id = path_id, .line = line, .size = name.size};
    named->first = intern(c, &c->function_map, c->key.data, c->key.size, c->function_count, &named->key_at);
    named->key_at += 2 * sizeof(uint64_t);
    char shown[CTR_SHOWN_SIZE], note[CTR_NOTE_SIZE];
    ctr_shown(shown, name);
    if (named->first != c->function_count) {
        named->key_at = c->functions[named->first].key_at;
        snprintf(note, sizeof note, "it is function %" PRIu64 " since event %" PRIu64, named->first,
                 c->functions[named->first].event);
        ctr_tell(c, CTR_RULE_FUNCTION_TWICE, note, "the function '%s' is registered again, as function %zu", shown,
                 c->function_count);
    }
    if (line < 0)
        ctr_tell(c, CTR_RULE_FUNCTION_LINE, NULL, "the function '%s' is defined on line %" PRId64, shown, line);
    else if (line == 0 && !ctr_told(c, CTR_RULE_LINE_ZERO))
        ctr_tell(c, CTR_RULE_LINE_ZERO, NULL, "the function '%s' is defined on line 0", shown);
    c->function_count++;
}

void ctr_check_type(ctr_check *c)
{
    uint32_t kind = (uint32_t)c->event->type.kind;
    ctrace_str name = c->event->type.lang_type;
    const ctrace_type_info *info = &c->event->type.specific_info;
    c->key.size = 0;
    if (!ROOM(c, c->types, c->type_capacity, c->type_count) || !put_text(c, name) || !put_number(c, kind) ||
        !put_number(c, info->kind))
        return;
    ctr_named_type *named = &c->types[c->type_count];
    *named = (ctr_named_type){.event = c->here.event, .kind = kind, .size = name.size};
    if (info->kind == CTRACE_TYPE_INFO_STRUCT) {
        named->field_count = info->field_count;
        for (size_t i = 0; i < info->field_count; i++)
            if (!put_text(c, info->fields[i].name) || !put_number(c, info->fields[i].type_id))
                return;
    } else if (info->kind == CTRACE_TYPE_INFO_POINTER && !put_number(c, info->dereference_type_id)) {
        return;
    }
    named->first = intern(c, &c->type_map, c->key.data, c->key.size, c->type_count, &named->key_at);
    named->key_at += sizeof(uint64_t);
    char shown[CTR_SHOWN_SIZE], note[CTR_NOTE_SIZE];
    ctr_shown(shown, name);
    if (named->first != c->type_count) {
        named->key_at = c->types[named->first].key_at;
        snprintf(note, sizeof note, "it is type %" PRIu64 " since event %" PRIu64, named->first,
                 c->types[named->first].event);
        ctr_tell(c, CTR_RULE_TYPE_TWICE, note, "the type '%s' is registered again, as type %zu", shown, c->type_count);
    }
    if (c->type_count == 0 && kind != CTRACE_TYPE_NONE) {
        const char *kind_name = ctrace_type_kind_name((ctrace_type_kind)kind);
        ctr_tell(c, CTR_RULE_TYPE_ZERO, NULL, "type 0 is '%s' of the kind %s", shown, kind_name ? kind_name : "?");
    }
    /* A type may refer to itself. */
    c->type_count++;
    if (info->kind == CTRACE_TYPE_INFO_STRUCT)
        for (size_t i = 0; i < info->field_count; i++)
            ctr_use_id(c, CTR_USE_TYPE_TYPE, info->fields[i].type_id);
    else if (info->kind == CTRACE_TYPE_INFO_POINTER)
        ctr_use_id(c, CTR_USE_TYPE_TYPE, info->dereference_type_id);
}

void ctr_check_variable(ctr_check *c)
{
    ctrace_str name = c->event->variable_name;
    if (!ROOM(c, c->variables, c->variable_capacity, c->variable_count))
        return;
    ctr_named_variable *named = &c->variables[c->variable_count];
    *named = (ctr_named_variable){.event = c->here.event, .size = name.size};
    named->first = intern(c, &c->variable_map, name.data, name.size, c->variable_count, &named->key_at);
    if (named->first != c->variable_count) {
        char shown[CTR_SHOWN_SIZE], note[CTR_NOTE_SIZE];
        named->key_at = c->variables[named->first].key_at;
        snprintf(note, sizeof note, "it is variable %" PRIu64 " since event %" PRIu64, named->first,
                 c->variables[named->first].event);
        ctr_tell(c, CTR_RULE_VARIABLE_TWICE, note, "the variable '%s' is registered again, as variable %zu",
                 ctr_shown(shown, name), c->variable_count);
    }
    c->variable_count++;
}

static ctrace_str key_text(const ctr_map *map, size_t key_at, size_t size)
{
    return (ctrace_str){size ? map->keys + key_at : "", size};
}

ctrace_str ctr_path_text(const ctr_check *c, ctrace_id id)
{
    return id < c->path_count ? key_text(&c->path_map, c->paths[id].key_at, c->paths[id].size) : CTRACE_STR("?");
}

ctrace_str ctr_function_name(const ctr_check *c, ctrace_id id)
{
    return id < c->function_count ? key_text(&c->function_map, c->functions[id].key_at, c->functions[id].size)
                                  : CTRACE_STR("?");
}

ctrace_str ctr_type_name(const ctr_check *c, ctrace_id id)
{
    return id < c->type_count ? key_text(&c->type_map, c->types[id].key_at, c->types[id].size) : CTRACE_STR("?");
}

ctrace_str ctr_variable_text(const ctr_check *c, ctrace_id id)
{
    return id < c->variable_count ? key_text(&c->variable_map, c->variables[id].key_at, c->variables[id].size)
                                  : CTRACE_STR("?");
}

/* ---- Ids ---- */

static const struct {
    ctr_rule_number rule;
    const char *what, *declaration;
} uses[CTR_USE_COUNT] = {
    [CTR_USE_STEP_PATH] = {CTR_RULE_PATH_UNDECLARED, "path", "Path"},
    [CTR_USE_FUNCTION_PATH] = {CTR_RULE_FUNCTION_PATH_UNDECLARED, "path", "Path"},
    [CTR_USE_FUNCTION] = {CTR_RULE_FUNCTION_UNDECLARED, "function", "Function"},
    [CTR_USE_VARIABLE] = {CTR_RULE_VARIABLE_UNDECLARED, "variable", "VariableName"},
    [CTR_USE_VALUE_TYPE] = {CTR_RULE_TYPE_UNDECLARED, "type", "Type"},
    [CTR_USE_TYPE_TYPE] = {CTR_RULE_TYPE_REFERENCE_UNDECLARED, "type", "Type"},
};

static size_t declared(const ctr_check *c, ctr_use use)
{
    switch (use) {
    case CTR_USE_STEP_PATH:
    case CTR_USE_FUNCTION_PATH:
        return c->path_count;
    case CTR_USE_FUNCTION:
        return c->function_count;
    case CTR_USE_VARIABLE:
        return c->variable_count;
    default:
        return c->type_count;
    }
}

static uint64_t declaration_event(const ctr_check *c, ctr_use use, ctrace_id id)
{
    switch (use) {
    case CTR_USE_STEP_PATH:
    case CTR_USE_FUNCTION_PATH:
        return c->paths[id].event;
    case CTR_USE_FUNCTION:
        return c->functions[id].event;
    case CTR_USE_VARIABLE:
        return c->variables[id].event;
    default:
        return c->types[id].event;
    }
}

bool ctr_use_id(ctr_check *c, ctr_use use, ctrace_id id)
{
    if (id < declared(c, use))
        return true;
    ctr_pending_list *list = &c->pending[use];
    ctrace_id index = ctr_map_find(&list->map, &id, sizeof id);
    if (index != CTRACE_ID_NONE) {
        list->items[index].uses++;
        return false;
    }
    ctr_pending pending = {id, c->here, c->event->kind, 1};
    if (list->count == CTR_MAX_PENDING) {
        if (!list->highest.uses || id > list->highest.id)
            list->highest = pending;
        return false;
    }
    if (!ROOM(c, list->items, list->capacity, list->count))
        return false;
    if (!ctr_map_add(&list->map, &id, sizeof id, list->count)) {
        ctr_check_no_memory(c);
        return false;
    }
    list->items[list->count++] = pending;
    return false;
}

/* Judges an id that was not declared when it was used. */
static void judge_pending(ctr_check *c, ctr_use use, const ctr_pending *p)
{
    const char *kind = ctrace_event_kind_name(p->event_kind);
    size_t count = declared(c, use);
    char note[CTR_NOTE_SIZE];
    if (p->id < count) {
        snprintf(note, sizeof note, "it is declared in event %" PRIu64, declaration_event(c, use, p->id));
        ctr_tell_at(c, CTR_RULE_DECLARED_LATE, &p->at, note, "%s uses %s %" PRIu64 " before its declaration", kind,
                    uses[use].what, p->id);
    } else if (!c->cut) {
        int size = snprintf(note, sizeof note, "the trace has %zu %s event%s", count, uses[use].declaration,
                            count == 1 ? "" : "s");
        if (p->uses > 1 && size > 0 && (size_t)size < sizeof note)
            snprintf(note + size, sizeof note - (size_t)size, "; the id is used %" PRIu64 " times", p->uses);
        ctr_tell_at(c, uses[use].rule, &p->at, note, "%s uses %s %" PRIu64 ", which is never declared", kind,
                    uses[use].what, p->id);
    }
}

void ctr_check_names_end(ctr_check *c)
{
    for (size_t use = 0; use < CTR_USE_COUNT; use++) {
        const ctr_pending_list *list = &c->pending[use];
        for (size_t i = 0; i < list->count; i++)
            judge_pending(c, (ctr_use)use, &list->items[i]);
        if (list->highest.uses)
            judge_pending(c, (ctr_use)use, &list->highest);
    }
}

void ctr_names_free(ctr_check *c)
{
    ctr_map_free(&c->path_map);
    ctr_map_free(&c->function_map);
    ctr_map_free(&c->type_map);
    ctr_map_free(&c->variable_map);
    ctr_free(c->allocator, c->paths, c->path_capacity * sizeof *c->paths);
    ctr_free(c->allocator, c->functions, c->function_capacity * sizeof *c->functions);
    ctr_free(c->allocator, c->types, c->type_capacity * sizeof *c->types);
    ctr_free(c->allocator, c->variables, c->variable_capacity * sizeof *c->variables);
    ctr_buffer_free(&c->key);
    for (size_t use = 0; use < CTR_USE_COUNT; use++) {
        ctr_map_free(&c->pending[use].map);
        ctr_free(c->allocator, c->pending[use].items, c->pending[use].capacity * sizeof *c->pending[use].items);
    }
}
