"""trace.bin version 0 as the library writes it, read by the independent reader; tests/interop has the crates'."""

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

import contents  # noqa: E402
import v0  # noqa: E402
from seen import cat, check_same  # noqa: E402

SEEDS = range(int(os.environ.get("CTRACE_SEEDS", "6")))


def without_chars(item):
    """Version 0 has no Char; it is written as Raw."""
    if isinstance(item, list):
        return [without_chars(one) for one in item]
    if not isinstance(item, dict):
        return item
    if item.get("kind") == "Char":
        return {"kind": "Raw", "r": item["c"], "type_id": item["type_id"]}
    return {name: without_chars(part) for name, part in item.items()}


@pytest.mark.parametrize("seed", SEEDS)
def test_what_the_library_writes(tmp_path, seed):
    r = random.Random(f"v0 {seed}")
    events = contents.events(r, r.choice([0, 1, 30, 3000]))
    for event in events:
        if "AssignCompoundItem" in event:  # the index has 63 bits here
            event["AssignCompoundItem"]["index"] &= 2**63 - 1
    given, out = tmp_path / "in.json", tmp_path / "out.bin"
    given.write_text(json.dumps(events))
    done = subprocess.run([BUILD / "tools" / "ctrace", "convert", "--to", "bin-v0", given, out], capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stderr
    found = v0.read(out)
    check_same(found, without_chars(events), "the independent reader", "what was put in")
    check_same(cat(out), found, "the library", "the independent reader")


def test_the_reader_follows_far_pointers(tmp_path):
    """A message of three segments: the root lies behind a far pointer, its list behind a double one."""
    def words(*numbers):
        return b"".join(number.to_bytes(8, "little") for number in numbers)

    def far(segment, at, double=False):
        return 2 | double << 2 | at << 3 | segment << 32

    root = words(far(1, 0))
    # In segment 1 a landing pad: the root struct begins right behind it, with one pointer.
    struct = words(1 << 48, far(2, 0, double=True))
    # In segment 2 the pad of two words, then the list: 2 words of one element, which is DropLastStep.
    content = words(far(2, 2), 1 | 7 << 32 | 2 << 35, 1 << 2 | 1 << 32 | 1 << 48, 20, 0)
    parts = [root, struct, content]
    head = (len(parts) - 1).to_bytes(4, "little") + b"".join((len(one) // 8).to_bytes(4, "little") for one in parts)
    message = head + b"".join(parts)
    packed = b"".join(b"\xff" + message[at:at + 8] + b"\0" for at in range(0, len(message), 8))
    path = tmp_path / "trace.bin"
    path.write_bytes(bytes.fromhex("C0DE72ACE2000000") + packed)
    assert v0.read(path) == ["DropLastStep"]
    assert cat(path) == ["DropLastStep"]
