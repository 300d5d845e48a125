"""What a recording of Lua holds beside lines and calls, how it ends, and who reads it."""

import signal
import subprocess

import pytest

from comparison import BUILD
from running import assert_valid, run
from support import DIALECTS, assert_same_events, foretold, our_events, verdicts
from test_programs import HERE
from truth import Trace

PROGRAMS = HERE / "programs"


def record(lua, folder, program, *arguments, options=()):
    return run([lua / "lua-ctrace", "--out-dir", folder, *options, program, *arguments])


def written(tmp_path, text, name="program.lua"):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def events_of(folder):
    trace = Trace(folder)
    return trace, trace.threads[1]


def shown(value):
    """A value as short text."""
    kind = value["kind"]
    if kind in ("Sequence", "Struct"):
        return [shown(item) for item in value.get("elements", value.get("field_values"))]
    return {"Int": value.get("i"), "Raw": value.get("r"), "String": value.get("text"), "Error": value.get("msg"),
            "None": None, "Bool": value.get("b"), "Float": value.get("f")}[kind]


# ---- Who reads it ----

@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_published_crates_read_it(lua, crates, dialect, tmp_path):
    folders = []
    for name in ("calls", "coroutines", "errors", "large", "objects", "scheduler", "use_json", "exits"):
        record(lua, tmp_path / name, PROGRAMS / f"{name}.lua", "one")
        folders.append(tmp_path / name)
    refused = crates.refusals(dialect, [folder / "trace.json" for folder in folders])
    for folder, report in zip(folders, verdicts(folders)):
        why = refused[folder / "trace.json"]
        assert foretold(report, dialect) == (why is not None), why
        if why is None:
            assert_same_events(crates.events(dialect, folder / "trace.json"), our_events(folder), dialect)
        else:
            assert dialect == "old" and "expected f64" in why  # it takes no floats as text


def apart(events):
    """Declarations, and what happens; a declaration stands somewhere before its first use."""
    def declares(event):
        return bool({"Path", "VariableName", "Type", "Function"} & event.keys())
    return [event for event in events if declares(event)], [event for event in events if not declares(event)]


@pytest.mark.parametrize("form", ["ndjson", "bin", "bin-v0", "ct"])
def test_every_form_holds_the_same(lua, form, tmp_path):
    program = PROGRAMS / "scheduler.lua"
    record(lua, tmp_path / "json", program)
    record(lua, tmp_path / form, program, options=["--form", form])
    if form != "ndjson":  # which no strict reader takes
        assert_valid(tmp_path / form)
    json, other = (apart(our_events(tmp_path / name)) for name in ("json", form))
    assert len(json[1]) > 500
    assert_same_events(json[0], other[0])
    assert_same_events(json[1], other[1])


# ---- Names ----

def test_functions_have_the_names_that_the_program_gives_them(lua, tmp_path):
    program = written(tmp_path, """\
local M = {inner = {}}
function global(f) return f() end
local function named() return 1 end
local later
later = function() return 1 end
function M.static() return 1 end
function M:method() return 1 end
function M.inner.far() return 1 end
local t = {field = function() return 1 end}
M["in brackets"] = function() return 1 end
named() later() M.static() M:method() M.inner.far() t.field() M["in brackets"]()
global(function() return 1 end)
""")
    record(lua, tmp_path / "trace", program)
    _, events = events_of(tmp_path / "trace")
    assert [event.details[0] for event in events if event.what == "call"] == [
        "named", "later", "M.static", "M:method", "inner.far", "field", "M.in brackets", "global", "<anonymous>"]


def test_the_metadata_tells_what_ran(lua, tmp_path):
    import json
    record(lua, tmp_path / "trace", PROGRAMS / "exits.lua", "one", "two words")
    metadata = json.loads((tmp_path / "trace" / "trace_metadata.json").read_text())
    assert metadata["program"] == str(PROGRAMS / "exits.lua") and metadata["args"] == ["one", "two words"]


