/* What Lua's virtual machine tells the recorder, and how a program starts it.
 *
 * lua.h includes this file (LUA_USER_H), so every file of Lua knows it; lua-5.4.patch adds the places that call it.
 * While a state is recorded, LUAR_MASK is set in the hook mask of its threads. Everything in Lua that looks whether there are
 * hooks thus takes its slow path then, and nothing is looked at otherwise. Programs never see the bit. */
#ifndef LUA_RECORDER_H
#define LUA_RECORDER_H

#include <stdbool.h>
#include <stdio.h>

struct Proto;
struct CallInfo;
struct luaR_Frame;    /* what is kept of an open call: CallInfo.recorded */
struct luaR_Function; /* what is known of a function: Proto.recorded */

#define LUAR_MASK (1 << 7)
#define luaR_on(L) ((L)->hookmask & LUAR_MASK)

/* ---- Called by the virtual machine ---- */

/* Whether the function that `ci` begins or goes on with is recorded. */
int luaR_wants(lua_State *L, struct CallInfo *ci);
/* A line begins in a recorded call. */
void luaR_line(lua_State *L, struct CallInfo *ci, const unsigned int *pc);

/* What luaR_Frame begins with: where its call is. */
struct luaR_Place {
    const unsigned int *code;
    const int *lines; /* of each instruction */
    int pc;           /* the last one that was looked at, */
    int line;         /* and its line */
};

/* Whether the instruction that is about to run lies in the same line. A line is new when another one runs, and when a
 * loop goes back, just as for Lua's own hook for lines. */
static inline bool luaR_is_same(struct luaR_Place *place, const unsigned int *pc)
{
    int at = (int)(pc - place->code);
    if (at <= place->pc || place->lines[at] != place->line)
        return false;
    place->pc = at;
    return true;
}
#define luaR_sameline(ci, pc) luaR_is_same((struct luaR_Place *)(ci)->recorded, pc)

/* A table is made, or its content changes. While none did, none has to be looked at anew. */
#define luaR_touch(L) (G(L)->touched++)

void luaR_enter(lua_State *L, struct CallInfo *ci);
void luaR_leave(lua_State *L, struct CallInfo *ci, int results);
void luaR_throw(lua_State *L);
void luaR_drop(lua_State *L, struct CallInfo *until, int status);
void luaR_pause(lua_State *L, int status);
void luaR_go_on(lua_State *L, int arguments);

/* A call begins; its arguments are in place. */
#define luaR_call(L, ci) (luaR_on(L) ? luaR_enter(L, ci) : (void)0)
/* A call, of C or Lua, ends with the values on top of the stack. */
#define luaR_return(L, ci, n) (luaR_on(L) ? luaR_leave(L, ci, n) : (void)0)
/* An error is raised with the value on top of the stack. */
#define luaR_error(L) (luaR_on(L) ? luaR_throw(L) : (void)0)
/* An error leaves all calls above `ci`. */
#define luaR_unwind(L, ci, status) (luaR_on(L) ? luaR_drop(L, ci, status) : (void)0)
/* A coroutine that was resumed is back: it yielded, ended or failed. */
#define luaR_suspend(L, status) (luaR_on(L) ? luaR_pause(L, status) : (void)0)
/* A coroutine is about to run, and to be freed. Lua has these two places itself. */
#define luai_userstateresume(L, n) (luaR_on(L) ? luaR_go_on(L, n) : (void)0)
#define luai_userstatefree(L, L1) luaR_forget(L1)

/* Frees what is kept of the calls and of the function, and tells nothing. */
void luaR_forget(lua_State *L);
void luaR_freefunction(lua_State *L, struct Proto *p);

/* io.write and the like gave the values at `first` up to, not with, `end` to a file. */
void luaR_wrote(lua_State *L, FILE *file, int first, int end);
/* print writes a part of its output, and its end. */
void luaR_print(lua_State *L, const char *text, size_t size);
void luaR_printed(lua_State *L);
#define lua_writestring(s, l) luaR_print(L, s, l)
#define lua_writeline() (lua_writestring("\n", 1), fflush(stdout), luaR_printed(L))

/* ---- Called by the program that embeds Lua ---- */

typedef struct luaR_Options {
    const char *folder; /* where the trace goes */
    const char *form;   /* the name of its form; NULL: JSON */
    const char *below;  /* Lua files below this folder are recorded; NULL: below that of the program */
} luaR_Options;

/* Records what runs in the state from now on. The first recorded function that is called is the top level. False when
 * the trace cannot be written; stderr then says why. */
bool luaR_start(lua_State *L, const luaR_Options *options, const char *program, char **args, size_t arg_count);
/* Ends the trace; to be called after lua_close(), or when the process exits before. Says on stderr what went wrong. */
void luaR_stop(void);

#endif
