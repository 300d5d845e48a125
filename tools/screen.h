/* Standard output: what it can show, and writing to it. */
#ifndef CTRACE_TOOLS_SCREEN_H
#define CTRACE_TOOLS_SCREEN_H

#include "text.h"

typedef enum when { WHEN_AUTO, WHEN_ALWAYS, WHEN_NEVER } when;

/* To be called first: takes the character set from the locale, and leaves all else of it alone. */
void screen_begin(void);
bool screen_is_utf8(void);

/* Columns of the terminal that standard output is; 0 when it is none. */
size_t screen_width(void);

/* An empty text that knows what standard output shows. */
text screen_text(when colours, bool ascii);

/* Writes the text and empties it. When that fails the program ends with one line on standard error. */
void screen_write(text *t);
void screen_flush(void);
/* Flushes and closes; tells a failure that only shows then. */
void screen_end(void);

#endif
