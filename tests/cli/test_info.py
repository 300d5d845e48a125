"""ctrace info: what a trace holds."""

import json

import jsonschema
import pytest

from conftest import GOLDEN, ROOT, Trace, ctrace, expected, fixture_files

SCHEMA = json.loads((ROOT / "tools" / "info.schema.json").read_text())


def info(*arguments, **options):
    ran = ctrace("info", "--format", "json", *arguments, **options)
    told = json.loads(ran.out)
    jsonschema.validate(told, SCHEMA)
    return ran.code, told


def test_text(program):
    size = (program / "trace.json").stat().st_size
    ran = ctrace("info", program)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == expected("info.txt").replace("SIZE", f"{size / 1024:.1f} KiB ({size} bytes)")


def test_json_tells_what_the_events_hold(program):
    events = json.loads((program / "trace.json").read_text())
    names = [next(iter(event)) for event in events]
    code, told = info(program)
    assert code == 0
    assert told["complete"] is True and told["error"] is None
    assert told["program"] == "/w/prog.py" and told["args"] == ["a b", "é"] and told["workdir"] == "/w"
    assert told["recording_id"] == "01940000-0000-7000-8000-000000000000"
    assert (told["recorder"], told["recorder_version"]) == ("by-hand", "1")
    assert told["size"] == (program / "trace.json").stat().st_size
    assert told["kinds"] == {name: names.count(name) for name in set(names)}
    assert told["log_kinds"] == {"Write": 1, "Error": 1}
    assert told["counts"] == {
        "events": len(events), "steps": names.count("Step"), "calls": names.count("Call"), "deepest_call": 3,
        "threads": 1, "functions": 5, "paths": 1, "variables": names.count("VariableName"), "types": 6}
    assert told["leniencies"] == {}


def test_depth_is_that_of_each_thread(tmp_path):
    trace = Trace()
    trace.call("f", 2)
    trace.add(ThreadStart=2)
    trace.add(ThreadSwitch=2)
    for _ in range(3):
        trace.call("g", 3)
    trace.add(ThreadSwitch=1)
    trace.call("h", 4)
    _, told = info(trace.save(tmp_path / "t"))
    assert told["counts"]["threads"] == 2
    assert told["counts"]["deepest_call"] == 3  # <top-level>, f, h; and g three times in the other


def test_lone_file_has_no_metadata(tmp_path):
    (tmp_path / "x.json").write_text('[{"Path":"/a"},{"Step":{"path_id":0,"line":1,"column":3}}]')
    code, told = info(tmp_path / "x.json")
    assert code == 0
    assert told["program"] is None and told["args"] == []
    assert told["leniencies"]["field-unknown"] == 1
    assert "field-unknown                 1  an unknown field is ignored" in ctrace("info", tmp_path / "x.json").out


def test_broken_trace(tmp_path):
    (tmp_path / "x.json").write_text('[{"Path":"/a"},{"Step":{"path_id":0')
    code, told = info(tmp_path / "x.json")
    assert code == 1
    assert told["complete"] is False and "ends inside" in told["error"]
    assert told["counts"]["events"] == 1


@pytest.mark.parametrize("text, form", [
    ('[{"Path":"/a"}]', "JSON list"), ('{"Path":"/a"}\n{"Path":"/b"}\n', "JSON, one event after another"),
    ('[{"Path":"/a"},', "JSON list that is not closed")])
def test_form(text, form, tmp_path):
    (tmp_path / "x.json").write_text(text)
    assert info(tmp_path / "x.json")[1]["form"] == form


def test_traces_of_other_producers():
    for file in fixture_files():
        code, told = info(file)
        events = json.loads(file.read_text())
        assert code == 0 and told["counts"]["events"] == len(events), file


@pytest.mark.parametrize("file", sorted((GOLDEN / "valid").glob("*.json")), ids=lambda file: file.name)
def test_golden_traces(file):
    assert info(file)[1]["complete"] is True
