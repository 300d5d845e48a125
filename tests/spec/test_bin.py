"""trace.bin version 1 in every dialect: the independent reader, the library, and what was put in agree."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("CTRACE_BUILD", ROOT / "build" / "c"))
sys.path[:0] = [str(ROOT / "spec"), str(Path(__file__).parent)]

import bin as trace_bin  # noqa: E402
import bin_builder as build  # noqa: E402
import contents  # noqa: E402
from encoding import DIALECTS, ODD, RUST, encode, head  # noqa: E402
from seen import cat, check_same  # noqa: E402

SEEDS = range(int(os.environ.get("CTRACE_SEEDS", "6")))


def check(tmp_path, data, expected=None, code=0):
    path = tmp_path / "trace.bin"
    path.write_bytes(data)
    by_reader = trace_bin.read(path)
    if expected is not None:
        check_same(by_reader, expected, "the independent reader", "what was put in")
    check_same(cat(path, code), by_reader, "the library", "the independent reader")


def whole(dialect):
    """Whether all that is put in comes out: not floats that were made shorter."""
    return dialect != "odd"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("table", ["right", "checksums", "wrong", "none"])
def test_dialects(tmp_path, seed, dialect, table):
    r = random.Random(f"{seed} {dialect} {table}")
    events = contents.events(r, r.choice([0, 1, 5, 300]))
    data = build.trace_bin(events, DIALECTS[dialect], r.choice([7, 100, 5000, 2 << 20]), table, r.random() < 0.7)
    check(tmp_path, data, events if whole(dialect) else None)


@pytest.mark.parametrize("size", [1, 2, 3, 64])
def test_frames_end_anywhere(tmp_path, size):
    events = contents.events(random.Random(size), 60)
    check(tmp_path, build.trace_bin(events, frame=size), events)


def test_skippable_frames_and_bytes_behind(tmp_path):
    events = contents.events(random.Random(1), 60)
    check(tmp_path, build.trace_bin(events, before=build.skippable(b"note", 3)), events)
    check(tmp_path, build.trace_bin(events, table="none", behind=build.skippable(b"note", 5)), events)
    check(tmp_path, build.trace_bin(events, header=build.HEADER[:6] + b"\1\2"), events)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_killed_recorder(tmp_path, seed):
    """Cut anywhere, without a table: all whole events of what can be unpacked."""
    r = random.Random(f"killed {seed}")
    data = build.trace_bin(contents.events(r, 200), frame=r.choice([300, 3000]), table="none")
    path = tmp_path / "trace.bin"
    path.write_bytes(data[:r.randrange(9, len(data))])
    out = subprocess.run([BUILD / "tools" / "ctrace", "cat", "--format", "jsonl", path], capture_output=True)
    assert out.returncode in (0, 1), out.stderr
    found = [json.loads(line) for line in out.stdout.splitlines()]
    check_same(found, trace_bin.read(path), "the library", "the independent reader")


def value_event(raw):
    """A Return whose value is that CBOR."""
    return head(5, 1) + encode("Return") + head(5, 1) + encode("return_value") + raw


def fields(**pairs):
    """A map of keys and CBOR."""
    return head(5, len(pairs)) + b"".join(encode(name) + raw for name, raw in pairs.items())


SEQUENCE = {"kind": "Sequence", "elements": [{"kind": "Int", "i": 1, "type_id": 2}], "is_slice": False, "type_id": 3}
ODD_VALUES = {
    "a set": (fields(kind=encode("Set"), members=encode(SEQUENCE["elements"]), type_id=encode(3)), SEQUENCE),
    "an enum": (fields(kind=encode("Enum"), name=encode("red"), ordinal=encode(2), type_id=encode(3)),
                {"kind": "Variant", "discriminator": "red", "contents": {"kind": "Int", "i": 2, "type_id": 3},
                 "type_id": 3}),
    "a shared value": (fields(kind=encode("Sequence"), elements=head(4, 1) + b"\xd9\x01\x00\x05",
                              is_slice=encode(False), type_id=encode(3)),
                       {**SEQUENCE, "elements": [{"kind": "Raw", "r": "<ref 5>", "type_id": 0}]}),
    "null for a list": (fields(kind=encode("Tuple"), elements=b"\xf6", type_id=encode(1)),
                        {"kind": "Tuple", "elements": [], "type_id": 1}),
    "null for a value": (fields(kind=encode("Tuple"), elements=head(4, 2) + b"\xf6\xf7", type_id=encode(1)),
                         {"kind": "Tuple", "elements": [{"kind": "None", "type_id": 0}] * 2, "type_id": 1}),
    "null for a text": (fields(kind=encode("Raw"), r=b"\xf6", type_id=encode(1)),
                        {"kind": "Raw", "r": "", "type_id": 1}),
    "null for a float": (fields(kind=encode("Float"), f=b"\xf6", type_id=encode(1)),
                         {"kind": "Float", "f": "NaN", "type_id": 1}),
    "a tag": (b"\xd9\xd9\xf7" + encode(SEQUENCE), SEQUENCE),
    "a float of 16 bits": (fields(kind=encode("Float"), f=b"\xf9\x3e\x00", type_id=encode(1)),
                           {"kind": "Float", "f": "1.5", "type_id": 1}),
    "a float that is an integer": (fields(kind=encode("Float"), f=encode(-3), type_id=encode(1)),
                                   {"kind": "Float", "f": "-3", "type_id": 1}),
    "a text of bytes": (fields(kind=encode("String"), text=b"\x43abc", type_id=encode(1)),
                        {"kind": "String", "text": "abc", "type_id": 1}),
    "a text of chunks of bytes": (fields(kind=encode("String"), text=b"\x5f\x42ab\x41c\xff", type_id=encode(1)),
                                  {"kind": "String", "text": "abc", "type_id": 1}),
    "a text that is no UTF-8": (fields(kind=encode("String"), text=b"\x43a\xffc", type_id=encode(1)),
                                {"kind": "String", "text": "a\ufffdc", "type_id": 1}),
    "a struct with names": (fields(kind=encode("Struct"), field_values=encode([]), field_names=encode(["a"]),
                                   type_id=encode(1)),
                            {"kind": "Struct", "field_values": [], "type_id": 1}),
    "a float of much text": (fields(kind=encode("Float"), f=b"\x7f\x78\xff" + b"1" * 255 + b"\x63111\xff",
                                    type_id=encode(1)),
                             {"kind": "Float", "f": "1" * 258, "type_id": 1}),
    "a number in a long form": (fields(kind=encode("Int"), i=b"\x1b" + bytes(7) + b"\x05", type_id=b"\x19\0\1"),
                                {"kind": "Int", "i": 5, "type_id": 1}),
    "kind is last": (fields(type_id=encode(1), i=encode(5), kind=encode("Int")), {"kind": "Int", "i": 5, "type_id": 1}),
    "a big integer of base64 in bytes": (fields(kind=encode("BigInt"), b=b"\x48AQIDBAU=", negative=encode(False),
                                                type_id=encode(1)),
                                         {"kind": "BigInt", "b": "AQIDBAU=", "negative": False, "type_id": 1}),
    "a big integer of bytes": (fields(kind=encode("BigInt"), b=b"\x49\1\2\3\4\5\6\7\x08\x09", negative=encode(True),
                                      type_id=encode(1)),
                               {"kind": "BigInt", "b": "AQIDBAUGBwgJ", "negative": True, "type_id": 1}),
    "an empty big integer of bytes": (fields(kind=encode("BigInt"), b=b"\x40", negative=encode(False),
                                             type_id=encode(1)),
                                      {"kind": "BigInt", "b": "", "negative": False, "type_id": 1}),
}


@pytest.mark.parametrize("what", ODD_VALUES)
def test_odd_values(tmp_path, what):
    raw, expected = ODD_VALUES[what]
    plain = value_event(raw)
    data = build.HEADER + build.compress(plain) + build.seek_table([(len(build.compress(plain)), len(plain))])
    check(tmp_path, data, [{"Return": {"return_value": expected}}])


def test_the_bytes_of_the_page(tmp_path):
    """bin.md's own example."""
    assert encode({"Step": {"path_id": 0, "line": 3}}, RUST).hex() == "a16453746570a267706174685f696400646c696e6503"
    text = (ROOT / "spec" / "bin.md").read_text()
    assert "a1 64 53746570 a2 67 706174685f6964 00 64 6c696e65 03" in text


@pytest.mark.parametrize("seed", SEEDS)
def test_what_the_library_writes(tmp_path, seed):
    """trace.json to trace.bin, read by the independent reader."""
    events = contents.events(random.Random(f"written {seed}"), 400)
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "trace.json").write_text(json.dumps(events))
    out = tmp_path / "out.bin"
    done = subprocess.run([BUILD / "tools" / "ctrace", "convert", folder, out], capture_output=True, text=True)
    assert done.returncode in (0, 1) and out.exists(), done.stderr
    check_same(trace_bin.read(out), cat(folder), "the written file", "what was converted")
    check_same(cat(out), cat(folder), "the library in the written file", "what was converted")


@pytest.mark.parametrize("seed", SEEDS)
def test_an_odd_dialect_for_every_kind(tmp_path, seed):
    """Keys backwards, open lengths, texts in chunks, floats of 32 bits."""
    check(tmp_path, build.trace_bin(contents.events(random.Random(f"odd {seed}"), 300), ODD))
