#include "reader/find.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "base/failure.h"
#include "io/source.h"

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

const char *ctr_binary_form(const char *bytes, size_t size)
{
    if (size < CTR_MAGIC_SIZE || memcmp(bytes, "\xC0\xDE\x72\xAC\xE2", 5) != 0)
        return NULL;
    switch (bytes[5]) {
    case 0:
        return "trace.bin with Cap'n Proto (version 0)";
    case 1:
        return "trace.bin with CBOR and zstd (version 1)";
    case 2:
        return "a CTFS container (.ct, version 2)";
    case 3:
        return "a CTFS container (.ct, version 3)";
    case 4:
        return "a CTFS container (.ct, version 4)";
    default:
        return "a binary trace of an unknown version";
    }
}

static bool ends_in_ct(const char *name)
{
    size_t size = strlen(name);
    return size > 3 && strcmp(name + size - 3, ".ct") == 0;
}

/* Finds a binary trace in a folder: trace.bin, or else the first *.ct by name; a pipe would be waited for. Leaves its
 * path in `file`. */
static ctrace_status find_binary(const char *folder, size_t folder_size, ctr_buffer *file, bool *found,
                                 ctrace_error *error)
{
    *found = false;
    DIR *entries = opendir(folder);
    if (!entries)
        return ctr_fail_system(error, errno, "open", folder);
    ctrace_status status = CTRACE_OK;
    char best[256] = "";
    struct dirent *entry;
    while ((entry = readdir(entries)) != NULL) {
        size_t size = strlen(entry->d_name);
        bool is_bin = strcmp(entry->d_name, "trace.bin") == 0;
        struct stat about;
        if (size >= sizeof best || (!is_bin && !ends_in_ct(entry->d_name)) ||
            fstatat(dirfd(entries), entry->d_name, &about, 0) != 0 || !S_ISREG(about.st_mode))
            continue;
        if (is_bin || !*best || strcmp(entry->d_name, best) < 0)
            memcpy(best, entry->d_name, size + 1);
        if (is_bin)
            break;
    }
    if (*best) {
        *found = true;
        if (!join(file, folder, folder_size, best))
            status = no_memory(error);
    }
    closedir(entries);
    return status;
}

/* Says why a folder without trace.json cannot be read. */
static ctrace_status refuse_folder(const char *folder, size_t folder_size, ctr_buffer *file, ctrace_error *error)
{
    bool found;
    ctrace_status status = find_binary(folder, folder_size, file, &found, error);
    if (status != CTRACE_OK)
        return status;
    if (!found) {
        ctr_fail(error, CTRACE_NOT_FOUND, "the folder %.120s holds no trace.json", folder);
        ctr_error_set_file(error, folder, folder_size);
        return CTRACE_NOT_FOUND;
    }
    ctr_source source;
    status = ctr_source_open_file(&source, file->data, error);
    if (status != CTRACE_OK)
        return status;
    char magic[CTR_MAGIC_SIZE];
    size_t size = 0, got = 1;
    while (status == CTRACE_OK && got && size < sizeof magic) {
        status = ctr_source_read(&source, magic + size, sizeof magic - size, &got, file->data, error);
        size += got;
    }
    ctr_source_close(&source);
    if (status != CTRACE_OK)
        return status;
    const char *form = ctr_binary_form(magic, size);
    status =
        form ? ctr_fail(error, CTRACE_UNSUPPORTED, "the folder holds %s, which is not read; only trace.json is", form)
             : ctr_fail(error, CTRACE_NOT_A_TRACE, "the folder holds no trace.json, and what it holds is no trace");
    ctr_error_set_file(error, file->data, strlen(file->data));
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
    if (!join(file, path, size, "trace.json") || !join(metadata, path, size, "trace_metadata.json"))
        return no_memory(error);
    if (stat(file->data, &about) == 0 || errno != ENOENT)
        return CTRACE_OK; /* opening it tells what else is wrong */
    return refuse_folder(path, size, file, error);
}
