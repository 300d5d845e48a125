/* Prints the steps of a trace: where each one is, and the integers that are visible there. */
#include <ctrace/ctrace.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The names that the trace declares; an id is the place in its list. */
struct names {
    char **texts;
    size_t count;
};

static bool add(struct names *names, ctrace_str name)
{
    char **texts = realloc(names->texts, (names->count + 1) * sizeof *texts);
    char *text = malloc(name.size + 1);
    if (texts != NULL) {
        names->texts = texts;
    }
    if (texts == NULL || text == NULL) {
        free(text);
        return false;
    }
    memcpy(text, name.data, name.size); /* an event holds only until the next one is read */
    text[name.size] = '\0';
    names->texts[names->count++] = text;
    return true;
}

static const char *name_of(const struct names *names, ctrace_id id)
{
    return id < names->count ? names->texts[id] : "?";
}

static void free_names(struct names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        free(names->texts[i]);
    }
    free(names->texts);
}

static bool print_event(const ctrace_event *event, struct names *paths, struct names *variables)
{
    switch (event->kind) {
    case CTRACE_EVENT_PATH:
        return add(paths, event->path);
    case CTRACE_EVENT_VARIABLE_NAME:
        return add(variables, event->variable_name);
    case CTRACE_EVENT_STEP:
        printf("%s:%" PRId64 "\n", name_of(paths, event->step.path_id), event->step.line);
        return true;
    case CTRACE_EVENT_VALUE:
        if (event->value.value->kind == CTRACE_VALUE_INT) {
            printf("    %s = %" PRId64 "\n", name_of(variables, event->value.variable_id), event->value.value->i);
        }
        return true;
    default:
        return true;
    }
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s TRACE\n", argv[0]);
        return 2;
    }
    ctrace_reader *reader;
    ctrace_error error;
    if (ctrace_reader_open(&reader, (ctrace_str){argv[1], strlen(argv[1])}, NULL, &error) != CTRACE_OK) {
        fprintf(stderr, "%s: %s\n", error.file, error.message);
        return 1;
    }
    struct names paths = {0}, variables = {0};
    const ctrace_event *event;
    ctrace_status status;
    while ((status = ctrace_reader_next(reader, &event, &error)) == CTRACE_OK) {
        if (!print_event(event, &paths, &variables)) {
            fprintf(stderr, "out of memory\n");
            break;
        }
    }
    if (status < 0) {
        fprintf(stderr, "%s:%" PRIu64 ":%" PRIu64 ": %s\n", error.file, error.position.line, error.position.column,
                error.message);
    }
    free_names(&paths);
    free_names(&variables);
    ctrace_reader_close(&reader);
    return status == CTRACE_END ? 0 : 1;
}
