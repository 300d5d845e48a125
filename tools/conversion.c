#include "conversion.h"

#include "complain.h"
#include "input.h"
#include "nearest.h"
#include "options.h"
#include "progress.h"
#include "screen.h"
#include "show_conversion.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct conversion_options {
    conversion_task task;
    const char *in, *out;
    ctrace_convert_options library;
    ctrace_range range;
    bool has_range;
    bool json;
    bool quiet;
} conversion_options;

/* ---- Stopping ---- */

/* A signal only leaves a mark, so that the library can remove what it has begun; and a byte in a pipe, so that waiting
 * for input ends also when the signal comes just before it begins. */
static volatile sig_atomic_t stopped_by;
static int stop_pipe[2] = {-1, -1};

static void note_signal(int signal)
{
    int kept = errno;
    stopped_by = signal;
    if (write(stop_pipe[1], "", 1) < 0) {
        /* then the mark alone must do */
    }
    errno = kept;
}

static void catch_signals(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    if (pipe(stop_pipe) != 0)
        return; /* they end the process at once, and it may leave a temporary file */
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction action = {.sa_handler = note_signal, .sa_flags = (int)SA_RESETHAND}, before;
        sigemptyset(&action.sa_mask);
        /* nohup's wish stays. */
        if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
    }
}

/* Ends as the signal would have ended it. */
static int end_by_signal(void)
{
    signal(stopped_by, SIG_DFL);
    raise(stopped_by);
    return EXIT_NOT_RUN;
}

/* ---- Progress ---- */

typedef struct watched {
    progress shown;
    bool shows;
} watched;

static int watch(void *cookie, uint64_t done, uint64_t total)
{
    watched *w = cookie;
    if (stopped_by)
        return 1;
    if (w->shows)
        progress_tell(&w->shown, done, total);
    return 0;
}

/* ---- Standard input and output ---- */

static ptrdiff_t read_stdin(void *cookie, char *buffer, size_t size, int *system_error)
{
    (void)cookie;
    struct pollfd waiting[] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = stop_pipe[0], .events = POLLIN}};
    ssize_t count;
    do
        count = poll(waiting, 2, -1) < 0 ? -1 : stopped_by ? 0 : read(STDIN_FILENO, buffer, size);
    while (count < 0 && errno == EINTR && !stopped_by);
    if (stopped_by) {
        *system_error = ECANCELED;
        return -1;
    }
    if (count < 0)
        *system_error = errno;
    return count;
}

/* Events to standard output; keeps the errno of a failure. */
static int write_stdout(void *cookie, uint64_t offset, const char *data, size_t size)
{
    (void)offset;
    int *failure = cookie;
    while (size) {
        ssize_t count = write(STDOUT_FILENO, data, size);
        if (count < 0 && errno == EINTR && !stopped_by)
            continue;
        if (count < 0)
            return *failure = errno;
        data += count;
        size -= (size_t)count;
    }
    return 0;
}

/* ---- Doing it ---- */

static void print_report(const conversion_options *o, const ctrace_conversion *report, bool written)
{
    bool to_stdout = o->library.sink != NULL;
    bool nothing_to_say = ctrace_conversion_loss_count(report) == 0 && ctrace_conversion_note_count(report) == 0;
    /* Standard output holds the events, and a filter that has nothing to complain of says nothing. */
    if ((o->quiet && nothing_to_say) || (to_stdout && nothing_to_say))
        return;
    conversion_shown shown = {input_name(o->in), to_stdout ? "<stdout>" : o->out, written};
    text t = screen_text(WHEN_NEVER, false);
    if (o->json)
        show_conversion_json(&t, &shown, report);
    else
        show_conversion(&t, &shown, report);
    if (to_stdout)
        fwrite(t.data, 1, t.size, stderr);
    else
        screen_write(&t);
    text_free(&t);
}

