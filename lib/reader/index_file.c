#include "reader/index_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failure.h"
#include "io/file.h"

/* The file is words of 64 bits, the lowest byte first: those of the head, which say what the index is made of and how
 * much there is; those of each mark; and a sum over all that. Another VERSION when what they mean changes, also the
 * words of a form's marks. */
#define MAGIC      UINT64_C(0x7864692e63727463) /* "ctrc.idx" */
#define VERSION    1
#define END_BYTES  ((size_t)4096)
#define MARK_WORDS (3 + CTR_UNIT_COUNT)

enum head_word {
    HEAD_MAGIC,
    HEAD_VERSION,
    HEAD_FORM,
    HEAD_MAX_EVENT_BYTES,
    HEAD_MAX_DEPTH,
    HEAD_FILE_SIZE,
    HEAD_SECONDS,
    HEAD_NANOSECONDS,
    HEAD_SUM_OF_ENDS,
    HEAD_TOTALS,
    HEAD_MARKS = HEAD_TOTALS + CTR_UNIT_COUNT,
    HEAD_WORDS
};

/* FNV-1a: against accidents, not against malice. */
static uint64_t sum(uint64_t so_far, const char *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        so_far = (so_far ^ (unsigned char)data[i]) * UINT64_C(0x100000001B3);
    return so_far;
}
#define SUM_OF_NOTHING UINT64_C(0xCBF29CE484222325)

static bool put(ctr_buffer *b, uint64_t word)
{
    char bytes[8];
    for (size_t i = 0; i < 8; i++)
        bytes[i] = (char)(word >> (8 * i));
    return ctr_buffer_append(b, bytes, 8);
}

static uint64_t word_at(const char *words, size_t i)
{
    uint64_t word = 0;
    for (size_t k = 8; k-- > 0;)
        word = word << 8 | (unsigned char)words[i * 8 + k];
    return word;
}

static ctrace_status sum_of_ends(const ctr_index_origin *origin, uint64_t size, uint64_t *out, ctrace_error *error)
{
    ctr_source events = *origin->events;
    char bytes[END_BYTES];
    size_t got;
    ctrace_status status = ctr_source_read_at(&events, 0, bytes, END_BYTES, &got, origin->path, error);
    if (status != CTRACE_OK)
        return status;
    *out = sum(SUM_OF_NOTHING, bytes, got);
    status = ctr_source_read_at(&events, size > END_BYTES ? size - END_BYTES : 0, bytes, END_BYTES, &got, origin->path,
                                error);
    *out = sum(*out, bytes, got);
    return status;
}

/* The words that say what the index is made of. */
static ctrace_status origin_words(const ctr_index_origin *origin, uint64_t words[HEAD_TOTALS], ctrace_error *error)
{
    struct stat about;
    if (fstat(origin->events->fd, &about) != 0)
        return ctr_fail_system(error, errno, "look at", origin->path);
    words[HEAD_MAGIC] = MAGIC;
    words[HEAD_VERSION] = VERSION;
    words[HEAD_FORM] = origin->form;
    words[HEAD_MAX_EVENT_BYTES] = origin->options->max_event_bytes;
    words[HEAD_MAX_DEPTH] = origin->options->max_depth;
    words[HEAD_FILE_SIZE] = (uint64_t)about.st_size;
    words[HEAD_SECONDS] = (uint64_t)about.st_mtim.tv_sec;
    words[HEAD_NANOSECONDS] = (uint64_t)about.st_mtim.tv_nsec;
    return sum_of_ends(origin, words[HEAD_FILE_SIZE], &words[HEAD_SUM_OF_ENDS], error);
}

static bool path_of_index(ctr_buffer *out, const ctr_index_origin *origin)
{
    return ctr_buffer_append(out, origin->path, strlen(origin->path)) && ctr_buffer_append(out, ".index", 7);
}

/* ---- Loading ---- */

/* Every number is checked: an index must not lead a reader astray, whoever wrote it. */
static bool take_marks(ctr_index *index, const char *words, size_t count)
{
    if (!ctr_index_reserve(index, count))
        return false;
    static const uint64_t nothing[CTR_UNIT_COUNT];
    const uint64_t *last = nothing;
    for (size_t i = 0; i < count; i++, words += MARK_WORDS * 8) {
        ctr_index_mark *mark = &index->marks[i];
        for (size_t k = 0; k < CTR_UNIT_COUNT; k++) {
            mark->before[k] = word_at(words, k);
            if (mark->before[k] < last[k] || mark->before[k] > index->totals[k])
                return false;
        }
        if (mark->before[CTRACE_UNIT_EVENT] == last[CTRACE_UNIT_EVENT])
            return false;
        mark->place.event = mark->before[CTRACE_UNIT_EVENT];
        for (size_t k = 0; k < 3; k++)
            mark->place.words[k] = word_at(words, CTR_UNIT_COUNT + k);
        last = mark->before;
    }
    index->count = count;
    return true;
}

