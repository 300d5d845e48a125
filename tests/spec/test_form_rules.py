"""The rules that only binary forms can break: a file that breaks each, and one beside it that does not."""

import json
import random
import subprocess
import sys
from pathlib import Path

import cbor2
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "spec"), str(Path(__file__).parent)]

import bin_builder  # noqa: E402
import ct_builder  # noqa: E402
import ct_split  # noqa: E402
from bin_builder import HEADER, seek_table, trace_bin  # noqa: E402
from ct_builder import container, events_log, meta_dat, old, u32, u64  # noqa: E402
from encoding import NIM, ODD, PORTABLE, encode  # noqa: E402
from seen import BUILD  # noqa: E402

INT = {"kind": "Int", "i": 5, "type_id": 1}
BIG = {"kind": "BigInt", "b": "gAAAAAAAAAAA", "negative": False, "type_id": 1}


def program(value=INT):
    """A small program, as a recorder has it; nothing is wrong with it."""
    return [
        {"Path": "/src/p.py"}, {"Function": {"path_id": 0, "line": 1, "name": "<top-level>"}},
        {"Call": {"function_id": 0, "args": []}},
        {"Type": {"kind": 30, "lang_type": "None", "specific_info": {"kind": "None"}}},
        {"Type": {"kind": 32, "lang_type": "any", "specific_info": {"kind": "None"}}},
        {"Step": {"path_id": 0, "line": 1}}, {"Step": {"path_id": 0, "line": 1}}, {"VariableName": "x"},
        {"Value": {"variable_id": 0, "value": value}}, {"Step": {"path_id": 0, "line": 2}},
        {"Return": {"return_value": {"kind": "None", "type_id": 0}}},
    ]


def run_of(count=40, **chosen):
    """A made-up run of a program for split streams."""
    return ct_split.Recording(random.Random(3), steps=count, **chosen)


def step_streams(positions, more=b"", flags=ct_split.NEW_FRAMINGS):
    """Nothing but steps at these positions."""
    records = b"".join(b"\0" + ct_builder.varint(position) for position in positions) + more
    paths = ["/src/a.py", "/src/b.py"]
    files = ct_split.stream("steps", [records], 4096)
    files.update(ct_split.table("paths", [path.encode() for path in paths]))
    files["meta.dat"] = meta_dat(flags=flags, paths=paths)
    return files


def raw_value(value):
    """A trace.bin with that CBOR item as a value."""
    head = b"\xa1\x65Value\xa2\x6bvariable_id\x00\x65value"
    plain = bin_builder.plain_events(program()[:8]) + head + value + bin_builder.plain_events(program()[9:])
    packed = bin_builder.compress(plain)
    return HEADER + packed + seek_table([(len(packed), len(plain))])


def long_map():
    event = encode({"Step": {"path_id": 0, "line": 3}})
    plain = bin_builder.plain_events(program()[:-1]) + b"\xb8\x01" + event[1:] + bin_builder.plain_events(program()[-1:])
    packed = bin_builder.compress(plain)
    return HEADER + packed + seek_table([(len(packed), len(plain))])


