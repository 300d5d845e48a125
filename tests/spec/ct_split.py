"""Builds .ct containers of the layout "split" from a made-up run of a program.

    recording = Recording(random.Random(7), threads=2, positions="columns")
    data = split(recording)   # recording.events is what it must be read as
"""

from dataclasses import dataclass, field

import contents
from ct_builder import compress, container, meta_dat, svarint, u32, u64, varint, vbytes, vstr
from encoding import RUST, encode

COLUMNS, BINARY_TABLES, NEW_FRAMINGS = 1 << 4, 1 << 12, 0b1111 << 8  # flags of meta.dat


@dataclass
class Call:
    function: int
    parent: int
    entry: int
    exit: int
    args: list
    result: object = None     # a value; None for nothing
    exception: object = None
    children: list = field(default_factory=list)
    depth: int = 0


class Recording:
    """A made-up run of a program, kept in the streams and as the events that it must be read as."""

    def __init__(self, r, steps=60, threads=1, positions="nim", rich=False, older=False):
        self.r, self.positions, self.rich, self.older = r, positions, rich, older
        columns = positions == "columns"
        self.paths = [f"/src/{contents.word(r)}{i}.py" for i in range(r.randrange(1, 5))]
        self.lines = [[r.randrange(1, 90) for _ in range(r.randrange(1, 60))] if columns else [] for _ in self.paths]
        self.types = [contents.type_record(r, 6) for _ in range(6)]
        self.functions = [{"path_id": r.randrange(len(self.paths)), "name": contents.word(r)} for _ in range(6)]
        for function in self.functions:
            function["line"] = self.any_line(function["path_id"])
        self.variables = [contents.word(r) for _ in range(9)]
        self.steps, self.values, self.calls, self.logs = [], [], [], []
        self.events = []
        self.declare()
        self.open = {0: []}
        self.thread = 0
        self.declared, self.place, self.top_level = 0, {}, None  # of bare functions
        self.run(steps, threads)

    def any_line(self, path):
        return self.r.randrange(1, len(self.lines[path]) + 1 if self.lines[path] else 5000)

    def declare(self):
        self.events += [{"Path": path} for path in self.paths]
        if self.rich:
            self.events += [{"Function": function} for function in self.functions]
        for one in self.types:
            bare = {"kind": 16, "lang_type": one["lang_type"], "specific_info": {"kind": "None"}}
            self.events.append({"Type": one if self.rich else bare})
        self.events += [{"VariableName": name} for name in self.variables]

    def position(self, path, line):
        if self.positions == "columns":
            before = sum(sum(lines) for lines in self.lines[:path]) + sum(self.lines[path][:line - 1])
            return before + self.r.randrange(self.lines[path][line - 1])
        return path << 32 | line if self.positions == "packed" else path * 100000 + line

    def value(self):
        return contents.value(self.r, 6)

    def enter(self, step):
        stack = self.open[self.thread]
        parent = stack[-1] if stack else -1
        call = Call(self.r.randrange(6), parent, step, 0, contents.arguments(self.r, 9, 6), depth=len(stack))
        number = len(self.calls)
        self.calls.append(call)
        if parent >= 0:
            self.calls[parent].children.append(number)
        stack.append(number)
        self.declare_functions(call.function)
        self.events.append({"Call": {"function_id": call.function, "args": call.args}})

    def declare_functions(self, called):
        """Bare ones are declared before the first call that needs them, the called one at the place of the last step."""
        while not self.rich and self.declared < len(self.functions) and self.declared <= called:
            function = {"path_id": 0, "line": 0, "name": self.functions[self.declared]["name"]}
            if self.declared == called:
                function.update(self.place)
                self.top_level = self.top_level or function
            self.events.append({"Function": function})
            self.declared += 1

    def leave(self, step):
        call = self.calls[self.open[self.thread].pop()]
        call.exit = step
        kind = self.r.random()
        value = None
        if kind < 0.6:
            call.result = value = self.value()
        elif kind < 0.7:
            call.exception = value = self.value()
        self.events.append({"Return": {"return_value": value or {"kind": "None", "type_id": 0}}})

    def run(self, steps, threads):
        r = self.r
        self.enter(0)
        for step in range(steps):
            chance = r.random()
            if chance < 0.08 and threads > 1:
                self.switch(threads)
            elif chance < 0.12:
                type_id, message = r.randrange(8), contents.word(r)
                self.steps.append((2, (type_id, message)))
                name = self.types[type_id]["lang_type"] if type_id < len(self.types) else ""
                self.events.append({"Event": {"kind": 11, "metadata": name, "content": message}})
            elif chance < 0.15:
                self.steps.append((3, r.randrange(6)))
            else:
                path = r.randrange(len(self.paths))
                line = self.any_line(path)
                self.steps.append((0, self.position(path, line)))
                self.place = {"path_id": path, "line": line}
                self.events.append({"Step": self.place})
                if step == 0 and self.top_level:
                    self.top_level.update(self.place)
            base = len(self.open[self.thread])
            if r.random() < 0.3:
                self.enter(step)
                if r.random() < 0.2:
                    self.leave(step)  # it had no step of its own, and another follows it
                    self.enter(step)
            self.values.append(self.step_values())
            for _ in range(r.choice([0, 0, 0, 1, 2])):
                kind = r.randrange(contents.KINDS_OF_LOGS)
                log = {"kind": kind, "metadata": contents.word(r), "content": contents.word(r)}
                if self.older:
                    log.update(kind=r.choice([0, 12, 4, 11]), metadata="")
                self.logs.append((step, log))
                self.events.append({"Event": log})
            stack = self.open[self.thread]
            while len(stack) > 1 and r.random() < (0.25 if len(stack) >= base else 0.6):
                self.leave(step)
        for stack in self.open.values():
            for number in stack:
                self.calls[number].exit = steps + r.randrange(1, 5)
        self.declare_functions(len(self.functions))

    def switch(self, threads):
        tag = self.r.choice([4, 4, 5, 6])
        thread = self.r.randrange(threads)
        self.steps.append((tag, thread))
        self.events.append({("ThreadSwitch", "ThreadStart", "ThreadExit")[tag - 4]: thread})
        if tag == 4:
            self.thread = thread
            self.open.setdefault(thread, [])

    def step_values(self):
        """The events of values at a step."""
        r = self.r
        pairs = [(r.randrange(9), self.value()) for _ in range(r.choice([0, 0, 1, 2, 5]))]
        made = [{"Value": {"variable_id": name, "value": value}} for name, value in pairs]
        if r.random() < 0.2 and not self.older:
            made += contents.events(r, r.randrange(1, 4), [
                "BindVariable", "DropVariable", "DropVariables", "CellValue", "CompoundValue", "AssignCell",
                "AssignCompoundItem", "VariableCell", "Assignment"])
        self.events += made
        return made


