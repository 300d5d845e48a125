"""ctrace cat: the events, one a line."""

import base64
import json

import pytest

from conftest import (GOLDEN, Trace, ctrace, expected, fixture_files, integer, none, sequence, string, tuple_of)


def every_kind():
    """A trace with each kind of event and value."""
    trace = Trace("/w/all.py")
    struct = {"kind": "Struct", "fields": [{"name": "x", "type_id": 1}, {"name": "y", "type_id": 1}]}
    trace.add(Type={"kind": 6, "lang_type": "Point", "specific_info": struct})
    trace.add(Type={"kind": 23, "lang_type": "Ref", "specific_info": {"kind": "Pointer", "dereference_type_id": 6}})
    trace.add(Type={"kind": 1, "lang_type": "set", "specific_info": {"kind": "None"}})
    trace.add(Variable="old")
    trace.variables["old"] = 0
    point = {"kind": "Struct", "field_values": [integer(1), integer(-2)], "type_id": 6}
    for value in [
        integer(-9223372036854775808), {"kind": "Float", "f": "0.1", "type_id": 1},
        {"kind": "Float", "f": "2", "type_id": 1}, {"kind": "Float", "f": "1e300", "type_id": 1},
        {"kind": "Float", "f": "-inf", "type_id": 1}, {"kind": "Float", "f": "NaN", "type_id": 1},
        {"kind": "Bool", "b": True, "type_id": 1}, {"kind": "Bool", "b": False, "type_id": 1},
        string("it's a \"quote\" \\ \n\té\x00"), sequence(), sequence(integer(1), sequence(string("a"))),
        sequence(integer(1), type_id=8), sequence(type_id=8), tuple_of(), tuple_of(integer(1)),
        tuple_of(integer(1), none()), point, {"kind": "Struct", "field_values": [], "type_id": 99},
        {"kind": "Variant", "discriminator": "Some", "contents": integer(1), "type_id": 0},
        {"kind": "Reference", "dereferenced": point, "address": 18446744073709551615, "mutable": True, "type_id": 7},
        {"kind": "Reference", "dereferenced": integer(1), "address": 1, "mutable": False, "type_id": 7},
        {"kind": "Raw", "r": "<socket>", "type_id": 0}, {"kind": "Error", "msg": "gone", "type_id": 0}, none(),
        {"kind": "Cell", "place": -3}, {"kind": "BigInt", "b": "AQAAAAAAAAAA", "negative": True, "type_id": 1},
        {"kind": "BigInt", "b": "", "negative": False, "type_id": 1}, {"kind": "Char", "c": "é", "type_id": 1},
        sequence(tuple_of(string("k"), integer(1)), {"kind": "Raw", "r": "… 3 more", "type_id": 0}, type_id=4),
        sequence(type_id=4), sequence(integer(1), type_id=4),
    ]:
        trace.value("v", value)
    trace.call("f", 2, a=integer(1), b=string("x"))
    trace.ret(integer(2))
    trace.add(Event={"kind": 0, "metadata": "", "content": "hi\n"})
    trace.add(Event={"kind": 11, "metadata": "m", "content": "KeyError: 'k'"})
    trace.add(Asm=["nop", "ret"])
    trace.add(BindVariable={"variable_id": 1, "place": -1})
    for source in [
        {"kind": "Simple", "data": 0}, {"kind": "Compound", "data": [0, 1]}, {"kind": "Literal"},
        {"kind": "FieldAccess", "data": {"receiver": 1, "field": "f"}},
        {"kind": "IndexAccess", "data": {"receiver": 1, "index": -1}},
        {"kind": "FunctionReturn", "data": {"call_key": 4}},
    ]:
        trace.add(Assignment={"to": 0, "pass_by": "Value", "from": source})
    trace.add(Assignment={"to": 0, "pass_by": "Reference", "from": {"kind": "Simple", "data": 1}})
    trace.add(DropVariables=[0, 1, 77])
    trace.add(CompoundValue={"place": 1, "value": sequence(integer(1))})
    trace.add(CellValue={"place": 2, "value": integer(5)})
    trace.add(AssignCompoundItem={"place": 1, "index": 0, "item_place": 2})
    trace.add(AssignCell={"place": 2, "new_value": integer(6)})
    trace.add(VariableCell={"variable_id": 1, "place": 2})
    trace.add(DropVariable=1)
    trace.add(ThreadStart=18446744073709551615)
    trace.add(ThreadSwitch=7)
    trace.add(ThreadExit=7)
    trace.events.append("DropLastStep")
    trace.add(Step={"path_id": 5, "line": -1})
    trace.add(Call={"function_id": 9, "args": []})
    return trace


