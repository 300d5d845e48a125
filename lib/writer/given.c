/* Events and values that are given as plain data. They are written as they are; what lies too deep is cut. */
#include "writer/writer.h"

ctrace_status ctr_put_tree(ctrace_writer *w, const ctrace_value *v)
{
    if (!v)
        return ctr_value_refuse(w, "a value is NULL");
    ctrace_status status;
    switch (v->kind) {
    case CTRACE_VALUE_INT:
        return ctrace_put_int(w, v->type_id, v->i);
    case CTRACE_VALUE_FLOAT:
        return ctrace_put_float(w, v->type_id, v->f);
    case CTRACE_VALUE_BOOL:
        return ctrace_put_bool(w, v->type_id, v->b);
    case CTRACE_VALUE_STRING:
    case CTRACE_VALUE_RAW:
    case CTRACE_VALUE_ERROR:
    case CTRACE_VALUE_CHAR:
        return ctr_put_text(w, v->kind, v->type_id, v->text);
    case CTRACE_VALUE_NONE:
        return ctrace_put_none(w, v->type_id);
    case CTRACE_VALUE_CELL:
        return ctrace_put_cell(w, v->place);
    case CTRACE_VALUE_BIG_INT:
        return ctr_put_magnitude(w, v->type_id, v->text, v->is_negative);
    case CTRACE_VALUE_SEQUENCE:
        status = ctrace_put_sequence(w, v->type_id, v->count, v->is_slice);
        break;
    case CTRACE_VALUE_TUPLE:
        status = ctrace_put_tuple(w, v->type_id, v->count);
        break;
    case CTRACE_VALUE_STRUCT:
        status = ctrace_put_struct(w, v->type_id, v->count);
        break;
    case CTRACE_VALUE_VARIANT:
        status = ctrace_put_variant(w, v->type_id, v->text);
        break;
    case CTRACE_VALUE_REFERENCE:
        status = ctrace_put_reference(w, v->type_id, v->address, v->is_mutable);
        break;
    default:
        return ctr_value_refuse(w, "a value's kind is not one of the format's");
    }
    /* What was cut is not walked through, so the depth of the recursion is bounded by max_depth. */
    if (!w->cut) {
        const ctrace_value *child = v + 1;
        for (uint32_t i = 0; status == CTRACE_OK && i < v->count; i++, child += child->span)
            status = ctr_put_tree(w, child);
    }
    return status == CTRACE_OK ? ctrace_put_end(w) : status;
}

ctrace_status ctrace_put_value(ctrace_writer *w, const ctrace_value *value)
{
    if (!w->fatal && w->destination != CTR_TO_NOTHING && w->cut)
        return CTRACE_OK;
    return ctr_put_tree(w, value);
}

/* How a given value can go to the encoder. */
typedef enum fit {
    FIT_AS_IT_IS,
    FIT_AS_A_COPY, /* it lies too deep, or its spans are not right */
    FIT_NOT        /* it is no value */
} fit;

/* At most `depth` containers may lie in one another. */
static fit value_fits(const ctrace_value *v, uint32_t depth)
{
    if (!v || (unsigned)v->kind >= CTRACE_VALUE_KIND_COUNT)
        return FIT_NOT;
    switch (v->kind) {
    case CTRACE_VALUE_SEQUENCE:
    case CTRACE_VALUE_TUPLE:
    case CTRACE_VALUE_STRUCT:
        break;
    case CTRACE_VALUE_VARIANT:
    case CTRACE_VALUE_REFERENCE:
        if (v->count != 1)
            return FIT_NOT;
        break;
    default:
        return v->span == 1 ? FIT_AS_IT_IS : FIT_AS_A_COPY;
    }
    if (depth == 0)
        return FIT_AS_A_COPY;
    const ctrace_value *child = v + 1;
    fit worst = FIT_AS_IT_IS;
    for (uint32_t i = 0; i < v->count; i++, child += child->span) {
        fit of_child = value_fits(child, depth - 1);
        if (of_child == FIT_NOT)
            return FIT_NOT;
        if (of_child > worst)
            worst = of_child;
    }
    return child == v + v->span ? worst : FIT_AS_A_COPY;
}

/* Puts a copy of the value, cut where it lies too deep, behind those that `tree` holds. */
static ctrace_status copy_value(ctrace_writer *w, const ctrace_value *value)
{
    ctr_value_begin_given(w);
    ctrace_status status = ctr_put_tree(w, value);
    w->destination = CTR_TO_NOTHING;
    return status;
}

