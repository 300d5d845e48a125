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

/* What a recorder that was killed leaves. */
static bool ends_without_end(ctrace_reader *reader)
{
    const ctrace_warning *warnings;
    size_t count = ctrace_reader_warnings(reader, &warnings);
    for (size_t i = 0; i < count; i++)
        if (warnings[i].leniency == CTRACE_LENIENCY_UNTERMINATED)
            return true;
    return false;
}

bool input_next(input *in, const ctrace_event **event)
{
    for (;;) {
        ctrace_error error;
        ctrace_status status = ctrace_reader_next(in->reader, event, &error);
        if (status == CTRACE_OK)
            return true;
        if (status == CTRACE_END) {
            in->is_open_list = ends_without_end(in->reader);
            return false;
        }
        if (in->first.status == CTRACE_OK)
            in->first = error;
        if (status != CTRACE_EVENT && status != CTRACE_TOO_DEEP && status != CTRACE_TOO_LARGE) {
            in->last = error;
            return false;
        }
        in->bad++;
    }
}

int input_close(input *in)
{
    ctrace_reader_close(&in->reader);
    if (in->is_open_list)
        complain("%s: the list of events is not closed: the recording was cut off", input_name(in->path));
    if (in->first.status == CTRACE_OK)
        return in->is_open_list ? EXIT_BROKEN : EXIT_FINE;
    int code = complain_of(input_name(in->path), &in->first);
    if (in->bad > 1)
        complain("%s: %" PRIu64 " more bad %s passed over", input_name(in->path), in->bad - 1,
                 in->bad == 2 ? "entry was" : "entries were");
    if (in->bad && in->last.status != CTRACE_OK)
        code = complain_of(input_name(in->path), &in->last);
    return code;
}
