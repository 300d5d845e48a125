/* The recorder: Ruby's events to calls of libctrace. There is one for the process. */
#ifndef CTRACE_RUBY_RECORDER_H
#define CTRACE_RUBY_RECORDER_H

#include "code.h"
#include "lanes.h"
#include "values.h"

/* A text that the program wrote. */
void ctrb_record_output(ctrace_log_kind kind, VALUE text);
bool ctrb_recording(void);
/* Puts what waits into the file: before the process is replaced or left without its farewell. */
void ctrb_recorder_flush(void);

/* output.c */
void ctrb_init_output(void);

#endif
