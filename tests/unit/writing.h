/* Writing in any form: a sink in memory that can fail, all calls of the writer, and what a reader makes of the result. */
#ifndef CTRACE_TESTS_WRITING_H
#define CTRACE_TESTS_WRITING_H

#include "codec/forms.h"
#include "reading.h"

#define S(literal) CTRACE_STR(literal)

/* ---- A sink that grows ---- */

typedef struct growing {
    char *data;
    size_t size;
    size_t writes;
    size_t until_failure; /* how many more writes succeed; SIZE_MAX: all */
    bool sequential;
} growing;

#define GROWING ((growing){.until_failure = SIZE_MAX})

static inline int growing_write(void *cookie, uint64_t offset, const char *data, size_t size)
{
    growing *g = cookie;
    g->writes++;
    if (g->until_failure == 0)
        return ENOSPC;
    g->until_failure -= g->until_failure != SIZE_MAX;
    if (g->sequential)
        assert_int_equal(offset, g->size);
    assert_true(offset <= g->size);
    if (offset + size > g->size) {
        g->data = realloc(g->data, (size_t)offset + size);
        assert_non_null(g->data);
        g->size = (size_t)offset + size;
    }
    if (size)
        memcpy(g->data + offset, data, size);
    return 0;
}

static inline ctrace_status open_growing(ctrace_writer **w, growing *g, const ctrace_writer_options *options,
                                         ctrace_error *error)
{
    ctrace_sink sink = {.cookie = g, .write = growing_write, .sequential = g->sequential};
    return ctrace_writer_open_sink(w, &sink, options, error);
}

/* ---- The calls. What they return is remembered. ---- */

typedef struct returned {
    int64_t all[512];
    size_t count;
} returned;

static inline void also(returned *r, int64_t what)
{
    assert_true(r->count < sizeof r->all / sizeof *r->all);
    r->all[r->count++] = what;
}