static int tell_failure(const conversion_options *o, const ctrace_error *error, int write_failure)
{
    if (stopped_by)
        return end_by_signal();
    if (write_failure) {
        complain("cannot write the output: %s", strerror(write_failure));
        return EXIT_NOT_RUN;
    }
    int code = complain_of(input_name(o->in), error);
    if (o->task != REPAIR && code == EXIT_BROKEN && error->status != CTRACE_NOT_A_TRACE)
        complain("nothing was written; 'ctrace repair' keeps what can be kept of a broken trace");
    return code;
}

static int convert(conversion_options *o)
{
    ctrace_source source = {.read = read_stdin};
    int write_failure = 0;
    ctrace_sink sink = {.cookie = &write_failure, .write = write_stdout, .sequential = true};
    watched work = {.shown = {.name = input_name(o->in)}, .shows = isatty(STDERR_FILENO) && !o->quiet};
    o->library.progress = watch;
    o->library.progress_cookie = &work;
    if (input_is_stdin(o->in))
        o->library.source = &source;
    if (strcmp(o->out, "-") == 0)
        o->library.sink = &sink;
    ctrace_str in = str_of(input_name(o->in)), out = str_of(o->out);
    ctrace_conversion *report = NULL;
    ctrace_error error;
    ctrace_status status = CTRACE_OK;
    catch_signals();
    switch (o->task) {
    case CONVERT:
        status = ctrace_convert(&report, in, out, &o->library, &error);
        break;
    case REPAIR:
        status = ctrace_repair(&report, in, out, &o->library, &error);
        break;
    case CUT:
        status = ctrace_cut(&report, in, out, o->range, &o->library, &error);
        break;
    }
    progress_end(&work.shown);
    if (status != CTRACE_OK && status != CTRACE_LOSS)
        return tell_failure(o, &error, write_failure);
    print_report(o, report, status == CTRACE_OK);
    ctrace_conversion_free(&report);
    return status == CTRACE_OK ? EXIT_FINE : EXIT_BROKEN;
}

/* ---- Options ---- */

static const char *form_at(size_t index) { return ctrace_form_name((ctrace_form)index); }

static bool choose_form(conversion_options *o, const char *given)
{
    o->library.form = ctrace_form_find(str_of(given));
    o->library.has_form = o->library.form != CTRACE_FORM_COUNT;
    if (o->library.has_form)
        return true;
    const char *meant = nearest_word(given, form_at);
    if (meant)
        complain("there is no form '%s'; did you mean %s?", given, meant);
    else
        complain("--to is json, ndjson, bin, bin-v0 or ct, not '%s'", given);
    return false;
}

static bool choose_level(conversion_options *o, const char *given)
{
    uint64_t level;
    if (!option_number("--level", given, &level))
        return false;
    if (level < 1 || level > 19) {
        complain("--level is 1 to 19, not '%s'", given);
        return false;
    }
    o->library.level = (int32_t)level;
    return true;
}

/* "A..B", "A..", "..B" or "A". */
static bool choose_range(conversion_options *o, const char *option, ctrace_unit unit, const char *given)
{
    if (o->has_range) {
        complain("give one of --steps, --calls and --events, once; see --help");
        return false;
    }
    char first[32] = "", last[32] = "";
    const char *dots = strstr(given, "..");
    size_t size = dots ? (size_t)(dots - given) : strlen(given);
    bool fits = size < sizeof first && (!dots || strlen(dots + 2) < sizeof last);
    if (fits) {
        memcpy(first, given, size);
        if (dots)
            memcpy(last, dots + 2, strlen(dots + 2) + 1);
    }
    o->has_range = true;
    o->range = (ctrace_range){unit, 0, UINT64_MAX};
    bool digits = strspn(first, "0123456789") == strlen(first) && strspn(last, "0123456789") == strlen(last);
    if (!fits || !digits || (!*first && !*last)) {
        complain("%s needs a range such as 10..20, not '%s'; see --help", option, given);
        return false;
    }
    if (*first && !option_number(option, first, &o->range.first))
        return false;
    if (*last && !option_number(option, last, &o->range.end))
        return false;
    if (!dots)
        o->range.end = o->range.first + (o->range.first != UINT64_MAX);
    if (o->range.end > o->range.first)
        return true;
    complain("%s %s: there is nothing in that range, as the second number is not part of it", option, given);
    return false;
}

