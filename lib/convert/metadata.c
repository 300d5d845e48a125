#include "convert/metadata.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failure.h"
#include "codec/json/emit.h"
#include "codec/json/scan.h"
#include "ctrace/version.h"

/* ---- Reading ---- */

/* Reads a small file into the arena. 0 or an errno. */
static int read_text(ctr_metadata *m, int folder)
{
    int file = openat(folder, "trace_metadata.json", O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (file < 0)
        return errno;
    struct stat about;
    int failure = fstat(file, &about) != 0 ? errno : !S_ISREG(about.st_mode) ? EINVAL : 0;
    if (!failure && about.st_size > (off_t)CTR_METADATA_LIMIT)
        failure = EFBIG;
    size_t room = failure ? 0 : (size_t)about.st_size, size = 0;
    char *text = failure ? NULL : ctr_arena_take(&m->arena, room + CTR_JSON_SLACK);
    if (!failure && !text)
        failure = ENOMEM;
    while (!failure && size < room) {
        ssize_t n = read(file, text + size, room - size);
        if (n < 0 && errno != EINTR)
            failure = errno;
        if (n == 0)
            break;
        size += n > 0 ? (size_t)n : 0;
    }
    close(file);
    if (!failure) {
        memset(text + size, 0, CTR_JSON_SLACK);
        m->text = (ctrace_str){text, size};
    }
    return failure;
}

/* Finds the members of an object that is known to be well-formed. */
static ctrace_status find_members(ctr_metadata *m)
{
    const char *end = m->text.data + m->text.size, *p = m->text.data;
    if (m->text.size >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0)
        p += 3;
    ctr_member *members = NULL;
    size_t capacity = 0;
    ctr_json_skip skip = {.kinds.allocator = m->arena.allocator};
    ctrace_status status = CTRACE_OK;
    p = ctr_json_space(p) + 1; /* behind the brace */
    for (;;) {
        p = ctr_json_space(p);
        if (*p == ',')
            p = ctr_json_space(p + 1);
        if (*p != '"')
            break;
        const char *begin = p, *expected;
        ctr_scanned_text name;
        if (ctr_json_scan_text(&name, p + 1, end, &m->arena) != CTR_SCAN_OK) {
            status = CTRACE_NO_MEMORY;
            break;
        }
        p = ctr_json_space(ctr_json_space(name.after) + 1);
        char value = *p;
        ctr_json_skip_begin(&skip);
        if (ctr_json_skip_run(&skip, &p, end, true, &expected) != CTR_SCAN_OK) {
            status = CTRACE_NO_MEMORY;
            break;
        }
        if (m->member_count == capacity) {
            size_t larger = capacity ? capacity * 2 : 16;
            ctr_member *grown = ctr_arena_take(&m->arena, larger * sizeof *grown);
            if (!grown) {
                status = CTRACE_NO_MEMORY;
                break;
            }
            if (capacity)
                memcpy(grown, members, capacity * sizeof *grown);
            members = grown;
            capacity = larger;
        }
        members[m->member_count++] = (ctr_member){name.text, {begin, (size_t)(p - begin)}, value};
    }
    m->members = members;
    ctr_buffer_free(&skip.kinds);
    return status;
}

ctrace_status ctr_metadata_read(ctr_metadata *m, int folder, const char *path)
{
    m->state = CTR_SIDECAR_MISSING;
    m->problem = (ctrace_error){.status = CTRACE_OK, .position = CTR_POSITION_UNKNOWN};
    if (folder < 0)
        return CTRACE_OK;
    int failure = read_text(m, folder);
    if (failure == ENOMEM)
        return CTRACE_NO_MEMORY;
    if (failure == ENOENT)
        return CTRACE_OK;
    if (failure) {
        m->state = CTR_SIDECAR_UNREADABLE;
        ctr_fail_system(&m->problem, failure, "read", "trace_metadata.json");
        return CTRACE_OK;
    }
    ctr_sidecar about;
    if (ctr_read_metadata(path, &m->arena, &m->known, &about) != CTRACE_OK)
        return CTRACE_NO_MEMORY;
    m->state = about.state;
    m->problem = about.problem;
    bool whole = m->state == CTR_SIDECAR_FINE || m->state == CTR_SIDECAR_INCOMPLETE;
    return whole ? find_members(m) : CTRACE_OK;
}

void ctr_metadata_free(ctr_metadata *m) { ctr_arena_free(&m->arena); }

static bool is(ctrace_str text, const char *name)
{
    return text.size == strlen(name) && memcmp(text.data, name, text.size) == 0;
}

bool ctr_metadata_has_more(const ctr_metadata *m)
{
    static const char *const placed[] = {"program", "args", "workdir", "recording_id", "recorder", "ctrace"};
    for (size_t i = 0; i < m->member_count; i++) {
        bool has_place = false;
        for (size_t j = 0; j < sizeof placed / sizeof *placed; j++)
            has_place |= is(m->members[i].name, placed[j]);
        if (!has_place)
            return true;
    }
    return false;
}

/* ---- Writing ---- */

typedef struct making {
    ctr_buffer *out;
    bool any, ok;
} making;

static void begin_member(making *m, const char *name)
{
    m->ok = m->ok && ctr_json_literal(m->out, m->any ? ",\n\"" : "{\"") && ctr_json_literal(m->out, name) &&
            ctr_json_literal(m->out, "\":");
    m->any = true;
}

static void text(making *m, ctrace_str s)
{
    uint64_t mended = 0; /* what came from a trace is whole */
    m->ok = m->ok && ctr_json_text(m->out, s, &mended);
}

static void literal(making *m, const char *s) { m->ok = m->ok && ctr_json_literal(m->out, s); }

static void number(making *m, const char *before, uint64_t n)
{
    literal(m, before);
    m->ok = m->ok && ctr_json_u64(m->out, n);
}

static void add_ours(making *m, const ctr_made_metadata *made)
{
    begin_member(m, "ctrace");
    literal(m, "{\"version\":\"" CTRACE_VERSION_STRING "\",\"complete\":true");
    number(m, ",\"events\":", made->events);
    number(m, ",\"steps\":", made->steps);
    number(m, ",\"calls\":", made->calls);
    if (made->repaired)
        literal(m, ",\"repaired\":true");
    if (made->cut_off)
        literal(m, ",\"cut_off\":true");
    if (made->cut_unit) {
        literal(m, ",\"cut\":{\"unit\":\"");
        literal(m, made->cut_unit);
        number(m, "\",\"first\":", made->cut_first);
        number(m, ",\"end\":", made->cut_end);
        if (made->cut_of.size) {
            literal(m, ",\"of\":");
            text(m, made->cut_of);
        }
        literal(m, "}");
    }
    literal(m, "}");
}

/* What the members that every trace needs begin with; 0 for another. */
static char needed(ctrace_str name)
{
    if (is(name, "recording_id") || is(name, "workdir") || is(name, "program"))
        return '"';
    return is(name, "args") ? '[' : 0;
}

/* A member of the wrong kind is as good as none. */
static bool has(const ctr_metadata *m, const char *name)
{
    for (size_t i = 0; i < m->member_count; i++) {
        char value = needed(m->members[i].name);
        if (is(m->members[i].name, name) && (!value || value == m->members[i].value))
            return true;
    }
    return false;
}

bool ctr_metadata_write(ctr_buffer *out, const ctr_metadata *m, const ctr_made_metadata *made, bool new_id,
                        unsigned *added)
{
    making now = {.out = out, .ok = true};
    *added = 0;
    const struct {
        const char *name;
        ctrace_str value;
    } texts[] = {{"recording_id", made->about.recording_id},
                 {"workdir", made->about.workdir},
                 {"program", made->about.program}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (has(m, texts[i].name) && !(new_id && i == 0))
            continue;
        begin_member(&now, texts[i].name);
        text(&now, texts[i].value);
        ++*added;
    }
    if (!has(m, "args")) {
        begin_member(&now, "args");
        literal(&now, "[");
        for (size_t i = 0; i < made->about.arg_count; i++) {
            literal(&now, i ? "," : "");
            text(&now, made->about.args[i]);
        }
        literal(&now, "]");
        ++*added;
    }
    if (!has(m, "recorder") && made->about.recorder.size) {
        begin_member(&now, "recorder");
        literal(&now, "{\"name\":");
        text(&now, made->about.recorder);
        literal(&now, ",\"version\":");
        text(&now, made->about.recorder_version);
        literal(&now, "}");
    }
    for (size_t i = 0; i < m->member_count; i++) {
        const ctr_member *member = &m->members[i];
        char value = needed(member->name);
        if (is(member->name, "ctrace") || (value && value != member->value) ||
            (new_id && is(member->name, "recording_id")))
            continue;
        literal(&now, now.any ? ",\n" : "{");
        now.any = true;
        now.ok = now.ok && ctr_buffer_append(out, member->text.data, member->text.size);
    }
    add_ours(&now, made);
    literal(&now, "}\n");
    return now.ok;
}
