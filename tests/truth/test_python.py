"""The Python recorder tells the truth: each program is run plainly, under the plain recorder and under the real one."""

import re
import sys
from pathlib import Path

import pytest

from comparison import (Comparison, Trace, read_truth, same_fields, same_float, same_items, same_number, same_pairs)
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
        same = Python.same_value
        if "mark" in truth:
            return traced["kind"] == "Raw" and traced["r"] == truth["mark"]
        if "is" in truth and truth["is"] is None:
            return traced["kind"] == "None"
        if trace.type_name(traced) != truth["type"]:
            return False
        if "hidden" in truth:
            return traced["kind"] in ("Struct", "Raw")
        if "items" in truth and truth["base"] == "dict":
            return traced["kind"] == "Sequence" and same_pairs(same, trace, truth["items"], traced["elements"])
        if "items" in truth:
            return traced["kind"] == "Sequence" and same_items(same, trace, truth["items"], traced["elements"])
        if "fields" in truth:
            return same_fields(same, trace, truth["fields"], traced)
        if "raw" in truth:
            return traced["kind"] == "Raw" and traced["r"] == truth["raw"]
        if "float" in truth:
            return same_float(truth["float"], traced)
        if isinstance(truth["is"], bool):
            return traced["kind"] == "Bool" and traced["b"] is truth["is"]
        if isinstance(truth["is"], int):
            return same_number(truth["is"], traced)
        return traced["kind"] == "String" and traced["text"] == truth["is"]


@pytest.mark.parametrize("program", list(programs()), ids=lambda path: path.stem)
def test_python(program, tmp_path):
    folder = trace_folder("python", program.stem, tmp_path)
    arguments = [program, "one", "two words"]
    plain = run([sys.executable, *arguments], **ENVIRONMENT)
    recorded = run([sys.executable, "-m", "ctrace", "--show-secrets", "-o", folder, *arguments], **ENVIRONMENT)
    assert_same_ending(plain, recorded)
    assert_valid(folder)
    if "\n# no truth" in program.read_text(encoding="utf-8"):
        return
    run([sys.executable, HERE / "python" / "plain_recorder.py", tmp_path / "truth", *arguments], **ENVIRONMENT)
    truth = read_truth(tmp_path / "truth")
    assert truth[1], "the plain recorder told nothing"
    fail_with(Comparison(Trace(folder), truth, Python).run())