/* A value of every kind, with names declared in the middle. */
static inline void put_every_value(ctrace_writer *w, returned *r)
{
    const uint8_t big[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    also(r, ctrace_put_struct(w, CTRACE_ID_NONE, 18));
    also(r, ctrace_put_int(w, CTRACE_ID_NONE, INT64_MIN));
    also(r, ctrace_put_uint(w, CTRACE_ID_NONE, UINT64_MAX));
    also(r, ctrace_put_big_int(w, CTRACE_ID_NONE, big, sizeof big, true));
    also(r, ctrace_put_float(w, CTRACE_ID_NONE, 0.1));
    also(r, ctrace_put_float(w, CTRACE_ID_NONE, -__builtin_inf()));
    also(r, ctrace_put_bool(w, CTRACE_ID_NONE, true));
    also(r, ctrace_put_string(w, CTRACE_ID_NONE, S("größe \"\0\n")));
    also(r, ctrace_put_string(w, CTRACE_ID_NONE, S("bad \xff\xed\xa0\x80.")));
    also(r, ctrace_put_string(w, CTRACE_ID_NONE, S("")));
    also(r, ctrace_put_char(w, CTRACE_ID_NONE, 0x1f642));
    also(r, ctrace_put_raw(w, CTRACE_ID_NONE, S("<object>")));
    also(r, ctrace_put_error(w, CTRACE_ID_NONE, S("no such")));
    also(r, ctrace_put_none(w, CTRACE_ID_NONE));
    also(r, ctrace_put_cell(w, -5));
    also(r, ctrace_put_sequence(w, CTRACE_ID_NONE, 2, true));
    also(r, ctrace_put_tuple(w, CTRACE_ID_NONE, 0));
    also(r, ctrace_put_end(w));
    also(r, (int64_t)ctrace_type(w, CTRACE_TYPE_ENUM, S("declared inside")));
    also(r, ctrace_put_int(w, 0, 7));
    also(r, ctrace_put_end(w));
    also(r, ctrace_put_variant(w, CTRACE_ID_NONE, S("Some")));
    also(r, ctrace_put_reference(w, CTRACE_ID_NONE, UINT64_MAX, true));
    also(r, ctrace_put_bool(w, CTRACE_ID_NONE, false));
    also(r, ctrace_put_end(w));
    also(r, ctrace_put_end(w));
    also(r, ctrace_put_sequence(w, CTRACE_ID_NONE, 1, false));
    also(r, ctrace_put_string(w, 0, S("last but one")));
    also(r, ctrace_put_end(w));
    also(r, ctrace_put_int(w, CTRACE_ID_NONE, 1000));
    also(r, ctrace_put_end(w));
}

/* Nested more deeply than options.max_depth = 4 allows: cut, but for what stands beside it. */
static inline void put_too_deep(ctrace_writer *w, returned *r)
{
    for (int i = 0; i < 8; i++)
        also(r, ctrace_put_sequence(w, 0, i == 2 ? 2 : 1, false));
    also(r, ctrace_put_int(w, 0, 1));
    for (int i = 0; i < 8; i++) {
        also(r, ctrace_put_end(w));
        if (i == 4)
            also(r, ctrace_put_int(w, 0, 2));
    }
}

static inline void call_misused(ctrace_writer *w, returned *r, ctrace_id x)
{
    also(r, ctrace_step(w, 99, 1));
    also(r, ctrace_call(w, 99));
    also(r, ctrace_begin_local(w, 99));
    also(r, ctrace_put_int(w, 0, 1));
    also(r, ctrace_put_end(w));
    also(r, ctrace_begin_local(w, x));
    also(r, ctrace_step(w, 0, 1));
    also(r, ctrace_put_sequence(w, 0, 2, false));
    also(r, ctrace_put_string(w, 0, S("given up")));
    also(r, ctrace_put_end(w)); /* one is missing */
    also(r, ctrace_begin_arg(w, x));
    also(r, ctrace_put_tuple(w, 0, 0));
    also(r, ctrace_put_string(w, 0, S("one too many")));
    also(r, ctrace_writer_event(w, &(ctrace_event){.kind = (ctrace_event_kind)77}));
    also(r, ctrace_writer_event(w, &(ctrace_event){.kind = CTRACE_EVENT_VALUE}));
    also(r, ctrace_log(w, (ctrace_log_kind)99, S(""), S("")));
    also(r, ctrace_writer_start(w, S("/a"), 1));
}

static inline void call_places(ctrace_writer *w, returned *r, ctrace_id x)
{
    ctrace_id ids[] = {x, 0};
    ctrace_rvalue sources[] = {
        {.kind = CTRACE_RVALUE_SIMPLE, .variable_id = x},
        {.kind = CTRACE_RVALUE_COMPOUND, .variable_ids = ids, .variable_count = 2},
    };
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        also(r, ctrace_assign(w, x, CTRACE_PASS_REFERENCE, &sources[i]));
    also(r, ctrace_bind_variable(w, x, -7));
    also(r, ctrace_variable_cell(w, x, 8));
    also(r, ctrace_assign_compound_item(w, 1, 2, 3));
    also(r, ctrace_drop_variable(w, x));
    also(r, ctrace_drop_variables(w, ids, 2));
    also(r, ctrace_drop_variables(w, NULL, 0));
    also(r, ctrace_begin_compound(w, 4));
    also(r, ctrace_put_string(w, 0, S("compound")));
    also(r, ctrace_begin_cell(w, -4));
    also(r, ctrace_put_int(w, 0, 4));
    also(r, ctrace_begin_assign_cell(w, 5));
    also(r, ctrace_put_none(w, 0));
}

/* Every function of the API once at least; returns what they returned. `without` leaves out what a form may refuse. */
static inline returned call_everything(ctrace_writer *w)
{
    returned all = {0}, *r = &all;
    ctrace_kept *kept = ctrace_kept_new(w);
    ctrace_str lines[] = {S("nop"), S("ret")};
    ctrace_field fields[] = {{S("x"), 1}, {S("y"), 0}};
    also(r, kept != NULL);
    also(r, ctrace_writer_start(w, S("/a.py"), 1));
    also(r, ctrace_step(w, 0, 1));
    ctrace_id x = ctrace_variable(w, S("x")), f = ctrace_function(w, 0, 3, S("f"));
    also(r, (int64_t)x);
    also(r, (int64_t)f);
    also(r, (int64_t)ctrace_path(w, S("/b/\xff.py")));
    also(r, (int64_t)ctrace_struct_type(w, S("Point"), fields, 2));
    also(r, (int64_t)ctrace_pointer_type(w, S("*Point"), 1));
    if (!kept || x == CTRACE_ID_NONE || f == CTRACE_ID_NONE) {
        ctrace_kept_free(kept);
        return all;
    }
    also(r, ctrace_begin_kept(w, kept));
    put_every_value(w, r);
    also(r, ctrace_begin_arg(w, x));
    also(r, ctrace_put_string(w, CTRACE_ID_NONE, S("argument")));
    also(r, ctrace_begin_arg(w, x));
    also(r, ctrace_put_tuple(w, 0, 2));
    also(r, ctrace_put_kept(w, kept));
    also(r, ctrace_put_string(w, 0, S("after what was kept")));
    also(r, ctrace_put_end(w));
    also(r, ctrace_begin_arg(w, x));
    also(r, ctrace_put_sequence(w, 0, 3, false));
    ctrace_cancel_value(w);
    also(r, ctrace_call(w, f));
    also(r, ctrace_writer_flush(w, NULL));
    also(r, ctrace_begin_local(w, x));
    also(r, ctrace_put_kept(w, kept));
    also(r, ctrace_begin_kept(w, kept));
    put_too_deep(w, r);
    also(r, ctrace_begin_local(w, x));
    also(r, ctrace_put_kept(w, kept));
    also(r, ctrace_begin_local(w, x));
    put_too_deep(w, r);
    call_misused(w, r, x);
    call_places(w, r, x);
    also(r, ctrace_log(w, CTRACE_LOG_WRITE, S("stdout"), S("text")));
    also(r, ctrace_asm(w, lines, 2));
    also(r, ctrace_thread_start(w, 2));
    also(r, ctrace_thread_switch(w, 2));
    also(r, ctrace_thread_switch(w, 1));
    also(r, ctrace_thread_exit(w, 2));
    also(r, ctrace_begin_return(w));
    put_every_value(w, r);
    also(r, ctrace_call(w, f));
    ctrace_kept_free(kept);
    return all;
}

/* ---- Reading back ---- */

/* The events as JSON, one a line; a Char stands as Raw, which some forms write for it. */
static inline char *read_back(const char *data, size_t size)
{
    story s = {0};
    pieces p = {.data = data, .size = size};
    ctrace_source source = {.cookie = &p, .read = pieces_read};
    ctrace_reader *reader;
    ctrace_error error;
    const ctrace_event *event;
    story_say(&s, "");
    ctrace_status status = ctrace_reader_open_source(&reader, &source, S("trace"), NULL, &error);
    while (status == CTRACE_OK && (status = ctrace_reader_next(reader, &event, &error)) == CTRACE_OK)
        story_add_event(&s, event);
    if (status != CTRACE_END)
        fail_msg("%s", error.message);
    ctrace_reader_close(&reader);
    for (char *at = s.text; (at = strstr(at, "\"Char\",\"c\":")) != NULL; at++) {
        memcpy(at, "\"Raw\",\"r\":", 10);
        memmove(at + 10, at + 11, strlen(at + 11) + 1);
    }
    return s.text;
}

#endif
