"""ctrace repair: what is kept and what is told as lost of traces that are broken in every way, and that what comes out
is whole."""

import json
import struct

import pytest

from conftest import Trace, ctrace, integer, none, run, small_program
from test_convert import events, files_below, report


@pytest.fixture
def whole(program):
    return events(program)


def lines_of(program):
    return (program / "trace.json").read_bytes().split(b"\n")


def find(lines, kind, number=0):
    return [i for i, line in enumerate(lines) if line.startswith(b'{"' + kind.encode() + b'"')][number]


def put(program, lines):
    (program / "trace.json").write_bytes(b"\n".join(lines))


def repair(program, tmp_path, *options):
    """The events that come out and the report; the result must be taken by convert as it is."""
    out = tmp_path / "mended"
    told = report("repair", *options, program, out)
    assert told["written"] and told["events"] == len(events(out))
    assert report("convert", "--strict", out, tmp_path / "again")["losses"] == []
    assert run("ctrace-validate", "--no-sources", out).code == 0
    return events(out), told


def test_whole_trace_stays_as_it_is(program, whole, tmp_path):
    kept, told = repair(program, tmp_path)
    assert kept == whole and told["losses"] == [] and told["notes"] == []
    before, after = (json.loads((f / "trace_metadata.json").read_text()) for f in (program, tmp_path / "mended"))
    assert {key: after[key] for key in before} == before
    assert after["ctrace"]["repaired"] and after["ctrace"]["complete"] and after["ctrace"]["events"] == len(whole)
    assert (tmp_path / "mended" / "files" / "w" / "prog.py").exists()


# ---- Ends ----

def test_torn_end(program, whole, tmp_path):
    data = (program / "trace.json").read_bytes()
    (program / "trace.json").write_bytes(data[:data.rindex(b'{"Event"') + 12])
    kept, told = repair(program, tmp_path)
    assert kept == whole[:2031]
    (loss,) = told["losses"]
    assert (loss["kind"], loss["count"], loss["event"], loss["line"], loss["column"]) == ("tail", 1, 2031, 2033, 1)
    made = json.loads((tmp_path / "mended" / "trace_metadata.json").read_text())["ctrace"]
    assert made["complete"] and made["repaired"] and made["cut_off"], "nobody waits for its end"


def test_every_cut(tmp_path):
    """At whatever byte a trace is cut, the whole events before it are kept."""
    trace = Trace()
    trace.call("f", 2, x=integer(1))
    trace.ret(none())
    folder = trace.save(tmp_path / "t")
    data = (folder / "trace.json").read_bytes()
    ends = [data.index(json.dumps(e, separators=(",", ":")).encode()) + len(json.dumps(e, separators=(",", ":")))
            for e in trace.events[-3:]]
    for size in range(ends[0] - 5, len(data)):
        (folder / "trace.json").write_bytes(data[:size])
        told = report("repair", folder, tmp_path / "out")
        kept = len(trace.events) - 3 + sum(size >= end for end in ends)
        assert events(tmp_path / "out") == trace.events[:kept]
        torn = data[:size].rstrip(b",\n") not in [data[:end] for end in ends]
        assert bool(told["losses"]) == torn, (size, told)
        assert bool(told["notes"]) == (not torn), (size, told)


def test_list_that_is_not_closed(program, whole, tmp_path):
    (program / "trace.json").write_bytes((program / "trace.json").read_bytes().rstrip(b"]"))
    kept, told = repair(program, tmp_path, "--strict")
    assert kept == whole and told["losses"] == []
    assert told["notes"] == [
        "mended: the list of events was not closed: the recording was cut off, behind a whole event"]


def test_what_follows_the_list_is_left_out(program, whole, tmp_path):
    (program / "trace.json").write_bytes((program / "trace.json").read_bytes() + b'\n{"Step":{"path_id":0,"line":7}}]')
    kept, told = repair(program, tmp_path)
    assert kept == whole
    assert [loss["kind"] for loss in told["losses"]] == ["tail"]


# ---- Single events ----

