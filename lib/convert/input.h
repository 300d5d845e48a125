/* The trace that is converted: its reader, and the folder that its sidecars lie in. */
#ifndef CTRACE_LIB_CONVERT_INPUT_H
#define CTRACE_LIB_CONVERT_INPUT_H

#include <sys/types.h>

#include "base/buffer.h"
#include "ctrace/reader.h"

/* A file from some place on, for a reader; with `in_list` what is read begins with '['. */
typedef struct ctr_rest {
    int fd;
    uint64_t at;
    bool in_list;
    size_t piece; /* no more is read at once; it doubles */
} ctr_rest;

ctrace_source ctr_rest_source(ctr_rest *rest);

typedef struct ctr_input {
    const ctrace_allocator *allocator;
    ctr_buffer name;      /* as it was given; ends in NUL */
    ctr_buffer events;    /* path of the file with the events, */
    ctr_buffer metadata;  /* and of the metadata beside it; empty for a source */
    bool is_folder;
    int folder;           /* that the events lie in, or -1 for a source */
    ctrace_reader *reader;
    /* Of a source that is read more than once, or of a file whose bytes are looked at: */
    int fd; /* or -1 */
    ctr_rest rest;
    /* The reader goes on behind an unreadable part, which begins there; the one that was opened first, if any. */
    bool resumed;
    ctrace_reader *first;
    ctrace_position base;
    bool base_has_bracket; /* a '[' was put in front of it */
} ctr_input;

/* Opens the trace. `again`: what is no plain file is kept in a file without a name, so that it can be read again. When
 * the reader finds no trace (CTRACE_NOT_A_TRACE), all but the reader is open. */
ctrace_status ctr_input_open(ctr_input *in, ctrace_str name, const ctrace_source *source, bool again,
                             ctrace_error *error);
/* Is that file or folder the input? Or does it hold the input? */
bool ctr_input_is(const ctr_input *in, dev_t device, ino_t inode);
bool ctr_input_is_inside(const ctr_input *in, dev_t device, ino_t inode);
/* Begins again at the first event. Only when opened with `again`. */
ctrace_status ctr_input_rewind(ctr_input *in, ctrace_error *error);
/* As ctrace_reader_next() and ctrace_reader_position(), with places in the whole file. */
ctrace_status ctr_input_next(ctr_input *in, const ctrace_event **event, ctrace_error *error);
void ctr_input_position(ctr_input *in, ctrace_position *out);
/* A position that the reader told, as one in the whole file. */
void ctr_input_place(const ctr_input *in, ctrace_position *position);
/* The metadata that the reader found, from the reader that was opened first. */
const ctrace_metadata *ctr_input_metadata(const ctr_input *in);
uint64_t ctr_input_bytes_read(const ctr_input *in);
void ctr_input_close(ctr_input *in);

#endif
