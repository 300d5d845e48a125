/* Gives the library the variables of the running frame, so that a step has them. What it knows already is left out:
 * most variables are the same as at the last step, and to see that costs two comparisons. */
#define LUA_CORE
#include "lprefix.h"

#include "kept.h"

#include "ldebug.h"
#include "lfunc.h"
#include "lstring.h"

/* What tells a value from one that lay at the same address before. */
static inline size_t stamp_of(lua_State *L, const TValue *value)
{
    switch (ttypetag(value)) {
    case LUA_VSHRSTR:
        return tsvalue(value)->hash;
    case LUA_VTABLE:
        return G(L)->touched;
    case LUA_VLCL: {
        const luaR_Function *f = clLvalue(value)->p->recorded;
        return f ? f->serial : 0;
    }
    default:
        return 0;
    }
}

/* Whether the slot holds what the library was given last. Long strings and the like are given anew; the library
 * compares. */
static inline bool is_known(lua_State *L, const luaR_Shadow *shadow, const TValue *value)
{
    if (shadow->tag != rawtt(value))
        return false;
    if (!iscollectable(value)) /* of nil and the booleans, the tag is all */
        return shadow->value.i == value->value_.i || ttisnil(value) || ttisboolean(value);
    if (shadow->value.gc != gcvalue(value))
        return false;
    switch (ttypetag(value)) {
    case LUA_VSHRSTR:
    case LUA_VTABLE:
    case LUA_VLCL:
        return shadow->stamp == stamp_of(L, value);
    default:
        return false;
    }
}

static void remember(lua_State *L, luaR_Shadow *shadow, const TValue *value)
{
    shadow->tag = rawtt(value);
    shadow->value = value->value_;
    shadow->stamp = stamp_of(L, value);
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
            frame->shadow[list->variables[i].slot].tag = TO_GIVE;
    }
}

/* After what says where the value goes. */
static void put(lua_State *L, const luaR_Variable *v, luaR_Shadow *shadow, const TValue *value)
{
    luaR_Recorder *r = recorder_of(L);
    if (v->is_secret)
        luaR_put_secret(r, value);
    else
        luaR_put(r, value);
    remember(L, shadow, value);
}

static void give(lua_State *L, const luaR_Variable *v, luaR_Shadow *shadow, const TValue *value)
{
    ctrace_lane_begin_variable(recorder_of(L)->lane, v->name);
    put(L, v, shadow, value);
}

/* Functions that a function uses from outside hardly change: they are no variables for a reader. */
static void give_upvalue(lua_State *L, const luaR_Variable *v, luaR_Shadow *shadow, const TValue *value)
{
    if (!ttisfunction(value)) {
        give(L, v, shadow, value);
    } else {
        if (shadow->tag != TO_GIVE)
            ctrace_lane_forget(recorder_of(L)->lane, v->name);
        remember(L, shadow, value);
    }
}

static void give_varargs(luaR_Recorder *r, const CallInfo *ci, ctrace_id name)
{
    if (ci->u.l.nextraargs == 0)
        return;
    ctrace_lane_begin_variable(r->lane, name);
    luaR_put_list(r, r->types.varargs, ci->func.p - ci->u.l.nextraargs, ci->u.l.nextraargs);
}

void luaR_give_arguments(lua_State *L, const CallInfo *ci, luaR_Frame *frame)
{
    luaR_Recorder *r = recorder_of(L);
    const luaR_Visible *list = frame->function->parameters;
    for (int i = 0; i < list->count; i++) {
        ctrace_lane_begin_arg(r->lane, list->variables[i].name);
        put(L, &list->variables[i], &frame->shadow[i], s2v(ci->func.p + 1 + i));
    }
    if (ci_func(ci)->p->is_vararg && ci->u.l.nextraargs > 0) {
        ctrace_lane_begin_arg(r->lane, r->varargs_name);
        luaR_put_list(r, r->types.varargs, ci->func.p - ci->u.l.nextraargs, ci->u.l.nextraargs);
    }
    frame->visible = list;
}

void luaR_give_variables(lua_State *L, const CallInfo *ci, luaR_Frame *frame, const luaR_Visible *list)
{
    luaR_Recorder *r = recorder_of(L);
    const LClosure *closure = ci_func(ci);
    if (r->was_left && ctrace_lane_wants_variables(r->lane))
        frame->visible = NULL;
    r->was_left = false;
    if (!frame->visible) {
        ctrace_lane_begin_variables(r->lane);
        for (int i = 0; i < closure->p->maxstacksize + closure->nupvalues; i++)
            frame->shadow[i].tag = TO_GIVE;
    } else if (frame->visible != list) {
        change_list(r, frame, list);
    }
    frame->visible = list;

    const luaR_Variable *v = list->variables, *end = v + list->count;
    for (const luaR_Variable *last = v + list->registers; v < last; v++) {
        const TValue *value = s2v(ci->func.p + 1 + v->slot);
        if (!is_known(L, &frame->shadow[v->slot], value))
            give(L, v, &frame->shadow[v->slot], value);
    }
    for (; v < end; v++) {
        if (v->slot == VARARGS) {
            give_varargs(r, ci, v->name);
            continue;
        }
        const TValue *value = closure->upvals[v->slot - closure->p->maxstacksize]->v.p;
        if (!is_known(L, &frame->shadow[v->slot], value))
            give_upvalue(L, v, &frame->shadow[v->slot], value);
    }
}
