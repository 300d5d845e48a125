/* What every other header needs: the export mark, text, ids, memory. */
#ifndef CTRACE_COMMON_H
#define CTRACE_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(SWIG)
#define CTRACE_API
#elif defined(__GNUC__)
#define CTRACE_API __attribute__((visibility("default")))
#else
#define CTRACE_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Text as pointer and length in bytes. It need not end in NUL and may hold NULs.
 * A function that takes one copies what it keeps. */
typedef struct ctrace_str {
    const char *data;
    size_t size;
} ctrace_str;

#ifndef SWIG
/* A ctrace_str of a string literal. */
#ifdef __cplusplus
#define CTRACE_STR(literal) (ctrace_str{(literal), sizeof(literal) - 1})
#else
#define CTRACE_STR(literal) ((ctrace_str){(literal), sizeof(literal) - 1})
#endif
#endif

/* A path, function, type or variable. Ids are dense and count from 0 in the order of declaration. */
typedef uint64_t ctrace_id;
#define CTRACE_ID_NONE UINT64_MAX

/* Where memory comes from. `resize` works as realloc does: `old_size` 0 allocates, `new_size` 0 frees
 * and returns NULL. It returns NULL when there is no memory; the old block is then untouched. */
typedef struct ctrace_allocator {
    void *cookie;
    void *(*resize)(void *cookie, void *block, size_t old_size, size_t new_size);
} ctrace_allocator;

/* Structs of options begin with their size, which their INIT sets; all else zero means default. So programs and the
 * library can be of different versions: of a smaller struct what is missing has its default, of a larger one the part
 * that the library does not know must be zero, else the call fails with CTRACE_ARGUMENT. */

/* The version of the library that is loaded, such as "0.1.0". */
CTRACE_API const char *ctrace_version(void);

#ifdef __cplusplus
}
#endif
#endif
