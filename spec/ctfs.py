"""A small reader of .ct containers, written from ctfs.md alone. Needs the package zstandard.

    python3 spec/ctfs.py trace.ct           prints the events, one a line, as trace.json has them
    python3 spec/ctfs.py --files trace.ct   prints the internal files and their sizes

It holds everything in memory and is slow and short on purpose: tests hold the library against it.
"""

import json
import struct
import sys
from pathlib import Path

import bin as trace_bin
import cbor
from cbor import Malformed, text
from container import BINARY_TABLES, COLUMNS, MAGIC, Bytes, Container, Meta

VOID = b"\xff"
ZSTD = bytes.fromhex("28B52FFD")
EVENT_IN_CBOR = (b"\xa1", b"\xbf", b"\x6c")  # a map, an open one, the text DropLastStep
NONE = {"kind": "None", "type_id": 0}


# ---- events.log ----

SPLIT = [
    ("Step", {"path_id": "u64", "line": "i64"}), ("Path", "str"), ("VariableName", "str"), ("Variable", "str"),
    ("Type", "record"), ("Value", {"variable_id": "u64", "value": "value"}),
    ("Function", {"path_id": "u64", "line": "i64", "name": "str"}), ("Call", {"function_id": "u64", "args": "args"}),
    ("Return", {"return_value": "value"}), ("Event", {"kind": "u8", "metadata": "str", "content": "str"}),
    ("Asm", "texts"), ("BindVariable", {"variable_id": "u64", "place": "i64"}), ("Assignment", "record"),
    ("DropVariables", "ids"), ("CompoundValue", {"place": "i64", "value": "value"}),
    ("CellValue", {"place": "i64", "value": "value"}),
    ("AssignCompoundItem", {"place": "i64", "index": "u64", "item_place": "i64"}),
    ("AssignCell", {"place": "i64", "new_value": "value"}), ("VariableCell", {"variable_id": "u64", "place": "i64"}),
    ("DropVariable", "u64"), ("ThreadStart", "u64"), ("ThreadExit", "u64"), ("ThreadSwitch", "u64"),
    ("DropLastStep", None),
]


def split_field(b, kind, event):
    if kind == "value":
        return cbor.value(b.item(b.u32()))
    if kind == "args":
        return cbor.field("arguments", b.item(b.u32()))
    if kind == "record":  # the whole event
        return cbor.event({event: b.item(b.u32())})[event]
    if kind in ("texts", "ids"):
        return [b.str() if kind == "texts" else b.u64() for _ in range(b.u32())]
    return getattr(b, kind)()


def split_event(b):
    tag = b.u8()
    if tag >= len(SPLIT):
        raise Malformed(f"{tag} is no tag of an event, before byte {b.at}")
    kind, shape = SPLIT[tag]
    if shape is None:
        return kind
    if isinstance(shape, dict):
        return {kind: {name: split_field(b, field, kind) for name, field in shape.items()}}
    return {kind: split_field(b, shape, kind)}


def log_events(log, events_format):
    at = 8 if log[:5] == MAGIC else 0
    if log[at:at + 4] == ZSTD:
        yield from trace_bin.events_of(trace_bin.unpack(log, at)[0])
        return
    if log[at + 16:at + 20] != ZSTD and log[at:at + 1] in EVENT_IN_CBOR:
        yield from trace_bin.events_of(log[at:])
        return
    b = Bytes(log, at)
    while len(b.data) - b.at >= 16:
        size = b.u32()
        b.take(12)
        try:
            frame = b.take(size)
        except cbor.Cut:
            return
        plain, whole = trace_bin.unpack(frame)
        if not whole:
            return
        is_split = plain[:1] < b"\x18" if not events_format else events_format == b"split-binary"
        if not is_split:
            yield from trace_bin.events_of(plain)
            continue
        chunk = Bytes(plain)
        while chunk:
            yield split_event(chunk)


# ---- Tables and streams ----

