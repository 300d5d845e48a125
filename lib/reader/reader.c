/* The reader: finds a trace, tells its form and hands out what the form's decoder reads. */
#include "ctrace/reader.h"

#include "base/failure.h"
#include "base/options.h"
#include "codec/forms.h"
#include "reader/bad_event.h"
#include "reader/find.h"
#include "reader/reader.h"
#include "reader/sidecars.h"

#define DEFAULT_EVENT_BYTES ((size_t)16 << 20)
#define MOST_EVENT_BYTES    ((size_t)1 << 30)
#define MOST_DEPTH          500

/* ---- Reading ---- */

static void warn(ctrace_reader *r, const ctrace_warning *warnings, size_t count)
{
    for (size_t i = 0; i < count && r->warning_count < CTR_MAX_WARNINGS; i++)
        r->warnings[r->warning_count++] = warnings[i];
}

/* Completes r->failure and gives it out. */
static ctrace_status give_failure(ctrace_reader *r, ctrace_error *error)
{
    ctr_error_set_file(&r->failure, r->file.data, r->file.size - 1);
    if (error)
        *error = r->failure;
    return r->failure.status;
}

ctrace_status ctr_reader_take_status(ctrace_reader *r, ctrace_status status, ctrace_error *error)
{
    if (status >= CTRACE_OK)
        return status;
    if (!ctr_is_bad_event(status))
        r->state = CTR_READER_FAILED;
    return give_failure(r, error);
}

static __attribute__((noinline)) ctrace_status next_unusual(ctrace_reader *r, const ctrace_event **event,
                                                            ctrace_error *error)
{
    if (r->state == CTR_READER_FAILED)
        return give_failure(r, error);
    if (r->state == CTR_READER_PENDING) {
        r->state = CTR_READER_USUAL;
        *event = r->pending;
        return ctr_reader_take_status(r, r->pending_status, error);
    }
    ctrace_status status = r->decoder->class->next(r->decoder, event, &r->failure);
    if (r->state == CTR_READER_FIRST) {
        r->state = CTR_READER_USUAL;
        r->warns_of_first = false;
    } else if (status != CTRACE_AGAIN) {
        r->state = CTR_READER_FIRST;
        warn(r, r->decoder->warnings, r->decoder->warning_count);
    }
    return ctr_reader_take_status(r, status, error);
}

ctrace_status ctrace_reader_next(ctrace_reader *r, const ctrace_event **event, ctrace_error *error)
{
    *event = NULL;
    if (r->state != CTR_READER_USUAL)
        return next_unusual(r, event, error);
    ctrace_status status = r->decoder->class->next(r->decoder, event, &r->failure);
    return status == CTRACE_OK ? CTRACE_OK : ctr_reader_take_status(r, status, error);
}

/* ---- Opening ---- */

static ctrace_status take_options(const ctrace_reader_options *options, ctr_decoder_options *out, ctrace_error *error)
{
    ctrace_reader_options taken;
    ctrace_status status = ctr_take_options(&taken, sizeof taken, options, "ctrace_reader_options", error);
    if (status != CTRACE_OK)
        return status;
    if (taken.max_depth > MOST_DEPTH)
        return ctr_fail(error, CTRACE_ARGUMENT, "max_depth is %u, more than %d", (unsigned)taken.max_depth,
                        MOST_DEPTH);
    if (taken.max_event_bytes > MOST_EVENT_BYTES)
        return ctr_fail(error, CTRACE_ARGUMENT, "max_event_bytes is more than %zu", MOST_EVENT_BYTES);
    *out = (ctr_decoder_options){.allocator = taken.allocator,
                                 .max_event_bytes = taken.max_event_bytes ? taken.max_event_bytes
                                                                          : DEFAULT_EVENT_BYTES,
                                 .max_depth = taken.max_depth ? taken.max_depth : MOST_DEPTH,
                                 .follow = taken.follow};
    return CTRACE_OK;
}

/* Another trace took the place of this one, so this one is not written any more. */
static bool is_other_recording(const ctrace_reader *r, const ctrace_metadata *now)
{
    ctrace_str mine = r->metadata.recording_id, other = now->recording_id;
    return mine.size && (mine.size != other.size || memcmp(mine.data, other.data, mine.size) != 0);
}

