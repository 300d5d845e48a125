"""ctrace diff: the first difference of two traces, whatever their forms and ids."""

import json

import jsonschema
import pytest

from conftest import ROOT, Trace, ctrace, integer, none, sequence, small_program, string

SCHEMA = json.loads((ROOT / "tools" / "diff.schema.json").read_text())


@pytest.fixture
def program(tmp_path):
    return small_program().save(tmp_path / "a")


def other(tmp_path, change, name="b"):
    trace = small_program()
    change(trace)
    return trace.save(tmp_path / name)


def index_of(trace, kind, number=0):
    return [i for i, event in enumerate(trace.events) if kind in event][number]


def test_same_traces(program, tmp_path):
    ran = ctrace("diff", program, other(tmp_path, lambda trace: None))
    assert (ran.code, ran.out, ran.err) == (0, "The same: 1008 steps, 504 calls, 1 values.\n", "")


def test_ids_and_order_of_declarations_do_not_count(tmp_path):
    def make(first, second):
        trace = Trace()
        for name in first, second:
            trace.variable(name)
        trace.value("x", integer(1))
        trace.value("y", integer(2))
        trace.ret()
        return trace
    a, b = make("x", "y").save(tmp_path / "a"), make("y", "x").save(tmp_path / "b")
    assert ctrace("diff", a, b).code == 0


@pytest.mark.parametrize("change, kind, a, b", [
    (lambda t: t.events[index_of(t, "Step", 4)]["Step"].update(line=7), "step", "step /w/prog.py:3", "step /w/prog.py:7"),
    (lambda t: t.events[index_of(t, "Value")]["Value"].update(value=string("b.cfg")), "value", 'path = "a.cfg"',
     'path = "b.cfg"'),
    (lambda t: t.events[index_of(t, "Call", 2)]["Call"].update(args=[]), "call",
     'call load(path="a.cfg") at /w/prog.py:2', "call load() at /w/prog.py:2"),
    (lambda t: t.events[index_of(t, "Return")].update(Return={"return_value": integer(4)}), "return",
     'return [("retries", 3)]', "return 4"),
    (lambda t: t.events[index_of(t, "Event")]["Event"].update(content="ValueError: yes"), "log",
     'log Error "ValueError: no"', 'log Error "ValueError: yes"'),
    (lambda t: t.events.insert(index_of(t, "Event"), {"Asm": ["nop"]}), "kind", 'log Error "ValueError: no"', "Asm"),
    (lambda t: t.events.pop(), "kind", "return none", "the end"),
    (lambda t: t.events.append({"ThreadStart": 9}), "kind", "the end", "ThreadStart 9"),
])
def test_first_difference(change, kind, a, b, program, tmp_path):
    changed = other(tmp_path, change)
    ran = ctrace("diff", "--format", "json", program, changed)
    assert (ran.code, ran.err) == (1, "")
    said = json.loads(ran.out)
    jsonschema.validate(said, SCHEMA)
    if "the end" in (a, b):
        kind = "length"
    assert (said["same"], said["difference"], said["a"]["text"], said["b"]["text"]) == (False, kind, a, b)
    text = ctrace("diff", program, changed)
    assert text.code == 1
    assert any(line.startswith("- ") and line.endswith(a) for line in text.out.splitlines())
    assert any(line.startswith("+ ") and line.endswith(b) for line in text.out.splitlines())


def test_place_and_counts_of_the_difference(program, tmp_path):
    def change(trace):
        for number in 10, 20, 30:
            trace.events[index_of(trace, "Step", number)]["Step"]["line"] = 25
    said = json.loads(ctrace("diff", "--format", "json", program, other(tmp_path, change)).out)
    assert (said["steps_before"], said["different_steps"]) == (10, 3)
    # in the third call of step(), behind those of the top level, main() and load()
    assert said["calls_before"] == 6 and said["where"] == "/w/prog.py:5 in step"
    assert said["a"]["counts"] == said["b"]["counts"]


def test_no_values_compares_calls_and_steps(program, tmp_path):
    changed = other(tmp_path, lambda t: t.events[index_of(t, "Value")]["Value"].update(value=none()))
    assert ctrace("diff", program, changed).code == 1
    assert ctrace("diff", "--no-values", program, changed).code == 0


def test_base_names_lets_programs_stand_elsewhere(program, tmp_path):
    moved = small_program()
    moved.events[0]["Path"] = "/elsewhere/prog.py"
    moved = moved.save(tmp_path / "b")
    assert ctrace("diff", program, moved).code == 1
    assert ctrace("diff", "--base-names", program, moved).code == 0


def test_a_long_value_stays_one_short_line(program, tmp_path):
    deep = integer(1)
    for _ in range(200):
        deep = sequence(deep, deep and integer(2))
    def change(trace):
        trace.events[index_of(trace, "Value")]["Value"]["value"] = deep
    ran = ctrace("diff", program, other(tmp_path, change))
    assert ran.code == 1
    assert max(map(len, ran.out.splitlines())) < 700
    def wide(trace):
        trace.events[index_of(trace, "Value")]["Value"]["value"] = string("x" * 100000)
    ran = ctrace("diff", program, other(tmp_path, wide, "c"))
    assert ran.code == 1 and max(map(len, ran.out.splitlines())) < 700


@pytest.mark.parametrize("arguments, said", [
    ([], "ctrace diff: give two traces, each a folder or a file; see --help\n"),
    (["a"], "ctrace diff: give two traces, each a folder or a file; see --help\n"),
    (["a", "b", "c"], "ctrace diff: give two traces, each a folder or a file; see --help\n"),
    (["--format", "xml", "a", "b"], "ctrace diff: --format is text or json, not 'xml'\n"),
    (["nowhere", "b"], "ctrace diff: cannot open nowhere: No such file or directory\n"),
])
def test_bad_arguments(arguments, said, tmp_path):
    ran = ctrace("diff", *arguments, cwd=tmp_path)
    assert (ran.code, ran.out, ran.err) == (2, "", said)


def test_a_broken_trace_cannot_be_compared(program, tmp_path):
    broken = other(tmp_path, lambda trace: None)
    data = (broken / "trace.json").read_bytes()
    (broken / "trace.json").write_bytes(data[:len(data) // 2])
    ran = ctrace("diff", program, broken)
    assert ran.code == 2 and ran.out == "" and "the input ends inside the event" in ran.err
