/* The encoder of containers in the layout "old": all events in events.log, what the trace tells about itself in
 * meta.dat, which comes last. */
#include "base/failure.h"
#include "codec/ctfs/build.h"
#include "codec/ctfs/little_endian.h"
#include "codec/ctfs/log_units.h"
#include "codec/ctfs/mend.h"
#include "codec/ctfs/split_binary.h"
#include "codec/encoder.h"
#include "io/frames_pack.h"

#define CHUNK_EVENTS 4096
#define CHUNK_BYTES  ((size_t)8 << 20) /* a chunk is closed when it has so many, also with fewer events */

typedef enum file_slot { FILE_EVENTS, FILE_FORMAT, FILE_PATHS, FILE_META, FILE_COUNT } file_slot;

static const char *const file_names[FILE_COUNT] = {"events.log", "events.fmt", "paths.json", "meta.dat"};

/* What the header of a chunk tells. */
typedef struct chunk_head {
    uint32_t events;
    uint64_t first;
} chunk_head;

typedef struct encoder {
    ctr_encoder base;
    ctr_cbor_encoder cbor;
    ctr_build build;
    ctr_buffer out;       /* events of the chunk that is not closed */
    uint32_t chunk_events;
    uint64_t first_event; /* of that chunk */
    uint64_t unsynced;    /* bytes of closed chunks that wait for a flush */
    ctr_packing packing;
    chunk_head heads[CTR_PACK_SLOTS]; /* of the chunks that are being packed */
    ctr_buffer paths;     /* for meta.dat: each with its length before it */
    uint64_t path_count;
    uint64_t safe_size;   /* bytes of the sink after the last flush */
    ctr_built_file *files; /* FILE_COUNT of them */
} encoder;

static encoder *encoder_of(ctr_encoder *e) { return (encoder *)(void *)e; }

static ctrace_status fail_write(encoder *e)
{
    e->base.system_error = e->build.system_error;
    /* What was flushed before is all that the entries tell of. */
    if (e->base.options.truncate && e->safe_size)
        e->base.options.truncate(e->base.options.sink->cookie, e->safe_size);
    return CTRACE_IO;
}

/* ---- Events ---- */

static bool append_varint(ctr_buffer *b, uint64_t number)
{
    char bytes[10];
    size_t size = 0;
    for (; number >= 0x80; number >>= 7)
        bytes[size++] = (char)(number | 0x80);
    bytes[size++] = (char)number;
    return ctr_buffer_append(b, bytes, size);
}

static bool append_text(ctr_buffer *b, ctrace_str text)
{
    return append_varint(b, text.size) && ctr_buffer_append(b, text.data, text.size);
}

/* Writes the header before anything else. */
static ctrace_status begin(encoder *e)
{
    return e->build.sink || ctr_build_begin(&e->build, e->base.options.sink) ? CTRACE_OK : fail_write(e);
}

/* Brings the chunk that was packed first to the file, if there is one. */
static ctrace_status write_chunk(encoder *e, bool wait, bool *any)
{
    const chunk_head *head = &e->heads[e->packing.taken % CTR_PACK_SLOTS];
    const ctr_portion *portion = ctr_packing_take(&e->packing, wait);
    *any = portion != NULL;
    if (!portion)
        return CTRACE_OK;
    if (portion->failed)
        return CTRACE_NO_MEMORY;
    char bytes[CTR_LOG_CHUNK_HEAD];
    ctr_store_u64(ctr_store_u32(ctr_store_u32(bytes, (uint32_t)portion->packed.size), head->events), head->first);
    bool ok = ctr_build_append(&e->build, &e->files[FILE_EVENTS], bytes, sizeof bytes) &&
              ctr_build_append(&e->build, &e->files[FILE_EVENTS], portion->packed.data, portion->packed.size);
    return ok ? CTRACE_OK : fail_write(e);
}

