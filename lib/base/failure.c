#include "base/failure.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *ctrace_status_name(ctrace_status status)
{
    switch (status) {
#define X(number, name, text) \
    case CTRACE_##name:       \
        return "CTRACE_" #name;
        CTRACE_STATUSES(X)
#undef X
    }
    return "CTRACE_?";
}

const char *ctrace_status_text(ctrace_status status)
{
    switch (status) {
#define X(number, name, text) \
    case CTRACE_##name:       \
        return text;
        CTRACE_STATUSES(X)
#undef X
    }
    return "unknown status";
}

static void reset(ctrace_error *error, ctrace_status status)
{
    *error = (ctrace_error){.status = status, .position = CTR_POSITION_UNKNOWN};
}

ctrace_status ctr_fail(ctrace_error *error, ctrace_status status, const char *format, ...)
{
    if (error) {
        reset(error, status);
        va_list args;
        va_start(args, format);
        vsnprintf(error->message, sizeof error->message, format, args);
        va_end(args);
    }
    return status;
}

/* strerror_r() of POSIX fills the buffer and returns a number, that of GNU returns the text; which one it is depends on
 * how the sources are compiled. */
static inline const char *reason_in_buffer(int failed, const char *buffer)
{
    return failed ? "unknown system error" : buffer;
}
static inline const char *reason_itself(const char *text, const char *buffer)
{
    (void)buffer;
    return text;
}
#define SYSTEM_REASON(call, buffer) _Generic((call), int: reason_in_buffer, char *: reason_itself)(call, buffer)

ctrace_status ctr_fail_system(ctrace_error *error, int system_error, const char *what, const char *file)
{
    ctrace_status status = system_error == ENOMEM   ? CTRACE_NO_MEMORY
                           : system_error == ENOENT ? CTRACE_NOT_FOUND
                                                    : CTRACE_IO;
    if (error) {
        char buffer[128] = "";
        const char *reason = SYSTEM_REASON(strerror_r(system_error, buffer, sizeof buffer), buffer);
        ctr_fail(error, status, "cannot %s %.120s: %s", what, file, reason);
        error->system = system_error;
        ctr_error_set_file(error, file, strlen(file));
    }
    return status;
}

void ctr_error_set_file(ctrace_error *error, const char *file, size_t size)
{
    if (!error)
        return;
    size_t keep = sizeof error->file - 1;
    if (size > keep) {
        memcpy(error->file, "...", 3);
        memcpy(error->file + 3, file + size - (keep - 3), keep - 3);
        size = keep;
    } else {
        memcpy(error->file, file, size);
    }
    error->file[size] = 0;
}
