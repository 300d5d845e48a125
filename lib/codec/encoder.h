/* What the writer asks of a form: an encoder that takes events and brings them to a sink. A form is one folder that
 * offers one ctr_encoder_open function; codec/forms.c lists them. */
#ifndef CTRACE_LIB_CODEC_ENCODER_H
#define CTRACE_LIB_CODEC_ENCODER_H

#include "base/buffer.h"
#include "ctrace/writer.h"

typedef struct ctr_encoder ctr_encoder;

/* What a form that holds all in one file needs to know when it is ended. The texts end in NUL. */
typedef struct ctr_trace_facts {
    ctrace_str program;
    const ctrace_str *args;
    size_t arg_count;
    ctrace_str workdir;
    ctrace_str recorder; /* name and version, if any */
    ctrace_str recorder_version;
    ctrace_str recording_id;
    ctrace_str paths_json; /* the list of paths as JSON, as trace_paths.json has it */
} ctr_trace_facts;

/* An event that was encoded apart. */
typedef struct ctr_encoded {
    size_t size;
    uint32_t key; /* those with the same key are mostly alike */
} ctr_encoded;

/* Each returns CTRACE_OK, CTRACE_NO_MEMORY, or CTRACE_IO with encoder->system_error set. No signal comes while one of
 * the writer's own files is flushed or finished; a thread that is made in open or flush never gets one. */
typedef struct ctr_encoder_class {
    ctrace_form form;
    /* Puts the event behind those before it. What it points to is not kept. */
    ctrace_status (*event)(ctr_encoder *e, const ctrace_event *event);
    /* Brings what waits to the sink; what lies there is a whole trace then, where the form can be whole before its end.
     * A sequential sink gets what can be given to it. */
    ctrace_status (*flush)(ctr_encoder *e);
    /* The same, and ends the trace. */
    ctrace_status (*finish)(ctr_encoder *e, const ctr_trace_facts *facts);
    void (*close)(ctr_encoder *e);
    /* The same in the child of a fork, where the encoder's thread is not there and may have left its locks shut: waits
     * for nothing, locks nothing, writes nothing. NULL when close() is that already. */
    void (*abandon)(ctr_encoder *e);
    /* Encodes an event apart, to be put any number of times. NULL: the form has none that are whole by themselves, or
     * (JSON) the writer does it. False: no memory. */
    bool (*encode)(ctr_encoder *e, ctr_buffer *out, const ctrace_event *event);
    /* Puts such events, which lie one behind the other at `bytes`. */
    ctrace_status (*put_encoded)(ctr_encoder *e, const char *bytes, const ctr_encoded *events, size_t count);
} ctr_encoder_class;

typedef struct ctr_encoder_options {
    const ctrace_allocator *allocator;
    const ctrace_sink *sink;  /* outlives the encoder */
    /* Cuts what the sink holds to `size` bytes: given the sink's cookie, returns 0 or an errno. NULL: it cannot. */
    int (*truncate)(void *cookie, uint64_t size);
    ctrace_float_form floats; /* of JSON */
    int level;                /* of zstd; set, not 0 */
    bool aside;               /* compress on another thread */
    int spool_folder;         /* descriptor of a folder for files without a name, or -1: the system's own */
} ctr_encoder_options;

/* What every encoder begins with. */
struct ctr_encoder {
    const ctr_encoder_class *class;
    ctr_encoder_options options;
    int system_error;      /* of the failure */
    size_t waiting;        /* bytes that wait for a flush, as they are without compression */
    uint64_t bytes;        /* of all events so far, without compression */
    uint64_t texts_mended; /* texts whose bytes are no UTF-8, mended with U+FFFD */
    uint64_t chars_as_raw; /* Char values of a form that has none */
    uint64_t numbers_cut;  /* ids and indexes beyond what the form holds, replaced by its largest */
};

/* After a write that stopped half way, on a full disk: what was flushed before is whole again. `tail` is what stood at
 * `offset` up to the end. It takes no new room; when it fails too there is nothing more to be done. */
static inline void ctr_encoder_restore(ctr_encoder *e, uint64_t offset, const char *tail, size_t size)
{
    const ctrace_sink *sink = e->options.sink;
    if (e->options.truncate && (size == 0 || sink->write(sink->cookie, offset, tail, size) == 0))
        e->options.truncate(sink->cookie, offset + size);
}

/* On failure *out is NULL. CTRACE_UNSUPPORTED: the form cannot go to that sink. */
typedef ctrace_status ctr_encoder_open(ctr_encoder **out, const ctr_encoder_options *options, ctrace_error *error);

ctr_encoder_open ctr_json_open_encoder;
ctr_encoder_open ctr_ndjson_open_encoder;
ctr_encoder_open ctr_cbor_open_encoder;
ctr_encoder_open ctr_capnp_open_encoder;
ctr_encoder_open ctr_ctfs_open_encoder;

#endif
