/* The value of a variable in one go: the same as ctrace_begin_local() and one put, for those who have nothing to
 * declare in between. In JSON and JSON lines the event is built in one piece. */
#ifndef CTRACE_LIB_WRITER_QUICK_H
#define CTRACE_LIB_WRITER_QUICK_H

#include "ctrace/writer.h"

ctrace_status ctr_quick_local_int(ctrace_writer *w, ctrace_id variable, ctrace_id type, int64_t i);
ctrace_status ctr_quick_local_float(ctrace_writer *w, ctrace_id variable, ctrace_id type, double f);
ctrace_status ctr_quick_local_bool(ctrace_writer *w, ctrace_id variable, ctrace_id type, bool b);
ctrace_status ctr_quick_local_none(ctrace_writer *w, ctrace_id variable, ctrace_id type);
/* String, Raw or Error. */
ctrace_status ctr_quick_local_text(ctrace_writer *w, ctrace_id variable, ctrace_value_kind kind, ctrace_id type,
                                   ctrace_str text);
ctrace_status ctr_quick_local_kept(ctrace_writer *w, ctrace_id variable, const ctrace_kept *kept);

#endif
