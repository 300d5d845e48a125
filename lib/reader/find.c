#include "reader/find.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "base/failure.h"

/* In this order. */
static const char *const usual_names[] = {"trace.json", "trace.bin", "trace.ndjson", "trace.ct"};

static bool join(ctr_buffer *out, const char *folder, size_t folder_size, const char *name)
{
    out->size = 0;
    bool slash = folder_size && folder[folder_size - 1] != '/';
    return ctr_buffer_append(out, folder, folder_size) && ctr_buffer_append(out, "/", slash) &&
           ctr_buffer_append(out, name, strlen(name) + 1);
}

static ctrace_status no_memory(ctrace_error *error)
{
    return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for opening a trace");
}

static bool ends_in_ct(const char *name)
{
    size_t size = strlen(name);
    return size > 3 && strcmp(name + size - 3, ".ct") == 0;
}

/* The containers of a folder: how many, and the first two by name. */
typedef struct containers {
    size_t count;
    char names[2][256];
} containers;

static void add_container(containers *found, const char *name)
{
    size_t size = strlen(name) + 1;
    found->count++;
    if (found->count == 1 || strcmp(name, found->names[0]) < 0) {
        memcpy(found->names[1], found->names[0], sizeof found->names[0]);
        memcpy(found->names[0], name, size);
    } else if (found->count == 2 || strcmp(name, found->names[1]) < 0) {
        memcpy(found->names[1], name, size);
    }
}

/* A pipe would be waited for, so it counts as none. */
static ctrace_status list_containers(const char *folder, containers *found, ctrace_error *error)
{
    *found = (containers){0};
    DIR *entries = opendir(folder);
    if (!entries)
        return ctr_fail_system(error, errno, "open", folder);
    struct dirent *entry;
    struct stat about;
    while ((errno = 0, entry = readdir(entries)) != NULL)
        if (strlen(entry->d_name) < sizeof found->names[0] && ends_in_ct(entry->d_name) &&
            fstatat(dirfd(entries), entry->d_name, &about, 0) == 0 && S_ISREG(about.st_mode))
            add_container(found, entry->d_name);
    ctrace_status status = errno ? ctr_fail_system(error, errno, "read", folder) : CTRACE_OK;
    closedir(entries);
    return status;
}

static ctrace_status find_container(const char *folder, size_t size, ctr_buffer *file, ctrace_error *error)
{
    containers found;
    ctrace_status status = list_containers(folder, &found, error);
    if (status != CTRACE_OK)
        return status;
    if (found.count == 1)
        return join(file, folder, size, found.names[0]) ? CTRACE_OK : no_memory(error);
    if (found.count == 0)
        status = ctr_fail(error, CTRACE_NOT_FOUND,
                          "the folder %.90s holds no trace: no trace.json, trace.bin, trace.ndjson, trace.ct or other "
                          ".ct",
                          folder);
    else
        status = ctr_fail(error, CTRACE_ARGUMENT,
                          "the folder holds %zu traces, among them %.60s and %.60s; name one of the files",
                          found.count, found.names[0], found.names[1]);
    ctr_error_set_file(error, folder, size);
    return status;
}

ctrace_status ctr_find_trace(const char *path, ctr_buffer *file, ctr_buffer *metadata, ctrace_error *error)
{
    size_t size = strlen(path);
    struct stat about;
    if (stat(path, &about) != 0)
        return ctr_fail_system(error, errno, "open", path);
    if (!S_ISDIR(about.st_mode)) {
        const char *slash = strrchr(path, '/');
        if (!ctr_buffer_append(file, path, size + 1) ||
            !join(metadata, path, slash ? (size_t)(slash - path) + 1 : 0, "trace_metadata.json"))
            return no_memory(error);
        return CTRACE_OK;
    }
    if (!join(metadata, path, size, "trace_metadata.json"))
        return no_memory(error);
    for (size_t i = 0; i < sizeof usual_names / sizeof *usual_names; i++) {
        if (!join(file, path, size, usual_names[i]))
            return no_memory(error);
        /* Opening trace.json tells what else is wrong with it. Of the others a pipe would be waited for. */
        if (stat(file->data, &about) == 0 ? i == 0 || S_ISREG(about.st_mode) : i == 0 && errno != ENOENT)
            return CTRACE_OK;
    }
    return find_container(path, size, file, error);
}
