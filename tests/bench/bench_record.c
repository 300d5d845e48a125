/* bench_record EVENTS FOLDER|- [FORM] [WORD…]: records the stream through the lanes of a recorder and tells what it
 * cost the traced threads and the whole process. FOLDER "-": the bytes are thrown away. Words: threads=N, each with a
 * part of the stream and a lane of its own; level=N; loose; drop (oldest); durable; single (copy). */
#include "to_lane.h"

#include <pthread.h>

#include "measure.h"
#include "sink.h"
#include "stream.h"

enum { THREADS_MAX = 64 };

static ctrace_str str(const char *text)
{
    return (ctrace_str){text, strlen(text)};
}

static int fail(const ctrace_error *error)
{
    fprintf(stderr, "bench_record: %s\n", error->message);
    return 1;
}

typedef struct settings {
    ctrace_writer_options writer;
    ctrace_recorder_options recorder;
    unsigned long threads;
} settings;

static bool take_word(settings *s, const char *word)
{
    if (strncmp(word, "threads=", 8) == 0) {
        s->threads = strtoul(word + 8, NULL, 10);
        return s->threads >= 1 && s->threads <= THREADS_MAX;
    }
    if (strncmp(word, "level=", 6) == 0)
        s->writer.level = (int32_t)strtol(word + 6, NULL, 10);
    else if (strcmp(word, "loose") == 0)
        s->recorder.order = CTRACE_ORDER_LOOSE;
    else if (strcmp(word, "durable") == 0)
        s->writer.durable = true;
    else if (strcmp(word, "single") == 0)
        s->writer.single_copy = true;
    else if (strcmp(word, "drop") == 0)
        s->recorder.overflow = CTRACE_OVERFLOW_DROP_OLDEST;
    else
        return (s->writer.form = ctrace_form_find(str(word))) != CTRACE_FORM_COUNT;
    return true;
}

/* One traced thread. */
typedef struct traced {
    pthread_t thread;
    ctrace_recorder *recorder;
    uint64_t blocks;
    uint64_t thread_ns;
} traced;

static void run(target to, uint64_t blocks)
{
    stream s;
    stream_start(&s, to);
    for (uint64_t i = 0; i < blocks; i++)
        stream_block(&s);
}

static void *run_thread(void *cookie)
{
    traced *t = cookie;
    times start = times_now();
    target to = {t->recorder, ctrace_recorder_lane(t->recorder)};
    run(to, t->blocks);
    ctrace_lane_end(to.lane);
    t->thread_ns = times_since(start).thread;
    return NULL;
}

/* What the threads took, in nanoseconds. */
static uint64_t run_threads(ctrace_recorder *recorder, unsigned long count, uint64_t blocks)
{
    traced threads[THREADS_MAX];
    uint64_t spent = 0;
    for (unsigned long i = 0; i < count; i++) {
        threads[i] = (traced){.recorder = recorder, .blocks = blocks};
        if (pthread_create(&threads[i].thread, NULL, run_thread, &threads[i]) != 0)
            abort();
    }
    for (unsigned long i = 0; i < count; i++) {
        pthread_join(threads[i].thread, NULL);
        spent += threads[i].thread_ns;
    }
    return spent;
}

int main(int count, char **arguments)
{
    settings s = {.threads = 1};
    s.writer = (ctrace_writer_options){
        CTRACE_WRITER_OPTIONS_INIT,
        .program = CTRACE_STR("bench.py"),
        .top_level = CTRACE_STR("<toplevel>"),
        .without =
            CTRACE_CONVENIENCE_FIRST_STEP_TWICE | CTRACE_CONVENIENCE_CLOSE_FRAMES | CTRACE_CONVENIENCE_COPY_FILES,
    };
    s.recorder = (ctrace_recorder_options){CTRACE_RECORDER_OPTIONS_INIT, .writer = &s.writer, .path = STREAM_PATH,
                                           .line = 1, .values_once = true};
    bool fine = count >= 3;
    for (int i = 3; i < count; i++)
        fine = fine && take_word(&s, arguments[i]);
    if (!fine) {
        fprintf(stderr, "usage: bench_record EVENTS FOLDER|- [FORM] [threads=N] [level=N] [loose] [drop] [durable] "
                        "[single]\n");
        return 2;
    }
    bool to_sink = strcmp(arguments[2], "-") == 0;
    uint64_t blocks = stream_blocks(strtoull(arguments[1], NULL, 10)) / s.threads, end = 0, traced_ns = 0;
    ctrace_sink sink = counting_sink(&end);
    ctrace_error error;
    ctrace_recorder_counts counts;
    ctrace_recorder *recorder;

    times start = times_now();
    ctrace_status status = to_sink ? ctrace_recorder_open_sink(&recorder, &sink, &s.recorder, &error)
                                   : ctrace_recorder_open(&recorder, str(arguments[2]), &s.recorder, &error);
    if (status != CTRACE_OK)
        return fail(&error);
    target to = {recorder, ctrace_recorder_lane(recorder)};
    if (s.threads == 1)
        run(to, blocks);
    else
        traced_ns = run_threads(recorder, s.threads, blocks);
    ctrace_recorder_get_counts(recorder, &counts);
    if (ctrace_recorder_close(&recorder, &error) != CTRACE_OK)
        return fail(&error);
    times spent = times_since(start);
    spent.thread += traced_ns;
    report_fields(blocks * s.threads * BLOCK_EVENTS, spent,
                  to_sink ? end : file_bytes(arguments[2], ctrace_form_file(s.writer.form)));
    printf(",\"waits\":%" PRIu64 ",\"events_lost\":%" PRIu64 "}\n", counts.waits, counts.events_lost);
    return 0;
}
