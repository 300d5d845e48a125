"""What our writer writes, the published crates read, event by event as our own reader gives it."""

import pytest
from support import assert_same_events, foretold, our_events, verdicts

FLOATS = {"old": "number", "new": "text"}

# What no writer could spell so that the crate takes it.
REFUSED = {
    "old": {
        "assignments": "invalid type: map, expected usize",
        "chars": "unknown variant `Char`",
    },
    "new": {"assignments": "invalid type: map, expected usize"},
}
WITH_FLOATS = {"floats_finite", "values"}
NAMES = [
    "empty", "only_start", "program", "kinds", "values", "floats_finite", "floats_special", "big_ints", "chars",
    "deep", "texts", "places", "threads", "drop_last_step", "assignments", "bare",
]


def test_everything_is_written(our_traces):
    assert list(our_traces["text"]) == NAMES
    assert list(our_traces["number"]) == NAMES


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dialect", FLOATS)
def test_the_crate_reads_it(crates, our_traces, dialect, name):
    folder = our_traces[FLOATS[dialect]][name]
    file = folder / "trace.json"
    if name in REFUSED[dialect]:
        assert REFUSED[dialect][name] in crates.refusals(dialect, [file])[file]
    else:
        assert_same_events(crates.events(dialect, file), our_events(folder), dialect)


@pytest.mark.parametrize("dialect", FLOATS)
def test_the_other_spelling_of_floats_is_refused(crates, our_traces, dialect):
    """Hence the option: no one file with floats suits both."""
    other = {"text": "number", "number": "text"}[FLOATS[dialect]]
    for name in WITH_FLOATS:
        file = our_traces[other][name] / "trace.json"
        assert "expected" in (crates.refusals(dialect, [file])[file] or "accepted")


@pytest.mark.parametrize("floats", ["text", "number"])
@pytest.mark.parametrize("dialect", FLOATS)
def test_our_validator_foretells_it(crates, our_traces, dialect, floats):
    folders = our_traces[floats]
    refused = crates.refusals(dialect, [folder / "trace.json" for folder in folders.values()]).values()
    for name, report, why in zip(folders, verdicts(folders.values()), refused):
        assert foretold(report, dialect) == (why is not None), (name, why, report)
