/* Runs a Lua program as `lua FILE` does: its arguments, its messages, its exit status. Built twice: `lua-plain` over
 * Lua as it is, `lua-ctrace` over Lua with the recorder. */
#include "lua.h"

#include "lauxlib.h"
#include "lualib.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#ifdef LUA_RECORDER_H
#define USAGE                                                                                         \
    "usage: lua-ctrace [--out-dir DIR] [--form json|ndjson|bin|bin-v0|ct] [--below DIR] FILE [ARG…]\n" \
    "Records the Lua files below DIR, which is that of FILE if it is not given.\n"
#else
#define USAGE "usage: lua-plain FILE [ARG…]\n"
#endif

static lua_State *interrupted;

/* Runs when the state is whole again after the signal. */
static void stop(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    lua_sethook(L, NULL, 0, 0);
    luaL_error(L, "interrupted!");
}

static void on_interrupt(int number)
{
    signal(number, SIG_DFL); /* the next one ends the process */
    lua_sethook(interrupted, stop, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
}

static void complain(const char *message) { fprintf(stderr, "lua: %s\n", message); }

static int traceback(lua_State *L)
{
    const char *message = lua_tostring(L, 1);
    if (!message) {
        if (luaL_callmeta(L, 1, "__tostring") && lua_type(L, -1) == LUA_TSTRING)
            return 1;
        message = lua_pushfstring(L, "(error object is a %s value)", luaL_typename(L, 1));
    }
    luaL_traceback(L, L, message, 1);
    return 1;
}

struct program {
    int argc;
    char **argv;
    int script; /* where it stands in argv */
};

/* Protected: opens the libraries, sets `arg`, runs the file. Whether it ended well is returned. */
static int run(lua_State *L)
{
    const struct program *p = lua_touserdata(L, 1);
    luaL_openlibs(L);
    lua_createtable(L, p->argc - p->script - 1, p->script + 1);
    for (int i = 0; i < p->argc; i++) {
        lua_pushstring(L, p->argv[i]);
        lua_rawseti(L, -2, i - p->script);
    }
    lua_setglobal(L, "arg");
    lua_pushcfunction(L, traceback);
    int handler = lua_gettop(L);
    int status = luaL_loadfile(L, p->argv[p->script]);
    if (status == LUA_OK) {
        for (int i = p->script + 1; i < p->argc; i++)
            lua_pushstring(L, p->argv[i]);
        interrupted = L;
        signal(SIGINT, on_interrupt);
        status = lua_pcall(L, p->argc - p->script - 1, 0, handler);
        signal(SIGINT, SIG_DFL);
    }
    if (status != LUA_OK) {
        const char *message = lua_tostring(L, -1);
        complain(message ? message : "(error message not a string)");
    }
    lua_pushboolean(L, status == LUA_OK);
    return 1;
}

int main(int argc, char **argv)
{
    struct program p = {argc, argv, 1};
#ifdef LUA_RECORDER_H
    luaR_Options options = {.folder = getenv("CODETRACER_DB_TRACE_PATH")};
    for (; p.script + 1 < argc && argv[p.script][0] == '-'; p.script += 2) {
        if (strcmp(argv[p.script], "--out-dir") == 0)
            options.folder = argv[p.script + 1];
        else if (strcmp(argv[p.script], "--form") == 0)
            options.form = argv[p.script + 1];
        else if (strcmp(argv[p.script], "--below") == 0)
            options.below = argv[p.script + 1];
        else
            break;
    }
#endif
    if (p.script >= argc || argv[p.script][0] == '-') {
        fputs(USAGE, stderr);
        return 2;
    }
    lua_State *L = luaL_newstate();
    if (!L) {
        complain("not enough memory");
        return EXIT_FAILURE;
    }
#ifdef LUA_RECORDER_H
    /* As if the interpreter had the name of the plain one, and no options. */
    argv[p.script - 1] = argv[0];
    p = (struct program){argc - p.script + 1, argv + p.script - 1, 1};
    if (!options.folder || !*options.folder)
        options.folder = ".";
    if (!luaR_start(L, &options, p.argv[1], p.argv + 2, (size_t)(p.argc - 2)))
        return EXIT_FAILURE;
    atexit(luaR_stop); /* a program may end by os.exit */
#endif
    lua_pushcfunction(L, run);
    lua_pushlightuserdata(L, &p);
    int status = lua_pcall(L, 1, 1, 0);
    bool is_well = status == LUA_OK && lua_toboolean(L, -1);
    if (status != LUA_OK)
        complain(lua_tostring(L, -1));
    lua_close(L);
    return is_well ? EXIT_SUCCESS : EXIT_FAILURE;
}
