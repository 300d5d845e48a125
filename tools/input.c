#include "input.h"

#include "complain.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Between two looks at a trace that is followed. */
#define WAIT_NS 50000000

static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

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
    while (count < 0 && errno == EINTR && !interrupted);
    if (interrupted)
        return 0;
    if (count < 0)
        *system_error = errno;
    return count;
}

ctrace_source input_stdin(void)
{
    return (ctrace_source){.read = read_stdin};
}

static void wait_a_moment(void)
{
    nanosleep(&(struct timespec){.tv_nsec = WAIT_NS}, NULL);
}

static int open_reader(input *in)
{
    ctrace_source source = input_stdin();
    ctrace_str name = {input_name(in->path), strlen(input_name(in->path))};
    ctrace_reader_options options = {CTRACE_READER_OPTIONS_INIT, .follow = in->idle != NULL};
    ctrace_error error;
    ctrace_status status;
    for (;;) {
        status = input_is_stdin(in->path) ? ctrace_reader_open_source(&in->reader, &source, name, &options, &error)
                                          : ctrace_reader_open(&in->reader, name, &options, &error);
        if (status != CTRACE_AGAIN)
            break;
        if (interrupted) {
            in->has_ended = true;
            return EXIT_FINE;
        }
        wait_a_moment();
    }
    return status == CTRACE_OK ? EXIT_FINE : complain_of(name.data, &error);
}

int input_open(input *in, const char *path)
{
    *in = (input){.path = path};
    return open_reader(in);
}

int input_follow(input *in, const char *path, void (*idle)(void *cookie), void *cookie)
{
    *in = (input){.path = path, .idle = idle, .idle_cookie = cookie};
    /* Without SA_RESTART: a read that waits is to end, too. */
    struct sigaction action = {.sa_handler = interrupt};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    return open_reader(in);
}

/* Whether it ends as a recorder leaves it that was killed. */
static void look_at_end(input *in)
{
    const ctrace_warning *warnings;
    size_t count = ctrace_reader_warnings(in->reader, &warnings);
    for (size_t i = 0; i < count && !in->is_cut_off; i++) {
        in->how = warnings[i].leniency;
        in->is_cut_off = in->how == CTRACE_LENIENCY_UNTERMINATED || in->how == CTRACE_LENIENCY_FRAME_CUT ||
                         in->how == CTRACE_LENIENCY_CT_CHUNK_TORN;
    }
}

/* Takes what is no event. */
static void take_status(input *in, ctrace_status status, const ctrace_error *error)
{
    if (status == CTRACE_AGAIN) {
        in->idle(in->idle_cookie);
        if (!interrupted)
            wait_a_moment();
        return;
    }
    in->has_ended = true;
    if (status == CTRACE_END) {
        look_at_end(in);
        return;
    }
    if (in->first.status == CTRACE_OK)
        in->first = *error;
    in->has_ended = status != CTRACE_EVENT && status != CTRACE_TOO_DEEP && status != CTRACE_TOO_LARGE;
    if (in->has_ended)
        in->last = *error;
    else
        in->bad++;
}

void input_seek(input *in, ctrace_unit unit, uint64_t n)
{
    ctrace_status status = CTRACE_AGAIN;
    ctrace_error error;
    while (status == CTRACE_AGAIN && !in->has_ended && !interrupted) {
        status = ctrace_reader_seek(in->reader, unit, n, &error);
        if (status != CTRACE_OK)
            take_status(in, status, &error);
    }
}

bool input_next(input *in, const ctrace_event **event)
{
    while (!in->has_ended && !interrupted) {
        ctrace_error error;
        ctrace_status status = ctrace_reader_next(in->reader, event, &error);
        if (status == CTRACE_OK)
            return true;
        take_status(in, status, &error);
    }
    return false;
}

int input_close(input *in)
{
    ctrace_reader_close(&in->reader);
    if (in->is_cut_off && in->how == CTRACE_LENIENCY_UNTERMINATED)
        complain("%s: the list of events is not closed: the recording was cut off", input_name(in->path));
    else if (in->is_cut_off)
        complain("%s: %s: the recording was cut off", input_name(in->path), ctrace_leniency_text(in->how));
    if (in->first.status == CTRACE_OK)
        return in->is_cut_off ? EXIT_BROKEN : EXIT_FINE;
    int code = complain_of(input_name(in->path), &in->first);
    if (in->bad > 1)
        complain("%s: %" PRIu64 " more bad %s passed over", input_name(in->path), in->bad - 1,
                 in->bad == 2 ? "entry was" : "entries were");
    if (in->bad && in->last.status != CTRACE_OK)
        code = complain_of(input_name(in->path), &in->last);
    return code;
}
