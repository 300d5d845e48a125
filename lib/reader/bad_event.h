/* What a repair asks of a reader. */
#ifndef CTRACE_LIB_READER_BAD_EVENT_H
#define CTRACE_LIB_READER_BAD_EVENT_H

#include "codec/decoder.h"

/* What is known of the bad event of the last call of ctrace_reader_next(). It is forgotten with that. */
ctr_bad_event ctr_reader_take_bad_event(ctrace_reader *reader);
/* After CTRACE_SYNTAX: goes behind what is unreadable, where the form's decoder can, so that ctrace_reader_next() goes on
 * there. CTRACE_END when it cannot, or when nothing follows. */
ctrace_status ctr_reader_resume(ctrace_reader *reader, ctrace_error *error);

#endif
