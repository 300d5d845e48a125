/* Containers of the layout "split" made by hand: a small run of a program, in any framing and with any meaning of
 * positions, and the events that it must be read as. */
#ifndef CTRACE_TESTS_SPLIT_BUILDING_H
#define CTRACE_TESTS_SPLIT_BUILDING_H

#include "codec/ctfs/meta.h"
#include "ctfs_building.h"

#define SPLIT_NEWER (0xFu << CTR_CTFS_CALLS) /* the flags of all newer framings */

static inline void split_varint(story *s, uint64_t n)
{
    for (; n >= 128; n >>= 7)
        bytes_u8(s, (unsigned)(n & 127) | 128);
    bytes_u8(s, (unsigned)n);
}

static inline void split_svarint(story *s, int64_t n) { split_varint(s, (uint64_t)n << 1 ^ (uint64_t)(n >> 63)); }

static inline void split_run(story *s, const char *data, size_t size)
{
    split_varint(s, size);
    story_add(s, data, size);
}

/* ---- Files ---- */

typedef struct split_file {
    char name[CTR_CTFS_NAME_MAX + 1];
    story content;
} split_file;

typedef struct split_files {
    split_file files[24];
    size_t count;
} split_files;

static inline story *split_file_add(split_files *f, const char *name, const char *suffix)
{
    split_file *file = &f->files[f->count++];
    *file = (split_file){0};
    snprintf(file->name, sizeof file->name, "%s%s", name, suffix);
    story_say(&file->content, "");
    return &file->content;
}

static inline story *split_file_find(split_files *f, const char *name)
{
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->files[i].name, name) == 0)
            return &f->files[i].content;
    fail_msg("no file %s", name);
    return NULL;
}

static inline void split_file_drop(split_files *f, const char *name)
{
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->files[i].name, name) == 0) {
            free(f->files[i].content.text);
            f->files[i] = f->files[--f->count];
            return;
        }
}

static inline void split_files_free(split_files *f)
{
    for (size_t i = 0; i < f->count; i++)
        free(f->files[i].content.text);
    f->count = 0;
}

static inline box split_box(const split_files *f)
{
    box b = box_begin(4, 1024, 31);
    for (size_t i = 0; i < f->count; i++)
        box_add(&b, f->files[i].name, f->files[i].content.text, f->files[i].content.size);
    return b;
}

/* A box of these files, told. */
static inline char *split_tell(const split_files *f, const ctrace_reader_options *options)
{
    box b = split_box(f);
    story s = {0};
    tell_box(&s, b.data, b.size, options);
    box_free(&b);
    return s.text;
}

/* ---- Streams ---- */

typedef struct split_rows {
    story *rows;
    size_t count, capacity;
} split_rows;

static inline story *split_row(split_rows *r)
{
    if (r->count == r->capacity) {
        r->capacity = r->capacity * 2 + 16;
        r->rows = realloc(r->rows, r->capacity * sizeof *r->rows);
        assert_non_null(r->rows);
    }
    r->rows[r->count] = (story){0};
    story_say(&r->rows[r->count], "");
    return &r->rows[r->count++];
}

static inline void split_rows_free(split_rows *r)
{
    for (size_t i = 0; i < r->count; i++)
        free(r->rows[i].text);
    free(r->rows);
    *r = (split_rows){0};
}

static inline void split_text_row(split_rows *r, const char *text) { story_say(split_row(r), text); }

/* "NAME.dat" and "NAME.off". */
static inline void split_table(split_files *f, const char *name, const split_rows *r)
{
    story *data = split_file_add(f, name, ".dat"), *offsets = split_file_add(f, name, ".off");
    for (size_t i = 0; i < r->count; i++) {
        bytes_u64(offsets, data->size);
        story_add(data, r->rows[i].text, r->rows[i].size);
    }
    bytes_u64(offsets, data->size);
}

static inline void split_frame(story *out, const story *plain)
{
    size_t most = ZSTD_compressBound(plain->size);
    char *packed = malloc(most);
    assert_non_null(packed);
    size_t size = ZSTD_compress(packed, most, plain->text, plain->size, 3);
    assert_false(ZSTD_isError(size));
    story_add(out, packed, size);
    free(packed);
}

/* "NAME.dat" and "NAME.idx" of chunks of `per_chunk` rows. `lengths`: each row is behind its length. `counts`: the older
 * framing of steps. */