@pytest.fixture
def all_kinds(tmp_path):
    return every_kind().save(tmp_path / "all")


def test_text_of_every_kind(all_kinds):
    ran = ctrace("cat", all_kinds)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == expected("cat.txt")


def test_jsonl_holds_every_event_as_it_was(all_kinds):
    ran = ctrace("cat", "--format", "jsonl", all_kinds)
    assert (ran.code, ran.err) == (0, "")
    lines = (all_kinds / "trace.json").read_text().splitlines()[1:-1]
    floats = ('"f":"1e300"', '"f":"1e300"')
    assert [line.replace(*floats) for line in ran.out.splitlines()] == [line.rstrip(",") for line in lines]


def test_jsonl_of_jsonl_is_the_same(all_kinds):
    once = ctrace("cat", "--format", "jsonl", all_kinds).out
    again = ctrace("cat", "--format", "jsonl", "-", stdin=once.encode())
    assert (again.code, again.out) == (0, once)


@pytest.mark.parametrize("list_text", ["[]", "[\n]\n", "[ ]"])
def test_empty_list(list_text):
    for format in "text", "jsonl":
        ran = ctrace("cat", "--format", format, "-", stdin=list_text.encode())
        assert (ran.code, ran.out, ran.err) == (0, "", "")


def test_brackets_and_quotes_in_texts_do_not_split_lines():
    events = [{"Path": '/a"]}[{,\\'}, {"Path": "\\\\"}, {"Asm": ["],[", "}\",{"]}, "DropLastStep", {"Path": ""}]
    text = json.dumps(events, separators=(",", ":"))
    ran = ctrace("cat", "--format", "jsonl", "-", stdin=text.encode())
    assert [json.loads(line) for line in ran.out.splitlines()] == events


def test_from_and_count(program):
    for format in "text", "jsonl":
        lines = ctrace("cat", "--format", format, program).out.splitlines()
        cut = ctrace("cat", "--format", format, "--from", "30", "--count", "7", program)
        assert cut.code == 0 and cut.out.splitlines() == lines[30:37]
        assert ctrace("cat", "--format", format, "--from", "999999", program).out == ""
        assert ctrace("cat", "--format", format, "--count", "0", program).out == ""


def test_count_reads_no_further(tmp_path):
    (tmp_path / "x.json").write_text('[{"Path":"/a"},{"Path":"/b"},{"St')
    ran = ctrace("cat", "--count", "2", tmp_path / "x.json")
    assert (ran.code, ran.out, ran.err) == (0, "0 path 0: /a\n1 path 1: /b\n", "")


@pytest.mark.parametrize("kind", ["call", "Call", "CALL"])
def test_kind(kind, program):
    calls = [line for line in ctrace("cat", program).out.splitlines() if line.split()[1] == "call"]
    assert len(calls) == 504
    assert ctrace("cat", "--kind", kind, program).out.splitlines() == calls
    assert ctrace("cat", "--kind", kind, "--count", "2", program).out.splitlines() == calls[:2]


def test_several_kinds(program):
    ran = ctrace("cat", "--kind", "variable-name", "--kind=event", program)
    assert {line.split()[1] for line in ran.out.splitlines()} == {"variable-name", "event"}


def test_text_has_names_even_when_their_events_are_not_shown(program):
    assert ctrace("cat", "--kind", "call", "--count", "2", program).out.splitlines()[1].endswith(
        "call main(argv=['prog.py'])")


def test_paths_are_shown_from_the_working_folder(tmp_path):
    trace = Trace("/code/prog.py")
    assert "step prog.py:1" in ctrace("cat", trace.save(tmp_path / "in", workdir="/code")).out
    assert "step /code/prog.py:1" in ctrace("cat", trace.save(tmp_path / "out", workdir="/cod")).out
    assert "step /code/prog.py:1" in ctrace("cat", trace.save(tmp_path / "root", workdir="/")).out


@pytest.mark.parametrize("source, shown", [
    ("/w/a.py", ["True", "None", "'x'"]), ("/w/a.rb", ["true", "nil", '"x"']), ("/w/a.lua", ["true", "none", '"x"'])])
