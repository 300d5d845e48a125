/* What convert, repair and cut share: two operands, the options of the library, stopping cleanly, the report. */
#ifndef CTRACE_TOOLS_CONVERSION_H
#define CTRACE_TOOLS_CONVERSION_H

#include <ctrace/convert.h>

typedef enum conversion_task { CONVERT, REPAIR, CUT } conversion_task;

/* Reads the arguments of one of the commands and does it; gives the exit code. */
int conversion_run(conversion_task task, const char *help, int argc, char **argv);

/* The options that they share, for the help texts. */
#define HELP_CONVERSION                                                              \
    "  --to FORM         json, ndjson, bin, bin-v0 or ct; default: by the suffix of OUT,\n" \
    "                    else the form of IN\n"                                      \
    "  --level N         of zstd, 1 to 19; default 3\n"                              \
    "  --one-core        do not compress on a second thread\n"                       \
    "  --no-files        leave the copies of sources below files/ where they are\n"  \
    "  --strict          write nothing when something would be lost\n"               \
    "  --format FORMAT   of what is said about it: text (default) or json: one\n"    \
    "                    object, described by convert.schema.json\n"                 \
    "  -q, --quiet       say nothing when all went well\n"                           \
    "  --help            print this\n"

#endif
