/* The decoder of containers: finds out how the events are laid out, and has the layout's own part read them. */
#include <stdio.h>

#include "base/failure.h"
#include "codec/ctfs/events_log.h"
#include "codec/ctfs/meta.h"
#include "codec/ctfs/streams.h"

typedef enum layout {
    LAYOUT_UNKNOWN, /* nothing to read is there yet */
    LAYOUT_LOG,
    LAYOUT_STREAMS
} layout;

typedef struct ctfs {
    ctr_decoder base;
    ctr_ctfs container;
    ctr_arena texts; /* of the metadata */
    ctr_ctfs_meta meta;
    ctr_buffer details;
    layout layout;
    bool complete; /* nothing more will be written */
    ctr_events_log *log;
    ctr_ctfs_streams *streams;
} ctfs;

static ctfs *ctfs_of(ctr_decoder *d) { return (ctfs *)(void *)d; }
static const ctfs *const_ctfs_of(const ctr_decoder *d) { return (const ctfs *)(const void *)d; }

/* ---- Opening ---- */

static void take_warnings(ctfs *t, const ctrace_warning *warnings, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ctr_decoder_warn(&t->base, warnings[i].leniency, warnings[i].position);
}

static ctrace_status read_meta(ctfs *t, ctrace_error *error)
{
    ctrace_status status = ctr_ctfs_read_meta(&t->container, &t->texts, &t->meta, error);
    if (status != CTRACE_OK)
        return status;
    t->complete = t->meta.complete || !t->base.options.follow;
    t->base.metadata = t->meta.kind == CTR_CTFS_META_NONE ? NULL : &t->meta.metadata;
    if (t->complete) /* what is still written has it last */
        take_warnings(t, t->meta.warnings, t->meta.warning_count);
    return CTRACE_OK;
}

/* Whether the container has streams of threads: t and digits, as native recordings do. */
static bool has_thread_streams(const ctr_ctfs *c)
{
    for (size_t i = 0; i < c->file_count; i++) {
        const char *name = c->files[i].name;
        if (name[0] == 't' && name[1] && name[strspn(name + 1, "0123456789") + 1] == 0)
            return true;
    }
    return false;
}

static ctrace_status refuse(ctfs *t, ctrace_error *error)
{
    if (ctr_ctfs_meta_has(&t->meta, CTR_CTFS_MCR) || has_thread_streams(&t->container))
        return ctr_fail(error, CTRACE_UNSUPPORTED,
                        "the container is a native recording of a whole process (MCR), which has no events");
    return ctr_fail(error, CTRACE_NOT_A_TRACE, "the container has neither events.log nor steps.dat");
}

/* Tells which layout the files make. */
static ctrace_status tell_layout(ctfs *t, const char **name, ctrace_error *error)
{
    const ctr_ctfs_file *log = ctr_ctfs_find(&t->container, "events.log");
    const ctr_ctfs_file *steps = ctr_ctfs_find(&t->container, "steps.dat");
    bool has_steps = steps && steps->size, mcr = ctr_ctfs_meta_has(&t->meta, CTR_CTFS_MCR);
    if (log && (log->size || (t->complete && !has_steps))) {
        t->layout = LAYOUT_LOG;
        *name = steps ? "layout combined (events.log beside streams), " : "layout old (events.log), ";
    } else if (has_steps && !mcr) {
        t->layout = LAYOUT_STREAMS;
        *name = "layout split (streams), ";
    } else if (steps && !mcr && t->complete) {
        t->layout = LAYOUT_STREAMS;
        *name = "layout split (streams), ";
    } else if (t->complete) {
        return refuse(t, error);
    }
    return CTRACE_OK;
}

static bool put(ctfs *t, const char *text) { return ctr_buffer_append(&t->details, text, strlen(text)); }

/* Opens what the container has, if it has it yet. */
static ctrace_status open_layout(ctfs *t, ctrace_error *error)
{
    char number[48];
    const char *name = "nothing yet, ";
    ctrace_status status = tell_layout(t, &name, error);
    if (status != CTRACE_OK)
        return status;
    t->details.size = 0;
    snprintf(number, sizeof number, "CTFS v%u, ", (unsigned)t->container.version);
    bool ok = put(t, number) && put(t, name);
    size_t before = t->details.size;
    if (ok && t->layout == LAYOUT_LOG)
        status = ctr_open_events_log(&t->log, &t->base, &t->container, &t->details, error);
    else if (ok && t->layout == LAYOUT_STREAMS)
        status = ctr_ctfs_open_streams(&t->streams, &t->base, &t->container, &t->meta, &t->details, error);
    if (status != CTRACE_OK)
        return status;
    snprintf(number, sizeof number, "%s%u-byte blocks", t->details.size > before ? ", " : "",
             (unsigned)t->container.block_size);
    if (!ok || !put(t, number))
        return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for reading");
    t->base.details = (ctrace_str){t->details.data, t->details.size};
    return CTRACE_OK;
}

