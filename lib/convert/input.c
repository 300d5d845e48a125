#include "convert/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failure.h"
#include "io/file.h"
#include "io/source.h"
#include "reader/find.h"

/* ---- The rest of a file ---- */

#define FIRST_PIECE 512
#define LAST_PIECE  ((size_t)1 << 20)

static ptrdiff_t read_rest(void *cookie, char *buffer, size_t size, int *system_error)
{
    ctr_rest *rest = cookie;
    if (rest->in_list) {
        rest->in_list = false;
        buffer[0] = '[';
        return 1;
    }
    if (size > rest->piece)
        size = rest->piece;
    if (rest->piece < LAST_PIECE)
        rest->piece *= 2;
    ssize_t got = pread(rest->fd, buffer, size, (off_t)rest->at);
    if (got < 0)
        *system_error = errno;
    else
        rest->at += (uint64_t)got;
    return got;
}

ctrace_source ctr_rest_source(ctr_rest *rest)
{
    /* Behind each of many unreadable parts a little is read, not a whole window. */
    rest->piece = rest->in_list ? FIRST_PIECE : LAST_PIECE;
    return (ctrace_source){.cookie = rest, .read = read_rest};
}

/* ---- Opening ---- */

static ctrace_status no_memory(ctrace_error *error)
{
    return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for opening a trace");
}

static ctrace_str file_name(const ctr_input *in)
{
    return (ctrace_str){in->name.data, in->name.size - 1};
}

/* Reads all of a source into a file without a name. */
static ctrace_status spool(ctr_input *in, ctr_source *source, ctrace_error *error)
{
    ctrace_status status = ctr_source_spool(source, in->name.data, error);
    if (status != CTRACE_OK)
        return status;
    in->fd = source->fd;
    source->fd = -1;
    return CTRACE_OK;
}

static ctrace_status open_fd(ctr_input *in, ctrace_error *error)
{
    in->rest = (ctr_rest){.fd = in->fd};
    ctrace_source source = ctr_rest_source(&in->rest);
    ctrace_reader_options options = {CTRACE_READER_OPTIONS_INIT, .allocator = in->allocator};
    return ctrace_reader_open_source(&in->reader, &source, file_name(in), &options, error);
}

static ctrace_status open_reader(ctr_input *in, ctrace_error *error)
{
    ctrace_reader_options options = {CTRACE_READER_OPTIONS_INIT, .allocator = in->allocator};
    return ctrace_reader_open(&in->reader, file_name(in), &options, error);
}

