/* killed_writer FOLDER: writes steps for ever, to be killed. Says "ready" when the first flush is done. */
#include <ctrace/ctrace.h>

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    ctrace_writer *w;
    if (argc != 2 || ctrace_writer_open(&w, (ctrace_str){argv[1], strlen(argv[1])}, NULL, NULL) != CTRACE_OK)
        return 2;
    ctrace_writer_start(w, CTRACE_STR("/a.py"), 1);
    ctrace_step(w, 0, 0);
    ctrace_writer_flush(w, NULL);
    puts("ready");
    fflush(stdout);
    for (int64_t line = 1; ctrace_step(w, 0, line) == CTRACE_OK; line++)
        ;
    return 1;
}
