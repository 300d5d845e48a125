/* The signal that asks a flight recorder for what it holds. */
#include "recorder.h"

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>

static _Atomic(ctrace_recorder *) asked;
static atomic_int asking;
static struct sigaction before_asked;

static void on_signal(int number)
{
    (void)number;
    atomic_fetch_add(&asking, 1);
    ctrace_recorder *r = atomic_load(&asked);
    if (r && !ctrb_session.forked)
        ctrace_recorder_emergency(r, 5000);
    atomic_fetch_sub(&asking, 1);
}

void ctrb_listen_to_signal(ctrace_recorder *r)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    atomic_store(&asked, r);
    sigaction(SIGUSR2, &action, &before_asked);
}

void ctrb_ignore_signal(void)
{
    struct sigaction now;
    if (!atomic_exchange(&asked, NULL))
        return;
    if (sigaction(SIGUSR2, NULL, &now) == 0 && now.sa_handler == on_signal)
        sigaction(SIGUSR2, &before_asked, NULL);
    while (atomic_load(&asking))
        sched_yield();
}
