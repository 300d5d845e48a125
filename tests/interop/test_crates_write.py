"""What the published crates write, our reader gives event by event, and our validator takes."""

import json

import pytest
from support import DIALECTS, assert_same_events, our_copy, our_events, verdicts

NAMES = [
    "empty", "start", "program", "kinds", "values", "floats_finite", "floats_special", "big_ints", "deep_lists",
    "deep_others", "unicode", "places", "threads", "drop_last_step", "indented",
]
FLOATS = {"old": "number", "new": "text"}

# The old crate writes null for what is not finite, and refuses it itself.
REFUSED_BY_THEIR_OWN_READER = {("old", "floats_special")}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_crate_writes_all_but_assignments(crate_traces, dialect):
    assert sorted(crate_traces[dialect]) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_our_reader_gives_the_same_events(crate_traces, dialect, name):
    folder = crate_traces[dialect][name]
    written = json.loads((folder / "trace.json").read_text())
    assert_same_events(our_events(folder), written)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_our_validator_takes_it(crate_traces, dialect, name):
    [report] = verdicts([crate_traces[dialect][name]], "--profile", f"rust-{dialect}")
    assert report["valid"] == ((dialect, name) not in REFUSED_BY_THEIR_OWN_READER), report


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_crate_reads_our_copy(crates, crate_traces, dialect, tmp_path):
    """Read by our reader, written by our writer, and still the same to the crate."""
    for name, folder in crate_traces[dialect].items():
        if (dialect, name) in REFUSED_BY_THEIR_OWN_READER:
            continue
        copy = our_copy(folder, tmp_path / name, FLOATS[dialect])
        assert_same_events(crates.events(dialect, copy), crates.events(dialect, folder / "trace.json"), dialect)