def table(container, name):
    """The records of a table; None when there is none."""
    data, offsets = container.read(name + ".dat"), container.read(name + ".off")
    if data is None or offsets is None:
        return None
    places = list(struct.unpack(f"<{len(offsets) // 8}Q", offsets[:len(offsets) // 8 * 8]))
    if places and places[-1] != len(data):
        places.append(len(data))
    return [data[a:b] for a, b in zip(places, places[1:])]


def frames(container, name):
    """The frames of a stream without compression, and whether the framing is the older one of steps."""
    data, index = container.read(name + ".dat"), container.read(name + ".idx")
    words = struct.unpack(f"<{(len(index) - 4) // 8}Q", index[4:4 + (len(index) - 4) // 8 * 8])
    older = len(words) > 1 and words[1] == 0
    offsets = list(words[1:-1] if older else words)
    return [trace_bin.unpack(data[a:b])[0] for a, b in zip(offsets, offsets[1:] + [len(data)])], older


def records(container, name):
    """The records of values, calls or events, and whether the framing is the older one."""
    if name + ".dat" not in container.entries:
        return [], False
    if name + ".idx" not in container.entries:
        return table(container, name) or [], True
    found = []
    for frame in frames(container, name)[0]:
        b = Bytes(frame)
        while b:
            found.append(b.vbytes())
    return found, False


def step_records(container):
    """(tag, fields); positions are absolute."""
    pieces, older = frames(container, "steps")
    for piece in pieces:
        b, position = Bytes(piece), 0
        if older:
            b.u32()
        while b:
            tag = b.u8()
            if tag in (0, 1, 7):
                position = b.varint() if tag == 0 else position + b.svarint()
                yield tag, position
            elif tag == 2:
                yield tag, (b.varint(), b.vstr())
            elif tag in (3, 4, 5, 6):
                yield tag, b.varint()
            else:
                raise Malformed(f"{tag} is no tag of a step")


def exactly(record, read):
    """What `read` makes of the record when it fits exactly; else None."""
    b = Bytes(record)
    try:
        found = read(b)
    except Malformed:
        return None
    return None if b else found


def path_with_lines(b):
    path, lines = b.vstr(), []
    for _ in range(b.varint()):
        lines.append(b.svarint() + (lines[-1] if lines else 0))
        if len(lines) > len(b.data):
            raise Malformed("more lines than bytes")
    return path, lines


class Places:
    """Paths, and what positions mean."""

    def __init__(self, container, meta):
        self.columns, self.packed = meta.has(COLUMNS), meta.has(BINARY_TABLES)
        rows = table(container, "paths")
        if rows is None:
            rows = [path.encode() for path in meta.paths]
        self.paths, self.lines = [], []
        for row in rows:
            found = exactly(row, path_with_lines) if self.columns else None
            path, lines = found or (text(row), [])
            self.paths.append(path)
            self.lines.append(lines)

    def find(self, position):
        """(path id, line)."""
        if self.columns:
            return self.find_column(position)
        return self.find_line(position)

    def find_line(self, position):
        if self.packed or position >= 1 << 32:
            path, line = position >> 32, position & 0xFFFFFFFF
        else:
            path, line = divmod(position, 100000)
            if path >= len(self.paths):
                path, line = 0, position
        return (path, line) if path < len(self.paths) else (0, 0)

    def find_column(self, position):
        for path, lines in enumerate(self.lines):
            size = sum(lines) if lines else 100000
            if position >= size:
                position -= size
                continue
            if not lines:
                return path, position
            for number, length in enumerate(lines, 1):
                if position < length:
                    return path, number
                position -= length
        return 0, 0


# ---- From split streams to events ----

class Functions:
    """The table, and how much of it was declared."""

    def __init__(self, rows, meta, places):
        self.rows, self.is_binary, self.places, self.declared = rows, meta.has(BINARY_TABLES), places, 0

    def with_place(self, row):
        """(position, name), or None for a bare name."""
        return exactly(row, lambda b: (b.varint(), b.vstr())) if self.is_binary else None

    def declare(self, called=-1, place=(0, 0)):
        """The next one; a bare one that is called gets a place."""
        row = self.rows[self.declared]
        found = self.with_place(row)
        path, line = self.places.find_line(found[0]) if found else place if self.declared == called else (0, 0)
        self.declared += 1
        return {"Function": {"path_id": path, "line": line, "name": found[1] if found else text(row)}}

    def up_to_the_first_bare_one(self):
        while self.declared < len(self.rows) and self.with_place(self.rows[self.declared]):
            yield self.declare()

    def up_to(self, called, place):
        while self.declared < len(self.rows) and self.declared <= called:
            yield self.declare(called, place)


def type_of(row, meta):
    found = exactly(row, lambda b: (b.u8(), b.vstr(), b.item(len(b.data) - b.at))) if meta.has(BINARY_TABLES) else None
    if not found:
        return {"kind": 16, "lang_type": text(row), "specific_info": {"kind": "None"}}
    return {"kind": found[0], "lang_type": found[1], "specific_info": cbor.everything(found[2])}


class Call:
    def __init__(self, number, record):
        b = Bytes(record)
        self.number, self.function, self.parent = number, b.varint(), b.svarint()
        self.entry, self.exit, _ = b.varint(), b.varint(), b.varint()
        self.args = [{"variable_id": b.varint(), "value": cbor.value(b.item(b.varint()))} for _ in range(b.varint())]
        result, exception = b.vbytes(), b.vbytes()
        chosen = result if result not in (b"", VOID) else exception
        self.result = cbor.value(Bytes(chosen).item(len(chosen))) if chosen else NONE

    def entered(self):
        return {"Call": {"function_id": self.function, "args": self.args}}

    def left(self):
        return {"Return": {"return_value": self.result}}


def values_of(record, older):
    b = Bytes(record)

    def value():
        return cbor.value(b.item(b.varint()))

    while b:
        tag = 0 if older else b.u8()
        if tag == 0:
            for _ in range(b.varint()):
                variable = b.varint()
                if older:
                    b.varint()
                yield {"Value": {"variable_id": variable, "value": value()}}
        elif tag in (1, 8):
            yield {"BindVariable" if tag == 1 else "VariableCell": {"variable_id": b.varint(), "place": b.svarint()}}
        elif tag == 2:
            yield {"DropVariable": b.varint()}
        elif tag == 3:
            yield {"DropVariables": [b.varint() for _ in range(b.varint())]}
        elif tag in (4, 5):
            yield {"CellValue" if tag == 4 else "CompoundValue": {"place": b.svarint(), "value": value()}}
        elif tag == 6:
            yield {"AssignCell": {"place": b.svarint(), "new_value": value()}}
        elif tag == 7:
            yield {"AssignCompoundItem": {"place": b.svarint(), "index": b.varint(), "item_place": b.svarint()}}
        elif tag == 9:
            to, pass_by = b.varint(), b.u8()
            source = cbor.everything(b.item(b.varint()))
            yield {"Assignment": {"to": to, "pass_by": "Reference" if pass_by else "Value", "from": source}}
        else:
            b.vbytes()


def log_of(record, older):
    """(step, event)."""
    b = Bytes(record)
    kind, step = b.u8(), b.varint()
    metadata = "" if older else b.vstr()
    return step, {"Event": {"kind": [0, 12, 4, 11][kind] if older else kind, "metadata": metadata, "content": b.vstr()}}


def split_events(container, meta):
    places = Places(container, meta)
    types = [type_of(row, meta) for row in table(container, "types") or []]
    yield from ({"Path": path} for path in places.paths)
    functions = Functions(table(container, "funcs") or [], meta, places)
    yield from functions.up_to_the_first_bare_one()
    yield from ({"Type": one} for one in types)
    yield from ({"VariableName": text(row)} for row in table(container, "varnames") or [])

    calls = [Call(number, record) for number, record in enumerate(records(container, "calls")[0])]
    rows, older_values = records(container, "values")
    rows_of_log, older_log = records(container, "events")
    log = [log_of(row, older_log) for row in rows_of_log]
    still_open = []  # in the order of their numbers

    def leave(step, above):
        for call in reversed(still_open[:]):
            if call.exit <= step and call.number > above:
                still_open.remove(call)
                yield call.left()

    def enter(place):
        call = calls.pop(0)
        still_open.append(call)
        yield from functions.up_to(call.function, place)
        yield call.entered()

    steps = list(step_records(container))
    place = places.find(steps[0][1]) if steps and steps[0][0] in (0, 1, 7) else (0, 0)
    if calls and calls[0].entry == 0 and calls[0].parent < 0:
        yield from enter(place)
    for step, (tag, data) in enumerate(steps):
        if tag in (0, 1, 7):
            place = places.find(data)
            yield {"Step": {"path_id": place[0], "line": place[1]}}
        elif tag == 2:
            name = types[data[0]]["lang_type"] if data[0] < len(types) else ""
            yield {"Event": {"kind": 11, "metadata": name, "content": data[1]}}
        elif tag > 3:
            yield {("ThreadSwitch", "ThreadStart", "ThreadExit")[tag - 4]: data}
        while calls and calls[0].entry <= step:
            yield from leave(step, calls[0].parent)
            yield from enter(place)
        if step < len(rows):
            yield from values_of(rows[step], older_values)
        while log and log[0][0] <= step:
            yield log.pop(0)[1]
        yield from leave(step, -1)
    while calls:
        yield from enter(place)
    yield from (event for _, event in log)
    yield from functions.up_to(len(functions.rows), place)


def events(data):
    container = Container(data)
    log = container.read("events.log")
    if log is not None:
        return log_events(log, container.read("events.fmt"))
    if "steps.dat" in container.entries:
        return split_events(container, Meta(container.read("meta.dat")))
    raise Malformed("the container holds no events")


def read(path):
    """The events of a file."""
    return list(events(Path(path).read_bytes()))


def main():
    sys.setrecursionlimit(20000)
    data = Path(sys.argv[-1]).read_bytes()
    if sys.argv[1] == "--files":
        for name, (size, _) in Container(data).entries.items():
            print(f"{size:12} {name}")
        return
    for event in events(data):
        print(json.dumps(event, ensure_ascii=False, separators=(",", ":")))


if __name__ == "__main__":
    main()
