#include "reader/sidecars.h"

#include <sys/stat.h>

#include "base/failure.h"
#include "codec/json/scan.h"
#include "io/source.h"

#define MOST_BYTES ((size_t)64 << 20)

/* A walk over a whole file in memory. After a failure `failed` is set and every step does nothing. */
typedef struct walk {
    const char *begin, *at, *end;
    ctr_arena *arena;
    ctr_json_skip skip;
    bool failed, no_memory;
    ctr_sidecar *about;
    const char *file;
} walk;

static void complain_at(walk *w, const char *p, ctr_sidecar_state state, const char *problem)
{
    ctrace_error *error = &w->about->problem;
    if (w->about->state == CTR_SIDECAR_MALFORMED ||
        (w->about->state != CTR_SIDECAR_FINE && state != CTR_SIDECAR_MALFORMED))
        return; /* the first one counts, unless a worse one comes */
    w->about->state = state;
    ctr_fail(error, state == CTR_SIDECAR_MALFORMED ? CTRACE_SYNTAX : CTRACE_EVENT, "%s", problem);
    ctr_error_set_file(error, w->file, strlen(w->file));
    error->position = (ctrace_position){CTRACE_ID_NONE, (uint64_t)(p - w->begin), 1, 1};
    for (const char *c = w->begin; c < p; c++) {
        error->position.column++;
        if (*c == '\n') {
            error->position.line++;
            error->position.column = 1;
        }
    }
}

static void fail_at(walk *w, const char *p, const char *expected)
{
    if (w->failed)
        return;
    w->failed = true;
    char problem[128] = "expected ";
    strncat(problem, p >= w->end ? "more, found the end of the file" : expected, sizeof problem - 16);
    complain_at(w, p, CTR_SIDECAR_MALFORMED, problem);
}

static void fail_memory(walk *w) { w->failed = w->no_memory = true; }

static char peek(walk *w)
{
    if (w->failed)
        return 0;
    w->at = ctr_json_space(w->at);
    return *w->at;
}

static bool take(walk *w, char c)
{
    if (peek(w) != c || w->at >= w->end)
        return false;
    w->at++;
    return true;
}

static void skip_value(walk *w)
{
    if (w->failed)
        return;
    const char *expected = "a value";
    ctr_json_skip_begin(&w->skip);
    ctr_scan result = ctr_json_skip_run(&w->skip, &w->at, w->end, true, &expected);
    if (result == CTR_SCAN_NO_MEMORY)
        fail_memory(w);
    else if (result != CTR_SCAN_OK)
        fail_at(w, w->at, expected);
}

/* Reads a text. False, with the value skipped, when there is something else. */
static bool read_text(walk *w, ctrace_str *out)
{
    if (peek(w) != '"') {
        skip_value(w);
        return false;
    }
    ctr_scanned_text text;
    switch (ctr_json_scan_text(&text, w->at + 1, w->end, w->arena)) {
    case CTR_SCAN_OK:
        *out = text.text;
        w->at = text.after;
        return true;
    case CTR_SCAN_MORE:
        fail_at(w, w->end, "");
        return false;
    case CTR_SCAN_BAD:
        fail_at(w, text.bad, text.expected);
        return false;
    case CTR_SCAN_NO_MEMORY:
        break;
    }
    fail_memory(w);
    return false;
}

/* Goes to the next member of an object: true with its name. */
static bool next_member(walk *w, bool *first, ctrace_str *name)
{
    if (take(w, '}'))
        return false;
    if (!*first && !take(w, ','))
        fail_at(w, w->at, "',' or '}'");
    *first = false;
    if (peek(w) != '"')
        fail_at(w, w->at, "a name in quotes");
    if (w->failed || !read_text(w, name))
        return false;
    if (!take(w, ':'))
        fail_at(w, w->at, "':'");
    return !w->failed;
}

