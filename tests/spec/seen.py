"""What `ctrace cat` sees, and whether two readers see the same."""

import json
import os
import subprocess
from pathlib import Path

import reader

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("CTRACE_BUILD", ROOT / "build" / "c"))


def cat(path, code=0):
    out = subprocess.run([BUILD / "tools" / "ctrace", "cat", "--format", "jsonl", path], capture_output=True)
    assert out.returncode == code, out.stderr.decode()
    return [json.loads(line) for line in out.stdout.splitlines()]


def as_event(data):
    """An event as the reader of trace.json has it: numbers of floats and big integers instead of their spellings."""
    if isinstance(data, str):
        return reader.Event(data)
    (kind, fields), = data.items()
    shape = reader.EVENTS[kind]
    if isinstance(shape, dict):
        return reader.Event(kind, reader.record(shape, fields))
    return reader.Event(kind, reader.payload(shape, fields))


def check_same(found, expected, found_by, expected_by):
    for index, (a, b) in enumerate(zip(found, expected)):
        first, second = as_event(a), as_event(b)
        assert first.kind == second.kind and reader.same(first.fields, second.fields), (
            f"event {index}\n{found_by}: {json.dumps(a)}\n{expected_by}: {json.dumps(b)}")
    assert len(found) == len(expected), f"{found_by} sees {len(found)} events, {expected_by} {len(expected)}"
