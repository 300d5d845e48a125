/* Where a value goes that is put: into a recorder's lane, or into a writer. */
#ifndef CTRACE_PYTHON_PUT_H
#define CTRACE_PYTHON_PUT_H

#include "values.h"

#include <string.h>

static inline ctrace_str put_literal(const char *text) { return (ctrace_str){text, strlen(text)}; }

/* ---- put_writer.c: the same into the capture's writer. ---- */
void writer_put_text(capture *c, ctrace_value_kind kind, ctrace_id type, ctrace_str text, size_t missing);
bool writer_open(capture *c, ctrace_value_kind kind, ctrace_id type, size_t count, const void *identity, size_t *shown);
void writer_open_pair(capture *c, ctrace_id type);
void writer_close(capture *c);
void writer_put_mark(capture *c, ctrace_str text);
/* The first failure of a value is kept. */
void writer_note(capture *c, ctrace_status status);

/* ---- Names ---- */

static inline ctrace_id put_variable(capture *c, ctrace_str name)
{
    return c->recorder ? ctrace_recorder_variable(c->recorder, name) : ctrace_variable(c->writer, name);
}

static inline ctrace_id put_type(capture *c, ctrace_type_kind kind, ctrace_str name)
{
    return c->recorder ? ctrace_recorder_type(c->recorder, kind, name) : ctrace_type(c->writer, kind, name);
}

static inline ctrace_id put_struct_type(capture *c, ctrace_str name, const ctrace_field *fields, size_t count)
{
    return c->recorder ? ctrace_recorder_struct_type(c->recorder, name, fields, count)
                       : ctrace_struct_type(c->writer, name, fields, count);
}

/* ---- Values ---- */

static inline void put_int64(capture *c, ctrace_id type, int64_t i)
{
    if (c->recorder)
        ctrace_lane_put_int(c->lane, type, i);
    else
        writer_note(c, ctrace_put_int(c->writer, type, i));
}

static inline void put_magnitude(capture *c, ctrace_id type, const uint8_t *magnitude, size_t size, bool negative)
{
    if (c->recorder)
        ctrace_lane_put_big_int(c->lane, type, magnitude, size, negative);
    else
        writer_note(c, ctrace_put_big_int(c->writer, type, magnitude, size, negative));
}

static inline void put_float(capture *c, ctrace_id type, double f)
{
    if (c->recorder)
        ctrace_lane_put_float(c->lane, type, f);
    else
        writer_note(c, ctrace_put_float(c->writer, type, f));
}

static inline void put_bool(capture *c, ctrace_id type, bool b)
{
    if (c->recorder)
        ctrace_lane_put_bool(c->lane, type, b);
    else
        writer_note(c, ctrace_put_bool(c->writer, type, b));
}

static inline void put_none(capture *c)
{
    if (c->recorder)
        ctrace_lane_put_none(c->lane, CTRACE_ID_NONE);
    else
        writer_note(c, ctrace_put_none(c->writer, CTRACE_ID_NONE));
}

/* `missing`: how much of the text was left out. */
static inline void put_string(capture *c, ctrace_id type, ctrace_str text, size_t missing)
{
    if (c->recorder)
        ctrace_lane_put_string(c->lane, type, text, missing);
    else
        writer_put_text(c, CTRACE_VALUE_STRING, type, text, missing);
}

static inline void put_raw(capture *c, ctrace_id type, ctrace_str text, size_t missing)
{
    if (c->recorder)
        ctrace_lane_put_raw(c->lane, type, text, missing);
    else
        writer_put_text(c, CTRACE_VALUE_RAW, type, text, missing);
}

/* In place of what cannot be shown. */
static inline void put_mark(capture *c, ctrace_str text)
{
    if (c->recorder)
        ctrace_lane_put_mark(c->lane, text);
    else
        writer_put_mark(c, text);
}

/* In place of what a filter hides, which a writer has none of. */
static inline void put_redacted(capture *c, ctrace_str reason)
{
    if (c->recorder)
        ctrace_lane_put_redacted(c->lane, reason);
}

/* Opens a sequence or struct: true when *shown of its `count` values are to be put, then put_close(). */
static inline bool put_open(capture *c, ctrace_value_kind kind, ctrace_id type, size_t count, const void *identity,
                            size_t *shown)
{
    return c->recorder ? ctrace_lane_open(c->lane, kind, type, count, identity, shown)
                       : writer_open(c, kind, type, count, identity, shown);
}

/* A pair, which is no item and no depth. */
static inline bool put_open_pair(capture *c, ctrace_id type)
{
    if (c->recorder)
        return ctrace_lane_open_part(c->lane, CTRACE_VALUE_SEQUENCE, type, 2);
    writer_open_pair(c, type);
    return true;
}

static inline void put_close(capture *c)
{
    if (c->recorder)
        ctrace_lane_close(c->lane);
    else
        writer_close(c);
}

#endif
