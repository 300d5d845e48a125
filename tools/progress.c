#include "progress.h"

#include "screen.h"

#include <stdio.h>

void progress_tell(progress *p, uint64_t done, uint64_t total)
{
    if (done < LONG_INPUT && total < LONG_INPUT)
        return;
    bool is_percent = total != 0;
    uint64_t now = is_percent ? (uint64_t)((double)done / (double)total * 100) : done >> 20;
    if (p->told == now + 1)
        return;
    p->told = now + 1;
    text line = {.ascii = !screen_is_utf8()};
    text_put(&line, "\r");
    text_safe(&line, str_of(p->name), 0, 60);
    text_format(&line, ": %llu %s ", (unsigned long long)now, is_percent ? "%" : "MiB");
    fwrite(line.data, 1, line.size, stderr);
    text_free(&line);
}

void progress_end(const progress *p)
{
    if (p->told)
        fputs("\r\033[K", stderr);
}
