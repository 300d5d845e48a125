#include "source_files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void ctrb_files_init(struct ctrb_files *files, ctrace_recorder *r, VALUE included, VALUE excluded)
{
    memset(files, 0, sizeof *files);
    files->r = r;
    files->included = included;
    files->excluded = excluded;
}

void ctrb_files_free(struct ctrb_files *files)
{
    for (size_t i = 0; i < files->capacity; i++) {
        if (files->table[i])
            free(files->table[i]->real);
        free(files->table[i]);
    }
    free(files->table);
    memset(files, 0, sizeof *files);
}

void ctrb_files_mark(const struct ctrb_files *files)
{
    rb_gc_mark(files->included);
    rb_gc_mark(files->excluded);
    for (size_t i = 0; i < files->capacity; i++)
        if (files->table[i])
            rb_gc_mark(files->table[i]->path);
}

/* True when `path` is one of `folders` or lies below one, by whole components. */
static bool is_below(VALUE folders, const char *path)
{
    for (long i = 0; i < RARRAY_LEN(folders); i++) {
        ctrace_str folder = ctrb_str(RARRAY_AREF(folders, i));
        while (folder.size && folder.data[folder.size - 1] == '/')
            folder.size--;
        if (strncmp(path, folder.data, folder.size) == 0 && (path[folder.size] == '/' || path[folder.size] == '\0'))
            return true;
    }
    return false;
}

int64_t ctrb_count_lines(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        close(fd);
        return -1;
    }
    char buffer[16384];
    int64_t lines = 0;
    bool open_line = false;
    for (;;) {
        ssize_t n = read(fd, buffer, sizeof buffer);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        for (ssize_t i = 0; i < n; i++)
            lines += buffer[i] == '\n';
        open_line = buffer[n - 1] != '\n';
    }
    close(fd);
    return lines + open_line;
}

static void judge(struct ctrb_files *files, struct ctrb_file *file)
{
    char given[PATH_MAX], real[PATH_MAX];
    ctrace_str path = ctrb_str(file->path);
    if (path.size == 0 || path.size >= sizeof given || memchr(path.data, '\0', path.size))
        return;
    memcpy(given, path.data, path.size);
    given[path.size] = '\0';
    if (!realpath(given, real))
        return;
    file->real = strdup(real);
    file->in_scope = file->real && is_below(files->included, real) && !is_below(files->excluded, real);
}

bool ctrb_file_record(struct ctrb_files *files, struct ctrb_file *file)
{
    if (file->recorded || !file->real)
        return file->recorded;
    file->lines = ctrb_count_lines(file->real);
    if (file->lines < 0)
        return false;
    file->id = ctrace_recorder_path(files->r, ctrb_file_real(file));
    return file->recorded = file->id != CTRACE_ID_NONE;
}

static size_t slot_of(struct ctrb_file *const *table, size_t capacity, VALUE path)
{
    size_t i = (size_t)(path >> 3) * (size_t)0x9E3779B97F4A7C15u >> 32 & (capacity - 1);
    while (table[i] && table[i]->path != path)
        i = (i + 1) & (capacity - 1);
    return i;
}

static bool grow(struct ctrb_files *files)
{
    size_t capacity = files->capacity ? files->capacity * 2 : 256;
    struct ctrb_file **table = calloc(capacity, sizeof *table);
    if (!table)
        return false;
    for (size_t i = 0; i < files->capacity; i++)
        if (files->table[i])
            table[slot_of(table, capacity, files->table[i]->path)] = files->table[i];
    free(files->table);
    files->table = table;
    files->capacity = capacity;
    return true;
}

struct ctrb_file *ctrb_files_learn(struct ctrb_files *files, VALUE path)
{
    if (!RB_TYPE_P(path, T_STRING) || (files->count * 2 >= files->capacity && !grow(files)))
        return NULL;
    size_t i = slot_of(files->table, files->capacity, path);
    if (!files->table[i]) {
        struct ctrb_file *file = calloc(1, sizeof *file);
        if (!file)
            return NULL;
        file->path = path;
        files->table[i] = file;
        files->count++;
        judge(files, file);
    }
    return files->table[i];
}