static inline void split_chunks(split_files *f, const char *name, const split_rows *r, size_t per_chunk, bool lengths,
                                bool counts)
{
    story *data = split_file_add(f, name, ".dat"), *index = split_file_add(f, name, ".idx");
    bytes_u32(index, (uint32_t)per_chunk);
    if (counts)
        bytes_u64(index, 0);
    for (size_t at = 0; at < r->count; at += per_chunk) {
        size_t end = at + per_chunk < r->count ? at + per_chunk : r->count;
        story plain = {0};
        if (counts)
            bytes_u32(&plain, (uint32_t)(end - at));
        for (size_t i = at; i < end; i++) {
            if (lengths)
                split_varint(&plain, r->rows[i].size);
            story_add(&plain, r->rows[i].text, r->rows[i].size);
        }
        bytes_u64(index, data->size);
        split_frame(data, &plain);
        free(plain.text);
    }
    if (counts)
        bytes_u64(index, r->count);
}

/* ---- Parts of records ---- */

/* {"kind":"Int","i":N,"type_id":0} */
static inline void split_int(story *s, unsigned small)
{
    char cbor[] = "\xA3" "dkind" "cInt" "ai" "\0" "gtype_id" "\0";
    cbor[12] = (char)(small % 24);
    split_run(s, cbor, sizeof cbor - 1);
}

/* ---- A run: a top level, functions that call each other, and output ---- */

typedef enum split_positions { SPLIT_NIM, SPLIT_PACKED, SPLIT_COLUMNS } split_positions;

typedef struct split_run_options {
    size_t steps;
    size_t per_chunk;
    split_positions positions;
    bool older;
} split_run_options;

#define SPLIT_PATHS 3
#define SPLIT_LINES 40
#define SPLIT_LENGTH 30 /* of a line */

static inline unsigned split_path_of(size_t step) { return (unsigned)(step / 4 % SPLIT_PATHS); }
static inline unsigned split_line_of(size_t step) { return (unsigned)(step * 7 % SPLIT_LINES) + 1; }

static inline uint64_t split_position(split_positions positions, size_t step)
{
    uint64_t path = split_path_of(step), line = split_line_of(step);
    if (positions == SPLIT_COLUMNS)
        return (path * SPLIT_LINES + line - 1) * SPLIT_LENGTH + step % SPLIT_LENGTH;
    return positions == SPLIT_PACKED ? path << 32 | line : path * 100000 + line;
}

/* Function 1 is entered at steps 3, 13, 23, … and left 4 steps later; within it function 2 at the step after, for a step.
 * The top level is never left. */
static inline bool split_enters_1(size_t step) { return step % 10 == 3; }
static inline bool split_enters_2(size_t step) { return step % 10 == 4 && step >= 4; }

static inline void split_call(split_rows *calls, unsigned function, int64_t parent, size_t entry, size_t exit)
{
    story *s = split_row(calls);
    split_varint(s, function);
    split_svarint(s, parent);
    split_varint(s, entry);
    split_varint(s, exit);
    split_varint(s, function);
    split_varint(s, function == 1);
    if (function == 1) { /* with an argument */
        split_varint(s, 1);
        split_int(s, (unsigned)entry);
    }
    if (function == 1)
        split_int(s, (unsigned)exit);
    else
        split_run(s, "\xFF", 1);
    split_varint(s, 0);
    split_varint(s, 2); /* children, which are not read */
    split_varint(s, 300);
    split_varint(s, 1);
}

static inline void split_add_tables(split_files *f, const split_run_options *o)
{
    static const char *const paths[SPLIT_PATHS] = {"/a.py", "/b.py", "/c.py"};
    static const char *const functions[] = {"<toplevel>", "first", "second", "never"};
    split_rows rows = {0};
    for (size_t i = 0; i < SPLIT_PATHS; i++) {
        story *s = split_row(&rows);
        if (o->positions == SPLIT_COLUMNS) {
            split_run(s, paths[i], strlen(paths[i]));
            split_varint(s, SPLIT_LINES);
            split_svarint(s, SPLIT_LENGTH);
            for (size_t line = 1; line < SPLIT_LINES; line++)
                split_svarint(s, 0);
        } else {
            story_say(s, paths[i]);
        }
    }
    split_table(f, "paths", &rows);
    split_rows_free(&rows);
    for (size_t i = 0; i < 4; i++) {
        story *s = split_row(&rows);
        if (o->positions == SPLIT_PACKED) {
            split_varint(s, (uint64_t)1 << 32 | (i + 10));
            split_run(s, functions[i], strlen(functions[i]));
        } else {
            story_say(s, functions[i]);
        }
    }
    split_table(f, "funcs", &rows);
    split_rows_free(&rows);
    story *s = split_row(&rows);
    if (o->positions == SPLIT_PACKED) {
        bytes_u8(s, CTRACE_TYPE_INT);
        split_run(s, "int", 3);
        story_say(s, "\xA1" "dkind" "dNone");
    } else {
        story_say(s, "int");
    }
    split_table(f, "types", &rows);
    split_rows_free(&rows);
    split_text_row(&rows, "x");
    split_text_row(&rows, "argument");
    split_table(f, "varnames", &rows);
    split_rows_free(&rows);
}

