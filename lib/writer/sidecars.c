/* The files beside the events: trace_metadata.json, trace_paths.json, copies of the sources. A container holds what the
 * first two say. */
#include "writer/writer.h"

#include "ctrace/version.h"
#include "io/file.h"

static bool member(ctr_buffer *b, const char *name, ctrace_str text, uint64_t *mended)
{
    return ctr_json_literal(b, name) && ctr_json_text(b, text, mended);
}

static bool count(ctr_buffer *b, const char *name, uint64_t number)
{
    return ctr_json_literal(b, name) && ctr_json_u64(b, number);
}

static bool metadata(const ctrace_writer *w, ctr_buffer *b, bool complete)
{
    const ctrace_writer_options *o = &w->options;
    ctrace_writer_counts c;
    ctrace_writer_get_counts(w, &c);
    uint64_t mended = 0;
    bool ok = member(b, "{\"recording_id\":", (ctrace_str){w->recording_id, sizeof w->recording_id - 1}, &mended) &&
              member(b, ",\n\"workdir\":", o->workdir, &mended) && member(b, ",\n\"program\":", o->program, &mended) &&
              ctr_json_literal(b, ",\n\"args\":[");
    for (size_t i = 0; ok && i < o->arg_count; i++)
        ok = (i == 0 || ctr_json_literal(b, ",")) && ctr_json_text(b, o->args[i], &mended);
    ok = ok && ctr_json_literal(b, "]");
    if (ok && o->recorder.size)
        ok = member(b, ",\n\"recorder\":{\"name\":", o->recorder, &mended) &&
             member(b, ",\"version\":", o->recorder_version, &mended) && ctr_json_literal(b, "}");
    ok = ok && member(b, ",\n\"ctrace\":{\"version\":", CTRACE_STR(CTRACE_VERSION_STRING), &mended) &&
         ctr_json_literal(b, complete ? ",\"complete\":true" : ",\"complete\":false");
    if (ok && o->parent.size)
        ok = member(b, ",\"parent\":", o->parent, &mended);
    if (ok && complete)
        ok = count(b, ",\"events\":", c.events) && count(b, ",\"steps\":", c.steps) &&
             count(b, ",\"calls\":", c.calls) && count(b, ",\"texts_mended\":", c.texts_mended) &&
             count(b, ",\"values_cut\":", c.values_cut) && count(b, ",\"frames_closed\":", c.frames_closed) &&
             count(b, ",\"sources_unreadable\":", c.sources_unreadable) &&
             ctr_buffer_append(b, w->note.data, w->note.size);
    return ok && ctr_json_literal(b, "}}\n");
}

ctrace_status ctr_write_metadata(ctrace_writer *w, bool complete)
{
    if (!w->files.sidecars || w->options.form == CTRACE_FORM_CT)
        return CTRACE_OK;
    ctr_buffer b = {.allocator = w->allocator};
    ctrace_status status = CTRACE_OK;
    if (!metadata(w, &b, complete)) {
        status = ctr_writer_no_memory(w);
    } else {
        int failure = ctr_replace_file(w->files.folder, "trace_metadata.json", b.data, b.size, w->options.durable);
        if (!failure)
            failure = ctr_files_named(&w->files);
        if (failure)
            status = ctr_writer_fail_write(w, "trace_metadata.json", failure);
    }
    ctr_buffer_free(&b);
    return status;
}

bool ctr_close_path_list(ctrace_writer *w)
{
    return ctr_buffer_append(&w->path_list, w->path_list.size ? "\n]\n" : "[\n]\n", w->path_list.size ? 4 : 5);
}

static ctrace_status write_path_list(ctrace_writer *w)
{
    size_t size = w->path_list.size;
    if (!ctr_close_path_list(w))
        return ctr_writer_no_memory(w);
    int failure = ctr_replace_file(w->files.folder, "trace_paths.json", w->path_list.data, w->path_list.size - 1,
                                   w->options.durable);
    w->path_list.size = size;
    return failure ? ctr_writer_fail_write(w, "trace_paths.json", failure) : CTRACE_OK;
}

ctrace_status ctr_write_paths(ctrace_writer *w)
{
    if (!w->files.sidecars || !w->paths_changed)
        return CTRACE_OK;
    ctrace_status status = w->options.form == CTRACE_FORM_CT ? CTRACE_OK : write_path_list(w);
    if (status != CTRACE_OK)
        return status;
    w->paths_changed = false;
    for (size_t at = 0; at < w->uncopied.size; at += strlen(w->uncopied.data + at) + 1)
        if (ctr_copy_source(w->files.folder, w->options.workdir.data, w->uncopied.data + at, w->options.durable) != 0)
            w->counts.sources_unreadable++;
    w->uncopied.size = 0;
    int failure = ctr_files_named(&w->files);
    return failure ? ctr_writer_fail_write(w, "trace_paths.json", failure) : CTRACE_OK;
}
