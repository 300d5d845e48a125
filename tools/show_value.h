/* A value as one line of text, close to how the traced language would spell it. */
#ifndef CTRACE_TOOLS_SHOW_VALUE_H
#define CTRACE_TOOLS_SHOW_VALUE_H

#include "names.h"
#include "text.h"

/* Shows about `max_size` bytes, then marks what is left out. */
void show_value(text *t, const names *n, const ctrace_value *value, size_t max_size);

#endif
