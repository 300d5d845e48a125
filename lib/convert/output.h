/* Where a conversion writes: under a temporary name until all is there. A folder is built beside its name, or inside
 * of it when it is there already; a file in its folder. What goes wrong leaves nothing behind. */
#ifndef CTRACE_LIB_CONVERT_OUTPUT_H
#define CTRACE_LIB_CONVERT_OUTPUT_H

#include <limits.h>
#include <sys/types.h>

#include "ctrace/error.h"
#include "ctrace/form.h"

typedef struct ctr_output {
    const char *path;        /* as it was given; ends in NUL */
    bool is_folder;
    bool replaces;           /* a folder that is there gets new content */
    char real[PATH_MAX];     /* without slashes at the end; of a link, what it leads to */
    char final[NAME_MAX + 1];
    char temporary[NAME_MAX + 1];
    int parent;              /* the folder in which the temporary name lies, or -1 */
    int folder;              /* the new folder, or the parent of a file; or -1 */
    bool made;               /* the temporary name is there */
    /* Of the folder or file that is there. */
    bool exists;
    dev_t device;
    ino_t inode;
} ctr_output;

/* Looks at the path, and whether it may be written to. `lone_file`: it is a file whatever its name. */
ctrace_status ctr_output_look(ctr_output *out, const char *path, bool lone_file, ctrace_error *error);
/* Makes the temporary folder or file. *file is that of the events, to be closed by the caller. */
ctrace_status ctr_output_begin(ctr_output *out, const char *events_name, int *file, ctrace_error *error);
/* Gives what was made its name. */
ctrace_status ctr_output_commit(ctr_output *out, ctrace_error *error);
/* Removes what was not committed, and closes. */
void ctr_output_end(ctr_output *out);

#endif