static inline void split_add_steps(split_files *f, const split_run_options *o)
{
    split_rows rows = {0};
    uint64_t last = 0;
    for (size_t i = 0; i < o->steps; i++) {
        uint64_t position = split_position(o->positions, i);
        story *s = split_row(&rows);
        if (i % o->per_chunk == 0 || i % 3 == 0) {
            bytes_u8(s, 0);
            split_varint(s, position);
        } else {
            bytes_u8(s, o->positions == SPLIT_COLUMNS && i % 3 == 1 ? 7 : 1);
            split_svarint(s, (int64_t)(position - last));
        }
        last = position;
    }
    split_chunks(f, "steps", &rows, o->per_chunk, false, o->older);
    split_rows_free(&rows);
}

static inline void split_add_records(split_files *f, const split_run_options *o)
{
    split_rows values = {0}, calls = {0}, events = {0};
    split_call(&calls, 0, -1, 0, o->steps + 1);
    for (size_t i = 0; i < o->steps; i++) {
        if (split_enters_1(i))
            split_call(&calls, 1, 0, i, i + 4);
        if (split_enters_2(i))
            split_call(&calls, 2, (int64_t)calls.count - 1, i, i + 1);
        story *s = split_row(&values);
        if (i % 2) {
            if (!o->older)
                bytes_u8(s, 0);
            split_varint(s, 1);
            split_varint(s, 0);
            if (o->older)
                split_varint(s, 0);
            split_int(s, (unsigned)i);
        }
        if (i % 7 == 5) {
            s = split_row(&events);
            bytes_u8(s, o->older ? 1 : CTRACE_LOG_TRACE_LOG_EVENT);
            split_varint(s, i);
            if (!o->older)
                split_run(s, "", 0);
            split_run(s, "hi\n", 3);
        }
    }
    split_rows *const rows[] = {&values, &calls, &events};
    static const char *const names[] = {"values", "calls", "events"};
    for (size_t i = 0; i < 3; i++) {
        if (o->older)
            split_table(f, names[i], rows[i]);
        else
            split_chunks(f, names[i], rows[i], o->per_chunk, true, false);
        split_rows_free(rows[i]);
    }
}

static inline split_files split_run_files(const split_run_options *o)
{
    split_files f = {0};
    split_add_tables(&f, o);
    split_add_steps(&f, o);
    split_add_records(&f, o);
    unsigned flags = o->older ? 0 : SPLIT_NEWER;
    if (o->positions == SPLIT_COLUMNS)
        flags |= 1u << CTR_CTFS_COLUMN_AWARE;
    if (o->positions == SPLIT_PACKED)
        flags |= 1u << CTR_CTFS_BINARY_TABLES;
    meta_usual(split_file_add(&f, "meta", ".dat"), 3, flags, GOOD_ID);
    return f;
}

/* ---- What it must be read as ---- */

typedef enum split_without { SPLIT_ALL, SPLIT_NO_VALUES, SPLIT_NO_CALLS, SPLIT_NO_EVENTS, SPLIT_WITHOUT_COUNT } split_without;

/* Counts the functions that are declared, as those without a place are where they are called. */
typedef struct split_telling {
    story *s;
    const split_run_options *o;
    unsigned declared;
} split_telling;

static inline void split_add(split_telling *t, ctrace_event event) { story_add_event(t->s, &event); }

static inline void split_expect_function(split_telling *t, uint64_t path, int64_t line)
{
    static const char *const functions[] = {"<toplevel>", "first", "second", "never"};
    const char *name = functions[t->declared];
    if (t->o->positions == SPLIT_PACKED) {
        path = 1;
        line = 10 + t->declared;
    }
    t->declared++;
    split_add(t, (ctrace_event){.kind = CTRACE_EVENT_FUNCTION, .function = {path, line, {name, strlen(name)}}});
}

