#include "writer/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failure.h"
#include "io/file.h"

static const char *const hidden_ends[2] = {".part", ".copy"};

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

/* Whether the folder has the file under this name. */
static bool is_named(const ctr_trace_files *files, const char *name, int file)
{
    struct stat there, ours;
    return fstatat(files->folder, name, &there, AT_SYMLINK_NOFOLLOW) == 0 && fstat(file, &ours) == 0 &&
           there.st_dev == ours.st_dev && there.st_ino == ours.st_ino;
}

/* Goes on without the copy. Returns 0 or an errno. */
static int drop_copy(ctr_trace_files *files, bool ours)
{
    int failure = 0;
    if (files->copy < 0)
        return 0;
    const char *hidden = files->hidden[files->turn], *other = files->hidden[!files->turn];
    if (ours && is_named(files, hidden, files->copy))
        unlinkat(files->folder, hidden, 0);
    if (ours && files->unwritten && renameat(files->folder, other, files->folder, files->name) != 0)
        failure = errno;
    files->unwritten = false;
    close(files->copy);
    files->copy = -1;
    return failure;
}

/* The copy takes the name; the file is hidden. */
static int exchange_names(ctr_trace_files *files)
{
    const char *hidden = files->hidden[files->turn], *next = files->hidden[!files->turn];
    if (!files->unwritten && linkat(files->folder, files->name, files->folder, next, 0) != 0)
        return errno;
    int failure = 0;
    /* Another writer may have put its own file there. */
    if (!is_named(files, next, files->file))
        failure = ENOENT;
    else if (renameat(files->folder, hidden, files->folder, files->name) != 0)
        failure = errno;
    if (failure) {
        if (!files->unwritten)
            unlinkat(files->folder, next, 0);
        return failure;
    }
    files->unwritten = false;
    files->turn = !files->turn;
    int old = files->file;
    files->file = files->copy;
    files->copy = old;
    return 0;
}

static int write_twice(ctr_trace_files *files, uint64_t offset, const char *data, size_t size)
{
    int failure = ctr_write_at(files->copy, offset, data, size);
    if (!failure && files->durable && fdatasync(files->copy) != 0)
        failure = errno;
    if (!failure)
        failure = exchange_names(files);
    if (failure) {
        /* It may be too much for the disk; without the copy there is as much room as the file has. Who follows the copy
         * must not take it for all there is. */
        int emptied = ftruncate(files->copy, 0);
        (void)emptied;
        failure = drop_copy(files, true);
        return failure ? failure : ctr_write_at(files->file, offset, data, size);
    }
    if (ctr_write_at(files->copy, offset, data, size) != 0)
        drop_copy(files, true);
    return ctr_files_named(files);
}

/* What is written to a file that is in no folder is lost. */
static int check_linked(const ctr_trace_files *files)
{
    struct stat st;
    return files->linked && fstat(files->file, &st) == 0 && st.st_nlink == 0 ? ENOENT : 0;
}

int ctr_files_write(void *cookie, uint64_t offset, const char *data, size_t size)
{
    ctr_trace_files *files = cookie;
    ctr_quiet quiet = ctr_quiet_begin();
    int failure = check_linked(files);
    if (!failure)
        failure = files->copy >= 0 ? write_twice(files, offset, data, size)
                                   : ctr_write_at(files->file, offset, data, size);
    ctr_quiet_end(&quiet);
    return failure;
}

int ctr_files_truncate(void *cookie, uint64_t size)
{
    ctr_trace_files *files = cookie;
    drop_copy(files, true);
    return ftruncate(files->file, (off_t)size) == 0 ? 0 : errno;
}

int ctr_files_flushed(const ctr_trace_files *files)
{
    /* With a copy every write was. */
    bool waits = files->durable && files->file >= 0 && files->copy < 0;
    return waits && fdatasync(files->file) != 0 ? errno : 0;
}

int ctr_files_named(const ctr_trace_files *files)
{
    return files->durable && files->folder >= 0 ? ctr_sync_folder(files->folder) : 0;
}

