/* write_segments IN OUT WORDS: writes a trace as trace.bin version 0, with a new segment after so many words. Without
 * that a trace has to be larger than a gigabyte to have more than one. */
#include <ctrace/reader.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/capnp/encoder.h"

static int into_file(void *cookie, uint64_t offset, const char *data, size_t size)
{
    (void)offset; /* it only grows */
    return fwrite(data, 1, size, cookie) == size ? 0 : 5;
}

int main(int count, char **arguments)
{
    ctrace_reader *reader;
    ctrace_error error = {0};
    const ctrace_event *event;
    ctr_encoder *encoder;
    if (count != 4) {
        fprintf(stderr, "usage: write_segments IN OUT WORDS\n");
        return 2;
    }
    FILE *out = fopen(arguments[2], "wb");
    ctrace_sink sink = {.cookie = out, .write = into_file, .sequential = true};
    ctr_encoder_options options = {.sink = &sink, .spool_folder = -1};
    if (!out || ctrace_reader_open(&reader, (ctrace_str){arguments[1], strlen(arguments[1])}, NULL, &error) != 0 ||
        ctr_capnp_open_encoder(&encoder, &options, &error) != CTRACE_OK) {
        fprintf(stderr, "write_segments: %s\n", error.message);
        return 1;
    }
    ctr_capnp_encoder_set_segment(encoder, strtoull(arguments[3], NULL, 10));
    ctrace_status status;
    while ((status = ctrace_reader_next(reader, &event, &error)) == CTRACE_OK)
        if (encoder->class->event(encoder, event) != CTRACE_OK)
            return 1;
    bool ok = status == CTRACE_END && encoder->class->finish(encoder, &(ctr_trace_facts){0}) == CTRACE_OK;
    encoder->class->close(encoder);
    ctrace_reader_close(&reader);
    return fclose(out) == 0 && ok ? 0 : 1;
}
