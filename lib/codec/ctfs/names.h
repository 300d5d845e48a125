/* Declarations out of the tables of a container. */
#ifndef CTRACE_LIB_CODEC_CTFS_NAMES_H
#define CTRACE_LIB_CODEC_CTFS_NAMES_H

#include "codec/ctfs/positions.h"

typedef struct ctr_ctfs_names {
    ctr_ctfs_shared *shared;
    const ctr_ctfs_meta *meta;
    ctr_ctfs_table paths, functions, types, variables;
    uint64_t path_count;   /* of the table, or where that is missing of meta.dat */
    ctrace_str meta_paths; /* those that were not taken */
    bool binary;           /* functions may have a place, types a kind */
    bool bare_is_noted;
} ctr_ctfs_names;

ctrace_status ctr_ctfs_names_open(ctr_ctfs_names *n, ctr_ctfs_shared *shared, const ctr_ctfs_meta *meta,
                                  ctrace_error *error);
void ctr_ctfs_names_close(ctr_ctfs_names *n);

/* Each makes an event. What it points to holds until the next call. A record that cannot be read has an empty name, so
 * that those behind it keep their ids. Paths come in their order. */
ctrace_status ctr_ctfs_names_path(ctr_ctfs_names *n, uint64_t id, ctrace_event *out, ctrace_error *error);
ctrace_status ctr_ctfs_names_type(ctr_ctfs_names *n, uint64_t id, ctrace_event *out, ctrace_error *error);
ctrace_status ctr_ctfs_names_variable(ctr_ctfs_names *n, uint64_t id, ctrace_event *out, ctrace_error *error);
/* *has_place: the record has one, which is in the event. */
ctrace_status ctr_ctfs_names_function(ctr_ctfs_names *n, uint64_t id, const ctr_ctfs_positions *positions,
                                      ctrace_event *out, bool *has_place, ctrace_error *error);

/* The name of a type, empty when there is none. */
ctrace_status ctr_ctfs_names_of_type(ctr_ctfs_names *n, uint64_t id, ctrace_str *out, ctrace_error *error);

#endif
