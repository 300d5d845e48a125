/* ctrace tree: the calls as a tree with arguments and results. */
#include "commands.h"

#include "call_tree.h"
#include "complain.h"
#include "input.h"
#include "options.h"
#include "show_name.h"

#include <getopt.h>
#include <inttypes.h>

#define DEFAULT_DEPTH 6
#define MOST_DEPTH 1000
#define DEFAULT_CALLS 1000

static const char help[] =
    "Usage: ctrace tree [OPTION]... PATH\n"
    "\n"
    "Prints the calls of a trace as a tree: function, arguments, result, and where\n"
    "the function is defined. Each thread has its own tree. PATH is the folder of a\n"
    "trace, its file, or - for standard input.\n"
    "\n"
    "Like calls that follow one another become one line: in '500x step(i=0...499)'\n"
    "i was from 0 to 499, and below it stands what all of them called, summed up by\n"
    "function. Lines that a bracket after the 'x' joins took turns.\n"
    "\n"
    "  --depth N         show N levels of calls (default 6, at most 1000)\n"
    "  --max-calls N     show at most N lines of calls (default 1000); the others are\n"
    "                    counted\n"
    "  --width N         cut lines at N columns, 0 for never (default: the\n"
    "                    terminal's; when the output is no terminal: never)\n"
    "  --no-fold         a line for each call\n"
    "  --ascii           ASCII only; also when the locale is not UTF-8\n" HELP_COLOUR
    "  --help            print this\n"
    "\n"
    "Exit status: 0 all was read; 1 the trace is broken, what can be read is\n"
    "printed; 2 could not run.\n"
    "\n"
    "Examples:\n"
    "  ctrace tree trace/\n"
    "  ctrace tree --depth 20 --color always trace/ | less -R\n";

typedef struct printer {
    const call_tree *tree;
    text line;
    size_t width; /* columns, or 0 */
    text prefix; /* what stands before the lines of the current node's children */
} printer;

/* ---- One line ---- */

static void coloured(text *t, colour c, const char *ours)
{
    text_colour(t, c);
    text_put(t, ours);
    text_colour(t, COLOUR_NONE);
}

static void print_value(text *t, const seen_value *v)
{
    if (!v->varies) {
        text_bytes(t, v->shown.data, v->shown.size);
        return;
    }
    if (v->is_int)
        text_format(t, "%" PRId64, v->least);
    text_ellipsis(t);
    if (v->is_int)
        text_format(t, "%" PRId64, v->most);
}

static void print_arguments(text *t, const names *n, const call_node *node)
{
    text_put(t, "(");
    for (size_t i = 0; i < node->arg_count; i++) {
        if (i)
            text_put(t, ", ");
        show_variable(t, n, node->variables[i]);
        text_put(t, "=");
        print_value(t, &node->args[i]);
    }
    if (node->more_args) {
        text_put(t, ", ");
        text_ellipsis(t);
    }
    text_put(t, ")");
}

static void print_outcome(text *t, const call_node *node, bool is_top_level)
{
    switch (node->ended) {
    case OUTCOME_OPEN:
        if (!is_top_level)
            coloured(t, COLOUR_YELLOW, " did not return");
        break;
    case OUTCOME_RETURNED:
        text_put(t, " -> ");
        text_colour(t, COLOUR_GREEN);
        print_value(t, &node->result);
        text_colour(t, COLOUR_NONE);
        break;
    case OUTCOME_RAISED:
        text_put(t, " ");
        text_colour(t, COLOUR_RED);
        text_put(t, "raised ");
        print_value(t, &node->result);
        text_colour(t, COLOUR_NONE);
        break;
    }
    if (node->exceptions) {
        text_colour(t, COLOUR_YELLOW);
        if (node->calls > 1)
            text_format(t, ", %" PRIu64 " of them", node->exceptions);
        text_put(t, " after ");
        print_value(t, &node->exception);
        text_colour(t, COLOUR_NONE);
    }
}

