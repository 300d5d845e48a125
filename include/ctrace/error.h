/* Statuses and the details of a failure. */
#ifndef CTRACE_ERROR_H
#define CTRACE_ERROR_H

#include "common.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Every status: number, name, what it means. Numbers are never reused. */
#define CTRACE_STATUSES(X)                                                                     \
    X(2, AGAIN, "there is nothing more yet")                                                   \
    X(1, END, "there is nothing more")                                                         \
    X(0, OK, "fine")                                                                           \
    X(-1, NO_MEMORY, "out of memory")                                                          \
    X(-2, ARGUMENT, "an argument is not acceptable")                                           \
    X(-3, STATE, "the call does not fit what was called before")                               \
    X(-4, IO, "reading or writing failed")                                                     \
    X(-5, NOT_FOUND, "there is no such file or folder")                                        \
    X(-6, NOT_A_TRACE, "the input is not a trace")                                             \
    X(-7, SYNTAX, "the input is not well-formed")                                              \
    X(-8, TRUNCATED, "the input ends inside an event")                                         \
    X(-9, EVENT, "the input is well-formed, but one of its entries is not an event")           \
    X(-10, TOO_DEEP, "values are nested too deeply")                                           \
    X(-11, TOO_LARGE, "an event or a number is too large")                                     \
    X(-12, UNSUPPORTED, "this library does not do that with that form")                        \
    X(-13, LOSS, "the target cannot hold all of it")

typedef enum ctrace_status {
#define X(number, name, text) CTRACE_##name = number,
    CTRACE_STATUSES(X)
#undef X
} ctrace_status;

/* A place in a trace. What is unknown is 0, `event` then CTRACE_ID_NONE. In a compressed form `offset` counts the
 * bytes of the events as they are without compression; the binary forms have no lines. */
typedef struct ctrace_position {
    uint64_t event;  /* index of the event, from 0 */
    uint64_t offset; /* byte in the file, from 0 */
    uint64_t line;   /* line and column in the file, from 1; the column counts bytes */
    uint64_t column;
} ctrace_position;

/* Details of a failure, filled by the functions that take one; NULL is always allowed.
 * It holds everything itself and needs no freeing. */
typedef struct ctrace_error {
    ctrace_status status;
    ctrace_position position;
    int system;        /* errno of the failed system call, or 0 */
    char message[256]; /* one line, says what is wrong; ends in NUL */
    char file[256];    /* the file that it is about, or ""; a long path keeps its end */
} ctrace_error;

/* The name of a status, such as "CTRACE_IO", and what it means. Both are static. */
CTRACE_API const char *ctrace_status_name(ctrace_status status);
CTRACE_API const char *ctrace_status_text(ctrace_status status);

#ifdef __cplusplus
}
#endif
#endif