static bool take_index(ctr_index *index, const char *words, size_t size, const ctr_index_origin *origin)
{
    if (size < (HEAD_WORDS + 1) * 8 || size % 8)
        return false;
    uint64_t expected[HEAD_TOTALS], count = word_at(words, HEAD_MARKS);
    if (count > CTR_INDEX_MOST || size != (HEAD_WORDS + (size_t)count * MARK_WORDS + 1) * 8 ||
        word_at(words, size / 8 - 1) != sum(SUM_OF_NOTHING, words, size - 8) ||
        origin_words(origin, expected, NULL) != CTRACE_OK)
        return false;
    for (size_t i = 0; i < HEAD_TOTALS; i++)
        if (word_at(words, i) != expected[i])
            return false;
    for (size_t k = 0; k < CTR_UNIT_COUNT; k++)
        index->totals[k] = word_at(words, HEAD_TOTALS + k);
    return take_marks(index, words + HEAD_WORDS * 8, (size_t)count);
}

/* Reads a small plain file; a pipe would be waited for. */
static bool read_file(const char *path, ctr_buffer *out)
{
    const size_t most = (HEAD_WORDS + CTR_INDEX_MOST * MARK_WORDS + 1) * 8;
    struct stat about;
    ctr_source source;
    size_t got = 0;
    if (stat(path, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size < 0 || (uintmax_t)about.st_size > most ||
        ctr_source_open_file(&source, path, NULL) != CTRACE_OK)
        return false;
    size_t size = (size_t)about.st_size;
    bool good = source.seeks && ctr_buffer_reserve(out, size) &&
                ctr_source_read_at(&source, 0, out->data, size, &got, path, NULL) == CTRACE_OK && got == size;
    out->size = good ? size : 0;
    ctr_source_close(&source);
    return good;
}

bool ctr_index_load(ctr_index *index, const ctr_index_origin *origin)
{
    ctr_buffer path = {.allocator = index->allocator}, words = {.allocator = index->allocator};
    bool good = path_of_index(&path, origin) && read_file(path.data, &words) && words.size &&
                take_index(index, words.data, words.size, origin);
    ctr_buffer_free(&path);
    ctr_buffer_free(&words);
    index->complete = index->from_file = good;
    if (!good)
        ctr_index_reset(index);
    return good;
}

/* ---- Saving ---- */

static bool put_index(ctr_buffer *out, const ctr_index *index, const uint64_t *origin)
{
    bool good = true;
    for (size_t i = 0; good && i < HEAD_TOTALS; i++)
        good = put(out, origin[i]);
    for (size_t k = 0; good && k < CTR_UNIT_COUNT; k++)
        good = put(out, index->totals[k]);
    good = good && put(out, index->count);
    for (size_t i = 0; good && i < index->count; i++) {
        for (size_t k = 0; good && k < CTR_UNIT_COUNT; k++)
            good = put(out, index->marks[i].before[k]);
        for (size_t k = 0; good && k < 3; k++)
            good = put(out, index->marks[i].place.words[k]);
    }
    return good && put(out, sum(SUM_OF_NOTHING, out->data, out->size));
}

/* `path` is that of the index. */
static ctrace_status replace(const char *path, const ctr_buffer *words, ctr_buffer *scratch, ctrace_error *error)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    if (!ctr_buffer_append(scratch, path, (size_t)(name - path)) || !ctr_buffer_append(scratch, ".", 2))
        return ctr_fail(error, CTRACE_NO_MEMORY, "no memory for an index");
    int folder = open(scratch->data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int failure = folder < 0 ? errno : ctr_replace_file(folder, name, words->data, words->size, false);
    if (folder >= 0)
        close(folder);
    return failure ? ctr_fail_system(error, failure, "write", path) : CTRACE_OK;
}

ctrace_status ctr_index_save(const ctr_index *index, const ctr_index_origin *origin, ctrace_error *error)
{
    uint64_t head[HEAD_TOTALS];
    ctrace_status status = origin_words(origin, head, error);
    if (status != CTRACE_OK)
        return status;
    ctr_buffer path = {.allocator = index->allocator}, words = path, scratch = path;
    if (path_of_index(&path, origin) && put_index(&words, index, head))
        status = replace(path.data, &words, &scratch, error);
    else
        status = ctr_fail(error, CTRACE_NO_MEMORY, "no memory for an index");
    ctr_buffer_free(&path);
    ctr_buffer_free(&words);
    ctr_buffer_free(&scratch);
    return status;
}
