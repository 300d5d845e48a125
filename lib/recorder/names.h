/* The names of a recording. Any thread interns them under a lock; the recorder's thread brings their declarations to
 * the writer before what uses them, and a child after a fork brings all of them to its own. */
#ifndef CTRACE_LIB_RECORDER_NAMES_H
#define CTRACE_LIB_RECORDER_NAMES_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "model/interning.h"

#define CTR_DECLARED_PER_BLOCK 256

typedef struct ctr_declared_block {
    ctrace_event declarations[CTR_DECLARED_PER_BLOCK];
    struct ctr_declared_block *next;
} ctr_declared_block;

typedef struct ctr_declared {
    pthread_mutex_t lock;
    ctr_interning interning;
    ctr_arena memory;        /* of the declarations and their texts, which never move */
    ctr_declared_block *first, *last;
    atomic_size_t count;     /* of declarations that can be read without the lock */
    uint64_t paths, functions, types, variables;
} ctr_declared;

/* Where a reader of the declarations is. */
typedef struct ctr_declared_place {
    const ctr_declared_block *block; /* NULL: at the begin */
    size_t at;                    /* of all declarations */
} ctr_declared_place;

bool ctr_declared_init(ctr_declared *n, bool by_name, const ctrace_allocator *allocator);
void ctr_declared_free(ctr_declared *n);

/* The id of what `declaration` declares; its texts are copied. CTRACE_ID_NONE: no memory. */
ctrace_id ctr_declared_intern(ctr_declared *n, const ctrace_event *declaration);
/* As the writer did at the beginning of the trace: the id is known and nothing has to be told any more. */
bool ctr_declared_begin_with(ctr_declared *n, const ctrace_event *declaration);

/* The next declaration; NULL when there is none. */
const ctrace_event *ctr_declared_next(const ctr_declared *n, ctr_declared_place *place);

#endif
