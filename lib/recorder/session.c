/* A recording's life: open, flush, pause, close. */
#include "recorder/recorder.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/options.h"
#include "codec/json/emit.h"
#include "filter/filter.h"
#include "writer/writer.h"

#define BUFFER_BYTES ((size_t)8 << 20)
#define BUFFER_BYTES_MIN ((size_t)1 << 20)

static ctrace_status check_options(ctrace_recorder_options *o, ctrace_error *error)
{
    if (!o->buffer_bytes)
        o->buffer_bytes = BUFFER_BYTES;
    if (!o->max_depth)
        o->max_depth = 6;
    if (!o->max_items)
        o->max_items = 100;
    if (!o->max_text)
        o->max_text = 1000;
    if (!o->max_total)
        o->max_total = 1000;
    if (!o->line)
        o->line = 1;
    if (o->buffer_bytes < BUFFER_BYTES_MIN)
        return ctr_fail(error, CTRACE_ARGUMENT, "buffer_bytes is %zu, at least %zu are needed", o->buffer_bytes,
                        BUFFER_BYTES_MIN);
    if (o->overflow > CTRACE_OVERFLOW_DROP_OLDEST)
        return ctr_fail(error, CTRACE_ARGUMENT, "overflow is %d, which is no ctrace_overflow", (int)o->overflow);
    if (o->order > CTRACE_ORDER_LOOSE)
        return ctr_fail(error, CTRACE_ARGUMENT, "order is %d, which is no ctrace_order", (int)o->order);
    if (o->max_depth > CTR_RECORDER_DEPTH_MAX)
        return ctr_fail(error, CTRACE_ARGUMENT, "max_depth is %u, at most %d is possible", o->max_depth,
                        CTR_RECORDER_DEPTH_MAX);
    return CTRACE_OK;
}

/* The names that the writer declares itself when the trace starts. */
static bool know_first_names(ctrace_recorder *r)
{
    const ctrace_writer_options *o = &r->writer->options;
    ctrace_str path = {r->path.data, r->path.size};
    bool ok = ctr_declared_begin_with(&r->names, &(ctrace_event){.kind = CTRACE_EVENT_PATH, .path = path});
    if (!ok || o->without & CTRACE_CONVENIENCE_TOP_LEVEL)
        return ok;
    const ctr_plain_type_name *none = &ctr_plain_types[CTRACE_VALUE_NONE];
    return ctr_declared_begin_with(&r->names, &(ctrace_event){.kind = CTRACE_EVENT_FUNCTION,
                                                           .function = {0, r->options.line, o->top_level}}) &&
           ctr_declared_begin_with(&r->names, &(ctrace_event){.kind = CTRACE_EVENT_TYPE,
                                                           .type = {none->kind, none->name, {.kind = CTRACE_TYPE_INFO_NONE}}});
}

void ctr_recorder_begin_writer(ctrace_recorder *r)
{
    ctrace_writer_start(r->writer, (ctrace_str){r->path.data, r->path.size}, r->options.line);
    r->replay = (ctr_replay){.value = ctrace_kept_new(r->writer), .stream = 1};
    r->flushed_at = ctr_now_ms();
    r->unflushed = true;
    if (!r->replay.value)
        ctr_recorder_fail(r, CTRACE_NO_MEMORY, "out of memory");
}

static bool init_locks(ctrace_recorder *r)
{
    if (pthread_mutex_init(&r->done_lock, NULL) != 0)
        return false;
    if (pthread_cond_init(&r->done_change, NULL) == 0) {
        if (pthread_mutex_init(&r->draining, NULL) == 0) {
            if (sem_init(&r->wake, 0, 0) == 0)
                return true;
            pthread_mutex_destroy(&r->draining);
        }
        pthread_cond_destroy(&r->done_change);
    }
    pthread_mutex_destroy(&r->done_lock);
    return false;
}

