/* ctrace convert: a trace in another form. */
#include "commands.h"
#include "conversion.h"

static const char help[] =
    "Usage: ctrace convert [OPTION]... IN OUT\n"
    "\n"
    "Writes a trace in another form, event by event, and tells what the new form\n"
    "cannot hold. IN is the folder of a trace, its file, or - for standard input.\n"
    "OUT is a folder, which gets the metadata and the copies of the sources too; or\n"
    "one file, when its name ends in .json, .ndjson, .jsonl, .bin or .ct; or - for\n"
    "standard output. It gets its name when it is complete, and IN is not changed. A\n"
    "trace that is in the folder OUT is replaced.\n"
    "\n" HELP_CONVERSION
    "\n"
    "Exit status: 0 written; 1 the trace is broken, or --strict and something would\n"
    "be lost; 2 could not run.\n"
    "\n"
    "Examples:\n"
    "  ctrace convert trace/ small/ --to bin\n"
    "  ctrace convert trace.bin - --to ndjson | jq -c 'select(.Call)'\n";

int convert_command(int argc, char **argv) { return conversion_run(CONVERT, help, argc, argv); }
