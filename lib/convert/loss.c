/* What is lost on the way: what the reader could not give, and what the writer could not take. */
#include <string.h>

#include "convert/job.h"
#include "writer/changes.h"

/* More than any producer puts into one. */
#define MOST_EVENTS_OF_CHUNK ((uint64_t)1 << 20)

typedef enum effect {
    NOTHING, /* the new trace holds all of it */
    LOST,
    TORN, /* the input is not whole: only a repair goes on */
    MENDED /* the new trace is whole where this one was not; a repair tells so */
} effect;

static const struct {
    effect effect;
    ctrace_loss_kind kind;
    const char *mended; /* what a repair did */
} effects[CTRACE_LENIENCY_COUNT] = {
    [CTRACE_LENIENCY_FIELD_UNKNOWN] = {LOST, CTRACE_LOSS_FIELD_DROPPED, NULL},
    [CTRACE_LENIENCY_FIELD_TWICE] = {LOST, CTRACE_LOSS_FIELD_DROPPED, NULL},
    [CTRACE_LENIENCY_TAG_UNKNOWN] = {LOST, CTRACE_LOSS_FIELD_DROPPED, NULL},
    [CTRACE_LENIENCY_VALUE_KIND_OTHER] = {LOST, CTRACE_LOSS_FIELD_DROPPED, NULL},
    [CTRACE_LENIENCY_CT_POSITION_LOST] = {LOST, CTRACE_LOSS_FIELD_DROPPED, NULL},
    [CTRACE_LENIENCY_COLUMN_DROPPED] = {LOST, CTRACE_LOSS_COLUMN_DROPPED, NULL},
    [CTRACE_LENIENCY_TEXT_INVALID] = {LOST, CTRACE_LOSS_TEXT_MENDED, NULL},
    [CTRACE_LENIENCY_SURROGATE_LONE] = {LOST, CTRACE_LOSS_TEXT_MENDED, NULL},
    [CTRACE_LENIENCY_TRAILING_BYTES] = {LOST, CTRACE_LOSS_STREAM, NULL},
    [CTRACE_LENIENCY_CT_STEP_MAP] = {LOST, CTRACE_LOSS_STREAM, NULL},
    [CTRACE_LENIENCY_CT_STREAM_LOST] = {LOST, CTRACE_LOSS_STREAM, NULL},
    [CTRACE_LENIENCY_CT_RECORD_LOST] = {LOST, CTRACE_LOSS_STREAM, NULL},
    [CTRACE_LENIENCY_CT_META_FLAGS] = {LOST, CTRACE_LOSS_METADATA, NULL},
    [CTRACE_LENIENCY_CT_META_TRAILING] = {LOST, CTRACE_LOSS_METADATA, NULL},
    [CTRACE_LENIENCY_CT_META_BAD] = {LOST, CTRACE_LOSS_METADATA, NULL},
    [CTRACE_LENIENCY_FRAME_CUT] = {TORN, CTRACE_LOSS_TAIL, NULL},
    [CTRACE_LENIENCY_CT_CHUNK_TORN] = {TORN, CTRACE_LOSS_TAIL, NULL},
    [CTRACE_LENIENCY_UNTERMINATED] = {MENDED, CTRACE_LOSS_COUNT, "the list of events was not closed: the recording "
                                                                 "was cut off, behind a whole event"},
    [CTRACE_LENIENCY_BYTE_ORDER_MARK] = {MENDED, CTRACE_LOSS_COUNT, "a byte order mark was left out"},
    [CTRACE_LENIENCY_COMMA_TRAILING] = {MENDED, CTRACE_LOSS_COUNT, "a comma behind the last event was left out"},
    [CTRACE_LENIENCY_SEEK_TABLE_MISSING] = {MENDED, CTRACE_LOSS_COUNT, "the seek table was missing"},
    [CTRACE_LENIENCY_SEEK_TABLE_WRONG] = {MENDED, CTRACE_LOSS_COUNT, "the seek table did not fit the frames"},
    [CTRACE_LENIENCY_CT_META_MISSING] = {MENDED, CTRACE_LOSS_COUNT, "the container had no meta.dat"},
};

