/* The files of a trace folder: which belong to it, copying and removing them. No symbolic link is followed. */
#ifndef CTRACE_LIB_CONVERT_TREE_H
#define CTRACE_LIB_CONVERT_TREE_H

#include <dirent.h>

#include "base/memory.h"

/* What a trace folder can hold, by name. */
#define CTR_TREE_NAMES 14
extern const char *const ctr_tree_names[CTR_TREE_NAMES];

/* The index of a name, or -1. */
int ctr_tree_name(const char *name);
/* Holds events; is a file that belongs beside them. */
bool ctr_tree_is_events(const char *name);
bool ctr_tree_is_sidecar(const char *name);

/* Each returns 0 or an errno. */

/* Lists a folder; the descriptor stays the caller's. */
int ctr_tree_list(int folder, DIR **out);
/* Copies a plain file of at most 64 MiB. EINVAL for what is none, EFBIG for a larger one. */
int ctr_tree_copy_file(int from, const char *name, int to);
/* Copies a folder with all that is in it. What cannot be copied is told to `lost` and left out; a failure to write, or
 * of `lost`, ends the copying. `path` is the name that `lost` is given in front of those inside. */
typedef struct ctr_tree_losses {
    void *cookie;
    int (*lost)(void *cookie, const char *path, int system_error);
} ctr_tree_losses;
int ctr_tree_copy(int from, const char *name, int to, const ctr_tree_losses *losses);
/* Removes a folder with all that is in it. */
int ctr_tree_remove(int parent, const char *name);

#endif
