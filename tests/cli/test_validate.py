"""ctrace-validate and ctrace validate: verdicts, rules, exit codes."""

import json
import os
import subprocess

import jsonschema
import pytest

from conftest import GOLDEN, ROOT, TOOLS, Trace, ctrace, environment, fixture_files, integer, validate

SCHEMA = json.loads((ROOT / "tools" / "validate.schema.json").read_text())
CONSUMERS = ["rust-old", "rust-new", "rust-main", "codetracer-2025", "codetracer-2026", "codetracer-ct", "ct-print"]


def judged(*arguments, **options):
    ran = validate("--format", "json", *arguments, **options)
    told = json.loads(ran.out)
    jsonschema.validate(told, SCHEMA)
    assert told["exit_status"] == ran.code
    return told


@pytest.fixture
def invalid(tmp_path):
    """One Return too many, on line 14."""
    trace = Trace()
    trace.ret()
    trace.ret()
    return trace.save(tmp_path / "invalid")


def write(path, text):
    path.write_text(text)
    return path


def test_valid(program):
    ran = validate(program)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[-1].startswith(f"{program}: valid: 2034 events")


def test_invalid(invalid):
    ran = validate(invalid)
    assert (ran.code, ran.err) == (1, "")
    lines = ran.out.splitlines()
    at = lines.index(f"{invalid}/trace.json:14:1: error return-below-top: Return without an open call (event 12)")
    assert lines[at + 1].startswith("    this is the second Return of call 0 '<top-level>', which was left at event 11")
    assert lines[-1].startswith(f"{invalid}: invalid: 13 events, 1 error")
    assert "crashes codetracer-2025, codetracer-2026" in lines[-1]


def test_the_command_of_ctrace_is_the_same(program, invalid):
    for arguments in [program], [invalid], [program, invalid, "--format", "json"], ["--list-rules"]:
        one, other = validate(*arguments), ctrace("validate", *arguments)
        assert (one.code, one.out, one.err) == (other.code, other.out, other.err)


def test_several_inputs(program, invalid, tmp_path):
    ran = validate(program, tmp_path / "none", invalid)
    assert ran.code == 2
    assert [line.split(": ")[1] for line in ran.out.splitlines() if line.startswith((f"{program}: ", f"{invalid}: "))
            ] == ["valid", "invalid"]
    assert ran.err == f"ctrace-validate: cannot open {tmp_path}/none: No such file or directory\n"
    assert validate(program, program).code == 0
    assert validate(invalid, program).code == 1


def test_quiet(program, invalid, tmp_path):
    for path, code in (program, 0), (invalid, 1):
        ran = validate("-q", path)
        assert (ran.code, ran.out, ran.err) == (code, "", "")
    ran = validate("--quiet", tmp_path / "none")
    assert ran.code == 2 and ran.out == "" and ran.err.count("\n") == 1


@pytest.mark.parametrize("text, outcome, rule", [
    ("hello\n", "not a trace", "not-a-trace"),
    ("", "not a trace", "not-a-trace"),
    ('[{"Path":"/a"},{"Step":{"pa', "truncated", "truncated"),
    ('[{"Path":"/a"},', "truncated", "unterminated"),
    ('[{"Path":"/a"} {"Path":"/b"}]', "malformed", "syntax"),
    ('[{"Return":{"return_value":' + '{"kind":"Variant","type_id":0,"discriminator":"D","contents":' * 600
     + '{"kind":"None","type_id":0}' + "}" * 600 + "}}]", "too deep", "too-deep"),
])
def test_inputs_that_cannot_be_read_are_told_apart(text, outcome, rule, tmp_path):
    file = write(tmp_path / "x.json", text)
    ran = validate(file)
    assert ran.code == 1
    assert f" error {rule}: " in ran.out
    assert ran.out.splitlines()[-1].startswith(f"{file}: invalid, {outcome}: ")
    told = judged(file)["inputs"][0]
    assert told["outcome"] == outcome and told["valid"] is False
    assert rule in [problem["rule"] for problem in told["problems"]]


