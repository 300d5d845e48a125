/* Calls, lines, returns, errors and coroutines, as the virtual machine tells them; see recorder.h.
 *
 * The trace has one stack of calls. A coroutine that yields leaves all its calls, and has them again when it is resumed.
 * A tail call leaves the call that makes it. */
#define LUA_CORE
#include "lprefix.h"

#include "kept.h"

#include "ldebug.h"
#include "lfunc.h"
#include "lstring.h"
#include "recorder.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ---- Variables ---- */

static const TValue *value_at(const CallInfo *ci, const Proto *p, int slot)
{
    if (slot < p->maxstacksize)
        return s2v(ci->func.p + 1 + slot);
    return ci_func(ci)->upvals[slot - p->maxstacksize]->v.p;
}

/* Whether the slot holds what the library was given last. Tables and the like may have changed inside, and a long text may
 * lie where another one was; they are given anew, and the library compares. */
static bool is_known(const luaR_Shadow *shadow, ctrace_id name, const TValue *value)
{
    if (shadow->name != name || shadow->tag != ttypetag(value))
        return false;
    switch (shadow->tag) {
    case LUA_VNUMINT:
        return shadow->value.i == ivalue(value);
    case LUA_VNUMFLT:
        return memcmp(&shadow->value.n, &val_(value).n, sizeof shadow->value.n) == 0;
    case LUA_VSHRSTR:
        return shadow->value.gc == gcvalue(value) && shadow->hash == tsvalue(value)->hash &&
               shadow->size == tsslen(tsvalue(value));
    case LUA_VNIL:
    case LUA_VFALSE:
    case LUA_VTRUE:
        return true;
    case LUA_VLCF:
        return shadow->value.f == fvalue(value);
    default:
        return false;
    }
}

static void remember(luaR_Shadow *shadow, ctrace_id name, const TValue *value)
{
    shadow->name = name;
    shadow->tag = ttypetag(value);
    shadow->value = value->value_;
    if (shadow->tag == LUA_VSHRSTR) {
        shadow->hash = tsvalue(value)->hash;
        shadow->size = tsslen(tsvalue(value));
    }
}

static bool has_name(const luaR_Visible *list, int from, ctrace_id name)
{
    for (int i = from; i < list->count; i++) {
        if (list->variables[i].name == name)
            return true;
    }
    return false;
}

/* Other variables can be seen than at the last step. Most lists begin in the same way. */
static void change_list(luaR_Recorder *r, luaR_Frame *frame, const luaR_Visible *list)
{
    const luaR_Visible *old = frame->visible;
    int same = 0;
    while (same < old->count && same < list->count && old->variables[same].name == list->variables[same].name &&
           old->variables[same].slot == list->variables[same].slot)
        same++;
    for (int i = same; i < old->count; i++) {
        if (!has_name(list, same, old->variables[i].name))
            ctrace_lane_forget(r->lane, old->variables[i].name);
    }
    for (int i = same; i < list->count; i++) {
        if (list->variables[i].slot != VARARGS)
            frame->shadow[list->variables[i].slot].tag = -1;
    }
}

/* Functions that a function uses from outside hardly change: they are no variables for a reader. */
static bool is_shown(const Proto *p, int slot, const TValue *value)
{
    return slot < p->maxstacksize || !ttisfunction(value);
}

