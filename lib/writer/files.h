/* The file with the events, in the trace's folder or alone. */
#ifndef CTRACE_LIB_WRITER_FILES_H
#define CTRACE_LIB_WRITER_FILES_H

#include <limits.h>
#include <signal.h>

#include "ctrace/error.h"
#include "ctrace/form.h"

/* A kill in the middle of a write leaves a part of it. So the file may lie there twice: what is flushed goes to the
 * copy that is hidden, which takes the name, then it goes to the other. */
typedef struct ctr_trace_files {
    int folder;     /* in which it lies; -1: the events go to the caller's sink */
    int file;       /* which has the name; -1: the same */
    int copy;       /* the hidden one, or -1 */
    bool sidecars;  /* the trace is the folder */
    bool temporary; /* the file has not got its name yet, and gets it at the end */
    bool unwritten; /* neither the file nor the copy has got it: the first write gives it */
    bool durable;   /* wait for the disk */
    bool linked;    /* this kind of file tells whether it is in a folder */
    char name[NAME_MAX + 1];
    char hidden[2][NAME_MAX + 1]; /* names of the copy in turn; the first is that of a file that is temporary, */
    int turn;                     /* the other one that of a file that is unwritten */
} ctr_trace_files;

#define CTR_NO_FILES ((ctr_trace_files){.folder = -1, .file = -1, .copy = -1})

/* How the file is written. */
typedef enum ctr_files_way {
    CTR_FILES_ONCE,  /* in place */
    CTR_FILES_TWICE, /* with a copy, where there can be one */
    CTR_FILES_LATE   /* it gets its name at the end: what a form writes until then is no trace */
} ctr_files_way;

/* The paths end in NUL; `files` has `durable` set, all else is CTR_NO_FILES. */

/* Makes the folder when it is not there, and the file in it. What lies there of another trace is removed: files with
 * events in any form, for a container the sidecars too, and what killed writers left hidden. */
ctrace_status ctr_files_open_folder(ctr_trace_files *files, const char *path, ctrace_form form, ctr_files_way way,
                                    ctrace_error *error);
ctrace_status ctr_files_open_lone(ctr_trace_files *files, const char *path, ctr_files_way way, ctrace_error *error);

/* A signal that ends the process could stop a write half way, and the file would not be whole: it waits meanwhile. A
 * thread that is made then never gets one. */
typedef struct ctr_quiet {
    sigset_t before;
    bool masked;
} ctr_quiet;

ctr_quiet ctr_quiet_begin(void);
void ctr_quiet_end(const ctr_quiet *quiet);

/* As in ctrace_sink, and as an encoder's truncate; the cookie is the files. Each write is quiet. ENOENT when the file
 * was removed meanwhile. */
int ctr_files_write(void *cookie, uint64_t offset, const char *data, size_t size);
int ctr_files_truncate(void *cookie, uint64_t size);

/* Ends a flush: when it is to be durable, waits until the disk has the file. These return 0 or an errno. */
int ctr_files_flushed(const ctr_trace_files *files);
/* The same for names in the folder. */
int ctr_files_named(const ctr_trace_files *files);

/* The file is complete, gets its name, and its copy is removed. */
int ctr_files_complete(ctr_trace_files *files);
/* Closes all. What is hidden is removed when it is `ours`. */
void ctr_files_close(ctr_trace_files *files, bool ours);

#endif
