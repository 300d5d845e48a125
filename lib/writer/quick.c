#include "writer/quick.h"

#include "writer/in_place.h"

/* Whether the value can go the short way; its type is settled then. */
static inline bool is_simple(ctrace_writer *w, ctrace_id variable, ctrace_value_kind kind, ctrace_id *type)
{
    if (w->fatal || w->destination != CTR_TO_NOTHING || variable >= w->variable_count)
        return false;
    if (*type == CTRACE_ID_NONE)
        *type = w->plain_types[kind];
    return *type != CTRACE_ID_NONE;
}

/* Begins the event for a value that is built in place. NULL when it is not, or without memory. */
static inline char *begin(ctrace_writer *w, ctrace_id variable, ctrace_value_kind kind, size_t room)
{
    return w->json ? ctr_local_in_place(w->json, variable, kind, room) : NULL;
}

/* The event as plain data. */
static CTR_APART ctrace_status give(ctrace_writer *w, ctrace_id variable, const ctrace_value *value)
{
    ctrace_event event; /* all its other members would be cleared too */
    event.kind = CTRACE_EVENT_VALUE;
    event.value = (ctrace_value_event){variable, value};
    ctrace_status status = w->encoder->class->event(w->encoder, &event);
    return status == CTRACE_OK ? ctr_event_done(w, w->encoder->waiting) : ctr_writer_fail_encoder(w, status);
}

/* The long way. */
static CTR_APART ctrace_status put(ctrace_writer *w, ctrace_id variable, const ctrace_value *value)
{
    ctrace_status status = ctrace_begin_local(w, variable);
    if (status == CTRACE_OK)
        status = ctr_local_begun(w);
    return status == CTRACE_OK ? ctr_put_tree(w, value) : status;
}

ctrace_status ctr_quick_local_int(ctrace_writer *w, ctrace_id variable, ctrace_id type, int64_t i)
{
    bool simple = is_simple(w, variable, CTRACE_VALUE_INT, &type);
    char *p = simple ? begin(w, variable, CTRACE_VALUE_INT, 0) : NULL;
    if (p)
        return ctr_typed_local_done(w, ctr_json_put_i64(p, i), type);
    ctrace_value value = {.kind = CTRACE_VALUE_INT, .type_id = type, .span = 1, .i = i};
    return simple && !w->json ? give(w, variable, &value) : put(w, variable, &value);
}

ctrace_status ctr_quick_local_float(ctrace_writer *w, ctrace_id variable, ctrace_id type, double f)
{
    bool simple = w->options.floats == CTRACE_FLOAT_TEXT && is_simple(w, variable, CTRACE_VALUE_FLOAT, &type);
    char *p = simple ? begin(w, variable, CTRACE_VALUE_FLOAT, 0) : NULL;
    if (p)
        return ctr_typed_local_done(w, ctr_json_put_float_text(p, f), type);
    ctrace_value value = {.kind = CTRACE_VALUE_FLOAT, .type_id = type, .span = 1, .f = f};
    return simple && !w->json ? give(w, variable, &value) : put(w, variable, &value);
}

ctrace_status ctr_quick_local_bool(ctrace_writer *w, ctrace_id variable, ctrace_id type, bool b)
{
    bool simple = is_simple(w, variable, CTRACE_VALUE_BOOL, &type);
    char *p = simple ? begin(w, variable, CTRACE_VALUE_BOOL, 0) : NULL;
    if (p)
        return ctr_typed_local_done(w, ctr_json_put_bool(p, b), type);
    ctrace_value value = {.kind = CTRACE_VALUE_BOOL, .type_id = type, .span = 1, .b = b};
    return simple && !w->json ? give(w, variable, &value) : put(w, variable, &value);
}

ctrace_status ctr_quick_local_none(ctrace_writer *w, ctrace_id variable, ctrace_id type)
{
    bool simple = is_simple(w, variable, CTRACE_VALUE_NONE, &type);
    char *p = simple ? begin(w, variable, CTRACE_VALUE_NONE, 0) : NULL;
    if (p)
        return ctr_local_done(w, ctr_json_put_u64(p, type));
    ctrace_value value = {.kind = CTRACE_VALUE_NONE, .type_id = type, .span = 1};
    return simple && !w->json ? give(w, variable, &value) : put(w, variable, &value);
}

ctrace_status ctr_quick_local_text(ctrace_writer *w, ctrace_id variable, ctrace_value_kind kind, ctrace_id type,
                                   ctrace_str text)
{
    bool simple = is_simple(w, variable, kind, &type);
    char *p = simple ? begin(w, variable, kind, text.size + CTR_JSON_TEXT_ROOM) : NULL;
    if (p)
        return ctr_text_local_done(w, p, text, type);
    ctrace_value value = {.kind = kind, .type_id = type, .span = 1, .text = text};
    return simple && !w->json ? give(w, variable, &value) : put(w, variable, &value);
}

ctrace_status ctr_quick_local_kept(ctrace_writer *w, ctrace_id variable, const ctrace_kept *kept)
{
    ctrace_status status = ctrace_begin_local(w, variable);
    return status == CTRACE_OK ? ctrace_put_kept(w, kept) : status;
}
