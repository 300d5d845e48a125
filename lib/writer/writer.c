/* A writer's life: open, flush, close. */
#include "writer/writer.h"

#include <limits.h>
#include <time.h>
#include <unistd.h>

#include "base/options.h"
#include "base/uuid.h"
#include "writer/changes.h"

/* All that a writer has. */
#define BUFFERS(w)                                                                                     \
    &(w)->texts, &(w)->note, &(w)->apart, &(w)->function_table, &(w)->path_list, &(w)->uncopied,       \
        &(w)->threads, &(w)->args, &(w)->arg_values.values, &(w)->arg_values.texts, &(w)->tree.values, \
        &(w)->tree.texts

#define FLUSH_BYTES (1 << 20) /* a large write costs the system less, byte by byte */
#define FLUSH_BYTES_COMPRESSED (2 << 20) /* a flush ends a frame, and small ones compress badly */

/* How many events pass between two looks at the clock. */
#define EVENTS_PER_CLOCK 256

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

ctrace_status ctr_writer_refuse(ctrace_writer *w, ctrace_status status, const char *message)
{
    if (w->fatal)
        return w->failure.status;
    if (w->failure.status == CTRACE_OK) {
        ctr_fail(&w->failure, status, "%s", message);
        w->failure.position.event = w->counts.events;
    }
    return status;
}

ctrace_status ctr_writer_no_memory(ctrace_writer *w)
{
    if (w->fatal)
        return w->failure.status;
    w->fatal = true;
    ctr_fail(&w->failure, CTRACE_NO_MEMORY, "out of memory");
    w->failure.position.event = w->counts.events;
    return CTRACE_NO_MEMORY;
}

ctrace_status ctr_writer_fail_write(ctrace_writer *w, const char *file, int system_error)
{
    if (w->fatal)
        return w->failure.status;
    w->fatal = true;
    ctrace_status status = ctr_fail_system(&w->failure, system_error, "write", file);
    w->failure.position.event = w->counts.events;
    return status;
}

ctrace_status ctr_writer_fail_encoder(ctrace_writer *w, ctrace_status status)
{
    if (status == CTRACE_IO)
        return ctr_writer_fail_write(w, w->files.folder < 0 ? "the sink" : w->files.name, w->encoder->system_error);
    return ctr_writer_no_memory(w);
}

static ctrace_status finish_events(ctrace_writer *w)
{
    const ctrace_writer_options *o = &w->options;
    ctr_trace_facts facts = {
        .program = o->program,
        .args = o->args,
        .arg_count = o->arg_count,
        .workdir = o->workdir,
        .recorder = o->recorder,
        .recorder_version = o->recorder_version,
        .recording_id = {w->recording_id, sizeof w->recording_id - 1},
    };
    if (!ctr_close_path_list(w))
        return CTRACE_NO_MEMORY;
    facts.paths_json = (ctrace_str){w->path_list.data, w->path_list.size - 1};
    return w->encoder->class->finish(w->encoder, &facts);
}

static ctrace_status flush_all(ctrace_writer *w, bool end)
{
    if (w->fatal)
        return w->failure.status;
    ctrace_status status = ctr_write_paths(w);
    if (status != CTRACE_OK)
        return status;
    ctr_quiet quiet = ctr_quiet_begin();
    status = end ? finish_events(w) : w->encoder->class->flush(w->encoder);
    ctr_quiet_end(&quiet);
    int failure = status == CTRACE_OK ? ctr_files_flushed(&w->files) : 0;
    if (failure)
        return ctr_writer_fail_write(w, w->files.name, failure);
    ctr_step_settled(w);
    w->flushed_at = now_ms();
    w->events_to_clock = EVENTS_PER_CLOCK;
    return status == CTRACE_OK ? CTRACE_OK : ctr_writer_fail_encoder(w, status);
}

ctrace_status ctr_writer_maybe_flush(ctrace_writer *w)
{
    size_t waiting = w->json ? w->json->out.size : w->encoder->waiting;
    if (waiting >= w->options.flush_bytes)
        return flush_all(w, false);
    w->events_to_clock = EVENTS_PER_CLOCK;
    if (now_ms() - w->flushed_at >= (int64_t)w->options.flush_ms)
        return flush_all(w, false);
    return CTRACE_OK;
}

