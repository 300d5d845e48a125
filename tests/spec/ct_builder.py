"""Builds .ct containers, and those of the layout "old" in every framing; ct_split.py has the layout "split".

    data = container({"events.log": …}, block_size=1024)
    data = old(events, framing="bare")
"""

import struct

import zstandard

from encoding import RUST, encode

PREFIX = bytes.fromhex("C0DE72ACE2010000")
RECORDING_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
NAME_DIGITS = "\0" + "0123456789" + "abcdefghijklmnopqrstuvwxyz" + "./-"
TAGS = ["Step", "Path", "VariableName", "Variable", "Type", "Value", "Function", "Call", "Return", "Event", "Asm",
        "BindVariable", "Assignment", "DropVariables", "CompoundValue", "CellValue", "AssignCompoundItem", "AssignCell",
        "VariableCell",
        "DropVariable", "ThreadStart", "ThreadExit", "ThreadSwitch", "DropLastStep"]


# ---- Numbers and texts ----

def u32(number):
    return struct.pack("<I", number)


def u64(number):
    return struct.pack("<Q", number)


def i64(number):
    return struct.pack("<q", number)


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def svarint(number):
    return varint(number * 2 if number >= 0 else -number * 2 - 1)


def vbytes(data):
    return varint(len(data)) + data


def vstr(words):
    return vbytes(words.encode())


def string(words):
    raw = words.encode()
    return u32(len(raw)) + raw


def compress(data, tells_size=True):
    """One zstd frame; without its size it is what a streaming compressor makes."""
    if tells_size:
        return zstandard.ZstdCompressor(level=3).compress(data)
    stream = zstandard.ZstdCompressor(level=3, write_content_size=False).compressobj()
    return stream.compress(data) + stream.flush()


# ---- The container ----

def container(files, version=4, block_size=4096, entries=31, padded=True, shuffle=None, reserved=b"\0\1"):
    """A container of these files. Its blocks stand in the order of a random.Random, or one behind the other."""
    slots = block_size // 8 - 1  # and one more, for the next level
    blocks = [None]  # bytes, or a list of numbers of blocks

    def put(block):
        blocks.append(block)
        return len(blocks) - 1

    def mapping(level, pieces):
        """A mapping block of that level; takes from `pieces` what fits below it."""
        number = put([])
        while pieces and len(blocks[number]) < slots:
            blocks[number].append(put(pieces.pop(0)) if level == 1 else mapping(level - 1, pieces))
        return number

    firsts = []
    for data in files.values():
        pieces = [data[at:at + block_size] for at in range(0, len(data), block_size)]
        last = mapping(1, pieces)
        firsts.append(last)
        level = 1
        while pieces:
            level += 1
            number = mapping(level, pieces)
            blocks[last] += [0] * (slots - len(blocks[last])) + [number]
            last = number

    places = list(range(1, len(blocks)))
    if shuffle:
        shuffle.shuffle(places)
    places = [0, *places]

    head = bytes.fromhex("C0DE72ACE2") + bytes([version]) + reserved + u32(block_size) + u32(entries)
    for (name, data), first in zip(files.items(), firsts):
        head += u64(len(data)) + u64(places[first])
        head += u64(sum(NAME_DIGITS.index(c) * 40 ** i for i, c in enumerate(name)))
    if 16 + 24 * entries > block_size:
        raise ValueError("the entries do not fit")
    out = [head.ljust(block_size, b"\0")] + [b""] * (len(blocks) - 1)
    for number, block in enumerate(blocks[1:], 1):
        raw = b"".join(u64(places[one]) for one in block) if isinstance(block, list) else block
        # Not padded: the last block of all ends where its bytes do.
        is_last = places[number] == len(blocks) - 1
        out[places[number]] = raw if is_last and not padded else raw.ljust(block_size, b"\0")
    return b"".join(out)


