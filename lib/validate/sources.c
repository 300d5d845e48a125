/* The program's sources, on this machine or as copies in the trace. Nothing is believed of their paths: only plain
 * files are read, and among the copies no symbolic link is followed. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "validate/check.h"

#define MOST_BYTES ((off_t)64 << 20)

static bool is_separator(char letter)
{
    return letter == '/' || letter == '\\';
}

static size_t root_size(ctrace_str path)
{
    size_t size = 0;
    if (path.size >= 2 && path.data[1] == ':')
        size = 2;
    while (size < path.size && is_separator(path.data[size]))
        size++;
    return size;
}

bool ctr_path_is_absolute(ctrace_str path)
{
    size_t root = root_size(path);
    return root > 0 && (root != 2 || path.data[1] != ':');
}

bool ctr_path_stays_inside(ctrace_str path)
{
    size_t depth = 0;
    for (size_t at = root_size(path); at < path.size;) {
        size_t end = at;
        while (end < path.size && !is_separator(path.data[end]))
            end++;
        size_t size = end - at;
        if (size == 2 && memcmp(path.data + at, "..", 2) == 0) {
            if (depth-- == 0)
                return false;
        } else if (size && !(size == 1 && path.data[at] == '.')) {
            depth++;
        }
        at = end + 1;
    }
    return true;
}

/* Lines of an open file, which is closed. An empty file has one, as editors and interpreters have it. */
static int64_t count_lines(int file)
{
    struct stat status;
    int64_t lines = -1;
    if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_size <= MOST_BYTES) {
        char bytes[16384], last = '\n';
        ssize_t got;
        lines = 0;
        while ((got = read(file, bytes, sizeof bytes)) > 0 || (got < 0 && errno == EINTR)) {
            if (got < 0)
                continue;
            for (const char *p = bytes, *end = bytes + got; p < end && (p = memchr(p, '\n', (size_t)(end - p))); p++)
                lines++;
            last = bytes[got - 1];
        }
        lines = got < 0 ? -1 : lines + (last != '\n');
        if (lines == 0)
            lines = 1;
    }
    close(file);
    return lines;
}

/* Puts `parts` together with a NUL. False when it is too long or holds a NUL itself. */
static bool join(char *out, size_t size, const char *folder, const char *between, ctrace_str path)
{
    size_t head = strlen(folder), middle = strlen(between);
    if (head + middle + path.size >= size || (path.size && memchr(path.data, 0, path.size)))
        return false;
    memcpy(out, folder, head);
    memcpy(out + head, between, middle);
    if (path.size)
        memcpy(out + head + middle, path.data, path.size);
    out[head + middle + path.size] = 0;
    return true;
}

ctr_copy ctr_find_copy(const char *folder, ctrace_str path, char *out, size_t size)
{
    size_t root = root_size(path);
    ctrace_str inside = {path.data + root, path.size - root};
    if (!ctr_path_stays_inside(path))
        return CTR_COPY_ESCAPES;
    if (!join(out, size, folder, "/files/", inside))
        return CTR_COPY_MISSING;
    /* Each folder on the way, and then the file. */
    size_t at = strlen(folder) + 1;
    for (;;) {
        while (out[at] && out[at] != '/')
            at++;
        char letter = out[at];
        out[at] = 0;
        struct stat status;
        int failed = lstat(out, &status);
        out[at] = letter;
        if (failed)
            return CTR_COPY_MISSING;
        if (S_ISLNK(status.st_mode))
            return CTR_COPY_ESCAPES;
        if (!letter)
            return S_ISREG(status.st_mode) ? CTR_COPY_THERE : CTR_COPY_MISSING;
        at++;
    }
}

static int open_plain(const char *name, int more)
{
    return open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY | more);
}

int64_t ctr_source_lines(const ctr_check *c, ctrace_str path)
{
    char name[4096];
    int file = -1;
    if (path.size == 0)
        return -1;
    if (!c->no_sources) {
        if (ctr_path_is_absolute(path)) {
            if (join(name, sizeof name, "", "", path))
                file = open_plain(name, 0);
        } else if (c->workdir && c->workdir[0] == '/' && join(name, sizeof name, c->workdir, "/", path)) {
            file = open_plain(name, 0);
        }
    }
    if (file < 0 && c->folder && ctr_find_copy(c->folder, path, name, sizeof name) == CTR_COPY_THERE)
        file = open_plain(name, O_NOFOLLOW);
    return file < 0 ? -1 : count_lines(file);
}
