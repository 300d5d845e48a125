"""A small reader of trace.bin version 0, packed Cap'n Proto, written from bin.md alone. It trusts the file.

    python3 spec/v0.py trace.bin        prints the events, one a line, as trace.json has them
"""

import base64
import json
import struct
import sys
from pathlib import Path

from cbor import Malformed, float_text, text
from container import MAGIC

LOG_KINDS = [0, 1, 3, 4, 6, 7, 8, 9, 10, 11, 12, 2, 5, 13]
KINDS = ["Step", "Path", "VariableName", "Variable", "Type", "Value", "Function", "Call", "Return", "Event", "Asm",
         "BindVariable", "Assignment", "DropVariables", "CompoundValue", "CellValue", "AssignCompoundItem",
         "AssignCell", "VariableCell", "DropVariable", "DropLastStep", "ThreadStart", "ThreadExit", "ThreadSwitch"]
VALUES = ["Int", "Float", "Bool", "String", "Sequence", "Tuple", "Struct", "Variant", "Reference", "Raw", "Error",
          "None", "Cell", "BigInt"]
SOURCES = ["Simple", "Compound", "Literal", "FieldAccess", "IndexAccess", "FunctionReturn"]


# ---- Cap'n Proto ----

def unpack(data):
    """The packed form: a byte whose bits tell which of 8 bytes are not zero, and runs of words of all or none."""
    out, at = bytearray(), 0
    while at < len(data):
        tag = data[at]
        at += 1
        for bit in range(8):
            present = tag >> bit & 1
            out.append(data[at] if present else 0)
            at += present
        if tag == 0:
            out += bytes(8 * data[at])
            at += 1
        elif tag == 0xFF:
            size = 8 * data[at]
            out += data[at + 1:at + 1 + size]
            at += 1 + size
    return bytes(out)


def segments(message):
    count = 1 + struct.unpack_from("<I", message)[0]
    sizes = struct.unpack_from(f"<{count}I", message, 4)
    at = (4 + 4 * count + 7) // 8 * 8
    parts = []
    for size in sizes:
        parts.append(message[at:at + 8 * size])
        at += 8 * size
    return parts


class Message:
    def __init__(self, parts):
        self.parts = parts

    def word(self, segment, at):
        return struct.unpack_from("<Q", self.parts[segment], 8 * at)[0]

    def follow(self, segment, at):
        """(pointer, segment, where its content begins) behind far pointers; None for a null one."""
        pointer = self.word(segment, at)
        if pointer & 3 == 2:
            landing, far = pointer >> 32, pointer >> 3 & 0x1FFFFFFF
            if pointer & 4 == 0:
                return self.follow(landing, far)
            content = self.word(landing, far)
            return self.word(landing, far + 1), content >> 32, content >> 3 & 0x1FFFFFFF
        offset = pointer >> 2 & 0x3FFFFFFF
        offset -= 1 << 30 if offset >> 29 else 0
        return (pointer, segment, at + 1 + offset) if pointer else None

    def struct(self, segment, at):
        found = self.follow(segment, at)
        if not found:
            return Struct(self, segment, 0, 0, 0)
        pointer, segment, at = found
        return Struct(self, segment, at, pointer >> 32 & 0xFFFF, pointer >> 48)

    def bytes(self, segment, at):
        found = self.follow(segment, at)
        if not found:
            return b""
        pointer, segment, at = found
        return self.parts[segment][8 * at:8 * at + (pointer >> 35)]

    def list(self, segment, at):
        """The structs of a list, or the places of its pointers."""
        found = self.follow(segment, at)
        if not found:
            return []
        pointer, segment, at = found
        size, count = pointer >> 32 & 7, pointer >> 35
        if size == 6:
            return [(segment, at + i) for i in range(count)]
        if size != 7:
            raise Malformed(f"a list of elements of size {size}")
        tag = self.word(segment, at)
        data, pointers, count = tag >> 32 & 0xFFFF, tag >> 48, tag >> 2 & 0x3FFFFFFF
        return [Struct(self, segment, at + 1 + i * (data + pointers), data, pointers) for i in range(count)]


class Struct:
    """What is not there is zero."""

    def __init__(self, message, segment, at, data, pointers):
        self.message, self.segment, self.at, self.data, self.pointers = message, segment, at, data, pointers

    def u64(self, word):
        return self.message.word(self.segment, self.at + word) if word < self.data else 0

    def i64(self, word=0):
        return struct.unpack("<q", struct.pack("<Q", self.u64(word)))[0]

    def u16(self, word=0):
        return self.u64(word) & 0xFFFF

    def flag(self):
        return self.u64(0) & 1 == 1

    def at_pointer(self, index, read, missing):
        return read(self.segment, self.at + self.data + index) if index < self.pointers else missing

    def struct(self, index):
        return self.at_pointer(index, self.message.struct, Struct(self.message, 0, 0, 0, 0))

    def bytes(self, index):
        return self.at_pointer(index, self.message.bytes, b"")

    def text(self, index):
        return text(self.bytes(index)[:-1])

    def list(self, index):
        return self.at_pointer(index, self.message.list, [])

    def texts(self, index):
        return [text(self.message.bytes(segment, at)[:-1]) for segment, at in self.list(index)]

    def id(self, index):
        """An id is a struct of one number."""
        return self.struct(index).u64(0)

    def place(self, index):
        return self.struct(index).i64()

    def ids(self, index):
        return [one.u64(0) for one in self.list(index)]