static void free_locks(ctrace_recorder *r)
{
    sem_destroy(&r->wake);
    pthread_mutex_destroy(&r->draining);
    pthread_cond_destroy(&r->done_change);
    pthread_mutex_destroy(&r->done_lock);
}

void ctr_recorder_free_tracks(ctrace_recorder *r)
{
    ctrace_lane *lists[] = {r->lanes, atomic_load(&r->new_lanes)};
    for (size_t i = 0; i < 2; i++)
        for (ctrace_lane *l = lists[i]; l; l = l->next)
            ctr_track_free(r, &l->track);
}

void ctr_recorder_free(ctrace_recorder *r)
{
    for (ctrace_lane *l = atomic_exchange(&r->new_lanes, NULL), *next; l; l = next) {
        next = l->next;
        ctr_lane_free(l);
    }
    for (ctrace_lane *l = r->lanes, *next; l; l = next) {
        next = l->next;
        ctr_lane_free(l);
    }
    ctr_buffer_free(&r->path);
    ctr_chunks_free(&r->chunks);
    ctr_declared_free(&r->names);
    free_locks(r);
    ctr_free(r->allocator, r, sizeof *r);
}

static ctrace_recorder *new_recorder(const ctrace_recorder_options *options, const ctrace_writer_options *writer)
{
    const ctrace_allocator *allocator = writer->allocator;
    ctrace_recorder *r = ctr_alloc_zero(allocator, sizeof *r);
    if (!r)
        return NULL;
    r->options = *options;
    r->options.writer = NULL;
    r->allocator = r->path.allocator = allocator;
    r->flush_ms = writer->flush_ms ? writer->flush_ms : 100;
    ctrace_str path = options->path.size ? options->path : writer->program;
    if (!path.size)
        path = CTRACE_STR("<program>");
    /* The threads take turns in long runs; a flight recorder makes little room at a time. */
    size_t resume = options->overflow == CTRACE_OVERFLOW_BLOCK ? options->buffer_bytes / 2 : options->buffer_bytes - 1;
    bool names = false, chunks = false, locks = false;
    if (ctr_buffer_append(&r->path, path.data, path.size) &&
        (names = ctr_declared_init(&r->names, writer->interning == CTRACE_INTERN_NAMES, allocator)) &&
        (chunks = ctr_chunks_init(&r->chunks, options->buffer_bytes, resume, allocator)) && (locks = init_locks(r)))
        return r;
    if (chunks)
        ctr_chunks_free(&r->chunks);
    if (names)
        ctr_declared_free(&r->names);
    ctr_buffer_free(&r->path);
    ctr_free(allocator, r, sizeof *r);
    return NULL;
}

/* What the child of a fork must find, wherever it goes meanwhile. */
static ctrace_status keep_folder(ctrace_recorder *r, ctrace_str folder, ctrace_error *error)
{
    char *end = r->folder;
    if (folder.size && folder.data[0] != '/') {
        if (!getcwd(r->folder, sizeof r->folder))
            return ctr_fail_system(error, errno, "find", "the current folder");
        end += strlen(end);
        *end++ = '/';
    }
    if (folder.size >= sizeof r->folder - (size_t)(end - r->folder))
        return ctr_fail(error, CTRACE_ARGUMENT, "the path of the trace's folder is too long");
    memcpy(end, folder.data, folder.size);
    end[folder.size] = 0;
    return CTRACE_OK;
}

