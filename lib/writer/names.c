/* Paths, functions, types and variables: declared once, dense ids. */
#include "writer/writer.h"

static bool key_add(ctrace_writer *w, const void *data, size_t size) { return ctr_buffer_append(&w->key, data, size); }

static bool key_add_text(ctrace_writer *w, ctrace_str text)
{
    return key_add(w, &text.size, sizeof text.size) && key_add(w, text.data, text.size);
}

/* Declares what `event` says under the key in w->key, unless it is there. */
static ctrace_id declare(ctrace_writer *w, ctr_map *map, const uint64_t *count, const ctrace_event *event)
{
    ctrace_id id = ctr_map_find(map, w->key.data, w->key.size);
    if (id != CTRACE_ID_NONE)
        return id;
    id = *count;
    if (!ctr_map_add(map, w->key.data, w->key.size, id)) {
        ctr_writer_no_memory(w);
        return CTRACE_ID_NONE;
    }
    return ctr_whole_event(w, event) == CTRACE_OK ? id : CTRACE_ID_NONE;
}

static ctrace_id no_memory(ctrace_writer *w)
{
    ctr_writer_no_memory(w);
    return CTRACE_ID_NONE;
}

ctrace_id ctrace_path(ctrace_writer *w, ctrace_str path)
{
    if (w->fatal)
        return CTRACE_ID_NONE;
    w->key.size = 0;
    if (!key_add(w, path.data, path.size))
        return no_memory(w);
    return declare(w, &w->paths, &w->path_count, &(ctrace_event){.kind = CTRACE_EVENT_PATH, .path = path});
}

ctrace_id ctrace_variable(ctrace_writer *w, ctrace_str name)
{
    if (w->fatal)
        return CTRACE_ID_NONE;
    w->key.size = 0;
    if (!key_add(w, name.data, name.size))
        return no_memory(w);
    return declare(w, &w->variables, &w->variable_count,
                   &(ctrace_event){.kind = CTRACE_EVENT_VARIABLE_NAME, .variable_name = name});
}

ctrace_id ctrace_function(ctrace_writer *w, ctrace_id path, int64_t line, ctrace_str name)
{
    if (w->fatal)
        return CTRACE_ID_NONE;
    if (path >= w->path_count) {
        ctr_writer_refuse(w, CTRACE_ARGUMENT, "a function's path is not declared");
        return CTRACE_ID_NONE;
    }
    w->key.size = 0;
    bool ok = w->options.interning == CTRACE_INTERN_NAMES || (key_add(w, &path, sizeof path) && key_add(w, &line, sizeof line));
    if (!ok || !key_add(w, name.data, name.size))
        return no_memory(w);
    return declare(w, &w->functions, &w->function_count,
                   &(ctrace_event){.kind = CTRACE_EVENT_FUNCTION, .function = {path, line, name}});
}

static ctrace_id declare_type(ctrace_writer *w, ctrace_type_kind kind, ctrace_str name, const ctrace_type_info *info)
{
    if (w->fatal)
        return CTRACE_ID_NONE;
    if ((unsigned)kind >= CTRACE_TYPE_KIND_COUNT) {
        ctr_writer_refuse(w, CTRACE_ARGUMENT, "a type's kind is not one of the format's");
        return CTRACE_ID_NONE;
    }
    w->key.size = 0;
    bool ok = key_add_text(w, name);
    if (w->options.interning == CTRACE_INTERN_FULL) {
        ok = ok && key_add(w, &kind, sizeof kind) && key_add(w, &info->kind, sizeof info->kind);
        if (info->kind == CTRACE_TYPE_INFO_POINTER)
            ok = ok && key_add(w, &info->dereference_type_id, sizeof info->dereference_type_id);
        for (size_t i = 0; ok && i < info->field_count; i++)
            ok = key_add_text(w, info->fields[i].name) && key_add(w, &info->fields[i].type_id, sizeof(ctrace_id));
    }
    if (!ok)
        return no_memory(w);
    return declare(w, &w->types, &w->type_count,
                   &(ctrace_event){.kind = CTRACE_EVENT_TYPE, .type = {kind, name, *info}});
}

ctrace_id ctrace_type(ctrace_writer *w, ctrace_type_kind kind, ctrace_str name)
{
    return declare_type(w, kind, name, &(ctrace_type_info){.kind = CTRACE_TYPE_INFO_NONE});
}

ctrace_id ctrace_struct_type(ctrace_writer *w, ctrace_str name, const ctrace_field *fields, size_t count)
{
    return declare_type(w, CTRACE_TYPE_STRUCT, name,
                        &(ctrace_type_info){.kind = CTRACE_TYPE_INFO_STRUCT, .fields = fields, .field_count = count});
}

ctrace_id ctrace_pointer_type(ctrace_writer *w, ctrace_str name, ctrace_id target)
{
    return declare_type(w, CTRACE_TYPE_POINTER, name,
                        &(ctrace_type_info){.kind = CTRACE_TYPE_INFO_POINTER, .dereference_type_id = target});
}

ctrace_id ctr_plain_type(ctrace_writer *w, ctrace_value_kind kind)
{
    static const struct {
        ctrace_type_kind kind;
        ctrace_str name;
    } plain[CTRACE_VALUE_KIND_COUNT] = {
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
    ctrace_id *id = &w->plain_types[kind];
    if (*id == CTRACE_ID_NONE)
        *id = ctrace_type(w, plain[kind].kind, plain[kind].name);
    return *id;
}

/* A path goes to the list of paths and, once, to those whose source is to be copied. */
static bool path_declared(ctrace_writer *w, ctrace_str path)
{
    bool is_container = w->options.form == CTRACE_FORM_CT;
    if (!w->files.sidecars && !is_container)
        return true;
    uint64_t mended = 0; /* counted with the event */
    if (!ctr_buffer_append(&w->path_list, w->path_list.size ? ",\n" : "[\n", 2) ||
        !ctr_json_text(&w->path_list, path, &mended))
        return false;
    w->paths_changed = true;
    /* "<string>" and the like are names of no file. */
    bool is_file = path.size && path.data[0] != '<';
    if ((w->options.without & CTRACE_CONVENIENCE_COPY_FILES) || !is_file || !w->files.sidecars)
        return true;
    if (memchr(path.data, 0, path.size)) {
        w->counts.sources_unreadable++;
        return true;
    }
    return ctr_buffer_append(&w->uncopied, path.data, path.size) && ctr_buffer_append(&w->uncopied, "", 1);
}

bool ctr_names_declared(ctrace_writer *w, const ctrace_event *event)
{
    switch (event->kind) {
    case CTRACE_EVENT_PATH:
        w->path_count++;
        return path_declared(w, event->path);
    case CTRACE_EVENT_FUNCTION: {
        ctr_function f = {event->function.path_id, event->function.line};
        w->function_count++;
        return ctr_buffer_append(&w->function_table, &f, sizeof f);
    }
    case CTRACE_EVENT_TYPE:
        w->type_count++;
        return true;
    case CTRACE_EVENT_VARIABLE_NAME:
    case CTRACE_EVENT_VARIABLE:
        w->variable_count++;
        return true;
    default:
        return true;
    }
}
