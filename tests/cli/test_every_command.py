"""What holds for all commands: help, bad arguments, inputs that are not there, output that cannot be written."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import TOOLS, Trace, ctrace, environment, nobody, run, small_program, string, validate

COMMANDS = [("ctrace", "info"), ("ctrace", "cat"), ("ctrace", "tree"), ("ctrace", "validate"), ("ctrace-validate",)]
LOOKS = COMMANDS[:3]


def name_of(command):
    return " ".join(command)


@pytest.mark.parametrize("command", [("ctrace",), *COMMANDS], ids=name_of)
def test_help_is_enough_to_need_no_manual(command):
    ran = run(*command, "--help")
    assert ran.code == 0 and ran.err == ""
    assert ran.out.startswith(f"Usage: {name_of(command)} ")
    assert "Exit status" in ran.out and "Examples:" in ran.out and "--help" in ran.out
    assert ran.out.isascii() and max(map(len, ran.out.splitlines())) <= 90


@pytest.mark.parametrize("command", COMMANDS[:4], ids=name_of)
def test_help_command_is_the_help_of_the_command(command):
    assert ctrace("help", command[1]).out == run(*command, "--help").out


def test_version():
    assert ctrace("--version").out.split()[0] == "ctrace"
    assert validate("--version").out.split()[0] == "ctrace-validate"
    assert validate("--version").out.split()[1] == ctrace("--version").out.split()[1]


@pytest.mark.parametrize("arguments, said", [
    ([], "ctrace: which command? See ctrace --help\n"),
    (["tere", "x"], "ctrace: there is no command 'tere'; did you mean tree?\n"),
    (["INFO"], "ctrace: there is no command 'INFO'; did you mean info?\n"),
    (["frobnicate"], "ctrace: there is no command 'frobnicate'; see ctrace --help\n"),
    (["--nix"], "ctrace: unknown option --nix; see ctrace --help\n"),
    (["cat"], "ctrace cat: which trace? Give a folder, a file, or - for standard input; see --help\n"),
    (["cat", "a", "b"], "ctrace cat: one trace at a time: 'b' is too many; see --help\n"),
    (["cat", "--nix", "a"], "ctrace cat: unknown option --nix; see --help\n"),
    (["cat", "-z", "a"], "ctrace cat: unknown option -z; see --help\n"),
    (["cat", "--help=3"], "ctrace cat: option --help=3 takes no value; see --help\n"),
    (["cat", "--from"], "ctrace cat: option --from needs a value; see --help\n"),
    (["cat", "--from", "x", "a"], "ctrace cat: --from needs a number, not 'x'\n"),
    (["cat", "--count", "-1", "a"], "ctrace cat: --count needs a number, not '-1'\n"),
    (["cat", "--count", "99999999999999999999", "a"],
     "ctrace cat: --count needs a number, not '99999999999999999999'\n"),
    (["cat", "--kind", "setp", "a"], "ctrace cat: there is no event kind 'setp'; did you mean Step?\n"),
    (["cat", "--format", "xml", "a"], "ctrace cat: --format is text or jsonl, not 'xml'\n"),
    (["info", "--format", "xml", "a"], "ctrace info: --format is text or json, not 'xml'\n"),
    (["tree", "--color", "red", "a"], "ctrace tree: --color is auto, always or never, not 'red'\n"),
    (["validate"], "ctrace validate: which trace? Give a folder, a file, or - for standard input; see --help\n"),
    (["validate", "--profile", "rust-od", "a"],
     "ctrace validate: there is no consumer 'rust-od'; did you mean rust-old?\n"),
    (["validate", "--explain", "retrun-below-top"],
     "ctrace validate: there is no rule 'retrun-below-top'; did you mean return-below-top?\n"),
])
def test_bad_arguments_get_one_line(arguments, said):
    ran = ctrace(*arguments)
    assert (ran.code, ran.out, ran.err) == (2, "", said)


@pytest.mark.parametrize("command", COMMANDS, ids=name_of)
def test_missing_input(command, tmp_path):
    ran = run(*command, "nowhere", cwd=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"{name_of(command)}: cannot open nowhere: No such file or directory\n"


@pytest.mark.parametrize("command", COMMANDS, ids=name_of)
def test_folder_without_a_trace(command, tmp_path):
    (tmp_path / "empty").mkdir()
    ran = run(*command, "empty", cwd=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (f"{name_of(command)}: the folder empty holds no trace: no trace.json, trace.bin, trace.ndjson, "
                       "trace.ct or other .ct\n")


@pytest.mark.parametrize("command", COMMANDS, ids=name_of)
@pytest.mark.parametrize("hidden", ["trace", "trace/trace.json"])
def test_unreadable_input(command, hidden, open_to_all):
    small_program().save(open_to_all / "trace")
    (open_to_all / hidden).chmod(0)
    ran = subprocess.run([open_to_all / command[0], *command[1:], "trace"], cwd=open_to_all, env=environment(),
                         stdin=subprocess.DEVNULL, capture_output=True, text=True, **nobody())
    (open_to_all / hidden).chmod(0o755)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.count("\n") == 1 and "Permission denied" in ran.stderr


@pytest.mark.parametrize("command", COMMANDS, ids=name_of)
def test_full_disk_is_told(command, program):
    with open("/dev/full", "wb") as full:
        ran = subprocess.run([TOOLS / command[0], *command[1:], program], stdout=full, stderr=subprocess.PIPE,
                             text=True, env=environment())
    assert ran.returncode == 2
    assert ran.stderr == f"{name_of(command)}: cannot write the output: No space left on device\n"


@pytest.mark.parametrize("format", ["text", "jsonl"])
def test_broken_pipe_is_quiet(format, tmp_path):
    trace = Trace()
    for i in range(20000):
        trace.step(i % 20 + 1)
    folder = trace.save(tmp_path / "long")
    process = subprocess.Popen([TOOLS / "ctrace", "cat", "--format", format, folder], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, env=environment())
    assert process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == -13  # as any filter that a signal ends


@pytest.mark.parametrize("command", LOOKS, ids=name_of)
def test_truncated_trace_shows_what_can_be_read(command, program):
    whole = run(*command, program)
    file = program / "trace.json"
    data = file.read_bytes()
    file.write_bytes(data[:data.rindex(b'{"Event"') + 12])
    cut = run(*command, program)
    assert whole.code == 0 and cut.code == 1
    assert cut.out.splitlines()[2] == whole.out.splitlines()[2]
    line = data.count(b"\n", 0, data.rindex(b'{"Event"')) + 1
    assert cut.err.startswith(f"{name_of(command)}: {file}:{line}:1: the input ends inside the event")
    assert cut.err.count("\n") == 1


@pytest.mark.parametrize("command", LOOKS, ids=name_of)
def test_list_that_a_killed_recorder_left_open(command, program):
    whole = run(*command, program)
    file = program / "trace.json"
    file.write_bytes(file.read_bytes().rstrip(b"]"))
    cut = run(*command, program)
    assert cut.code == 1
    assert cut.err == f"{name_of(command)}: {program}: the list of events is not closed: the recording was cut off\n"
    if command[1] != "info":
        assert cut.out == whole.out


@pytest.mark.parametrize("command", LOOKS, ids=name_of)
def test_bad_entries_are_passed_over(command, program):
    file = program / "trace.json"
    whole = run(*command, program)
    lines = file.read_text().splitlines()
    too_large = '{"Return":{"return_value":{"kind":"Int","i":' + "9" * 10001 + ',"type_id":0}}},'
    file.write_text("\n".join(lines[:20] + ['{"Nonsense":1},', too_large, '{"Nonsense":2},'] + lines[20:]))
    ran = run(*command, program)
    assert ran.code == 1
    assert ran.err.splitlines() == [
        f"{name_of(command)}: {file}:21:2: event: expected the name of an event, found the text "
        "\"Nonsense\" (event 19)",
        f"{name_of(command)}: {program}: 2 more bad entries were passed over"]
    if command[1] == "tree":
        assert ran.out == whole.out


@pytest.mark.parametrize("command", LOOKS, ids=name_of)
def test_not_a_trace(command, tmp_path):
    (tmp_path / "hello.txt").write_text("hello\n")
    ran = run(*command, "hello.txt", cwd=tmp_path)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == f"{name_of(command)}: hello.txt:1:1: the input is no JSON list of events\n"


@pytest.mark.parametrize("command", COMMANDS, ids=name_of)
def test_standard_input_gives_what_the_file_gives(command, program):
    file = program / "trace.json"
    ran = run(*command, "-", stdin=file.read_bytes())
    assert (ran.code, ran.err) == (0, "")
    assert ran.out
    if command[-1] == "cat":
        lone = program / "elsewhere"
        lone.mkdir()
        shutil.copy(file, lone)
        assert ran.out == run(*command, lone / "trace.json").out


@pytest.mark.parametrize("command", COMMANDS, ids=name_of)
def test_nothing_in_a_trace_reaches_the_terminal_raw(command, tmp_path):
    hostile = "\x1b]0;owned\x07\x1b[31m\r\n\x7f\x9b\u202e\u2028x"
    trace = Trace()
    trace.events[0]["Path"] = "/w/\x1b[2J.py"
    trace.call(hostile, 2, **{hostile: string(hostile)})
    trace.value(hostile, {"kind": "Raw", "r": hostile, "type_id": 0})
    trace.add(Type={"kind": 6, "lang_type": hostile, "specific_info": {
        "kind": "Struct", "fields": [{"name": hostile, "type_id": 0}]}})
    trace.value("s", {"kind": "Struct", "field_values": [string(hostile)], "type_id": 6})
    trace.value("v", {"kind": "Variant", "discriminator": hostile, "contents": none_of(hostile), "type_id": 0})
    trace.add(Event={"kind": 11, "metadata": hostile, "content": hostile})
    trace.add(Asm=[hostile])
    trace.ret({"kind": "Error", "msg": hostile, "type_id": 0})
    folder = trace.save(tmp_path / "hostile")
    for options in [], ["--format", "json"] if command[-1] in ("info", "validate", "ctrace-validate") else ["--ascii"]:
        ran = run(*command, *options, folder)
        for said in ran.out, ran.err:
            assert not any(c < " " and c != "\n" or "\x7f" <= c < "\xa0" for c in said)
            if "json" not in options:
                assert "\u202e" not in said and "\u2028" not in said


def none_of(message):
    return {"kind": "Error", "msg": message, "type_id": 0}


@pytest.mark.parametrize("locale", ["C", "POSIX"])
def test_only_ascii_where_utf8_is_not_shown(locale, tmp_path):
    trace = Trace()
    trace.call("größe", 2, s=string("日本"))
    trace.ret()
    folder = trace.save(tmp_path / "t")
    for command in "tree", "cat", "info", "validate":
        ran = ctrace(command, folder, LC_ALL=locale)
        assert ran.out.isascii() and ran.err.isascii()
    assert "`- gr\\xf6\\xdfe(s='\\u65e5\\u672c') -> None" in ctrace("tree", folder, LC_ALL=locale).out
    assert "└─ größe(s='日本') -> None" in ctrace("tree", folder).out


@pytest.mark.parametrize("command", ["tree", "cat", "validate"])
def test_colours(command, program):
    plain = ctrace(command, program)
    assert "\x1b" not in plain.out
    assert ctrace(command, "--color", "never", program).out == plain.out
    coloured = ctrace(command, "--color=always", program)
    assert "\x1b[" in coloured.out


@pytest.mark.parametrize("environment_change, colours", [
    ({"TERM": "xterm"}, True), ({"TERM": "dumb"}, False), ({}, False), ({"TERM": "xterm", "NO_COLOR": "1"}, False),
    ({"TERM": "xterm", "NO_COLOR": ""}, True)])
def test_colours_on_a_terminal(environment_change, colours, program):
    ours, theirs = os.openpty()
    process = subprocess.Popen([TOOLS / "ctrace", "tree", program], stdout=theirs, stderr=theirs,
                               stdin=subprocess.DEVNULL, env=environment(**environment_change))
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(ours, 65536):
            shown += chunk
    except OSError:  # the terminal is gone when the last writer is
        pass
    os.close(ours)
    assert process.wait() == 0
    assert "└─".encode() in shown
    assert (b"\x1b[" in shown) == colours