static ctrace_status open_recorder(ctrace_recorder **out, ctrace_str folder, const ctrace_sink *sink,
                                   const ctrace_recorder_options *options, ctrace_error *error)
{
    *out = NULL;
    ctrace_recorder_options taken;
    ctrace_writer_options writer = {CTRACE_WRITER_OPTIONS_INIT};
    ctrace_status status = ctr_take_options(&taken, sizeof taken, options, "ctrace_recorder_options", error);
    if (status == CTRACE_OK)
        status = check_options(&taken, error);
    if (status == CTRACE_OK)
        status = ctr_take_options(&writer, sizeof writer, taken.writer, "ctrace_writer_options", error);
    if (status != CTRACE_OK)
        return status;
    writer.size = sizeof writer;
    writer.max_depth = CTR_DEPTH_MAX; /* a lane has its own limit, which is less */
    if (!writer.program.size)
        writer.program = taken.path;
    ctrace_recorder *r = new_recorder(&taken, &writer);
    if (!r)
        return ctr_fail(error, CTRACE_NO_MEMORY, "out of memory");
    if (!sink)
        status = keep_folder(r, folder, error);
    if (status == CTRACE_OK)
        status = sink ? ctrace_writer_open_sink(&r->writer, sink, &writer, error)
                      : ctrace_writer_open(&r->writer, folder, &writer, error);
    if (status == CTRACE_OK && !know_first_names(r))
        status = ctr_fail(error, CTRACE_NO_MEMORY, "out of memory");
    if (status == CTRACE_OK) {
        ctr_recorder_begin_writer(r);
        status = ctrace_writer_status(r->writer, error);
    }
    if (status == CTRACE_OK && !ctr_drain_start(r))
        status = ctr_fail(error, CTRACE_NO_MEMORY, "the recorder's thread cannot be started");
    if (status != CTRACE_OK) {
        ctrace_kept_free(r->replay.value);
        ctrace_writer_abandon(&r->writer);
        ctr_recorder_free(r);
        return status;
    }
    *out = r;
    return CTRACE_OK;
}

ctrace_status ctrace_recorder_open(ctrace_recorder **out, ctrace_str folder, const ctrace_recorder_options *options,
                                   ctrace_error *error)
{
    return open_recorder(out, folder, NULL, options, error);
}

ctrace_status ctrace_recorder_open_sink(ctrace_recorder **out, const ctrace_sink *sink,
                                        const ctrace_recorder_options *options, ctrace_error *error)
{
    *out = NULL;
    if (!sink)
        return ctr_fail(error, CTRACE_ARGUMENT, "the sink cannot be written to");
    return open_recorder(out, (ctrace_str){"", 0}, sink, options, error);
}

/* ---- Flush ---- */

static uint64_t request(ctrace_recorder *r)
{
    uint64_t number = atomic_fetch_add(&r->requested, 1) + 1;
    ctr_recorder_wake(r);
    return number;
}

ctrace_status ctrace_recorder_flush(ctrace_recorder *r, ctrace_error *error)
{
    if (r->has_thread) {
        uint64_t number = request(r);
        pthread_mutex_lock(&r->done_lock);
        while (atomic_load(&r->done) < number)
            pthread_cond_wait(&r->done_change, &r->done_lock);
        pthread_mutex_unlock(&r->done_lock);
    }
    return ctrace_recorder_status(r, error);
}

ctrace_status ctrace_recorder_dump(ctrace_recorder *r, ctrace_error *error)
{
    atomic_store(&r->dump, true);
    return ctrace_recorder_flush(r, error);
}

/* sem_post() and poll() may be called by a handler of a signal, and atomics take no lock. */
bool ctrace_recorder_emergency(ctrace_recorder *r, uint32_t timeout_ms)
{
    if (!r || !r->has_thread || pthread_equal(pthread_self(), r->thread))
        return false;
    int before = errno;
    atomic_store(&r->dump, true);
    uint64_t number = request(r);
    bool done = false;
    for (uint32_t waited = 0; !(done = atomic_load(&r->done) >= number) && waited < timeout_ms; waited++)
        poll(NULL, 0, 1);
    errno = before;
    return done;
}

/* ---- Pause ---- */

void ctrace_recorder_pause(ctrace_recorder *r) { atomic_fetch_or(&r->silent, CTR_SILENT_PAUSED); }

void ctrace_recorder_resume(ctrace_recorder *r) { atomic_fetch_and(&r->silent, ~CTR_SILENT_PAUSED); }

