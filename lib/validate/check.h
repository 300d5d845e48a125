/* The state of one validation. Its memory grows with the number of declarations, threads and places, and with the
 * depth of calls, not with what happens otherwise. */
#ifndef CTRACE_LIB_VALIDATE_CHECK_H
#define CTRACE_LIB_VALIDATE_CHECK_H

#include "base/buffer.h"
#include "base/map.h"
#include "validate/report.h"

/* Frames and places beyond these are counted, not kept. */
#define CTR_MAX_FRAMES 65536
#define CTR_MAX_PLACES 1000000
/* Ids of one kind that are used before their declaration. */
#define CTR_MAX_PENDING 1000

/* A name in a text that is shown: cut, and on one line. */
#define CTR_SHOWN_SIZE 96
#define CTR_NOTE_SIZE 256
#define CTR_MESSAGE_SIZE 400

/* What one id of a kind stands for. `first` is the earliest id of the same name. */
typedef struct ctr_named_path {
    ctrace_id first;
    uint64_t event;
    ctrace_position at;
    size_t key_at, size;   /* its text, in the keys of the map */
    bool source_sought;    /* whether source_lines is known, */
    int64_t source_lines;  /* which is -1 when there is no source */
    int64_t told_line;     /* the last line told to be beyond the source */
} ctr_named_path;

typedef struct ctr_named_function {
    ctrace_id first;
    uint64_t event;
    ctrace_id path_id;
    int64_t line;
    size_t key_at, size;
    bool entry_told;
} ctr_named_function;

typedef struct ctr_named_type {
    ctrace_id first;
    uint64_t event;
    size_t key_at, size;
    size_t field_count;
    uint32_t kind;
    uint16_t told_kinds; /* value kinds told not to fit, one bit each */
    bool fields_told;
} ctr_named_type;

typedef struct ctr_named_variable {
    ctrace_id first;
    uint64_t event;
    size_t key_at, size;
    uint64_t valued_at; /* number of the step at which it had its last value, counted from 1 */
    bool twice_told;
} ctr_named_variable;

/* Why an id was used. Each has a rule for an id that is never declared. */
typedef enum ctr_use {
    CTR_USE_STEP_PATH,
    CTR_USE_FUNCTION_PATH,
    CTR_USE_FUNCTION,
    CTR_USE_VARIABLE,
    CTR_USE_VALUE_TYPE,
    CTR_USE_TYPE_TYPE,
    CTR_USE_COUNT
} ctr_use;

typedef struct ctr_pending {
    ctrace_id id;
    ctrace_position at;
    ctrace_event_kind event_kind;
    uint64_t uses;
} ctr_pending;

typedef struct ctr_pending_list {
    ctr_map map; /* id to index */
    ctr_pending *items;
    size_t count, capacity;
    ctr_pending highest; /* of those that there was no room for, if uses != 0 */
} ctr_pending_list;

typedef struct ctr_checked_frame {
    uint64_t call_key;
    ctrace_id function_id;
    uint64_t event;
} ctr_checked_frame;

typedef struct ctr_checked_thread {
    uint64_t id;
    bool id_known;
    bool exited, exit_told;
    uint64_t depth;
    ctr_checked_frame *frames; /* the lowest, up to CTR_MAX_FRAMES */
    size_t frame_capacity;
    ctr_checked_frame left; /* the call that was left last, if any */
    uint64_t left_at;
    bool has_left;
    uint64_t returns_too_many; /* since then */
} ctr_checked_thread;

typedef struct ctr_check {
    const ctrace_allocator *allocator;
    ctrace_report *report;
    bool no_sources;
    ctrace_form form;
    ctrace_status status; /* sticky: CTRACE_NO_MEMORY */

    /* The event that is judged, and where it is. */
    const ctrace_event *event;
    ctrace_position here;
    bool rvalue_is_old; /* its source is in a form before the newest */

    /* An event was left out, so ids and calls cannot be judged any more; or the end was not reached. */
    bool shaken, cut;

    ctr_map path_map, function_map, type_map, variable_map;
    ctr_named_path *paths;
    ctr_named_function *functions;
    ctr_named_type *types;
    ctr_named_variable *variables;
    size_t path_count, path_capacity;
    size_t function_count, function_capacity;
    size_t type_count, type_capacity;
    size_t variable_count, variable_capacity;
    ctr_buffer key; /* scratch */
    ctr_pending_list pending[CTR_USE_COUNT];

    uint64_t steps;
    ctrace_position first_step_at;
    ctrace_id first_step_path;
    int64_t first_step_line;
    ctrace_id step_path;
    int64_t step_line;
    uint64_t steps_on_line;
    ctrace_id highest_stepped_path; /* valid when there is a step */
    ctrace_position many_steps_at;
    uint64_t logs_in_step;
    bool step_is_fresh; /* no call, return or switch since the last step */
    bool outside_told;

    uint64_t calls;
    ctr_map thread_map; /* id to index */
    ctr_checked_thread *threads;
    size_t thread_count, thread_capacity;
    size_t current;      /* thread */
    uint32_t *app_stack; /* the one stack that the apps know: the thread of each open call, the lowest */
    size_t app_capacity;
    uint64_t app_depth;

    ctr_map compounds, cells; /* places that have a value */

    /* For relative paths, and for the copies of sources; both may be empty. They end in NUL. */
    char *workdir, *folder;
    size_t workdir_size, folder_size; /* as allocated */
} ctr_check;

