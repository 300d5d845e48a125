#include "convert/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/file.h"

#define FILE_LIMIT   ((off_t)64 << 20)
/* Each level of folders holds descriptors. */
#define DEEPEST_TREE 100
#define NOFOLLOW     (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

#define EVENTS_END 9
const char *const ctr_tree_names[CTR_TREE_NAMES] = {
    "trace.json",       "trace.json.index", "trace.ndjson",        "trace.ndjson.index",       "trace.bin",
    "trace.bin.index",  "trace.ct",         "trace.ct.index",      "trace.jsonl",              "trace_metadata.json",
    "trace_paths.json", "symbols.json",     "trace_db_metadata.json", "files",
};

int ctr_tree_name(const char *name)
{
    for (int i = 0; i < CTR_TREE_NAMES; i++)
        if (strcmp(name, ctr_tree_names[i]) == 0)
            return i;
    return -1;
}

bool ctr_tree_is_events(const char *name)
{
    int index = ctr_tree_name(name);
    size_t size = strlen(name);
    return index >= 0 && index < EVENTS_END && strcmp(name + size - 6 * (size > 6), ".index") != 0;
}

bool ctr_tree_is_sidecar(const char *name) { return ctr_tree_name(name) >= EVENTS_END; }

int ctr_tree_list(int folder, DIR **out)
{
    int own = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (own < 0)
        return errno;
    *out = fdopendir(own);
    if (*out)
        return 0;
    int failure = errno;
    close(own);
    return failure;
}

static int copy_bytes(int source, int target)
{
    char block[16384];
    for (off_t at = 0;;) {
        ssize_t n = read(source, block, sizeof block);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        if (n == 0)
            return 0;
        if (at + n > FILE_LIMIT)
            return EFBIG;
        int failure = ctr_write_at(target, (uint64_t)at, block, (size_t)n);
        if (failure)
            return failure;
        at += n;
    }
}

int ctr_tree_copy_file(int from, const char *name, int to)
{
    int source = openat(from, name, NOFOLLOW), target = -1;
    if (source < 0)
        return errno == ELOOP ? EINVAL : errno;
    struct stat about;
    int failure = fstat(source, &about) != 0 ? errno : !S_ISREG(about.st_mode) ? EINVAL : 0;
    if (!failure && about.st_size > FILE_LIMIT)
        failure = EFBIG;
    if (!failure)
        failure = ctr_create_file(to, name, &target);
    if (!failure)
        failure = copy_bytes(source, target);
    close(source);
    if (target >= 0 && close(target) != 0 && !failure)
        failure = errno;
    if (failure && target >= 0)
        unlinkat(to, name, 0);
    return failure;
}

/* Failures of the place that is written to: nothing more can be copied. */
static bool is_of_target(int failure)
{
    return failure == ENOSPC || failure == EDQUOT || failure == EROFS || failure == ENOMEM || failure == EMFILE ||
           failure == ENFILE;
}

typedef struct copying {
    const ctr_tree_losses *losses;
    char path[PATH_MAX]; /* of the folder that is copied, for what is told */
    struct stat target;  /* may lie inside of it, and is not copied into itself */
} copying;

static int lost(copying *c, const char *name, int failure)
{
    if (is_of_target(failure))
        return failure;
    size_t size = strlen(c->path);
    if (*name)
        snprintf(c->path + size, sizeof c->path - size, "/%s", name);
    int stopped = c->losses->lost(c->losses->cookie, c->path, failure);
    c->path[size] = 0;
    return stopped;
}

static int copy_folder(copying *c, int from, const char *name, int to, int depth);

static int copy_entry(copying *c, int from, const char *name, int to, int depth)
{
    struct stat about;
    if (fstatat(from, name, &about, AT_SYMLINK_NOFOLLOW) != 0)
        return lost(c, name, errno);
    if (!S_ISDIR(about.st_mode)) {
        int failure = ctr_tree_copy_file(from, name, to);
        return failure ? lost(c, name, failure) : 0;
    }
    if (about.st_dev == c->target.st_dev && about.st_ino == c->target.st_ino)
        return 0;
    size_t size = strlen(c->path);
    if (size + strlen(name) + 2 > sizeof c->path)
        return lost(c, "", ENAMETOOLONG);
    snprintf(c->path + size, sizeof c->path - size, "/%s", name);
    int failure = depth == DEEPEST_TREE ? lost(c, "", ELOOP) : copy_folder(c, from, name, to, depth + 1);
    c->path[size] = 0;
    return failure;
}

static int copy_folder(copying *c, int from, const char *name, int to, int depth)
{
    int source = openat(from, name, NOFOLLOW | O_DIRECTORY);
    if (source < 0)
        return lost(c, "", errno == ELOOP ? ENOTDIR : errno);
    DIR *entries = NULL;
    int target = -1;
    int failure = ctr_tree_list(source, &entries);
    if (failure) {
        close(source);
        return lost(c, "", failure);
    }
    if (mkdirat(to, name, 0777) != 0 && errno != EEXIST)
        failure = errno;
    if (!failure)
        target = openat(to, name, NOFOLLOW | O_DIRECTORY);
    if (!failure && target < 0)
        failure = errno;
    struct dirent *entry;
    while (!failure && (entry = readdir(entries)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            failure = copy_entry(c, source, entry->d_name, target, depth);
    closedir(entries);
    close(source);
    if (target >= 0)
        close(target);
    return failure;
}

int ctr_tree_copy(int from, const char *name, int to, const ctr_tree_losses *losses)
{
    copying c = {.losses = losses};
    snprintf(c.path, sizeof c.path, "%s", name);
    if (fstat(to, &c.target) != 0)
        return errno;
    return copy_folder(&c, from, name, to, 0);
}

static int remove_tree(int parent, const char *name, int depth)
{
    if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
        return 0;
    int folder = openat(parent, name, NOFOLLOW | O_DIRECTORY);
    if (folder < 0)
        return errno;
    DIR *entries;
    int failure = depth == 2 * DEEPEST_TREE ? ELOOP : ctr_tree_list(folder, &entries);
    if (!failure) {
        struct dirent *entry;
        while ((entry = readdir(entries)) != NULL)
            if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
                failure = remove_tree(folder, entry->d_name, depth + 1);
        closedir(entries);
    }
    close(folder);
    return unlinkat(parent, name, AT_REMOVEDIR) == 0 ? 0 : failure ? failure : errno;
}

int ctr_tree_remove(int parent, const char *name) { return remove_tree(parent, name, 0); }