static ctrace_status open_path(ctr_input *in, bool again, ctrace_error *error)
{
    struct stat about;
    if (stat(in->name.data, &about) != 0)
        return ctr_fail_system(error, errno, "open", in->name.data);
    in->is_folder = S_ISDIR(about.st_mode);
    if (again && !in->is_folder && !S_ISREG(about.st_mode)) {
        ctr_source source;
        ctrace_status status = ctr_source_open_file(&source, in->name.data, error);
        if (status == CTRACE_OK)
            status = spool(in, &source, error);
        ctr_source_close(&source);
        return status == CTRACE_OK ? open_fd(in, error) : status;
    }
    ctrace_status status = ctr_find_trace(in->name.data, &in->events, &in->metadata, error);
    if (status != CTRACE_OK)
        return status;
    /* The metadata's path without its name is that of the folder. */
    const char *last = strrchr(in->metadata.data, '/');
    char *end = last ? in->metadata.data + (last - in->metadata.data) : NULL;
    if (end)
        *end = 0;
    in->folder = open(!end ? "." : end == in->metadata.data ? "/" : in->metadata.data,
                      O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int failure = errno;
    if (end)
        *end = '/';
    if (in->folder < 0)
        return ctr_fail_system(error, failure, "open the folder of", in->name.data);
    return open_reader(in, error);
}

ctrace_status ctr_input_open(ctr_input *in, ctrace_str name, const ctrace_source *source, bool again,
                             ctrace_error *error)
{
    in->fd = in->folder = -1;
    in->name.allocator = in->events.allocator = in->metadata.allocator = in->allocator;
    if (!source && (!name.size || memchr(name.data, 0, name.size)))
        return ctr_fail(error, CTRACE_ARGUMENT, "the path is empty or holds a NUL");
    if (!ctr_buffer_append(&in->name, name.data, name.size) || !ctr_buffer_append(&in->name, "", 1))
        return no_memory(error);
    if (!source)
        return open_path(in, again, error);
    if (again) {
        ctr_source given;
        ctr_source_set_caller(&given, source);
        ctrace_status status = spool(in, &given, error);
        return status == CTRACE_OK ? open_fd(in, error) : status;
    }
    ctrace_reader_options options = {CTRACE_READER_OPTIONS_INIT, .allocator = in->allocator};
    return ctrace_reader_open_source(&in->reader, source, file_name(in), &options, error);
}

bool ctr_input_is(const ctr_input *in, dev_t device, ino_t inode)
{
    struct stat about;
    return in->events.size && stat(in->events.data, &about) == 0 && about.st_dev == device && about.st_ino == inode;
}

bool ctr_input_is_inside(const ctr_input *in, dev_t device, ino_t inode)
{
    if (in->folder < 0)
        return false;
    int folder = fcntl(in->folder, F_DUPFD_CLOEXEC, 0);
    struct stat about, below = {0};
    bool found = false, first = true;
    /* Up to the root, which is its own parent. */
    while (folder >= 0 && fstat(folder, &about) == 0 && !found &&
           (first || about.st_dev != below.st_dev || about.st_ino != below.st_ino)) {
        found = about.st_dev == device && about.st_ino == inode;
        first = false;
        below = about;
        int parent = openat(folder, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        close(folder);
        folder = parent;
    }
    if (folder >= 0)
        close(folder);
    return found;
}

ctrace_status ctr_input_rewind(ctr_input *in, ctrace_error *error)
{
    ctrace_reader_close(&in->reader);
    ctrace_reader_close(&in->first);
    in->resumed = false;
    return in->events.size ? open_reader(in, error) : open_fd(in, error);
}

/* ---- Places behind an unreadable part ---- */

void ctr_input_place(const ctr_input *in, ctrace_position *position)
{
    if (!in->resumed || (position->line == 0 && position->offset == 0))
        return;
    /* The '[' that was put in front is no byte of the file. */
    bool bracket = in->base_has_bracket && position->offset > 0;
    if (position->line == 1)
        position->column += in->base.column - 1 - bracket;
    position->line += in->base.line - 1;
    position->offset += in->base.offset - bracket;
    if (position->event != CTRACE_ID_NONE)
        position->event += in->base.event;
}

ctrace_status ctr_input_next(ctr_input *in, const ctrace_event **event, ctrace_error *error)
{
    ctrace_status status = ctrace_reader_next(in->reader, event, error);
    if (status != CTRACE_OK && status != CTRACE_END && error && in->resumed)
        ctr_input_place(in, &error->position);
    return status;
}

void ctr_input_position(ctr_input *in, ctrace_position *out)
{
    ctrace_reader_position(in->reader, out);
    ctr_input_place(in, out);
}

const ctrace_metadata *ctr_input_metadata(const ctr_input *in)
{
    return ctrace_reader_metadata(in->first ? in->first : in->reader);
}

uint64_t ctr_input_bytes_read(const ctr_input *in)
{
    return ctrace_reader_bytes_read(in->reader) + (in->resumed ? in->base.offset : 0);
}

void ctr_input_close(ctr_input *in)
{
    ctrace_reader_close(&in->reader);
    ctrace_reader_close(&in->first);
    if (in->fd >= 0)
        close(in->fd);
    if (in->folder >= 0)
        close(in->folder);
    ctr_buffer_free(&in->name);
    ctr_buffer_free(&in->events);
    ctr_buffer_free(&in->metadata);
}
