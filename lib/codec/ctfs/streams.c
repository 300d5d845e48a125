/* Joins the streams of a container into one run of events. */
#include "base/failure.h"
#include "codec/ctfs/stages.h"

/* ---- Life ---- */

static ctrace_status open_parts(ctr_ctfs_streams *s, const ctr_ctfs_meta *meta, ctrace_error *error)
{
    ctr_ctfs_shared *shared = &s->shared;
    ctrace_status status = ctr_ctfs_steps_open(&s->steps, shared, error);
    if (status == CTRACE_OK)
        status = ctr_ctfs_names_open(&s->names, shared, meta, error);
    if (status == CTRACE_OK)
        status = ctr_ctfs_positions_open(&s->positions, shared, &s->names.paths, s->names.path_count, meta, error);
    if (status == CTRACE_OK)
        status = ctr_ctfs_values_open(&s->values, shared, ctr_ctfs_meta_has(meta, CTR_CTFS_VALUES), true, error);
    if (status == CTRACE_OK)
        status = ctr_ctfs_calls_open(&s->calls, shared, ctr_ctfs_meta_has(meta, CTR_CTFS_CALLS), true, error);
    if (status == CTRACE_OK)
        status = ctr_log_records_open(&s->log, shared, ctr_ctfs_meta_has(meta, CTR_CTFS_EVENTS), true, error);
    return status;
}

static void note_what_is_there(ctr_ctfs_streams *s)
{
    ctr_ctfs *container = s->shared.container;
    if (!s->names.paths.there)
        ctr_ctfs_note(&s->shared, CTRACE_LENIENCY_CT_STREAM_LOST);
    if (!s->positions.columns && !s->positions.packed)
        ctr_ctfs_note(&s->shared, CTRACE_LENIENCY_CT_POSITIONS);
    if (s->positions.columns && !ctr_ctfs_find(container, "paths.json"))
        ctr_ctfs_note(&s->shared, CTRACE_LENIENCY_CT_PATHS_JSON_MISSING);
    if (ctr_ctfs_find(container, "step-map.ns"))
        ctr_ctfs_note(&s->shared, CTRACE_LENIENCY_CT_STEP_MAP);
}

ctrace_status ctr_ctfs_open_streams(ctr_ctfs_streams **out, ctr_decoder *d, ctr_ctfs *c, const ctr_ctfs_meta *meta,
                                    ctr_buffer *details, ctrace_error *error)
{
    *out = NULL;
    ctr_ctfs_streams *s = ctr_alloc_zero(d->options.allocator, sizeof *s);
    if (!s)
        return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for reading streams");
    ctr_ctfs_shared_init(&s->shared, d, c);
    ctrace_status status = open_parts(s, meta, error);
    if (status == CTRACE_OK) {
        note_what_is_there(s);
        const char *text = ctr_ctfs_positions_text(&s->positions);
        const char *framing = s->steps.chunks.older ? ", older framing" : "";
        if (!ctr_buffer_append(details, text, strlen(text)) || !ctr_buffer_append(details, framing, strlen(framing)))
            status = ctr_fail(error, CTRACE_NO_MEMORY, "no memory for reading streams");
    }
    if (status == CTRACE_OK)
        *out = s;
    else
        ctr_ctfs_streams_close(s);
    return status;
}

void ctr_ctfs_streams_close(ctr_ctfs_streams *s)
{
    if (!s)
        return;
    const ctrace_allocator *allocator = s->shared.allocator;
    ctr_ctfs_steps_close(&s->steps);
    ctr_ctfs_values_close(&s->values);
    ctr_ctfs_calls_close(&s->calls);
    ctr_log_records_close(&s->log);
    ctr_ctfs_positions_close(&s->positions);
    ctr_ctfs_names_close(&s->names);
    ctr_ctfs_shared_free(&s->shared);
    ctr_free(allocator, s, sizeof *s);
}