def test_what_ends_the_reading_is_told_after_many_errors(tmp_path):
    text = "[" + '{"Return":{"return_value":{"kind":"None","type_id":0}}},' * 300 + '{"St'
    file = write(tmp_path / "x.json", text)
    lines = validate("--max-errors", "3", file).out.splitlines()
    assert sum("return-below-top" in line for line in lines) == 3
    assert any(" error truncated: " in line for line in lines)
    assert lines[-2] == f"{file}: 297 more problems are not shown; see --max-errors"
    assert lines[-1].startswith(f"{file}: invalid, truncated: 300 events, 301 errors")


def test_max_errors(tmp_path):
    file = write(tmp_path / "x.json", "[" + ",".join(
        ['{"Return":{"return_value":{"kind":"None","type_id":0}}}'] * 300) + "]")

    def shown(*options):
        return validate(*options, file).out.count("error return-below-top")

    assert shown() == 100
    assert shown("--max-errors", "7") == 7
    assert shown("--max-errors", "0") == 300
    counted = judged("--max-errors", "7", file)["inputs"][0]
    assert counted["errors"] >= 300
    assert sum(p["rule"] == "return-below-top" for p in counted["problems"]) == 7


def test_json(program, invalid, tmp_path):
    told = judged(program, invalid, tmp_path / "none")
    assert told["profile"] is None and told["exit_status"] == 2
    good, bad, gone = told["inputs"]
    assert (good["path"], good["outcome"], good["valid"]) == (str(program), "valid", True)
    assert good["events"] == len(json.loads((program / "trace.json").read_text()))
    assert sorted(good["consumers"]) == sorted(CONSUMERS)
    problem = next(p for p in bad["problems"] if p["rule"] == "return-below-top")
    offset = (invalid / "trace.json").read_bytes().rindex(b'{"Return"')
    assert (problem["severity"], problem["line"], problem["column"]) == ("error", 14, 1)
    assert (problem["event"], problem["offset"]) == (12, offset)
    assert problem["file"] == f"{invalid}/trace.json"
    assert bad["consumers"]["codetracer-2026"] == "abort" and bad["valid"] is False
    assert (gone["outcome"], gone["valid"], gone["error"]["status"]) == ("failed", None, "CTRACE_NOT_FOUND")


def test_json_of_names_that_are_not_utf8(tmp_path):
    name = os.fsencode(tmp_path) + b"/\xff\x1b\"x.json"
    with open(name, "wb") as out:
        out.write(b"[]")
    ran = subprocess.run([TOOLS / "ctrace-validate", "--format", "json", name], capture_output=True, env=environment())
    told = json.loads(ran.stdout.decode())
    jsonschema.validate(told, SCHEMA)
    assert told["inputs"][0]["path"].endswith('/�\x1b"x.json')
    text = subprocess.run([TOOLS / "ctrace-validate", name], capture_output=True, env=environment()).stdout.decode()
    assert '/\\xff\\e"x.json: invalid: ' in text


def test_standard_input(program, invalid):
    ran = validate("-", stdin=(program / "trace.json").read_bytes())
    assert ran.code == 0 and ran.out.splitlines()[-1].startswith("<stdin>: valid: ")
    ran = validate("-", stdin=(invalid / "trace.json").read_bytes())
    assert ran.code == 1 and "\n<stdin>: invalid: " in ran.out
    assert judged("-", stdin=b"[]")["inputs"][0]["path"] == "<stdin>"


def test_profile(tmp_path):
    trace = Trace()
    trace.value("c", {"kind": "Char", "c": "x", "type_id": 1})
    folder = trace.save(tmp_path / "t")
    assert validate(folder).code == 0
    old = validate("--profile", "rust-old", folder)
    assert old.code == 1 and "error char-value" in old.out
    assert old.out.splitlines()[-1].endswith("; refused by rust-old")
    new = validate("--profile", "rust-new", folder)
    assert new.code == 0 and new.out.splitlines()[-1].endswith("; rust-new opens it")
    assert judged("--profile", "rust-old", folder)["profile"] == "rust-old"


