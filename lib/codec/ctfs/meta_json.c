#include "codec/ctfs/meta_json.h"

#define MOST_ARGS ((size_t)1 << 16)

typedef struct walk {
    const char *at, *end;
    ctr_arena *arena;
    ctr_json_skip skip;
    ctr_scan failed; /* CTR_SCAN_OK while nothing is wrong */
} walk;

static char peek(walk *w)
{
    if (w->failed)
        return 0;
    w->at = ctr_json_space(w->at);
    return w->at < w->end ? *w->at : 0;
}

static bool take(walk *w, char c)
{
    if (peek(w) != c)
        return false;
    w->at++;
    return true;
}

static void expect(walk *w, char c)
{
    if (!take(w, c) && !w->failed)
        w->failed = CTR_SCAN_BAD;
}

static void skip_value(walk *w)
{
    const char *expected;
    peek(w);
    ctr_json_skip_begin(&w->skip);
    if (!w->failed)
        w->failed = ctr_json_skip_run(&w->skip, &w->at, w->end, true, &expected);
}

/* False, with the value skipped, when there is no text. */
static bool read_text(walk *w, ctrace_str *out)
{
    if (peek(w) != '"') {
        skip_value(w);
        return false;
    }
    ctr_scanned_text text;
    w->failed = ctr_json_scan_text(&text, w->at + 1, w->end, w->arena);
    if (w->failed)
        return false;
    *out = text.text;
    w->at = text.after;
    return true;
}

static bool next_member(walk *w, bool *first, ctrace_str *name)
{
    if (take(w, '}'))
        return false;
    if (!*first)
        expect(w, ',');
    *first = false;
    if (peek(w) != '"' && !w->failed)
        w->failed = CTR_SCAN_BAD;
    if (w->failed || !read_text(w, name))
        return false;
    expect(w, ':');
    return !w->failed;
}

/* A list of texts, up to the first entry that is none. */
static void read_args(walk *w, ctrace_metadata *out)
{
    ctrace_str *args = NULL, text;
    size_t n = 0, capacity = 0;
    if (peek(w) != '[') {
        skip_value(w);
        return;
    }
    w->at++;
    for (bool first = true, all = true; !take(w, ']') && !w->failed; first = false) {
        if (!first)
            expect(w, ',');
        if (!read_text(w, &text) || !all || n == MOST_ARGS) {
            all = false;
            continue;
        }
        if (n == capacity) {
            capacity = capacity ? capacity * 2 : 16;
            ctrace_str *larger = ctr_arena_take(w->arena, capacity * sizeof *larger);
            if (!larger) {
                w->failed = CTR_SCAN_NO_MEMORY;
                return;
            }
            if (n)
                memcpy(larger, args, n * sizeof *larger);
            args = larger;
        }
        args[n++] = text;
    }
    out->args = args;
    out->arg_count = n;
}

static bool is(ctrace_str text, const char *name)
{
    return text.size == strlen(name) && memcmp(text.data, name, text.size) == 0;
}

static void read_recorder(walk *w, ctrace_metadata *out)
{
    if (!take(w, '{')) {
        read_text(w, &out->recorder);
        return;
    }
    ctrace_str name;
    for (bool first = true; next_member(w, &first, &name);) {
        if (is(name, "name"))
            read_text(w, &out->recorder);
        else if (is(name, "version"))
            read_text(w, &out->recorder_version);
        else
            skip_value(w);
    }
}

ctr_scan ctr_ctfs_parse_meta_json(const char *data, size_t size, ctr_arena *arena, ctrace_metadata *out)
{
    walk w = {data, data + size, arena, {.kinds.allocator = arena->allocator}, CTR_SCAN_OK};
    expect(&w, '{');
    ctrace_str name;
    for (bool first = true; !w.failed && next_member(&w, &first, &name);) {
        if (is(name, "program"))
            read_text(&w, &out->program);
        else if (is(name, "workdir"))
            read_text(&w, &out->workdir);
        else if (is(name, "recording_id"))
            read_text(&w, &out->recording_id);
        else if (is(name, "args"))
            read_args(&w, out);
        else if (is(name, "recorder"))
            read_recorder(&w, out);
        else
            skip_value(&w);
    }
    ctr_buffer_free(&w.skip.kinds);
    return w.failed;
}