/* ---- Reading ---- */

/* Looks at what has been written since. */
static ctrace_status refresh(ctfs *t, ctrace_error *error)
{
    size_t warnings = t->base.warning_count;
    ctrace_status status = ctr_ctfs_refresh(&t->container, error);
    if (status == CTRACE_OK && !t->complete)
        status = read_meta(t, error);
    if (status == CTRACE_OK && t->layout == LAYOUT_UNKNOWN)
        status = open_layout(t, error);
    if (status != CTRACE_OK)
        t->base.warning_count = warnings;
    if (t->log)
        ctr_events_log_refresh(t->log, t->complete);
    return status;
}

static ctrace_status next_of_layout(ctfs *t, const ctrace_event **event, ctrace_error *error)
{
    if (t->log)
        return ctr_events_log_next(t->log, event, error);
    return t->streams ? ctr_ctfs_streams_next(t->streams, event, error) : CTRACE_AGAIN;
}

static ctrace_status next(ctr_decoder *d, const ctrace_event **event, ctrace_error *error)
{
    ctfs *t = ctfs_of(d);
    d->warning_count = 0;
    ctrace_status status = next_of_layout(t, event, error);
    if (status != CTRACE_AGAIN || t->complete)
        return status;
    status = refresh(t, error);
    return status == CTRACE_OK ? next_of_layout(t, event, error) : status;
}

static void position(ctr_decoder *d, ctrace_position *out)
{
    ctfs *t = ctfs_of(d);
    *out = CTR_POSITION_UNKNOWN;
    if (t->log)
        ctr_events_log_position(t->log, out);
    else if (t->streams)
        ctr_ctfs_streams_position(t->streams, out);
}

static uint64_t bytes_read(const ctr_decoder *d)
{
    const ctfs *t = const_ctfs_of(d);
    if (t->log)
        return ctr_events_log_bytes_read(t->log);
    return t->streams ? ctr_ctfs_streams_bytes_read(t->streams) : 0;
}

static bool mark(ctr_decoder *d, ctr_mark *out)
{
    ctfs *t = ctfs_of(d);
    if (t->log)
        return ctr_events_log_mark(t->log, out);
    return t->streams && ctr_ctfs_streams_mark(t->streams, out);
}

static ctrace_status go_to(ctr_decoder *d, const ctr_mark *place, ctrace_error *error)
{
    ctfs *t = ctfs_of(d);
    if (t->log)
        return ctr_events_log_go_to(t->log, place, error);
    if (t->streams)
        return ctr_ctfs_streams_go_to(t->streams, place, error);
    return place ? ctr_fail(error, CTRACE_ARGUMENT, "the container has no events yet") : CTRACE_OK;
}

/* ---- Life ---- */

static void close_ctfs(ctr_decoder *d)
{
    ctfs *t = ctfs_of(d);
    if (t->log)
        ctr_events_log_close(t->log);
    if (t->streams)
        ctr_ctfs_streams_close(t->streams);
    ctr_buffer_free(&t->details);
    ctr_arena_free(&t->texts);
    ctr_ctfs_close(&t->container);
    ctr_free(d->options.allocator, t, sizeof *t);
}

static const ctr_decoder_class ctfs_class = {.form = CTRACE_FORM_CT,
                                             .next = next,
                                             .position = position,
                                             .bytes_read = bytes_read,
                                             .mark = mark,
                                             .go_to = go_to,
                                             .close = close_ctfs};

ctrace_status ctr_ctfs_open_decoder(ctr_decoder **out, ctr_source *source, const char *file,
                                    const ctr_decoder_options *options, ctrace_error *error)
{
    const ctrace_allocator *allocator = options->allocator;
    *out = NULL;
    ctfs *t = ctr_alloc_zero(allocator, sizeof *t);
    if (!t)
        return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for reading");
    t->base.class = &ctfs_class;
    t->base.options = *options;
    t->base.source = source;
    t->base.file = file;
    t->texts.allocator = allocator;
    t->details.allocator = allocator;
    ctrace_status status = ctr_ctfs_open(&t->container, source, file, allocator, error);
    if (status == CTRACE_OK) {
        take_warnings(t, t->container.warnings, t->container.warning_count);
        status = read_meta(t, error);
    }
    if (status == CTRACE_OK)
        status = open_layout(t, error);
    if (status == CTRACE_OK && t->log)
        ctr_events_log_refresh(t->log, t->complete);
    if (status == CTRACE_OK)
        *out = &t->base;
    else
        close_ctfs(&t->base);
    return status;
}