VALUE_TAGS = ["Value", "BindVariable", "DropVariable", "DropVariables", "CellValue", "CompoundValue", "AssignCell",
              "AssignCompoundItem", "VariableCell", "Assignment"]


def value_record(events, older, dialect):
    def item(data):
        return vbytes(encode(data, dialect))

    values = [event["Value"] for event in events if "Value" in event]
    type_id = varint(3) if older else b""
    group = varint(len(values)) + b"".join(
        varint(value["variable_id"]) + type_id + item(value["value"]) for value in values)
    if older:
        return group
    out = b"\0" + group if values else b""
    for event in events:
        (kind, data), = event.items()
        if kind == "Value":
            continue
        out += bytes([VALUE_TAGS.index(kind)])
        if kind in ("BindVariable", "VariableCell"):
            out += varint(data["variable_id"]) + svarint(data["place"])
        elif kind == "DropVariable":
            out += varint(data)
        elif kind == "DropVariables":
            out += varint(len(data)) + b"".join(map(varint, data))
        elif kind == "AssignCompoundItem":
            out += svarint(data["place"]) + varint(data["index"]) + svarint(data["item_place"])
        elif kind == "Assignment":
            out += varint(data["to"]) + bytes([data["pass_by"] == "Reference"]) + item(data["from"])
        else:
            out += svarint(data["place"]) + item(data["new_value" if kind == "AssignCell" else "value"])
    return out


def call_record(call, dialect):
    def item(value):
        return vbytes(encode(value, dialect))

    return (varint(call.function) + svarint(call.parent) + varint(call.entry) + varint(call.exit) + varint(call.depth)
            + varint(len(call.args)) + b"".join(varint(one["variable_id"]) + item(one["value"]) for one in call.args)
            + (item(call.result) if call.result else vbytes(b"\xff"))
            + (item(call.exception) if call.exception else varint(0))
            + varint(len(call.children)) + b"".join(map(varint, call.children)))


