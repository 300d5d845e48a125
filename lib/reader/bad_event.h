/* What a repair asks of a reader. */
#ifndef CTRACE_LIB_READER_BAD_EVENT_H
#define CTRACE_LIB_READER_BAD_EVENT_H

#include "codec/decoder.h"

/* What is known of the bad event of the last call of ctrace_reader_next(). */
const ctr_bad_event *ctr_reader_bad_event(const ctrace_reader *reader);

#endif
