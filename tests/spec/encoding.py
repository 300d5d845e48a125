"""Values and events as CBOR, the way that one producer or another writes them. The bytes come from cbor2."""

import base64

import cbor2

class Dialect:
    """floats: text, double, single; bigs: text, base64, bytes; order: kind first, backwards; texts: whole, chunks."""

    def __init__(self, floats="text", bigs="text", bools_have_text=False, order="kind first", open_length=False,
                 texts="whole"):
        self.floats, self.bigs, self.bools_have_text = floats, bigs, bools_have_text
        self.order, self.open_length, self.texts = order, open_length, texts


RUST = Dialect()
BEFORE_TEXT = Dialect(floats="double")
NIM = Dialect(floats="double", bigs="bytes", bools_have_text=True)
PORTABLE = Dialect(bigs="base64", bools_have_text=True)
ODD = Dialect(floats="single", order="backwards", open_length=True, texts="chunks")
DIALECTS = {"rust": RUST, "before-text": BEFORE_TEXT, "nim": NIM, "portable": PORTABLE, "odd": ODD}


def shaped(item, dialect):
    """What is to be encoded for an item of trace.json."""
    if isinstance(item, list):
        return [shaped(one, dialect) for one in item]
    if not isinstance(item, dict):
        return item
    made = {name: shaped(part, dialect) for name, part in item.items()}
    if item.get("kind") == "Float" and dialect.floats != "text":
        made["f"] = Single(float(item["f"])) if dialect.floats == "single" else float(item["f"])
    if item.get("kind") == "BigInt" and "b" in item:
        made["b"] = {
            "text": item["b"], "base64": item["b"].encode(), "bytes": base64.b64decode(item["b"]),
        }[dialect.bigs]
    if item.get("kind") == "Bool" and dialect.bools_have_text:
        made = {"kind": "Bool", "b": item["b"], "text": "true" if item["b"] else "false", "type_id": item["type_id"]}
    return dict(reversed(made.items())) if dialect.order == "backwards" else made


class Single(float):
    """A float that is written in 32 bits when it fits."""


def head(major, number):
    if number < 24:
        return bytes([major << 5 | number])
    for minor, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 1 << 8 * size:
            return bytes([major << 5 | minor]) + number.to_bytes(size, "big")
    raise ValueError(number)


def encode(item, dialect=RUST):
    """The bytes of an item of trace.json."""
    return encode_shaped(shaped(item, dialect), dialect)


def encode_shaped(item, dialect):
    if isinstance(item, Single):
        return cbor2.dumps(float(item), canonical=True)
    if isinstance(item, str) and dialect.texts == "chunks" and len(item) > 3 and item != "DropLastStep":
        middle = len(item) // 2
        return b"\x7f" + cbor2.dumps(item[:middle]) + cbor2.dumps(item[middle:]) + b"\xff"
    if isinstance(item, list):
        parts = b"".join(encode_shaped(one, dialect) for one in item)
        return b"\x9f" + parts + b"\xff" if dialect.open_length else head(4, len(item)) + parts
    if isinstance(item, dict):
        parts = b"".join(cbor2.dumps(name) + encode_shaped(part, dialect) for name, part in item.items())
        return b"\xbf" + parts + b"\xff" if dialect.open_length else head(5, len(item)) + parts
    return cbor2.dumps(item)
