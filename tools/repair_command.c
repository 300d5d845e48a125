/* ctrace repair: a whole trace out of a broken one. */
#include "commands.h"
#include "conversion.h"

static const char help[] =
    "Usage: ctrace repair [OPTION]... IN OUT\n"
    "\n"
    "Makes a whole trace of one that was cut off or damaged: keeps every event that\n"
    "can be read, and tells what was lost and where. Lost declarations are replaced\n"
    "by made-up ones, so that the ids of what stays mean what they meant; metadata\n"
    "that is missing is made. IN is the folder of a trace, its file, or - for\n"
    "standard input, and is not changed. OUT is a folder; or one file, when its name\n"
    "ends in .json, .ndjson, .jsonl, .bin or .ct; or - for standard output.\n"
    "\n" HELP_CONVERSION
    "\n"
    "Exit status: 0 written; 1 there is nothing that can be kept, or --strict and\n"
    "something would be lost; 2 could not run.\n"
    "\n"
    "Examples:\n"
    "  ctrace repair trace/ mended/\n"
    "  ctrace repair --format json cut-off.json mended.json | jq .losses\n";

int repair_command(int argc, char **argv) { return conversion_run(REPAIR, help, argc, argv); }