static void give_variables(luaR_Recorder *r, const CallInfo *ci, luaR_Frame *frame, const luaR_Visible *list)
{
    const Proto *p = ci_func(ci)->p;
    if (r->was_left && ctrace_lane_wants_variables(r->lane))
        frame->visible = NULL;
    r->was_left = false;
    if (!frame->visible) {
        ctrace_lane_begin_variables(r->lane);
        for (int i = 0; i < p->maxstacksize + p->sizeupvalues; i++)
            frame->shadow[i].tag = -1;
    } else if (frame->visible != list) {
        change_list(r, frame, list);
    }
    frame->visible = list;
    for (int i = 0; i < list->count; i++) {
        const luaR_Variable *v = &list->variables[i];
        if (v->slot == VARARGS) {
            if (ci->u.l.nextraargs > 0) {
                ctrace_lane_begin_variable(r->lane, v->name);
                luaR_put_list(r, r->types.varargs, ci->func.p - ci->u.l.nextraargs,
                              ci->u.l.nextraargs);
            }
            continue;
        }
        const TValue *value = value_at(ci, p, v->slot);
        luaR_Shadow *shadow = &frame->shadow[v->slot];
        if (is_known(shadow, v->name, value))
            continue;
        if (is_shown(p, v->slot, value)) {
            ctrace_lane_begin_variable(r->lane, v->name);
            luaR_put(r, value);
        } else if (shadow->tag != ttypetag(value)) {
            ctrace_lane_forget(r->lane, v->name);
        }
        remember(shadow, v->name, value);
    }
}

/* ---- Output ---- */

static void tell_output(luaR_Recorder *r)
{
    ctrace_str text = {r->output, r->output_size};
    r->output_size = 0;
    ctrace_lane_log(r->lane, CTRACE_LOG_WRITE, CTRACE_STR(""), text);
}

/* Before anything else is told. */
static void end_output(luaR_Recorder *r)
{
    if (r->output_size > 0)
        tell_output(r);
}

static bool has_room(luaR_Recorder *r, size_t size)
{
    if (r->output_room - r->output_size < size) {
        char *output = realloc(r->output, (r->output_size + size) * 2);
        if (!output)
            return false;
        r->output = output;
        r->output_room = (r->output_size + size) * 2;
    }
    return true;
}

static void add_output(luaR_Recorder *r, const char *text, size_t size)
{
    if (!has_room(r, size))
        return;
    memcpy(r->output + r->output_size, text, size);
    r->output_size += size;
}

void luaR_print(lua_State *L, const char *text, size_t size)
{
    fwrite(text, 1, size, stdout);
    if (luaR_on(L))
        add_output(recorder_of(L), text, size);
}

void luaR_printed(lua_State *L)
{
    if (luaR_on(L))
        end_output(recorder_of(L));
}

void luaR_wrote(lua_State *L, FILE *file, int first, int end)
{
    luaR_Recorder *r = recorder_of(L);
    if (!luaR_on(L) || (file != stdout && file != stderr))
        return;
    end_output(r);
    for (int i = first; i < end; i++) {
        const TValue *value = s2v(L->ci->func.p + i);
        if (ttisstring(value)) {
            add_output(r, getstr(tsvalue(value)), tsslen(tsvalue(value)));
        } else if (has_room(r, 64)) { /* a number, as g_write writes it */
            char *at = r->output + r->output_size;
            r->output_size += (size_t)(ttisinteger(value) ? snprintf(at, 64, LUA_INTEGER_FMT, ivalue(value))
                                                          : snprintf(at, 64, LUA_NUMBER_FMT, fltvalue(value)));
        }
    }
    if (file == stdout) {
        end_output(r);
    } else if (r->output_size > 0) {
        ctrace_str text = {r->output, r->output_size};
        r->output_size = 0;
        ctrace_lane_log(r->lane, CTRACE_LOG_WRITE_OTHER, CTRACE_STR(""), text);
    }
}

/* ---- Lines ---- */

static void step(luaR_Recorder *r, CallInfo *ci, luaR_Frame *frame)
{
    const luaR_Visible *list = luaR_visible(r, ci_func(ci)->p, frame->pc);
    end_output(r);
    if (list)
        give_variables(r, ci, frame, list);
    ctrace_lane_step(r->lane, frame->function->path, frame->line);
}

/* A line is new when another one runs, and when a loop goes back; just as for Lua's own hook for lines. */
void luaR_instruction(lua_State *L, CallInfo *ci, const Instruction *pc)
{
    luaR_Frame *frame = ci->recorded;
    int at = (int)(pc - frame->code), line = frame->lines[at];
    bool is_new = at <= frame->pc || line != frame->line;
    frame->pc = at;
    if (is_new && !(ci->callstatus & CIST_HOOKYIELD)) { /* a hook that yielded here was told already */
        frame->line = line;
        step(recorder_of(L), ci, frame);
    }
}

