/* A writer's life: open, flush, close. */
#include "writer/writer.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "base/options.h"
#include "base/uuid.h"
#include "io/file.h"

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

/* A signal that ends the process could stop the write half way, and the list would have no end: it waits. */
static int write_file(void *cookie, uint64_t offset, const char *data, size_t size)
{
    sigset_t all, before;
    sigfillset(&all);
    bool masked = pthread_sigmask(SIG_SETMASK, &all, &before) == 0;
    int failure = ctr_write_at(*(int *)cookie, offset, data, size);
    if (masked)
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failure;
}

static const char tail[] = "\n]\n";
#define TAIL_SIZE (sizeof tail - 1)

/* After a write that stopped half way, on a full disk: the file ends again where it did. That takes no new room. */
static void restore_end(ctrace_writer *w)
{
    const char *end = w->offset ? tail : "[\n]\n";
    if (ctr_write_at(w->file, w->offset, end, strlen(end)) != 0 ||
        ftruncate(w->file, (off_t)(w->offset + strlen(end))) != 0)
        return; /* then the reader takes the list without its end */
}

/* One positioned write, which begins over the old end of the list and ends with a new one: the file is whole before
 * and after. */
static ctrace_status flush_events(ctrace_writer *w, bool end)
{
    size_t size = w->out.size;
    bool with_tail = end || !w->sink.sequential;
    if (with_tail) {
        if (w->counts.events == 0 && !ctr_buffer_append(&w->out, "[", 1))
            return ctr_writer_no_memory(w);
        if (!ctr_buffer_append(&w->out, tail, TAIL_SIZE))
            return ctr_writer_no_memory(w);
    }
    if (w->out.size) {
        int failure = w->sink.write(w->sink.cookie, w->offset, w->out.data, w->out.size);
        if (failure && w->file >= 0)
            restore_end(w);
        if (failure)
            return ctr_writer_fail_write(w, w->folder < 0 ? "the sink" : "trace.json", failure);
    }
    w->offset += size;
    w->out.size = 0;
    ctr_step_settled(w);
    return CTRACE_OK;
}

static ctrace_status flush_all(ctrace_writer *w, bool end)
{
    if (w->fatal)
        return w->failure.status;
    ctrace_status status = CTRACE_OK;
    if (w->folder >= 0 && w->paths_changed)
        status = ctr_write_paths(w);
    if (status == CTRACE_OK)
        status = flush_events(w, end);
    w->flushed_at = now_ms();
    w->events_to_clock = EVENTS_PER_CLOCK;
    return status;
}

ctrace_status ctr_writer_maybe_flush(ctrace_writer *w)
{
    if (w->out.size >= w->options.flush_bytes)
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
    if (w->file >= 0)
        close(w->file);
    if (w->folder >= 0)
        close(w->folder);
    ctr_map_free(&w->paths);
    ctr_map_free(&w->functions);
    ctr_map_free(&w->types);
    ctr_map_free(&w->variables);
    ctr_buffer *buffers[] = {&w->texts,     &w->out,     &w->key,  &w->function_table, &w->path_list,
                             &w->uncopied, &w->threads, &w->args, &w->scratch};
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

    ctrace_str *texts[] = {&o->program, &o->workdir, &o->recorder, &o->recorder_version, &o->top_level};
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
    w->folder = w->file = -1;
    if (!w->options.flush_bytes)
        w->options.flush_bytes = 256 << 10;
    if (!w->options.flush_ms)
        w->options.flush_ms = 100;
    if (!w->options.max_depth)
        w->options.max_depth = 60;
    ctr_buffer *buffers[] = {&w->texts,     &w->out,     &w->key,  &w->function_table, &w->path_list,
                             &w->uncopied, &w->threads, &w->args, &w->scratch};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        buffers[i]->allocator = w->allocator;
    ctr_map *maps[] = {&w->paths, &w->functions, &w->types, &w->variables};
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        maps[i]->allocator = w->allocator;
        maps[i]->seed = ctr_random_u64();
    }
    for (size_t i = 0; i < CTRACE_VALUE_KIND_COUNT; i++)
        w->plain_types[i] = CTRACE_ID_NONE;
    memcpy(w->separator, "[\n", 2);
    w->events_to_clock = EVENTS_PER_CLOCK;
    w->flushed_at = now_ms();
    ctr_step_settled(w);
    ctr_json_fragments_init(&w->json);
    ctr_uuid7(w->recording_id);
    ctr_thread main_thread = {0};
    w->open = ctr_alloc(w->allocator, w->options.max_depth * sizeof *w->open);
    if (!w->open || !keep_options(w) || !ctr_buffer_append(&w->threads, &main_thread, sizeof main_thread)) {
        free_writer(w);
        return ctr_fail(error, CTRACE_NO_MEMORY, "out of memory");
    }
    *out = w;
    return CTRACE_OK;
}

ctrace_status ctrace_writer_open_sink(ctrace_writer **out, const ctrace_sink *sink,
                                      const ctrace_writer_options *options, ctrace_error *error)
{
    *out = NULL;
    if (!sink || !sink->write)
        return ctr_fail(error, CTRACE_ARGUMENT, "the sink cannot be written to");
    ctrace_status status = new_writer(out, options, error);
    if (status == CTRACE_OK)
        (*out)->sink = *sink;
    return status;
}

static ctrace_status open_files(ctrace_writer *w, const char *path, ctrace_error *error)
{
    int failure = ctr_open_folder(path, &w->folder);
    if (failure)
        return ctr_fail_system(error, failure, "open the folder", path);
    failure = ctr_create_file(w->folder, "trace.json", &w->file);
    if (failure)
        return ctr_fail_system(error, failure, "create trace.json in", path);
    w->sink = (ctrace_sink){.cookie = &w->file, .write = write_file};
    w->paths_changed = true;
    ctrace_status status = ctr_write_metadata(w, false);
    if (status == CTRACE_OK)
        status = flush_all(w, false);
    if (status != CTRACE_OK && error)
        *error = w->failure;
    return status;
}

ctrace_status ctrace_writer_open(ctrace_writer **out, ctrace_str folder, const ctrace_writer_options *options,
                                 ctrace_error *error)
{
    char path[PATH_MAX];
    *out = NULL;
    if (folder.size == 0 || folder.size >= sizeof path || memchr(folder.data, 0, folder.size))
        return ctr_fail(error, CTRACE_ARGUMENT, "the trace's folder is not a path: it is empty, too long or holds NUL");
    memcpy(path, folder.data, folder.size);
    path[folder.size] = 0;
    ctrace_status status = new_writer(out, options, error);
    if (status != CTRACE_OK)
        return status;
    status = open_files(*out, path, error);
    if (status != CTRACE_OK)
        ctrace_writer_abandon(out);
    return status;
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
    if (flush_all(w, true) == CTRACE_OK && w->folder >= 0)
        ctr_write_metadata(w, true);
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

void ctrace_writer_get_counts(const ctrace_writer *w, ctrace_writer_counts *out)
{
    *out = w->counts;
    out->bytes = w->offset + (w->destination == CTR_TO_EVENT ? w->value_start : w->out.size);
}