/* Whether the trace says that it is complete. A writer that tells replaces its metadata at the end. */
static ctr_completeness completeness(void *cookie)
{
    ctrace_reader *r = cookie;
    if (!r->metadata_file.size)
        return CTR_COMPLETE_UNKNOWN;
    ctr_arena arena = {.allocator = r->options.allocator};
    ctrace_metadata now;
    ctr_sidecar about;
    ctr_completeness found = CTR_INCOMPLETE;
    if (ctr_read_metadata(r->metadata_file.data, &arena, &now, &about) == CTRACE_OK &&
        (about.state == CTR_SIDECAR_FINE || about.state == CTR_SIDECAR_INCOMPLETE))
        found = is_other_recording(r, &now) ? CTR_COMPLETE : about.completeness;
    ctr_arena_free(&arena);
    return found;
}

static ctrace_status make_reader(ctrace_reader **out, const ctrace_reader_options *options, ctrace_error *error)
{
    *out = NULL;
    ctr_decoder_options taken;
    ctrace_status status = take_options(options, &taken, error);
    if (status != CTRACE_OK)
        return status;
    ctrace_reader *r = ctr_alloc_zero(taken.allocator, sizeof *r);
    if (!r)
        return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for a reader");
    r->file.allocator = r->metadata_file.allocator = r->sidecars.allocator = taken.allocator;
    r->options = taken;
    r->options.completeness = completeness;
    r->options.cookie = r;
    r->source.fd = -1;
    r->warns_of_first = true;
    ctr_index_init(&r->index, taken.allocator);
    *out = r;
    return CTRACE_OK;
}

/* Tells the form by the first bytes and opens its decoder. */
static ctrace_status open_decoder(ctrace_reader *r)
{
    const char *head, *file = r->file.data;
    size_t size;
    ctrace_status status = ctr_source_peek(&r->source, &head, &size, file, &r->failure);
    if (status != CTRACE_OK) {
        r->failure.position.offset = size;
        return status;
    }
    if (r->options.follow && r->source.seeks && ctr_is_unrecognised_yet(head, size))
        return ctr_fail(&r->failure, CTRACE_AGAIN, "nothing is there yet");
    ctrace_form form = ctr_recognise(head, size);
    if (form == CTRACE_FORM_COUNT)
        return ctr_fail(&r->failure, CTRACE_UNSUPPORTED, "this is a binary trace of an unknown version, %u",
                        (unsigned)(unsigned char)head[5]);
    if (!ctr_forms[form].open_decoder)
        return ctr_fail(&r->failure, CTRACE_UNSUPPORTED, "this is %s, which is not read", ctrace_form_text(form));
    if (ctr_forms[form].seeks && !r->source.seeks)
        status = ctr_source_spool(&r->source, file, &r->failure);
    return status == CTRACE_OK ? ctr_forms[form].open_decoder(&r->decoder, &r->source, file, &r->options, &r->failure)
                               : status;
}

/* Reads from r->source, which is open. */
static ctrace_status begin_reading(ctrace_reader *r, ctrace_error *error)
{
    ctrace_status status = open_decoder(r);
    return status == CTRACE_OK ? CTRACE_OK : give_failure(r, error);
}

/* What the container tells about itself wins: the file beside it may be about another one. What is wrong with the
 * file is a warning of the first event, or of the end when there is none. Its position is unknown, as it is about
 * another file. */
static void take_metadata(ctrace_reader *r, const ctr_sidecar *about)
{
    r->has_metadata = about && (about->state == CTR_SIDECAR_FINE || about->state == CTR_SIDECAR_INCOMPLETE);
    if (r->decoder->metadata) {
        r->metadata = *r->decoder->metadata;
        r->has_metadata = true;
    } else if (about && about->state != CTR_SIDECAR_FINE && ctrace_reader_form(r) != CTRACE_FORM_CT) {
        warn(r, &(ctrace_warning){CTRACE_LENIENCY_METADATA, CTR_POSITION_UNKNOWN}, 1);
    }
    warn(r, r->decoder->warnings, r->decoder->warning_count);
}

static ctrace_status open_path(ctrace_reader *r, const char *path, ctrace_error *error)
{
    ctr_sidecar about;
    ctrace_status status = ctr_find_trace(path, &r->file, &r->metadata_file, error);
    if (status == CTRACE_OK)
        status = ctr_source_open_file(&r->source, r->file.data, error);
    r->is_file = r->source.seeks;
    if (status == CTRACE_OK && ctr_read_metadata(r->metadata_file.data, &r->sidecars, &r->metadata, &about) != CTRACE_OK)
        status = ctr_fail(error, CTRACE_NO_MEMORY, "no memory for the metadata");
    if (status == CTRACE_OK)
        status = begin_reading(r, error);
    if (status == CTRACE_OK)
        take_metadata(r, &about);
    return status;
}

