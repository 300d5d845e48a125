/* What a tool says on standard error, and its exit codes. */
#ifndef CTRACE_TOOLS_COMPLAIN_H
#define CTRACE_TOOLS_COMPLAIN_H

#include <ctrace/error.h>

enum exit_code {
    EXIT_FINE = 0,
    EXIT_BROKEN = 1,  /* the trace is invalid or ends early */
    EXIT_NOT_RUN = 2, /* bad arguments, missing file, failed system call */
};

/* The name that begins every line, such as "ctrace cat". Kept by pointer. */
void complain_as(const char *tool);
const char *complain_name(void);

/* One line on standard error. What is not ours in it is made safe for the terminal. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The line of a failed library call on `path`, and the exit code that fits its status. */
int complain_of(const char *path, const ctrace_error *error);

/* Gives `block` back; ends the program when it is NULL. */
void *need(void *block);

#endif
