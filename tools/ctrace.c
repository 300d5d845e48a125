/* ctrace: looks into traces, and turns them into others. */
#include "commands.h"
#include "complain.h"
#include "nearest.h"
#include "options.h"

#include <string.h>

static const char help[] =
    "Usage: ctrace COMMAND [OPTION]... PATH...\n"
    "\n"
    "Looks into program-execution traces in CodeTracer's formats, and turns them into\n"
    "others.\n"
    "\n"
    "  info       what a trace holds: program, sizes, events by kind, calls\n"
    "  cat        the events, one a line, as readable text or JSON lines\n"
    "  tree       the calls as a tree with arguments and results\n"
    "  index      keeps an index beside a trace, to go to any place of it at once\n"
    "  validate   what is wrong with a trace, and which programs would refuse it\n"
    "  diff       where two traces differ\n"
    "  convert    the trace in another form\n"
    "  repair     a whole trace out of a broken one\n"
    "  cut        a part of a trace as a trace of its own\n"
    "  gen        makes up a trace, for tests and measurements\n"
    "\n"
    "  --version  print the version\n"
    "  --help     print this; 'ctrace COMMAND --help' tells about a command\n"
    "\n"
    "Exit status: 0 fine; 1 the trace is broken; 2 could not run.\n"
    "\n"
    "Examples:\n"
    "  ctrace tree trace/\n"
    "  ctrace cat --kind call trace/trace.json\n";

typedef struct command {
    const char *name;
    const char *tool; /* what begins its lines on standard error */
    int (*run)(int argc, char **argv);
} command;

static const command commands[] = {
    {"info", "ctrace info", info_command},
    {"cat", "ctrace cat", cat_command},
    {"tree", "ctrace tree", tree_command},
    {"index", "ctrace index", index_command},
    {"validate", "ctrace validate", validate_command},
    {"diff", "ctrace diff", diff_command},
    {"convert", "ctrace convert", convert_command},
    {"repair", "ctrace repair", repair_command},
    {"cut", "ctrace cut", cut_command},
    {"gen", "ctrace gen", gen_command},
};

static const char *command_at(size_t index)
{
    return index < sizeof commands / sizeof *commands ? commands[index].name : NULL;
}

static int run(int argc, char **argv)
{
    if (argc < 2) {
        complain("which command? See ctrace --help");
        return EXIT_NOT_RUN;
    }
    const char *word = argv[1];
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || (strcmp(word, "help") == 0 && argc == 2))
        return option_help(help);
    if (strcmp(word, "--version") == 0)
        return option_version("ctrace");
    /* "ctrace help tree" is "ctrace tree --help". */
    char *asked[] = {argv[0], (char[]){"--help"}, NULL};
    bool is_help = strcmp(word, "help") == 0;
    if (is_help)
        word = argv[2];
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(word, commands[i].name) == 0) {
            complain_as(commands[i].tool);
            return is_help ? commands[i].run(2, asked) : commands[i].run(argc - 1, argv + 1);
        }
    }
    const char *meant = nearest_word(word, command_at);
    if (word[0] == '-')
        complain("unknown option %s; see ctrace --help", word);
    else if (meant)
        complain("there is no command '%s'; did you mean %s?", word, meant);
    else
        complain("there is no command '%s'; see ctrace --help", word);
    return EXIT_NOT_RUN;
}

int main(int argc, char **argv)
{
    screen_begin();
    int code = run(argc, argv);
    screen_end();
    return code;
}