def test_literals_are_those_of_the_language(source, shown, tmp_path):
    trace = Trace(source)
    for value in {"kind": "Bool", "b": True, "type_id": 1}, none(), string("x"):
        trace.value("v", value)
    lines = ctrace("cat", "--kind", "value", trace.save(tmp_path / "t")).out.splitlines()
    assert [line.split(" = ")[1] for line in lines] == shown


def test_containers_of_the_recorders(tmp_path):
    """They write dicts as lists of lists, told apart by their types alone."""
    trace = Trace()
    trace.add(Type={"kind": 21, "lang_type": "dict", "specific_info": {"kind": "None"}})
    trace.add(Type={"kind": 9, "lang_type": "Symbol", "specific_info": {"kind": "None"}})
    pair = sequence(string("a"), sequence(integer(1), type_id=5), type_id=5)
    trace.value("v", sequence(pair, pair, type_id=6))
    trace.value("v", sequence(sequence(integer(1), type_id=5), type_id=6))
    trace.value("v", {"kind": "String", "text": "loud", "type_id": 7})
    lines = ctrace("cat", "--kind", "value", trace.save(tmp_path / "t")).out.splitlines()
    assert [line.split(" = ")[1] for line in lines] == ["{'a': (1,), 'a': (1,)}", "[(1,)]", ":loud"]


def test_long_and_deep_values_are_cut(tmp_path):
    trace = Trace()
    trace.value("long", string("x" * 100000))
    trace.value("wide", sequence(*map(integer, range(100000))))
    deep = integer(1)
    for _ in range(400):
        deep = {"kind": "Variant", "discriminator": "D", "contents": deep, "type_id": 0}
    trace.value("deep", deep)
    folder = trace.save(tmp_path / "t")
    long, wide, deep_line = ctrace("cat", "--kind", "value", folder).out.splitlines()
    assert long.endswith("x…'") and len(long) < 1100
    assert wide.endswith(", …]") and len(wide) < 1100
    assert deep_line.endswith("deep = D(D(D(D(D(D(D(D(D(…)))))))))")
    # JSON lines cut nothing.
    lines = ctrace("cat", "--format", "jsonl", "--kind", "value", folder).out.splitlines()
    assert [json.loads(line) for line in lines] == [e for e in trace.events if "Value" in e]


def test_big_integers(tmp_path):
    trace = Trace()
    numbers = [0, 255, 256, 10 ** 18, 2 ** 64, -(10 ** 100), 3 ** 1000, 2 ** 2047]
    for number in numbers:
        size = (abs(number).bit_length() + 7) // 8
        text = base64.b64encode(abs(number).to_bytes(size, "big")).decode()
        trace.value("n", {"kind": "BigInt", "b": text, "negative": number < 0, "type_id": 1})
    huge = base64.b64encode(b"\x01" + b"\0" * 5000).decode()
    trace.value("n", {"kind": "BigInt", "b": huge, "negative": False, "type_id": 1})
    lines = ctrace("cat", "--kind", "value", trace.save(tmp_path / "t")).out.splitlines()
    shown = [line.split(" = ")[1] for line in lines]
    assert shown[:-1] == [str(number) for number in numbers]
    assert shown[-1] == "0x01" + "00" * 15 + "…(5001 bytes)"


def same_but_for_spelling(shown, event):
    """The events of other producers come out in upstream's spelling; the words in them stay."""
    name = event if isinstance(event, str) else next(iter(event))
    return shown == name if isinstance(shown, str) else next(iter(shown)) == name


def test_traces_of_other_producers():
    for file in fixture_files():
        events = json.loads(file.read_text())
        ran = ctrace("cat", "--format", "jsonl", file)
        lines = [json.loads(line) for line in ran.out.rstrip("\n").split("\n")]
        assert ran.code == 0 and len(lines) == len(events), file
        assert all(map(same_but_for_spelling, lines, events)), file
        if file.name == "python_array_sum.trace.json":
            assert lines == events
        assert len(ctrace("cat", file).out.splitlines()) == len(events), file


@pytest.mark.parametrize("file", sorted((GOLDEN / "valid").glob("*.json")), ids=lambda file: file.name)
def test_golden_traces_come_out_as_they_are(file):
    ran = ctrace("cat", "--format", "jsonl", file)
    assert (ran.code, ran.err) == (0, "")
    assert [json.loads(line) for line in ran.out.splitlines()] == json.loads(file.read_text())
