/* Beginning and ending a recording. */
#define LUA_CORE
#include "lprefix.h"

#include "kept.h"

#include "lstring.h"

#include <ctrace/version.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The one that is going on: luaR_stop() is also called when the process exits, where no state is at hand. */
static luaR_Recorder *running;

static ctrace_str text_of(const char *text) { return (ctrace_str){text, strlen(text)}; }

static bool complain(const ctrace_error *error)
{
    fprintf(stderr, "lua-ctrace: %s%s%s\n", error->file[0] ? error->file : "", error->file[0] ? ": " : "",
            error->message);
    return false;
}

static bool open_core(luaR_Recorder *r, const luaR_Options *o, const char *program, const char *real, char **args,
                      size_t arg_count)
{
    ctrace_error error = {0};
    ctrace_str *list = calloc(arg_count + 1, sizeof *list);
    if (!list)
        return false;
    for (size_t i = 0; i < arg_count; i++)
        list[i] = text_of(args[i]);
    ctrace_writer_options writer = {CTRACE_WRITER_OPTIONS_INIT, .program = text_of(program), .args = list,
                                    .arg_count = arg_count, .recorder = CTRACE_STR("lua-ctrace"),
                                    .recorder_version = CTRACE_STR(CTRACE_VERSION_STRING)};
    ctrace_recorder_options options = {CTRACE_RECORDER_OPTIONS_INIT, .writer = &writer, .path = text_of(real)};
    if (o->form && (writer.form = ctrace_form_find(text_of(o->form))) == CTRACE_FORM_COUNT) {
        fprintf(stderr, "lua-ctrace: there is no form '%s'\n", o->form);
        free(list);
        return false;
    }
    ctrace_status status = ctrace_recorder_open(&r->core, text_of(o->folder), &options, &error);
    free(list);
    if (status == CTRACE_OK) {
        r->lane = ctrace_recorder_lane(r->core);
        if (r->lane)
            return true;
        ctrace_recorder_status(r->core, &error);
        ctrace_recorder_close(&r->core, NULL);
    }
    return complain(&error);
}

/* Keeps the text "__name" in the state, as tables are asked for it. */
static TString *keep_name_key(lua_State *L)
{
    lua_pushliteral(L, "__name");
    TString *key = tsvalue(s2v(L->top.p - 1));
    lua_rawsetp(L, LUA_REGISTRYINDEX, key);
    return key;
}

/* The real path of a folder, with a slash at its end: that of `below`, else the one that the file `real` lies in. */
static char *folder_of(const char *below, const char *real)
{
    char *path = realpath(below ? below : real, NULL);
    if (!path)
        return NULL;
    if (!below)
        *strrchr(path, '/') = '\0';
    char *folder = malloc(strlen(path) + 2);
    if (folder)
        sprintf(folder, "%s/", strcmp(path, "/") == 0 ? "" : path);
    free(path);
    return folder;
}

bool luaR_start(lua_State *L, const luaR_Options *options, const char *program, char **args, size_t arg_count)
{
    char *real = realpath(program, NULL);
    char *folder = real ? folder_of(options->below, real) : NULL;
    luaR_Recorder *r = folder ? calloc(1, sizeof *r) : NULL;
    if (!r)
        perror(real && !folder && options->below ? options->below : program);
    bool is_open = r && open_core(r, options, program, real, args, arg_count);
    if (is_open) {
        r->name_key = keep_name_key(L);
        r->path = ctrace_recorder_path(r->core, text_of(real));
        r->folder = folder;
        r->varargs_name = ctrace_recorder_variable(r->core, CTRACE_STR("..."));
        r->resumed_name = ctrace_recorder_variable(r->core, CTRACE_STR("(resumed with)"));
        luaR_declare_types(r);
        G(L)->recorder = running = r;
        L->hookmask |= LUAR_MASK;
    } else {
        free(folder);
        free(r);
    }
    free(real);
    return is_open;
}

void luaR_stop(void)
{
    luaR_Recorder *r = running;
    if (!r)
        return;
    running = NULL;
    ctrace_error error = {0};
    if (!r->has_top_level) /* it did not compile; CodeTracer wants a step */
        ctrace_lane_step(r->lane, r->path, 1);
    if (ctrace_recorder_close(&r->core, &error) != CTRACE_OK)
        complain(&error);
    for (size_t i = 0; i < r->source_count; i++)
        free(r->sources[i].name);
    free(r->sources);
    free(r->folder);
    free(r->output);
    luaR_free_shapes(r);
    free(r);
}