ctrace_status ctrace_writer_flush(ctrace_writer *w, ctrace_error *error)
{
    ctrace_status status = ctr_writer_ready(w);
    if (status == CTRACE_OK)
        status = flush_all(w, false);
    if (status != CTRACE_OK && error)
        *error = w->failure;
    return status;
}

static void free_writer(ctrace_writer *w)
{
    bool ours = w->owner == getpid();
    if (w->encoder && !ours && w->encoder->class->abandon)
        w->encoder->class->abandon(w->encoder);
    else if (w->encoder)
        w->encoder->class->close(w->encoder);
    ctr_files_close(&w->files, ours);
    ctr_interning_free(&w->names);
    ctr_buffer *buffers[] = {BUFFERS(w)};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        ctr_buffer_free(buffers[i]);
    ctr_free(w->allocator, w->open, w->options.max_depth * sizeof *w->open);
    ctr_free(w->allocator, w, sizeof *w);
}

/* Copies a text of the options; `texts` has room, so it does not move. */
static void keep_text(ctrace_writer *w, ctrace_str *text)
{
    char *at = w->texts.data + w->texts.size;
    if (text->size)
        memcpy(at, text->data, text->size);
    at[text->size] = 0;
    w->texts.size += text->size + 1;
    text->data = at;
}

