/* Where a value goes: said before it is built, done when it is complete. An event that ends with a value is kept
 * until then, or built in place as JSON. */
#include "writer/writer.h"

/* Says where the value goes: `bytes` in JSON, `plain` in any other form. */
static void value_begin(ctrace_writer *w, ctr_destination destination, ctr_buffer *bytes, ctr_tree *plain)
{
    w->destination = destination;
    w->value = bytes;
    w->plain = plain;
    w->value_start = plain ? plain->values.size : bytes->size;
    w->text_start = plain ? plain->texts.size : 0;
    w->depth = w->deepest = w->cut = 0;
    w->local_waits = false;
}

void ctr_value_begin_given(ctrace_writer *w) { value_begin(w, CTR_TO_GIVEN, NULL, &w->tree); }

static ctrace_status begin(ctrace_writer *w, ctr_destination destination, ctr_buffer *bytes, ctr_tree *plain)
{
    ctrace_status status = ctr_writer_ready(w);
    if (status != CTRACE_OK)
        return status;
    if (w->json)
        value_begin(w, destination, bytes, NULL);
    else
        value_begin(w, destination, NULL, plain);
    return CTRACE_OK;
}

/* Begins an event that ends with the value and is kept until then. */
static CTR_APART ctrace_status begin_plain_event(ctrace_writer *w, const ctrace_event *event)
{
    ctrace_status status = ctr_writer_ready(w);
    if (status != CTRACE_OK)
        return status;
    ctr_tree_cut(&w->tree, 0, 0);
    value_begin(w, CTR_TO_EVENT, NULL, &w->tree);
    w->event = *event;
    return CTRACE_OK;
}

/* Begins an event in place, behind the whole ones, up to its number. NULL: *status says why. */
static inline char *begin_json_event(ctrace_writer *w, ctr_json_encoder *json, ctrace_event_kind kind,
                                     ctrace_status *status)
{
    *status = ctr_writer_ready(w);
    if (*status != CTRACE_OK)
        return NULL;
    char *p = ctr_json_begin_event(json, 4 * CTR_JSON_PIECE);
    if (!p) {
        *status = ctr_writer_no_memory(w);
        return NULL;
    }
    value_begin(w, CTR_TO_EVENT, &json->out, NULL);
    w->event.kind = kind;
    return ctr_json_put_fragment(p, &json->fragments.events[kind][0]);
}

/* What stands before the value ends before `p`. */
static inline ctrace_status begun(ctr_json_encoder *json, char *p)
{
    json->out.size = (size_t)(p - json->out.data);
    return CTRACE_OK;
}

/* The same with the fragment behind the number. */
static inline ctrace_status end_number(ctr_json_encoder *json, ctrace_event_kind kind, char *p)
{
    return begun(json, ctr_json_put_fragment(p, &json->fragments.events[kind][1]));
}

/* Begins an event at a place; compound, cell and assigned cell have the same members there. */
static ctrace_status begin_event_at_place(ctrace_writer *w, ctrace_event event)
{
    if (!w->json)
        return begin_plain_event(w, &event);
    ctrace_status status;
    char *p = begin_json_event(w, w->json, event.kind, &status);
    return p ? end_number(w->json, event.kind, ctr_json_put_i64(p, event.cell_value.place)) : status;
}

static ctrace_status check_variable(ctrace_writer *w, ctrace_id variable)
{
    if (variable >= w->variable_count)
        return ctr_writer_refuse(w, CTRACE_ARGUMENT, "a variable is not declared");
    return CTRACE_OK;
}

ctrace_status ctrace_begin_arg(ctrace_writer *w, ctrace_id variable)
{
    ctrace_status status = check_variable(w, variable);
    if (status == CTRACE_OK)
        status = begin(w, CTR_TO_ARG, &w->args, &w->arg_values);
    if (status != CTRACE_OK)
        return status;
    if (w->plain) {
        w->event.value.variable_id = variable;
        return CTRACE_OK;
    }
    bool ok = ctr_json_literal(&w->args, w->args.size ? ",{\"variable_id\":" : "{\"variable_id\":") &&
              ctr_json_u64(&w->args, variable) && ctr_json_literal(&w->args, ",\"value\":");
    if (!ok) {
        ctrace_cancel_value(w);
        return ctr_writer_no_memory(w);
    }
    return CTRACE_OK;
}

/* Most values are plain ones, which then are written in one go. */
ctrace_status ctrace_begin_local(ctrace_writer *w, ctrace_id variable)
{
    ctrace_status status = check_variable(w, variable);
    if (status == CTRACE_OK)
        status = ctr_writer_ready(w);
    if (status != CTRACE_OK)
        return status;
    if (w->json) {
        value_begin(w, CTR_TO_EVENT, &w->json->out, NULL);
    } else {
        ctr_tree_cut(&w->tree, 0, 0);
        value_begin(w, CTR_TO_EVENT, NULL, &w->tree);
    }
    w->event.kind = CTRACE_EVENT_VALUE;
    w->event.value.variable_id = variable;
    w->local_waits = true;
    return CTRACE_OK;
}

