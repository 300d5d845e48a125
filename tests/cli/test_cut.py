"""ctrace cut: parts that stand for themselves."""

import json

import pytest

from conftest import ctrace, run
from test_convert import FORMS, events, report

CUT = {"Return": {"return_value": {"kind": "Raw", "r": "<cut>", "type_id": 0}}}
NAMES = {"Path", "Function", "Type", "VariableName"}


def kinds(trace, *wanted):
    return [e for e in trace if next(iter(e)) in wanted]


def cut(program, tmp_path, *options):
    out = tmp_path / "part"
    told = report("cut", *options, program, out)
    assert told["written"] and told["losses"] == []
    # Nothing is wrong that was not wrong before.
    assert problems(out) <= problems(program)
    return events(out)


def problems(trace):
    judged = json.loads(run("ctrace-validate", "--format", "json", trace).out)
    return {p["rule"] for p in judged["inputs"][0]["problems"] if p["severity"] != "info"}


def test_steps(program, tmp_path):
    part = cut(program, tmp_path, "--steps", "10..14")
    steps = [e["Step"]["line"] for e in kinds(part, "Step")]
    # The entry steps of the calls that are open, the first of them twice, then four.
    assert steps == [20, 20, 5] + [6, 5, 6, 5]
    calls = kinds(part, "Call")
    assert [c["Call"]["function_id"] for c in calls] == [0, 1, 3, 3, 3]
    assert calls[1] == kinds(events(program), "Call")[1], "with its arguments"
    assert part[-2:] == [CUT, CUT]
    assert len(kinds(part, "Return")) == len(calls)


def test_calls(program, tmp_path):
    part = cut(program, tmp_path, "--calls", "3..6")
    whole = events(program)
    begin = whole.index(kinds(whole, "Call")[3]) - 1
    assert part[-2 - 12:-2] == whole[begin:begin + 12], "three whole calls, each with its entry step"
    assert part[-2:] == [CUT, CUT]
    alone = cut(program, tmp_path, "--calls", "503")
    assert [e for e in alone if "Event" in e] == [e for e in whole if "Event" in e][:1]
    tree = ctrace("tree", tmp_path / "part").out
    assert "fail() raised ValueError: no" in tree and "step" not in tree


def test_everything(program, tmp_path):
    whole = events(program)
    assert cut(program, tmp_path, "--events", "0..") == whole
    assert cut(program, tmp_path, "--calls", "0") == whole
    assert cut(program, tmp_path, "--steps", "..999999") == whole


def test_pieces_hold_every_step_once(program, tmp_path):
    """Pieces side by side: what is inside of each is what was there."""
    whole = [e["Step"]["line"] for e in kinds(events(program), "Step")]
    lines = []
    for first in range(0, len(whole), 100):
        part = cut(program, tmp_path, "--steps", f"{first}..{first + 100}")
        inside = [e["Step"]["line"] for e in kinds(part, "Step")]
        count = min(100, len(whole) - first)
        lines += inside[-count:]
        assert {next(iter(e)) for e in part} & NAMES
    assert lines == whole


@pytest.mark.parametrize("form", FORMS)
def test_every_form(form, program, tmp_path):
    part = cut(program, tmp_path, "--events", "100..200")
    assert report("convert", "--to", form, program, tmp_path / form)["losses"] == []
    assert report("cut", "--events", "100..200", tmp_path / form, tmp_path / "other")["to"] == form
    assert events(tmp_path / "other") == part


def test_tells_where_it_is_from(program, tmp_path):
    cut(program, tmp_path, "--steps", "10..14")
    was, now = (json.loads((f / "trace_metadata.json").read_text()) for f in (program, tmp_path / "part"))
    assert now["recording_id"] != was["recording_id"] and now["program"] == was["program"]
    assert now["ctrace"]["cut"] == {"unit": "step", "first": 10, "end": 14, "of": was["recording_id"]}
    assert (tmp_path / "part" / "files" / "w" / "prog.py").exists()


def test_behind_the_part_nothing_matters(program, tmp_path):
    part = cut(program, tmp_path, "--steps", "10..14")
    file = program / "trace.json"
    file.write_bytes(file.read_bytes()[:-100])
    assert events_of_cut(program, tmp_path, "10..14") == part
    ran = ctrace("cut", "--steps", "10..", program, tmp_path / "torn")
    assert ran.code == 1 and not (tmp_path / "torn").exists()


def events_of_cut(program, tmp_path, steps):
    assert ctrace("cut", "--steps", steps, program, tmp_path / "cut.json").code == 0
    return events(tmp_path / "cut.json")


def test_standard_input(program, tmp_path):
    part = cut(program, tmp_path, "--calls", "3..6")
    data = (program / "trace.json").read_bytes()
    ran = ctrace("cut", "--calls", "3..6", "--to", "ndjson", "-", "-", stdin=data)
    assert (ran.code, ran.err) == (0, "")
    assert [json.loads(line) for line in ran.out.splitlines()] == part


@pytest.mark.parametrize("arguments, said", [
    ([], "which part? Give --steps, --calls or --events; see --help"),
    (["--steps", "x"], "--steps needs a range such as 10..20, not 'x'; see --help"),
    (["--steps", ".."], "--steps needs a range such as 10..20, not '..'; see --help"),
    (["--steps", "1..2..3"], "--steps needs a range such as 10..20, not '1..2..3'; see --help"),
    (["--calls", "5..5"], "--calls 5..5: there is nothing in that range, as the second number is not part of it"),
    (["--calls", "5..3"], "--calls 5..3: there is nothing in that range, as the second number is not part of it"),
    (["--calls", "1", "--steps", "2"], "give one of --steps, --calls and --events, once; see --help"),
    (["--steps", "99999999999999999999.."], "--steps needs a number, not '99999999999999999999'"),
])
def test_bad_ranges_get_one_line(arguments, said, program, tmp_path):
    ran = ctrace("cut", *arguments, program, tmp_path / "out")
    assert (ran.code, ran.out, ran.err) == (2, "", f"ctrace cut: {said}\n")


@pytest.mark.parametrize("unit, count", [("step", 1008), ("call", 504), ("event", 2034)])
def test_part_that_is_not_there(unit, count, program, tmp_path):
    ran = ctrace("cut", f"--{unit}s", f"{count}..", "program", "out", cwd=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"ctrace cut: program: there is no {unit} {count}: the trace has {count} of them\n"
    assert ctrace("cut", f"--{unit}s", str(count - 1), "program", "out", cwd=tmp_path).code == 0
