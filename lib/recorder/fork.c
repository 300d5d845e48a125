/* A process that forks: the parent goes on as if nothing had been, the child gets a trace of its own. */
#include "recorder/recorder.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/number.h"
#include "writer/writer.h"

/* The process forks with no thread of ours in it: interpreters count threads, and warn. */
void ctrace_recorder_before_fork(ctrace_recorder *r)
{
    r->rests = r->has_thread;
    ctr_drain_stop(r);
    pthread_mutex_lock(&r->draining);
    pthread_mutex_lock(&r->names.lock);
    pthread_mutex_lock(&r->chunks.lock);
    pthread_mutex_lock(&r->done_lock);
    r->forking = true;
}

static void unlock(ctrace_recorder *r)
{
    r->forking = false;
    pthread_mutex_unlock(&r->done_lock);
    pthread_mutex_unlock(&r->chunks.lock);
    pthread_mutex_unlock(&r->names.lock);
    pthread_mutex_unlock(&r->draining);
}

void ctrace_recorder_after_fork_in_parent(ctrace_recorder *r)
{
    unlock(r);
    if (r->rests && !ctr_drain_start(r))
        ctr_recorder_fail(r, CTRACE_NO_MEMORY, "the recorder's thread cannot be started");
}

/* Threads of the parent that waited are not there. */
static void renew_locks(ctrace_recorder *r)
{
    pthread_cond_init(&r->done_change, NULL);
    pthread_cond_init(&r->chunks.given_back, NULL);
    sem_init(&r->wake, 0, 0);
    atomic_store(&r->sleeping, false);
    atomic_store(&r->requested, 0);
    atomic_store(&r->done, 0);
    atomic_store(&r->dump, false);
    r->has_thread = false;
}

/* "FOLDER/forks/PID", and makes the folder between. */
static ctrace_status folder_for_child(const ctrace_recorder *r, char out[PATH_MAX + 32], ctrace_error *error)
{
    size_t size = strlen(r->folder);
    memcpy(out, r->folder, size);
    memcpy(out + size, "/forks", 7);
    if (mkdir(out, 0777) != 0 && errno != EEXIST)
        return ctr_fail_system(error, errno, "make", out);
    char *end = out + size + 6;
    *end++ = '/';
    *ctr_format_u64(end, (uint64_t)getpid()) = 0;
    return CTRACE_OK;
}

/* The same options as the parent's writer, another folder. */
static ctrace_status open_writer(const ctrace_recorder *r, ctrace_str folder, ctrace_writer **out, ctrace_error *error)
{
    char name[PATH_MAX + 32];
    ctrace_status status = CTRACE_OK;
    *out = NULL;
    if (!r->folder[0])
        return ctr_fail(error, CTRACE_UNSUPPORTED, "a recording into a sink does not follow forks");
    if (!folder.size) {
        status = folder_for_child(r, name, error);
        folder = (ctrace_str){name, strlen(name)};
    }
    if (status != CTRACE_OK)
        return status;
    ctrace_writer_options options = r->writer->options;
    options.parent = options.recording_id;
    options.recording_id = (ctrace_str){"", 0};
    return ctrace_writer_open(out, folder, &options, error);
}

/* Forgets all that lanes have, but for the frames that are open in the one that goes on. */
static bool keep_open_frames(ctrace_recorder *r, ctrace_lane *kept, ctr_buffer *functions)
{
    bool ok = true;
    for (size_t i = 1; ok && kept && i < kept->track.count; i++)
        ok = ctr_buffer_append(functions, &kept->track.frames[i].function, sizeof(ctrace_id));
    ctrace_lane *known = atomic_exchange(&r->new_lanes, NULL), *lists[] = {known, r->lanes};
    r->lanes = NULL;
    for (size_t i = 0; i < 2; i++) {
        for (ctrace_lane *l = lists[i], *next; l; l = next) {
            next = l->next;
            ctr_track_free(r, &l->track);
            if (l != kept)
                ctr_lane_free(l);
        }
    }
    if (kept)
        kept->next = NULL;
    r->lanes = r->current = kept;
    return ok;
}

