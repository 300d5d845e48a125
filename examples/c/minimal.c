/* Writes the trace of a program of two lines:
 *     1  function area(width) return width * 7 end
 *     2  print(area(6))
 */
#include <ctrace/ctrace.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    ctrace_str folder = {argc > 1 ? argv[1] : "area-trace", 0};
    folder.size = strlen(folder.data);

    ctrace_writer_options options = {CTRACE_WRITER_OPTIONS_INIT, .program = CTRACE_STR("/src/area.lua")};
    ctrace_writer *w;
    ctrace_error error;
    if (ctrace_writer_open(&w, folder, &options, &error) != CTRACE_OK) {
        fprintf(stderr, "%s: %s\n", error.file, error.message);
        return 1;
    }
    ctrace_str path = CTRACE_STR("/src/area.lua");
    ctrace_writer_start(w, path, 1); /* the main program: function 0, called */
    ctrace_id file = ctrace_path(w, path);
    ctrace_id area = ctrace_function(w, file, 1, CTRACE_STR("area"));
    ctrace_id width = ctrace_variable(w, CTRACE_STR("width"));

    ctrace_step(w, file, 2);
    ctrace_begin_arg(w, width); /* an argument is given before its call */
    ctrace_put_int(w, CTRACE_ID_NONE, 6);
    ctrace_call(w, area);
    ctrace_step(w, file, 1);
    ctrace_begin_local(w, width); /* a variable belongs to the step before it */
    ctrace_put_int(w, CTRACE_ID_NONE, 6);
    ctrace_begin_return(w);
    ctrace_put_int(w, CTRACE_ID_NONE, 42);
    ctrace_step(w, file, 2); /* back in line 2, which prints */
    ctrace_log(w, CTRACE_LOG_WRITE, CTRACE_STR(""), CTRACE_STR("42\n"));

    if (ctrace_writer_close(&w, &error) != CTRACE_OK) { /* tells the first failure of all these calls */
        fprintf(stderr, "%s: %s\n", error.file, error.message);
        return 1;
    }
    return 0;
}
