#include "io/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failure.h"
#include "io/file.h"

/* One system call never asks for more: above 2 GiB some systems refuse. */
#define MOST_AT_ONCE ((size_t)1 << 30)

void ctr_source_measure(ctr_source *source)
{
    struct stat about;
    bool is_file = source->fd >= 0 && fstat(source->fd, &about) == 0 && S_ISREG(about.st_mode);
    source->seeks = is_file;
    source->size = is_file && about.st_size > 0 ? (uint64_t)about.st_size : 0;
}

ctrace_status ctr_source_open_file(ctr_source *source, const char *path, ctrace_error *error)
{
    *source = (ctr_source){.fd = -1};
    do
        source->fd = open(path, O_RDONLY | O_CLOEXEC);
    while (source->fd < 0 && errno == EINTR);
    if (source->fd < 0)
        return ctr_fail_system(error, errno, "open", path);
    ctr_source_measure(source);
    return CTRACE_OK;
}

void ctr_source_set_caller(ctr_source *source, const ctrace_source *caller)
{
    *source = (ctr_source){.caller = *caller, .fd = -1};
}

/* One read, taken up again when it was interrupted. `offset` counts when the source seeks. */
static ctrace_status read_some(ctr_source *source, uint64_t offset, char *buffer, size_t size, size_t *got,
                               const char *name, ctrace_error *error)
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
            count = source->seeks ? pread(source->fd, buffer, size, (off_t)offset) : read(source->fd, buffer, size);
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

ctrace_status ctr_source_read(ctr_source *source, char *buffer, size_t size, size_t *got, const char *name,
                              ctrace_error *error)
{
    size_t left = source->head_size - source->head_at;
    if (left && !source->seeks) {
        *got = left < size ? left : size;
        memcpy(buffer, source->head + source->head_at, *got);
        source->head_at += *got;
        return CTRACE_OK;
    }
    ctrace_status status = read_some(source, source->at, buffer, size, got, name, error);
    source->at += *got;
    return status;
}

ctrace_status ctr_source_read_at(ctr_source *source, uint64_t offset, char *buffer, size_t size, size_t *got,
                                 const char *name, ctrace_error *error)
{
    size_t have = 0, some = 1;
    ctrace_status status = CTRACE_OK;
    for (; status == CTRACE_OK && some && have < size; have += some) {
        if (offset + have > (uint64_t)INT64_MAX)
            break;
        status = read_some(source, offset + have, buffer + have, size - have, &some, name, error);
    }
    *got = have;
    return status;
}

ctrace_status ctr_source_peek(ctr_source *source, const char **head, size_t *size, const char *name,
                              ctrace_error *error)
{
    size_t some = 1;
    ctrace_status status = CTRACE_OK;
    while (status == CTRACE_OK && some && source->head_size < CTR_SOURCE_HEAD_LEAST) {
        status = read_some(source, source->head_size, source->head + source->head_size,
                           CTR_SOURCE_HEAD - source->head_size, &some, name, error);
        source->head_size += some;
    }
    *head = source->head;
    *size = source->head_size;
    return status;
}

void ctr_source_seek(ctr_source *source, uint64_t offset) { source->at = offset; }

ctrace_status ctr_source_spool(ctr_source *source, const char *name, ctrace_error *error)
{
    if (source->seeks)
        return CTRACE_OK;
    int spool;
    int failure = ctr_open_spool(-1, &spool);
    if (failure)
        return ctr_fail_system(error, failure, "make a temporary file for", name);
    char block[16384];
    uint64_t size = 0;
    ctrace_status status = CTRACE_OK;
    for (size_t got = 1; status == CTRACE_OK && got; size += got) {
        status = ctr_source_read(source, block, sizeof block, &got, name, error);
        if (status == CTRACE_OK && (failure = ctr_write_at(spool, size, block, got)) != 0)
            status = ctr_fail_system(error, failure, "write a temporary file for", name);
    }
    if (status != CTRACE_OK) {
        close(spool);
        return status;
    }
    ctr_source_close(source);
    *source = (ctr_source){.fd = spool};
    ctr_source_measure(source);
    return CTRACE_OK;
}

void ctr_source_close(ctr_source *source)
{
    if (source->fd >= 0)
        close(source->fd);
    source->fd = -1;
}
