#include "writer/quick.h"

#include "writer/in_place.h"

/* Begins the event and takes the value for the one that is built in place. NULL: it goes the long way. */
static inline char *begin(ctrace_writer *w, ctrace_id variable, ctrace_value_kind kind, ctrace_id *type, size_t room)
{
    if (!w->json || w->fatal || w->destination != CTR_TO_NOTHING || variable >= w->variable_count)
        return NULL;
    if (*type == CTRACE_ID_NONE && (*type = w->plain_types[kind]) == CTRACE_ID_NONE)
        return NULL;
    return ctr_local_in_place(w->json, variable, kind, room);
}

ctrace_status ctr_quick_local_int(ctrace_writer *w, ctrace_id variable, ctrace_id type, int64_t i)
{
    char *p = begin(w, variable, CTRACE_VALUE_INT, &type, 0);
    if (p)
        return ctr_typed_local_done(w, ctr_json_put_i64(p, i), type);
    ctrace_status status = ctrace_begin_local(w, variable);
    return status == CTRACE_OK ? ctrace_put_int(w, type, i) : status;
}

ctrace_status ctr_quick_local_float(ctrace_writer *w, ctrace_id variable, ctrace_id type, double f)
{
    char *p = w->options.floats == CTRACE_FLOAT_TEXT ? begin(w, variable, CTRACE_VALUE_FLOAT, &type, 0) : NULL;
    if (p)
        return ctr_typed_local_done(w, ctr_json_put_float_text(p, f), type);
    ctrace_status status = ctrace_begin_local(w, variable);
    return status == CTRACE_OK ? ctrace_put_float(w, type, f) : status;
}

ctrace_status ctr_quick_local_bool(ctrace_writer *w, ctrace_id variable, ctrace_id type, bool b)
{
    char *p = begin(w, variable, CTRACE_VALUE_BOOL, &type, 0);
    if (p)
        return ctr_typed_local_done(w, ctr_json_put_bool(p, b), type);
    ctrace_status status = ctrace_begin_local(w, variable);
    return status == CTRACE_OK ? ctrace_put_bool(w, type, b) : status;
}

ctrace_status ctr_quick_local_none(ctrace_writer *w, ctrace_id variable, ctrace_id type)
{
    char *p = begin(w, variable, CTRACE_VALUE_NONE, &type, 0);
    if (p)
        return ctr_local_done(w, ctr_json_put_u64(p, type));
    ctrace_status status = ctrace_begin_local(w, variable);
    return status == CTRACE_OK ? ctrace_put_none(w, type) : status;
}

ctrace_status ctr_quick_local_text(ctrace_writer *w, ctrace_id variable, ctrace_value_kind kind, ctrace_id type,
                                   ctrace_str text)
{
    char *p = begin(w, variable, kind, &type, text.size + CTR_JSON_TEXT_ROOM);
    if (p)
        return ctr_text_local_done(w, p, text, type);
    ctrace_status status = ctrace_begin_local(w, variable);
    return status == CTRACE_OK ? ctr_put_text(w, kind, type, text) : status;
}

ctrace_status ctr_quick_local_kept(ctrace_writer *w, ctrace_id variable, const ctrace_kept *kept)
{
    ctrace_status status = ctrace_begin_local(w, variable);
    return status == CTRACE_OK ? ctrace_put_kept(w, kept) : status;
}