@pytest.mark.parametrize("kind, number, bad, instead, said", [
    ("Path", 0, '{"Path":7},', {"Path": "/w/prog.py"}, "path 0 was taken from trace_paths.json"),
    ("Function", 2, '{"Function":{"path_id":0,"line":"x","name":"load"}},',
     {"Function": {"path_id": 0, "line": 0, "name": "<lost function 2>"}}, "function 2 is now called"),
    ("VariableName", 1, '{"VariableName":null1},', {"VariableName": "<lost variable 1>"}, "variable 1 is now called"),
    ("Type", 1, '{"Type":{"kind":7,"lang_type":[],"specific_info":{"kind":"None"}}},',
     {"Type": {"kind": 16, "lang_type": "<lost type 1>", "specific_info": {"kind": "None"}}}, "type 1 is now called"),
    ("Return", 1, '{"Return":{"return_value":{"kind":"Nope"}}},',
     {"Return": {"return_value": {"kind": "Raw", "r": "<lost>", "type_id": 0}}}, "a Return of '<lost>'"),
    ("Call", 2, '{"Call":{"function_id":2,"args":[{"variable_id":1,"value":{"kind":"Nope"}}]}},',
     {"Call": {"function_id": 2, "args": []}}, "the Call stays, without its arguments"),
    ("Step", 5, '{"Step":{"path_id":0}},', {"Step": {"path_id": 0, "line": 0}}, None),
])
def test_bad_event_is_replaced(kind, number, bad, instead, said, program, whole, tmp_path):
    lines = lines_of(program)
    at = find(lines, kind, number)
    lines[at] = bad.encode()
    put(program, lines)
    kept, told = repair(program, tmp_path)
    (loss,) = told["losses"]
    assert loss["kind"] in ("event-bad", "gap") and (loss["event"], loss["line"], loss["column"]) == (at - 1, at + 1, 1)
    if said:
        assert said in loss["message"]
        assert kept == whole[:at - 1] + [instead] + whole[at:]
    else:
        assert kept == whole[:at - 1] + whole[at:]


def test_lost_call_takes_its_return_along(program, whole, tmp_path):
    lines = lines_of(program)
    at = find(lines, "Call", 1)
    lines[at] = b'{"Call":{"function_id":"x","args":[]}},'
    put(program, lines)
    kept, told = repair(program, tmp_path)
    closing = max(i for i, e in enumerate(whole) if "Return" in e and i < len(whole) - 1)
    assert kept == whole[:at - 1] + whole[at:closing] + whole[closing + 1:]
    assert told["losses"][0]["message"].endswith("its Return is left out too")


def test_many_bad_events_are_counted(program, whole, tmp_path):
    lines = lines_of(program)
    put(program, lines[:30] + [b'{"Nonsense":%d},' % i for i in range(100)] + lines[30:])
    kept, told = repair(program, tmp_path)
    assert kept == whole
    assert sum(loss["count"] for loss in told["losses"]) == 100 and len(told["losses"]) == 20
    assert [loss["line"] for loss in told["losses"]] == list(range(31, 51))
    ran = ctrace("repair", program, tmp_path / "text")
    assert "  event-bad            100  entries that are no events were left out\n" in ran.out
    assert ran.out.count("\n") == 22 + 1 and "(and 80 more)" in ran.out


# ---- Damage ----

def test_damage_in_the_middle(program, whole, tmp_path):
    data = bytearray((program / "trace.json").read_bytes())
    lines = lines_of(program)
    first, last = 1000, 1010
    begin = sum(len(line) + 1 for line in lines[:first]) + 3
    end = sum(len(line) + 1 for line in lines[:last])
    data[begin:end - 5] = bytes(end - 5 - begin)
    (program / "trace.json").write_bytes(data)
    out = tmp_path / "mended"
    told = report("repair", program, out)
    kept = events(out)
    assert kept[:first - 1] == whole[:first - 1]
    gap = told["losses"][-1]
    assert (gap["kind"], gap["count"], gap["event"], gap["line"]) == ("gap", None, first - 1, first + 1)
    # As nobody knows what was lost, calls may be unbalanced, but never so that CodeTracer aborts.
    assert "return-below-top" not in run("ctrace-validate", out).out
    left_out = sum(loss["count"] for loss in told["losses"] if loss["kind"] == "event-bad")
    assert len(kept) == len(whole) - (last - first) - left_out


