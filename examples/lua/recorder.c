/* Calls, lines, returns, errors and coroutines, as the virtual machine tells them; see recorder.h.
 *
 * The trace has one stack of calls. A coroutine that yields leaves all its calls, and has them again when it is
 * resumed. A tail call leaves the call that makes it. */
#define LUA_CORE
#include "lprefix.h"

#include "kept.h"

#include "ldebug.h"
#include "lfunc.h"
#include "lstring.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ---- Lines ---- */

void luaR_line(lua_State *L, CallInfo *ci, const Instruction *pc)
{
    luaR_Recorder *r = recorder_of(L);
    luaR_Frame *frame = ci->recorded;
    luaR_Function *f = frame->function;
    int at = (int)(pc - frame->place.code);
    frame->place.pc = at;
    frame->place.line = frame->place.lines[at];
    if (ci->callstatus & CIST_HOOKYIELD)
        return; /* a hook yielded here, and the line was told before */
    const luaR_Visible *list = f->visible[at] ? f->visible[at] : luaR_visible(r, ci_func(ci)->p, at);
    end_output(r);
    if (list)
        luaR_give_variables(L, ci, frame, list);
    ctrace_lane_step(r->lane, f->path, frame->place.line);
}

/* ---- Calls ---- */

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
    const luaR_Function *f = luaR_function(r, ci_func(ci)->p);
    if (f && f->is_recorded)
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
    if (!f || !f->is_recorded || (f->id == CTRACE_ID_NONE && !luaR_prepare(r, p)))
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
    luaR_give_arguments(L, ci, frame);
    ctrace_lane_call(r->lane, f->id);
}

void luaR_leave(lua_State *L, CallInfo *ci, int results)
{
    luaR_Recorder *r = recorder_of(L);
    luaR_Frame *frame = ci->recorded;
    CallInfo *caller = ci->previous;
    if (isLua(caller) && caller->recorded) /* for loops go to the call of their iterator in ways of their own */
        caller->recorded->place.pc = pcRel(caller->u.l.savedpc, ci_func(caller)->p);
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
            if (frame->function->is_secret)
                luaR_put_secret(r, s2v(L->top.p - 1));
            else if (results == 1)
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
                ctrace_lane_begin_arg(r->lane, r->resumed_name);
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
    if (!L->ci)
        return; /* there was no memory for its stack */
    for (CallInfo *ci = &L->base_ci; ci; ci = ci->next) {
        free(ci->recorded); /* not spare: the function may be gone */
        ci->recorded = NULL;
    }
}
