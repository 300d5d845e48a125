/* ctrace cut: a part of a trace as a trace of its own. */
#include "commands.h"
#include "conversion.h"

static const char help[] =
    "Usage: ctrace cut [OPTION]... (--steps|--calls|--events) A..B IN OUT\n"
    "\n"
    "Writes a part of a trace as a trace of its own: with the names that it needs,\n"
    "inside of the calls that were open, which return at its end. IN is the folder\n"
    "of a trace, its file, or - for standard input, and is not changed. OUT is a\n"
    "folder; or one file, when its name ends in .json, .ndjson, .jsonl, .bin or .ct;\n"
    "or - for standard output.\n"
    "\n"
    "  --steps A..B      from step A up to, but without, step B; from 0. A.. goes to\n"
    "                    the end, ..B begins at 0, and A is that step alone\n"
    "  --calls A..B      these calls as a whole, up to their last return; call 0 is\n"
    "                    mostly the whole program\n"
    "  --events A..B     by the numbers that 'ctrace cat' shows\n" HELP_CONVERSION
    "\n"
    "Exit status: 0 written; 1 the trace is broken, or --strict and something would\n"
    "be lost; 2 could not run, or there is no such part.\n"
    "\n"
    "Examples:\n"
    "  ctrace cut --calls 211 trace/ one-call/\n"
    "  ctrace cut --steps 8000..9000 trace/ part.json\n";

int cut_command(int argc, char **argv) { return conversion_run(CUT, help, argc, argv); }
