"""The Ruby recorder tells the truth: each program is run plainly, under the plain recorder and under the real one."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from comparison import (ROOT, Comparison, Trace, read_truth, same_fields, same_float, same_items, same_number,
                        same_pairs)
from running import assert_same_ending, assert_valid, fail_with, run, trace_folder

HERE = Path(__file__).resolve().parent
EXAMPLE = ROOT / "examples" / "ruby" / "plan.rb"
RUBY = os.environ.get("RUBY", "ruby")
LIBRARY = os.environ.get("CTRACE_RUBY_LIB", str(ROOT / "build" / "ruby" / "lib"))
COMMAND = ROOT / "bindings" / "ruby" / "exe" / "ctrace-ruby"
VERSION = tuple(map(int, subprocess.run([RUBY, "-e", "print RUBY_VERSION"], capture_output=True,
                                        text=True).stdout.split(".")))


def programs():
    """Those that this version of Ruby can run; `# needs 3.2` in the first line tells."""
    for path in sorted((HERE / "programs" / "ruby").glob("*.rb")):
        needs = re.match(r"# needs 3\.(\d+)", path.read_text(encoding="utf-8"))
        if not needs or VERSION >= (3, int(needs.group(1))):
            yield path
    yield EXAMPLE


class Ruby:
    """How values and names agree."""

    @staticmethod
    def same_call(truth, traced):
        """truth: the event, the method's name, its owner's, whether that is a singleton class, the receiver's class."""
        event, method, owner, singleton, receiver = truth
        if method is None:
            name = "<top-level>"
        elif owner == "Object" and not singleton:
            name = method
        else:
            name = f"{owner}{'.' if singleton else '#'}{method}"
        if event == "b_call":
            name = "block in " + name
        return traced == name

    @staticmethod
    def same_value(trace, truth, traced):
        same = Ruby.same_value
        if "mark" in truth:
            return traced["kind"] == "Raw" and traced["r"] == truth["mark"]
        if isinstance(truth.get("is"), bool):
            return traced["kind"] == "Bool" and traced["b"] is truth["is"]
        if trace.type_name(traced) != truth["type"]:
            return False
        if "items" in truth and truth["base"] == "Hash":
            return traced["kind"] == "Sequence" and same_pairs(same, trace, truth["items"], traced["elements"])
        if "items" in truth:
            return traced["kind"] == "Sequence" and same_items(same, trace, truth["items"], traced["elements"])
        if "fields" in truth:
            return same_fields(same, trace, truth["fields"], traced)
        if "raw" in truth:
            return traced["kind"] == "Raw" and traced["r"] == truth["raw"]
        if truth["is"] is None:
            return traced["kind"] == "None"
        if isinstance(truth["is"], int):
            return same_number(truth["is"], traced)
        if truth["type"] == "Float":
            return same_float(truth["is"], traced)
        return traced["kind"] == "String" and traced["text"] == truth["is"]


@pytest.mark.parametrize("program", list(programs()), ids=lambda path: path.stem)
def test_ruby(program, tmp_path):
    folder = trace_folder("ruby", program.stem, tmp_path)
    arguments = [program, "one", "two words"]
    plain = run([RUBY, *arguments])
    recorded = run([RUBY, COMMAND, "--show-secrets", "--out-dir", folder, *arguments], RUBYLIB=LIBRARY)
    assert_same_ending(plain, recorded)
    assert_valid(folder)
    if "\n# no truth" in program.read_text(encoding="utf-8"):
        return
    run([RUBY, "-r", HERE / "ruby" / "plain_recorder.rb", *arguments], PLAIN_OUT=str(tmp_path / "truth"))
    truth = read_truth(tmp_path / "truth")
    assert truth[1], "the plain recorder told nothing"
    fail_with(Comparison(Trace(folder), truth, Ruby).run())