/* Its variables were encoded by the parent's writer: they are to be put again. */
static void let_go_of_variables(ctrace_lane *l)
{
    for (size_t i = 0; i < l->frame_count; i++) {
        l->frames[i].let_go = true;
        l->frames[i].words = 0;
    }
    l->kept_words = 0;
    l->kept_from = l->frame_count - 1;
    l->variable_count = l->hint = l->frames[l->kept_from].first;
    for (size_t i = 0; i < l->track.count; i++)
        ctr_snapshot_clear(&l->track.frames[i].variables);
}

static bool begin_again(ctrace_recorder *r, ctrace_lane *l, const ctr_buffer *functions)
{
    l->thread = 1;
    if (!ctr_track_init(r, &l->track))
        return false;
    r->replay.muted = true;
    ctr_replay_names(r);
    for (size_t i = 0; i < functions->size / sizeof(ctrace_id); i++) {
        ctrace_id function;
        memcpy(&function, functions->data + i * sizeof function, sizeof function);
        const ctr_word call = ctr_word_of(CTR_RECORD_CALL, 0, function);
        ctr_replay_record(r, l, &call);
    }
    ctr_drain_alone(r, l); /* what the parent's thread had not seen */
    let_go_of_variables(l);
    r->replay.lost = 0;
    r->ticket = atomic_load(&r->tickets);
    atomic_store(&r->turn, NULL);
    atomic_store(&r->lane_count, 1);
    r->replay.muted = r->options.overflow == CTRACE_OVERFLOW_DROP_OLDEST;
    if (!r->replay.muted)
        ctr_replay_catch_up(r, l);
    return true;
}

ctrace_status ctrace_recorder_after_fork_in_child(ctrace_recorder *r, ctrace_lane *lane, ctrace_str folder,
                                                  ctrace_error *error)
{
    unlock(r);
    renew_locks(r);
    ctr_buffer functions = {.allocator = r->allocator};
    ctrace_writer *writer = NULL;
    ctrace_error failure = {0};
    ctrace_status status = open_writer(r, folder, &writer, &failure);
    bool ok = keep_open_frames(r, lane, &functions);
    ctrace_kept_free(r->replay.value);
    r->replay.value = NULL;
    ctrace_writer_abandon(&r->writer); /* the files are the parent's */
    r->writer = writer;
    if (status == CTRACE_OK) {
        r->failure = (ctrace_error){0};
        atomic_fetch_and(&r->silent, ~CTR_SILENT_FAILED);
        if (folder.size == 0) {
            char name[PATH_MAX + 32];
            folder_for_child(r, name, NULL);
            if (strlen(name) < sizeof r->folder)
                memcpy(r->folder, name, strlen(name) + 1);
        }
        ctr_recorder_begin_writer(r);
        if (ok && lane)
            ok = begin_again(r, lane, &functions);
        if (!ok)
            status = ctr_fail(&failure, CTRACE_NO_MEMORY, "out of memory");
        else if (!ctr_drain_start(r))
            status = ctr_fail(&failure, CTRACE_NO_MEMORY, "the recorder's thread cannot be started");
    }
    ctr_buffer_free(&functions);
    if (status != CTRACE_OK) {
        ctr_recorder_fail(r, status, failure.message);
        if (error)
            *error = failure;
    }
    return status;
}

void ctrace_recorder_abandon(ctrace_recorder **recorder)
{
    ctrace_recorder *r = *recorder;
    *recorder = NULL;
    /* Unannounced, the fork may have come into the middle of anything that the recorder's thread does: with half changed
     * lists and locks that stay shut, nothing can be freed. */
    if (!r || !r->forking)
        return;
    unlock(r);
    renew_locks(r);
    ctr_recorder_free_tracks(r);
    ctrace_kept_free(r->replay.value);
    ctrace_writer_abandon(&r->writer);
    ctr_recorder_free(r);
}