def cut_frame():
    plain = bin_builder.plain_events(program())
    first, second = bin_builder.compress(plain), bin_builder.compress(bin_builder.plain_events(program()[5:]) * 50)
    return HEADER + first + second[:len(second) // 2]


def torn_chunk():
    log = events_log(program() * 40, chunk=64)
    return container({"events.log": log[:-20], "events.fmt": b"split-binary", "meta.dat": meta_dat()})


BIN = {
    "big-int-bytes": lambda: trace_bin(program(BIG), NIM),
    "frame-cut": cut_frame,
    "header-reserved": lambda: trace_bin(program(), header=HEADER[:6] + b"\1\0"),
    "map-long": long_map,
    "seek-table-missing": lambda: trace_bin(program(), table="none"),
    "seek-table-wrong": lambda: trace_bin(program(), table="wrong"),
    "tag-unknown": lambda: raw_value(b"\xc1" + encode(INT)),
    "text-as-bytes": lambda: raw_value(cbor2.dumps({"kind": "String", "text": b"abc", "type_id": 1})),
    "text-chunked": lambda: trace_bin(program({"kind": "String", "text": "abc", "type_id": 1}), ODD),
    "trailing-bytes": lambda: trace_bin(program(), behind=b"more"),
    "value-kind-other": lambda: raw_value(cbor2.dumps({"kind": "Set", "members": [], "type_id": 1})),
    "value-shared": lambda: raw_value(b"\xd9\x01\x00\x00"),
}

CT = {
    "ct-bare": lambda: old(program(), framing="bare"),
    "ct-block-size": lambda: old(program(), block_size=1024),
    "ct-chunk-torn": torn_chunk,
    "ct-entries": lambda: old(program(), entries=4),
    "ct-format-missing": lambda: old(program(), tells_format=False),
    "ct-framing-old": lambda: ct_split.split(run_of(older=True)),
    "ct-meta-bad": lambda: old(program(), meta=meta_dat(version=2)),
    "ct-meta-flags": lambda: old(program(), meta=meta_dat(flags=1 << 14)),
    "ct-meta-id": lambda: old(program(), meta=meta_dat(recording_id="01890A5D-AC96-774B-BCCE-B302099A8057")),
    "ct-meta-missing": lambda: old(program(), meta=None),
    "ct-meta-trailing": lambda: old(program(), meta=meta_dat(behind=b"x")),
    "ct-name": lambda: old(program()).replace(
        u64(sum(ct_builder.NAME_DIGITS.index(c) * 40**i for i, c in enumerate("events.fmt"))), b"\xff" * 8),
    "ct-names-bare": lambda: ct_split.split(run_of()),
    "ct-padding": lambda: old(program(), padded=False),
    "ct-paths-json-missing": lambda: ct_split.split(run_of(positions="columns")),
    "ct-position-lost": lambda: container(step_streams([1, 2, 1 << 32 | 1, 5 << 32 | 3])),
    "ct-positions": lambda: container(step_streams([1, 2, 1 << 32 | 3])),
    "ct-positions-nim": lambda: container(step_streams([1, 2, 100003])),
    "ct-prefix": lambda: old(program(), framing="prefix"),
    "ct-record-lost": lambda: container({**step_streams([1, 2]), **ct_split.stream("values", [b"\2\x63\0", b"\1\0"], 256)}),
    "ct-size-unknown": lambda: old(program(), tells_size=False),
    "ct-step-map": lambda: container({**step_streams([1, 2]), "step-map.ns": b"PMTS" + bytes(14)}),
    "ct-step-tag": lambda: container(step_streams([1, 2], more=b"\6\1")),
    "ct-stream-lost": lambda: container({**step_streams([1, 2]), "values.dat": b"nonsense", "values.idx": b"x"}),
    "column-dropped": lambda: ct_split.split(run_of(positions="columns")),
}


def found_in(path, *options):
    done = subprocess.run([BUILD / "tools" / "ctrace-validate", "--format", "json", "--max-errors", "0", *options, path],
                          capture_output=True)
    assert done.returncode in (0, 1), done.stderr.decode()
    judged, = json.loads(done.stdout)["inputs"]
    return judged, {problem["rule"] for problem in judged["problems"]}


@pytest.mark.parametrize("rule", [*BIN, *CT])
def test_a_file_that_breaks_the_rule(rule, tmp_path):
    file = tmp_path / "trace"
    file.write_bytes({**BIN, **CT}[rule]())
    judged, found = found_in(file)
    assert rule in found
    assert judged["form"] == ("bin" if rule in BIN else "ct")


def test_every_such_rule_has_its_file():
    listed = subprocess.run([BUILD / "tools" / "ctrace-validate", "--list-rules", "--format", "json"], capture_output=True,
                            check=True).stdout
    rules = {rule["rule"] for rule in json.loads(listed)}
    assert {rule for rule in rules if rule.startswith("ct-")} | {*BIN, "column-dropped"} == {*BIN, *CT}


def test_nothing_is_wrong_with_the_program(tmp_path):
    file = tmp_path / "trace"
    file.write_bytes(trace_bin(program()))
    assert found_in(file)[1] == set()
    more = {"paths.json": b'["/src/p.py"]'}
    file.write_bytes(old(program(BIG), dialect=PORTABLE, more=more))
    assert found_in(file)[1] == set()


@pytest.mark.parametrize("rule, effects", [
    ("ct-prefix", {"codetracer-ct": "none", "ct-print": "refuse"}),
    ("ct-meta-missing", {"codetracer-ct": "refuse", "ct-print": "degrade"}),
    ("ct-size-unknown", {"codetracer-ct": "none", "ct-print": "abort"}),
])
def test_what_each_program_does(rule, effects, tmp_path):
    file = tmp_path / "trace"
    file.write_bytes(CT[rule]())
    judged, _ = found_in(file)
    assert {name: judged["consumers"][name] for name in effects} == effects
    assert judged["consumers"]["rust-new"] == "refuse", "which does not read containers"


def test_a_profile_is_told_that_its_program_does_not_read_the_form(tmp_path):
    file = tmp_path / "trace"
    file.write_bytes(old(program()))
    judged, found = found_in(file, "--profile", "rust-new")
    assert "form-unread" in found and judged["valid"] is False
    file.write_bytes(trace_bin(program()))
    judged, found = found_in(file, "--profile", "rust-new")
    assert "form-unread" not in found and judged["valid"] is True