def test_no_sources(tmp_path):
    source = tmp_path / "short.py"
    source.write_text("pass\n")
    trace = Trace(str(source))
    trace.step(400)
    folder = trace.save(tmp_path / "t")
    (folder / "files" / str(source).lstrip("/")).write_text("pass\n" * 500)
    assert "line-beyond-source" not in validate("--no-sources", folder).out


def test_list_rules():
    ran = validate("--list-rules")
    assert (ran.code, ran.err) == (0, "")
    ids = [line.split()[0] for line in ran.out.splitlines()]
    assert ids == sorted(ids) and len(ids) > 50 and "return-below-top" in ids
    assert {line.split()[1] for line in ran.out.splitlines()} == {"error", "warning", "info"}
    rules = json.loads(validate("--list-rules", "--format", "json").out)
    assert [rule["rule"] for rule in rules] == ids
    assert all(sorted(rule["consumers"]) == sorted(CONSUMERS) for rule in rules)


def test_every_rule_is_explained():
    for rule in json.loads(validate("--list-rules", "--format", "json").out):
        ran = validate("--explain", rule["rule"])
        assert ran.code == 0
        assert ran.out.startswith(f"{rule['rule']} ({rule['severity']}): {rule['summary']}\n    ")
        assert all(f"    {consumer} " in ran.out for consumer in CONSUMERS)
    assert json.loads(validate("--explain", "syntax", "--format", "json").out)["rule"] == "syntax"


def test_progress_is_for_terminals_and_long_inputs(tmp_path):
    """Off a terminal nothing is told; on one a long input shows how far it got, and the line is wiped."""
    file = tmp_path / "trace.json"
    step = '{"Step":{"path_id":0,"line":%d}},\n'
    with file.open("w") as out:
        out.write('[{"Path":"/a"},{"Function":{"path_id":0,"line":1,"name":"m"}},{"Call":{"function_id":0,"args":[]}},')
        block = "".join(step % (i % 9 + 1) for i in range(10000))
        for _ in range(110):
            out.write(block)
        out.write('{"Step":{"path_id":0,"line":3}}]')
    assert file.stat().st_size > 32 << 20
    assert validate(file).err == ""

    def on_terminal(path):
        ours, theirs = os.openpty()
        process = subprocess.Popen([TOOLS / "ctrace-validate", path], stdout=subprocess.DEVNULL, stderr=theirs,
                                   stdin=subprocess.DEVNULL, env=environment(TERM="xterm"))
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(ours, 65536):
                shown += chunk
        except OSError:
            pass
        os.close(ours)
        process.wait()
        return shown.decode()

    shown = on_terminal(file)
    assert f"\r{str(file)[:60]}" in shown and " % " in shown and shown.endswith("\r\x1b[K")
    assert on_terminal(write(tmp_path / "short.json", "[]")) == ""


def test_traces_of_other_producers():
    outcomes = {file.name.split(".")[0]: judged(file)["inputs"][0] for file in fixture_files()}
    assert outcomes["python_array_sum"]["valid"] is True
    assert outcomes["ruby_addition"]["consumers"]["rust-main"] in ("none", "degrade")
    assert outcomes["ruby_addition"]["consumers"]["rust-new"] == "refuse"
    assert "float-number" in {p["rule"] for p in outcomes["go_kinds"]["problems"]}


def golden(folder):
    return sorted(path for path in (GOLDEN / folder).glob("*") if path.is_dir() or path.suffix == ".json")


@pytest.mark.parametrize("path", golden("valid"), ids=lambda path: path.name)
def test_valid_golden_traces(path):
    assert validate("-q", "--no-sources", path).code == 0
    assert judged("--no-sources", path)["inputs"][0]["outcome"] == "valid"
