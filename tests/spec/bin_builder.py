"""Builds trace.bin files of version 1 as upstream, an older crate or a killed recorder leaves them."""

import struct

import zstandard

from encoding import RUST, encode

HEADER = bytes.fromhex("C0DE72ACE2010000")


def u32(number):
    return struct.pack("<I", number)


def compress(data, streamed=True):
    """One frame; upstream's stream them, so they do not tell their size."""
    if not streamed:
        return zstandard.ZstdCompressor(level=3).compress(data)
    stream = zstandard.ZstdCompressor(level=3, write_content_size=False).compressobj()
    return stream.compress(data) + stream.flush()


def skippable(data, number=0):
    return u32(0x184D2A50 + number) + u32(len(data)) + data


def seek_table(frames, checksums=False):
    """frames: (compressed size, plain size)."""
    rows = b"".join(u32(a) + u32(b) + (u32(0xDEAD) if checksums else b"") for a, b in frames)
    foot = u32(len(frames)) + bytes([0x80 if checksums else 0]) + u32(0x8F92EAB1)
    return u32(0x184D2A5E) + u32(len(rows) + len(foot)) + rows + foot


def plain_events(events, dialect=RUST):
    return b"".join(encode(event, dialect) for event in events)


def trace_bin(events, dialect=RUST, frame=2 << 20, table="right", streamed=True, before=b"", behind=b"", header=HEADER):
    """A file whose frames hold `frame` plain bytes each. `table`: right, checksums, wrong or none."""
    plain = plain_events(events, dialect)
    out, rows = before, [(len(before), 0)] if before else []
    for at in range(0, max(1, len(plain)), frame):
        part = plain[at:at + frame]
        packed = compress(part, streamed)
        out += packed
        rows.append((len(packed), len(part)))
    if table == "wrong":
        rows = [(a + 1, b + 7) for a, b in rows]
    return header + out + (b"" if table == "none" else seek_table(rows, table == "checksums")) + behind
