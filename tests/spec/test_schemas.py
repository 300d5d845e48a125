"""The JSON Schemas against every trace that the project makes, and against traces that break the format."""

import json
import os
import subprocess
from pathlib import Path

import pytest

jsonschema = pytest.importorskip("jsonschema")

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("CTRACE_BUILD", ROOT / "build" / "c"))
SPEC = ROOT / "spec"


def validator(name):
    schema = json.loads((SPEC / name).read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def errors(name, data):
    return [f"{list(error.absolute_path)}: {error.message[:200]}" for error in validator(name).iter_errors(data)]


def recorded():
    folder = os.environ.get("CTRACE_RECORDED_TRACES")
    return sorted(Path(folder).rglob("trace.json")) if folder and Path(folder).is_dir() else []


def test_the_schema_is_the_one_of_the_model():
    made = subprocess.run([BUILD / "spec" / "make_schema"], capture_output=True, check=True).stdout.decode()
    assert made == (SPEC / "trace.schema.json").read_text(), "run build/c/spec/make_schema > spec/trace.schema.json"


def written_traces(folder):
    """Every event and value that the library writes, in both spellings of floats."""
    for floats in ("text", "number"):
        program = BUILD / "tests" / "interop" / "write_everything"
        subprocess.run([program, folder / floats, floats], check=True, stdout=subprocess.DEVNULL)
    return sorted(folder.rglob("trace.json"))


def test_every_produced_trace(tmp_path):
    traces = written_traces(tmp_path)
    assert len(traces) >= 10
    for trace in traces + recorded():
        events = json.loads(trace.read_text())
        # A schema validator takes a minute for a long trace; the first events of each kind tell as much.
        seen = {}
        chosen = []
        for event in events:
            kind = next(iter(event)) if isinstance(event, dict) else event
            seen[kind] = seen.get(kind, 0) + 1
            if seen[kind] <= 40:
                chosen.append(event)
        assert errors("trace.schema.json", chosen) == [], trace
        folder = trace.parent
        assert errors("trace_metadata.schema.json", json.loads((folder / "trace_metadata.json").read_text())) == []
        paths = json.loads((folder / "trace_paths.json").read_text())
        assert errors("trace_paths.schema.json", paths) == []
        assert paths == [event["Path"] for event in events if isinstance(event, dict) and "Path" in event]


@pytest.mark.parametrize("event", [
    {"Stop": {"path_id": 0, "line": 1}},
    {"Step": {"path_id": 0}},
    {"Step": {"path_id": -1, "line": 1}},
    {"Step": {"path_id": 0, "line": 1.5}},
    {"Step": {"path_id": 0, "line": 1}, "Path": "/a"},
    {"Step": {"path_id": 0, "line": 1, "column": 1}},
    {"DropLastStep": None},
    {"Call": {"function_id": 0, "args": None}},
    {"Type": {"kind": 34, "lang_type": "t", "specific_info": {"kind": "None"}}},
    {"Type": {"kind": 6, "lang_type": "t", "specific_info": {"kind": "Struct"}}},
    {"Event": {"kind": 14, "metadata": "", "content": ""}},
    {"Return": {"return_value": {"kind": "Int", "i": 2**63, "type_id": 0}}},
    {"Return": {"return_value": {"kind": "Int", "i": "5", "type_id": 0}}},
    {"Return": {"return_value": {"kind": "Float", "f": "a", "type_id": 0}}},
    {"Return": {"return_value": {"kind": "Char", "c": "ab", "type_id": 0}}},
    {"Return": {"return_value": {"kind": "BigInt", "b": "AQ", "negative": False, "type_id": 0}}},
    {"Return": {"return_value": {"kind": "Set", "members": [], "type_id": 0}}},
    {"Assignment": {"to": 0, "pass_by": "value", "from": {"kind": "Literal"}}},
    {"Assignment": {"to": 0, "pass_by": "Value", "from": {"kind": "Simple", "0": 1}}},
])
def test_what_is_no_event(event):
    assert errors("trace.schema.json", [event])


@pytest.mark.parametrize("change", [{"recording_id": "x"}, {"args": "a"}, {"program": None}])
def test_what_is_no_metadata(change):
    metadata = {"recording_id": "01890a5d-ac96-774b-bcce-b302099a8057", "workdir": "/", "program": "p", "args": []}
    assert errors("trace_metadata.schema.json", metadata) == []
    assert errors("trace_metadata.schema.json", {**metadata, **change})
