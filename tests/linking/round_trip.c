/* round_trip FOLDER [TRACE.bin]: writes a trace, reads it back, and is refused what a library of JSON alone has not. */
#include <stdio.h>
#include <string.h>

#include "ctrace.h"

static ctrace_str text(const char *s)
{
    return (ctrace_str){s, strlen(s)};
}

static int complain(const char *what, const ctrace_error *error)
{
    fprintf(stderr, "%s: %s\n", what, error->message);
    return 1;
}

/* Line 1 calls line 5 three times. */
static ctrace_status write_trace(ctrace_str folder, ctrace_form form, ctrace_error *error)
{
    ctrace_writer_options options = {CTRACE_WRITER_OPTIONS_INIT, .program = CTRACE_STR("/src/sum.lua"), .form = form};
    ctrace_writer *w;
    ctrace_status status = ctrace_writer_open(&w, folder, &options, error);
    if (status != CTRACE_OK)
        return status;
    ctrace_str path = CTRACE_STR("/src/sum.lua");
    ctrace_writer_start(w, path, 1);
    ctrace_id file = ctrace_path(w, path), sum = ctrace_function(w, file, 4, CTRACE_STR("sum"));
    ctrace_id list = ctrace_variable(w, CTRACE_STR("list")), name = ctrace_variable(w, CTRACE_STR("name"));
    for (int64_t i = 0; i < 3; i++) {
        ctrace_step(w, file, 1);
        ctrace_begin_arg(w, list);
        ctrace_put_sequence(w, CTRACE_ID_NONE, 3, false);
        ctrace_put_int(w, CTRACE_ID_NONE, i);
        ctrace_put_float(w, CTRACE_ID_NONE, 0.1);
        ctrace_put_none(w, CTRACE_ID_NONE);
        ctrace_put_end(w);
        ctrace_call(w, sum);
        ctrace_step(w, file, 5);
        ctrace_begin_local(w, name);
        ctrace_put_string(w, CTRACE_ID_NONE, CTRACE_STR("a \"quoted\"\n\xC3\xA4"));
        ctrace_begin_return(w);
        ctrace_put_int(w, CTRACE_ID_NONE, i * 7);
    }
    return ctrace_writer_close(&w, error);
}

/* How much of each kind there is, and the results added up. */
static ctrace_status read_trace(ctrace_str trace, size_t counts[CTRACE_EVENT_KIND_COUNT], int64_t *results,
                                ctrace_error *error)
{
    ctrace_reader *reader;
    ctrace_status status = ctrace_reader_open(&reader, trace, NULL, error);
    if (status != CTRACE_OK)
        return status;
    const ctrace_event *event;
    while ((status = ctrace_reader_next(reader, &event, error)) == CTRACE_OK) {
        counts[event->kind]++;
        if (event->kind == CTRACE_EVENT_RETURN && event->returned.return_value->kind == CTRACE_VALUE_INT)
            *results += event->returned.return_value->i;
    }
    ctrace_reader_close(&reader);
    return status;
}

int main(int argc, char **argv)
{
    ctrace_error error = {0};
    if (argc < 2)
        return 2;
    if (write_trace(text(argv[1]), CTRACE_FORM_JSON, &error) != CTRACE_OK)
        return complain("writing", &error);
    size_t counts[CTRACE_EVENT_KIND_COUNT] = {0};
    int64_t results = 0;
    if (read_trace(text(argv[1]), counts, &results, &error) != CTRACE_END)
        return complain("reading", &error);
    if (counts[CTRACE_EVENT_STEP] < 6 || counts[CTRACE_EVENT_CALL] != 4 || results != 21) {
        fprintf(stderr, "%zu steps, %zu calls, results of %lld\n", counts[CTRACE_EVENT_STEP], counts[CTRACE_EVENT_CALL],
                (long long)results);
        return 1;
    }
    printf("%s read\n", ctrace_version());
    if (argc == 2)
        return 0;

    for (ctrace_form form = CTRACE_FORM_BIN; form < CTRACE_FORM_COUNT; form++) {
        ctrace_status status = write_trace(CTRACE_STR("never-written"), form, &error);
        if (status != CTRACE_UNSUPPORTED)
            return complain("writing another form", &error);
    }
    ctrace_status status = read_trace(text(argv[2]), counts, &results, &error);
    if (status != CTRACE_UNSUPPORTED)
        return complain("reading another form", &error);
    printf("others refused: %s\n", error.message);
    return 0;
}
