/* A folder for each test, and files in it. */
#ifndef CTRACE_TESTS_FOLDER_H
#define CTRACE_TESTS_FOLDER_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmocka_all.h"

typedef struct folder {
    char path[64];
    char file[512];
} folder;

static inline const char *below(folder *f, const char *name)
{
    snprintf(f->file, sizeof f->file, "%s/%s", f->path, name);
    return f->file;
}

static inline void put(folder *f, const char *name, const char *content, size_t size)
{
    FILE *file = fopen(below(f, name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(content, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static inline void put_text(folder *f, const char *name, const char *content) { put(f, name, content, strlen(content)); }

static inline int make_folder(void **state)
{
    folder *f = calloc(1, sizeof *f);
    assert_non_null(f);
    strcpy(f->path, "/tmp/ctrace-test-XXXXXX");
    assert_non_null(mkdtemp(f->path));
    *state = f;
    return 0;
}

static inline int remove_folder(void **state)
{
    folder *f = *state;
    DIR *entries = opendir(f->path);
    assert_non_null(entries);
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;)
        if (entry->d_name[0] != '.')
            remove(below(f, entry->d_name));
    closedir(entries);
    remove(f->path);
    free(f);
    return 0;
}

#endif