# ---- Events ----

def value(s):
    kind = VALUES[s.u16(1)]
    if kind == "Cell":
        return {"kind": kind, "place": s.place(0)}
    type_at = {"Variant": 2, "Int": 0, "Float": 0, "Bool": 0, "None": 0}.get(kind, 1)
    fields = {
        "Int": lambda: {"i": s.i64()},
        "Float": lambda: {"f": float_text(struct.unpack("<d", struct.pack("<Q", s.u64(0)))[0])},
        "Bool": lambda: {"b": s.flag()},
        "String": lambda: {"text": s.text(0)},
        "Sequence": lambda: {"elements": [value(one) for one in s.list(0)], "is_slice": s.flag()},
        "Tuple": lambda: {"elements": [value(one) for one in s.list(0)]},
        "Struct": lambda: {"field_values": [value(one) for one in s.list(0)]},
        "Variant": lambda: {"discriminator": s.text(0), "contents": value(s.struct(1))},
        "Reference": lambda: {"dereferenced": value(s.struct(0)), "address": s.u64(2), "mutable": s.flag()},
        "Raw": lambda: {"r": s.text(0)},
        "Error": lambda: {"msg": s.text(0)},
        "None": dict,
        "BigInt": lambda: {"b": base64.b64encode(s.bytes(0)).decode(), "negative": s.flag()},
    }[kind]()
    return {"kind": kind, **fields, "type_id": s.id(type_at)}


def type_info(s):
    if s.u16() == 1:
        return {"kind": "Struct", "fields": [{"name": one.text(0), "type_id": one.id(1)} for one in s.list(0)]}
    return {"kind": "Pointer", "dereference_type_id": s.id(0)} if s.u16() == 2 else {"kind": "None"}


def source(s):
    kind = SOURCES[s.u16()]
    if kind == "Literal":
        return {"kind": kind}
    return {"kind": kind, "data": {
        "Simple": lambda: s.id(0),
        "Compound": lambda: s.ids(0),
        "FieldAccess": lambda: {"receiver": s.id(0), "field": s.text(1)},
        "IndexAccess": lambda: {"receiver": s.id(0), "index": s.i64(1)},
        "FunctionReturn": lambda: {"call_key": s.i64(1)},
    }[kind]()}


def argument(s):
    return {"variable_id": s.id(0), "value": value(s.struct(1))}


def event(e):
    kind, s = KINDS[e.u16()], e.struct
    if kind == "DropLastStep":
        return kind
    return {kind: {
        "Step": lambda: {"path_id": s(0).id(0), "line": s(0).place(1)},
        "Path": lambda: s(0).text(0),
        "VariableName": lambda: e.text(0),
        "Variable": lambda: e.text(0),
        "Type": lambda: {"kind": s(0).u16(), "lang_type": s(0).text(0), "specific_info": type_info(s(0).struct(1))},
        "Value": lambda: argument(s(0)),
        "Function": lambda: {"path_id": s(0).id(0), "line": s(0).place(1), "name": s(0).text(2)},
        "Call": lambda: {"function_id": s(0).id(0), "args": [argument(one) for one in s(0).list(1)]},
        "Return": lambda: {"return_value": value(s(0).struct(0))},
        "Event": lambda: {"kind": LOG_KINDS[s(0).u16()], "metadata": s(0).text(1), "content": s(0).text(0)},
        "Asm": lambda: e.texts(0),
        "BindVariable": lambda: {"variable_id": s(0).id(0), "place": s(0).place(1)},
        "Assignment": lambda: {"to": s(0).id(0), "pass_by": ("Value", "Reference")[s(0).u16()],
                               "from": source(s(0).struct(1))},
        "DropVariables": lambda: e.ids(0),
        "CompoundValue": lambda: {"place": s(0).place(0), "value": value(s(0).struct(1))},
        "CellValue": lambda: {"place": s(0).place(0), "value": value(s(0).struct(1))},
        "AssignCompoundItem": lambda: {"place": s(0).place(0), "index": s(0).u64(0), "item_place": s(0).place(1)},
        "AssignCell": lambda: {"place": s(0).place(0), "new_value": value(s(0).struct(1))},
        "VariableCell": lambda: {"variable_id": s(0).id(0), "place": s(0).place(1)},
        "DropVariable": lambda: e.id(0),
        "ThreadStart": lambda: e.id(0),
        "ThreadExit": lambda: e.id(0),
        "ThreadSwitch": lambda: e.id(0),
    }[kind]()}


def read(path):
    """The events of a file."""
    data = Path(path).read_bytes()
    if data[:6] != MAGIC + b"\0":
        raise Malformed("not a trace.bin of version 0")
    trace = Message(segments(unpack(data[8:]))).struct(0, 0)
    return [event(one) for one in trace.list(0)]


def main():
    sys.setrecursionlimit(20000)
    for one in read(sys.argv[1]):
        print(json.dumps(one, ensure_ascii=False, separators=(",", ":")))


if __name__ == "__main__":
    main()