/* ---- Calls ---- */

static void put_arguments(luaR_Recorder *r, const CallInfo *ci, const Proto *p)
{
    for (int i = 0; i < p->numparams && i < p->sizelocvars; i++) {
        const char *name = getstr(p->locvars[i].varname);
        ctrace_lane_begin_arg(r->lane, ctrace_recorder_variable(r->core, (ctrace_str){name, strlen(name)}));
        luaR_put(r, s2v(ci->func.p + 1 + i));
    }
    if (p->is_vararg && ci->u.l.nextraargs > 0) {
        ctrace_lane_begin_arg(r->lane, ctrace_recorder_variable(r->core, CTRACE_STR("...")));
        luaR_put_list(r, r->types.varargs, ci->func.p - ci->u.l.nextraargs, ci->u.l.nextraargs);
    }
}

static void leave_with_mark(luaR_Recorder *r, luaR_Frame *frame, ctrace_str mark)
{
    end_output(r);
    if (!frame->is_top_level) {
        ctrace_lane_begin_return(r->lane);
        ctrace_lane_put_mark(r->lane, mark);
    }
    r->was_left = true;
}

/* The call is about to become that of another function. */
static void leave_by_tail_call(luaR_Recorder *r, CallInfo *ci)
{
    leave_with_mark(r, ci->recorded, CTRACE_STR("<tail call>"));
    luaR_free_frame(ci->recorded);
    ci->recorded = NULL;
}

int luaR_wants(lua_State *L, CallInfo *ci)
{
    luaR_Recorder *r = recorder_of(L);
    if (luaR_function(r, ci_func(ci)->p)->is_recorded)
        return true;
    if (ci->recorded)
        leave_by_tail_call(r, ci);
    return false;
}

void luaR_enter(lua_State *L, CallInfo *ci)
{
    luaR_Recorder *r = recorder_of(L);
    Proto *p = ci_func(ci)->p;
    luaR_Function *f = luaR_function(r, p);
    if (ci->recorded)
        leave_by_tail_call(r, ci);
    if (!f->is_recorded || (f->id == CTRACE_ID_NONE && !luaR_prepare(r, p)))
        return;
    luaR_Frame *frame = luaR_new_frame(p);
    if (!frame)
        return;
    ci->recorded = frame;
    end_output(r);
    if (!r->has_top_level) {
        r->has_top_level = frame->is_top_level = true;
        return;
    }
    put_arguments(r, ci, p);
    ctrace_lane_call(r->lane, f->id);
}

void luaR_leave(lua_State *L, CallInfo *ci, int results)
{
    luaR_Recorder *r = recorder_of(L);
    luaR_Frame *frame = ci->recorded;
    CallInfo *caller = ci->previous;
    if (isLua(caller) && caller->recorded) /* for loops go to the call of their iterator in ways of their own */
        caller->recorded->pc = pcRel(caller->u.l.savedpc, ci_func(caller)->p);
    if (!isLua(ci))
        return;
    ci->u.l.trap = 1; /* so that it is seen whether the caller is recorded */
    if (!frame)
        return;
    end_output(r);
    if (!frame->is_top_level) {
        if (results == 0) {
            ctrace_lane_return(r->lane);
        } else {
            ctrace_lane_begin_return(r->lane);
            if (results == 1)
                luaR_put(r, s2v(L->top.p - 1));
            else
                luaR_put_list(r, r->types.values, L->top.p - results, results);
        }
    }
    r->was_left = true;
    ci->recorded = NULL;
    luaR_free_frame(frame);
}

/* ---- Errors ---- */