static void print_origin(text *t, const names *n, const call_node *node, bool is_outermost)
{
    const named_function *function = names_function(n, node->function_id);
    text_colour(t, COLOUR_DIM);
    if (function) {
        text_put(t, "  ");
        show_place(t, n, function->path_id, function->line);
    }
    uint64_t total = is_outermost ? call_node_total(node) : 0;
    if (total > node->calls)
        text_format(t, "  %" PRIu64 " calls", total);
    text_colour(t, COLOUR_NONE);
}

/* A bracket along the lines of calls that took turns. */
static void print_turn(text *t, const call_node *node)
{
    if (node->turn_size < 2)
        return;
    bool is_last = node->turn_place == node->turn_size - 1;
    if (t->ascii)
        text_put(t, node->turn_place == 0 ? "/ " : is_last ? "\\ " : "| ");
    else
        text_put(t, node->turn_place == 0 ? "┌ " : is_last ? "└ " : "│ ");
}

static void print_call(printer *p, const call_node *node, bool is_outermost)
{
    const names *n = &p->tree->names;
    const named_function *function = names_function(n, node->function_id);
    /* By convention of the format this is the program's own code, which nobody calls. */
    bool is_top_level = is_outermost && node->function_id == 0 && !node->previous;
    if (node->calls > 1) {
        text_colour(&p->line, COLOUR_CYAN);
        text_format(&p->line, "%" PRIu64 "x ", node->calls);
        print_turn(&p->line, node);
        text_colour(&p->line, COLOUR_NONE);
    }
    text_colour(&p->line, COLOUR_BOLD);
    show_function(&p->line, n, node->function_id);
    text_colour(&p->line, COLOUR_NONE);
    bool is_code = is_top_level && function && function->name.size && function->name.data[0] == '<';
    if (!is_code || node->arg_count)
        print_arguments(&p->line, n, node);
    print_outcome(&p->line, node, is_top_level);
    print_origin(&p->line, n, node, is_outermost);
    text_fit(&p->line, p->width);
    text_put(&p->line, "\n");
    screen_write(&p->line);
}

/* ---- The tree ---- */

static void begin_branch(printer *p, bool is_last)
{
    static const char *const branches[2][2] = {{"├─ ", "└─ "}, {"|- ", "`- "}};
    text_colour(&p->line, COLOUR_DIM);
    text_bytes(&p->line, p->prefix.data, p->prefix.size);
    text_put(&p->line, branches[p->line.ascii][is_last]);
    text_colour(&p->line, COLOUR_NONE);
}

static void print_hidden(printer *p, const call_node *node)
{
    text_colour(&p->line, COLOUR_DIM);
    text_ellipsis(&p->line);
    text_format(&p->line, " %" PRIu64 "%s call%s", node->hidden, node->first ? " more" : "",
                node->hidden == 1 ? "" : "s");
    text_colour(&p->line, COLOUR_NONE);
    text_put(&p->line, "\n");
    screen_write(&p->line);
}

static void print_children(printer *p, const call_node *node)
{
    for (const call_node *child = node->first; child; child = child->next) {
        bool is_last = !child->next && !node->hidden;
        size_t before = p->prefix.size;
        begin_branch(p, is_last);
        print_call(p, child, false);
        text_put(&p->prefix, is_last ? "   " : p->line.ascii ? "|  " : "│  ");
        print_children(p, child);
        p->prefix.size = before;
    }
    if (node->hidden) {
        begin_branch(p, true);
        print_hidden(p, node);
    }
}

static void print_thread(printer *p, const thread *of, const thread_tree *tree, bool has_others)
{
    if (!tree->root.first && !tree->root.hidden)
        return;
    if (has_others) {
        text_colour(&p->line, COLOUR_BOLD);
        if (of->has_id)
            text_format(&p->line, "thread %" PRIu64, of->id);
        else
            text_put(&p->line, "first thread");
        text_colour(&p->line, COLOUR_NONE);
        text_put(&p->line, "\n");
    }
    for (const call_node *call = tree->root.first; call; call = call->next) {
        print_call(p, call, true);
        print_children(p, call);
    }
    if (tree->root.hidden)
        print_hidden(p, &tree->root);
}

