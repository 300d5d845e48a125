"""The Ruby recorder tells the truth: each program is run plainly, under the plain recorder and under the real one."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from comparison import ROOT, Comparison, Trace, read_truth
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
        return True

    @staticmethod
    def same_value(trace, truth, traced):
        return True


@pytest.mark.parametrize("program", programs(), ids=lambda path: path.stem)
def test_ruby(program, tmp_path):
    folder = trace_folder("ruby", program.stem, tmp_path)
    arguments = [program, "one", "two words"]
    plain = run([RUBY, *arguments])
    recorded = run([RUBY, COMMAND, "--out-dir", folder, *arguments], RUBYLIB=LIBRARY)
    assert_same_ending(plain, recorded)
    assert_valid(folder)
    run([RUBY, "-r", HERE / "ruby" / "plain_recorder.rb", *arguments], PLAIN_OUT=str(tmp_path / "truth"))
    truth = read_truth(tmp_path / "truth")
    assert truth[1], "the plain recorder told nothing"
    fail_with(Comparison(Trace(folder), truth, Ruby).run())