static inline void split_expect_call(split_telling *t, unsigned function, size_t step)
{
    ctrace_value value = {.kind = CTRACE_VALUE_INT, .span = 1, .i = (int64_t)(step % 24)};
    ctrace_argument arg = {1, &value};
    if (t->declared == function)
        split_expect_function(t, split_path_of(step), split_line_of(step));
    split_add(t, (ctrace_event){.kind = CTRACE_EVENT_CALL, .call = {function, &arg, function == 1}});
}

static inline void split_expect_return(split_telling *t, unsigned function, size_t step)
{
    ctrace_value value = {.kind = CTRACE_VALUE_NONE, .span = 1};
    if (function == 1)
        value = (ctrace_value){.kind = CTRACE_VALUE_INT, .span = 1, .i = (int64_t)(step % 24)};
    split_add(t, (ctrace_event){.kind = CTRACE_EVENT_RETURN, .returned = {&value}});
}

static inline void split_expect_step(split_telling *t, split_without without, size_t i)
{
    ctrace_value value = {.kind = CTRACE_VALUE_INT, .span = 1, .i = (int64_t)(i % 24)};
    split_add(t, (ctrace_event){.kind = CTRACE_EVENT_STEP, .step = {split_path_of(i), split_line_of(i)}});
    if (split_enters_1(i) && without != SPLIT_NO_CALLS)
        split_expect_call(t, 1, i);
    if (split_enters_2(i) && without != SPLIT_NO_CALLS)
        split_expect_call(t, 2, i);
    if (i % 2 && without != SPLIT_NO_VALUES)
        split_add(t, (ctrace_event){.kind = CTRACE_EVENT_VALUE, .value = {0, &value}});
    if (i % 7 == 5 && without != SPLIT_NO_EVENTS)
        split_add(t, (ctrace_event){.kind = CTRACE_EVENT_LOG, .log = {CTRACE_LOG_TRACE_LOG_EVENT, S(""), S("hi\n")}});
    if (i && split_enters_2(i - 1) && without != SPLIT_NO_CALLS)
        split_expect_return(t, 2, i);
    if (i >= 4 && split_enters_1(i - 4) && without != SPLIT_NO_CALLS)
        split_expect_return(t, 1, i);
}

/* The events alone, one a line. */
static inline char *split_expected(const split_run_options *o, split_without without)
{
    static const char *const paths[SPLIT_PATHS] = {"/a.py", "/b.py", "/c.py"};
    story s = {0};
    split_telling t = {&s, o, 0};
    story_say(&s, "");
    for (size_t i = 0; i < SPLIT_PATHS; i++)
        split_add(&t, (ctrace_event){.kind = CTRACE_EVENT_PATH, .path = {paths[i], strlen(paths[i])}});
    while (o->positions == SPLIT_PACKED && t.declared < 4)
        split_expect_function(&t, 0, 0);
    split_add(&t, (ctrace_event){.kind = CTRACE_EVENT_TYPE,
                                 .type = {o->positions == SPLIT_PACKED ? CTRACE_TYPE_INT : CTRACE_TYPE_RAW,
                                          S("int"), {.kind = CTRACE_TYPE_INFO_NONE}}});
    split_add(&t, (ctrace_event){.kind = CTRACE_EVENT_VARIABLE_NAME, .variable_name = S("x")});
    split_add(&t, (ctrace_event){.kind = CTRACE_EVENT_VARIABLE_NAME, .variable_name = S("argument")});
    if (without != SPLIT_NO_CALLS)
        split_expect_call(&t, 0, 0);
    for (size_t i = 0; i < o->steps; i++)
        split_expect_step(&t, without, i);
    while (t.declared < 4)
        split_expect_function(&t, 0, 0);
    return s.text;
}

/* The events of a told box: what is behind "@offset #index " of the lines that have it. */
static inline char *split_events_of(const char *told)
{
    story s = {0};
    story_say(&s, "");
    for (const char *line = told; *line;) {
        const char *end = strchr(line, '\n') + 1;
        const char *event = line[0] == '@' ? strchr(strchr(line, ' ') + 1, ' ') + 1 : NULL;
        if (event)
            story_add(&s, event, (size_t)(end - event));
        line = end;
    }
    return s.text;
}

/* How often a line of a told box begins so. */
static inline size_t split_count(const char *told, const char *begin)
{
    size_t count = 0;
    for (const char *line = told; *line; line = strchr(line, '\n') + 1)
        count += strncmp(line, begin, strlen(begin)) == 0;
    return count;
}

#endif
