/* Events as JSON lines: each line is what trace.json would hold. */
#ifndef CTRACE_TOOLS_JSONL_H
#define CTRACE_TOOLS_JSONL_H

#include "text.h"

#include <ctrace/writer.h>

typedef struct jsonl {
    ctrace_writer *writer;
    text lines; /* that go to standard output next */
} jsonl;

/* Each gives 0 or the exit code of a failure, which was told. `j` must stay where it is until the end. */
int jsonl_begin(jsonl *j);
int jsonl_event(jsonl *j, const ctrace_event *event);
/* Brings what was given to standard output. */
int jsonl_flush(jsonl *j);
int jsonl_end(jsonl *j);

#endif
