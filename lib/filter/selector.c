/* Selectors: "pkg:shop.*", "file:regex:^src/", "local:literal:x". */
#include "filter/filter.h"
#include "filter/secrets.h"

#include <stdio.h>
#include <string.h>

static ctrace_status fail(char *why, size_t room, const char *text, ctrace_str what)
{
    enum { LONGEST = 60 };
    int size = (int)(what.size > LONGEST ? LONGEST : what.size);
    snprintf(why, room, text, size, what.data ? what.data : "");
    return CTRACE_SYNTAX;
}

/* Takes what lies before the next ':' off the text; false when there is none. */
static bool take_part(ctrace_str *text, ctrace_str *part)
{
    const char *colon = text->size ? memchr(text->data, ':', text->size) : NULL;
    if (!colon)
        return false;
    *part = (ctrace_str){text->data, (size_t)(colon - text->data)};
    *text = (ctrace_str){colon + 1, text->size - part->size - 1};
    return true;
}

static bool find_target(ctrace_str name, bool of_value, ctr_filter_target *out)
{
    static const char *const names[] = {"local", "global", "arg", "ret", "attr", "pkg", "file", "obj"};
    for (int i = of_value ? 0 : CTR_FILTER_PACKAGE; i < (of_value ? CTR_FILTER_PACKAGE : CTR_FILTER_ANYTHING); i++) {
        if (ctr_str_is(name, names[i], strlen(names[i]))) {
            *out = (ctr_filter_target)i;
            return true;
        }
    }
    return false;
}

/* ---- Files ---- */

/* A path as it is seen from the project: without "." and doubled '/', ".." taken back. */
static ctrace_status project_path(ctrace_filter *f, ctrace_str *path, ctrace_str root, char *why, size_t room)
{
    ctrace_str given = *path;
    if (given.data[0] == '/') {
        if (given.size < root.size || (root.size && memcmp(given.data, root.data, root.size) != 0) ||
            (given.size > root.size && given.data[root.size] != '/'))
            return fail(why, room, "\"%.*s\" does not lie in the project", given);
        given.data += root.size;
        given.size -= root.size;
    }
    char *out = ctr_arena_take(&f->arena, given.size + 1);
    if (!out)
        return CTRACE_NO_MEMORY;
    size_t used = 0;
    for (size_t at = 0; at < given.size;) {
        const char *slash = memchr(given.data + at, '/', given.size - at);
        size_t size = slash ? (size_t)(slash - given.data) - at : given.size - at;
        ctrace_str part = {given.data + at, size};
        at += size + 1;
        if (size == 0 || CTR_IS(part, "."))
            continue;
        if (CTR_IS(part, "..")) {
            if (used == 0)
                return fail(why, room, "\"%.*s\" leaves the project", *path);
            while (used > 0 && out[--used] != '/')
                continue;
            continue;
        }
        if (used)
            out[used++] = '/';
        memcpy(out + used, part.data, size);
        used += size;
    }
    if (used == 0)
        return fail(why, room, "\"%.*s\" is the project itself", *path);
    *path = (ctrace_str){out, used};
    return CTRACE_OK;
}

/* ---- All ---- */

static ctrace_status compile(ctrace_filter *f, ctr_filter_selector *s, char *why, size_t room)
{
    s->program.allocator = f->allocator;
    if (s->match == CTR_FILTER_LITERAL)
        return CTRACE_OK;
    const char *reason = NULL;
    bool is_glob = s->match == CTR_FILTER_GLOB;
    ctrace_status status = is_glob ? ctr_pattern_from_glob(&s->program, s->pattern, &reason)
                                   : ctr_pattern_from_regex(&s->program, s->pattern, &reason);
    if (status != CTRACE_SYNTAX)
        return status;
    if (!is_glob && f->has_matcher) {
        char text[160] = "";
        ctr_pattern_free(&s->program);
        s->compiled = f->matcher.compile(f->matcher.cookie, s->pattern, text, sizeof text);
        if (s->compiled) {
            s->match = CTR_FILTER_HOST_REGEX;
            return CTRACE_OK;
        }
        text[sizeof text - 1] = 0;
        snprintf(why, room, "the regular expression is not acceptable: %s", text[0] ? text : reason);
        return CTRACE_SYNTAX;
    }
    snprintf(why, room, is_glob ? "the glob is not acceptable: %s" : "the regular expression is not acceptable: %s",
             reason);
    return CTRACE_SYNTAX;
}

ctrace_status ctr_filter_make_selector(ctrace_filter *f, ctr_filter_selector *out, ctrace_str text, bool of_value,
                                       ctrace_str root, char *why, size_t room)
{
    ctrace_str rest = text, kind, match;
    *out = (ctr_filter_selector){.text = text};
    if (!take_part(&rest, &kind))
        return fail(why, room, "the selector \"%.*s\" has no ':'", text);
    if (!find_target(kind, of_value, &out->target))
        return fail(why, room,
                    of_value ? "a selector of values is for local, global, arg, ret or attr, not \"%.*s\""
                             : "a selector of scopes is for pkg, file or obj, not \"%.*s\"",
                    kind);
    if (take_part(&rest, &match)) {
        if (CTR_IS(match, "regex"))
            out->match = CTR_FILTER_REGEX;
        else if (CTR_IS(match, "literal"))
            out->match = CTR_FILTER_LITERAL;
        else if (!CTR_IS(match, "glob"))
            return fail(why, room, "a selector matches by glob, regex or literal, not \"%.*s\"", match);
    }
    if (rest.size == 0)
        return fail(why, room, "the selector \"%.*s\" has nothing to match", text);
    if (out->target == CTR_FILTER_FILE) {
        ctrace_status status = project_path(f, &rest, root, why, room);
        if (status < 0)
            return status;
    }
    out->pattern = rest;
    ctrace_status status = compile(f, out, why, room);
    if (status < 0)
        ctr_pattern_free(&out->program);
    return status;
}

bool ctr_filter_selects(const ctrace_filter *f, const ctr_filter_selector *s, ctrace_str text)
{
    switch (s->match) {
    case CTR_FILTER_LITERAL:
        return ctr_str_is(text, s->pattern.data, s->pattern.size);
    case CTR_FILTER_HOST_REGEX:
        return f->matcher.search(f->matcher.cookie, s->compiled, text);
    case CTR_FILTER_SECRET:
        return ctr_secret_name(text);
    default:
        return ctr_pattern_matches(&s->program, text);
    }
}

void ctr_filter_free_selector(ctrace_filter *f, ctr_filter_selector *s)
{
    ctr_pattern_free(&s->program);
    if (s->compiled)
        f->matcher.release(f->matcher.cookie, s->compiled);
    s->compiled = NULL;
}