# ---- Errors ----

def test_an_error_is_told_where_it_is_raised_and_for_each_call_that_it_leaves(lua, tmp_path):
    program = written(tmp_path, """\
local function inner(x)
  local y = x.field.deeper
end
local function outer(x)
  inner(x)
end
print(pcall(outer, {}))
local fine = {field = {}}
outer(fine)
""")
    record(lua, tmp_path / "trace", program)
    trace, events = events_of(tmp_path / "trace")
    message = ":2: attempt to index a nil value (field 'field')"
    at = next(i for i, event in enumerate(events) if event.what == "error")
    before = next(event for event in reversed(events[:at]) if event.what == "step")
    assert before.details[1] == 2
    after = [event.what for event in events[at:] if event.what != "step"]
    assert after == ["error", "raised", "raised", "write", "call", "call", "return", "return"]
    returns = [entry["Return"]["return_value"] for entry in trace.raw if "Return" in entry]
    left = [value["msg"] for value in returns if value["kind"] == "Error"]
    assert len(left) == 2 and all(text.endswith("program.lua" + message) for text in left)
    assert [event.what for event in events].count("error") == 1
    assert not trace.open_calls


@pytest.mark.parametrize("error, message", [
    ("'text'", "text"), ("{}", "(error object is a table value)"), ("42", "42"), ("nil", "(error object is a nil value)"),
    ("setmetatable({}, {__tostring = function() return 'asked' end})", "(error object is a table value)")])
def test_an_error_value_is_told_without_asking_it(lua, error, message, tmp_path):
    program = written(tmp_path, f"print(pcall(error, {error}))\npcall(error, 'end', 0)\n")
    record(lua, tmp_path / "trace", program)
    raw = Trace(tmp_path / "trace").raw
    errors = [entry["Event"]["content"] for entry in raw if entry.get("Event", {}).get("kind") == 11]
    assert errors == [message, "end"]  # pcall calls error: no place


# ---- Output ----

def test_output_follows_the_line_that_writes_it(lua, tmp_path):
    program = written(tmp_path, """\
print("a", 1, nil)
io.write("b", 2, 2.5, "\\n")
io.stderr:write("to stderr\\n")
local file = io.tmpfile()
file:write("not told")
print(setmetatable({}, {__tostring = function()
  return "named"
end}))
""")
    ended = record(lua, tmp_path / "trace", program)
    assert ended.out == b"a\t1\tnil\nb22.5\nnamed\n" and ended.err == b"to stderr\n"
    _, events = events_of(tmp_path / "trace")
    told, line = [], None
    for event in events:
        if event.what == "step":
            line = event.details[1]
        elif event.what == "write":
            told.append((line, *event.details))
    assert told == [(1, "stdout", "a\t1\tnil\n"), (2, "stdout", "b22.5\n"), (3, "stderr", "to stderr\n"),
                    (6, "stdout", "named\n")]


# ---- Values ----

def test_large_values_are_cut_and_say_so(lua, tmp_path):
    record(lua, tmp_path / "trace", PROGRAMS / "large.lua")
    trace, events = events_of(tmp_path / "trace")
    last = dict(next(event for event in reversed(events) if event.what == "step").values)
    assert shown(last["wide"])[98:] == [99, 100, "… 895 more"]
    assert len(shown(last["map"])) == 101 and shown(last["map"])[-1] == "… 200 more"
    assert shown(last["long"]).endswith("…(+4000)") and len(shown(last["long"])) == 1000 + len("…(+4000)")
    deep, depth = shown(last["deep"]), 0
    while isinstance(deep, list):
        deep, depth = deep[0] if len(deep) == 1 else deep[-1], depth + 1
    assert deep == "…" and depth == 6
    more = shown(last["huge"])[-1]
    assert len(shown(last["huge"])) == 101 and more.startswith("… ") and 18000 <= int(more.split()[1]) <= 22000