/* Writes what is packed; all that is to be, when `wait` is set. */
static ctrace_status write_chunks(encoder *e, bool wait)
{
    ctrace_status status = CTRACE_OK;
    for (bool any = true; any && status == CTRACE_OK;)
        status = write_chunk(e, wait, &any);
    return status;
}

static ctrace_status close_chunk(encoder *e)
{
    ctrace_status status = begin(e);
    if (status != CTRACE_OK || !e->chunk_events)
        return status;
    bool any;
    if (ctr_packing_is_full(&e->packing) && (status = write_chunk(e, true, &any)) != CTRACE_OK)
        return status;
    size_t size = e->out.size;
    e->heads[e->packing.given % CTR_PACK_SLOTS] = (chunk_head){e->chunk_events, e->first_event};
    if (!ctr_packing_give(&e->packing, &e->out, true, NULL)) /* in one piece, so that the frame tells its size */
        return CTRACE_NO_MEMORY;
    e->first_event += e->chunk_events;
    e->chunk_events = 0;
    e->unsynced += size;
    return write_chunks(e, false);
}

static ctrace_status put_event(ctr_encoder *base, const ctrace_event *event)
{
    encoder *e = encoder_of(base);
    size_t begin = e->out.size, paths = e->paths.size;
    bool ok = ctr_split_encode(&e->cbor, &e->out, event);
    if (ok && event->kind == CTRACE_EVENT_PATH) { /* as it was written: it may have been mended */
        size_t size = e->out.size - begin - 5;
        ok = append_text(&e->paths, (ctrace_str){e->out.data + begin + 5, size});
        e->path_count += ok;
    }
    if (!ok) {
        e->out.size = begin;
        e->paths.size = paths;
        return CTRACE_NO_MEMORY;
    }
    e->chunk_events++;
    base->bytes += e->out.size - begin;
    base->texts_mended = e->cbor.texts_mended;
    base->waiting = e->unsynced + e->out.size;
    return e->chunk_events == CHUNK_EVENTS || e->out.size >= CHUNK_BYTES ? close_chunk(e) : CTRACE_OK;
}

static ctrace_status flush(ctr_encoder *base)
{
    encoder *e = encoder_of(base);
    bool first = e->safe_size == 0;
    if (!first && !e->chunk_events && !e->unsynced)
        return CTRACE_OK;
    ctrace_status status = close_chunk(e);
    if (status == CTRACE_OK)
        status = write_chunks(e, true);
    if (status != CTRACE_OK)
        return status;
    if (first && !(ctr_build_append(&e->build, &e->files[FILE_FORMAT], "split-binary", 12) &&
                   ctr_build_sync(&e->build, &e->files[FILE_FORMAT])))
        return fail_write(e);
    if (!ctr_build_sync(&e->build, &e->files[FILE_EVENTS]))
        return fail_write(e);
    e->safe_size = e->build.written;
    e->unsynced = 0;
    base->waiting = 0;
    return CTRACE_OK;
}

/* ---- The end ---- */

static bool append_mended(ctr_buffer *b, ctr_arena *arena, ctrace_str text)
{
    bool mended;
    return ctr_mend_text(arena, &text, &mended) && append_text(b, text);
}

/* The name and the version of the recorder are one text. */
static bool append_recorder(ctr_buffer *b, ctr_arena *arena, const ctr_trace_facts *facts)
{
    ctr_buffer whole = {.allocator = b->allocator};
    bool ok = ctr_buffer_append(&whole, facts->recorder.data, facts->recorder.size);
    if (ok && facts->recorder_version.size)
        ok = ctr_buffer_append(&whole, " ", 1) &&
             ctr_buffer_append(&whole, facts->recorder_version.data, facts->recorder_version.size);
    ok = ok && append_mended(b, arena, (ctrace_str){whole.data, whole.size});
    ctr_buffer_free(&whole);
    return ok;
}

