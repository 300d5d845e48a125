/* Messages of trace.bin version 0 in memory: encoding, decoding, and telling what was decoded. */
#ifndef CTRACE_TESTS_CAPNP_MESSAGES_H
#define CTRACE_TESTS_CAPNP_MESSAGES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "cmocka_all.h"
#include "codec/capnp/encoder.h"
#include "codec/capnp/pack.h"
#include "codec/capnp/wire.h"
#include "codec/decoder.h"
#include "every_event.h"
#include "io/file.h"

#define CAPNP_HEAD "\xC0\xDE\x72\xAC\xE2\0\0\0"

static inline int into_buffer(void *cookie, uint64_t offset, const char *data, size_t size)
{
    ctr_buffer *b = cookie;
    assert_true(offset <= b->size);
    b->size = (size_t)offset;
    assert_true(ctr_buffer_append(b, data, size));
    return 0;
}

/* ---- Encoding ---- */

/* Into one segment, or with `segment` words of contents in each. */
static inline ctrace_status encode_all(ctr_buffer *out, const ctrace_event *events, size_t count, uint64_t segment,
                                       const ctrace_allocator *allocator)
{
    ctrace_sink sink = {.cookie = out, .write = into_buffer};
    ctr_encoder_options options = {.allocator = allocator, .sink = &sink, .spool_folder = -1};
    ctr_encoder *e;
    ctrace_status status = ctr_capnp_open_encoder(&e, &options, NULL);
    if (status != CTRACE_OK)
        return status;
    if (segment)
        ctr_capnp_encoder_set_segment(e, segment);
    for (size_t i = 0; status == CTRACE_OK && i < count; i++) {
        status = e->class->event(e, &events[i]);
        if (status == CTRACE_OK)
            status = e->class->flush(e);
    }
    assert_int_equal(out->size, 0);
    if (status == CTRACE_OK)
        status = e->class->finish(e, &(ctr_trace_facts){0});
    e->class->close(e);
    return status;
}

/* Words as a message of one segment, with the list of events that the words begin with. */
static inline void message_of(ctr_buffer *out, const uint64_t *words, size_t count)
{
    uint8_t packed[CTR_PACKED_ROOM(1)];
    uint64_t table = (uint64_t)count << 32;
    out->size = 0;
    assert_true(ctr_buffer_append(out, CAPNP_HEAD, 8));
    assert_true(ctr_buffer_append(out, packed, ctr_pack(&table, 1, packed)));
    assert_true(ctr_buffer_reserve(out, CTR_PACKED_ROOM(count)));
    out->size += ctr_pack(words, count, (uint8_t *)out->data + out->size);
}

/* ---- Decoding ---- */

/* A file without a name that holds what is decoded. */
static inline void source_of(ctr_source *source, const char *data, size_t size)
{
    *source = (ctr_source){.fd = -1};
    assert_int_equal(ctr_open_spool(-1, &source->fd), 0);
    assert_int_equal(ctr_write_at(source->fd, 0, data, size), 0);
    ctr_source_measure(source);
}

static inline bool goes_on(ctrace_status status)
{
    return status == CTRACE_OK || status == CTRACE_EVENT || status == CTRACE_TOO_DEEP || status == CTRACE_TOO_LARGE;
}

/* Events as JSON lines; bad ones and the end as "CTRACE_EVENT #3: what". */
typedef struct telling {
    ctr_buffer text;
} telling;

static inline void tell_begin(telling *t) { memset(t, 0, sizeof *t); }

/* An encoder counts its own bytes, so each event has one. */
static inline void tell_event(telling *t, const ctrace_event *event)
{
    ctr_buffer line = {0};
    ctrace_sink sink = {.cookie = &line, .write = into_buffer};
    ctr_encoder_options options = {.sink = &sink, .spool_folder = -1};
    ctr_encoder *json;
    assert_int_equal(ctr_ndjson_open_encoder(&json, &options, NULL), CTRACE_OK);
    assert_int_equal(json->class->event(json, event), CTRACE_OK);
    assert_int_equal(json->class->finish(json, &(ctr_trace_facts){0}), CTRACE_OK);
    json->class->close(json);
    assert_true(ctr_buffer_append(&t->text, line.data, line.size));
    ctr_buffer_free(&line);
}

static inline void tell_text(telling *t, const char *text)
{
    assert_true(ctr_buffer_append(&t->text, text, strlen(text)));
}

