/* Which files are recorded: those in the folders of the scope, by real path and whole components. */
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What of `path` comes after `folder`, NULL when it is not in there. */
static const char *below(const char *path, const char *folder)
{
    size_t size = strlen(folder);
    if (strncmp(path, folder, size) != 0)
        return NULL;
    if (size && folder[size - 1] == '/')
        return path + size;
    return path[size] == '/' ? path + size + 1 : NULL;
}

/* Installed packages are no part of a program, even where they lie in its folder, as in a virtual environment. */
static bool is_installed(const char *rest)
{
    for (const char *p = rest; p; p = strchr(p, '/')) {
        p += *p == '/';
        size_t size = strcspn(p, "/");
        if (size == 13 && (memcmp(p, "site-packages", size) == 0 || memcmp(p, "dist-packages", size) == 0))
            return true;
        if (!p[size])
            break;
    }
    return false;
}

static bool in_scope(const session *s, const char *path)
{
    for (char **folder = s->scope; *folder; folder++) {
        const char *rest = below(path, *folder);
        if (!rest || is_installed(rest))
            continue;
        bool out = false;
        for (char **other = s->outside; *other && !out; other++)
            /* A folder that lies in the scope and is not the program's: the standard library, this package. */
            out = below(path, *other) && !below(*folder, *other) && strcmp(*folder, *other) != 0;
        if (!out)
            return true;
    }
    return false;
}

char *scope_real_path(const session *s, const char *path, bool *recorded)
{
    *recorded = false;
    struct stat status;
    char *real = path[0] == '<' ? NULL : realpath(path, NULL);
    if (!real)
        return NULL;
    if (stat(real, &status) != 0 || !S_ISREG(status.st_mode)) {
        free(real);
        return NULL;
    }
    *recorded = strcmp(real, s->main_path) == 0 || in_scope(s, real);
    return real;
}

int64_t scope_count_lines(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return 0;
    char block[1 << 14];
    int64_t lines = 0;
    bool open_line = false;
    for (size_t size; (size = fread(block, 1, sizeof block, file)) > 0;) {
        for (const char *p = block; (p = memchr(p, '\n', (size_t)(block + size - p))); p++)
            lines++;
        open_line = block[size - 1] != '\n';
    }
    fclose(file);
    return lines + open_line;
}