static int create(ctr_trace_files *files, ctr_files_way way)
{
    struct stat st;
    for (int i = 0; i < 2; i++) {
        size_t room = sizeof files->hidden[i];
        int n = snprintf(files->hidden[i], room, ".%.200s.%ld%s", files->name, (long)getpid(), hidden_ends[i]);
        if (n < 0 || (size_t)n >= room)
            return ENAMETOOLONG;
    }
    files->temporary = way == CTR_FILES_LATE;
    files->unwritten = way == CTR_FILES_TWICE && ctr_create_file(files->folder, files->hidden[0], &files->copy) == 0;
    const char *name = files->temporary ? files->hidden[0] : files->unwritten ? files->hidden[1] : files->name;
    int failure = ctr_create_file(files->folder, name, &files->file);
    if (failure) {
        files->temporary = files->unwritten = false;
        return failure;
    }
    files->linked = fstat(files->file, &st) == 0 && st.st_nlink > 0;
    return 0;
}

/* .NAME.PID with one of the ends, as a writer hides what is not whole; that process is gone. */
static bool is_left_over_of(const char *entry, const char *name, const char *const *ends, size_t count)
{
    size_t size = strlen(name);
    if (entry[0] != '.' || strncmp(entry + 1, name, size) != 0 || entry[1 + size] != '.')
        return false;
    const char *digits = entry + 2 + size;
    size_t width = strspn(digits, "0123456789");
    if (width == 0 || width > 9)
        return false;
    bool ends_so = false;
    for (size_t i = 0; i < count; i++)
        ends_so |= strcmp(digits + width, ends[i]) == 0;
    long pid = 0;
    for (size_t i = 0; i < width; i++)
        pid = pid * 10 + (digits[i] - '0');
    return ends_so && pid > 0 && kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

static bool is_left_over(const char *entry)
{
    static const char *const sidecars[] = {"trace_metadata.json", "trace_paths.json"}, *const no_end[] = {""};
    bool found = false;
    for (unsigned form = 0; !found && form < CTRACE_FORM_COUNT; form++)
        found = is_left_over_of(entry, ctrace_form_file((ctrace_form)form), hidden_ends, 2);
    for (size_t i = 0; !found && i < 2; i++)
        found = is_left_over_of(entry, sidecars[i], no_end, 1);
    return found;
}

static void remove_left_overs(const ctr_trace_files *files)
{
    int again = openat(files->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = again < 0 ? NULL : fdopendir(again);
    if (!folder) {
        if (again >= 0)
            close(again);
        return;
    }
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        if (is_left_over(entry->d_name))
            unlinkat(files->folder, entry->d_name, 0);
    closedir(folder);
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

/* The folder may be new. */
static int sync_parent(const ctr_trace_files *files)
{
    if (!files->durable)
        return 0;
    int parent = openat(files->folder, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (parent < 0)
        return 0; /* it may be closed to us, and then is not new */
    int failure = ctr_sync_folder(parent);
    close(parent);
    return failure;
}

ctrace_status ctr_files_open_folder(ctr_trace_files *files, const char *path, ctrace_form form, ctr_files_way way,
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
        failure = create(files, way);
    if (failure)
        return ctr_fail_system(error, failure, "create the events' file in", path);
    failure = remove_others(files, form);
    remove_left_overs(files);
    if (!failure)
        failure = sync_parent(files);
    return failure ? ctr_fail_system(error, failure, "remove the old trace in", path) : CTRACE_OK;
}

ctrace_status ctr_files_open_lone(ctr_trace_files *files, const char *path, ctr_files_way way, ctrace_error *error)
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
    int failure = create(files, way);
    return failure ? ctr_fail_system(error, failure, "create", path) : CTRACE_OK;
}

int ctr_files_complete(ctr_trace_files *files)
{
    int failure = files->file >= 0 ? check_linked(files) : 0, dropped = drop_copy(files, true);
    if (!failure)
        failure = dropped;
    if (!failure && files->temporary && renameat(files->folder, files->hidden[0], files->folder, files->name) != 0)
        failure = errno;
    if (failure)
        return failure;
    files->temporary = false;
    return ctr_files_named(files);
}

void ctr_files_close(ctr_trace_files *files, bool ours)
{
    drop_copy(files, ours);
    if (files->temporary && ours && is_named(files, files->hidden[0], files->file))
        unlinkat(files->folder, files->hidden[0], 0);
    if (files->file >= 0)
        close(files->file);
    if (files->folder >= 0)
        close(files->folder);
    *files = CTR_NO_FILES;
}