ctrace_status ctr_local_begun(ctrace_writer *w)
{
    ctr_json_encoder *json = w->json;
    w->local_waits = false;
    if (!json)
        return CTRACE_OK;
    char *p = ctr_json_begin_event(json, 4 * CTR_JSON_PIECE);
    if (!p)
        return ctr_value_no_memory(w);
    p = ctr_json_put_fragment(p, &json->fragments.events[CTRACE_EVENT_VALUE][0]);
    p = ctr_json_put_u64(p, w->event.value.variable_id);
    return end_number(json, CTRACE_EVENT_VALUE, p);
}

ctrace_status ctrace_begin_compound(ctrace_writer *w, int64_t place)
{
    return begin_event_at_place(w, (ctrace_event){.kind = CTRACE_EVENT_COMPOUND_VALUE, .cell_value = {place, NULL}});
}

ctrace_status ctrace_begin_cell(ctrace_writer *w, int64_t place)
{
    return begin_event_at_place(w, (ctrace_event){.kind = CTRACE_EVENT_CELL_VALUE, .cell_value = {place, NULL}});
}

ctrace_status ctrace_begin_assign_cell(ctrace_writer *w, int64_t place)
{
    return begin_event_at_place(w, (ctrace_event){.kind = CTRACE_EVENT_ASSIGN_CELL, .cell_value = {place, NULL}});
}

ctrace_status ctrace_begin_return(ctrace_writer *w)
{
    if (!w->fatal && ctr_current_thread(w)->open_calls == 0)
        return ctr_writer_refuse(w, CTRACE_STATE, "a return without an open call");
    if (!w->json)
        return begin_plain_event(w, &(ctrace_event){.kind = CTRACE_EVENT_RETURN});
    ctrace_status status;
    char *p = begin_json_event(w, w->json, CTRACE_EVENT_RETURN, &status);
    return p ? begun(w->json, p) : status;
}

ctrace_status ctrace_begin_kept(ctrace_writer *w, ctrace_kept *kept)
{
    ctrace_status status = ctr_writer_ready(w);
    if (status != CTRACE_OK)
        return status;
    kept->bytes.size = 0;
    ctr_tree_cut(&kept->plain, 0, 0);
    kept->whole = false;
    w->kept = kept;
    return begin(w, CTR_TO_KEPT, &kept->bytes, &kept->plain);
}

void ctrace_cancel_value(ctrace_writer *w)
{
    if (w->destination == CTR_TO_NOTHING)
        return;
    if (w->plain)
        ctr_tree_cut(w->plain, w->value_start, w->text_start);
    else
        w->value->size = w->value_start;
    w->destination = CTR_TO_NOTHING;
    w->local_waits = false;
}

ctrace_status ctr_value_no_memory(ctrace_writer *w)
{
    ctrace_cancel_value(w);
    return ctr_writer_no_memory(w);
}

ctrace_status ctr_value_refuse(ctrace_writer *w, const char *message)
{
    ctrace_cancel_value(w);
    return ctr_writer_refuse(w, CTRACE_ARGUMENT, message);
}

static CTR_APART ctrace_status complete_arg(ctrace_writer *w)
{
    if (!w->plain)
        return ctr_buffer_append(&w->args, "}", 1) ? CTRACE_OK : ctr_value_no_memory(w);
    ctrace_argument arg = {w->event.value.variable_id, NULL}; /* the value may still move */
    return ctr_buffer_append(&w->args, &arg, sizeof arg) ? CTRACE_OK : ctr_value_no_memory(w);
}

static CTR_APART ctrace_status complete_plain_event(ctrace_writer *w)
{
    ctr_tree_settle(&w->tree);
    *ctr_event_value(&w->event) = ctr_tree_at(&w->tree, 0);
    ctrace_status status = w->encoder->class->event(w->encoder, &w->event);
    return status == CTRACE_OK ? ctr_event_done(w, w->encoder->waiting) : ctr_writer_fail_encoder(w, status);
}

static ctrace_status complete_json_event(ctrace_writer *w)
{
    ctr_json_encoder *json = w->json;
    char *p = ctr_json_begin_event(json, CTR_JSON_PIECE);
    if (!p) {
        json->out.size = w->value_start;
        return ctr_writer_no_memory(w);
    }
    memcpy(p, "}}", 2); /* each of these events is a record whose last field is the value */
    return ctr_json_event_done(w, json, p + 2);
}

/* The value is complete: brings it where it belongs. */
ctrace_status ctr_value_complete(ctrace_writer *w)
{
    ctr_destination destination = w->destination;
    if (destination == CTR_TO_GIVEN)
        return CTRACE_OK;
    w->destination = CTR_TO_NOTHING;
    if (destination == CTR_TO_KEPT) {
        w->kept->depth = w->deepest;
        w->kept->whole = true;
        return CTRACE_OK;
    }
    if (destination == CTR_TO_ARG)
        return complete_arg(w);
    if (w->event.kind == CTRACE_EVENT_RETURN) {
        w->counts.returns++;
        ctr_current_thread(w)->open_calls--;
    }
    if (w->event.kind != CTRACE_EVENT_VALUE)
        ctr_step_settled(w);
    return w->plain ? complete_plain_event(w) : complete_json_event(w);
}
