#include "screen.h"

#include "complain.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool utf8;

void screen_begin(void)
{
    setlocale(LC_CTYPE, "");
    utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    /* A parent may have left the signal ignored. When the reader of a pipe goes away we end at once, without a word. */
    signal(SIGPIPE, SIG_DFL);
}

bool screen_is_utf8(void)
{
    return utf8;
}

size_t screen_width(void)
{
    struct winsize size;
    return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static bool shows_colours(when colours)
{
    if (colours != WHEN_AUTO)
        return colours == WHEN_ALWAYS;
    const char *no = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    return isatty(STDOUT_FILENO) && !(no && *no) && term && strcmp(term, "dumb") != 0;
}

text screen_text(when colours, bool ascii)
{
    return (text){.ascii = ascii || !utf8, .colour = shows_colours(colours)};
}

static _Noreturn void give_up(int reason)
{
    if (reason != EPIPE)
        fprintf(stderr, "%s: cannot write the output: %s\n", complain_name(), strerror(reason));
    _exit(EXIT_NOT_RUN);
}

void screen_write(text *t)
{
    if (t->size && fwrite(t->data, 1, t->size, stdout) != t->size)
        give_up(errno);
    t->size = 0;
}

void screen_flush(void)
{
    if (fflush(stdout) != 0)
        give_up(errno);
}

void screen_end(void)
{
    screen_flush();
    if (fclose(stdout) != 0)
        give_up(errno);
}
