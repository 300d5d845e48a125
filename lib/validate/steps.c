/* Steps, and what belongs to a step: values, log events, places. */
#include <inttypes.h>
#include <stdio.h>

#include "validate/check.h"

static void judge_line(ctr_check *c, ctrace_id path_id, int64_t line)
{
    char shown[CTR_SHOWN_SIZE], note[CTR_NOTE_SIZE];
    if (line < 0) {
        ctr_tell(c, CTR_RULE_LINE_NEGATIVE, NULL, "Step on line %" PRId64, line);
        return;
    }
    if (line == 0 && !ctr_told(c, CTR_RULE_LINE_ZERO))
        ctr_tell(c, CTR_RULE_LINE_ZERO, "told once for the trace", "Step on line 0");
    if (path_id >= c->path_count)
        return;
    ctr_named_path *path = &c->paths[path_id];
    if (!path->source_sought) {
        path->source_sought = true;
        path->source_lines = ctr_source_lines(c, ctr_path_text(c, path_id));
    }
    if (path->source_lines < 0 || line <= path->source_lines || line == path->told_line)
        return;
    path->told_line = line;
    snprintf(note, sizeof note, "'%s' has %" PRId64 " line%s", ctr_shown(shown, ctr_path_text(c, path_id)),
             path->source_lines, path->source_lines == 1 ? "" : "s");
    ctr_tell(c, CTR_RULE_LINE_BEYOND_SOURCE, note, "Step on line %" PRId64 ", beyond the end of the source", line);
}

static void tell_first_step_once(ctr_check *c)
{
    ctr_tell_at(c, CTR_RULE_FIRST_STEP_ONCE, &c->first_step_at, NULL, "the first step is not followed by its repeat");
}

void ctr_check_step(ctr_check *c)
{
    ctrace_id path_id = c->event->step.path_id;
    int64_t line = c->event->step.line;
    ctr_use_id(c, CTR_USE_STEP_PATH, path_id);
    ctr_check_step_in_call(c);
    judge_line(c, path_id, line);
    if (c->steps == 0) {
        c->first_step_at = c->here;
        c->first_step_path = path_id;
        c->first_step_line = line;
        c->highest_stepped_path = path_id;
    } else if (c->steps == 1 && (path_id != c->first_step_path || line != c->first_step_line)) {
        tell_first_step_once(c);
    }
    if (path_id > c->highest_stepped_path && path_id < c->path_count)
        c->highest_stepped_path = path_id;
    bool same_line = c->steps && path_id == c->step_path && line == c->step_line;
    c->steps_on_line = same_line ? c->steps_on_line + 1 : 1;
    if (c->steps_on_line == CTR_MAX_STEPS_ON_LINE + 1)
        ctr_tell(c, CTR_RULE_SAME_LINE_RUN, NULL, "more than %d steps in a row on line %" PRId64 " of path %" PRIu64,
                 CTR_MAX_STEPS_ON_LINE, line, path_id);
    c->steps++;
    if (c->steps == CTR_MANY_STEPS + 1)
        c->many_steps_at = c->here;
    c->step_path = path_id;
    c->step_line = line;
    c->step_is_fresh = true;
    c->logs_in_step = 0;
}

void ctr_check_local(ctr_check *c)
{
    ctrace_id id = c->event->value.variable_id;
    char shown[CTR_SHOWN_SIZE];
    if (c->steps == 0) {
        ctr_tell(c, CTR_RULE_VALUE_BEFORE_STEP, NULL, "Value before the first Step");
    }
    if (ctr_use_id(c, CTR_USE_VARIABLE, id)) {
        ctr_named_variable *variable = &c->variables[c->variables[id].first];
        if (c->steps && variable->valued_at == c->steps && !variable->twice_told) {
            variable->twice_told = true;
            ctr_tell(c, CTR_RULE_VALUE_TWICE, "told once for this variable", "'%s' has a second Value at one step",
                     ctr_shown(shown, ctr_variable_text(c, id)));
        }
        variable->valued_at = c->steps;
    }
    ctr_check_value(c, c->event->value.value, 3, true);
}

void ctr_check_log(ctr_check *c)
{
    if (c->steps == 0)
        ctr_tell(c, CTR_RULE_LOG_BEFORE_STEP, NULL, "a log event before the first Step");
    if (c->event->log.kind == CTRACE_LOG_ERROR && c->logs_in_step)
        ctr_tell(c, CTR_RULE_ERROR_NOT_FIRST, NULL, "an Error comes after %" PRIu64 " other log event%s of its step",
                 c->logs_in_step, c->logs_in_step == 1 ? "" : "s");
    c->logs_in_step++;
}

/* ---- Places ---- */

static void add_place(ctr_check *c, ctr_map *map, int64_t place)
{
    if (map->used >= CTR_MAX_PLACES || ctr_map_find(map, &place, sizeof place) != CTRACE_ID_NONE)
        return;
    if (!ctr_map_add(map, &place, sizeof place, 0))
        ctr_check_no_memory(c);
}

static void needs_step(ctr_check *c)
{
    if (c->steps == 0)
        ctr_tell(c, CTR_RULE_BEFORE_FIRST_STEP, NULL, "%s before the first Step",
                 ctrace_event_kind_name(c->event->kind));
}

static void needs_call(ctr_check *c)
{
    if (c->app_depth == 0)
        ctr_tell(c, CTR_RULE_CELL_OUTSIDE_CALL, NULL, "%s outside a call", ctrace_event_kind_name(c->event->kind));
}