static bool next_item(walk *w, bool *first)
{
    if (take(w, ']'))
        return false;
    if (!*first && !take(w, ','))
        fail_at(w, w->at, "',' or ']'");
    *first = false;
    peek(w);
    return !w->failed;
}

static bool text_is(ctrace_str text, const char *name)
{
    return text.size == strlen(name) && memcmp(text.data, name, text.size) == 0;
}

/* A list of texts, up to the first entry that is none. False when such an entry, or no list, is there. */
static bool read_texts(walk *w, const ctrace_str **out, size_t *count)
{
    *out = NULL;
    *count = 0;
    if (!take(w, '[')) {
        skip_value(w);
        return false;
    }
    ctrace_str *texts = NULL;
    size_t capacity = 0, n = 0;
    bool all = true, first = true;
    while (next_item(w, &first)) {
        ctrace_str text;
        const char *item = w->at;
        if (!all || !read_text(w, &text)) {
            if (all && !w->failed)
                complain_at(w, item, CTR_SIDECAR_INCOMPLETE, "expected a text in the list");
            if (!all)
                skip_value(w);
            all = false;
            continue;
        }
        if (n == capacity) {
            capacity = capacity ? capacity * 2 : 64;
            ctrace_str *larger = ctr_arena_take(w->arena, capacity * sizeof *larger);
            if (!larger) {
                fail_memory(w);
                return false;
            }
            if (n)
                memcpy(larger, texts, n * sizeof *larger);
            texts = larger;
        }
        texts[n++] = text;
    }
    *out = texts;
    *count = n;
    return all;
}

/* Who recorded: a name, or an object with name and version. */
static bool read_recorder(walk *w, ctrace_metadata *out)
{
    if (peek(w) == '"')
        return read_text(w, &out->recorder);
    if (!take(w, '{')) {
        skip_value(w);
        return false;
    }
    bool first = true, good = true;
    ctrace_str name;
    while (next_member(w, &first, &name)) {
        if (text_is(name, "name"))
            good &= read_text(w, &out->recorder);
        else if (text_is(name, "version"))
            good &= read_text(w, &out->recorder_version);
        else
            skip_value(w);
    }
    return good;
}

/* What libctrace's own writer tells. */
static void read_own(walk *w)
{
    if (!take(w, '{')) {
        skip_value(w);
        return;
    }
    bool first = true;
    ctrace_str name;
    while (next_member(w, &first, &name)) {
        peek(w);
        if (text_is(name, "complete"))
            w->about->completeness = *w->at == 't' ? CTR_COMPLETE : CTR_INCOMPLETE;
        skip_value(w);
    }
}

static void read_metadata_object(walk *w, ctrace_metadata *out)
{
    if (!take(w, '{')) {
        fail_at(w, w->at, "an object");
        return;
    }
    bool first = true, program = false, args = false, workdir = false;
    ctrace_str name;
    while (next_member(w, &first, &name)) {
        bool good = true;
        peek(w);
        const char *value = w->at;
        if (text_is(name, "program"))
            program = good = read_text(w, &out->program);
        else if (text_is(name, "workdir"))
            workdir = good = read_text(w, &out->workdir);
        else if (text_is(name, "args"))
            args = good = read_texts(w, &out->args, &out->arg_count);
        else if (text_is(name, "recording_id"))
            good = read_text(w, &out->recording_id);
        else if (text_is(name, "recorder"))
            good = read_recorder(w, out);
        else if (text_is(name, "ctrace"))
            read_own(w);
        else
            skip_value(w);
        if (!good && !w->failed)
            complain_at(w, value, CTR_SIDECAR_INCOMPLETE, "a field is not of its kind");
    }
    if (!w->failed && !(program && args && workdir))
        complain_at(w, w->at - 1, CTR_SIDECAR_INCOMPLETE,
                    !program ? "there is no program"
                    : !args  ? "there are no args"
                             : "there is no workdir");
}

static void expect_end(walk *w)
{
    peek(w);
    if (w->at < w->end)
        fail_at(w, w->at, "nothing more");
}

