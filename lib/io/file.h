/* Files of a trace folder, by descriptor, so that a program that changes its folder does not move its trace. */
#ifndef CTRACE_LIB_IO_FILE_H
#define CTRACE_LIB_IO_FILE_H

#include "base/memory.h"

/* Each returns 0 or an errno. Interrupted and short operations are taken up again. */

/* Writes all of `data` at `offset`. EFBIG comes without the signal that ends a process at its limit. */
int ctr_write_at(int file, uint64_t offset, const char *data, size_t size);
/* Opens the folder, making it and its parents when they are not there. */
int ctr_open_folder(const char *path, int *folder);
/* Makes an empty file `name` in the folder; one that was there is unlinked first, not written through. */
int ctr_create_file(int folder, const char *name, int *file);
/* Makes a file without a name in the folder, or with -1 where the system keeps temporary files. */
int ctr_open_spool(int folder, int *file);
/* Waits until the disk has what the folder lists. */
int ctr_sync_folder(int folder);
/* Gives the file `name` this content at once: a reader sees the old content or the new. With `sync` the content is on
 * the disk before it has the name. */
int ctr_replace_file(int folder, const char *name, const char *data, size_t size, bool sync);
/* Copies the source `path` (taken below `workdir` when it is relative) into the folder's files/: an absolute path
 * without its root, a relative one as it is. EINVAL for a path that would leave files/ and for what is no plain file;
 * EFBIG for one above 64 MiB. No symbolic link below files/ is followed. */
int ctr_copy_source(int folder, const char *workdir, const char *path, bool sync);

#endif
