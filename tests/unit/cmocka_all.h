/* cmocka.h needs these before it. */
#ifndef CTRACE_TESTS_CMOCKA_ALL_H
#define CTRACE_TESTS_CMOCKA_ALL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#endif
