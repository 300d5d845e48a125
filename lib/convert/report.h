/* What a conversion tells of itself: a fixed number of losses and notes, so that no trace can make it grow. */
#ifndef CTRACE_LIB_CONVERT_REPORT_H
#define CTRACE_LIB_CONVERT_REPORT_H

#include "base/memory.h"
#include "ctrace/convert.h"

/* So many losses of one kind are told one by one; those behind them are counted with the last. */
#define CTR_MAX_LOSSES_OF_KIND 20
#define CTR_MAX_LOSSES         (CTRACE_LOSS_COUNT * CTR_MAX_LOSSES_OF_KIND)
#define CTR_MAX_NOTES          32
#define CTR_LOSS_TEXT          320

typedef struct ctr_loss {
    ctrace_loss loss;
    int key;
    char text[CTR_LOSS_TEXT];
} ctr_loss;

struct ctrace_conversion {
    const ctrace_allocator *allocator;
    ctrace_form from, to;
    uint64_t events, bytes;
    ctr_loss losses[CTR_MAX_LOSSES];
    size_t loss_count;
    char notes[CTR_MAX_NOTES][CTR_LOSS_TEXT];
    size_t note_count;
};

/* The key of losses that are told one by one; those with another key, which is theirs alone, are counted together. */
#define CTR_LOSS_SINGLE 0

/* Tells that `count` of something were lost (0: nobody knows how many), the first at `first` (may be NULL). */
void ctr_lose(ctrace_conversion *report, ctrace_loss_kind kind, int key, uint64_t count, const ctrace_position *first,
              const char *format, ...) __attribute__((format(printf, 6, 7)));
void ctr_note(ctrace_conversion *report, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
