"""trace.bin version 1: the crates read what we write, and we what they write."""

import json
import math
import random
import struct
import subprocess

import pytest
from support import BUILD, DIALECTS, assert_same_events, foretold, lines_of, our_events, verdicts

CRATE_NAMES = [
    "empty", "start", "program", "kinds", "values", "floats_finite", "floats_special", "big_ints", "deep_lists",
    "deep_others", "unicode", "places", "threads", "drop_last_step", "assignment",
]
OUR_NAMES = [
    "empty", "only_start", "program", "kinds", "values", "floats_finite", "floats_special", "big_ints", "chars", "deep",
    "texts", "places", "threads", "drop_last_step", "assignments", "bare",
]
FLOATS = {"old": "number", "new": "text"}

# What no writer could spell so that the crate takes it.
REFUSED = {("old", "assignments"), ("new", "assignments"), ("old", "chars")}


def write_everything(*arguments):
    program = BUILD / "tests" / "interop" / "write_everything"
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def tool(*arguments, stdout=subprocess.PIPE):
    done = subprocess.run([BUILD / "tools" / "ctrace", *arguments], stdout=stdout, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.fixture(scope="session")
def v1_traces(crates, tmp_path_factory):
    """What each dialect's crate writes: dialect → folder."""
    folders = {}
    for dialect in DIALECTS:
        folders[dialect] = tmp_path_factory.mktemp(f"v1-{dialect}")
        lines = crates.run("write-v1", "--dialect", dialect, folders[dialect])
        assert lines == [f"written {name}" for name in CRATE_NAMES]
    return folders


@pytest.fixture(scope="session")
def our_v1_traces(tmp_path_factory):
    """What our library writes: spelling of floats → folder."""
    folders = {floats: tmp_path_factory.mktemp(f"ours-v1-{floats}") for floats in FLOATS.values()}
    for floats, folder in folders.items():
        assert write_everything(folder, floats, "bin") == OUR_NAMES
    return folders


@pytest.mark.parametrize("name", CRATE_NAMES)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_we_read_what_the_crate_writes(v1_traces, dialect, name):
    folder = v1_traces[dialect] / name
    theirs = [json.loads(line) for line in lines_of((folder / "events.jsonl").read_bytes())]
    ours = our_events(folder / "trace.bin")
    if (dialect, name) == ("old", "floats_special"):
        # its JSON has null for what is not finite; its CBOR has the floats
        assert [event["Value"]["value"]["f"] for event in ours[-4:]] == ["NaN", "NaN", "inf", "-inf"]
        ours, theirs = ours[:-4], theirs[:-4]
    # what is exact in CBOR is not in the old crate's JSON
    assert_same_events(ours, theirs, dialect)


@pytest.mark.parametrize("name", CRATE_NAMES)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_crate_reads_our_copy_as_its_own(crates, v1_traces, tmp_path, dialect, name):
    file = v1_traces[dialect] / name / "trace.bin"
    write_everything("copy", file, tmp_path, FLOATS[dialect], "bin")
    theirs = crates.refusals(dialect, [file])[file]
    if theirs:
        assert name.startswith("deep_")
        assert crates.refusals(dialect, [tmp_path / "trace.bin"])[tmp_path / "trace.bin"]
    else:
        assert crates.events(dialect, tmp_path / "trace.bin") == crates.events(dialect, file)


@pytest.mark.parametrize("name", OUR_NAMES)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_crate_reads_what_we_write(crates, our_traces, our_v1_traces, dialect, name):
    file = our_v1_traces[FLOATS[dialect]] / name / "trace.bin"
    expected = our_events(our_traces["text"][name])
    assert_same_events(our_events(file), expected)
    if (dialect, name) in REFUSED:
        assert crates.refusals(dialect, [file])[file]
        return
    theirs = crates.events(dialect, file)
    if dialect == "old" and name == "floats_special":
        assert len(theirs) == len(expected)  # it spells them as null
    else:
        assert_same_events(theirs, expected, dialect)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_our_validator_foretells_it(crates, our_v1_traces, dialect):
    for folder in our_v1_traces.values():
        files = [folder / name / "trace.bin" for name in OUR_NAMES]
        refused = crates.refusals(dialect, files).values()
        for name, report, why in zip(OUR_NAMES, verdicts(files), refused):
            assert foretold(report, dialect) == (why is not None), (name, why, report)


def test_a_copy_through_standard_output_is_the_same_trace(crates, our_traces, tmp_path):
    """A pipe cannot be written to at an earlier place: the seek table comes at the end alone."""
    for name in ("empty", "values"):
        file = tmp_path / f"{name}.bin"
        with file.open("wb") as out:
            tool("convert", "--quiet", our_traces["text"][name], "-", "--to", "bin", stdout=out)
        assert_same_events(crates.events("new", file), our_events(our_traces["text"][name]))


def test_floats_of_any_bits(crates, tmp_path):
    """Also the huge ones, which the crates' own writer once wrote so that its reader could not read them."""
    numbers = random.Random(7)
    floats = [struct.unpack("<d", numbers.randbytes(8))[0] for _ in range(20000)]
    floats += [sign * 10.0**exponent for exponent in range(-323, 309) for sign in (1, -1)]
    lines = [
        {"Return": {"return_value": {"kind": "Float", "f": repr(f), "type_id": 0}}} for f in floats if math.isfinite(f)]
    (tmp_path / "in.ndjson").write_text("".join(json.dumps(line) + "\n" for line in lines))
    write_everything("copy", tmp_path / "in.ndjson", tmp_path / "text", "text", "bin")
    write_everything("copy", tmp_path / "in.ndjson", tmp_path / "number", "number", "bin")
    assert_same_events(crates.events("new", tmp_path / "text" / "trace.bin"), lines)
    assert_same_events(our_events(tmp_path / "number" / "trace.bin"), lines)
    assert_same_events(crates.events("old", tmp_path / "number" / "trace.bin"), lines, "old")


def test_frames_of_both_writers(crates, tmp_path):
    """Theirs do not end where events do, ours do."""
    crates.run("bench-write-v1", "--dialect", "new", "--events", "100000", tmp_path)
    theirs = tmp_path / "trace.bin"
    assert tool("convert", "--quiet", theirs, tmp_path / "ours.bin") == b""
    events = our_events(theirs)
    assert len(events) > 100000
    assert our_events(tmp_path / "ours.bin") == events
    assert_same_events(crates.events("new", tmp_path / "ours.bin"), events)


@pytest.mark.parametrize("content", ["valid", "recorder"])
def test_a_hundred_megabytes(crates, tmp_path, content):
    file = tmp_path / "large.bin"
    tool("gen", "--events", "1600000", "--content", content, file)
    done = subprocess.run([BUILD / "tests" / "bench" / "bench_read", file], capture_output=True, text=True, check=True)
    ours = json.loads(done.stdout)
    [accepted] = crates.run("read", "--dialect", "new", "--summary", file)
    assert accepted == f"accepted {ours['events']} {file}"
    assert ours["peak_rss_kib"] < 32 * 1024
