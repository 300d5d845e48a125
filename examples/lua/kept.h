/* What the recorder keeps: of the state, of each function, of each open call. */
#ifndef LUA_RECORDER_KEPT_H
#define LUA_RECORDER_KEPT_H

#include "lua.h"

#include "lobject.h"
#include "lstate.h"
#include "recorder.h"

#include <ctrace/filter.h>
#include <ctrace/recorder.h>

enum { VARARGS = -1, TO_GIVE = -1 };

/* A variable that can be seen at some instruction, and where its value is: a register; from `maxstacksize` on an
 * upvalue; or VARARGS. */
typedef struct luaR_Variable {
    ctrace_id name;
    int slot;
    bool is_secret; /* by its name, as "password" */
} luaR_Variable;

/* The variables that can be seen at an instruction. */
typedef struct luaR_Visible {
    struct luaR_Visible *next; /* of the function */
    int count;
    int registers; /* that many of them, the first ones, are in registers */
    luaR_Variable variables[];
} luaR_Visible;

typedef struct luaR_Function {
    bool is_recorded;
    bool is_secret; /* what it returns, by its name */
    size_t serial; /* no other function ever has it */
    char *name;
    char *text;    /* how it is shown as a value; NULL until it is */
    ctrace_id path;
    ctrace_id id;  /* CTRACE_ID_NONE until it is called; so are the rest */
    int *lines;               /* of each instruction */
    luaR_Visible **visible;   /* at each instruction, found at its first step */
    luaR_Visible *all_visible;
    luaR_Visible *parameters; /* what a frame has when it is called */
    struct luaR_Frame *spare; /* frames of calls that ended */
} luaR_Function;

/* What a slot held when it was last given to the library. */
typedef struct luaR_Shadow {
    int tag;      /* of the value; TO_GIVE: to be given again whatever it is */
    Value value;
    size_t stamp; /* what tells it from others that lay at the same address */
} luaR_Shadow;

typedef struct luaR_Frame {
    struct luaR_Place place;
    luaR_Function *function;
    bool is_top_level;
    const luaR_Visible *visible; /* what the library knows; NULL: nothing */
    struct luaR_Frame *next;     /* in the list of spare ones */
    luaR_Shadow shadow[];        /* registers, then upvalues */
} luaR_Frame;

typedef struct luaR_Source {
    char *name;
    ctrace_id path; /* CTRACE_ID_NONE: not recorded */
} luaR_Source;

typedef struct luaR_Shape luaR_Shape;

/* Types that values have. */
typedef struct luaR_Types {
    ctrace_id nil, boolean, integer, floating, string, sequence, table, entry, function, userdata, thread, values,
        varargs, error, any;
} luaR_Types;

typedef struct luaR_Recorder {
    ctrace_recorder *core;
    ctrace_lane *lane;
    ctrace_id path; /* of the program, */
    char *folder;   /* and its folder, with a slash at the end */
    bool has_top_level;
    bool was_left;         /* a call ended since the last step */
    luaR_Types types;
    TString *name_key; /* "__name" */
    luaR_Source *sources;
    size_t source_count, source_room;
    luaR_Shape **shapes;   /* hash map */
    size_t shape_count;
    size_t function_count;
    ctrace_id varargs_name, resumed_name;
    char *output;          /* what print wrote and is not told yet */
    size_t output_size, output_room;
} luaR_Recorder;

#define recorder_of(L) (G(L)->recorder)

/* ---- functions.c ---- */

/* What is known of a function; NULL when there is no memory. */
luaR_Function *luaR_function(luaR_Recorder *r, Proto *p);
/* Prepares a function that is called for the first time. False when there is no memory. */
bool luaR_prepare(luaR_Recorder *r, Proto *p);
const luaR_Visible *luaR_visible(luaR_Recorder *r, const Proto *p, int pc);
luaR_Frame *luaR_new_frame(const Proto *p);
void luaR_free_frame(luaR_Frame *frame);

/* ---- variables.c ---- */

/* Gives the library the arguments of the next call, which are the first variables of its frame; then, at a step, what
 * can be seen of the frame's variables and is not known. */
void luaR_give_arguments(lua_State *L, const CallInfo *ci, luaR_Frame *frame);
void luaR_give_variables(lua_State *L, const CallInfo *ci, luaR_Frame *frame, const luaR_Visible *list);

/* ---- output.c ---- */

/* Before anything else is told. */
void luaR_tell_output(luaR_Recorder *r);
static inline void end_output(luaR_Recorder *r)
{
    if (r->output_size > 0)
        luaR_tell_output(r);
}

/* ---- values.c ---- */

void luaR_declare_types(luaR_Recorder *r);
void luaR_put(luaR_Recorder *r, const TValue *value);
void luaR_put_secret(luaR_Recorder *r, const TValue *value);
/* Several values as one; CodeTracer shows a sequence of a tuple type well, a tuple not. */
void luaR_put_list(luaR_Recorder *r, ctrace_id type, StkId first, int count);
void luaR_free_shapes(luaR_Recorder *r);

#endif
