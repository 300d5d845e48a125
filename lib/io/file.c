#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/uuid.h"

#define SOURCE_LIMIT (64 << 20)

static int write_all(int file, uint64_t offset, const char *data, size_t size)
{
    while (size) {
        ssize_t n = pwrite(file, data, size, (off_t)offset);
        if (n < 0) {
            if (errno == EINTR)
                continue;
            return errno;
        }
        if (n == 0)
            return EIO;
        data += n;
        offset += (uint64_t)n;
        size -= (size_t)n;
    }
    return 0;
}

int ctr_write_at(int file, uint64_t offset, const char *data, size_t size)
{
    sigset_t limit, before, waiting;
    sigemptyset(&limit);
    sigaddset(&limit, SIGXFSZ);
    bool masked = pthread_sigmask(SIG_BLOCK, &limit, &before) == 0;
    bool takes = masked && sigpending(&waiting) == 0 && !sigismember(&waiting, SIGXFSZ);
    int failure = write_all(file, offset, data, size);
    if (failure == EFBIG && takes) {
        const struct timespec now = {0};
        while (sigtimedwait(&limit, NULL, &now) < 0 && errno == EINTR)
            ;
    }
    if (masked)
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failure;
}

int ctr_sync_folder(int folder)
{
    /* EINVAL: this kind of folder cannot be synced. */
    return fsync(folder) == 0 || errno == EINVAL ? 0 : errno;
}

int ctr_open_folder(const char *path, int *folder)
{
    char part[PATH_MAX];
    size_t size = strlen(path);
    if (size == 0)
        return ENOENT;
    if (size >= sizeof part)
        return ENAMETOOLONG;
    memcpy(part, path, size + 1);
    for (size_t i = 1; i <= size; i++) {
        if (part[i] != '/' && part[i] != 0)
            continue;
        char kept = part[i];
        part[i] = 0;
        if (mkdir(part, 0777) != 0 && errno != EEXIST) {
            /* A parent that may not be written to can still hold the folder. */
            int why = errno;
            struct stat st;
            if (stat(part, &st) != 0)
                return why;
        }
        part[i] = kept;
    }
    *folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *folder < 0 ? errno : 0;
}

int ctr_create_file(int folder, const char *name, int *file)
{
    if (unlinkat(folder, name, 0) != 0 && errno != ENOENT)
        return errno;
    *file = openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    return *file < 0 ? errno : 0;
}

int ctr_open_spool(int folder, int *file)
{
    char name[] = ".ctrace-spool-XXXXXX";
    if (folder < 0) {
        const char *system = getenv("TMPDIR");
        char path[PATH_MAX];
        int n = snprintf(path, sizeof path, "%s/%s", system && *system ? system : "/tmp", name);
        if (n < 0 || (size_t)n >= sizeof path)
            return ENAMETOOLONG;
        *file = mkstemp(path);
        if (*file < 0)
            return errno;
        unlink(path);
    } else {
        uint64_t random = ctr_random_u64();
        snprintf(name, sizeof name, ".ctrace-%08x", (unsigned)random);
        int failure = ctr_create_file(folder, name, file);
        if (failure)
            return failure;
        unlinkat(folder, name, 0);
    }
    fcntl(*file, F_SETFD, FD_CLOEXEC);
    return 0;
}

/* Puts what `fill` writes under a temporary name and renames it when that went well. */
static int replace(int folder, const char *name, int (*fill)(int file, const void *cookie), const void *cookie,
                   bool sync)
{
    char temporary[NAME_MAX + 1];
    int file = -1;
    int n = snprintf(temporary, sizeof temporary, ".%.200s.%ld", name, (long)getpid());
    if (n < 0 || (size_t)n >= sizeof temporary)
        return ENAMETOOLONG;
    int failure = ctr_create_file(folder, temporary, &file);
    if (failure)
        return failure;
    failure = fill(file, cookie);
    if (!failure && sync && fsync(file) != 0)
        failure = errno;
    if (close(file) != 0 && !failure)
        failure = errno;
    if (!failure && renameat(folder, temporary, folder, name) != 0)
        failure = errno;
    if (failure)
        unlinkat(folder, temporary, 0);
    return failure;
}

typedef struct content {
    const char *data;
    size_t size;
} content;

static int fill_content(int file, const void *cookie)
{
    const content *c = cookie;
    return ctr_write_at(file, 0, c->data, c->size);
}

int ctr_replace_file(int folder, const char *name, const char *data, size_t size, bool sync)
{
    content c = {data, size};
    return replace(folder, name, fill_content, &c, sync);
}

static int fill_copy(int file, const void *cookie)
{
    int source = *(const int *)cookie;
    char block[16384];
    uint64_t at = 0;
    for (;;) {
        ssize_t n = read(source, block, sizeof block);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        if (n == 0)
            return 0;
        if (at + (uint64_t)n > SOURCE_LIMIT)
            return EFBIG;
        int failure = ctr_write_at(file, at, block, (size_t)n);
        if (failure)
            return failure;
        at += (uint64_t)n;
    }
}

static int open_source(const char *workdir, const char *path, int *source)
{
    char full[PATH_MAX];
    int n = path[0] == '/' ? snprintf(full, sizeof full, "%s", path)
                           : snprintf(full, sizeof full, "%s/%s", workdir, path);
    if (n < 0 || (size_t)n >= sizeof full)
        return ENAMETOOLONG;
    /* Not to wait for the other end of a pipe. */
    *source = open(full, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (*source < 0)
        return errno;
    struct stat st;
    int failure = fstat(*source, &st) != 0 ? errno : !S_ISREG(st.st_mode) ? EINVAL : 0;
    if (!failure && st.st_size > SOURCE_LIMIT)
        failure = EFBIG;
    if (failure)
        close(*source);
    return failure;
}

/* Opens a folder inside `parent`, which is closed; makes it when it is not there; never through a link. */
static int descend(int parent, const char *name, int *folder)
{
    int failure = 0;
    if (mkdirat(parent, name, 0777) != 0 && errno != EEXIST)
        failure = errno;
    if (!failure) {
        *folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        failure = *folder < 0 ? errno : 0;
    }
    close(parent);
    return failure;
}

int ctr_copy_source(int folder, const char *workdir, const char *path, bool sync)
{
    int source = -1, failure = open_source(workdir, path, &source);
    if (failure)
        return failure;
    int at = fcntl(folder, F_DUPFD_CLOEXEC, 0);
    failure = at < 0 ? errno : descend(at, "files", &at);
    const char *part = path;
    while (!failure) {
        while (*part == '/')
            part++;
        size_t size = strcspn(part, "/");
        char name[NAME_MAX + 1];
        if (size > NAME_MAX)
            failure = ENAMETOOLONG;
        else if (size == 0 || (size == 1 && part[0] == '.' && part[1] == 0) ||
                 (size == 2 && part[0] == '.' && part[1] == '.'))
            failure = EINVAL;
        if (failure) {
            close(at);
            break;
        }
        memcpy(name, part, size);
        name[size] = 0;
        part += size;
        if (*part == 0) {
            failure = replace(at, name, fill_copy, &source, sync);
            if (!failure && sync)
                failure = ctr_sync_folder(at);
            close(at);
            break;
        }
        if (strcmp(name, ".") != 0)
            failure = descend(at, name, &at);
    }
    close(source);
    return failure;
}
