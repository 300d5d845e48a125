/* killed_writer FOLDER [FORM]: writes steps for ever, to be killed. Says "ready" when the first flush is done. Flushes
 * often, so that many kills come in the middle of one. */
#include <ctrace/ctrace.h>

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    ctrace_writer *w;
    ctrace_writer_options options = {CTRACE_WRITER_OPTIONS_INIT};
    if (argc == 3) {
        options.form = ctrace_form_find((ctrace_str){argv[2], strlen(argv[2])});
        options.flush_bytes = 100000;
    }
    if (argc < 2 || ctrace_writer_open(&w, (ctrace_str){argv[1], strlen(argv[1])}, &options, NULL) != CTRACE_OK)
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
