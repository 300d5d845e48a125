#define _XOPEN_SOURCE 700 /* realpath() */
#include "convert/output.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/uuid.h"
#include "convert/tree.h"
#include "io/file.h"

static ctrace_status refuse(ctrace_error *error, const ctr_output *out, const char *why)
{
    ctrace_status status = ctr_fail(error, CTRACE_ARGUMENT, "the output %.120s %s", out->path, why);
    ctr_error_set_file(error, out->path, strlen(out->path));
    return status;
}

static bool ends_in(const char *name, const char *suffix)
{
    size_t size = strlen(name), end = strlen(suffix);
    return size > end && strcmp(name + size - end, suffix) == 0;
}

/* A folder that is there must be empty or that of one trace. */
static ctrace_status look_into(const ctr_output *out, ctrace_error *error)
{
    DIR *entries = opendir(out->real);
    if (!entries)
        return ctr_fail_system(error, errno, "open", out->path);
    bool empty = true, trace = false;
    char other[NAME_MAX + 1] = "";
    struct dirent *entry;
    while ((entry = readdir(entries)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        empty = false;
        if (ctr_tree_is_events(entry->d_name))
            trace = true;
        else if (ends_in(entry->d_name, ".ct"))
            snprintf(other, sizeof other, "%.*s", NAME_MAX, entry->d_name);
    }
    closedir(entries);
    if (*other)
        return refuse(error, out, "is a folder that holds another container");
    return empty || trace ? CTRACE_OK : refuse(error, out, "is a folder that is neither empty nor that of a trace");
}

ctrace_status ctr_output_look(ctr_output *out, const char *path, bool lone_file, ctrace_error *error)
{
    *out = (ctr_output){.path = path, .parent = -1, .folder = -1};
    size_t size = strlen(path);
    bool slash = size > 1 && path[size - 1] == '/';
    while (size > 1 && path[size - 1] == '/')
        size--;
    if (size == 0 || size >= sizeof out->real)
        return refuse(error, out, "is no path: it is empty or too long");
    memcpy(out->real, path, size);
    out->real[size] = 0;

    struct stat about;
    if (lstat(out->real, &about) == 0 && S_ISLNK(about.st_mode) && stat(out->real, &about) == 0) {
        /* The link stays, and what it leads to is replaced. */
        char target[PATH_MAX];
        if (!realpath(out->real, target))
            return ctr_fail_system(error, errno, "open", path);
        memcpy(out->real, target, strlen(target) + 1);
    }
    out->exists = stat(out->real, &about) == 0;
    if (!out->exists && errno != ENOENT)
        return ctr_fail_system(error, errno, "open", path);
    out->device = out->exists ? about.st_dev : 0;
    out->inode = out->exists ? about.st_ino : 0;

    bool is_there_as_folder = out->exists && S_ISDIR(about.st_mode);
    bool is_named_as_file = ctrace_form_of_name((ctrace_str){out->real, strlen(out->real)}) != CTRACE_FORM_COUNT;
    out->is_folder = is_there_as_folder || slash || !(lone_file || is_named_as_file);
    if (lone_file && is_there_as_folder)
        return refuse(error, out, "is a folder");
    if (out->is_folder && out->exists && !is_there_as_folder)
        return refuse(error, out, "is there and is no folder");
    if (!out->is_folder && out->exists && !S_ISREG(about.st_mode))
        return refuse(error, out, "is no plain file");
    out->replaces = out->is_folder && out->exists;

    const char *last = strrchr(out->real, '/');
    const char *name = last ? last + 1 : out->real;
    size_t name_size = out->replaces ? 0 : strlen(name);
    if (!out->replaces && (name_size > NAME_MAX || strcmp(name, "..") == 0 || strcmp(name, ".") == 0 || !name_size))
        return refuse(error, out, "has no name that can be given");
    memcpy(out->final, name, name_size);
    out->final[name_size] = 0;
    if (!out->is_folder && ctr_tree_is_sidecar(out->final))
        return refuse(error, out, "has the name of a file that belongs beside events");
    return out->replaces ? look_into(out, error) : CTRACE_OK;
}

static int open_parent(const ctr_output *out)
{
    if (out->replaces)
        return open(out->real, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char parent[PATH_MAX];
    const char *last = strrchr(out->real, '/');
    size_t size = !last ? 0 : last == out->real ? 1 : (size_t)(last - out->real);
    memcpy(parent, out->real, size);
    parent[size] = 0;
    return open(size ? parent : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

ctrace_status ctr_output_begin(ctr_output *out, const char *events_name, int *file, ctrace_error *error)
{
    out->parent = open_parent(out);
    if (out->parent < 0)
        return ctr_fail_system(error, errno, "open the folder of", out->path);
    snprintf(out->temporary, sizeof out->temporary, ".%.200s.ctrace-%08x", out->final, (unsigned)ctr_random_u64());
    int failure = 0;
    if (out->is_folder) {
        if (mkdirat(out->parent, out->temporary, 0777) != 0)
            failure = errno;
        out->made = failure == 0;
        out->folder = failure ? -1 : openat(out->parent, out->temporary, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (!failure && out->folder < 0)
            failure = errno;
        if (!failure)
            failure = ctr_create_file(out->folder, events_name, file);
    } else {
        failure = ctr_create_file(out->parent, out->temporary, file);
        out->made = failure == 0;
    }
    return failure ? ctr_fail_system(error, failure, "make", out->path) : CTRACE_OK;
}

/* Moves what is in the new folder into the one that is there. What belonged to the old trace goes. */
static int move_in(ctr_output *out)
{
    DIR *entries;
    int failure = ctr_tree_list(out->folder, &entries);
    if (failure)
        return failure;
    /* files/ cannot be renamed over; the two change places by way of a third name, which goes with the new folder. */
    struct stat about;
    bool old_files = fstatat(out->parent, "files", &about, AT_SYMLINK_NOFOLLOW) == 0;
    if (old_files && renameat(out->parent, "files", out->folder, ".files.old") != 0)
        failure = errno;
    bool moved[CTR_TREE_NAMES] = {false};
    struct dirent *entry;
    while (!failure && (entry = readdir(entries)) != NULL) {
        int index = ctr_tree_name(entry->d_name);
        if (index < 0)
            continue; /* ".", ".." and what is to go */
        if (renameat(out->folder, entry->d_name, out->parent, entry->d_name) != 0)
            failure = errno;
        moved[index] = failure == 0;
    }
    closedir(entries);
    for (int i = 0; !failure && i < CTR_TREE_NAMES; i++)
        if (!moved[i] && strcmp(ctr_tree_names[i], "files") != 0 &&
            unlinkat(out->parent, ctr_tree_names[i], 0) != 0 && errno != ENOENT)
            failure = errno;
    if (failure && old_files)
        renameat(out->folder, ".files.old", out->parent, "files"); /* not when the new ones are there already */
    return failure;
}

ctrace_status ctr_output_commit(ctr_output *out, ctrace_error *error)
{
    int failure = 0;
    if (out->replaces) {
        failure = move_in(out);
        /* What is left in it is the old trace's. */
        if (!failure) {
            ctr_tree_remove(out->parent, out->temporary);
            out->made = false;
        }
    } else if (renameat(out->parent, out->temporary, out->parent, out->final) != 0) {
        failure = errno;
    } else {
        out->made = false;
    }
    if (!failure && fsync(out->parent) != 0 && errno != EINVAL)
        failure = errno;
    return failure ? ctr_fail_system(error, failure, "put the trace in place at", out->path) : CTRACE_OK;
}

void ctr_output_end(ctr_output *out)
{
    if (out->folder >= 0)
        close(out->folder);
    if (out->made && out->is_folder)
        ctr_tree_remove(out->parent, out->temporary);
    else if (out->made)
        unlinkat(out->parent, out->temporary, 0);
    if (out->parent >= 0)
        close(out->parent);
    out->folder = out->parent = -1;
    out->made = false;
}