/* ---- check.c: telling ---- */

/* Tells of a problem at a place (NULL: the whole trace). `note` may be NULL. */
void ctr_tell_at(ctr_check *c, ctr_rule_number rule, const ctrace_position *at, const char *note, const char *format,
                 ...) __attribute__((format(printf, 5, 6)));
/* At the event that is judged. */
#define ctr_tell(c, rule, note, ...) ctr_tell_at((c), (rule), &(c)->here, (note), __VA_ARGS__)
/* Only when the rule is not broken yet: for what is a property of the whole trace. */
bool ctr_told(const ctr_check *c, ctr_rule_number rule);
/* About another file; `at` is a place in it or NULL. */
void ctr_tell_file(ctr_check *c, ctr_rule_number rule, const char *file, const ctrace_position *at, const char *note,
                   const char *format, ...) __attribute__((format(printf, 6, 7)));
void ctr_check_no_memory(ctr_check *c);
/* Makes a text fit to be shown; returns `out`. */
const char *ctr_shown(char out[CTR_SHOWN_SIZE], ctrace_str text);
/* Makes room for one more in an array; false (and told) when there is no memory. */
bool ctr_check_room(ctr_check *c, void **array, size_t *capacity, size_t count, size_t item_size);

/* ---- names.c: declarations and ids ---- */

void ctr_check_path(ctr_check *c);
void ctr_check_function(ctr_check *c);
void ctr_check_type(ctr_check *c);
void ctr_check_variable(ctr_check *c);
/* An id is used; false when it is not declared (yet). */
bool ctr_use_id(ctr_check *c, ctr_use use, ctrace_id id);
void ctr_check_names_end(ctr_check *c);
void ctr_names_free(ctr_check *c);
ctrace_str ctr_path_text(const ctr_check *c, ctrace_id id);
ctrace_str ctr_function_name(const ctr_check *c, ctrace_id id);
ctrace_str ctr_type_name(const ctr_check *c, ctrace_id id);
ctrace_str ctr_variable_text(const ctr_check *c, ctrace_id id);

/* ---- values.c ---- */

/* Judges a value; `brackets` is how many JSON has around it, `shown` whether readers show it. */
void ctr_check_value(ctr_check *c, const ctrace_value *value, uint32_t brackets, bool shown);
/* Judges the leniencies of the event together with its floats. */
void ctr_check_warnings(ctr_check *c, const ctrace_warning *warnings, size_t count);

/* ---- calls.c: calls, returns, threads ---- */

bool ctr_calls_init(ctr_check *c);
void ctr_check_step_in_call(ctr_check *c);
void ctr_check_call(ctr_check *c);
void ctr_check_return(ctr_check *c);
void ctr_check_thread(ctr_check *c);
void ctr_check_calls_end(ctr_check *c);
void ctr_calls_free(ctr_check *c);

/* ---- steps.c: steps and what belongs to them ---- */

void ctr_check_step(ctr_check *c);
void ctr_check_local(ctr_check *c);
void ctr_check_log(ctr_check *c);
/* CompoundValue, CellValue, AssignCompoundItem, AssignCell, VariableCell, DropVariable, Asm */
void ctr_check_place(ctr_check *c);
/* BindVariable, Assignment, DropVariables */
void ctr_check_assignment(ctr_check *c);
void ctr_check_drop_last_step(ctr_check *c);
void ctr_check_steps_end(ctr_check *c);
void ctr_steps_free(ctr_check *c);

/* ---- sources.c: files on this machine ---- */

/* How many lines the source of a path has: below workdir, else its copy below files/. -1 when it is not there. */
int64_t ctr_source_lines(const ctr_check *c, ctrace_str path);
/* Whether a path stays inside files/. */
bool ctr_path_stays_inside(ctrace_str path);
bool ctr_path_is_absolute(ctrace_str path);

typedef enum ctr_copy { CTR_COPY_THERE, CTR_COPY_MISSING, CTR_COPY_ESCAPES } ctr_copy;
/* Finds the copy of a source below the folder's files/; *out becomes its name. A symbolic link on the way escapes. */
ctr_copy ctr_find_copy(const char *folder, ctrace_str path, char *out, size_t size);

/* ---- sidecars.c ---- */

/* Judges the files in c->folder. `whole` tells that it is a trace folder, in which all of them belong. */
void ctr_check_sidecars(ctr_check *c, bool whole);

#endif
