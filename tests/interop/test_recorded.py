"""The published crates read what the recorders wrote in other tests, event by event as our reader gives it.

Other suites leave their traces below CTRACE_RECORDED_TRACES; none there, or no such variable, is a skip."""

import os
from pathlib import Path

import pytest
from support import DIALECTS, assert_same_events, foretold, our_copy, our_events, verdicts

RECORDED = os.environ.get("CTRACE_RECORDED_TRACES")


def recorded_traces():
    return sorted(path.parent for path in Path(RECORDED).glob("**/trace.json")) if RECORDED else []


@pytest.fixture(scope="module")
def traces():
    found = recorded_traces()
    if not found:
        pytest.skip("recorded traces are missing: run the python and ruby suites first, "
                    "with CTRACE_RECORDED_TRACES set to a folder")
    return found



@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_crate_reads_them(crates, traces, dialect):
    files = [folder / "trace.json" for folder in traces]
    refused = crates.refusals(dialect, files)
    wrong = []
    for folder, report in zip(traces, verdicts(traces)):
        why = refused[folder / "trace.json"]
        # The old crate takes no float as text, and says so; the new ones take all that is recorded.
        if why is not None and not (dialect == "old" and "expected f64" in why):
            wrong.append(f"{folder}: {why}")
        if foretold(report, dialect) != (why is not None):
            wrong.append(f"{folder}: the crate says {why or 'accepted'}; ours foretold otherwise")
        if why is None:
            try:
                assert_same_events(crates.events(dialect, folder / "trace.json"), our_events(folder), dialect)
            except AssertionError as difference:
                wrong.append(f"{folder}: {difference}")
    assert not wrong, "\n".join(wrong)


def test_the_old_crate_reads_copies_with_floats_as_numbers(crates, traces, tmp_path):
    copies = [our_copy(folder, tmp_path / str(index), "number").parent for index, folder in enumerate(traces)]
    refused = crates.refusals("old", [copy / "trace.json" for copy in copies])
    wrong = [f"{folder}: {why}" for folder, why in zip(traces, refused.values()) if why is not None]
    assert not wrong, "\n".join(wrong)
    for copy in copies:
        assert_same_events(crates.events("old", copy / "trace.json"), our_events(copy), "old")
