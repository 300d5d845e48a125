#include "input.h"

#include "complain.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

bool input_is_stdin(const char *path)
{
    return strcmp(path, "-") == 0;
}

const char *input_name(const char *path)
{
    return input_is_stdin(path) ? "<stdin>" : path;
}

static ptrdiff_t read_stdin(void *cookie, char *buffer, size_t size, int *system_error)
{
    (void)cookie;
    ssize_t count;
    do
        count = read(STDIN_FILENO, buffer, size);
    while (count < 0 && errno == EINTR);
    if (count < 0)
        *system_error = errno;
    return count;
}

ctrace_source input_stdin(void)
{
    return (ctrace_source){.read = read_stdin};
}

int input_open(input *in, const char *path)
{
    *in = (input){.path = path};
    ctrace_source source = input_stdin();
    ctrace_str name = {input_name(path), strlen(input_name(path))};
    ctrace_error error;
    ctrace_status status = input_is_stdin(path) ? ctrace_reader_open_source(&in->reader, &source, name, NULL, &error)
                                                : ctrace_reader_open(&in->reader, name, NULL, &error);
    return status == CTRACE_OK ? EXIT_FINE : complain_of(name.data, &error);
}

bool input_next(input *in, const ctrace_event **event)
{
    for (;;) {
        ctrace_error error;
        ctrace_status status = ctrace_reader_next(in->reader, event, &error);
        if (status == CTRACE_OK)
            return true;
        if (status == CTRACE_END)
            return false;
        if (in->first.status == CTRACE_OK)
            in->first = error;
        if (status != CTRACE_EVENT && status != CTRACE_TOO_DEEP) {
            in->last = error;
            return false;
        }
        in->bad++;
    }
}

int input_close(input *in)
{
    ctrace_reader_close(&in->reader);
    if (in->first.status == CTRACE_OK)
        return EXIT_FINE;
    int code = complain_of(input_name(in->path), &in->first);
    if (in->bad > 1)
        complain("%s: %" PRIu64 " more entries are bad and were passed over", input_name(in->path), in->bad - 1);
    if (in->bad && in->last.status != CTRACE_OK)
        code = complain_of(input_name(in->path), &in->last);
    return code;
}