static void print_tree(const call_tree *tree, text line, size_t width)
{
    printer p = {.tree = tree, .line = line, .width = width};
    for (size_t i = 0; i < tree->tree_count; i++)
        print_thread(&p, &tree->threads.list[i], tree->trees[i], tree->tree_count > 1);
    text_free(&p.line);
    text_free(&p.prefix);
}

static uint64_t stray_returns(const threads *t)
{
    uint64_t stray = 0;
    for (size_t i = 0; i < t->count; i++)
        stray += t->list[i].stray;
    return stray;
}

typedef struct tree_options {
    const char *path;
    uint64_t depth;
    uint64_t max_calls;
    uint64_t width;
    bool has_width;
    bool no_fold;
    bool ascii;
    when colours;
} tree_options;

/* An exit code, or -1 to go on. */
static int read_options(tree_options *o, int argc, char **argv)
{
    enum { DEPTH = 256, MAX_CALLS, WIDTH, NO_FOLD, ASCII, COLOUR, HELP };
    static const struct option known[] = {
        {"depth", required_argument, NULL, DEPTH},   {"max-calls", required_argument, NULL, MAX_CALLS},
        {"no-fold", no_argument, NULL, NO_FOLD},     {"ascii", no_argument, NULL, ASCII},
        {"color", required_argument, NULL, COLOUR},  {"colour", required_argument, NULL, COLOUR},
        {"width", required_argument, NULL, WIDTH},   {"help", no_argument, NULL, HELP},
        {0},
    };
    *o = (tree_options){.depth = DEFAULT_DEPTH, .max_calls = DEFAULT_CALLS};
    int found;
    bool fine = true;
    while (fine && (found = getopt_long(argc, argv, ":", known, NULL)) != -1) {
        switch (found) {
        case DEPTH:
            fine = option_number("--depth", optarg, &o->depth);
            break;
        case MAX_CALLS:
            fine = option_number("--max-calls", optarg, &o->max_calls);
            break;
        case WIDTH:
            fine = o->has_width = option_number("--width", optarg, &o->width);
            break;
        case NO_FOLD:
            o->no_fold = true;
            break;
        case ASCII:
            o->ascii = true;
            break;
        case COLOUR:
            fine = option_colour(optarg, &o->colours);
            break;
        case HELP:
            return option_help(help);
        default:
            return option_refused(found, argv);
        }
    }
    if (fine)
        o->path = option_one_path(argc, argv);
    return o->path ? -1 : EXIT_NOT_RUN;
}

int tree_command(int argc, char **argv)
{
    tree_options o;
    int code = read_options(&o, argc, argv);
    if (code >= 0)
        return code;
    input in;
    code = input_open(&in, o.path);
    if (code)
        return code;
    text line = screen_text(o.colours, o.ascii);
    call_tree tree = {.max_depth = o.depth < MOST_DEPTH ? (unsigned)o.depth : MOST_DEPTH,
                      .max_nodes = o.max_calls,
                      .fold = !o.no_fold,
                      .ascii = line.ascii};
    call_tree_begin(&tree, ctrace_reader_metadata(in.reader));
    const ctrace_event *event;
    while (input_next(&in, &event))
        call_tree_see(&tree, event);
    print_tree(&tree, line, o.has_width ? (size_t)o.width : screen_width());
    uint64_t stray = stray_returns(&tree.threads);
    call_tree_free(&tree);
    code = input_close(&in);
    if (stray) {
        complain("%s: %" PRIu64 " Return%s without an open call passed over", input_name(o.path), stray,
                 stray == 1 ? "" : "s");
        code = code ? code : EXIT_BROKEN;
    }
    return code;
}
