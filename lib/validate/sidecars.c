/* The files beside the events: trace_metadata.json, trace_paths.json and files/. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "reader/sidecars.h"
#include "validate/check.h"

#define NAME_SIZE 4352

static bool put_name(const ctr_check *c, char out[NAME_SIZE], const char *file)
{
    return snprintf(out, NAME_SIZE, "%s/%s", c->folder, file) < NAME_SIZE;
}

/* ---- Metadata ---- */

static bool is_uuid7(ctrace_str text)
{
    if (text.size != 36)
        return false;
    for (size_t i = 0; i < 36; i++) {
        char letter = text.data[i];
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (letter != '-')
                return false;
        } else if (!(letter >= '0' && letter <= '9') && !(letter >= 'a' && letter <= 'f')) {
            return false;
        }
    }
    return text.data[14] == '7' && (text.data[19] == '8' || text.data[19] == '9' || text.data[19] == 'a' ||
                                    text.data[19] == 'b');
}

static void check_metadata(ctr_check *c, bool whole)
{
    char file[NAME_SIZE], shown[CTR_SHOWN_SIZE];
    ctr_arena arena = {.allocator = c->allocator};
    ctrace_metadata metadata;
    ctr_sidecar about;
    if (!put_name(c, file, "trace_metadata.json"))
        return;
    if (ctr_read_metadata(file, &arena, &metadata, &about) != CTRACE_OK) {
        ctr_check_no_memory(c);
    } else if (about.state == CTR_SIDECAR_MISSING) {
        if (whole)
            ctr_tell_file(c, CTR_RULE_METADATA_MISSING, file, NULL, NULL, "there is no trace_metadata.json");
    } else {
        if (about.state != CTR_SIDECAR_FINE)
            ctr_tell_file(c, CTR_RULE_METADATA_INCOMPLETE, file, &about.problem.position, NULL, "%s",
                          about.problem.message);
        if (about.state == CTR_SIDECAR_MALFORMED || about.state == CTR_SIDECAR_UNREADABLE)
            ; /* whether there is a recording_id cannot be known */
        else if (!metadata.recording_id.size)
            ctr_tell_file(c, CTR_RULE_RECORDING_ID, file, NULL, NULL, "there is no recording_id");
        else if (!is_uuid7(metadata.recording_id))
            ctr_tell_file(c, CTR_RULE_RECORDING_ID, file, NULL, NULL,
                          "the recording_id '%s' is no UUID of version 7 in lower case",
                          ctr_shown(shown, metadata.recording_id));
    }
    ctr_arena_free(&arena);
}

/* ---- Paths ---- */

static void compare_paths(ctr_check *c, const char *file, const ctrace_str *listed, size_t count)
{
    char shown[CTR_SHOWN_SIZE], event_shown[CTR_SHOWN_SIZE], note[CTR_NOTE_SIZE];
    for (size_t i = 0; i < count && i < c->path_count; i++) {
        ctrace_str path = ctr_path_text(c, i);
        if (path.size == listed[i].size && (path.size == 0 || memcmp(path.data, listed[i].data, path.size) == 0))
            continue;
        snprintf(note, sizeof note, "path %zu of the events is '%s'", i, ctr_shown(event_shown, path));
        ctr_tell_file(c, CTR_RULE_PATHS_FILE, file, NULL, note, "entry %zu is '%s'", i, ctr_shown(shown, listed[i]));
        return;
    }
    if (count != c->path_count)
        ctr_tell_file(c, CTR_RULE_PATHS_FILE, file, NULL, NULL, "it has %zu entr%s, the trace has %zu path%s", count,
                      count == 1 ? "y" : "ies", c->path_count, c->path_count == 1 ? "" : "s");
}

static void check_paths_file(ctr_check *c, bool whole)
{
    char file[NAME_SIZE];
    ctr_arena arena = {.allocator = c->allocator};
    const ctrace_str *listed;
    size_t count;
    ctr_sidecar about;
    if (!put_name(c, file, "trace_paths.json"))
        return;
    if (ctr_read_paths(file, &arena, &listed, &count, &about) != CTRACE_OK)
        ctr_check_no_memory(c);
    else if (about.state == CTR_SIDECAR_FINE)
        compare_paths(c, file, listed, count);
    else if (about.state != CTR_SIDECAR_MISSING)
        ctr_tell_file(c, CTR_RULE_PATHS_FILE, file, &about.problem.position, NULL, "%s", about.problem.message);
    else if (whole)
        ctr_tell_file(c, CTR_RULE_PATHS_FILE, file, NULL, NULL, "there is no trace_paths.json");
    ctr_arena_free(&arena);
}

/* ---- Copies ---- */

static void check_copies(ctr_check *c, bool whole)
{
    char files[NAME_SIZE], file[NAME_SIZE], shown[CTR_SHOWN_SIZE];
    struct stat status;
    if (!put_name(c, files, "files"))
        return;
    if (lstat(files, &status) != 0) {
        if (whole && c->path_count)
            ctr_tell_file(c, CTR_RULE_FILES_MISSING, files, NULL, NULL, "there is no folder files/");
        return;
    }
    if (S_ISLNK(status.st_mode)) {
        ctr_tell_file(c, CTR_RULE_PATH_ESCAPES, files, NULL, NULL, "files/ is a symbolic link");
        return;
    }
    for (size_t id = 0; id < c->path_count; id++) {
        ctrace_str path = ctr_path_text(c, id);
        /* One that leaves files/ by itself was told at its event. */
        if (c->paths[id].first != id || path.size == 0 || !ctr_path_stays_inside(path))
            continue;
        switch (ctr_find_copy(c->folder, path, file, sizeof file)) {
        case CTR_COPY_ESCAPES:
            ctr_tell_file(c, CTR_RULE_PATH_ESCAPES, files, NULL, NULL, "the copy of '%s' lies behind a symbolic link",
                          ctr_shown(shown, path));
            break;
        case CTR_COPY_MISSING:
            ctr_tell_file(c, CTR_RULE_FILES_MISSING, files, NULL, NULL, "there is no copy of '%s'",
                          ctr_shown(shown, path));
            break;
        case CTR_COPY_THERE:
            break;
        }
    }
}

void ctr_check_sidecars(ctr_check *c, bool whole)
{
    /* A container has its own metadata and paths. */
    bool needed = whole && c->form != CTRACE_FORM_CT;
    check_metadata(c, needed);
    /* The paths of a trace that ends early are not all known. */
    if (!c->cut && !c->shaken)
        check_paths_file(c, needed);
    check_copies(c, whole);
}