static bool keep_options(ctrace_writer *w)
{
    ctrace_writer_options *o = &w->options;
    char cwd[PATH_MAX];
    if (o->workdir.size == 0 && getcwd(cwd, sizeof cwd))
        o->workdir = (ctrace_str){cwd, strlen(cwd)};
    if (o->top_level.size == 0)
        o->top_level = CTRACE_STR("<top-level>");

    ctrace_str *texts[] = {&o->program,          &o->workdir,   &o->recorder,
                           &o->recorder_version, &o->top_level, &o->parent};
    size_t list = o->arg_count * sizeof(ctrace_str), room = list;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        room += texts[i]->size + 1;
    for (size_t i = 0; i < o->arg_count; i++)
        room += o->args[i].size + 1;
    if (!ctr_buffer_reserve(&w->texts, room))
        return false;
    if (o->arg_count) {
        memcpy(w->texts.data, o->args, list);
        w->texts.size = list;
        ctrace_str *args = (ctrace_str *)(void *)w->texts.data;
        o->args = args;
        for (size_t i = 0; i < o->arg_count; i++)
            keep_text(w, &args[i]);
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        keep_text(w, texts[i]);
    return true;
}

#define UUID_EXAMPLE "0192a5f0-7b3c-7d2e-9f41-0123456789ab"

static bool is_uuid(ctrace_str text)
{
    bool ok = text.size == sizeof UUID_EXAMPLE - 1;
    for (size_t i = 0; ok && i < text.size; i++) {
        char c = text.data[i];
        bool is_hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        ok = UUID_EXAMPLE[i] == '-' ? c == '-' : is_hex;
    }
    return ok;
}

static ctrace_status check_options(const ctrace_writer_options *o, ctrace_error *error)
{
    if (o->max_depth > CTR_DEPTH_MAX)
        return ctr_fail(error, CTRACE_ARGUMENT, "max_depth is %u, at most %d is possible", o->max_depth,
                        CTR_DEPTH_MAX);
    if (o->floats > CTRACE_FLOAT_NUMBER)
        return ctr_fail(error, CTRACE_ARGUMENT, "floats is %d, which is no ctrace_float_form", (int)o->floats);
    if (o->interning > CTRACE_INTERN_NAMES)
        return ctr_fail(error, CTRACE_ARGUMENT, "interning is %d, which is no ctrace_interning", (int)o->interning);
    if (o->without & ~CTRACE_CONVENIENCE_ALL)
        return ctr_fail(error, CTRACE_ARGUMENT, "without has an unknown convenience: %u", o->without);
    if ((unsigned)o->form >= CTRACE_FORM_COUNT)
        return ctr_fail(error, CTRACE_ARGUMENT, "form is %d, which is no ctrace_form", (int)o->form);
    if (o->level < 0 || o->level > 19)
        return ctr_fail(error, CTRACE_ARGUMENT, "level is %d, possible are 1 to 19", (int)o->level);
    if (o->recording_id.size && !is_uuid(o->recording_id))
        return ctr_fail(error, CTRACE_ARGUMENT, "recording_id is no UUID, such as " UUID_EXAMPLE);
    if (!ctr_forms[o->form].open_encoder)
        return ctr_fail(error, CTRACE_UNSUPPORTED, "this library does not write %s", ctrace_form_name(o->form));
    return CTRACE_OK;
}

static ctrace_status new_writer(ctrace_writer **out, const ctrace_writer_options *options, ctrace_error *error)
{
    *out = NULL;
    ctrace_writer_options taken;
    ctrace_status status = ctr_take_options(&taken, sizeof taken, options, "ctrace_writer_options", error);
    if (status == CTRACE_OK)
        status = check_options(&taken, error);
    if (status != CTRACE_OK)
        return status;
    ctrace_writer *w = ctr_alloc_zero(taken.allocator, sizeof *w);
    if (!w)
        return ctr_fail(error, CTRACE_NO_MEMORY, "out of memory");
    w->allocator = taken.allocator;
    w->options = taken;
    w->files = CTR_NO_FILES;
    w->owner = getpid();
    bool is_json = w->options.form == CTRACE_FORM_JSON || w->options.form == CTRACE_FORM_NDJSON;
    if (!w->options.flush_bytes)
        w->options.flush_bytes = is_json ? FLUSH_BYTES : FLUSH_BYTES_COMPRESSED;
    if (!w->options.level)
        w->options.level = 3;
    if (!w->options.flush_ms)
        w->options.flush_ms = 100;
    if (!w->options.max_depth)
        w->options.max_depth = 60;
    ctr_buffer *buffers[] = {BUFFERS(w)};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        buffers[i]->allocator = w->allocator;
    ctr_interning_init(&w->names, w->options.interning == CTRACE_INTERN_NAMES, w->allocator);
    for (size_t i = 0; i < CTRACE_VALUE_KIND_COUNT; i++)
        w->plain_types[i] = CTRACE_ID_NONE;
    w->events_to_clock = EVENTS_PER_CLOCK;
    w->flushed_at = now_ms();
    ctr_step_settled(w);
    if (w->options.recording_id.size)
        memcpy(w->recording_id, w->options.recording_id.data, sizeof w->recording_id - 1);
    else
        ctr_uuid7(w->recording_id);
    w->options.recording_id = (ctrace_str){w->recording_id, sizeof w->recording_id - 1};
    ctr_thread main_thread = {0};
    w->open = ctr_alloc(w->allocator, w->options.max_depth * sizeof *w->open);
    if (!w->open || !keep_options(w) || !ctr_buffer_append(&w->threads, &main_thread, sizeof main_thread)) {
        free_writer(w);
        return ctr_fail(error, CTRACE_NO_MEMORY, "out of memory");
    }
    *out = w;
    return CTRACE_OK;
}

/* Opens the encoder into the sink, and what is to be there from the beginning. */
static ctrace_status begin_trace(ctrace_writer *w, ctrace_error *error)
{
    const ctr_form *form = &ctr_forms[w->options.form];
    bool own_file = w->files.file >= 0;
    if (own_file)
        w->sink = (ctrace_sink){.cookie = &w->files, .write = ctr_files_write};
    ctr_encoder_options options = {
        .allocator = w->allocator,
        .sink = &w->sink,
        .truncate = own_file ? ctr_files_truncate : NULL,
        .floats = w->options.floats,
        .level = w->options.level,
        .aside = w->options.compress_aside,
        .spool_folder = w->files.folder,
    };
    ctr_quiet quiet = ctr_quiet_begin();
    ctrace_status status = form->open_encoder(&w->encoder, &options, error);
    ctr_quiet_end(&quiet);
    if (status != CTRACE_OK)
        return status;
    w->json = ctr_json_encoder_of(w->encoder);
    w->fragments = w->json ? &w->json->fragments : NULL;
    if (!own_file)
        return CTRACE_OK;
    w->paths_changed = true;
    status = ctr_write_metadata(w, false);
    if (status == CTRACE_OK)
        status = flush_all(w, false);
    int failure = status == CTRACE_OK ? ctr_files_named(&w->files) : 0;
    if (failure)
        status = ctr_writer_fail_write(w, w->files.name, failure);
    if (status != CTRACE_OK && error)
        *error = w->failure;
    return status;
}

ctrace_status ctrace_writer_open_sink(ctrace_writer **out, const ctrace_sink *sink,
                                      const ctrace_writer_options *options, ctrace_error *error)
{
    *out = NULL;
    if (!sink || !sink->write)
        return ctr_fail(error, CTRACE_ARGUMENT, "the sink cannot be written to");
    ctrace_status status = new_writer(out, options, error);
    if (status != CTRACE_OK)
        return status;
    if ((*out)->options.durable) {
        ctrace_writer_abandon(out);
        return ctr_fail(error, CTRACE_ARGUMENT, "durable is for files; what a sink is given is its own affair");
    }
    (*out)->sink = *sink;
    status = begin_trace(*out, error);
    if (status != CTRACE_OK)
        ctrace_writer_abandon(out);
    return status;
}

static ctrace_status open_path(ctrace_writer **out, ctrace_str path, bool is_folder,
                               const ctrace_writer_options *options, ctrace_error *error)
{
    char name[PATH_MAX];
    *out = NULL;
    if (path.size == 0 || path.size >= sizeof name || memchr(path.data, 0, path.size))
        return ctr_fail(error, CTRACE_ARGUMENT, "the trace's %s is not a path: it is empty, too long or holds NUL",
                        is_folder ? "folder" : "file");
    memcpy(name, path.data, path.size);
    name[path.size] = 0;
    ctrace_status status = new_writer(out, options, error);
    if (status != CTRACE_OK)
        return status;
    ctrace_writer *w = *out;
    ctrace_form form = w->options.form;
    ctr_files_way way = !ctr_forms[form].whole                              ? CTR_FILES_LATE
                        : ctr_forms[form].at_once && !w->options.single_copy ? CTR_FILES_TWICE
                                                                             : CTR_FILES_ONCE;
    w->files.durable = w->options.durable;
    status = is_folder ? ctr_files_open_folder(&w->files, name, form, way, error)
                       : ctr_files_open_lone(&w->files, name, way, error);
    if (status == CTRACE_OK)
        status = begin_trace(w, error);
    if (status != CTRACE_OK)
        ctrace_writer_abandon(out);
    return status;
}

ctrace_status ctrace_writer_open(ctrace_writer **out, ctrace_str folder, const ctrace_writer_options *options,
                                 ctrace_error *error)
{
    return open_path(out, folder, true, options, error);
}

ctrace_status ctrace_writer_open_file(ctrace_writer **out, ctrace_str file, const ctrace_writer_options *options,
                                      ctrace_error *error)
{
    return open_path(out, file, false, options, error);
}

ctrace_status ctrace_writer_close(ctrace_writer **writer, ctrace_error *error)
{
    ctrace_writer *w = *writer;
    *writer = NULL;
    if (!w)
        return CTRACE_OK;
    if (w->destination != CTR_TO_NOTHING) {
        ctr_writer_refuse(w, CTRACE_STATE, "the writer was closed inside a value");
        ctrace_cancel_value(w);
    }
    if (!(w->options.without & CTRACE_CONVENIENCE_CLOSE_FRAMES))
        ctr_close_frames(w);
    if (flush_all(w, true) == CTRACE_OK) {
        int failure = ctr_files_complete(&w->files);
        if (failure)
            ctr_writer_fail_write(w, w->files.name, failure);
        else
            ctr_write_metadata(w, true);
    }
    ctrace_status status = ctrace_writer_status(w, error);
    free_writer(w);
    return status;
}

void ctrace_writer_abandon(ctrace_writer **writer)
{
    if (*writer)
        free_writer(*writer);
    *writer = NULL;
}

ctrace_status ctrace_writer_status(const ctrace_writer *w, ctrace_error *error)
{
    if (error && w->failure.status != CTRACE_OK)
        *error = w->failure;
    return w->failure.status;
}

uint64_t ctr_writer_changes(const ctrace_writer *w)
{
    const ctrace_writer_counts *c = &w->counts;
    const ctr_encoder *e = w->encoder;
    return c->texts_mended + c->values_cut + c->chars_as_raw + c->numbers_cut + e->texts_mended + e->chars_as_raw +
           e->numbers_cut;
}

void ctrace_writer_get_counts(const ctrace_writer *w, ctrace_writer_counts *out)
{
    *out = w->counts;
    out->texts_mended += w->encoder->texts_mended;
    out->chars_as_raw += w->encoder->chars_as_raw;
    out->numbers_cut += w->encoder->numbers_cut;
    out->bytes = w->encoder->bytes;
    if (w->json)
        out->bytes = ctr_json_bytes(w->json, w->destination == CTR_TO_EVENT ? w->value_start : w->json->out.size);
}
