/* Everything of libctrace. */
#ifndef CTRACE_CTRACE_H
#define CTRACE_CTRACE_H

#include "common.h"
#include "convert.h"
#include "diff.h"
#include "error.h"
#include "event.h"
#include "filter.h"
#include "form.h"
#include "generate.h"
#include "kinds.h"
#include "reader.h"
#include "recorder.h"
#include "validate.h"
#include "version.h"
#include "writer.h"

#endif