bool ctrace_recorder_is_paused(const ctrace_recorder *r)
{
    return atomic_load(&((ctrace_recorder *)(uintptr_t)r)->silent) & CTR_SILENT_PAUSED;
}

/* ---- Status ---- */

ctrace_status ctrace_recorder_status(ctrace_recorder *r, ctrace_error *error)
{
    pthread_mutex_lock(&r->done_lock);
    ctrace_status status = r->failure.status;
    if (status != CTRACE_OK && error)
        *error = r->failure;
    pthread_mutex_unlock(&r->done_lock);
    return status;
}

void ctrace_recorder_count_skipped(ctrace_recorder *r) { atomic_fetch_add(&r->scopes_skipped, 1); }

void ctrace_recorder_count_dropped(ctrace_recorder *r) { atomic_fetch_add(&r->values_dropped, 1); }

static void add_counts(ctrace_lane *l, uint64_t counts[5])
{
    for (; l; l = l->next) {
        counts[0] += atomic_load(&l->texts_cut);
        counts[1] += atomic_load(&l->containers_cut);
        counts[2] += atomic_load(&l->containers_marked);
        counts[3] += atomic_load(&l->values_redacted);
        counts[4] += atomic_load(&l->waits);
    }
}

void ctrace_recorder_get_counts(ctrace_recorder *r, ctrace_recorder_counts *out)
{
    uint64_t counts[5];
    pthread_mutex_lock(&r->draining);
    for (size_t i = 0; i < 5; i++)
        counts[i] = atomic_load(&r->gone[i]);
    add_counts(r->lanes, counts);
    add_counts(atomic_load(&r->new_lanes), counts);
    *out = (ctrace_recorder_counts){
        .steps = atomic_load(&r->steps),
        .calls = atomic_load(&r->calls),
        .texts_cut = counts[0],
        .containers_cut = counts[1],
        .containers_marked = counts[2],
        .values_redacted = counts[3] + atomic_load(&r->secrets),
        .values_dropped = atomic_load(&r->values_dropped),
        .scopes_skipped = atomic_load(&r->scopes_skipped),
        .events_lost = atomic_load(&r->events_lost) + r->replay.lost,
        .waits = counts[4],
    };
    pthread_mutex_unlock(&r->draining);
}

/* ---- Close ---- */

static void note_counts(ctrace_recorder *r)
{
    ctrace_recorder_counts c;
    ctrace_recorder_get_counts(r, &c);
    const struct {
        const char *name;
        uint64_t count;
    } members[] = {
        {",\"texts_cut\":", c.texts_cut},
        {",\"containers_cut\":", c.containers_cut},
        {",\"containers_marked\":", c.containers_marked},
        {",\"values_redacted\":", c.values_redacted},
        {",\"values_dropped\":", c.values_dropped},
        {",\"scopes_skipped\":", c.scopes_skipped},
        {",\"events_lost\":", c.events_lost},
        {",\"waits\":", c.waits},
    };
    ctr_buffer *note = &r->writer->note;
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof members / sizeof *members; i++)
        ok = ctr_json_literal(note, members[i].name) && ctr_json_u64(note, members[i].count);
    if (ok && r->options.filter)
        ok = ctr_filter_note(r->options.filter, note);
    if (!ok)
        note->size = 0;
}

ctrace_status ctrace_recorder_close(ctrace_recorder **recorder, ctrace_error *error)
{
    ctrace_recorder *r = *recorder;
    *recorder = NULL;
    if (!r)
        return CTRACE_OK;
    ctr_drain_stop(r);
    ctrace_error closing = {0};
    if (r->writer) {
        note_counts(r);
        ctr_recorder_free_tracks(r);
        ctrace_kept_free(r->replay.value);
        ctrace_writer_close(&r->writer, &closing);
    }
    ctrace_error failure = r->failure.status != CTRACE_OK ? r->failure : closing;
    ctr_recorder_free(r);
    if (error && failure.status != CTRACE_OK)
        *error = failure;
    return failure.status;
}
