#include "text.h"

#include "complain.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void reserve(text *t, size_t more)
{
    if (t->room - t->size >= more)
        return;
    size_t room = t->room ? t->room : 128;
    while (room - t->size < more)
        room *= 2;
    t->data = need(realloc(t->data, room));
    t->room = room;
}

void text_free(text *t)
{
    free(t->data);
    t->data = NULL;
    t->size = t->room = 0;
}

void text_bytes(text *t, const char *data, size_t size)
{
    if (size == 0)
        return;
    reserve(t, size);
    memcpy(t->data + t->size, data, size);
    t->size += size;
}

void text_put(text *t, const char *ours)
{
    text_bytes(t, ours, strlen(ours));
}

void text_format(text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (size < 0)
        return;
    reserve(t, (size_t)size + 1);
    va_start(args, format);
    vsnprintf(t->data + t->size, (size_t)size + 1, format, args);
    va_end(args);
    t->size += (size_t)size;
}

void text_ellipsis(text *t)
{
    text_put(t, t->ascii ? "..." : "…");
}

void text_colour(text *t, colour c)
{
    static const char *const codes[] = {"\033[0m",  "\033[2m",  "\033[1m", "\033[31m",
                                        "\033[33m", "\033[32m", "\033[36m"};
    if (t->colour)
        text_put(t, codes[c]);
}

size_t utf8_length(const char *p, size_t size, uint32_t *code_point)
{
    const unsigned char *b = (const unsigned char *)p;
    if (size == 0)
        return 0;
    size_t length = b[0] < 0x80 ? 1 : b[0] < 0xC2 ? 0 : b[0] < 0xE0 ? 2 : b[0] < 0xF0 ? 3 : b[0] < 0xF5 ? 4 : 0;
    if (length == 0 || length > size)
        return 0;
    uint32_t c = length == 1 ? b[0] : b[0] & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((b[i] & 0xC0) != 0x80)
            return 0;
        c = c << 6 | (b[i] & 0x3Fu);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (c < least[length] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        return 0;
    *code_point = c;
    return length;
}

/* Characters that would move the cursor, give orders to the terminal, or show a line in another order. */
static bool is_hostile(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x061C || (c >= 0x200B && c <= 0x200F) ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF ||
           (c >= 0xFFF9 && c <= 0xFFFB) || (c >= 0xE0000 && c <= 0xE007F);
}

static void escape(text *t, uint32_t c)
{
    static const char letters[] = "\a\b\t\n\v\f\r\033";
    static const char *const names[] = {"\\a", "\\b", "\\t", "\\n", "\\v", "\\f", "\\r", "\\e"};
    const char *found = c && c < 0x80 ? strchr(letters, (int)c) : NULL;
    if (found)
        text_put(t, names[found - letters]);
    else if (c < 0x100)
        text_format(t, "\\x%02x", (unsigned)c);
    else
        text_format(t, c < 0x10000 ? "\\u%04x" : "\\U%08x", (unsigned)c);
}

void text_safe(text *t, ctrace_str s, char quote, size_t max_size)
{
    size_t i = 0;
    while (i < s.size) {
        uint32_t c = 0;
        size_t length = utf8_length(s.data + i, s.size - i, &c);
        if (i + (length ? length : 1) > max_size)
            break;
        if (length == 0) {
            text_format(t, "\\x%02x", (unsigned)(unsigned char)s.data[i++]);
            continue;
        }
        if (is_hostile(c) || (t->ascii && c >= 0x80)) {
            escape(t, c);
        } else {
            if (quote && (c == (unsigned char)quote || c == '\\'))
                text_put(t, "\\");
            text_bytes(t, s.data + i, length);
        }
        i += length;
    }
    if (i < s.size)
        text_ellipsis(t);
}

void text_json(text *t, ctrace_str s)
{
    text_put(t, "\"");
    for (size_t i = 0; i < s.size;) {
        uint32_t c = 0;
        size_t length = utf8_length(s.data + i, s.size - i, &c);
        if (length == 0) {
            text_put(t, "\xEF\xBF\xBD");
            i++;
            continue;
        }
        if (c == '"' || c == '\\')
            text_format(t, "\\%c", (int)c);
        else if (c == '\n')
            text_put(t, "\\n");
        else if (c < 0x20 || (c >= 0x7F && c < 0xA0))
            text_format(t, "\\u%04x", (unsigned)c);
        else
            text_bytes(t, s.data + i, length);
        i += length;
    }
    text_put(t, "\"");
}

ctrace_str str_of(const char *ours)
{
    return (ctrace_str){ours, strlen(ours)};
}

void text_fit(text *t, size_t columns)
{
    size_t mark = t->ascii ? 3 : 1, column = 0, cut = 0;
    if (columns <= mark)
        return;
    for (size_t at = 0; at < t->size;) {
        if (t->data[at] == '\x1b') { /* a colour takes no room */
            while (at < t->size && t->data[at] != 'm')
                at++;
            at++;
            continue;
        }
        if (column == columns - mark)
            cut = at;
        if (column++ == columns) {
            t->size = cut;
            text_colour(t, COLOUR_NONE);
            text_ellipsis(t);
            return;
        }
        uint32_t code_point;
        size_t length = utf8_length(t->data + at, t->size - at, &code_point);
        at += length ? length : 1;
    }
}
