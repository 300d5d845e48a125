/* Reading from memory, in pieces, and telling what was read as text. */
#ifndef CTRACE_TESTS_READING_H
#define CTRACE_TESTS_READING_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmocka_all.h"
#include "ctrace/reader.h"
#include "ctrace/writer.h"

/* ---- A source that gives at most `piece` bytes at a time ---- */

typedef struct pieces {
    const char *data;
    size_t size;
    size_t at;
    size_t piece;     /* 0: all at once */
    bool interrupted; /* every other read is interrupted by a signal */
    bool odd;
} pieces;

static inline ptrdiff_t pieces_read(void *cookie, char *buffer, size_t size, int *system_error)
{
    pieces *p = cookie;
    p->odd = !p->odd;
    if (p->interrupted && p->odd) {
        *system_error = EINTR;
        return -1;
    }
    size_t left = p->size - p->at;
    size_t count = p->piece && p->piece < size ? p->piece : size;
    if (count > left)
        count = left;
    if (count)
        memcpy(buffer, p->data + p->at, count);
    p->at += count;
    return (ptrdiff_t)count;
}

/* ---- A story: everything that a reader gives, line by line ---- */

typedef struct story {
    char *text;
    size_t size, capacity;
} story;

static inline void story_add(story *s, const char *data, size_t size)
{
    if (s->capacity - s->size <= size) {
        s->capacity = (s->size + size) * 2 + 4096;
        s->text = realloc(s->text, s->capacity);
        assert_non_null(s->text);
    }
    memcpy(s->text + s->size, data, size);
    s->size += size;
    s->text[s->size] = 0;
}

static inline void story_say(story *s, const char *text) { story_add(s, text, strlen(text)); }

static inline int story_write(void *cookie, uint64_t offset, const char *data, size_t size)
{
    story *s = cookie;
    assert_true(offset <= s->size);
    s->size = (size_t)offset;
    story_add(s, data, size);
    return 0;
}

/* The event as the writer writes it. */
static inline void story_add_event(story *s, const ctrace_event *event)
{
    story written = {0};
    ctrace_writer *w;
    ctrace_sink sink = {.cookie = &written, .write = story_write};
    ctrace_writer_options options = {CTRACE_WRITER_OPTIONS_INIT, .without = CTRACE_CONVENIENCE_ALL,
                                     .workdir = CTRACE_STR("/")};
    assert_int_equal(ctrace_writer_open_sink(&w, &sink, &options, NULL), CTRACE_OK);
    ctrace_status status = ctrace_writer_event(w, event);
    ctrace_writer_close(&w, NULL);
    if (status == CTRACE_OK) {
        const char *begin = strchr(written.text, '[') + 1;
        const char *end = strrchr(written.text, ']');
        while (*begin == '\n')
            begin++;
        while (end[-1] == '\n')
            end--;
        story_add(s, begin, (size_t)(end - begin));
    } else {
        story_say(s, "unwritable");
    }
    story_say(s, "\n");
    free(written.text);
}

/* Lines and columns, counted the simple way. */
static inline void assert_located(const pieces *p, ctrace_position position)
{
    if (position.line == 0) { /* of another file */
        assert_int_equal(position.offset, 0);
        return;
    }
    uint64_t line = 1, column = 1;
    assert_true(position.offset <= p->size);
    for (size_t i = 0; i < position.offset; i++) {
        column++;
        if (p->data[i] == '\n') {
            line++;
            column = 1;
        }
    }
    assert_int_equal(position.line, line);
    assert_int_equal(position.column, column);
}

static inline void story_add_line(story *s, const char *what, ctrace_position position, const char *more)
{
    char line[512];
    int size = snprintf(line, sizeof line, "%s @%llu #%lld%s%s\n", what, (unsigned long long)position.offset,
                        (long long)position.event, *more ? ": " : "", more);
    story_add(s, line, (size_t)size);
}

/* Reads all of `p` and tells it. Goes on after failures that allow it. Returns the last status. */
static inline ctrace_status tell(story *s, pieces *p, const ctrace_reader_options *options)
{
    ctrace_source source = {.cookie = p, .read = pieces_read};
    ctrace_error error;
    ctrace_reader *reader;
    ctrace_status status = ctrace_reader_open_source(&reader, &source, CTRACE_STR("input"), options, &error);
    if (status != CTRACE_OK) {
        assert_null(reader);
        assert_int_equal(error.status, status);
        assert_string_equal(error.file, "input");
        assert_located(p, error.position);
        story_add_line(s, ctrace_status_name(status), error.position, error.message);
        return status;
    }
    for (bool more = true; more;) {
        const ctrace_event *event;
        status = ctrace_reader_next(reader, &event, &error);
        more = status == CTRACE_OK || status == CTRACE_EVENT || status == CTRACE_TOO_DEEP || status == CTRACE_TOO_LARGE;
        const ctrace_warning *warnings;
        size_t count = ctrace_reader_warnings(reader, &warnings);
        for (size_t i = 0; i < count; i++) {
            assert_located(p, warnings[i].position);
            story_add_line(s, ctrace_leniency_name(warnings[i].leniency), warnings[i].position, "");
        }
        ctrace_position position;
        ctrace_reader_position(reader, &position);
        assert_located(p, position);
        if (status == CTRACE_OK) {
            assert_non_null(event);
            story_add_line(s, ctrace_event_kind_name(event->kind), position, "");
            story_add_event(s, event);
        } else {
            assert_null(event);
            if (status != CTRACE_END) {
                assert_int_equal(error.status, status);
                assert_string_equal(error.file, "input");
                assert_located(p, error.position);
            }
            story_add_line(s, ctrace_status_name(status), status == CTRACE_END ? position : error.position,
                           status == CTRACE_END ? "" : error.message);
        }
        assert_true(ctrace_reader_bytes_read(reader) <= p->size);
    }
    /* The last status stays. */
    const ctrace_event *event;
    assert_int_equal(ctrace_reader_next(reader, &event, NULL), status);
    ctrace_reader_close(&reader);
    assert_null(reader);
    return status;
}

#endif
