/* Reading command lines. Every failure is told on one line. */
#ifndef CTRACE_TOOLS_OPTIONS_H
#define CTRACE_TOOLS_OPTIONS_H

#include "screen.h"

#include <ctrace/form.h>

#include <stdbool.h>
#include <stdint.h>

/* What getopt_long() did not take; always gives EXIT_NOT_RUN. `found` is what it returned. */
int option_refused(int found, char **argv);
bool option_number(const char *option, const char *given, uint64_t *out);
bool option_colour(const char *given, when *out);
/* --format: text or the other one. */
bool option_format(const char *given, const char *other, bool *is_other);
/* The name of a form, such as "bin-v0". */
bool option_form(const char *option, const char *given, ctrace_form *out);
/* Prints a help text; gives EXIT_FINE. */
int option_help(const char *help);
int option_version(const char *tool);
/* The only operand, or NULL. */
const char *option_one_path(int argc, char **argv);

/* What --color does, for the help texts. */
#define HELP_COLOUR                                                                   \
    "  --color WHEN      always, never or auto (default: on a terminal, unless\n"            \
    "                    NO_COLOR is set)\n"

#endif
