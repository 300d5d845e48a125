"""ctrace.Writer: what is written is what is read again."""

import enum
import json
import math

import pytest

import ctrace


def written(folder, **options):
    """A writer that has started, with one function called."""
    source = folder / "area.py"
    source.write_text("def area():\n    pass\n\n\narea()\n")
    writer = ctrace.Writer(folder / "trace", **options)
    writer.start(source)
    return writer, str(source)


def values_of(folder, *objects):
    writer, source = written(folder)
    with writer:
        writer.step(source, 5)
        for number, thing in enumerate(objects):
            writer.value(f"v{number}", thing)
    types, found = [], []
    for event in ctrace.Reader(folder / "trace"):
        if event.kind == "Type":
            types.append(event)
        elif event.kind == "Value":
            found.append(event.value)
    return found, types


def test_a_whole_trace(tmp_path):
    writer, source = written(tmp_path, program="area.py", args=["1", "two"], workdir=tmp_path, recorder="tests",
                             recorder_version="9")
    with writer as w:
        area = w.function(source, 1, "area")
        w.step(source, 5)
        w.call(area, {"width": 6, "height": 7.5})
        w.step(source, 2)
        w.values({"result": 45.0})
        w.log("Write", "45\n")
        w.return_(45.0)
        assert w.counts["calls"] == 2 and w.counts["returns"] == 1 and not w.closed
    assert w.closed
    reader = ctrace.Reader(tmp_path / "trace")
    kinds = [event.kind for event in reader]
    assert kinds.count("Call") == 2 and kinds.count("Return") == 2 and kinds.count("Event") == 1
    assert reader.metadata["program"] == "area.py" and reader.metadata["args"] == ("1", "two")
    assert reader.metadata["workdir"] == str(tmp_path) and reader.metadata["recorder"] == "tests"
    report = ctrace.validate(tmp_path / "trace")
    assert report and report.valid and not report.found["error"] and report.events == len(kinds)


def test_plain_values(tmp_path):
    found, _ = values_of(tmp_path, None, True, -5, 2**63, -(2**64), 0.5, "h\0i ✓", b"a'\x00", bytearray(b"b"), 1 + 2j)
    assert [value.kind for value in found] == ["None", "Bool", "Int", "BigInt", "BigInt", "Float", "String", "Raw",
                                               "Raw", "Raw"]
    assert found[1].b is True and found[2].i == -5 and found[5].f == 0.5 and found[6].text == "h\0i ✓"
    assert int.from_bytes(found[3].b, "big") == 2**63 and not found[3].negative
    assert int.from_bytes(found[4].b, "big") == 2**64 and found[4].negative
    assert [value.r for value in found[7:]] == [repr(b"a'\x00"), "bytearray(b'b')", "(1+2j)"]


@pytest.mark.parametrize("number", [0, 1, -1, 2**31, 2**63 - 1, -(2**63), 2**63, -(2**63) - 1, 2**64, 255 * 2**72,
                                    -(256**9), 10**300, -(10**300)])
def test_integers(tmp_path, number):
    (value,), _ = values_of(tmp_path, number)
    if -(2**63) <= number < 2**63:
        assert value.kind == "Int" and value.i == number
    else:
        magnitude = int.from_bytes(value.b, "big")
        assert value.kind == "BigInt" and (-magnitude if value.negative else magnitude) == number


def test_floats_that_are_no_numbers(tmp_path):
    found, _ = values_of(tmp_path, math.inf, -math.inf, math.nan, -0.0)
    assert [value.f for value in found[:2]] == [math.inf, -math.inf] and math.isnan(found[2].f)
    assert math.copysign(1, found[3].f) == -1


def test_containers(tmp_path):
    found, types = values_of(tmp_path, [1, [2]], (1, 2), {"a": 1, 2: "b"}, {3}, frozenset(), [], ())
    assert [types[value.type_id].type_kind for value in found] == ["Seq", "Tuple", "TableKind", "Set", "Set", "Seq", "Tuple"]
    assert [types[value.type_id].lang_type for value in found] == ["list", "tuple", "dict", "set", "frozenset", "list",
                                                                  "tuple"]
    assert all(value.kind == "Sequence" for value in found)
    pairs = found[2].elements
    assert [types[pair.type_id].lang_type for pair in pairs] == ["tuple", "tuple"]
    assert pairs[0].elements[0].text == "a" and pairs[1].elements[0].i == 2
    assert found[3].elements[0].i == 3


