#include "codec/cbor/skip.h"

/* What is of open size; in the low bits of an entry in `open`, above them the items that were still to come around
 * it. */
typedef enum open_kind { OPEN_LIST, OPEN_MAP, OPEN_BYTES, OPEN_TEXT } open_kind;

#define KIND_BITS 2
/* More items cannot come: no input is so long. Sums of two counts stay far from the end of the number. */
#define MOST_ITEMS (UINT64_C(1) << 60)
/* More than so many things of open size do not lie in each other. */
#define MOST_OPEN ((size_t)1 << 16)

void ctr_cbor_skip_begin(ctr_cbor_skip *s)
{
    s->items = 1;
    s->bytes = 0;
    s->open.size = 0;
}

void ctr_cbor_skip_free(ctr_cbor_skip *s) { ctr_buffer_free(&s->open); }

static uint64_t innermost(const ctr_cbor_skip *s)
{
    uint64_t entry;
    memcpy(&entry, s->open.data + s->open.size - sizeof entry, sizeof entry);
    return entry;
}

static ctr_cbor_skipped open_one(ctr_cbor_skip *s, open_kind kind, const char **expected)
{
    if (s->open.size >= MOST_OPEN * sizeof(uint64_t)) {
        *expected = "fewer than 65536 things of open size in each other";
        return CTR_CBOR_SKIP_BAD;
    }
    uint64_t entry = s->items << KIND_BITS | (uint64_t)kind;
    if (!ctr_buffer_append(&s->open, &entry, sizeof entry))
        return CTR_CBOR_SKIP_NO_MEMORY;
    s->items = 0;
    return CTR_CBOR_SKIPPED;
}

/* Where all items inside a thing of open size have come and its end or another item follows. False at its end, which
 * then lies behind. */
static bool goes_on(ctr_cbor_skip *s, const char **p)
{
    uint64_t entry = innermost(s);
    if ((unsigned char)**p != 0xFF) {
        s->items = (entry & ((1 << KIND_BITS) - 1)) == OPEN_MAP ? 2 : 1;
        return true;
    }
    ++*p;
    s->items = entry >> KIND_BITS;
    s->open.size -= sizeof entry;
    return false;
}

/* Whether the head `c` fits a string of open size, which holds strings of its own kind and of known size alone. */
static bool fits_string(const ctr_cbor_skip *s, unsigned char c)
{
    if (!s->open.size)
        return true;
    open_kind kind = (open_kind)(innermost(s) & ((1 << KIND_BITS) - 1));
    if (kind == OPEN_BYTES)
        return c >= 0x40 && c < 0x5C;
    return kind != OPEN_TEXT || (c >= 0x60 && c < 0x7C);
}

/* The item whose head is at *p. */
static ctr_cbor_skipped enter(ctr_cbor_skip *s, const char **p, const char *end, const char **expected)
{
    unsigned char c = (unsigned char)**p;
    unsigned major = c >> 5, info = c & 31;
    if (!fits_string(s, c)) {
        *expected = "a piece of the string";
        return CTR_CBOR_SKIP_BAD;
    }
    if (info == 31 && major >= 2 && major <= 5) {
        static const uint8_t kinds[] = {OPEN_BYTES, OPEN_TEXT, OPEN_LIST, OPEN_MAP};
        ++*p;
        s->items--;
        return open_one(s, (open_kind)kinds[major - 2], expected);
    }
    if (info >= 28) {
        *expected = "an item";
        return CTR_CBOR_SKIP_BAD;
    }
    uint64_t n = info;
    size_t more = info < 24 ? 0 : (size_t)1 << (info - 24);
    if ((size_t)(end - *p) <= more)
        return CTR_CBOR_SKIP_MORE;
    if (more) {
        n = 0;
        for (size_t i = 1; i <= more; i++)
            n = n << 8 | (unsigned char)(*p)[i];
    }
    if (major == 7 && info == 24 && n < 32) {
        *expected = "a simple value";
        return CTR_CBOR_SKIP_BAD;
    }
    if ((major == 4 || major == 5) && n >= MOST_ITEMS / 4) {
        *expected = "fewer items";
        return CTR_CBOR_SKIP_BAD;
    }
    s->items--;
    if (major == 2 || major == 3)
        s->bytes = n;
    else if (major == 4)
        s->items += n;
    else if (major == 5)
        s->items += 2 * n;
    else if (major == 6)
        s->items++;
    if (s->items >= MOST_ITEMS) {
        *expected = "fewer items";
        return CTR_CBOR_SKIP_BAD;
    }
    *p += more + 1;
    return CTR_CBOR_SKIPPED;
}

ctr_cbor_skipped ctr_cbor_skip_run(ctr_cbor_skip *s, const char **p, const char *end, const char **expected)
{
    for (;;) {
        if (s->bytes) {
            size_t have = (size_t)(end - *p);
            if (s->bytes > have) {
                s->bytes -= have;
                *p = end;
                return CTR_CBOR_SKIP_MORE;
            }
            *p += s->bytes;
            s->bytes = 0;
        }
        if (!s->items && !s->open.size)
            return CTR_CBOR_SKIPPED;
        if (*p >= end)
            return CTR_CBOR_SKIP_MORE;
        if (!s->items && !goes_on(s, p))
            continue;
        ctr_cbor_skipped entered = enter(s, p, end, expected);
        if (entered != CTR_CBOR_SKIPPED)
            return entered;
    }
}
