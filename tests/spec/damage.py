"""Changes bytes of a file, as a bad disk, a bad copy or a bad intention would."""

import struct


def damaged(r, data):
    """A copy with a few changes of one kind, by a random.Random."""
    data = bytearray(data)
    kind = r.randrange(5)
    for _ in range(r.choice([1, 1, 3, 20])):
        at = r.randrange(len(data))
        if kind == 0:
            data[at] ^= 1 << r.randrange(8)
        elif kind == 1:
            data[at] = r.choice([0, 1, 0x7F, 0x80, 0xFF])
        elif kind == 2:
            data[at:at + 8] = struct.pack("<Q", r.choice([0, 1, 2**31, 2**32 - 1, 2**63, 2**64 - 1]))
        elif kind == 3:
            source = r.randrange(len(data))
            size = r.randrange(1, 300)
            data[at:at + size] = data[source:source + size]
        else:
            del data[max(16, at):]
            break
    return bytes(data)