static inline ctrace_status tell_next(telling *t, ctr_decoder *d)
{
    const ctrace_event *event;
    ctrace_error error = {0};
    ctrace_status status = d->class->next(d, &event, &error);
    ctrace_position position;
    d->class->position(d, &position);
    assert_true(d->class->bytes_read(d) <= d->source->size);
    for (size_t i = 0; i < d->warning_count; i++) {
        tell_text(t, ctrace_leniency_name(d->warnings[i].leniency));
        tell_text(t, "\n");
    }
    if (status == CTRACE_OK) {
        tell_event(t, event);
        return status;
    }
    assert_null(event);
    if (status != CTRACE_END) {
        assert_int_equal(error.status, status);
        assert_string_equal(error.file, "input");
        assert_true(error.message[0]);
    }
    char line[400];
    snprintf(line, sizeof line, "%s #%lld%s%s\n", ctrace_status_name(status),
             status == CTRACE_END ? (long long)position.event : (long long)error.position.event,
             status == CTRACE_END ? "" : ": ", error.message);
    tell_text(t, line);
    return status;
}

static inline ctrace_status tell_all(telling *t, const char *data, size_t size, size_t max_event_bytes,
                                     const ctrace_allocator *allocator)
{
    ctr_source source;
    ctr_decoder *d;
    ctrace_error error;
    ctr_decoder_options options = {
        .allocator = allocator, .max_event_bytes = max_event_bytes ? max_event_bytes : 16 << 20, .max_depth = 500};
    source_of(&source, data, size);
    tell_begin(t);
    ctrace_status status = ctr_capnp_open_decoder(&d, &source, "input", &options, &error);
    if (status == CTRACE_OK) {
        do
            status = tell_next(t, d);
        while (goes_on(status));
        d->class->close(d);
    } else {
        assert_null(d);
        assert_int_equal(error.status, status);
    }
    ctr_source_close(&source);
    assert_true(ctr_buffer_append(&t->text, "", 1));
    return status;
}

static inline void tell_free(telling *t) { ctr_buffer_free(&t->text); }

/* ---- Every event, as this form can hold it: ids are signed numbers, and there is no Char. ---- */

#define CAPNP_ID(id) ((id) > (uint64_t)INT64_MAX ? (uint64_t)INT64_MAX : (id))

typedef struct every_capnp_event {
    ctrace_event events[EVERY_EVENT_COUNT];
    ctrace_value values[sizeof every_value / sizeof *every_value];
    ctrace_argument args[sizeof every_argument / sizeof *every_argument];
    ctrace_id ids[sizeof every_id / sizeof *every_id];
} every_capnp_event;

static inline const ctrace_value *capnp_value(const every_capnp_event *all, const ctrace_value *value)
{
    return value == every_value ? all->values : value;
}

static inline void make_every_capnp_event(every_capnp_event *all)
{
    memcpy(all->events, every_event, sizeof every_event);
    memcpy(all->values, every_value, sizeof every_value);
    memcpy(all->args, every_argument, sizeof every_argument);
    for (size_t i = 0; i < sizeof every_id / sizeof *every_id; i++)
        all->ids[i] = CAPNP_ID(every_id[i]);
    for (size_t i = 0; i < sizeof every_value / sizeof *every_value; i++) {
        all->values[i].type_id = CAPNP_ID(every_value[i].type_id);
        if (all->values[i].kind == CTRACE_VALUE_CHAR)
            all->values[i].kind = CTRACE_VALUE_RAW;
    }
    for (size_t i = 0; i < sizeof every_argument / sizeof *every_argument; i++) {
        all->args[i].variable_id = CAPNP_ID(all->args[i].variable_id);
        all->args[i].value = capnp_value(all, all->args[i].value);
    }
    for (size_t i = 0; i < EVERY_EVENT_COUNT; i++) {
        ctrace_event *e = &all->events[i];
        switch (e->kind) {
        case CTRACE_EVENT_STEP:
            e->step.path_id = CAPNP_ID(e->step.path_id);
            break;
        case CTRACE_EVENT_VALUE:
            e->value.value = capnp_value(all, e->value.value);
            break;
        case CTRACE_EVENT_CALL:
            if (e->call.arg_count)
                e->call.args = all->args;
            break;
        case CTRACE_EVENT_RETURN:
            e->returned.return_value = capnp_value(all, e->returned.return_value);
            break;
        case CTRACE_EVENT_COMPOUND_VALUE:
            e->compound_value.value = capnp_value(all, e->compound_value.value);
            break;
        case CTRACE_EVENT_ASSIGN_CELL:
            e->assign_cell.new_value = capnp_value(all, e->assign_cell.new_value);
            break;
        case CTRACE_EVENT_ASSIGN_COMPOUND_ITEM:
            e->assign_compound_item.index = CAPNP_ID(e->assign_compound_item.index);
            break;
        case CTRACE_EVENT_ASSIGNMENT:
            if (e->assignment.from.variable_ids)
                e->assignment.from.variable_ids = all->ids;
            break;
        case CTRACE_EVENT_DROP_VARIABLES:
            e->drop_variables.variable_ids = all->ids;
            break;
        default:
            break;
        }
    }
}

#endif
