/* An event in words: one line for people. */
#ifndef CTRACE_LIB_DIFF_DESCRIBE_H
#define CTRACE_LIB_DIFF_DESCRIBE_H

#include "base/buffer.h"
#include "diff/names.h"

/* Appends the line; a long one is cut. False when there is no memory. */
bool ctr_describe_event(ctr_buffer *out, const ctr_known_names *names, const ctrace_event *event);
/* Appends "path:line". */
bool ctr_describe_place(ctr_buffer *out, const ctr_known_names *names, ctrace_id path, int64_t line);

#endif
