/* A growing piece of text for the screen. What comes from a trace is put in with text_safe(), which lets no control
 * character reach the terminal. Running out of memory ends the program (complain.h). */
#ifndef CTRACE_TOOLS_TEXT_H
#define CTRACE_TOOLS_TEXT_H

#include <ctrace/common.h>

typedef struct text {
    char *data;
    size_t size;
    size_t room;
    bool ascii;  /* the screen does not show UTF-8 */
    bool colour; /* the screen shows colours */
} text;

typedef enum colour {
    COLOUR_NONE,
    COLOUR_DIM,
    COLOUR_BOLD,
    COLOUR_RED,
    COLOUR_YELLOW,
    COLOUR_GREEN,
    COLOUR_CYAN
} colour;

void text_free(text *t);

/* Our own text, as it is. */
void text_put(text *t, const char *ours);
void text_bytes(text *t, const char *data, size_t size);
void text_format(text *t, const char *format, ...) __attribute__((format(printf, 2, 3), nonnull));
/* "…", or "..." where UTF-8 is not shown. */
void text_ellipsis(text *t);
void text_colour(text *t, colour c);
/* Cuts the line to so many columns and marks the cut; a character counts as one. 0: as long as it is. */
void text_fit(text *t, size_t columns);

/* Text that is not ours: control characters, characters that change the direction of writing and invalid UTF-8 are
 * escaped, and `quote` too unless it is 0. At most `max_size` bytes are taken; a cut is marked. */
void text_safe(text *t, ctrace_str s, char quote, size_t max_size);

/* A JSON string with its quotes. Invalid UTF-8 becomes U+FFFD. */
void text_json(text *t, ctrace_str s);

/* Length of the UTF-8 character at `p`, 0 when it is invalid. */
size_t utf8_length(const char *p, size_t size, uint32_t *code_point);

ctrace_str str_of(const char *ours);

#endif
