/* meta.json of a container, which older writers have in place of meta.dat. */
#ifndef CTRACE_LIB_CODEC_CTFS_META_JSON_H
#define CTRACE_LIB_CODEC_CTFS_META_JSON_H

#include "codec/json/scan.h"
#include "ctrace/reader.h"

/* Reads program, args, workdir, recording_id and recorder; what is missing or of another kind stays empty. The bytes
 * have CTR_JSON_SLACK zeros behind them and stay; the arena holds the rest. CTR_SCAN_BAD or CTR_SCAN_MORE: it is no JSON
 * object; what stands before the bad place is there. */
ctr_scan ctr_ctfs_parse_meta_json(const char *data, size_t size, ctr_arena *arena, ctrace_metadata *out);

#endif
