/* The recorder: Ruby's events to calls of libctrace. There is one for the process. */
#ifndef CTRACE_RUBY_RECORDER_H
#define CTRACE_RUBY_RECORDER_H

#include "code.h"
#include "lanes.h"
#include "values.h"

/* A text that the program wrote. */
void ctrb_record_output(ctrace_log_kind kind, VALUE text);
uint64_t ctrb_recorded_outputs(void); /* how many */
bool ctrb_recording(void);
/* Puts what waits into the file, for the process may be replaced. */
void ctrb_recorder_flush(void);
/* Ends the recording: the process is left without its farewell. */
void ctrb_recorder_stop(void);

/* output.c */
void ctrb_init_output(void);

#endif
