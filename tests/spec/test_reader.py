"""The independent reader in spec/ and the library's own must see the same in every trace."""

import json
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "spec"), str(Path(__file__).parent)]

import reader  # noqa: E402
from seen import as_event, cat  # noqa: E402


def traces():
    found = sorted((ROOT / "tests" / "golden" / "valid").glob("**/*.json"))
    found = [path for path in found if path.name == "trace.json" or not path.parent.joinpath("trace.json").exists()]
    found = [path for path in found if not path.name.endswith(".expect.json")]
    folder = os.environ.get("CTRACE_RECORDED_TRACES")
    if folder and Path(folder).is_dir():
        found += sorted(Path(folder).rglob("trace.json"))
    return found


def test_there_are_traces():
    assert len(traces()) >= 10


@pytest.mark.parametrize("path", traces(), ids=lambda path: str(path)[-60:])
def test_both_see_the_same(path):
    try:
        expected = reader.read(path)
    except reader.Malformed as malformed:
        # A golden of another dialect is beyond the independent reader; the library must take it all the same.
        assert "golden" in str(path), malformed
        assert cat(path)
        return
    found = [as_event(data) for data in cat(path)]
    assert [event.kind for event in found] == [event.kind for event in expected]
    for index, (a, b) in enumerate(zip(found, expected)):
        assert reader.same(a.fields, b.fields), (index, a, b)


def test_the_reader_refuses_what_the_format_does_not_have(tmp_path):
    trace = tmp_path / "trace.json"
    for text in ('[{"Stop":1}]', '[{"Step":{"path_id":0}}]', '[{"Step":{"path_id":-1,"line":0}}]', '["Step"]',
                 '[{"Return":{"return_value":{"kind":"Int","i":"5","type_id":0}}}]'):
        trace.write_text(text)
        with pytest.raises(reader.Malformed):
            reader.read(trace)


def test_the_tree_of_calls(tmp_path):
    trace = tmp_path / "trace.json"
    value = {"kind": "Int", "i": 1, "type_id": 0}
    trace.write_text(json.dumps([
        {"Path": "/a"}, {"Function": {"path_id": 0, "line": 1, "name": "f"}}, {"VariableName": "x"},
        {"Call": {"function_id": 0, "args": []}}, {"Step": {"path_id": 0, "line": 1}},
        {"ThreadStart": 2}, {"ThreadSwitch": 2},
        {"Call": {"function_id": 0, "args": [{"variable_id": 0, "value": value}]}}, {"ThreadSwitch": 1},
        {"Return": {"return_value": value}}, {"ThreadSwitch": 2},
    ])[:-1])  # cut off before its end
    tree = reader.calls(reader.read(trace))
    assert [(call.function, call.args, call.result) for call in tree["roots"]] == [
        ("f", [], value), ("f", [("x", value)], None)]
    assert tree["roots"][0].steps == 1
    assert tree["open"] == 1
