/* One value as JSON, piece by piece: for values that are built by calls and for those that are plain data. A value that
 * contains others is opened, its children follow with a comma before each but the first, and it is closed. Every
 * function returns false when there is no memory. */
#ifndef CTRACE_LIB_CODEC_JSON_EMIT_VALUE_H
#define CTRACE_LIB_CODEC_JSON_EMIT_VALUE_H

#include "codec/json/emit.h"
#include "ctrace/writer.h"

/* Room that a value without text takes: its fragments and two numbers. */
#define CTR_JSON_PLAIN_ROOM ((CTR_MAX_FIELDS + 3) * CTR_JSON_PIECE)

/* Makes room for a value without text and puts its first fragment. Returns where its payload goes; NULL: no memory. */
static inline char *ctr_json_begin_value(ctr_buffer *b, const ctr_json_fragments *f, ctrace_value_kind kind)
{
    if (!ctr_buffer_reserve(b, CTR_JSON_PLAIN_ROOM))
        return NULL;
    return ctr_json_put_fragment(b->data + b->size, &f->values[kind][0]);
}

/* The value ends before `p`. */
static inline bool ctr_json_end_value(ctr_buffer *b, char *p)
{
    b->size = (size_t)(p - b->data);
    return true;
}

/* Ends a value whose payload ends before `p`: fragment `i`, the type and the last fragment. */
static inline bool ctr_json_end_typed(ctr_buffer *b, const ctr_fragment *f, int i, ctrace_id type, char *p)
{
    p = ctr_json_put_fragment(p, &f[i]);
    p = ctr_json_put_u64(p, type);
    return ctr_json_end_value(b, ctr_json_put_fragment(p, &f[i + 1]));
}

static inline char *ctr_json_put_bool(char *p, bool truth)
{
    memcpy(p, truth ? "true" : "false", 5);
    return p + (truth ? 4 : 5);
}

static inline char *ctr_json_put_float_text(char *p, double number)
{
    *p++ = '"';
    p = ctr_format_float(p, number);
    *p++ = '"';
    return p;
}

static inline bool ctr_json_int(ctr_buffer *b, const ctr_json_fragments *f, ctrace_id type, int64_t i)
{
    char *p = ctr_json_begin_value(b, f, CTRACE_VALUE_INT);
    return p && ctr_json_end_typed(b, f->values[CTRACE_VALUE_INT], 1, type, ctr_json_put_i64(p, i));
}

static inline bool ctr_json_bool(ctr_buffer *b, const ctr_json_fragments *f, ctrace_id type, bool truth)
{
    char *p = ctr_json_begin_value(b, f, CTRACE_VALUE_BOOL);
    if (!p)
        return false;
    return ctr_json_end_typed(b, f->values[CTRACE_VALUE_BOOL], 1, type, ctr_json_put_bool(p, truth));
}

/* What stands as Raw for a float that is no JSON number, where readers refuse every other form of it. */
static inline ctrace_str ctr_json_no_number(double f)
{
    return f != f ? CTRACE_STR("NaN") : f > 0 ? CTRACE_STR("inf") : CTRACE_STR("-inf");
}

/* With CTRACE_FLOAT_NUMBER the float is finite. */
static inline bool ctr_json_float(ctr_buffer *b, const ctr_json_fragments *f, ctrace_id type, double number,
                                  ctrace_float_form form)
{
    char *p = ctr_json_begin_value(b, f, CTRACE_VALUE_FLOAT);
    if (!p)
        return false;
    p = form == CTRACE_FLOAT_NUMBER ? ctr_format_float_number(p, number) : ctr_json_put_float_text(p, number);
    return ctr_json_end_typed(b, f->values[CTRACE_VALUE_FLOAT], 1, type, p);
}

static inline bool ctr_json_none(ctr_buffer *b, const ctr_json_fragments *f, ctrace_id type)
{
    char *p = ctr_json_begin_value(b, f, CTRACE_VALUE_NONE);
    if (!p)
        return false;
    p = ctr_json_put_u64(p, type);
    return ctr_json_end_value(b, ctr_json_put_fragment(p, &f->values[CTRACE_VALUE_NONE][1]));
}

static inline bool ctr_json_cell(ctr_buffer *b, const ctr_json_fragments *f, int64_t place)
{
    char *p = ctr_json_begin_value(b, f, CTRACE_VALUE_CELL);
    if (!p)
        return false;
    p = ctr_json_put_i64(p, place);
    return ctr_json_end_value(b, ctr_json_put_fragment(p, &f->values[CTRACE_VALUE_CELL][1]));
}

/* String, Raw, Error and Char. */
bool ctr_json_text_value(ctr_buffer *b, const ctr_json_fragments *f, ctrace_value_kind kind, ctrace_id type,
                         ctrace_str text, uint64_t *mended);
bool ctr_json_big_int(ctr_buffer *b, const ctr_json_fragments *f, ctrace_id type, ctrace_str magnitude, bool negative);

/* A value that contains others, up to the first of them. Of `v` only what stands before them is looked at. */
bool ctr_json_open_value(ctr_buffer *b, const ctr_json_fragments *f, const ctrace_value *v, uint64_t *mended);
/* What stands behind them. */
bool ctr_json_close_value(ctr_buffer *b, const ctr_json_fragments *f, const ctrace_value *v);

/* A value with all that it contains; its depth is bounded by the caller. */
bool ctr_json_value(ctr_buffer *b, const ctr_json_fragments *f, const ctrace_value *v, ctrace_float_form form,
                    uint64_t *mended);

#endif
