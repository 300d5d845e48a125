"""The comparison itself: it must see every kind of difference."""

import json

import pytest

from comparison import Comparison, Trace, read_truth
from test_python import Python

TYPES = [{"kind": 30, "lang_type": "NoneType", "specific_info": {"kind": "None"}},
         {"kind": 7, "lang_type": "int", "specific_info": {"kind": "None"}}]
NOTHING = {"kind": "None", "type_id": 0}


def number(i):
    return {"kind": "Int", "i": i, "type_id": 1}


def events():
    """A program that prints f(3)."""
    return [
        {"Path": "/p.py"}, {"Function": {"path_id": 0, "line": 1, "name": "<top-level>"}}, {"Type": TYPES[0]},
        {"Type": TYPES[1]}, {"Call": {"function_id": 0, "args": []}}, {"VariableName": "x"},
        {"Step": {"path_id": 0, "line": 3}}, {"Step": {"path_id": 0, "line": 3}},
        {"Function": {"path_id": 0, "line": 1, "name": "f"}},
        {"Step": {"path_id": 0, "line": 1}},
        {"Call": {"function_id": 1, "args": [{"variable_id": 0, "value": number(3)}]}},
        {"Step": {"path_id": 0, "line": 2}}, {"Value": {"variable_id": 0, "value": number(3)}},
        {"Return": {"return_value": number(4)}},
        {"Event": {"kind": 0, "metadata": "", "content": "4\n"}},
        {"Return": {"return_value": NOTHING}},
    ]


TRUTH = """\
[1, "step", "/p.py", 3, []]
[1, "call", "f", "/p.py", 1, [["x", {"type": "int", "is": 3}]]]
[1, "step", "/p.py", 2, [["x", {"type": "int", "is": 3}]]]
[1, "return", {"type": "int", "is": 4}]
[1, "write", "stdout", "4"]
[1, "write", "stdout", "\\n"]
"""


def problems(tmp_path, entries):
    (tmp_path / "trace.json").write_text(json.dumps(entries))
    (tmp_path / "truth").write_text(TRUTH)
    return Comparison(Trace(tmp_path), read_truth(tmp_path / "truth"), Python).run()


def test_nothing_to_find(tmp_path):
    assert problems(tmp_path, events()) == []


@pytest.mark.parametrize("place, path, value", [
    (11, ("Step", "line"), 3),
    (8, ("Function", "name"), "g"),
    (10, ("Call", "args"), []),
    (10, ("Call", "args", 0, "value", "i"), 2),
    (12, ("Value", "value", "i"), 33),
    (12, ("Value", "value", "type_id"), 0),
    (13, ("Return", "return_value", "i"), 5),
    (13, ("Return", "return_value"), {"kind": "Error", "msg": "KeyError", "type_id": 0}),
    (14, ("Event", "content"), "4"),
    (14, ("Event", "kind"), 2),
])
def test_sees_what_is_changed(tmp_path, place, path, value):
    entries = events()
    at = entries[place]
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    assert problems(tmp_path, entries)


@pytest.mark.parametrize("place", [11, 12, 14])
def test_sees_what_is_missing(tmp_path, place):
    assert problems(tmp_path, events()[:place] + events()[place + 1:])


@pytest.mark.parametrize("place", [13, 15])
def test_sees_calls_that_stay_open(tmp_path, place):
    assert problems(tmp_path, events()[:place] + events()[place + 1:])


def test_sees_a_call_without_its_entry_step(tmp_path):
    with pytest.raises(AssertionError):
        problems(tmp_path, events()[:9] + events()[10:])


def test_sees_a_return_without_a_call(tmp_path):
    with pytest.raises(AssertionError):
        problems(tmp_path, [*events(), events()[-1]])


def test_sees_what_is_too_much(tmp_path):
    entries = events()
    assert problems(tmp_path, entries[:12] + entries[11:12] + entries[12:])
    assert problems(tmp_path, entries[:-1] + [{"Step": {"path_id": 0, "line": 2}}] + entries[-1:])
