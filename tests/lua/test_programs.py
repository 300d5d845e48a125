"""Real Lua programs, plain and recorded: the same output and exit status, a valid trace, and it tells the truth."""

from pathlib import Path

import pytest

from running import trace_folder
from truth import assert_same_ending, assert_valid, fail_with, problems, run

HERE = Path(__file__).resolve().parent
PROGRAMS = sorted(path for path in (HERE / "programs").glob("*.lua") if path.stem != "json")
LARGE = {"overflow"}  # traces that other suites, which compare event by event, are not to take
ARGUMENTS = {"uncaught": [[], ["table"], ["asked"], ["number"], ["nil"]]}
CASES = [(path, arguments) for path in PROGRAMS for arguments in ARGUMENTS.get(path.stem, [["one", "two words"]])]


def name_of(value):
    return value.stem if isinstance(value, Path) else "-".join(value)


@pytest.mark.parametrize("program, arguments", CASES, ids=name_of)
def test_program(lua, program, arguments, tmp_path):
    name = "-".join([program.stem, *arguments]).replace(" ", "_")
    folder = tmp_path / "trace" if program.stem in LARGE else trace_folder("lua", name, tmp_path)
    plain = run([lua / "lua-plain", program, *arguments])
    recorded = run([lua / "lua-ctrace", "--out-dir", folder, program, *arguments])
    assert_same_ending(plain, recorded)
    assert_valid(folder)
    if program.read_text(encoding="utf-8").startswith("-- no truth"):
        return
    told = run([lua / "lua-plain", HERE / "truth.lua", tmp_path / "truth", program, *arguments])
    assert told.out == plain.out, told.err.decode()
    fail_with(problems(folder, tmp_path / "truth"))
