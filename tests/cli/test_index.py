"""ctrace index, and reading from any place."""

import json
import subprocess

import pytest

from conftest import ctrace, environment, nobody, small_program

FORMS = ["json", "ndjson", "bin", "bin-v0", "ct"]


def events_of(folder, *arguments):
    ran = ctrace("cat", "--format", "jsonl", *arguments, folder)
    assert (ran.code, ran.err) == (0, "")
    return [json.loads(line) for line in ran.out.splitlines()]


@pytest.fixture(params=FORMS)
def trace(request, tmp_path, program):
    if request.param == "json":
        return program
    ran = ctrace("convert", "--to", request.param, program, tmp_path / "t")
    assert ran.code == 0, ran.err
    return tmp_path / "t"


def begin_everywhere(trace):
    events = events_of(trace)
    steps = [i for i, event in enumerate(events) if "Step" in event]
    calls = [i for i, event in enumerate(events) if "Call" in event]
    for unit, places in ("--event", range(len(events))), ("--step", steps), ("--call", calls):
        for n in 0, 1, 77, len(places) - 1:
            assert events_of(trace, unit, n, "--count", "5") == events[places[n]:places[n] + 5]
        for n in len(places), 2 ** 64 - 1:
            assert events_of(trace, unit, n) == []


def test_begin_anywhere(trace):
    begin_everywhere(trace)
    ran = ctrace("index", trace)
    events = events_of(trace)
    counts = [len(events), sum("Step" in event for event in events), sum("Call" in event for event in events)]
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "Indexed {}: {} events, {} steps, {} calls.\n".format(trace, *counts)
    kept, = trace.glob("*.index")
    assert kept.name in {f"trace.{suffix}.index" for suffix in ("json", "ndjson", "bin", "ct")}
    begin_everywhere(trace)


def test_text_begins_with_the_names_known(program):
    lines = ctrace("cat", program).out.splitlines()
    steps = [i for i, line in enumerate(lines) if line.split()[1] == "step"]
    calls = [i for i, line in enumerate(lines) if line.split()[1] == "call"]
    assert ctrace("cat", "--step", "500", "--count", "3", program).out.splitlines() == lines[steps[500]:steps[500] + 3]
    assert ctrace("cat", "--call", "500", program).out.splitlines() == lines[calls[500]:]
    assert ctrace("cat", "--event", "500", program).out.splitlines() == lines[500:]
    assert ctrace("cat", "--from", "500", program).out.splitlines() == lines[500:]
    assert ctrace("cat", "--call", "504", program).out == ""


def test_standard_input_is_read_through(program):
    content = (program / "trace.json").read_bytes()
    ran = ctrace("cat", "--format", "jsonl", "--step", "1000", "-", stdin=content)
    assert (ran.code, ran.err) == (0, "")
    assert [json.loads(line) for line in ran.out.splitlines()] == events_of(program, "--step", "1000")


def test_two_beginnings_are_too_many():
    ran = ctrace("cat", "--step", "1", "--call", "1", "x")
    assert (ran.code, ran.err) == (2, "ctrace cat: --step and --call cannot both say where to begin\n")


def test_old_index_is_not_used(program):
    assert ctrace("index", program).code == 0
    before = (program / "trace.json.index").read_bytes()
    trace = small_program()
    trace.step(29)
    trace.save(program)
    assert events_of(program, "--step", "1008") == trace.events[-1:]
    assert ctrace("index", program).code == 0
    assert (program / "trace.json.index").read_bytes() != before


def test_broken_trace_gets_no_index(program):
    path = program / "trace.json"
    path.write_bytes(path.read_bytes()[:-20])
    ran = ctrace("index", program)
    assert ran.code == 1 and ran.out == "" and "the input ends inside the event" in ran.err
    assert not (program / "trace.json.index").exists()
    # What is whole can be gone to, and the end is told.
    ran = ctrace("cat", "--format", "jsonl", "--step", "1006", program)
    assert ran.code == 1 and json.loads(ran.out.splitlines()[0])["Step"]["line"] == 10
    assert "the input ends inside the event" in ran.err


def test_standard_input_has_no_index():
    ran = ctrace("index", "-", stdin=b"[]")
    assert (ran.code, ran.out, ran.err) == (2, "", "ctrace index: <stdin>: a source that is no file has no index\n")


def test_folder_that_cannot_be_written(open_to_all):
    small_program().save(open_to_all / "trace").chmod(0o555)
    ran = subprocess.run([open_to_all / "ctrace", "index", "trace"], cwd=open_to_all, env=environment(),
                         capture_output=True, text=True, **nobody())
    assert ran.returncode == 2 and "cannot write" in ran.stderr
