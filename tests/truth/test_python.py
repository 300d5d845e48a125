"""The Python recorder tells the truth: each program is run plainly, under the plain recorder and under the real one."""

import re
import sys
from pathlib import Path

import pytest

from comparison import Comparison, Trace, read_truth
from running import assert_same_ending, assert_valid, fail_with, run, trace_folder

HERE = Path(__file__).resolve().parent
EXAMPLE = HERE.parents[1] / "examples" / "python" / "orders.py"
ENVIRONMENT = {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"}


def programs():
    """Those that this version of Python can run; `# needs 3.10` in the first line tells."""
    for path in sorted((HERE / "programs" / "python").glob("*.py")):
        needs = re.match(r"# needs 3\.(\d+)", path.read_text(encoding="utf-8"))
        if not needs or sys.version_info >= (3, int(needs.group(1))):
            yield path
    yield EXAMPLE


class Python:
    """How values and names agree."""

    @staticmethod
    def same_call(truth, traced):
        return truth == traced

    @staticmethod
    def same_value(trace, truth, traced):
        return True


@pytest.mark.parametrize("program", programs(), ids=lambda path: path.stem)
def test_python(program, tmp_path):
    folder = trace_folder("python", program.stem, tmp_path)
    arguments = [program, "one", "two words"]
    plain = run([sys.executable, *arguments], **ENVIRONMENT)
    recorded = run([sys.executable, "-m", "ctrace", "-o", folder, *arguments], **ENVIRONMENT)
    assert_same_ending(plain, recorded)
    assert_valid(folder)
    run([sys.executable, HERE / "python" / "plain_recorder.py", tmp_path / "truth", *arguments], **ENVIRONMENT)
    truth = read_truth(tmp_path / "truth")
    assert truth[1], "the plain recorder told nothing"
    fail_with(Comparison(Trace(folder), truth, Python).run())
