/* Paths, functions, types and variables: declared once, dense ids. */
#include "writer/writer.h"

/* Declares what `event` says, unless it is there. */
static ctrace_id declare(ctrace_writer *w, const uint64_t *count, const ctrace_event *event)
{
    ctrace_id id;
    bool ok = ctr_interning_find(&w->names, event, &id);
    if (ok && id != CTRACE_ID_NONE)
        return id;
    id = *count;
    if (!ok || !ctr_interning_add(&w->names, event, id)) {
        ctr_writer_no_memory(w);
        return CTRACE_ID_NONE;
    }
    return ctr_whole_event(w, event) == CTRACE_OK ? id : CTRACE_ID_NONE;
}

ctrace_id ctrace_path(ctrace_writer *w, ctrace_str path)
{
    if (w->fatal)
        return CTRACE_ID_NONE;
    return declare(w, &w->path_count, &(ctrace_event){.kind = CTRACE_EVENT_PATH, .path = path});
}

ctrace_id ctrace_variable(ctrace_writer *w, ctrace_str name)
{
    if (w->fatal)
        return CTRACE_ID_NONE;
    return declare(w, &w->variable_count, &(ctrace_event){.kind = CTRACE_EVENT_VARIABLE_NAME, .variable_name = name});
}

ctrace_id ctrace_function(ctrace_writer *w, ctrace_id path, int64_t line, ctrace_str name)
{
    if (w->fatal)
        return CTRACE_ID_NONE;
    if (path >= w->path_count) {
        ctr_writer_refuse(w, CTRACE_ARGUMENT, "a function's path is not declared");
        return CTRACE_ID_NONE;
    }
    return declare(w, &w->function_count,
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
    return declare(w, &w->type_count, &(ctrace_event){.kind = CTRACE_EVENT_TYPE, .type = {kind, name, *info}});
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
    ctrace_id *id = &w->plain_types[kind];
    if (*id == CTRACE_ID_NONE)
        *id = ctrace_type(w, ctr_plain_types[kind].kind, ctr_plain_types[kind].name);
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