def test_a_table_is_shown_as_what_it_is_used_for(lua, tmp_path):
    program = written(tmp_path, """\
local list, record, mixed = {1, "b"}, {y = 2, x = 1}, {1, k = true, [-1] = 0}
local named = setmetatable({side = 1}, {__name = "Square"})
local cycle = {1}
cycle[2] = cycle
local shared = {}
local twice = {shared, shared}
print()
""")
    record(lua, tmp_path / "trace", program)
    trace, events = events_of(tmp_path / "trace")
    values = dict(next(event for event in reversed(events) if event.what == "step").values)
    assert shown(values["list"]) == [1, "b"]
    fields = trace.type_of(values["record"])["specific_info"]["fields"]
    assert [field["name"] for field in fields] == ["x", "y"] and shown(values["record"]) == [1, 2]
    assert shown(values["mixed"]) == [[1, 1], [-1, 0], ["k", True]]
    assert trace.type_name(values["named"]) == "Square"
    assert shown(values["cycle"]) == [1, "<cycle>"]
    assert shown(values["twice"]) == [[], []]


def test_a_text_that_is_freed_does_not_stand_for_the_one_in_its_place(lua, tmp_path):
    program = written(tmp_path, """\
local s
for i = 1, 300 do
  s = nil; collectgarbage(); s = ("%03d"):format(i) .. "x"
  local seen = i
end
""")
    record(lua, tmp_path / "trace", program)
    _, events = events_of(tmp_path / "trace")
    texts = [(shown(dict(event.values)["i"]), shown(dict(event.values)["s"])) for event in events
             if event.what == "step" and event.details[1] == 4]
    assert texts == [(i, f"{i:03d}x") for i in range(1, 301)]


def test_what_has_the_name_of_a_secret_is_not_shown(lua, tmp_path):
    program = written(tmp_path, """\
local password, author = "SECRET1", "shown"
local options = {api_key = "SECRET2", user = "shown"}
local mixed = {"shown", token = "SECRET3"}
local function login(user, passwd) return #passwd end
local function get_password() return "SECRET4" end
login("shown", "SECRET5")
get_password()
password = nil
print(1)
""")
    ended = record(lua, tmp_path / "trace", program)
    assert ended.out == b"1\n"
    text = (tmp_path / "trace" / "trace.json").read_text()
    assert {f"SECRET{i}" for i in range(1, 6) if f"SECRET{i}" in text} == set()
    _, events = events_of(tmp_path / "trace")
    values = dict(next(event for event in reversed(events) if event.what == "step").values)
    assert shown(values["author"]) == "shown" and shown(values["password"]) is None
    assert shown(values["options"]) == ["<redacted: its name is that of a secret>", "shown"]
    assert shown(values["mixed"])[0] == [1, "shown"] and "redacted" in shown(values["mixed"])[1][1]


# ---- What is recorded ----

def test_only_what_lies_below_the_program_is_recorded(lua, tmp_path):
    written(tmp_path, "local M = {}\nfunction M.outside(f) return f() + 1 end\nreturn M\n", "elsewhere/library.lua")
    written(tmp_path, "local M = {}\nfunction M.inside(x)\n  return x\nend\nreturn M\n", "app/parts/part.lua")
    program = written(tmp_path, f"""\
package.path = "{tmp_path}/elsewhere/?.lua;{tmp_path}/app/?.lua"
local library, part = require "library", require "parts.part"
local function called_back() return part.inside(41) end
local result = library.outside(called_back)
result = result + 0
print(result)
local function tail(x) return library.outside(x) end
print((tail(called_back)))
""", "app/main.lua")
    ended = record(lua, tmp_path / "trace", program)
    assert ended.out == b"42\n42\n"
    _, events = events_of(tmp_path / "trace")
    calls = [event.details[0] for event in events if event.what == "call"]
    assert calls == ["<main chunk>", "called_back", "M.inside", "tail", "called_back", "M.inside"]
    lines = [event.details[1] for event in events if event.what == "step" and event.details[0] == str(program)]
    assert lines == [1, 2, 3, 4, 3, 5, 6, 7, 8, 7, 3, 8], lines  # that of the last write stands again
    assert not any("library.lua" in str(event.details) for event in events)

    assert record(lua, tmp_path / "all", program, options=["--below", tmp_path]).out == ended.out
    _, events = events_of(tmp_path / "all")
    calls = [event.details[0] for event in events if event.what == "call"]
    assert calls == ["<main chunk>", "<main chunk>", "M.outside", "called_back", "M.inside", "tail", "M.outside",
                     "called_back", "M.inside"]


