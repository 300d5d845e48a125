"""Any value that Python can hold comes back from the trace, as the independent reader sees it."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

hypothesis = pytest.importorskip("hypothesis")
pytest.importorskip("zstandard")
ctrace = pytest.importorskip("ctrace")

from hypothesis import strategies as st  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "spec"))

import bin as trace_bin  # noqa: E402
import ctfs  # noqa: E402
import reader  # noqa: E402

TEXTS = st.text(st.characters(min_codepoint=0, max_codepoint=0x10FFFF), max_size=60)  # surrogates included
LEAVES = st.none() | st.booleans() | st.integers() | st.integers(-(2**200), 2**200) | st.floats() | TEXTS
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=5) | st.lists(inner, max_size=5).map(tuple)
    | st.dictionaries(TEXTS | st.integers(), inner, max_size=4),
    max_leaves=12)


def depth(value):
    if isinstance(value, dict):
        # The pairs of a dict are a level of their own.
        return 2 + max(map(depth, value.values()), default=0) if value else 1
    return 1 + max(map(depth, value), default=0) if isinstance(value, (list, tuple)) else 0


def leaf(value):
    """NaN equals itself, -0.0 is not 0.0, True is not 1; half a surrogate pair is not text."""
    if isinstance(value, str):
        value = "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in value)
    return type(value).__name__, repr(value)


def expected(value):
    if isinstance(value, dict):
        return "dict", [("tuple", [expected(key), expected(item)]) for key, item in value.items()]
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [expected(one) for one in value]
    return leaf(value)


def seen(value, types):
    if value["kind"] == "Sequence":
        name = types[value["type_id"]]
        return name if name in ("list", "dict") else "tuple", [seen(one, types) for one in value["elements"]]
    member = {"None": None, "Bool": "b", "Int": "i", "BigInt": "number", "Float": "f", "String": "text"}[value["kind"]]
    return leaf(value[member] if member else None)


def by_lines(folder):
    return [json.loads(line) for line in (Path(folder) / "trace.ndjson").read_bytes().splitlines()]


def by_library(folder):
    """Packed Cap'n Proto has no second reader here; the crates read it in tests/interop."""
    done = subprocess.run(["ctrace", "cat", "--format", "jsonl", folder], capture_output=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


# How the events of a form are read as the objects of trace.json.
READERS = {
    "json": None,
    "ndjson": by_lines,
    "bin": lambda folder: trace_bin.read(Path(folder) / "trace.bin"),
    "bin-v0": by_library,
    "ct": lambda folder: ctfs.read(Path(folder) / "trace.ct"),
}


def read(form, folder):
    if READERS[form]:
        (Path(folder) / "trace.json").write_text(json.dumps(READERS[form](folder)), encoding="utf-8")
    return reader.read(folder)


@pytest.mark.parametrize("form", READERS)
@hypothesis.settings(max_examples=150, deadline=None, derandomize=True, database=None)
@hypothesis.given(values=st.lists(VALUES.filter(lambda value: depth(value) <= 6), min_size=1, max_size=4))
def test_values_come_back(form, values):
    with tempfile.TemporaryDirectory() as folder:
        with ctrace.Writer(folder, form=form) as w:
            w.start("/nowhere/a.py")
            w.step("/nowhere/a.py", 1)
            for value in values:
                w.value("v", value)
        events = read(form, folder)
    types = [event.fields["lang_type"] for event in events if event.kind == "Type"]
    found = [event.fields["value"] for event in events if event.kind == "Value"]
    assert len(found) == len(values)
    for value, traced in zip(values, found):
        assert seen(traced, types) == expected(value)