def meta_dat(flags=0, recording_id=RECORDING_ID, program="p.py", args=("a", "b c"), workdir="/w", recorder="", paths=(),
             version=3, behind=b""):
    blocks = b""
    if flags & 1:
        blocks += varint(1) * 6 + vstr("linux") * 6 + varint(1) + vstr("hook")
    if flags & 2:
        blocks += b"\1"
    if flags & 4:
        blocks += u64(7) + vbytes(b"layout")
    if flags & 8:
        blocks += varint(1) + vstr("filter.toml") + bytes(32)
    return (b"CTMD" + struct.pack("<HH", version, flags) + vstr(recording_id) + vstr(program) + varint(len(args))
            + b"".join(map(vstr, args)) + vstr(workdir) + vstr(recorder)
            + varint(len(paths)) + b"".join(map(vstr, paths))
            + blocks + behind)


# ---- Layout "old" ----

def split_binary(event, dialect=RUST):
    """An event in split-binary."""
    kind, data = ("DropLastStep", None) if isinstance(event, str) else next(iter(event.items()))

    def payload(item):
        raw = encode(item, dialect)
        return u32(len(raw)) + raw

    bodies = {
        "Step": lambda: u64(data["path_id"]) + i64(data["line"]),
        "Value": lambda: u64(data["variable_id"]) + payload(data["value"]),
        "Function": lambda: u64(data["path_id"]) + i64(data["line"]) + string(data["name"]),
        "Call": lambda: u64(data["function_id"]) + payload(data["args"]),
        "Return": lambda: payload(data["return_value"]),
        "Event": lambda: bytes([data["kind"]]) + string(data["metadata"]) + string(data["content"]),
        "Asm": lambda: u32(len(data)) + b"".join(map(string, data)),
        "DropVariables": lambda: u32(len(data)) + b"".join(map(u64, data)),
        "CompoundValue": lambda: i64(data["place"]) + payload(data["value"]),
        "CellValue": lambda: i64(data["place"]) + payload(data["value"]),
        "AssignCompoundItem": lambda: i64(data["place"]) + u64(data["index"]) + i64(data["item_place"]),
        "AssignCell": lambda: i64(data["place"]) + payload(data["new_value"]),
        "DropLastStep": bytes,
    }
    if kind in ("Path", "VariableName", "Variable"):
        body = string(data)
    elif kind in ("Type", "Assignment"):
        body = payload(data)
    elif kind in ("BindVariable", "VariableCell"):
        body = u64(data["variable_id"]) + i64(data["place"])
    elif kind in ("DropVariable", "ThreadStart", "ThreadExit", "ThreadSwitch"):
        body = u64(data)
    else:
        body = bodies[kind]()
    return bytes([TAGS.index(kind)]) + body


def events_log(events, framing="chunks", payload="split-binary", dialect=RUST, chunk=64, tells_size=True):
    """framing: "chunks", "prefix", "bare" or "frames"; payload: "split-binary" or "cbor"."""
    encoder = encode if payload == "cbor" or framing in ("bare", "frames") else split_binary
    made = [encoder(event, dialect) for event in events]
    if framing == "bare":
        return b"".join(made)
    if framing == "frames":
        return b"".join(compress(b"".join(made[at:at + chunk]), tells_size) for at in range(0, len(made), chunk))
    out = PREFIX if framing == "prefix" else b""
    for at in range(0, len(made), chunk):
        part = made[at:at + chunk]
        frame = compress(b"".join(part), tells_size)
        out += u32(len(frame)) + u32(len(part)) + u64(at) + frame
    return out


def old(events, framing="chunks", payload="split-binary", dialect=RUST, chunk=64, tells_size=True, meta=b"",
        tells_format=True, more=None, **of_container):
    """`meta`: meta.dat; empty for one as usual, None for none."""
    files = {"events.log": events_log(events, framing, payload, dialect, chunk, tells_size)}
    if tells_format and framing != "bare":
        files["events.fmt"] = payload.encode()
    if meta is not None:
        files["meta.dat"] = meta or meta_dat()
    return container({**files, **(more or {})}, **of_container)