# ---- How it ends ----

def test_a_program_that_is_not_there(lua, tmp_path):
    ended = record(lua, tmp_path / "trace", tmp_path / "none.lua")
    assert ended.code == 1 and b"none.lua" in ended.err and not (tmp_path / "trace").exists()


def test_a_program_that_does_not_compile_ends_as_in_plain_lua(lua, tmp_path):
    program = written(tmp_path, "x = = 1\n")
    plain, recorded = run([lua / "lua-plain", program]), record(lua, tmp_path / "trace", program)
    assert (recorded.code, recorded.out, recorded.err) == (plain.code, plain.out, plain.err)
    assert plain.code == 1 and b"unexpected symbol" in plain.err
    assert_valid(tmp_path / "trace")


def test_a_folder_that_cannot_be_written(lua, tmp_path):
    in_the_way = written(tmp_path, "", "file")
    ended = record(lua, in_the_way / "trace", PROGRAMS / "exits.lua")
    assert ended.code == 1 and ended.out == b""
    assert b"lua-ctrace: " in ended.err and str(in_the_way).encode() in ended.err


@pytest.mark.parametrize("arguments", [
    [], ["--out-dir"], ["--nonsense", "x"], ["--form", "xml", PROGRAMS / "exits.lua"],
    ["--below", "/nowhere", PROGRAMS / "exits.lua"]])
def test_a_wrong_command_line(lua, arguments, tmp_path):
    ended = run([lua / "lua-ctrace", *arguments])
    assert ended.code in (1, 2) and ended.err and not ended.out


def running(lua, tmp_path, lines_before):
    """A program that runs for ever, once it has printed as many lines."""
    program = written(tmp_path, """\
local function work(n)
  local sum = n
  return sum + 1
end
local n = 0
io.stdout:setvbuf("line")
while true do
  n = work(n)
  if n % 1000 == 0 then print(n) end
end
""")
    process = subprocess.Popen([lua / "lua-ctrace", "--out-dir", tmp_path / "trace", program], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    for _ in range(lines_before):
        assert process.stdout.readline()
    return process


def drained(process):
    """What it says at its end; its pipe is not left full."""
    return process.communicate(timeout=60)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_program_that_is_killed_leaves_its_trace(lua, number, tmp_path):
    process = running(lua, tmp_path, 30)
    while (tmp_path / "trace" / "trace.json").stat().st_size < 100_000:  # the flush is due every 100 ms
        assert process.poll() is None and process.stdout.readline()
    process.send_signal(number)
    drained(process)
    assert process.returncode == -number
    report, = verdicts([tmp_path / "trace"])
    assert sum(1 for event in our_events(tmp_path / "trace") if "Step" in event) > 1000, report


def test_an_interrupt_is_an_error_of_the_program(lua, tmp_path):
    process = running(lua, tmp_path, 3)
    process.send_signal(signal.SIGINT)
    _, err = drained(process)
    assert process.returncode == 1 and b"interrupted!" in err
    assert_valid(tmp_path / "trace")
    raw = Trace(tmp_path / "trace").raw
    assert any("interrupted!" in entry["Event"]["content"] for entry in raw if "Event" in entry)
