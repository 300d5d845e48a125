/* live_writer FOLDER FORM: writes as many steps as each line of its input says, flushes, and says "there". Ends the trace
 * at the end of the input. */
#include <ctrace/ctrace.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    ctrace_writer *w;
    ctrace_writer_options options = {CTRACE_WRITER_OPTIONS_INIT, .without = CTRACE_CONVENIENCE_ALL};
    if (argc != 3)
        return 2;
    options.form = ctrace_form_find((ctrace_str){argv[2], strlen(argv[2])});
    if (ctrace_writer_open(&w, (ctrace_str){argv[1], strlen(argv[1])}, &options, NULL) != CTRACE_OK)
        return 2;
    ctrace_writer_start(w, CTRACE_STR("/a.py"), 1);
    char line[64];
    int64_t at = 0;
    while (fgets(line, sizeof line, stdin)) {
        for (int64_t end = at + atoll(line); at < end; at++)
            ctrace_step(w, 0, 1000 + at);
        if (ctrace_writer_flush(w, NULL) != CTRACE_OK)
            return 1;
        puts("there");
        fflush(stdout);
    }
    return ctrace_writer_close(&w, NULL) == CTRACE_OK ? 0 : 1;
}