def log_record(step, log, older):
    if older:
        return bytes([{0: 0, 12: 1, 4: 2, 11: 3}[log["kind"]]]) + varint(step) + vstr(log["content"])
    return bytes([log["kind"]]) + varint(step) + vstr(log["metadata"]) + vstr(log["content"])


def step_chunks(r, steps, size, tags_of_columns):
    """The records of steps in frames of `size`; each frame's first position is absolute."""
    for at in range(0, len(steps), size):
        out, last = [], None
        for tag, data in steps[at:at + size]:
            if tag == 0:
                if last is not None and abs(data - last) < 1000 and r.random() < 0.9:
                    out.append(bytes([7 if tags_of_columns and r.random() < 0.2 else 1]) + svarint(data - last))
                else:
                    out.append(b"\0" + varint(data))
                last = data
            elif tag == 2:
                out.append(b"\2" + varint(data[0]) + vstr(data[1]))
            else:
                out.append(bytes([tag]) + varint(data))
        yield out


def stream(name, chunks, size, tells_size=True):
    data, offsets = b"", []
    for chunk in chunks:
        offsets.append(len(data))
        data += compress(chunk, tells_size)
    return {name + ".dat": data, name + ".idx": u32(size) + b"".join(map(u64, offsets))}


def table(name, rows, has_end=True):
    offsets = [0]
    for row in rows:
        offsets.append(offsets[-1] + len(row))
    if not has_end and rows and rows[-1]:  # an empty record needs the end to be seen
        offsets.pop()
    return {name + ".dat": b"".join(rows), name + ".off": b"".join(map(u64, offsets))}


def record_stream(name, rows, size, older, tells_size):
    if older:
        return table(name, rows)
    chunks = [b"".join(map(vbytes, rows[at:at + size])) for at in range(0, len(rows), size)]
    return stream(name, chunks, size, tells_size)


def split_files(recording, dialect=RUST, chunk=16, tells_size=True, tables_have_end=True):
    """The internal files of a recording, without meta.dat."""
    r, older = recording.r, recording.older
    columns = recording.positions == "columns"
    files = {}
    rows = [path.encode() for path in recording.paths]
    if columns:
        rows = [vstr(path) + varint(len(lines)) + b"".join(svarint(b - a) for a, b in zip([0, *lines], lines))
                for path, lines in zip(recording.paths, recording.lines)]
    files.update(table("paths", rows, tables_have_end))
    if recording.rich:
        files.update(table("funcs", [varint(f["path_id"] << 32 | f["line"]) + vstr(f["name"])
                                     for f in recording.functions], tables_have_end))
        files.update(table("types", [bytes([t["kind"]]) + vstr(t["lang_type"]) + encode(t["specific_info"], dialect)
                                     for t in recording.types], tables_have_end))
    else:
        files.update(table("funcs", [f["name"].encode() for f in recording.functions], tables_have_end))
        files.update(table("types", [t["lang_type"].encode() for t in recording.types], tables_have_end))
    files.update(table("varnames", [name.encode() for name in recording.variables], tables_have_end))
    chunks = list(step_chunks(r, recording.steps, chunk, columns))
    if older:
        made = stream("steps", [u32(len(part)) + b"".join(part) for part in chunks], chunk, tells_size)
        index = made["steps.idx"]
        made["steps.idx"] = index[:4] + u64(0) + index[4:] + u64(len(recording.steps))
        files.update(made)
    else:
        files.update(stream("steps", [b"".join(part) for part in chunks], chunk, tells_size))
    rows_of = {
        "values": [value_record(row, older, dialect) for row in recording.values],
        "calls": [call_record(call, dialect) for call in recording.calls],
        "events": [log_record(step, log, older) for step, log in recording.logs],
    }
    for name, rows in rows_of.items():
        files.update(record_stream(name, rows, chunk, older, tells_size))
    return files


def split_flags(recording):
    return ((0 if recording.older else NEW_FRAMINGS) | (COLUMNS if recording.positions == "columns" else 0)
            | (BINARY_TABLES if recording.rich else 0))


def split(recording, dialect=RUST, chunk=16, tells_size=True, tables_have_end=True, meta=b"", more=None, flags=0,
          **of_container):
    files = split_files(recording, dialect, chunk, tells_size, tables_have_end)
    if meta is not None:
        files["meta.dat"] = meta or meta_dat(flags=split_flags(recording) | flags, paths=recording.paths)
    return container({**files, **(more or {})}, **of_container)