void ctr_check_place(ctr_check *c)
{
    const ctrace_event *event = c->event;
    switch (event->kind) {
    case CTRACE_EVENT_ASM:
        needs_step(c);
        break;
    case CTRACE_EVENT_COMPOUND_VALUE:
        needs_step(c);
        if (event->compound_value.value->kind != CTRACE_VALUE_SEQUENCE)
            ctr_tell(c, CTR_RULE_COMPOUND_NOT_SEQUENCE, NULL,
                     "the CompoundValue of place %" PRId64 " is of the kind %s",
                     event->compound_value.place, ctrace_value_kind_name(event->compound_value.value->kind));
        ctr_check_value(c, event->compound_value.value, 3, false);
        add_place(c, &c->compounds, event->compound_value.place);
        break;
    case CTRACE_EVENT_CELL_VALUE:
        needs_step(c);
        ctr_check_value(c, event->cell_value.value, 3, false);
        add_place(c, &c->cells, event->cell_value.place);
        break;
    case CTRACE_EVENT_ASSIGN_COMPOUND_ITEM: {
        int64_t place = event->assign_compound_item.place;
        if (c->compounds.used < CTR_MAX_PLACES && ctr_map_find(&c->compounds, &place, sizeof place) == CTRACE_ID_NONE)
            ctr_tell(c, CTR_RULE_COMPOUND_ITEM_ALONE, NULL, "place %" PRId64 " has no CompoundValue before", place);
        break;
    }
    case CTRACE_EVENT_ASSIGN_CELL:
        ctr_check_value(c, event->assign_cell.new_value, 3, false);
        break;
    case CTRACE_EVENT_VARIABLE_CELL:
        ctr_use_id(c, CTR_USE_VARIABLE, event->variable_cell.variable_id);
        needs_step(c);
        needs_call(c);
        break;
    default: /* DropVariable */
        ctr_use_id(c, CTR_USE_VARIABLE, event->drop_variable);
        needs_call(c);
        break;
    }
}

/* ---- Assignments ---- */

static void judge_rvalue(ctr_check *c)
{
    const ctrace_rvalue *from = &c->event->assignment.from;
    switch (from->kind) {
    case CTRACE_RVALUE_SIMPLE:
    case CTRACE_RVALUE_FIELD_ACCESS:
    case CTRACE_RVALUE_INDEX_ACCESS:
        ctr_use_id(c, CTR_USE_VARIABLE, from->variable_id);
        break;
    case CTRACE_RVALUE_COMPOUND:
        for (size_t i = 0; i < from->variable_count; i++)
            ctr_use_id(c, CTR_USE_VARIABLE, from->variable_ids[i]);
        break;
    case CTRACE_RVALUE_FUNCTION_RETURN:
        if (from->call_key < 0 || (uint64_t)from->call_key >= c->calls)
            ctr_tell(c, CTR_RULE_CALL_KEY, NULL, "call %" PRId64 " is not one of the %" PRIu64 " calls so far",
                     from->call_key, c->calls);
        break;
    default:
        break;
    }
}

void ctr_check_assignment(ctr_check *c)
{
    const ctrace_event *event = c->event;
    switch (event->kind) {
    case CTRACE_EVENT_BIND_VARIABLE:
        ctr_tell(c, CTR_RULE_BIND_VARIABLE, NULL, "the trace has a BindVariable");
        ctr_use_id(c, CTR_USE_VARIABLE, event->bind_variable.variable_id);
        break;
    case CTRACE_EVENT_ASSIGNMENT:
        ctr_tell(c, CTR_RULE_ASSIGNMENT, NULL, "the trace has an Assignment");
        /* The other forms have their own rules. */
        if (!ctr_told(c, CTR_RULE_RVALUE_DATA) && !c->rvalue_is_old)
            ctr_tell(c, CTR_RULE_RVALUE_DATA, "told once for the trace",
                     "an Assignment's source is in the newest form");
        ctr_use_id(c, CTR_USE_VARIABLE, event->assignment.to);
        judge_rvalue(c);
        break;
    default:
        ctr_tell(c, CTR_RULE_DROP_VARIABLES, NULL, "the trace has a DropVariables");
        for (size_t i = 0; i < event->drop_variables.variable_count; i++)
            ctr_use_id(c, CTR_USE_VARIABLE, event->drop_variables.variable_ids[i]);
        break;
    }
}

void ctr_check_drop_last_step(ctr_check *c)
{
    ctr_tell(c, CTR_RULE_DROP_LAST_STEP, c->steps ? NULL : "there is no step to drop", "the trace has a DropLastStep");
}

/* ---- The end ---- */

static void judge_unstepped_paths(ctr_check *c)
{
    for (size_t id = c->path_count; id-- > 0 && id > c->highest_stepped_path;) {
        char shown[CTR_SHOWN_SIZE];
        ctr_tell_at(c, CTR_RULE_PATH_UNSTEPPED, &c->paths[id].at, NULL,
                    "path %zu '%s' is above every path that is stepped on", id,
                    ctr_shown(shown, ctr_path_text(c, id)));
    }
}

void ctr_check_steps_end(ctr_check *c)
{
    if (c->steps > CTR_MANY_STEPS)
        ctr_tell_at(c, CTR_RULE_MANY_STEPS, &c->many_steps_at, NULL, "the trace has %" PRIu64 " steps", c->steps);
    if (c->cut)
        return;
    if (c->steps == 0) {
        ctr_tell_at(c, CTR_RULE_NO_STEPS, NULL, NULL, "the trace has no steps");
        return;
    }
    if (c->steps == 1)
        tell_first_step_once(c);
    if (c->type_count == 0)
        ctr_tell_at(c, CTR_RULE_NO_TYPES, NULL, NULL, "the trace has no types");
    judge_unstepped_paths(c);
}

void ctr_steps_free(ctr_check *c)
{
    ctr_map_free(&c->compounds);
    ctr_map_free(&c->cells);
}
