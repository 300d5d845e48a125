#include "io/source.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failure.h"

/* One system call never asks for more: above 2 GiB some systems refuse. */
#define MOST_AT_ONCE ((size_t)1 << 30)

ctrace_status ctr_source_open_file(ctr_source *source, const char *path, ctrace_error *error)
{
    *source = (ctr_source){.fd = -1};
    do
        source->fd = open(path, O_RDONLY | O_CLOEXEC);
    while (source->fd < 0 && errno == EINTR);
    if (source->fd < 0)
        return ctr_fail_system(error, errno, "open", path);
    struct stat about;
    if (fstat(source->fd, &about) == 0 && S_ISREG(about.st_mode) && about.st_size > 0)
        source->size = (uint64_t)about.st_size;
    return CTRACE_OK;
}

void ctr_source_set_caller(ctr_source *source, const ctrace_source *caller)
{
    *source = (ctr_source){.caller = *caller, .fd = -1};
}

ctrace_status ctr_source_read(ctr_source *source, char *buffer, size_t size, size_t *got, const char *name,
                              ctrace_error *error)
{
    *got = 0;
    if (size > MOST_AT_ONCE)
        size = MOST_AT_ONCE;
    for (;;) {
        int system_error = 0;
        ptrdiff_t count;
        if (source->caller.read) {
            count = source->caller.read(source->caller.cookie, buffer, size, &system_error);
        } else {
            count = read(source->fd, buffer, size);
            system_error = errno;
        }
        if (count >= 0 && (size_t)count <= size) {
            *got = (size_t)count;
            return CTRACE_OK;
        }
        if (count >= 0)
            return ctr_fail(error, CTRACE_IO, "the source of %.120s gave more bytes than it was asked for", name);
        if (system_error != EINTR)
            return ctr_fail_system(error, system_error, "read", name);
    }
}

void ctr_source_close(ctr_source *source)
{
    if (source->fd >= 0)
        close(source->fd);
    source->fd = -1;
}