/* Reads all of a file into the arena, ready to be scanned. False when there is nothing to scan; *status tells why. */
static bool open_walk(walk *w, const char *path, ctr_arena *arena, ctr_sidecar *about, ctrace_status *status)
{
    *about = (ctr_sidecar){.state = CTR_SIDECAR_FINE, .problem = {.position = CTR_POSITION_UNKNOWN}};
    *w = (walk){.arena = arena, .about = about, .file = path, .skip.kinds.allocator = arena->allocator};
    *status = CTRACE_OK;
    ctr_source source;
    struct stat status_of_file;
    if (stat(path, &status_of_file) == 0 && !S_ISREG(status_of_file.st_mode)) {
        /* A pipe would be waited for. */
        ctr_fail(&about->problem, CTRACE_IO, "it is no plain file");
        ctr_error_set_file(&about->problem, path, strlen(path));
        about->state = CTR_SIDECAR_UNREADABLE;
        return false;
    }
    if (ctr_source_open_file(&source, path, &about->problem) != CTRACE_OK) {
        about->state = about->problem.status == CTRACE_NOT_FOUND ? CTR_SIDECAR_MISSING : CTR_SIDECAR_UNREADABLE;
        return false;
    }
    ctr_buffer bytes = {.allocator = arena->allocator};
    size_t got = 1;
    while (got) {
        if (!ctr_buffer_reserve(&bytes, 64 * 1024)) {
            *status = CTRACE_NO_MEMORY;
            break;
        }
        if (ctr_source_read(&source, bytes.data + bytes.size, bytes.capacity - bytes.size, &got, path,
                            &about->problem) != CTRACE_OK) {
            about->state = CTR_SIDECAR_UNREADABLE;
            break;
        }
        bytes.size += got;
        if (bytes.size > MOST_BYTES) {
            ctr_fail(&about->problem, CTRACE_TOO_LARGE, "the file is larger than %zu MiB", MOST_BYTES >> 20);
            ctr_error_set_file(&about->problem, path, strlen(path));
            about->state = CTR_SIDECAR_UNREADABLE;
            break;
        }
    }
    ctr_source_close(&source);
    bool good = *status == CTRACE_OK && about->state == CTR_SIDECAR_FINE;
    char *copy = good ? ctr_arena_take(arena, bytes.size + CTR_JSON_SLACK) : NULL;
    if (good && !copy)
        *status = CTRACE_NO_MEMORY;
    if (copy) {
        memcpy(copy, bytes.data, bytes.size);
        memset(copy + bytes.size, 0, CTR_JSON_SLACK);
        w->begin = w->at = copy;
        w->end = copy + bytes.size;
        if (bytes.size >= 3 && memcmp(copy, "\xEF\xBB\xBF", 3) == 0)
            w->at += 3;
    }
    ctr_buffer_free(&bytes);
    return copy != NULL;
}

static ctrace_status close_walk(walk *w)
{
    ctr_buffer_free(&w->skip.kinds);
    return w->no_memory ? CTRACE_NO_MEMORY : CTRACE_OK;
}

ctrace_status ctr_read_metadata(const char *path, ctr_arena *arena, ctrace_metadata *out, ctr_sidecar *about)
{
    *out = (ctrace_metadata){0};
    walk w;
    ctrace_status status;
    if (!open_walk(&w, path, arena, about, &status))
        return status;
    read_metadata_object(&w, out);
    expect_end(&w);
    return close_walk(&w);
}

ctrace_status ctr_read_paths(const char *path, ctr_arena *arena, const ctrace_str **out, size_t *count,
                             ctr_sidecar *about)
{
    *out = NULL;
    *count = 0;
    walk w;
    ctrace_status status;
    if (!open_walk(&w, path, arena, about, &status))
        return status;
    if (peek(&w) == '[')
        read_texts(&w, out, count);
    else
        fail_at(&w, w.at, "a list");
    expect_end(&w);
    return close_walk(&w);
}
