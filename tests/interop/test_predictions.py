"""Of every golden trace, valid or not, our validator foretells whether the published crates refuse it."""

import os
from pathlib import Path

import pytest
from support import DIALECTS, ROOT, foretold, verdicts

GOLDEN = ROOT / "tests" / "golden"
FIXTURES = Path(os.environ.get("CTRACE_FIXTURES", ROOT.parent / "shared" / "fixtures"))


def events_file(trace):
    return trace / "trace.json" if trace.is_dir() else trace


def golden_traces():
    """Lone files, and folders with a trace.json. Not the binary form: our reader says that it does not read it."""
    traces = [path for path in GOLDEN.glob("*/*") if path.suffix == ".json" or (path / "trace.json").exists()]
    return sorted(traces)


def assert_foretold(crates, dialect, traces):
    refused = crates.refusals(dialect, [events_file(trace) for trace in traces])
    wrong = []
    for trace, report in zip(traces, verdicts(traces)):
        why = refused[events_file(trace)]
        if foretold(report, dialect) != (why is not None):
            rules = sorted({problem["rule"] for problem in report["problems"]})
            wrong.append(f"{trace.name}: the crate says {why or 'accepted'}; we found {rules}")
    assert not wrong, "\n".join(wrong)


def test_there_are_golden_traces():
    assert len(golden_traces()) > 50


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("kind", sorted({path.parent.name for path in golden_traces()}))
def test_golden_traces(crates, dialect, kind):
    assert_foretold(crates, dialect, [path for path in golden_traces() if path.parent.name == kind])


@pytest.mark.parametrize("dialect", DIALECTS)
def test_traces_of_other_producers(crates, dialect):
    traces = sorted(FIXTURES.glob("*.json"))
    if not traces:
        pytest.skip(f"the traces of other producers are missing ({FIXTURES}, see CTRACE_FIXTURES)")
    assert_foretold(crates, dialect, traces)