static bool take_operands(conversion_options *o, int argc, char **argv)
{
    int count = argc - optind;
    if (count == 0)
        complain("which trace? Give a folder, a file, or - for standard input, and where to write; see --help");
    else if (count == 1)
        complain("where to? Give a folder, a file, or - for standard output, behind '%s'; see --help", argv[optind]);
    else if (count > 2)
        complain("one trace at a time: '%s' is too many; see --help", argv[optind + 2]);
    else if (o->task == CUT && !o->has_range)
        complain("which part? Give --steps, --calls or --events; see --help");
    else if (strcmp(argv[optind + 1], "-") == 0 && !o->library.has_form)
        complain("which form? Standard output has no name that tells it: give --to json or --to ndjson");
    else if (strcmp(argv[optind + 1], "-") == 0 && o->library.form != CTRACE_FORM_JSON &&
             o->library.form != CTRACE_FORM_NDJSON && o->library.form != CTRACE_FORM_BIN)
        complain("standard output takes json, ndjson and bin, not %s: give a file", form_at(o->library.form));
    else if (strcmp(argv[optind + 1], "-") == 0 && o->json)
        complain("--format json goes to standard output, and so do the events: give a file for them");
    else {
        o->in = argv[optind];
        o->out = argv[optind + 1];
        return true;
    }
    return false;
}

/* An exit code, or -1 to go on. */
static int read_options(conversion_options *o, const char *help, int argc, char **argv)
{
    enum { TO = 256, LEVEL, ONE_CORE, NO_FILES, STRICT, FORMAT, STEPS, CALLS, EVENTS, HELP };
    static const struct option known[] = {
        /* Those of a part, which the other commands do not know, come first. */
        {"steps", required_argument, NULL, STEPS},     {"calls", required_argument, NULL, CALLS},
        {"events", required_argument, NULL, EVENTS},   {"to", required_argument, NULL, TO},
        {"level", required_argument, NULL, LEVEL},     {"one-core", no_argument, NULL, ONE_CORE},
        {"no-files", no_argument, NULL, NO_FILES},     {"strict", no_argument, NULL, STRICT},
        {"format", required_argument, NULL, FORMAT},   {"quiet", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, HELP},             {0},
    };
    const struct option *mine = o->task == CUT ? known : known + 3;
    int found;
    bool fine = true;
    while (fine && (found = getopt_long(argc, argv, ":q", mine, NULL)) != -1) {
        switch (found) {
        case TO:
            fine = choose_form(o, optarg);
            break;
        case LEVEL:
            fine = choose_level(o, optarg);
            break;
        case ONE_CORE:
            o->library.compress_aside = false;
            break;
        case NO_FILES:
            o->library.no_files = true;
            break;
        case STRICT:
            o->library.strict = true;
            break;
        case FORMAT:
            fine = option_format(optarg, "json", &o->json);
            break;
        case 'q':
            o->quiet = true;
            break;
        case STEPS:
            fine = choose_range(o, "--steps", CTRACE_UNIT_STEP, optarg);
            break;
        case CALLS:
            fine = choose_range(o, "--calls", CTRACE_UNIT_CALL, optarg);
            break;
        case EVENTS:
            fine = choose_range(o, "--events", CTRACE_UNIT_EVENT, optarg);
            break;
        case HELP:
            return option_help(help);
        default:
            return option_refused(found, argv);
        }
    }
    return fine && take_operands(o, argc, argv) ? -1 : EXIT_NOT_RUN;
}

int conversion_run(conversion_task task, const char *help, int argc, char **argv)
{
    conversion_options o = {.task = task, .library = {CTRACE_CONVERT_OPTIONS_INIT, .compress_aside = true}};
    int code = read_options(&o, help, argc, argv);
    return code >= 0 ? code : convert(&o);
}
