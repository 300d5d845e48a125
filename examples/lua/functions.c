/* What is known of a function before it runs: whether it is recorded, its name, its lines, the variables that can be
 * seen at each instruction. Found once, so that a step looks nothing up. */
#define LUA_CORE
#include "lprefix.h"

#include "kept.h"

#include "ldebug.h"
#include "lfunc.h"
#include "lopcodes.h"
#include "lstring.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static ctrace_str text_of(const char *text) { return (ctrace_str){text, strlen(text)}; }

/* ---- Which files are recorded ---- */

static ctrace_id path_of(luaR_Recorder *r, const char *source)
{
    if (source[0] != '@')
        return CTRACE_ID_NONE; /* a text that was loaded; there is no file to show */
    for (size_t i = r->source_count; i-- > 0;) {
        if (strcmp(r->sources[i].name, source) == 0)
            return r->sources[i].path;
    }
    if (r->source_count == r->source_room) {
        size_t room = r->source_room * 2 + 8;
        luaR_Source *sources = realloc(r->sources, room * sizeof *sources);
        if (!sources)
            return CTRACE_ID_NONE;
        r->sources = sources;
        r->source_room = room;
    }
    char *name = strdup(source), *real = realpath(source + 1, NULL);
    ctrace_id path = CTRACE_ID_NONE;
    if (name && real && strncmp(real, r->folder, strlen(r->folder)) == 0)
        path = ctrace_recorder_path(r->core, text_of(real));
    free(real);
    if (name)
        r->sources[r->source_count++] = (luaR_Source){name, path};
    return path;
}

/* ---- Names: Lua's functions have none; the code that makes one tells where it is put. ---- */

static const char *constant_name(const Proto *p, int index)
{
    return ttisstring(&p->k[index]) ? getstr(tsvalue(&p->k[index])) : NULL;
}

static const char *upvalue_name(const Proto *p, int index)
{
    return p->upvalues[index].name ? getstr(p->upvalues[index].name) : NULL;
}

/* What the table in a register is called, as far as the instruction before `pc` tells. */
static const char *table_name(const Proto *p, int pc, int from)
{
    const char *name = luaF_getlocalname(p, from + 1, pc);
    if (name || pc == 0 || GETARG_A(p->code[pc - 1]) != from)
        return name;
    Instruction i = p->code[pc - 1];
    switch (GET_OPCODE(i)) {
    case OP_GETUPVAL:
        return upvalue_name(p, GETARG_B(i));
    case OP_GETTABUP:
    case OP_GETFIELD:
        return constant_name(p, GETARG_C(i));
    default:
        return NULL;
    }
}

/* The name of the function that is made at `pc`; to be freed. */
static char *closure_name(const Proto *p, int pc)
{
    Instruction made = p->code[pc], next = p->code[pc + 1];
    const Proto *child = p->p[GETARG_Bx(made)];
    int at = GETARG_A(made);
    const char *table = NULL, *name = luaF_getlocalname(p, at + 1, pc + 1);
    if (!name) {
        switch (GET_OPCODE(next)) {
        case OP_SETTABUP:
            if (GETARG_C(next) == at && !GETARG_k(next))
                name = constant_name(p, GETARG_B(next));
            break;
        case OP_SETFIELD:
            if (GETARG_C(next) == at && !GETARG_k(next)) {
                table = table_name(p, pc, GETARG_A(next));
                name = constant_name(p, GETARG_B(next));
            }
            break;
        case OP_SETUPVAL:
            if (GETARG_A(next) == at)
                name = upvalue_name(p, GETARG_B(next));
            break;
        case OP_MOVE:
            if (GETARG_B(next) == at)
                name = luaF_getlocalname(p, GETARG_A(next) + 1, pc + 2);
            break;
        default:
            break;
        }
    }
    if (!name || name[0] == '(')
        return strdup("<anonymous>");
    if (!table)
        return strdup(name);
    bool is_method = child->numparams > 0 && child->sizelocvars > 0 &&
                     strcmp(getstr(child->locvars[0].varname), "self") == 0;
    size_t size = strlen(table) + strlen(name) + 2;
    char *whole = malloc(size);
    if (whole)
        snprintf(whole, size, "%s%c%s", table, is_method ? ':' : '.', name);
    return whole;
}

/* Makes what is known of a function and of all within it. `name` becomes its. */
static luaR_Function *know(luaR_Recorder *r, Proto *p, ctrace_id path, char *name)
{
    luaR_Function *f = calloc(1, sizeof *f);
    if (!f || !name) {
        free(f);
        free(name);
        return NULL;
    }
    f->is_recorded = path != CTRACE_ID_NONE;
    f->is_secret = ctrace_is_secret_name(text_of(name));
    f->serial = ++r->function_count;
    f->name = name;
    f->path = path;
    f->id = CTRACE_ID_NONE;
    p->recorded = f;
    if (!f->is_recorded)
        ctrace_recorder_count_skipped(r->core);
    for (int pc = 0; pc < p->sizecode; pc++) {
        if (GET_OPCODE(p->code[pc]) == OP_CLOSURE && !p->p[GETARG_Bx(p->code[pc])]->recorded)
            know(r, p->p[GETARG_Bx(p->code[pc])], path, closure_name(p, pc));
    }
    return f;
}

luaR_Function *luaR_function(luaR_Recorder *r, Proto *p)
{
    if (p->recorded)
        return p->recorded;
    ctrace_id path = CTRACE_ID_NONE;
    if (p->source && p->lineinfo) /* it may have come without */
        path = path_of(r, getstr(p->source));
    return know(r, p, path, strdup(p->linedefined == 0 ? "<main chunk>" : "<anonymous>"));
}

