"""A small reader of trace.bin version 1, written from bin.md alone. Needs the package zstandard.

    python3 spec/bin.py trace.bin        prints the events, one a line, as trace.json has them
"""

import json
import sys
from pathlib import Path

import zstandard

import cbor
from container import MAGIC

SKIPPABLE = range(0x184D2A50, 0x184D2A60)


def unpack(data, at=0):
    """What the zstd frames hold together, and whether the last one is whole. The seek table is not needed."""
    out = []
    whole = True
    while at + 4 <= len(data):
        magic = int.from_bytes(data[at:at + 4], "little")
        if magic in SKIPPABLE:
            at += 8 + int.from_bytes(data[at + 4:at + 8], "little")
            continue
        if magic != 0xFD2FB528:
            break  # bytes behind the trace
        frame = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()
        out.append(frame.decompress(data[at:]))
        whole = frame.eof
        if not whole:
            break
        at = len(data) - len(frame.unused_data)
    return b"".join(out), whole


def events_of(plain):
    """The events in a run of CBOR; one that is cut at the end is left out."""
    at = 0
    while at < len(plain):
        try:
            item, at = cbor.decode(plain, at)
        except cbor.Cut:
            return
        yield cbor.event(item)


def read(path):
    """The events of a file."""
    data = Path(path).read_bytes()
    if data[:5] != MAGIC or data[5:6] != b"\1":
        raise cbor.Malformed("not a trace.bin of version 1")
    return list(events_of(unpack(data, 8)[0]))


def main():
    sys.setrecursionlimit(20000)
    for event in read(sys.argv[1]):
        print(json.dumps(event, ensure_ascii=False, separators=(",", ":")))


if __name__ == "__main__":
    main()
