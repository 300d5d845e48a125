#include "codec/ctfs/names.h"

ctrace_status ctr_ctfs_names_open(ctr_ctfs_names *n, ctr_ctfs_shared *shared, const ctr_ctfs_meta *meta,
                                  ctrace_error *error)
{
    n->shared = shared;
    n->meta = meta;
    n->binary = ctr_ctfs_meta_has(meta, CTR_CTFS_BINARY_TABLES);
    ctrace_status status = ctr_ctfs_table_open(&n->paths, shared, "paths", error);
    if (status == CTRACE_OK)
        status = ctr_ctfs_table_open(&n->functions, shared, "funcs", error);
    if (status == CTRACE_OK)
        status = ctr_ctfs_table_open(&n->types, shared, "types", error);
    if (status == CTRACE_OK)
        status = ctr_ctfs_table_open(&n->variables, shared, "varnames", error);
    n->path_count = n->paths.there ? n->paths.count : meta->path_count;
    return status;
}

void ctr_ctfs_names_close(ctr_ctfs_names *n)
{
    ctr_ctfs_table_close(&n->paths);
    ctr_ctfs_table_close(&n->functions);
    ctr_ctfs_table_close(&n->types);
    ctr_ctfs_table_close(&n->variables);
}

/* A record, empty when it is none. */
static ctrace_status read_row(ctr_ctfs_table *t, uint64_t id, const char **data, size_t *size, ctrace_error *error)
{
    ctrace_status status = ctr_ctfs_table_read(t, id, data, size, error);
    if (status != CTRACE_END)
        return status;
    ctr_ctfs_note(t->shared, CTRACE_LENIENCY_CT_RECORD_LOST);
    *data = "";
    *size = 0;
    return CTRACE_OK;
}

static void note_bare(ctr_ctfs_names *n)
{
    if (!n->bare_is_noted)
        ctr_ctfs_note(n->shared, CTRACE_LENIENCY_CT_NAMES_BARE);
    n->bare_is_noted = true;
}

ctrace_status ctr_ctfs_names_path(ctr_ctfs_names *n, uint64_t id, ctrace_event *out, ctrace_error *error)
{
    ctrace_str path = {"", 0};
    out->kind = CTRACE_EVENT_PATH;
    if (n->paths.there) {
        const char *data;
        size_t size, at;
        uint64_t lines, length;
        ctrace_status status = read_row(&n->paths, id, &data, &size, error);
        if (status != CTRACE_OK)
            return status;
        if (!ctr_ctfs_meta_has(n->meta, CTR_CTFS_COLUMN_AWARE) ||
            !ctr_ctfs_path_with_lines(data, size, &path, &at, &lines, &length))
            path = (ctrace_str){data, size};
    } else {
        if (id == 0)
            n->meta_paths = n->meta->paths;
        if (!ctr_ctfs_next_path(&n->meta_paths, &path))
            path = (ctrace_str){"", 0};
    }
    return ctr_ctfs_text(n->shared, path.data, path.size, &out->path, error);
}

ctrace_status ctr_ctfs_names_variable(ctr_ctfs_names *n, uint64_t id, ctrace_event *out, ctrace_error *error)
{
    const char *data;
    size_t size;
    out->kind = CTRACE_EVENT_VARIABLE_NAME;
    ctrace_status status = read_row(&n->variables, id, &data, &size, error);
    return status == CTRACE_OK ? ctr_ctfs_text(n->shared, data, size, &out->variable_name, error) : status;
}

/* Takes a length and a text that ends before `end`. */
static bool take_text(const char **at, const char *end, ctrace_str *out)
{
    uint64_t size;
    if (!ctr_ctfs_varint(at, end, &size) || size > (uint64_t)(end - *at))
        return false;
    *out = (ctrace_str){*at, (size_t)size};
    *at += size;
    return true;
}

ctrace_status ctr_ctfs_names_function(ctr_ctfs_names *n, uint64_t id, const ctr_ctfs_positions *positions,
                                      ctrace_event *out, bool *has_place, ctrace_error *error)
{
    const char *data;
    size_t size;
    ctrace_status status = read_row(&n->functions, id, &data, &size, error);
    if (status != CTRACE_OK)
        return status;
    const char *at = data, *end = data + size;
    ctrace_str name;
    uint64_t position;
    ctr_ctfs_place place = {0};
    *has_place = n->binary && ctr_ctfs_varint(&at, end, &position) && take_text(&at, end, &name) && at == end;
    if (*has_place) {
        ctr_ctfs_positions_find_line(positions, position, &place);
    } else {
        name = (ctrace_str){data, size};
        note_bare(n);
    }
    out->kind = CTRACE_EVENT_FUNCTION;
    out->function.path_id = place.path;
    out->function.line = place.line;
    return ctr_ctfs_text(n->shared, name.data, name.size, &out->function.name, error);
}

/* Reads a type; false when it is a bare name. */
static bool read_type(ctr_ctfs_names *n, const char *data, size_t size, ctrace_type_event *out)
{
    const char *at = data, *end = data + size;
    ctr_cbor_decoder *cbor = &n->shared->cbor;
    if (!n->binary || at == end)
        return false;
    out->kind = (ctrace_type_kind)(unsigned char)*at++;
    return take_text(&at, end, &out->lang_type) &&
           ctr_cbor_decode_type_info(cbor, at, end, &out->specific_info) == CTRACE_OK && cbor->after == end;
}

ctrace_status ctr_ctfs_names_type(ctr_ctfs_names *n, uint64_t id, ctrace_event *out, ctrace_error *error)
{
    const char *data;
    size_t size;
    ctrace_status status = read_row(&n->types, id, &data, &size, error);
    if (status != CTRACE_OK)
        return status;
    out->kind = CTRACE_EVENT_TYPE;
    if (read_type(n, data, size, &out->type)) {
        status = ctr_ctfs_judge_cbor(n->shared, CTRACE_OK, data + size, "a type", error);
        if ((unsigned)out->type.kind >= CTRACE_TYPE_KIND_COUNT)
            ctr_ctfs_note(n->shared, CTRACE_LENIENCY_KIND_UNKNOWN);
    } else {
        out->type = (ctrace_type_event){.kind = CTRACE_TYPE_RAW, .lang_type = {data, size}};
        note_bare(n);
    }
    ctrace_str name = out->type.lang_type;
    return status == CTRACE_OK ? ctr_ctfs_text(n->shared, name.data, name.size, &out->type.lang_type, error) : status;
}

ctrace_status ctr_ctfs_names_of_type(ctr_ctfs_names *n, uint64_t id, ctrace_str *out, ctrace_error *error)
{
    const char *data;
    size_t size;
    ctrace_type_event type;
    ctrace_status status = ctr_ctfs_table_read(&n->types, id, &data, &size, error);
    if (status == CTRACE_END)
        size = 0;
    else if (status != CTRACE_OK)
        return status;
    ctrace_str name = {size ? data : "", size};
    if (size && read_type(n, data, size, &type))
        name = type.lang_type;
    return ctr_ctfs_text(n->shared, name.data, name.size, out, error);
}