/* ---- When it is called for the first time ---- */

static luaR_Variable variable(luaR_Recorder *r, const char *name, int slot)
{
    ctrace_str text = text_of(name);
    return (luaR_Variable){ctrace_recorder_variable(r->core, text), slot, ctrace_is_secret_name(text)};
}

static luaR_Visible *parameters_of(luaR_Recorder *r, const Proto *p)
{
    luaR_Visible *list = malloc(sizeof *list + p->numparams * sizeof list->variables[0]);
    if (!list)
        return NULL;
    list->count = list->registers = p->numparams < p->sizelocvars ? p->numparams : p->sizelocvars;
    for (int i = 0; i < list->count; i++)
        list->variables[i] = variable(r, getstr(p->locvars[i].varname), i);
    return list;
}

bool luaR_prepare(luaR_Recorder *r, Proto *p)
{
    luaR_Function *f = p->recorded;
    if (!f->parameters)
        f->parameters = parameters_of(r, p);
    if (!f->lines)
        f->lines = malloc((size_t)p->sizecode * sizeof *f->lines);
    if (!f->visible)
        f->visible = calloc((size_t)p->sizecode, sizeof *f->visible);
    if (!f->parameters || !f->lines || !f->visible)
        return false;
    for (int pc = 0; pc < p->sizecode; pc++)
        f->lines[pc] = luaG_getfuncline(p, pc);
    f->id = ctrace_recorder_function(r->core, f->path, p->linedefined ? p->linedefined : 1, text_of(f->name));
    return f->id != CTRACE_ID_NONE;
}

/* ---- Variables ---- */

static int find(const luaR_Visible *list, ctrace_id name)
{
    for (int i = 0; i < list->count; i++) {
        if (list->variables[i].name == name)
            return i;
    }
    return -1;
}

static bool is_same_list(const luaR_Visible *a, const luaR_Visible *b)
{
    if (a->count != b->count)
        return false;
    for (int i = 0; i < a->count; i++) {
        if (a->variables[i].name != b->variables[i].name || a->variables[i].slot != b->variables[i].slot)
            return false;
    }
    return true;
}

const luaR_Visible *luaR_visible(luaR_Recorder *r, const Proto *p, int pc)
{
    luaR_Function *f = p->recorded;
    if (f->visible[pc])
        return f->visible[pc];
    size_t most = (size_t)(p->sizelocvars + p->sizeupvalues + 1);
    luaR_Visible *list = malloc(sizeof *list + most * sizeof list->variables[0]);
    if (!list)
        return NULL;
    list->count = 0;
    int slot = 0;
    for (int i = 0; i < p->sizelocvars && p->locvars[i].startpc <= pc; i++) {
        if (pc >= p->locvars[i].endpc)
            continue;
        const char *name = getstr(p->locvars[i].varname);
        if (name[0] != '(') { /* those of Lua itself, as "(for state)" */
            luaR_Variable v = variable(r, name, slot);
            int hidden = find(list, v.name); /* by this one, which has the same name */
            list->variables[hidden >= 0 ? hidden : list->count++] = v;
        }
        slot++;
    }
    list->registers = list->count;
    for (int i = 0; i < p->sizeupvalues; i++) {
        const char *name = upvalue_name(p, i);
        if (!name || strcmp(name, "_ENV") == 0)
            continue;
        luaR_Variable v = variable(r, name, p->maxstacksize + i);
        if (find(list, v.name) < 0)
            list->variables[list->count++] = v;
    }
    if (p->is_vararg)
        list->variables[list->count++] = (luaR_Variable){r->varargs_name, VARARGS, false};

    for (luaR_Visible *known = f->all_visible; known; known = known->next) {
        if (is_same_list(known, list)) {
            free(list);
            return f->visible[pc] = known;
        }
    }
    list->next = f->all_visible;
    f->all_visible = list;
    return f->visible[pc] = list;
}

/* ---- Frames ---- */

luaR_Frame *luaR_new_frame(const Proto *p)
{
    luaR_Function *f = p->recorded;
    luaR_Frame *frame = f->spare;
    if (frame) {
        f->spare = frame->next;
    } else {
        size_t slots = (size_t)(p->maxstacksize + p->sizeupvalues);
        frame = malloc(sizeof *frame + slots * sizeof frame->shadow[0]);
        if (!frame)
            return NULL;
        memset(frame, 0, sizeof *frame + slots * sizeof frame->shadow[0]);
        frame->function = f;
        frame->place.lines = f->lines;
        frame->place.code = p->code;
    }
    frame->place.pc = INT_MAX; /* whatever comes first is a new line */
    frame->is_top_level = false;
    frame->visible = NULL;
    return frame;
}

void luaR_free_frame(luaR_Frame *frame)
{
    frame->next = frame->function->spare;
    frame->function->spare = frame;
}

void luaR_freefunction(lua_State *L, Proto *p)
{
    luaR_Function *f = p->recorded;
    (void)L;
    if (!f)
        return;
    for (luaR_Frame *frame = f->spare, *next; frame; frame = next) {
        next = frame->next;
        free(frame);
    }
    for (luaR_Visible *list = f->all_visible, *next; list; list = next) {
        next = list->next;
        free(list);
    }
    free(f->parameters);
    free(f->visible);
    free(f->lines);
    free(f->name);
    free(f->text);
    free(f);
    p->recorded = NULL;
}