def test_instances(tmp_path):
    class Point:
        def __init__(self):
            self.x, self.y = 1, [2]

    class Base:
        __slots__ = ("a", "unset")

    class Slotted(Base):
        __slots__ = ("b", "__dict__")

    slotted = Slotted()
    slotted.b, slotted.a, slotted.c = 1, 2, 3
    error = ValueError("bad", 5)
    error.note = "n"
    found, types = values_of(tmp_path, Point(), slotted, error)
    names = [[name for name, _ in types[value.type_id].specific_info.fields] for value in found]
    assert names == [["x", "y"], ["a", "b", "c"], ["args", "note"]]
    assert types[found[0].type_id].lang_type == "test_instances.<locals>.Point"
    assert [value.i for value in found[1].field_values] == [2, 1, 3]
    assert found[2].field_values[0].elements[0].text == "bad"


def test_what_has_only_a_name(tmp_path):
    def function():
        pass

    found, _ = values_of(tmp_path, function, len, int, json, function.__get__(5), object(), iter([]), (i for i in []))
    assert [value.r for value in found] == [
        "<function test_what_has_only_a_name.<locals>.function>", "<built-in len>", "<class int>", "<module json>",
        "<method test_what_has_only_a_name.<locals>.function>", "<object>", "<list_iterator>",
        "<generator test_what_has_only_a_name.<locals>.<genexpr>>"]


def test_limits(tmp_path):
    deep = []
    for _ in range(10):
        deep = [deep]
    cycle = [1]
    cycle.append(cycle)
    found, _ = values_of(tmp_path, list(range(150)), "x" * 1500, deep, cycle, {i: i for i in range(101)}, 1 << 20000)
    assert len(found[0].elements) == 101 and found[0].elements[-1].r == "… 50 more"
    assert found[1].text == "x" * 1000 + "…(+500)"
    level, depth = found[2], 0
    while level.kind == "Sequence":
        level, depth = level.elements[0], depth + 1
    assert depth == 6 and level.r == "…"
    assert found[3].elements[1].r == "<cycle>"
    assert found[4].elements[-1].r == "… 1 more"
    assert found[5].r == "<int of 20001 bits>"


def test_subclasses_by_their_storage(tmp_path):
    class Meters(int):
        def __repr__(self):
            raise AssertionError("never")

    class Name(str):
        pass

    class Bag(dict):
        def items(self):
            raise AssertionError("never")

    class Color(enum.IntEnum):
        RED = 3

    found, types = values_of(tmp_path, Meters(5), Name("n"), Bag(a=1), Color.RED)
    assert found[0].i == 5 and found[1].text == "n" and len(found[2].elements) == 1 and found[3].i == 3
    assert types[found[3].type_id].lang_type.endswith("Color")


def test_floats_as_numbers(tmp_path):
    writer, source = written(tmp_path, floats="number")
    with writer:
        writer.step(source, 5)
        writer.value("f", 1.5)
    events = json.loads((tmp_path / "trace" / "trace.json").read_text())
    assert [event["Value"]["value"]["f"] for event in events if "Value" in event] == [1.5]


def test_without_conveniences(tmp_path):
    with ctrace.Writer(tmp_path / "trace", without=("top_level", "entry_step", "first_step_twice", "close_frames",
                                                    "copy_files")) as w:
        path = w.path("/nowhere.py")
        w.step(path, 1)
    assert [event.kind for event in ctrace.Reader(tmp_path / "trace")] == ["Path", "Step"]


def test_every_event(tmp_path):
    writer, source = written(tmp_path)
    with writer as w:
        point = w.type("Struct", "P", fields=[("x", w.type("Int", "int"))])
        w.type("Pointer", "*P", target=point)
        w.step(source, 5)
        w.asm(["mov"])
        w.bind_variable("a", 7)
        w.variable_cell("a", 8)
        w.compound_value(9, [1])
        w.cell_value(10, 5)
        w.assign_cell(10, 6)
        w.assign_compound_item(9, 0, 10)
        w.assign("a", "Simple", "b")
        w.assign("a", "Compound", variables=["b", "c"], pass_by="reference")
        w.assign("a", "Literal")
        w.assign("a", "FieldAccess", "b", field="x")
        w.assign("a", "IndexAccess", "b", index=-3)
        w.assign("a", "FunctionReturn", call_key=2)
        w.drop_variable("a")
        w.drop_variables(["b", "c"])
        w.thread_start(2)
        w.thread_switch(2)
        w.thread_exit(2)
        w.thread_switch(1)
        w.step(source, 5)
        w.drop_last_step()
    events = {}
    for event in ctrace.Reader(tmp_path / "trace"):
        events.setdefault(event.kind, []).append(event)
    sources = [event.as_dict()["from"] for event in events["Assignment"]]
    assert [source["kind"] for source in sources] == ["Simple", "Compound", "Literal", "FieldAccess", "IndexAccess",
                                                      "FunctionReturn"]
    assert sources[1]["variable_ids"] == [1, 2] and sources[3]["field"] == "x" and sources[4]["index"] == -3
    assert [event.pass_by for event in events["Assignment"][:2]] == ["Value", "Reference"]
    assert events["AssignCell"][0].new_value.i == 6 and events["CompoundValue"][0].place == 9
    assert events["DropVariables"][0].variable_ids == (1, 2) and events["Asm"][0].lines == ("mov",)
    assert events["ThreadStart"][0].thread_id == 2
    pointer = [event for event in events["Type"] if event.type_kind == "Pointer"]
    assert pointer[0].specific_info.dereference_type_id == 2


