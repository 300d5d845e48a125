/* The fields of every event and value, once. Codecs, validator and schema are made from these tables;
 * names and numbers of the kinds stand in ctrace/kinds.h. The order is the order in the trace. */
#ifndef CTRACE_LIB_MODEL_MODEL_H
#define CTRACE_LIB_MODEL_MODEL_H

#include "ctrace/event.h"

/* What a field holds. The comment is the C type in ctrace_event or ctrace_value. */
typedef enum ctr_field_type {
    CTR_FIELD_ID,         /* ctrace_id: unsigned, up to 64 bits */
    CTR_FIELD_U64,        /* uint64_t */
    CTR_FIELD_I64,        /* int64_t: lines, places, call keys */
    CTR_FIELD_BOOL,       /* bool */
    CTR_FIELD_FLOAT,      /* double, as text or number */
    CTR_FIELD_TEXT,       /* ctrace_str */
    CTR_FIELD_CHAR,       /* ctrace_str of one character */
    CTR_FIELD_BASE64,     /* ctrace_str of bytes */
    CTR_FIELD_VALUE,      /* const ctrace_value *; inside a value: one child */
    CTR_FIELD_VALUES,     /* inside a value: `count` children */
    CTR_FIELD_ARGS,       /* const ctrace_argument *, size_t */
    CTR_FIELD_TEXTS,      /* const ctrace_str *, size_t */
    CTR_FIELD_IDS,        /* const ctrace_id *, size_t */
    CTR_FIELD_FIELDS,     /* const ctrace_field *, size_t */
    CTR_FIELD_TYPE_KIND,  /* number of ctrace_type_kind */
    CTR_FIELD_LOG_KIND,   /* number of ctrace_log_kind */
    CTR_FIELD_PASS,       /* name of ctrace_pass_kind */
    CTR_FIELD_TYPE_INFO,  /* ctrace_type_info */
    CTR_FIELD_RVALUE      /* ctrace_rvalue */
} ctr_field_type;

typedef struct ctr_field {
    const char *name; /* "" in a bare event: the payload itself */
    uint8_t name_size;
    uint8_t type;          /* ctr_field_type */
    uint16_t offset;       /* in ctrace_event, ctrace_value, ctrace_rvalue or ctrace_type_info */
    uint16_t count_offset; /* of the size_t beside a list */
} ctr_field;

/* How an event is written. */
typedef enum ctr_shape {
    CTR_SHAPE_RECORD, /* {"Step":{"path_id":0,"line":1}} */
    CTR_SHAPE_BARE,   /* {"Path":"/a"}: one field without a name */
    CTR_SHAPE_UNIT    /* "DropLastStep" */
} ctr_shape;

#define CTR_MAX_FIELDS 4

typedef struct ctr_record {
    uint8_t shape; /* ctr_shape */
    uint8_t field_count;
    ctr_field fields[CTR_MAX_FIELDS];
} ctr_record;

/* Indexed by ctrace_event_kind, ctrace_value_kind, ctrace_type_info_kind and ctrace_rvalue_kind. For an rvalue the
 * fields are those below "data"; Simple and Compound have one without a name. */
extern const ctr_record ctr_events[CTRACE_EVENT_KIND_COUNT];
extern const ctr_record ctr_values[CTRACE_VALUE_KIND_COUNT];
extern const ctr_record ctr_type_infos[CTRACE_TYPE_INFO_KIND_COUNT];
extern const ctr_record ctr_rvalues[CTRACE_RVALUE_KIND_COUNT];

/* The names of the kinds with their lengths, from ctrace/kinds.h. */
typedef struct ctr_name {
    const char *text;
    size_t size;
} ctr_name;

extern const ctr_name ctr_event_names[CTRACE_EVENT_KIND_COUNT];
extern const ctr_name ctr_value_names[CTRACE_VALUE_KIND_COUNT];
extern const ctr_name ctr_type_names[CTRACE_TYPE_KIND_COUNT];
extern const ctr_name ctr_log_names[CTRACE_LOG_KIND_COUNT];
extern const ctr_name ctr_type_info_names[CTRACE_TYPE_INFO_KIND_COUNT];
extern const ctr_name ctr_pass_names[CTRACE_PASS_KIND_COUNT];
extern const ctr_name ctr_rvalue_names[CTRACE_RVALUE_KIND_COUNT];

/* The index of a name in one of the lists above, or -1. */
int ctr_name_find(const ctr_name *names, size_t count, const char *text, size_t size);

#endif
