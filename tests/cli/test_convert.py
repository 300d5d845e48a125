"""ctrace convert: what arrives in each form, what is told as lost, and what is refused."""

import json
import os
import signal
import subprocess
import time

import jsonschema
import pytest

from conftest import ROOT, TOOLS, Trace, ctrace, environment, small_program, string

FORMS = ["json", "ndjson", "bin", "bin-v0", "ct"]
FILES = {"json": "trace.json", "ndjson": "trace.ndjson", "bin": "trace.bin", "bin-v0": "trace.bin", "ct": "trace.ct"}
SCHEMA = json.loads((ROOT / "tools" / "convert.schema.json").read_text())
TASKS = [("convert",), ("repair",), ("cut", "--steps", "0..")]


def events(path):
    ran = ctrace("cat", "--format", "jsonl", path)
    assert (ran.code, ran.err) == (0, "")
    return [json.loads(line) for line in ran.out.splitlines()]


def report(*arguments, **options):
    """Runs a command; its report as JSON."""
    ran = ctrace(arguments[0], "--format", "json", *arguments[1:], **options)
    assert ran.err == "", ran.err
    told = json.loads(ran.out)
    jsonschema.validate(told, SCHEMA)
    return told


def name_of(task):
    return "ctrace " + task[0]


def files_below(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


# ---- What arrives ----

@pytest.mark.parametrize("to", FORMS)
@pytest.mark.parametrize("via", FORMS)
def test_every_form_into_every_form(via, to, program, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    told = report("convert", "--strict", "--to", via, program, first)
    assert (told["from"], told["to"], told["written"], told["losses"], told["notes"]) == ("json", via, True, [], [])
    assert told["events"] == len(events(program)) and told["bytes"] == (first / FILES[via]).stat().st_size
    told = report("convert", "--strict", "--to", to, first, second)
    assert (told["from"], told["to"]) == (via, to)
    assert events(second) == events(program)
    for name in "trace_metadata.json", "files/w/prog.py":
        assert (second / name).read_bytes() == (program / name).read_bytes()
    assert json.loads((second / "trace_paths.json").read_text()) == ["/w/prog.py"]
    assert files_below(second) == sorted([FILES[to], "trace_metadata.json", "trace_paths.json", "files/w/prog.py"])


@pytest.mark.parametrize("name, form", [("a.json", "json"), ("a.ndjson", "ndjson"), ("a.jsonl", "ndjson"),
                                        ("a.bin", "bin"), ("a.ct", "ct")])
def test_suffix_tells_form(name, form, program, tmp_path):
    assert report("convert", program, tmp_path / name)["to"] == form
    assert events(tmp_path / name) == events(program)
    # A lone file keeps nothing beside it, and what is told as left behind is.
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(["program", name])


def test_form_stays_when_nothing_asks_for_another(program, tmp_path):
    report("convert", "--to", "bin", program, tmp_path / "a")
    assert report("convert", tmp_path / "a", tmp_path / "b")["to"] == "bin"
    assert report("convert", "--to", "bin-v0", program, tmp_path / "c.bin")["to"] == "bin-v0"


def test_container_carries_its_metadata(program, tmp_path):
    told = report("convert", program, tmp_path / "lone.ct")
    assert [(loss["kind"], loss["message"]) for loss in told["losses"]] == [
        ("metadata", "a lone file has no place for files/; a folder has")]
    assert report("convert", tmp_path / "lone.ct", tmp_path / "back")["losses"] == []
    was, now = (json.loads((folder / "trace_metadata.json").read_text()) for folder in (program, tmp_path / "back"))
    assert {key: now[key] for key in was} == was


def test_what_a_lone_file_has_no_place_for(program, tmp_path):
    (program / "symbols.json").write_text("[]")
    told = report("convert", program, tmp_path / "lone.bin")
    assert [loss["message"].split(" for ")[1].split(";")[0] for loss in told["losses"]] == [
        "trace_metadata.json", "symbols.json", "files/"]
    # Beside the old file everything stays where it was.
    assert report("convert", "--strict", program, program / "other.bin")["losses"] == []
    metadata = json.loads((program / "trace_metadata.json").read_text()) | {"mood": "good"}
    (program / "trace_metadata.json").write_text(json.dumps(metadata))
    told = report("convert", "--no-files", program, tmp_path / "lone.ct")
    assert [loss["message"] for loss in told["losses"]] == [
        "a lone file has no place for all of trace_metadata.json; a folder has",
        "a lone file has no place for symbols.json; a folder has"]


def test_lone_file_takes_its_metadata_along(program, tmp_path):
    report("convert", program / "trace.json", tmp_path / "out")
    assert (tmp_path / "out" / "files" / "w" / "prog.py").exists()
    # Without metadata beside it nothing tells that the other files are of this trace.
    (program / "trace_metadata.json").unlink()
    told = report("convert", program / "trace.json", tmp_path / "bare")
    assert not (tmp_path / "bare" / "files").exists()
    assert told["notes"] == [
        "there was no trace_metadata.json to take along: made, with the first path as the program"]
    made = json.loads((tmp_path / "bare" / "trace_metadata.json").read_text())
    assert made["program"] == "/w/prog.py" and made["args"] == [] and made["workdir"] == ""


def test_malformed_metadata_is_made_anew(program, tmp_path):
    (program / "trace_metadata.json").write_text('{"program": "x", ')
    told = report("convert", program, tmp_path / "out")
    assert [loss["kind"] for loss in told["losses"]] == ["metadata"]
    assert "trace_metadata.json cannot be used: " in told["losses"][0]["message"]
    assert json.loads((tmp_path / "out" / "trace_metadata.json").read_text())["program"] == "/w/prog.py"


def test_standard_input_and_output(program, tmp_path):
    data = (program / "trace.json").read_bytes()
    for form in "json", "ndjson", "bin":
        ran = subprocess.run([TOOLS / "ctrace", "convert", "-", "-", "--to", form], input=data, capture_output=True,
                             env=environment())
        assert (ran.returncode, ran.stderr) == (0, b"")
        (tmp_path / "out").write_bytes(ran.stdout)
        assert events(tmp_path / "out") == events(program)
    assert ctrace("convert", "-", tmp_path / "a.ct", stdin=data).code == 0
    assert events(tmp_path / "a.ct") == events(program)


# ---- What is lost ----

def odd_trace(folder):
    trace = Trace()
    trace.add(Step={"path_id": 0, "line": 2, "column": 7})
    trace.value("a", {"kind": "Char", "c": "é", "type_id": 1})
    trace.value("b", {"kind": "Char", "c": "x", "type_id": 1})
    trace.add(Step={"path_id": 0, "line": 3, "mood": "good"})
    trace.value("c", string("\ud800"))
    trace.ret()
    lines = ",\n".join(json.dumps(event) for event in trace.events)
    folder.mkdir()
    (folder / "trace.json").write_text(f"[\n{lines}\n]")
    return trace


def test_losses_are_told_with_number_and_place(tmp_path):
    trace = odd_trace(tmp_path / "odd")
    told = report("convert", "--to", "bin-v0", tmp_path / "odd", tmp_path / "out")
    counts = {}
    for loss in told["losses"]:
        counts[loss["kind"]] = counts.get(loss["kind"], 0) + loss["count"]
    assert counts["char-as-raw"] == 2 and counts["text-mended"] == 1
    assert counts.get("column-dropped", 0) + counts["field-dropped"] == 2
    chars = next(loss for loss in told["losses"] if loss["kind"] == "char-as-raw")
    first = next(i for i, e in enumerate(trace.events) if "Value" in e)
    assert (chars["event"], chars["line"], chars["column"]) == (first, first + 2, 1)
    # JSON can hold the characters.
    kinds = {loss["kind"] for loss in report("convert", tmp_path / "odd", tmp_path / "out.json")["losses"]}
    assert "char-as-raw" not in kinds and "text-mended" in kinds


def test_losses_on_the_screen(tmp_path):
    odd_trace(tmp_path / "odd")
    ran = ctrace("convert", "--to", "bin-v0", "odd", "out", cwd=tmp_path)
    assert ran.code == 0 and ran.err == ""
    lines = ran.out.splitlines()
    assert lines[0].startswith("out: ") and "trace.bin version 0" in lines[0]
    assert lines[1] == "lost:"
    assert "  char-as-raw            2  Char values were written as Raw, as the target has none" in lines
    assert ctrace("convert", "-q", "odd", "quiet.json", cwd=tmp_path).out.startswith("quiet.json: ")


def test_nothing_lost_on_the_screen(program, tmp_path):
    ran = ctrace("convert", "program", "out", cwd=tmp_path)
    size = (tmp_path / "out" / "trace.json").stat().st_size
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (f"out: {len(events(program))} events as JSON, a list of events, {size / 1024:.1f} KiB\n"
                       "nothing was lost\n")
    assert ctrace("convert", "-q", "program", "again", cwd=tmp_path).out == ""


def test_strict_writes_nothing(tmp_path):
    odd_trace(tmp_path / "odd")
    ran = ctrace("convert", "--strict", "odd", "out", cwd=tmp_path)
    assert (ran.code, ran.err) == (1, "")
    assert ran.out.startswith("out: not written, as something would be lost\nlost:\n")
    ran = ctrace("convert", "--strict", "--format", "json", "odd", "out", cwd=tmp_path)
    told = json.loads(ran.out)
    jsonschema.validate(told, SCHEMA)
    assert ran.code == 1 and not told["written"] and told["losses"]
    assert [p.name for p in tmp_path.iterdir()] == ["odd"]


# ---- What is refused ----

def broken(program, how):
    file = program / "trace.json"
    data = file.read_bytes()
    lines = data.split(b"\n")
    file.write_bytes({
        "torn": data[:data.rindex(b'{"Event"') + 12],
        "open": data.rstrip(b"]"),
        "bad event": b"\n".join(lines[:20] + [b'{"Nonsense":1},'] + lines[20:]),
        "no JSON": b"\n".join(lines[:20] + [b'{"Step":{,'] + lines[20:]),
    }[how])


@pytest.mark.parametrize("how, place, said", [
    ("torn", 2033, "the input ends inside the event"),
    ("open", 2036, "the list of events was not closed"),
    ("bad event", 21, "expected the name of an event"),
    ("no JSON", 21, "expected a name in quotes"),
])
@pytest.mark.parametrize("to", ["json", "bin", "ct"])
def test_broken_trace_is_refused(how, place, said, to, program, tmp_path):
    broken(program, how)
    for out in "out", "out.x":
        ran = ctrace("convert", "--to", to, program, tmp_path / out)
        assert (ran.code, ran.out) == (1, "")
        first, second = ran.err.splitlines()
        assert first.startswith(f"ctrace convert: {program}/trace.json:{place}:") and said in first
        assert second == ("ctrace convert: nothing was written; 'ctrace repair' keeps what can be kept of a broken "
                          "trace")
        assert [p.name for p in tmp_path.iterdir()] == ["program"]


@pytest.mark.parametrize("task", TASKS, ids=name_of)
def test_input_is_never_changed(task, program, tmp_path):
    os.symlink("program", tmp_path / "link")
    os.link(program / "trace.json", tmp_path / "hard.json")
    before = {p: p.read_bytes() for p in program.rglob("*") if p.is_file()}
    for given, out in [("program", "program"), ("program", "link"), ("link", "program/"), ("program", "hard.json"),
                       ("program", "program/trace.json"), ("program/trace.json", "program"),
                       ("program", "program/trace_metadata.json"), ("program", "."), ("program", "program/../program")]:
        ran = ctrace(*task, given, out, cwd=tmp_path)
        assert (ran.code, ran.out) == (2, ""), (given, out)
        assert ran.err.count("\n") == 1
    assert {p: p.read_bytes() for p in program.rglob("*") if p.is_file()} == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["hard.json", "link", "program"]


@pytest.mark.parametrize("task", TASKS, ids=name_of)
def test_other_folders_are_left_alone(task, program, tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "diary.txt").write_text("dear diary\n")
    ran = ctrace(*task, "program", "home", cwd=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"{name_of(task)}: the output home is a folder that is neither empty nor that of a trace\n"
    (tmp_path / "home" / "diary.txt").rename(tmp_path / "home" / "other.ct")
    assert "holds another container" in ctrace(*task, "program", "home", cwd=tmp_path).err
    assert [p.name for p in (tmp_path / "home").iterdir()] == ["other.ct"]
    assert ctrace(*task, "program", "/dev/null", "--to", "json", cwd=tmp_path).code == 2
    ran = ctrace(*task, "program", "nowhere/out", cwd=tmp_path)
    assert ran.code == 2
    assert ran.err == f"{name_of(task)}: cannot open the folder of nowhere/out: No such file or directory\n"


def test_empty_folder_is_filled_and_a_trace_replaced(program, tmp_path):
    out = tmp_path / "out"
    out.mkdir(mode=0o750)
    assert ctrace("convert", program, out).code == 0
    assert ctrace("convert", "--to", "ct", program, out).code == 0
    assert files_below(out) == ["files/w/prog.py", "trace.ct", "trace_metadata.json", "trace_paths.json"]
    assert out.stat().st_mode & 0o777 == 0o750


def test_link_to_a_file_stays_a_link(program, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "t.json").write_text("old")
    os.symlink("real/t.json", tmp_path / "t.json")
    assert ctrace("convert", program, "t.json", cwd=tmp_path).code == 0
    assert (tmp_path / "t.json").is_symlink() and events(tmp_path / "real" / "t.json") == events(program)
    assert [p.name for p in (tmp_path / "real").iterdir()] == ["t.json"]


# ---- What all three share ----

@pytest.mark.parametrize("task", TASKS, ids=name_of)
def test_help(task):
    ran = ctrace(task[0], "--help")
    assert ran.code == 0 and ran.err == ""
    assert ran.out.startswith(f"Usage: {name_of(task)} ")
    assert "Exit status" in ran.out and "Examples:" in ran.out
    assert ran.out.isascii() and max(map(len, ran.out.splitlines())) <= 90
    assert ctrace("help", task[0]).out == ran.out
    assert f"\n  {task[0]} " in ctrace("--help").out


@pytest.mark.parametrize("task", TASKS, ids=name_of)
@pytest.mark.parametrize("arguments, said", [
    ([], "which trace? Give a folder, a file, or - for standard input, and where to write; see --help"),
    (["a"], "where to? Give a folder, a file, or - for standard output, behind 'a'; see --help"),
    (["a", "b", "c"], "one trace at a time: 'c' is too many; see --help"),
    (["--to", "jsn", "a", "b"], "there is no form 'jsn'; did you mean json?"),
    (["--to", "parquet", "a", "b"], "--to is json, ndjson, bin, bin-v0 or ct, not 'parquet'"),
    (["--level", "20", "a", "b"], "--level is 1 to 19, not '20'"),
    (["--level", "x", "a", "b"], "--level needs a number, not 'x'"),
    (["--format", "xml", "a", "b"], "--format is text or json, not 'xml'"),
    (["--nix", "a", "b"], "unknown option --nix; see --help"),
    (["a", "-"], "which form? Standard output has no name that tells it: give --to json or --to ndjson"),
    (["--to", "ct", "a", "-"], "standard output takes json, ndjson and bin, not ct: give a file"),
    (["--to", "json", "--format", "json", "a", "-"],
     "--format json goes to standard output, and so do the events: give a file for them"),
    (["nowhere", "out"], "cannot open nowhere: No such file or directory"),
])
def test_bad_arguments_get_one_line(task, arguments, said, tmp_path):
    ran = ctrace(*task, *arguments, cwd=tmp_path)
    assert (ran.code, ran.out, ran.err) == (2, "", f"{name_of(task)}: {said}\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("task", TASKS, ids=name_of)
def test_full_output_is_told(task, program):
    with open("/dev/full", "wb") as full:
        ran = subprocess.run([TOOLS / "ctrace", *task, "--to", "json", program, "-"], stdout=full,
                             stderr=subprocess.PIPE, text=True, env=environment())
    assert ran.returncode == 2
    assert ran.stderr == f"{name_of(task)}: cannot write the output: No space left on device\n"


@pytest.mark.parametrize("task", TASKS, ids=name_of)
@pytest.mark.parametrize("out", ["out", "out.bin"])
def test_signal_leaves_nothing_behind(task, out, program, tmp_path):
    """The input is a pipe that stays open, so the command is still at work when the signal comes."""
    for sent in signal.SIGINT, signal.SIGTERM:
        process = subprocess.Popen([TOOLS / "ctrace", *task, "-", tmp_path / out], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(),
                                   # What runs the tests may ignore it.
                                   preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        process.stdin.write((program / "trace.json").read_bytes()[:-20])
        process.stdin.flush()
        # By then it has begun to write, or keeps its input in a file without a name.
        while task[0] == "convert" and len(list(tmp_path.iterdir())) < 2:
            time.sleep(0.01)
        # The signal may come before the command is ready for it: it ends the process then too.
        process.send_signal(sent)
        assert process.wait(60) == -sent
        assert process.stdout.read() == b"" and process.stderr.read() == b""
        for stream in process.stdin, process.stdout, process.stderr:
            stream.close()
        assert [p.name for p in tmp_path.iterdir()] == ["program"]


@pytest.mark.parametrize("task", TASKS, ids=name_of)
def test_nothing_of_a_trace_reaches_the_terminal_raw(task, tmp_path):
    folder = Trace().save(tmp_path / "bad\x1b[2J")
    lines = (folder / "trace.json").read_text().splitlines()
    (folder / "trace.json").write_text("\n".join(lines[:5] + ['{"\\u001b[31mOdd":1},'] + lines[5:]))
    ran = ctrace(*task, folder, tmp_path / "out\x1b[1m")
    for said in ran.out, ran.err:
        assert not any(c < " " and c != "\n" or "\x7f" <= c < "\xa0" for c in said)
