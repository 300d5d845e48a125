/* Events as JSON lines: each line is what trace.json would hold. */
#ifndef CTRACE_TOOLS_JSONL_H
#define CTRACE_TOOLS_JSONL_H

#include <ctrace/writer.h>

typedef struct jsonl {
    ctrace_writer *writer;
} jsonl;

/* Each gives 0 or the exit code of a failure, which was told. */
int jsonl_begin(jsonl *j);
int jsonl_event(jsonl *j, const ctrace_event *event);
/* Brings what was given to standard output. */
int jsonl_flush(jsonl *j);
int jsonl_end(jsonl *j);

#endif
