/* Structs of options, whose first member is their size to the caller. */
#ifndef CTRACE_LIB_BASE_OPTIONS_H
#define CTRACE_LIB_BASE_OPTIONS_H

#include "ctrace/error.h"

/* Copies `given` (may be NULL) into `taken`, which has `size` bytes and becomes zero where an older caller has nothing.
 * Fails when a newer caller sets something that is not known here. `name` is that of the struct. */
ctrace_status ctr_take_options(void *taken, size_t size, const void *given, const char *name, ctrace_error *error);

#endif
