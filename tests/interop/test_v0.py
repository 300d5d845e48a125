"""trace.bin version 0: the crates, and Cap'n Proto's own tool, read what we write, and we what they write."""

import hashlib
import json
import subprocess

import pytest
from support import BUILD, DIALECTS, assert_same_events, lines_of, our_events, plain
from v0_schema import by_schema, capnp_reads, capnp_writes

CRATE_NAMES = [
    "empty", "start", "program", "kinds", "values", "floats_finite", "floats_special", "big_ints", "deep_lists",
    "deep_others", "unicode", "places", "threads", "drop_last_step", "assignment",
]
OUR_NAMES = [
    "empty", "only_start", "program", "kinds", "values", "floats_finite", "floats_special", "big_ints", "chars",
    "texts", "places", "threads", "drop_last_step", "bare",
]
# What the crates' readers take inside one another, the innermost list empty and the innermost of the others None:
# kind, in a Return, in an argument.
DEEPEST = [("Sequence", 30, 29), ("Variant", 59, 57), ("Reference", 59, 57)]


def convert(source, target, form="bin-v0"):
    command = [BUILD / "tools" / "ctrace", "convert", "--quiet", source, target, "--to", form]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target


def in_segments(source, target, words):
    subprocess.run([BUILD / "tests" / "interop" / "write_segments", source, target, str(words)], check=True)
    return target