def test_the_folder_is_whole_after_a_flush(tmp_path):
    writer, source = written(tmp_path)
    writer.step(source, 5)
    writer.flush()
    assert [event.kind for event in ctrace.Reader(tmp_path / "trace")].count("Step") == 2
    writer.abandon()
    writer.close()
    assert writer.closed


def test_lone_surrogates_are_mended_and_counted(tmp_path):
    writer, source = written(tmp_path)
    with writer:
        writer.step(source, 5)
        writer.value("text", "a\ud800b")
        writer.log("Write", "c\udfffd")
        assert writer.counts["texts_mended"] == 2
    events = list(ctrace.Reader(tmp_path / "trace"))
    assert [event.value.text for event in events if event.kind == "Value"] == ["a\ufffdb"]


def test_values_run_no_code(tmp_path):
    class Hostile:
        def __init__(self):
            object.__setattr__(self, "inside", 1)

        def __getattribute__(self, name):
            raise AssertionError("never")

        __repr__ = __str__ = __eq__ = __hash__ = __len__ = __iter__ = __index__ = __float__ = __bool__ = __getattribute__

    class Meta(type):
        def __getattribute__(cls, name):
            raise AssertionError("never")

        __repr__ = __instancecheck__ = __subclasscheck__ = __getattribute__

    made = Meta("Made", (), {})()
    found, types = values_of(tmp_path, Hostile(), made, Meta)
    assert found[0].field_values[0].i == 1
    assert found[1].r == "<Made>"


FORMS = {"json": "trace.json", "ndjson": "trace.ndjson", "bin": "trace.bin", "bin-v0": "trace.bin", "ct": "trace.ct"}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_holds_the_same(tmp_path, form):
    def write(folder, **options):
        writer, source = written(folder, **options)
        with writer as w:
            w.step(source, 5)
            w.values({"list": [1, "two", {"three": 3.5}, 2**70], "none": None})
            w.log("Write", "out\n")
        return [(event.kind, str(event)) for event in ctrace.Reader(folder / "trace")]

    folders = [tmp_path / "a" / "same", tmp_path / "b" / "same"]
    for folder in folders:
        folder.mkdir(parents=True)
    found = write(folders[0], form=form, level=1, compress_aside=True, durable=True, single_copy=True,
                  recording_id="0192a5f0-7b3c-7d2e-9f41-0123456789ab")
    expected = write(folders[1])
    assert (folders[0] / "trace" / FORMS[form]).is_file()
    assert [text.replace("/a/", "/b/") for _, text in found] == [text for _, text in expected]
    assert [kind for kind, _ in found] == [kind for kind, _ in expected] and len(found) > 8
    assert ctrace.Reader(folders[0] / "trace").metadata["recording_id"] == "0192a5f0-7b3c-7d2e-9f41-0123456789ab"


def test_one_file_alone(tmp_path):
    with ctrace.Writer(tmp_path / "t.jsonl", form="ndjson", lone_file=True) as w:
        w.step("/a", 1)
    assert [path.name for path in tmp_path.iterdir()] == ["t.jsonl"]
    assert (tmp_path / "t.jsonl").read_text() == '{"Path":"/a"}\n' + '{"Step":{"path_id":0,"line":1}}\n' * 2


def test_what_is_no_form_is_refused(tmp_path):
    with pytest.raises(ValueError, match="there is no form 'xml'; there are bin, bin-v0, ct, json, ndjson"):
        ctrace.Writer(tmp_path / "t", form="xml")
    with pytest.raises(ctrace.ArgumentError, match="recording_id"):
        ctrace.Writer(tmp_path / "t", recording_id="12")
    with pytest.raises(ctrace.ArgumentError, match="level"):
        ctrace.Writer(tmp_path / "t", level=40)
