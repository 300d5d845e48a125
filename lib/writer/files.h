/* The file with the events, in the trace's folder or alone. */
#ifndef CTRACE_LIB_WRITER_FILES_H
#define CTRACE_LIB_WRITER_FILES_H

#include <limits.h>
#include <signal.h>

#include "ctrace/error.h"
#include "ctrace/form.h"

typedef struct ctr_trace_files {
    int folder;     /* in which it lies; -1: the events go to the caller's sink */
    int file;       /* -1: the same */
    bool sidecars;  /* the trace is the folder */
    bool temporary; /* it has not got its name yet */
    char name[NAME_MAX + 1];
} ctr_trace_files;

#define CTR_NO_FILES ((ctr_trace_files){.folder = -1, .file = -1})

/* The paths end in NUL. With `late` the file gets its name at the end: what a form writes until then is no trace. */

/* Makes the folder when it is not there, and the file in it. What lies there of another trace is removed: files with
 * events in any form, and for a container the sidecars too. */
ctrace_status ctr_files_open_folder(ctr_trace_files *files, const char *path, ctrace_form form, bool late,
                                    ctrace_error *error);
ctrace_status ctr_files_open_lone(ctr_trace_files *files, const char *path, bool late, ctrace_error *error);

/* A signal that ends the process could stop a write half way, and the file would not be whole: it waits meanwhile. A
 * thread that is made then never gets one. */
typedef struct ctr_quiet {
    sigset_t before;
    bool masked;
} ctr_quiet;

ctr_quiet ctr_quiet_begin(void);
void ctr_quiet_end(const ctr_quiet *quiet);

/* As in ctrace_sink, and as an encoder's truncate; the cookie is the files. Each write is quiet. */
int ctr_files_write(void *cookie, uint64_t offset, const char *data, size_t size);
int ctr_files_truncate(void *cookie, uint64_t size);

/* The file is complete and gets its name. Returns 0 or an errno. */
int ctr_files_complete(ctr_trace_files *files);
/* Closes all. A file that got no name is removed when it is `ours`. */
void ctr_files_close(ctr_trace_files *files, bool ours);

#endif
