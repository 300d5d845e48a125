/* The one place that holds the version. The build reads these numbers. */
#ifndef CTRACE_VERSION_H
#define CTRACE_VERSION_H

#define CTRACE_VERSION_MAJOR 0
#define CTRACE_VERSION_MINOR 1
#define CTRACE_VERSION_PATCH 0
#define CTRACE_VERSION_STRING "0.1.0"

/* Raised when programs must be compiled anew to work with the library: it is the N of libctrace.so.N. */
#define CTRACE_SOVERSION 0

#endif