static ctrace_status fail_torn(ctr_job *job, ctrace_leniency leniency, const ctrace_position *position)
{
    const char *mended = effects[leniency].mended;
    ctr_fail(job->error, CTRACE_TRUNCATED, "%s", mended ? mended : ctrace_leniency_text(leniency));
    if (job->error)
        job->error->position = *position;
    ctr_error_set_file(job->error, job->in.events.size ? job->in.events.data : job->in.name.data,
                       strlen(job->in.events.size ? job->in.events.data : job->in.name.data));
    return CTRACE_TRUNCATED;
}

static ctrace_status take(ctr_job *job, ctrace_leniency leniency, const ctrace_position *position,
                          ctr_given given)
{
    const char *text = ctrace_leniency_text(leniency);
    int key = (int)leniency + 1;
    bool repairs = job->task == CTR_TASK_REPAIR;
    switch (effects[leniency].effect) {
    case NOTHING:
        break;
    case LOST:
        if (given == CTR_GIVEN_UP)
            break;
        ctr_lose(job->report, effects[leniency].kind, key, 1, position, "%s", text);
        break;
    case TORN:
        if (!repairs)
            return fail_torn(job, leniency, position);
        job->whole = false;
        job->gaps++;
        job->gap_events = MOST_EVENTS_OF_CHUNK;
        ctr_lose(job->report, given == CTR_GIVEN_END ? CTRACE_LOSS_TAIL : CTRACE_LOSS_GAP, key, 0, position, "%s",
                 text);
        break;
    case MENDED:
        if (leniency == CTRACE_LENIENCY_UNTERMINATED) {
            /* Nobody knows what the recorder had still to write. */
            if (!repairs)
                return fail_torn(job, leniency, position);
            job->whole = false;
        }
        if (repairs)
            ctr_note(job->report, "mended: %s", effects[leniency].mended);
        break;
    }
    return CTRACE_OK;
}

static ctrace_status take_all(ctr_job *job, const ctrace_warning *warnings, size_t count, ctr_given given)
{
    ctrace_status status = CTRACE_OK;
    for (size_t i = 0; status == CTRACE_OK && i < count; i++) {
        ctrace_position position = warnings[i].position;
        ctr_input_place(&job->in, &position);
        status = take(job, warnings[i].leniency, &position, given);
    }
    return status;
}

ctrace_status ctr_job_warnings(ctr_job *job, ctr_given given)
{
    const ctrace_warning *warnings;
    size_t count = ctrace_reader_warnings(job->in.reader, &warnings);
    return count ? take_all(job, warnings, count, given) : CTRACE_OK;
}

void ctr_job_count_changes(ctr_job *job, const ctrace_position *position)
{
    ctrace_writer_counts now;
    ctrace_writer_get_counts(job->writer, &now);
    ctrace_writer_counts *before = &job->counts;
    bool changed = now.texts_mended != before->texts_mended || now.values_cut != before->values_cut ||
                   now.chars_as_raw != before->chars_as_raw || now.numbers_cut != before->numbers_cut;
    ctrace_position here;
    if (changed && !position) {
        ctr_input_position(&job->in, &here);
        position = &here;
    }
    if (now.texts_mended != before->texts_mended)
        ctr_lose(job->report, CTRACE_LOSS_TEXT_MENDED, -1, now.texts_mended - before->texts_mended, position, "%s",
                 ctrace_loss_text(CTRACE_LOSS_TEXT_MENDED));
    if (now.values_cut != before->values_cut)
        ctr_lose(job->report, CTRACE_LOSS_VALUE_CUT, -1, now.values_cut - before->values_cut, position, "%s",
                 ctrace_loss_text(CTRACE_LOSS_VALUE_CUT));
    if (now.chars_as_raw != before->chars_as_raw)
        ctr_lose(job->report, CTRACE_LOSS_CHAR_AS_RAW, -1, now.chars_as_raw - before->chars_as_raw, position, "%s",
                 ctrace_loss_text(CTRACE_LOSS_CHAR_AS_RAW));
    if (now.numbers_cut != before->numbers_cut)
        ctr_lose(job->report, CTRACE_LOSS_NUMBER_CUT, -1, now.numbers_cut - before->numbers_cut, position, "%s",
                 ctrace_loss_text(CTRACE_LOSS_NUMBER_CUT));
    *before = now;
    job->changes = ctr_writer_changes(job->writer);
}
