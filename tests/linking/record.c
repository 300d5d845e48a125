/* record FOLDER: records a made-up program, which calls a function at line 4 three times. */
#include <stdio.h>
#include <string.h>

#include "ctrace.h"

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    ctrace_str path = CTRACE_STR("/src/sum.lua");
    ctrace_writer_options writer = {CTRACE_WRITER_OPTIONS_INIT, .program = CTRACE_STR("/src/sum.lua")};
    ctrace_recorder_options options = {CTRACE_RECORDER_OPTIONS_INIT, .writer = &writer, .path = path, .max_items = 2};
    ctrace_recorder *r;
    ctrace_error error = {0};
    if (ctrace_recorder_open(&r, (ctrace_str){argv[1], strlen(argv[1])}, &options, &error) != CTRACE_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    ctrace_lane *l = ctrace_recorder_lane(r);
    ctrace_id file = ctrace_recorder_path(r, path);
    ctrace_id sum = ctrace_recorder_function(r, file, 4, CTRACE_STR("sum"));
    ctrace_id list = ctrace_recorder_variable(r, CTRACE_STR("list"));
    ctrace_id total = ctrace_recorder_variable(r, CTRACE_STR("total"));
    for (int64_t i = 0; i < 3; i++) {
        ctrace_lane_step(l, file, 1);
        ctrace_lane_begin_arg(l, list);
        size_t shown;
        if (ctrace_lane_open(l, CTRACE_VALUE_SEQUENCE, CTRACE_ID_NONE, 5, NULL, &shown)) {
            for (size_t item = 0; item < shown; item++)
                ctrace_lane_put_float(l, CTRACE_ID_NONE, 0.5);
            ctrace_lane_close(l);
        }
        ctrace_lane_call(l, sum);
        for (int64_t line = 5; line < 8; line++) {
            ctrace_lane_begin_variable(l, total);
            ctrace_lane_put_int(l, CTRACE_ID_NONE, i);
            ctrace_lane_step(l, file, line);
        }
        ctrace_lane_begin_return(l);
        ctrace_lane_put_string(l, CTRACE_ID_NONE, CTRACE_STR("done"), 0);
    }
    if (ctrace_recorder_close(&r, &error) != CTRACE_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    return 0;
}
