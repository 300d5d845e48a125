#include "writer/files.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failure.h"
#include "io/file.h"

ctr_quiet ctr_quiet_begin(void)
{
    ctr_quiet quiet;
    sigset_t all;
    sigfillset(&all);
    quiet.masked = pthread_sigmask(SIG_SETMASK, &all, &quiet.before) == 0;
    return quiet;
}

void ctr_quiet_end(const ctr_quiet *quiet)
{
    if (quiet->masked)
        pthread_sigmask(SIG_SETMASK, &quiet->before, NULL);
}

int ctr_files_write(void *cookie, uint64_t offset, const char *data, size_t size)
{
    const ctr_trace_files *files = cookie;
    ctr_quiet quiet = ctr_quiet_begin();
    int failure = ctr_write_at(files->file, offset, data, size);
    ctr_quiet_end(&quiet);
    return failure;
}

int ctr_files_truncate(void *cookie, uint64_t size)
{
    const ctr_trace_files *files = cookie;
    return ftruncate(files->file, (off_t)size) == 0 ? 0 : errno;
}

static int temporary_name(const ctr_trace_files *files, char *out)
{
    int n = snprintf(out, NAME_MAX + 1, ".%.200s.%ld.part", files->name, (long)getpid());
    return n < 0 || n > NAME_MAX ? ENAMETOOLONG : 0;
}

static int create(ctr_trace_files *files, bool late)
{
    char temporary[NAME_MAX + 1];
    if (!late)
        return ctr_create_file(files->folder, files->name, &files->file);
    int failure = temporary_name(files, temporary);
    if (!failure)
        failure = ctr_create_file(files->folder, temporary, &files->file);
    files->temporary = !failure;
    return failure;
}

static int remove_file(int folder, const char *name)
{
    return unlinkat(folder, name, 0) == 0 || errno == ENOENT || errno == EISDIR ? 0 : errno;
}

/* A reader would take what lies there for this trace. */
static int remove_others(const ctr_trace_files *files, ctrace_form form)
{
    int failure = 0;
    for (unsigned other = 0; !failure && other < CTRACE_FORM_COUNT; other++) {
        const char *name = ctrace_form_file((ctrace_form)other);
        if (files->temporary || strcmp(name, files->name) != 0)
            failure = remove_file(files->folder, name);
    }
    if (!failure && form == CTRACE_FORM_CT)
        failure = remove_file(files->folder, "trace_paths.json");
    return failure;
}

ctrace_status ctr_files_open_folder(ctr_trace_files *files, const char *path, ctrace_form form, bool late,
                                    ctrace_error *error)
{
    int failure = ctr_open_folder(path, &files->folder);
    if (failure)
        return ctr_fail_system(error, failure, "open the folder", path);
    files->sidecars = true;
    snprintf(files->name, sizeof files->name, "%s", ctrace_form_file(form));
    /* First of all: who follows the new trace must not take it for complete. */
    failure = remove_file(files->folder, "trace_metadata.json");
    if (!failure)
        failure = create(files, late);
    if (failure)
        return ctr_fail_system(error, failure, "create the events' file in", path);
    failure = remove_others(files, form);
    return failure ? ctr_fail_system(error, failure, "remove the old trace in", path) : CTRACE_OK;
}

ctrace_status ctr_files_open_lone(ctr_trace_files *files, const char *path, bool late, ctrace_error *error)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    size_t folder_size = (size_t)(name - path), size = strlen(name);
    struct stat st;
    if (size == 0 || size > NAME_MAX)
        return ctr_fail_system(error, size ? ENAMETOOLONG : EISDIR, "create", path);
    memcpy(folder, path, folder_size);
    memcpy(folder + folder_size, ".", 2);
    memcpy(files->name, name, size + 1);
    files->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (files->folder < 0)
        return ctr_fail_system(error, errno, "create", path);
    /* It is replaced, never written through: a device would be lost. */
    if (fstatat(files->folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(st.st_mode))
        return ctr_fail(error, CTRACE_ARGUMENT, "cannot create %s: what is there is no plain file", path);
    int failure = create(files, late);
    return failure ? ctr_fail_system(error, failure, "create", path) : CTRACE_OK;
}

int ctr_files_complete(ctr_trace_files *files)
{
    char temporary[NAME_MAX + 1];
    if (!files->temporary)
        return 0;
    int failure = temporary_name(files, temporary);
    if (!failure && renameat(files->folder, temporary, files->folder, files->name) != 0)
        failure = errno;
    files->temporary = failure != 0;
    return failure;
}

void ctr_files_close(ctr_trace_files *files, bool ours)
{
    char temporary[NAME_MAX + 1];
    if (files->temporary && ours && temporary_name(files, temporary) == 0)
        unlinkat(files->folder, temporary, 0);
    if (files->file >= 0)
        close(files->file);
    if (files->folder >= 0)
        close(files->folder);
    *files = CTR_NO_FILES;
}