@pytest.mark.parametrize("layout", ["lines", "one line", "pretty", "ndjson"])
def test_names_lost_in_damage_are_counted(layout, program, whole, tmp_path):
    """A whole declaration is gone, without a trace of what it was; the ids of those behind it still tell."""
    at = next(i for i, e in enumerate(whole) if e.get("Function", {}).get("name") == "load")
    texts = [json.dumps(e, indent=1 if layout == "pretty" else None) for e in whole]
    texts[at] = "\x00" * len(texts[at])
    between = {"lines": ",\n", "one line": ",", "pretty": ",\n  ", "ndjson": "\n"}[layout]
    text = between.join(texts)
    (program / "trace.json").write_text(text if layout == "ndjson" else f"[{text}]")
    kept, told = repair(program, tmp_path, "--to", "json")
    expected = list(whole)
    expected[at] = {"Function": {"path_id": 0, "line": 0, "name": "<lost function 2>"}}
    assert kept == expected
    (loss,) = told["losses"]
    assert loss["kind"] == "gap" and "1 function" in loss["message"]


def test_unknown_entry_that_was_a_declaration(program, whole, tmp_path):
    lines = lines_of(program)
    at = find(lines, "VariableName", 1)
    lines[at] = b'{"VariableNome":"path"},'
    put(program, lines)
    kept, told = repair(program, tmp_path)
    assert kept == whole[:at - 1] + [{"VariableName": "<lost variable 1>"}] + whole[at:]
    assert "1 variable" in told["losses"][0]["message"]


def test_beginning_is_damaged(program, whole, tmp_path):
    data = (program / "trace.json").read_bytes()
    (program / "trace.json").write_bytes(b"\x00" * 10 + data[10:])
    kept, told = repair(program, tmp_path)
    assert kept == whole, "the path is listed in trace_paths.json"
    assert [loss["kind"] for loss in told["losses"]] == ["gap"]


def test_nothing_can_be_kept(tmp_path):
    for text, said in [("", "the input is empty"), ("hello\n", "the input is no JSON list of events"),
                       ("[1,2]", "expected an object, found the number 1"),
                       ('[{"Odd":1}', "expected the name of an event")]:
        (tmp_path / "bad.json").write_text(text)
        for out in "out", "out.json":
            ran = ctrace("repair", "bad.json", out, cwd=tmp_path)
            assert (ran.code, ran.out) == (1, "") and said in ran.err and ran.err.count("\n") == 1
        assert [p.name for p in tmp_path.iterdir()] == ["bad.json"]


def test_strict_writes_nothing(program, tmp_path):
    data = (program / "trace.json").read_bytes()
    (program / "trace.json").write_bytes(data[:-40])
    ran = ctrace("repair", "--strict", program, tmp_path / "out")
    assert ran.code == 1 and "not written" in ran.out and "tail" in ran.out
    assert [p.name for p in tmp_path.iterdir()] == ["program"]


# ---- Metadata ----

def test_metadata_is_made(program, tmp_path):
    (program / "trace_metadata.json").unlink()
    kept, told = repair(program, tmp_path)
    assert told["notes"] == ["there was no trace_metadata.json to take along: made, with the first path as the program"]
    made = json.loads((tmp_path / "mended" / "trace_metadata.json").read_text())
    assert made["program"] == "/w/prog.py" and made["recording_id"][14] == "7"


def test_metadata_is_completed(program, tmp_path):
    (program / "trace_metadata.json").write_text('{"args": ["x"], "workdir": 7, "mood": {"a": [1, 2]}}')
    kept, told = repair(program, tmp_path)
    assert told["notes"] == ["trace_metadata.json lacked 3 of recording_id, workdir, program and args: made up"]
    made = json.loads((tmp_path / "mended" / "trace_metadata.json").read_text())
    assert (made["args"], made["workdir"], made["program"], made["mood"]) == (["x"], "", "/w/prog.py", {"a": [1, 2]})


