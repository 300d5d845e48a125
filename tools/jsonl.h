/* Events as JSON lines: each line is what trace.json would hold. */
#ifndef CTRACE_TOOLS_JSONL_H
#define CTRACE_TOOLS_JSONL_H

#include "text.h"

#include <ctrace/writer.h>

/* The library's writer makes the list of a trace.json; this takes the list apart again. */
typedef struct jsonl {
    ctrace_writer *writer;
    text line;
    unsigned depth;
    bool in_text;
    bool escaped;
    bool any;
} jsonl;

/* Both give 0 or the exit code of a failure, which was told. `j` must stay where it is until the end. */
int jsonl_begin(jsonl *j);
int jsonl_event(jsonl *j, const ctrace_event *event);
int jsonl_end(jsonl *j);

#endif
