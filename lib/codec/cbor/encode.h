/* Events and parts of events as CBOR, byte by byte as upstream's crates write them. The bytes between the payloads are
 * cut once from the model's tables. Every function returns false when there is no memory. */
#ifndef CTRACE_LIB_CODEC_CBOR_ENCODE_H
#define CTRACE_LIB_CODEC_CBOR_ENCODE_H

#include "base/buffer.h"
#include "codec/cbor/repeats.h"
#include "model/model.h"

/* How a value is written where its readers differ. */
typedef enum ctr_cbor_style {
    CTR_CBOR_BIN, /* trace.bin: as cbor4ii has it */
    CTR_CBOR_CT   /* containers: Bool has `text` too, a BigInt is a byte string that holds base64 */
} ctr_cbor_style;

typedef enum ctr_cbor_floats {
    CTR_CBOR_FLOAT_TEXT,   /* {"kind":"Float","f":"2.5"} */
    CTR_CBOR_FLOAT_NUMBER, /* the same with a double, as crates before November 2025 and Nim have it */
    CTR_CBOR_FLOAT_RAW     /* {"kind":"Raw","r":"2.5"}: what every reader of containers takes */
} ctr_cbor_floats;

/* Bytes that stand before a payload, such as those of {"Step":{"path_id": ; copied whole, `size` of them count. */
#define CTR_CBOR_FRAGMENT_BYTES 47
typedef struct ctr_cbor_fragment {
    char bytes[CTR_CBOR_FRAGMENT_BYTES];
    uint8_t size;
} ctr_cbor_fragment;

typedef struct ctr_cbor_encoder {
    ctr_cbor_style style;
    ctr_cbor_floats floats;
    uint64_t texts_mended; /* texts whose bytes are no UTF-8, mended with U+FFFD */
    uint64_t floats_as_raw;
    uint32_t quick; /* a bit for every kind of value that is written in one piece */
    uint64_t place; /* path and line of the last step */
    ctr_repeats *repeats; /* is told where the parts of an event begin; NULL: nobody is */
    /* [kind][i] stands before payload i. CBOR needs nothing behind the last one. */
    ctr_cbor_fragment events[CTRACE_EVENT_KIND_COUNT][CTR_MAX_FIELDS];
    ctr_cbor_fragment values[CTRACE_VALUE_KIND_COUNT][CTR_MAX_FIELDS];
    ctr_cbor_fragment locals[CTRACE_VALUE_KIND_COUNT]; /* between a variable and the first payload of a quick value */
} ctr_cbor_encoder;

/* Needs no end. */
void ctr_cbor_encoder_init(ctr_cbor_encoder *e, ctr_cbor_style style, ctr_cbor_floats floats);

/* Each appends one CBOR item to `b`. */
bool ctr_cbor_encode_event(ctr_cbor_encoder *e, ctr_buffer *b, const ctrace_event *event);
bool ctr_cbor_encode_value(ctr_cbor_encoder *e, ctr_buffer *b, const ctrace_value *value);
/* A list of {variable_id, value}. */
bool ctr_cbor_encode_args(ctr_cbor_encoder *e, ctr_buffer *b, const ctrace_argument *args, size_t count);
/* {kind, lang_type, specific_info}. */
bool ctr_cbor_encode_type(ctr_cbor_encoder *e, ctr_buffer *b, const ctrace_type_event *type);
/* specific_info alone. */
bool ctr_cbor_encode_type_info(ctr_cbor_encoder *e, ctr_buffer *b, const ctrace_type_info *info);
/* {to, pass_by, from}. */
bool ctr_cbor_encode_assignment(ctr_cbor_encoder *e, ctr_buffer *b, const ctrace_assignment_event *assignment);
bool ctr_cbor_encode_rvalue(ctr_cbor_encoder *e, ctr_buffer *b, const ctrace_rvalue *rvalue);

/* What lies under these, for other binary parts. */
bool ctr_cbor_encode_text(ctr_cbor_encoder *e, ctr_buffer *b, ctrace_str text);

#endif
