/* What the program writes to its standard output and error output, told at the line that writes. */
#define LUA_CORE
#include "lprefix.h"

#include "kept.h"

#include "lstring.h"

#include <stdlib.h>
#include <string.h>

void luaR_tell_output(luaR_Recorder *r)
{
    ctrace_str text = {r->output, r->output_size};
    r->output_size = 0;
    ctrace_lane_log(r->lane, CTRACE_LOG_WRITE, CTRACE_STR(""), text);
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