def without_chars(node):
    """This form has no Char: a Raw holds it."""
    if isinstance(node, list):
        return [without_chars(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("kind") == "Char":
        return {"kind": "Raw", "r": node["c"], "type_id": node["type_id"]}
    return {key: without_chars(item) for key, item in node.items()}


@pytest.fixture(scope="session")
def v0_traces(crates, tmp_path_factory):
    """What each dialect's crate writes: dialect → folder."""
    folders = {}
    for dialect in DIALECTS:
        folders[dialect] = tmp_path_factory.mktemp(f"v0-{dialect}")
        lines = crates.run("write-v0", "--dialect", dialect, folders[dialect])
        assert lines == [f"written {name}" for name in CRATE_NAMES]
    return folders


@pytest.mark.parametrize("name", CRATE_NAMES)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_we_read_what_the_crate_writes(v0_traces, dialect, name):
    folder = v0_traces[dialect] / name
    theirs = [json.loads(line) for line in lines_of((folder / "events.jsonl").read_bytes())]
    ours = our_events(folder / "trace.bin")
    if (dialect, name) == ("old", "floats_special"):
        # its JSON has null for what is not finite; its message has the floats
        assert [event["Value"]["value"]["f"] for event in ours[-4:]] == ["NaN", "NaN", "inf", "-inf"]
        ours, theirs = ours[:-4], theirs[:-4]
    assert_same_events(ours, without_chars(theirs), dialect)


@pytest.mark.parametrize("name", CRATE_NAMES)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_crate_reads_our_copy_as_its_own(crates, v0_traces, tmp_path, dialect, name):
    file = v0_traces[dialect] / name / "trace.bin"
    copies = [convert(file, tmp_path / "copy.bin"), in_segments(file, tmp_path / "segments.bin", 40)]
    if name.startswith("deep_"):
        # deeper than its own reader takes
        assert all(crates.refusals(dialect, [file, *copies]).values())
    else:
        for copy in copies:
            assert crates.events(dialect, copy) == crates.events(dialect, file)


@pytest.mark.parametrize("name", OUR_NAMES)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_crate_reads_what_we_write(crates, our_traces, tmp_path, dialect, name):
    folder = our_traces["text"][name]
    expected = without_chars(our_events(folder))
    for file in (convert(folder, tmp_path / "trace.bin"), in_segments(folder, tmp_path / "segments.bin", 40)):
        theirs = crates.events(dialect, file)
        if dialect == "old" and name == "floats_special":
            assert len(theirs) == len(expected)
        else:
            assert_same_events(theirs, expected, dialect)
        assert_same_events(our_events(file), expected)


def test_the_newest_sources_of_assignments_are_refused(crates, our_traces, tmp_path):
    """Published crates know the first two kinds only."""
    file = convert(our_traces["text"]["assignments"], tmp_path / "trace.bin")
    assert_same_events(our_events(file), our_events(our_traces["text"]["assignments"]))
    for dialect in DIALECTS:
        assert crates.refusals(dialect, [file])[file]


@pytest.mark.parametrize("name", [*OUR_NAMES, "deep", "assignments"])
def test_the_tool_reads_what_we_write(crates, our_traces, tmp_path, name):
    folder = our_traces["text"][name]
    expected = [plain(by_schema(event)) for event in our_events(folder)]
    if name == "deep":
        expected = expected[:-70]  # its own limit is 64 levels
        (tmp_path / "in.ndjson").write_text("".join(json.dumps(e) + "\n" for e in our_events(folder)[:-70]))
        folder = tmp_path / "in.ndjson"
    for file in (convert(folder, tmp_path / "trace.bin"), in_segments(folder, tmp_path / "segments.bin", 40)):
        assert capnp_reads(file) == expected


@pytest.mark.parametrize("name", [*OUR_NAMES, "assignments"])
def test_we_read_what_the_tool_writes(crates, our_traces, tmp_path, name):
    # the tool reads the escape as another character
    events = [event for event in our_events(our_traces["text"][name]) if "\\u001f" not in json.dumps(event)]
    capnp_writes(events, tmp_path / "trace.bin")
    assert_same_events(our_events(tmp_path / "trace.bin"), without_chars(events))


def nested(kind, depth):
    value = {"kind": "None", "type_id": 0} if kind in ("Variant", "Reference") else None
    for _ in range(depth - (value is not None)):
        if kind == "Sequence":
            value = {"kind": kind, "elements": [value] if value else [], "is_slice": False, "type_id": 0}
        elif kind == "Variant":
            value = {"kind": kind, "discriminator": "Some", "contents": value, "type_id": 0}
        else:
            value = {"kind": kind, "dereferenced": value, "address": 1, "mutable": False, "type_id": 0}
    return value


@pytest.mark.parametrize("kind,most,most_in_arguments", DEEPEST)
def test_how_deep_the_crates_read(crates, tmp_path, kind, most, most_in_arguments):
    def file(name, depth, in_call):
        value = nested(kind, depth)
        event = ({"Call": {"function_id": 0, "args": [{"variable_id": 0, "value": value}]}} if in_call
                 else {"Return": {"return_value": value}})
        (tmp_path / "in.ndjson").write_text(json.dumps(event) + "\n")
        out = convert(tmp_path / "in.ndjson", tmp_path / name)
        assert our_events(out) == [event]
        return out

    for in_call, limit in ((False, most), (True, most_in_arguments)):
        fine, beyond = file("fine.bin", limit, in_call), file("beyond.bin", limit + 1, in_call)
        for dialect in DIALECTS:
            told = crates.refusals(dialect, [fine, beyond])
            assert told[fine] is None and told[beyond], (in_call, told)


def digest(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_hundred_megabytes(crates, tmp_path):
    """2.7 million events, several segments of the crate's: the same stream as its JSON, and back to it."""
    events = "2700000"
    crates.run("bench-write-v0", "--dialect", "new", "--events", events, tmp_path / "v0")
    crates.run("bench-write", "--dialect", "new", "--events", events, tmp_path / "json")
    theirs = tmp_path / "v0" / "trace.bin"
    assert theirs.stat().st_size > 100_000_000
    from_v0 = convert(theirs, tmp_path / "from-v0.ndjson", "ndjson")
    from_json = convert(tmp_path / "json" / "trace.json", tmp_path / "from-json.ndjson", "ndjson")
    assert digest(from_v0) == digest(from_json)
    ours = convert(from_json, tmp_path / "ours.bin")
    again = convert(ours, tmp_path / "again.ndjson", "ndjson")
    assert digest(again) == digest(from_json)
    assert crates.refusals("new", [ours])[ours] is None
    # the old crate looks at no more than 64 MiB
    assert "too large" in crates.refusals("old", [ours])[ours]
