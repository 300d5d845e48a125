/* The trace that the command line names. */
#ifndef CTRACE_TOOLS_INPUT_H
#define CTRACE_TOOLS_INPUT_H

#include <ctrace/reader.h>

/* How an input is called in what is said: "-" is "<stdin>". */
const char *input_name(const char *path);
bool input_is_stdin(const char *path);
/* Reads standard input. */
ctrace_source input_stdin(void);

typedef struct input {
    ctrace_reader *reader;
    const char *path;
    bool is_open_list;  /* it ends without the end of the list, after a whole event */
    uint64_t bad;       /* entries that are no events; they are passed over */
    ctrace_error first; /* the first failure, status CTRACE_OK when there was none, */
    ctrace_error last;  /* and the one that ended the reading */
} input;

/* Opens a folder, a file or "-". Tells a failure and then returns its exit code; else 0. */
int input_open(input *in, const char *path);
/* The next event; false when there is nothing more to read. */
bool input_next(input *in, const ctrace_event **event);
/* Closes. Tells what failed while reading, after all that was printed; returns its exit code, or 0. */
int input_close(input *in);

#endif
