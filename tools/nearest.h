/* The known word that a misspelt one was meant to be. */
#ifndef CTRACE_TOOLS_NEAREST_H
#define CTRACE_TOOLS_NEAREST_H

#include <stddef.h>

/* The word nearest to `typed` among those that `word_at` gives, up to its first NULL. NULL when none is near. */
const char *nearest_word(const char *typed, const char *(*word_at)(size_t index));

#endif
