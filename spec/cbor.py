"""CBOR as far as traces need it (RFC 8949), and events out of it in the shape that they have in trace.json.

    item, behind = decode(data, 0)
    event(item) == {"Step": {"path_id": 0, "line": 3}}
"""

import base64
import binascii
import struct
from dataclasses import dataclass

from reader import EVENTS, VALUES

MAX_DEPTH = 2000  # of nested items; Python's own recursion is the limit in practice


class Malformed(Exception):
    """This is not what the format says."""


class Cut(Malformed):
    """The data ends inside an item."""


@dataclass
class Tagged:
    tag: int
    item: object


BREAK = object()
WHEN_NULL = {"value": {"kind": "None", "type_id": 0}, "values": [], "arguments": [], "texts": [], "variables": [], "text": "",
             "type info": {"kind": "None"}, "float": "NaN", "base64": ""}


def text(data):
    return bytes(data).decode("utf-8", errors="replace")


def decode(data, at, depth=0):
    """The item that begins at `at`, and where the next one does."""
    item, at = decode_any(data, at, depth)
    if item is BREAK:
        raise Malformed(f"an end without a beginning before byte {at}")
    return item, at


def decode_any(data, at, depth):
    if at >= len(data):
        raise Cut(f"the data ends at byte {at}")
    if depth > MAX_DEPTH:
        raise Malformed("too deep")
    major, minor = data[at] >> 5, data[at] & 31
    at += 1
    number = minor
    if 24 <= minor <= 27:
        size = 1 << (minor - 24)
        if at + size > len(data):
            raise Cut(f"the data ends in a number at byte {at}")
        number = int.from_bytes(data[at:at + size], "big")
        at += size
    elif minor == 31 and major in (2, 3, 4, 5, 7):
        number = None  # of open length
    elif minor > 27:
        raise Malformed(f"byte {at - 1} begins no item")
    if major in (0, 1):
        return number if major == 0 else -1 - number, at
    if major in (2, 3):
        chunks = []
        if number is None:
            while True:
                chunk, at = decode_any(data, at, depth + 1)
                if chunk is BREAK:
                    break
                if not isinstance(chunk, bytes if major == 2 else str):
                    raise Malformed(f"a chunk of another kind before byte {at}")
                chunks.append(chunk)
            return (b"" if major == 2 else "").join(chunks), at
        if at + number > len(data):
            raise Cut(f"the data ends in a text at byte {at}")
        raw = bytes(data[at:at + number])
        return (raw if major == 2 else text(raw)), at + number
    if major in (4, 5):
        items = []
        wanted = None if number is None else number * (major - 3)
        while wanted is None or len(items) < wanted:
            item, at = decode_any(data, at, depth + 1)
            if item is BREAK:
                if wanted is not None or (major == 5 and len(items) % 2):
                    raise Malformed(f"an end in the wrong place before byte {at}")
                break
            items.append(item)
        if major == 4:
            return items, at
        keys = [key if isinstance(key, (str, int)) else repr(key) for key in items[::2]]
        return dict(zip(keys, items[1::2])), at
    if major == 6:
        item, at = decode(data, at, depth + 1)
        return Tagged(number, item), at
    if number is None:
        return BREAK, at
    if minor == 25:
        return struct.unpack(">e", data[at - 2:at])[0], at
    if minor == 26:
        return struct.unpack(">f", data[at - 4:at])[0], at
    if minor == 27:
        return struct.unpack(">d", data[at - 8:at])[0], at
    return {20: False, 21: True}.get(number), at


def plain(item):
    """The item without tags; texts that are byte strings become texts."""
    while isinstance(item, Tagged):
        item = item.item
    return text(item) if isinstance(item, bytes) else item


def pick(item, names):
    """A record of these fields; what else it has is left out."""
    item = plain(item)
    if not isinstance(item, dict):
        raise Malformed(f"expected a record of {names}, found {str(item)[:60]!r}")
    missing = [name for name in names if name not in item]
    if missing:
        raise Malformed(f"{missing} are missing in {str(item)[:60]!r}")
    return {name: item[name] for name in names}


def magnitude(raw):
    """The b of a BigInt, which is base64 in trace.json."""
    if not isinstance(raw, bytes):
        return plain(raw)
    try:
        base64.b64decode(raw, validate=True)
        if raw:
            return raw.decode("ascii")
    except binascii.Error:
        pass
    return base64.b64encode(raw).decode("ascii")


def float_text(number):
    return number if isinstance(number, str) else repr(float(number)).replace("nan", "NaN")


def value(item):
    if item is None:
        return WHEN_NULL["value"]
    if isinstance(item, Tagged) and item.tag == 256:
        return {"kind": "Raw", "r": f"<ref {item.item}>", "type_id": 0}
    item = plain(item)
    kind = plain(pick(item, ["kind"])["kind"])
    if kind == "Set":
        fields = pick(item, ["members", "type_id"])
        elements = values(fields["members"])
        return {"kind": "Sequence", "elements": elements, "is_slice": False, "type_id": plain(fields["type_id"])}
    if kind == "Enum":
        fields = everything(pick(item, ["name", "ordinal", "type_id"]))
        ordinal = {"kind": "Int", "i": fields["ordinal"], "type_id": fields["type_id"]}
        return {"kind": "Variant", "discriminator": fields["name"], "contents": ordinal, "type_id": fields["type_id"]}
    if kind not in VALUES:
        raise Malformed(f"{str(kind)[:60]!r} is no kind of values")
    shape = dict(VALUES[kind]) if kind == "Cell" else {**VALUES[kind], "type_id": "type"}
    return {"kind": kind, **record(shape, item)}


def values(items):
    items = plain(items)
    if not isinstance(items, list):
        raise Malformed(f"expected a list of values, found {str(items)[:60]!r}")
    return [value(item) for item in items]


def everything(item):
    """Any item as JSON has it."""
    item = plain(item)
    if isinstance(item, dict):
        return {key: everything(part) for key, part in item.items()}
    return [everything(part) for part in item] if isinstance(item, list) else item


def field(kind, item):
    if item is None and kind in WHEN_NULL:
        return WHEN_NULL[kind]
    if kind == "value":
        return value(item)
    if kind == "values":
        return values(item)
    if kind == "base64":
        return magnitude(item)
    if kind == "float":
        return float_text(plain(item))
    if kind == "arguments":
        return [record({"variable_id": "variable", "value": "value"}, one) for one in plain(item)]
    return everything(item)


def record(shape, item):
    picked = pick(item, list(shape))
    return {name: field(kind, picked[name]) for name, kind in shape.items()}


def event(item):
    item = plain(item)
    if item == "DropLastStep":
        return item
    if not isinstance(item, dict) or len(item) != 1:
        raise Malformed(f"expected an event, found {str(item)[:60]!r}")
    (kind, fields), = item.items()
    if kind == "DropLastStep":
        return kind
    if kind not in EVENTS:
        raise Malformed(f"{str(kind)[:60]!r} is no kind of events")
    shape = EVENTS[kind]
    return {kind: record(shape, fields) if isinstance(shape, dict) else field(shape, fields)}
