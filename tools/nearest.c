#include "nearest.h"

#include <ctype.h>
#include <string.h>

#define MAX_WORD 64

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many letters are to be added, removed, replaced or swapped with their neighbour. */
static size_t distance(const char *a, const char *b)
{
    size_t n = strlen(a);
    size_t m = strlen(b);
    if (n >= MAX_WORD || m >= MAX_WORD)
        return MAX_WORD;
    size_t rows[3][MAX_WORD];
    for (size_t j = 0; j <= m; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3];
        const size_t *twice_above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            int x = tolower((unsigned char)a[i - 1]);
            int y = tolower((unsigned char)b[j - 1]);
            row[j] = least(least(row[j - 1], above[j]) + 1, above[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) && y == tolower((unsigned char)a[i - 2]))
                row[j] = least(row[j], twice_above[j - 2] + 1);
        }
    }
    return rows[n % 3][m];
}

const char *nearest_word(const char *typed, const char *(*word_at)(size_t index))
{
    size_t best = strlen(typed) / 3 + 2;
    const char *found = NULL;
    const char *word;
    for (size_t i = 0; (word = word_at(i)); i++) {
        size_t far = distance(typed, word);
        if (far < best && far < strlen(word)) {
            best = far;
            found = word;
        }
    }
    return found;
}