static ctrace_status give_copies(ctrace_writer *w, const ctrace_event *event, const ctrace_argument *values,
                                 size_t count)
{
    ctrace_status status = CTRACE_OK;
    ctr_tree_cut(&w->tree, 0, 0);
    for (size_t i = 0; status == CTRACE_OK && i < count; i++)
        status = copy_value(w, values[i].value);
    if (status != CTRACE_OK)
        return status;
    ctr_tree_settle(&w->tree);
    const ctrace_value *copy = ctr_tree_at(&w->tree, 0);
    ctrace_event changed = *event;
    if (event->kind != CTRACE_EVENT_CALL) {
        *ctr_event_value(&changed) = copy;
        return ctr_whole_event(w, &changed);
    }
    ctrace_argument *args = ctr_alloc(w->allocator, count * sizeof *args);
    if (!args)
        return ctr_writer_no_memory(w);
    for (size_t i = 0; i < count; i++, copy += copy->span)
        args[i] = (ctrace_argument){values[i].variable_id, copy};
    changed.call.args = args;
    status = ctr_whole_event(w, &changed);
    ctr_free(w->allocator, args, count * sizeof *args);
    return status;
}

/* Whether a value is of a kind without children and says so: most are. */
static inline bool is_simple(const ctrace_value *v)
{
    const unsigned simple = 1u << CTRACE_VALUE_INT | 1u << CTRACE_VALUE_FLOAT | 1u << CTRACE_VALUE_BOOL |
                            1u << CTRACE_VALUE_STRING | 1u << CTRACE_VALUE_RAW | 1u << CTRACE_VALUE_NONE;
    return v && (unsigned)v->kind < CTRACE_VALUE_KIND_COUNT && (simple >> v->kind & 1) && v->span == 1;
}

/* Gives the event with its values, which are those of a call's arguments or one. */
static ctrace_status give_event(ctrace_writer *w, const ctrace_event *event)
{
    const ctr_field *field = ctr_event_value_field(event->kind);
    ctrace_argument single = {0, NULL};
    const ctrace_argument *values = &single;
    size_t count = 1;
    if (field) {
        memcpy(&single.value, (const char *)event + field->offset, sizeof single.value);
        if (is_simple(single.value))
            return ctr_whole_event(w, event);
    } else if (event->kind == CTRACE_EVENT_CALL) {
        values = event->call.args;
        count = event->call.arg_count;
    } else {
        return ctr_whole_event(w, event);
    }
    fit worst = FIT_AS_IT_IS;
    for (size_t i = 0; i < count; i++) {
        fit one = value_fits(values[i].value, w->options.max_depth);
        if (one == FIT_NOT)
            return ctr_writer_refuse(w, CTRACE_ARGUMENT, "a value is NULL or not one of the format's");
        if (one > worst)
            worst = one;
    }
    return worst == FIT_AS_IT_IS ? ctr_whole_event(w, event) : give_copies(w, event, values, count);
}

static bool kinds_known(const ctrace_event *e)
{
    switch (e->kind) {
    case CTRACE_EVENT_TYPE:
        return (unsigned)e->type.specific_info.kind < CTRACE_TYPE_INFO_KIND_COUNT;
    case CTRACE_EVENT_ASSIGNMENT:
        return (unsigned)e->assignment.pass_by < CTRACE_PASS_KIND_COUNT &&
               (unsigned)e->assignment.from.kind < CTRACE_RVALUE_KIND_COUNT;
    default:
        return (unsigned)e->kind < CTRACE_EVENT_KIND_COUNT;
    }
}

/* A step, or a variable whose value needs no look into it: most events are. */
static inline bool is_plain(const ctrace_event *event)
{
    return event->kind == CTRACE_EVENT_VALUE ? is_simple(event->value.value) : event->kind == CTRACE_EVENT_STEP;
}

static ctrace_status give_plain(ctrace_writer *w, const ctrace_event *event)
{
    ctr_step_settled(w);
    ctrace_status status = w->encoder->class->event(w->encoder, event);
    if (status != CTRACE_OK)
        return ctr_writer_fail_encoder(w, status);
    w->counts.steps += event->kind == CTRACE_EVENT_STEP;
    return ctr_event_done(w, w->encoder->waiting);
}

static CTR_APART ctrace_status give_any(ctrace_writer *w, const ctrace_event *event)
{
    if (!kinds_known(event))
        return ctr_writer_refuse(w, CTRACE_ARGUMENT, "an event's kind is not one of the format's");
    ctrace_status status = ctr_writer_ready(w);
    if (status == CTRACE_OK)
        status = event->kind == CTRACE_EVENT_STEP ? ctr_whole_event(w, event) : give_event(w, event);
    if (status != CTRACE_OK)
        return status;
    ctr_thread *thread;
    switch (event->kind) {
    case CTRACE_EVENT_STEP:
        w->counts.steps++;
        break;
    case CTRACE_EVENT_CALL:
        w->counts.calls++;
        ctr_current_thread(w)->open_calls++;
        break;
    case CTRACE_EVENT_RETURN:
        w->counts.returns++;
        thread = ctr_current_thread(w);
        thread->open_calls -= thread->open_calls > 0;
        break;
    default:
        break;
    }
    return CTRACE_OK;
}

ctrace_status ctrace_writer_event(ctrace_writer *w, const ctrace_event *event)
{
    if (!w->json && w->destination == CTR_TO_NOTHING && !w->fatal && is_plain(event))
        return give_plain(w, event);
    return give_any(w, event);
}
