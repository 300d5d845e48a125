/* What a conversion asks the writer behind every event. */
#ifndef CTRACE_LIB_WRITER_CHANGES_H
#define CTRACE_LIB_WRITER_CHANGES_H

#include "ctrace/writer.h"

/* A number that is another one when something had to be changed in an event since: a text mended, a value cut, … */
uint64_t ctr_writer_changes(const ctrace_writer *w);

#endif