/* ---- Reading ---- */

ctrace_status ctr_ctfs_streams_next(ctr_ctfs_streams *s, const ctrace_event **event, ctrace_error *error)
{
    ctr_decoder *d = s->shared.decoder;
    ctrace_status status = CTRACE_END;
    ctr_cbor_decoder_reset(&s->shared.cbor);
    ctr_arena_reset(&s->shared.texts);
    s->shared.here.event = s->next_index;
    s->event.kind = CTRACE_EVENT_KIND_COUNT;
    while (status == CTRACE_END && s->stage != STAGE_END)
        status = ctr_ctfs_run_stage(s, error);
    if (status == CTRACE_OK) {
        s->next_index++;
        *event = &s->event;
    } else if (ctr_ctfs_is_passing(status)) {
        s->next_index++;
        d->bad = (ctr_bad_event){.kind_known = s->event.kind < CTRACE_EVENT_KIND_COUNT, .kind = s->event.kind};
    }
    if (status == CTRACE_END) {
        s->shared.here.event = CTRACE_ID_NONE;
        for (size_t i = 0; i < d->warning_count; i++)
            d->warnings[i].position.event = CTRACE_ID_NONE;
    } else if (status != CTRACE_OK && error)
        error->position = s->shared.here;
    return status;
}

void ctr_ctfs_streams_position(ctr_ctfs_streams *s, ctrace_position *out) { *out = s->shared.here; }

uint64_t ctr_ctfs_streams_bytes_read(const ctr_ctfs_streams *s)
{
    uint64_t size = s->shared.container->source->size;
    uint64_t read = s->steps.chunks.bytes.next + s->values.records.chunks.bytes.next +
                    s->calls.records.chunks.bytes.next + s->log.records.chunks.bytes.next;
    return s->stage == STAGE_END || read > size ? size : read;
}

/* ---- Any place ---- */

bool ctr_ctfs_streams_mark(ctr_ctfs_streams *s, ctr_mark *out)
{
    if (!s->has_mark)
        return false;
    *out = s->mark;
    s->has_mark = false;
    return true;
}

static ctrace_status go_to_place(ctr_ctfs_streams *s, const ctr_mark *mark, ctrace_error *error)
{
    uint64_t chunk = mark->words[0] & UINT32_MAX, functions = mark->words[0] >> 32;
    uint64_t unpacked = mark->words[1] >> 20, calls = mark->words[2] & UINT32_MAX, entries = mark->words[2] >> 32;
    if ((chunk && chunk >= s->steps.chunks.count) || functions > s->names.functions.count)
        return CTRACE_ARGUMENT;
    ctr_ctfs_steps_go_to(&s->steps, chunk, unpacked);
    s->values.records.chunk_is_open = s->values.records.has_record = s->values.in_record = false;
    s->has_step = s->has_mark = false;
    s->place = (ctr_ctfs_place){0};
    s->functions = functions;
    s->next_index = mark->event;
    s->shared.here.offset = unpacked;
    s->stage = chunk ? STAGE_STEP : STAGE_PATHS;
    s->declared = 0;
    ctrace_status status =
        ctr_ctfs_calls_go_to(&s->calls, calls, mark->words[1] & 0xFFFFF, chunk * s->steps.chunks.size, error);
    return status == CTRACE_OK ? ctr_log_records_go_to(&s->log, entries, error) : status;
}

ctrace_status ctr_ctfs_streams_go_to(ctr_ctfs_streams *s, const ctr_mark *mark, ctrace_error *error)
{
    static const ctr_mark beginning = {0};
    ctrace_status status = go_to_place(s, mark ? mark : &beginning, error);
    if (status == CTRACE_ARGUMENT) {
        ctr_fail(error, status, "the mark is of another trace");
        ctrace_status back = go_to_place(s, &beginning, error);
        status = back == CTRACE_OK ? status : back;
    }
    return status;
}