static bool append_meta(encoder *e, ctr_buffer *b, ctr_arena *arena, const ctr_trace_facts *facts)
{
    bool ok = ctr_buffer_append(b, "CTMD\3\0\0\0", 8) && append_text(b, facts->recording_id) &&
              append_mended(b, arena, facts->program) && append_varint(b, facts->arg_count);
    for (size_t i = 0; ok && i < facts->arg_count; i++)
        ok = append_mended(b, arena, facts->args[i]);
    return ok && append_mended(b, arena, facts->workdir) && append_recorder(b, arena, facts) &&
           append_varint(b, e->path_count) && ctr_buffer_append(b, e->paths.data, e->paths.size);
}

static ctrace_status write_file(encoder *e, file_slot slot, const char *data, size_t size)
{
    bool ok = ctr_build_append(&e->build, &e->files[slot], data, size) && ctr_build_sync(&e->build, &e->files[slot]);
    return ok ? CTRACE_OK : fail_write(e);
}

static ctrace_status finish(ctr_encoder *base, const ctr_trace_facts *facts)
{
    encoder *e = encoder_of(base);
    ctr_buffer meta = {.allocator = base->options.allocator};
    ctr_arena texts = {.allocator = base->options.allocator};
    ctrace_status status = flush(base);
    if (status == CTRACE_OK && !append_meta(e, &meta, &texts, facts))
        status = CTRACE_NO_MEMORY;
    if (status == CTRACE_OK)
        status = write_file(e, FILE_PATHS, facts->paths_json.data, facts->paths_json.size);
    if (status == CTRACE_OK) /* last: it says that the trace is complete */
        status = write_file(e, FILE_META, meta.data, meta.size);
    ctr_arena_free(&texts);
    ctr_buffer_free(&meta);
    return status;
}

/* ---- Life ---- */

static void free_rest(encoder *e)
{
    const ctrace_allocator *allocator = e->base.options.allocator;
    ctr_buffer_free(&e->out);
    ctr_buffer_free(&e->paths);
    ctr_free(allocator, e->files, FILE_COUNT * sizeof *e->files);
    ctr_free(allocator, e, sizeof *e);
}

static void close_encoder(ctr_encoder *base)
{
    ctr_packing_free(&encoder_of(base)->packing);
    free_rest(encoder_of(base));
}

static void abandon(ctr_encoder *base)
{
    ctr_packing_abandon(&encoder_of(base)->packing);
    free_rest(encoder_of(base));
}

static const ctr_encoder_class ctfs_class = {
    .form = CTRACE_FORM_CT,
    .event = put_event,
    .flush = flush,
    .finish = finish,
    .close = close_encoder,
    .abandon = abandon,
};

ctrace_status ctr_ctfs_open_encoder(ctr_encoder **out, const ctr_encoder_options *options, ctrace_error *error)
{
    const ctrace_allocator *allocator = options->allocator;
    *out = NULL;
    if (options->sink->sequential)
        return ctr_fail(error, CTRACE_UNSUPPORTED,
                        "a container cannot go to a sink that takes bytes in order only: its first block tells what follows");
    encoder *e = ctr_alloc_zero(allocator, sizeof *e);
    if (!e)
        return ctr_fail(error, CTRACE_NO_MEMORY, "out of memory");
    e->base.class = &ctfs_class;
    e->base.options = *options;
    e->out.allocator = e->paths.allocator = allocator;
    ctr_cbor_encoder_init(&e->cbor, CTR_CBOR_CT,
                          options->floats == CTRACE_FLOAT_NUMBER ? CTR_CBOR_FLOAT_NUMBER : CTR_CBOR_FLOAT_TEXT);
    e->files = ctr_alloc_zero(allocator, FILE_COUNT * sizeof *e->files);
    if (!e->files || !ctr_packing_init(&e->packing, options->level, options->aside, allocator)) {
        free_rest(e);
        return ctr_fail(error, CTRACE_NO_MEMORY, "out of memory");
    }
    for (unsigned slot = 0; slot < FILE_COUNT; slot++) {
        e->files[slot].slot = slot;
        e->files[slot].name = file_names[slot];
    }
    *out = &e->base;
    return CTRACE_OK;
}
