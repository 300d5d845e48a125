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
    bool is_cut_off;     /* it ends without its proper end, after a whole event, */
    ctrace_leniency how; /* and this tells how */
    uint64_t bad;        /* entries that are no events; they are passed over */
    ctrace_error first;  /* the first failure, status CTRACE_OK when there was none, */
    ctrace_error last;   /* and the one that ended the reading */
    bool has_ended;      /* there is nothing more to read */
    void (*idle)(void *cookie); /* called before waiting; NULL when it is not followed */
    void *idle_cookie;
} input;

/* Opens a folder, a file or "-". Tells a failure and then returns its exit code; else 0. */
int input_open(input *in, const char *path);
/* The same for a trace that is still being written: input_next() then waits for what comes, and calls `idle` before. An
 * interrupt from the keyboard ends it as if the trace ended there. */
int input_follow(input *in, const char *path, void (*idle)(void *cookie), void *cookie);
/* Goes to event, step or call number `n`, or to the end when there are fewer. Nothing was read yet. */
void input_seek(input *in, ctrace_unit unit, uint64_t n);
/* The next event; false when there is nothing more to read. */
bool input_next(input *in, const ctrace_event **event);
/* Closes. Tells what failed while reading, after all that was printed; returns its exit code, or 0. */
int input_close(input *in);

#endif
