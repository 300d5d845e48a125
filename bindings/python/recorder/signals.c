/* Signals that end the process: what was recorded comes into the file first. Only where the program has no handler of
 * its own; the interpreter's table of handlers, which signal.getsignal() tells, is not touched. */
#include "session.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

/* How long the end may take. */
#define WAIT_MS 1000

static struct {
    int number;
    bool is_fault; /* the interpreter's faulthandler may be there already, and comes second */
    bool is_set;
    struct sigaction before;
} ends[] = {
    {.number = SIGSEGV, .is_fault = true}, {.number = SIGBUS, .is_fault = true}, {.number = SIGFPE, .is_fault = true},
    {.number = SIGILL, .is_fault = true},  {.number = SIGABRT, .is_fault = true}, {.number = SIGTERM},
    {.number = SIGHUP},                    {.number = SIGQUIT},                   {.number = SIGALRM},
    {.number = SIGUSR1},                   {.number = SIGUSR2},
};

static ctrace_recorder *volatile recorder;
static volatile pid_t process; /* that it belongs to */
static volatile bool dumps;    /* SIGUSR2 asks for what a flight recorder holds */

static void on_signal(int number, siginfo_t *info, void *context)
{
    (void)context;
    int error = errno;
    bool is_ours = recorder && process == getpid();
    if (number == SIGUSR2 && dumps) {
        if (is_ours)
            ctrace_recorder_emergency(recorder, WAIT_MS);
        errno = error;
        return;
    }
    if (is_ours)
        ctrace_recorder_emergency(recorder, WAIT_MS);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        if (ends[i].number != number)
            continue;
        sigaction(number, &ends[i].before, NULL);
        /* A fault comes again by itself. */
        if (!ends[i].is_fault || info->si_code <= 0)
            raise(number);
    }
    errno = error;
}

static bool is_ours(const struct sigaction *action)
{
    return (action->sa_flags & SA_SIGINFO) && action->sa_sigaction == on_signal;
}

void signals_start(const session *s)
{
    recorder = s->recorder;
    process = getpid();
    dumps = s->is_flight_recorder;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK}, now;
        action.sa_sigaction = on_signal;
        if (ends[i].number == SIGUSR2 && dumps)
            action.sa_flags |= SA_RESTART;
        if (sigaction(ends[i].number, NULL, &now) != 0 || is_ours(&now))
            continue;
        bool is_plain = !(now.sa_flags & SA_SIGINFO);
        if (is_plain && now.sa_handler == SIG_IGN)
            continue;
        if (!ends[i].is_fault && !(is_plain && now.sa_handler == SIG_DFL))
            continue;
        ends[i].before = now;
        ends[i].is_set = sigaction(ends[i].number, &action, NULL) == 0;
    }
}

void signals_stop(void)
{
    recorder = NULL;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct sigaction now;
        if (ends[i].is_set && sigaction(ends[i].number, NULL, &now) == 0 && is_ours(&now))
            sigaction(ends[i].number, &ends[i].before, NULL);
        ends[i].is_set = false;
    }
}