# ---- Binary forms ----

@pytest.fixture
def long_program(tmp_path):
    """A trace of some frames and chunks."""
    assert ctrace("gen", "--events", 100000, "--content", "recorder", tmp_path / "long").code == 0
    return tmp_path / "long"


def converted(folder, tmp_path, to):
    out = tmp_path / to
    assert ctrace("convert", "--to", to, folder, out).code == 0
    (file,) = [p for p in out.iterdir() if p.name in ("trace.bin", "trace.ct")]
    return out, file


def assert_prefix(kept, whole):
    assert 0 < len(kept) < len(whole)
    assert kept == whole[:len(kept)]


@pytest.mark.parametrize("form", ["bin", "bin-v0", "ct"])
def test_cut_binary(form, long_program, tmp_path):
    whole = events(long_program)
    folder, file = converted(long_program, tmp_path, form)
    data = file.read_bytes()
    file.write_bytes(data[:len(data) * 2 // 3])
    refused = ctrace("convert", folder, tmp_path / "refused")
    assert refused.code == 1 and not (tmp_path / "refused").exists()
    told = report("repair", folder, tmp_path / "mended")
    kept = events(tmp_path / "mended")
    assert_prefix(kept, whole)
    assert "tail" in [loss["kind"] for loss in told["losses"]]
    assert told["events"] == len(kept) and told["to"] == form


def test_seek_table_is_made_anew(long_program, tmp_path):
    folder, file = converted(long_program, tmp_path, "bin")
    data = file.read_bytes()
    table = data.rindex(struct.pack("<I", 0x184D2A5E))
    file.write_bytes(data[:table])
    told = report("repair", "--strict", folder, tmp_path / "mended")
    assert told["notes"] == ["mended: the seek table was missing"]
    assert events(tmp_path / "mended") == events(long_program)
    assert (tmp_path / "mended" / "trace.bin").read_bytes()[-4:] == struct.pack("<I", 0x8F92EAB1)


@pytest.mark.parametrize("form", ["bin", "ct"])
def test_damaged_in_the_middle(form, long_program, tmp_path):
    whole = events(long_program)
    folder, file = converted(long_program, tmp_path, form)
    data = bytearray(file.read_bytes())
    data[len(data) // 2:len(data) // 2 + 40] = b"\xAA" * 40
    file.write_bytes(data)
    assert ctrace("convert", folder, tmp_path / "refused").code == 1
    told = report("repair", folder, tmp_path / "mended")
    kept = events(tmp_path / "mended")
    # What lies behind the damage is there too; but a Return whose Call was lost.
    assert len(whole) // 2 < len(kept) < len(whole)
    kept, whole = ([e for e in trace if "Return" not in e][-100:] for trace in (kept, whole))
    assert kept == whole
    assert {loss["kind"] for loss in told["losses"]} & {"gap", "event-bad"}


def test_container_without_metadata(program, tmp_path):
    """As a killed recorder leaves it: meta.dat is written last."""
    folder, file = converted(program, tmp_path, "ct")
    data = bytearray(file.read_bytes())
    (folder / "trace_metadata.json").unlink()
    # The entry's name is what tells the file; an empty one tells none. Base 40 of "meta.dat".
    alphabet = "\0" + "0123456789abcdefghijklmnopqrstuvwxyz./-"
    name = sum(alphabet.index(c) * 40 ** i for i, c in enumerate("meta.dat"))
    at = data.index(struct.pack("<Q", name))
    data[at - 16:at + 8] = bytes(24)
    file.write_bytes(data)
    told = report("repair", folder, tmp_path / "mended")
    assert events(tmp_path / "mended") == events(program)
    assert any("meta.dat" in note for note in told["notes"])
    again = report("convert", "--to", "json", tmp_path / "mended", tmp_path / "json")
    assert again["losses"] == []
    assert json.loads((tmp_path / "json" / "trace_metadata.json").read_text())["program"] == "/w/prog.py"
