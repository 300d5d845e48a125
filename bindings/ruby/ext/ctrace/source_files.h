/* The source files that code comes from: which are recorded, and how many lines they have. */
#ifndef CTRACE_RUBY_SOURCE_FILES_H
#define CTRACE_RUBY_SOURCE_FILES_H

#include <string.h>

#include "extension.h"

struct ctrb_file {
    VALUE path; /* as Ruby gives it; all code of a file shares the object, so its address is the key */
    char *real; /* NULL: there is no such file */
    bool in_scope;
    bool recorded; /* the trace knows it */
    ctrace_id id;
    int64_t lines;
};

struct ctrb_files {
    ctrace_recorder *r;
    VALUE included; /* Arrays of folders and files, real paths */
    VALUE excluded;
    struct ctrb_file **table;
    size_t count;
    size_t capacity;
    struct ctrb_file *last;
};

/* A file is recorded when it is one of `included` or below one, and not below one of `excluded`. */
void ctrb_files_init(struct ctrb_files *files, ctrace_recorder *r, VALUE included, VALUE excluded);
void ctrb_files_free(struct ctrb_files *files);
void ctrb_files_mark(const struct ctrb_files *files);

/* The file, or NULL without memory. */
struct ctrb_file *ctrb_files_learn(struct ctrb_files *files, VALUE path);

/* Lets the trace know the file, wherever it lies. False when that cannot be. */
bool ctrb_file_record(struct ctrb_files *files, struct ctrb_file *file);

static inline ctrace_str ctrb_file_real(const struct ctrb_file *file)
{
    return (ctrace_str){file->real ? file->real : "", file->real ? strlen(file->real) : 0};
}

/* -1 when the file cannot be read. */
int64_t ctrb_count_lines(const char *path);

static inline bool ctrb_file_has_line(const struct ctrb_file *file, int64_t line)
{
    return line >= 1 && line <= file->lines;
}

static inline struct ctrb_file *ctrb_files_find(struct ctrb_files *files, VALUE path)
{
    if (files->last && files->last->path == path)
        return files->last;
    return files->last = ctrb_files_learn(files, path);
}

#endif
