/* Plain values as one piece of JSON: a variable's with its event, behind the whole events, and one in a container. */
#ifndef CTRACE_LIB_WRITER_IN_PLACE_H
#define CTRACE_LIB_WRITER_IN_PLACE_H

#include "writer/writer.h"

/* Begins the event of a variable that is declared, up to the value's first payload. NULL: there is no memory for all
 * that and `room` bytes more. Nothing has to be undone when it is not ended. */
static inline char *ctr_local_in_place(ctr_json_encoder *json, ctrace_id variable, ctrace_value_kind kind, size_t room)
{
    char *p = ctr_json_begin_event(json, CTR_JSON_PLAIN_ROOM + 4 * CTR_JSON_PIECE + room);
    if (!p)
        return NULL;
    p = ctr_json_put_fragment(p, &json->fragments.events[CTRACE_EVENT_VALUE][0]);
    p = ctr_json_put_u64(p, variable);
    return ctr_json_put_fragment(p, &json->fragments.locals[kind]);
}

/* Ends it behind a payload that is the value's last. */
static inline ctrace_status ctr_local_done(ctrace_writer *w, char *p)
{
    memcpy(p, "}}}", 4);
    return ctr_json_event_done(w, w->json, p + 3);
}

/* The same behind the last one but the type. */
static inline ctrace_status ctr_typed_local_done(ctrace_writer *w, char *p, ctrace_id type)
{
    p = ctr_json_put_fragment(p, &w->json->fragments.values[CTRACE_VALUE_INT][1]); /* all have the same there */
    return ctr_local_done(w, ctr_json_put_u64(p, type));
}

/* The same with a text as its payload, which was begun with its size and CTR_JSON_TEXT_ROOM as `room`. */
static inline ctrace_status ctr_text_local_done(ctrace_writer *w, char *p, ctrace_str text, ctrace_id type)
{
    ctr_buffer *out = &w->json->out;
    size_t begin = out->size;
    p = ctr_json_put_text(out, p, text, &w->encoder->texts_mended);
    out->size = begin;
    return p ? ctr_typed_local_done(w, p, type) : ctr_writer_no_memory(w);
}

/* Begins a value in the container that is being built, up to its first payload. NULL: it goes the long way. */
static inline char *ctr_child_in_place(ctrace_writer *w, ctrace_value_kind kind, ctrace_id type)
{
    if (w->plain || w->depth == 0 || w->cut || w->fatal || w->destination == CTR_TO_NOTHING || type == CTRACE_ID_NONE)
        return NULL;
    ctr_open_value *parent = &w->open[w->depth - 1];
    if (parent->left == 0 || !ctr_buffer_reserve(w->value, CTR_JSON_PLAIN_ROOM + CTR_JSON_PIECE))
        return NULL;
    char *p = w->value->data + w->value->size;
    *p = ',';
    p += parent->any;
    parent->any = true;
    parent->left--;
    return ctr_json_put_fragment(p, &w->fragments->values[kind][0]);
}

/* Ends it behind its last payload but the type. */
static inline ctrace_status ctr_typed_child_done(ctrace_writer *w, char *p, ctrace_id type)
{
    ctr_json_end_typed(w->value, w->fragments->values[CTRACE_VALUE_INT], 1, type, p);
    return CTRACE_OK;
}

#endif