/* As lua tells it, but that no __tostring is asked. */
static ctrace_str message_of(const TValue *error, char *room, size_t size)
{
    if (ttisstring(error))
        return (ctrace_str){getstr(tsvalue(error)), tsslen(tsvalue(error))};
    int length = ttisinteger(error) ? snprintf(room, size, LUA_INTEGER_FMT, ivalue(error))
                 : ttisfloat(error) ? snprintf(room, size, LUA_NUMBER_FMT, fltvalue(error))
                                    : snprintf(room, size, "(error object is a %s value)", ttypename(ttype(error)));
    return (ctrace_str){room, (size_t)length};
}

void luaR_throw(lua_State *L)
{
    char room[64];
    luaR_Recorder *r = recorder_of(L);
    end_output(r);
    ctrace_lane_log(r->lane, CTRACE_LOG_ERROR, CTRACE_STR(""), message_of(s2v(L->top.p - 1), room, sizeof room));
}

static void leave_with_error(luaR_Recorder *r, const luaR_Frame *frame, ctrace_str message)
{
    if (!frame->is_top_level) {
        ctrace_lane_begin_return(r->lane);
        ctrace_lane_put_error(r->lane, r->types.error, message);
    }
    r->was_left = true;
}

void luaR_drop(lua_State *L, CallInfo *until, int status)
{
    char room[64];
    luaR_Recorder *r = recorder_of(L);
    ctrace_str message = {NULL, 0};
    if (status == LUA_ERRMEM)
        message = (ctrace_str){getstr(G(L)->memerrmsg), tsslen(G(L)->memerrmsg)};
    else if (status > LUA_YIELD)
        message = message_of(s2v(L->top.p - 1), room, sizeof room);
    end_output(r);
    for (CallInfo *ci = L->ci; ci != until; ci = ci->previous) {
        luaR_Frame *frame = ci->recorded;
        if (!frame)
            continue;
        if (message.data)
            leave_with_error(r, frame, message);
        else if (!frame->is_top_level)
            ctrace_lane_return(r->lane);
        ci->recorded = NULL;
        luaR_free_frame(frame);
    }
}

/* ---- Coroutines ---- */

void luaR_pause(lua_State *L, int status)
{
    luaR_Recorder *r = recorder_of(L);
    if (status > LUA_YIELD)
        luaR_drop(L, &L->base_ci, status);
    if (status != LUA_YIELD)
        return;
    end_output(r);
    bool is_first = true;
    for (CallInfo *ci = L->ci; ci != &L->base_ci; ci = ci->previous) {
        if (!ci->recorded)
            continue;
        if (is_first) { /* it is what the values come from */
            int count = L->ci->u2.nyield;
            ctrace_lane_begin_return(r->lane);
            if (count == 1)
                luaR_put(r, s2v(L->top.p - 1));
            else
                luaR_put_list(r, r->types.values, L->top.p - count, count);
            r->was_left = true;
        } else {
            leave_with_mark(r, ci->recorded, CTRACE_STR("<yield>"));
        }
        is_first = false;
    }
}

/* Calls again what a coroutine was in, from the outermost on. */
void luaR_go_on(lua_State *L, int arguments)
{
    luaR_Recorder *r = recorder_of(L);
    if (L->status != LUA_YIELD)
        return; /* it begins: its function is called as any other */
    end_output(r);
    CallInfo *innermost = NULL;
    for (CallInfo *ci = L->ci; ci != &L->base_ci && !innermost; ci = ci->previous) {
        if (ci->recorded)
            innermost = ci;
    }
    for (CallInfo *ci = L->base_ci.next; innermost; ci = ci->next) {
        if (ci->recorded) {
            if (ci == innermost) {
                ctrace_lane_begin_arg(r->lane, ctrace_recorder_variable(r->core, CTRACE_STR("(resumed with)")));
                luaR_put_list(r, r->types.values, L->top.p - arguments, arguments);
            }
            ctrace_lane_call(r->lane, ci->recorded->function->id);
            ci->recorded->visible = NULL;
        }
        if (ci == innermost)
            break;
    }
}

void luaR_forget(lua_State *L)
{
    for (CallInfo *ci = &L->base_ci; ci; ci = ci->next) {
        free(ci->recorded); /* not spare: the function may be gone */
        ci->recorded = NULL;
    }
}
