/* What can be read is written in every form and read again, and is then the same. */
#include "fuzz.h"

static ctrace_writer *open_writer(const ctrace_sink *sink, ctrace_form form)
{
    ctrace_writer_options options = {CTRACE_WRITER_OPTIONS_INIT, .form = form, .max_depth = 500,
                                     .without = CTRACE_CONVENIENCE_ALL, .level = 1};
    ctrace_writer *w;
    PROMISE(ctrace_writer_open_sink(&w, sink, &options, NULL) == CTRACE_OK);
    return w;
}

/* Copies the whole events. False when there are none, or the writer could not take all of them as they are. */
static bool copy(const uint8_t *data, size_t size, ctrace_form form, bytes *out, bool *whole)
{
    memory_input input = {data, size, 0};
    ctrace_source source = memory_source(&input);
    ctrace_reader *reader;
    *whole = false;
    if (ctrace_reader_open_source(&reader, &source, CTRACE_STR("fuzz"), NULL, NULL) != CTRACE_OK)
        return false;
    ctrace_sink sink = memory_sink(out);
    ctrace_writer *w = open_writer(&sink, form);
    const ctrace_event *event;
    ctrace_status status;
    bool taken = true;
    while ((status = ctrace_reader_next(reader, &event, NULL)) == CTRACE_OK)
        taken = ctrace_writer_event(w, event) == CTRACE_OK && taken;
    *whole = status == CTRACE_END;
    ctrace_reader_close(&reader);
    ctrace_writer_counts counts;
    ctrace_writer_get_counts(w, &counts);
    taken = ctrace_writer_close(&w, NULL) == CTRACE_OK && taken;
    return taken && counts.events && counts.chars_as_raw == 0 && counts.numbers_cut == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bytes first = {0};
    bool whole;
    bool taken = copy(data, size, CTRACE_FORM_JSON, &first, &whole);
    for (unsigned form = 0; taken && form < CTRACE_FORM_COUNT; form++) {
        bytes other = {0}, again = {0};
        if (copy(first.data, first.size, (ctrace_form)form, &other, &whole)) {
            PROMISE(whole);
            PROMISE(copy(other.data, other.size, CTRACE_FORM_JSON, &again, &whole) && whole);
            PROMISE(again.size == first.size && memcmp(again.data, first.data, first.size) == 0);
        } else {
            /* Only version 0 has kinds and ids that it lacks. */
            PROMISE(form == CTRACE_FORM_BIN_V0);
        }
        bytes_free(&other);
        bytes_free(&again);
    }
    bytes_free(&first);
    return 0;
}