ctrace_status ctrace_reader_open(ctrace_reader **out, ctrace_str path, const ctrace_reader_options *options,
                                 ctrace_error *error)
{
    *out = NULL;
    if (!path.size || memchr(path.data, 0, path.size))
        return ctr_fail(error, CTRACE_ARGUMENT, "the path is empty or holds a NUL");
    ctrace_reader *r;
    ctrace_status status = make_reader(&r, options, error);
    if (status != CTRACE_OK)
        return status;
    ctr_buffer text = {.allocator = r->options.allocator};
    if (ctr_buffer_append(&text, path.data, path.size) && ctr_buffer_append(&text, "", 1))
        status = open_path(r, text.data, error);
    else
        status = ctr_fail(error, CTRACE_NO_MEMORY, "no memory for a path");
    ctr_buffer_free(&text);
    if (status == CTRACE_OK)
        *out = r;
    else
        ctrace_reader_close(&r);
    return status;
}

ctrace_status ctrace_reader_open_source(ctrace_reader **out, const ctrace_source *source, ctrace_str name,
                                        const ctrace_reader_options *options, ctrace_error *error)
{
    *out = NULL;
    if (!source || !source->read)
        return ctr_fail(error, CTRACE_ARGUMENT, "the source cannot be read");
    ctrace_reader *r;
    ctrace_status status = make_reader(&r, options, error);
    if (status != CTRACE_OK)
        return status;
    ctr_source_set_caller(&r->source, source);
    if (ctr_buffer_append(&r->file, name.data, name.size) && ctr_buffer_append(&r->file, "", 1))
        status = begin_reading(r, error);
    else
        status = ctr_fail(error, CTRACE_NO_MEMORY, "no memory for a name");
    if (status == CTRACE_OK) {
        take_metadata(r, NULL);
        *out = r;
    } else {
        ctrace_reader_close(&r);
    }
    return status;
}

void ctrace_reader_close(ctrace_reader **reader)
{
    ctrace_reader *r = *reader;
    *reader = NULL;
    if (!r)
        return;
    if (r->decoder)
        r->decoder->class->close(r->decoder);
    ctr_source_close(&r->source);
    ctr_buffer_free(&r->file);
    ctr_buffer_free(&r->metadata_file);
    ctr_arena_free(&r->sidecars);
    ctr_index_free(&r->index);
    ctr_free(r->options.allocator, r, sizeof *r);
}

/* ---- Asking ---- */

void ctrace_reader_position(ctrace_reader *r, ctrace_position *out)
{
    r->decoder->class->position(r->decoder, out);
}

size_t ctrace_reader_warnings(ctrace_reader *r, const ctrace_warning **out)
{
    if (r->warns_of_first) {
        *out = r->warnings;
        return r->state == CTR_READER_NEW ? 0 : r->warning_count;
    }
    *out = r->decoder->warnings;
    return r->decoder->warning_count;
}

/* A trace that is followed may tell of itself at its end only. */
const ctrace_metadata *ctrace_reader_metadata(const ctrace_reader *r)
{
    if (r->decoder->metadata)
        return r->decoder->metadata;
    return r->has_metadata ? &r->metadata : NULL;
}

ctrace_form ctrace_reader_form(const ctrace_reader *r) { return r->decoder->class->form; }

ctr_bad_event ctr_reader_take_bad_event(ctrace_reader *r)
{
    ctr_bad_event bad = r->decoder->bad;
    r->decoder->bad = (ctr_bad_event){.kind_known = false};
    return bad;
}

ctrace_status ctr_reader_resume(ctrace_reader *r, ctrace_error *error)
{
    if (r->state != CTR_READER_FAILED || r->failure.status != CTRACE_SYNTAX || !r->decoder->class->resume)
        return CTRACE_END;
    ctrace_status status = r->decoder->class->resume(r->decoder, &r->failure);
    if (status == CTRACE_OK)
        r->state = CTR_READER_USUAL;
    return status < CTRACE_OK ? give_failure(r, error) : status;
}

ctrace_str ctrace_reader_details(const ctrace_reader *r) { return r->decoder->details; }

uint64_t ctrace_reader_file_size(const ctrace_reader *r) { return r->source.size; }

uint64_t ctrace_reader_bytes_read(const ctrace_reader *r) { return r->decoder->class->bytes_read(r->decoder); }
