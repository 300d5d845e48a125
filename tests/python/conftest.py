"""The built package is on PYTHONPATH; programs are run by the interpreter that runs the tests."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("CTRACE_BUILD", ROOT / "build" / "c"))


class Ended:
    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr

    def __eq__(self, other):
        return (self.code, self.out, self.err) == (other.code, other.out, other.err)

    def __repr__(self):
        return f"<exit {self.code}, {self.out!r}, {self.err!r}>"


class Recorder:
    """Runs programs in a folder of their own, plainly and recorded."""

    def __init__(self, folder):
        self.folder = folder
        self.trace = folder / "trace"

    def write(self, text, name="prog.py"):
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def run(self, *words, options=(), cwd=None, **environment):
        # Only what the package is found by, so that the program sees the same with and without.
        env = {name: value for name, value in os.environ.items() if not name.startswith("CODETRACER_")}
        env.update(environment, PYTHONDONTWRITEBYTECODE="1")
        done = subprocess.run([sys.executable, *options, *map(str, words)], stdin=subprocess.DEVNULL,
                              capture_output=True, env=env, cwd=cwd or self.folder)
        return Ended(done)

    def plain(self, *words, **more):
        return self.run(*words, **more)

    def record(self, *words, **more):
        return self.run("-m", "ctrace", "-o", self.trace, *words, **more)

    def both(self, *words, **more):
        """What the program does is the same; its trace is judged valid."""
        import ctrace

        plain, recorded = self.plain(*words, **more), self.record(*words, **more)
        assert recorded == plain
        report = ctrace.validate(self.trace)
        assert report.valid, [str(problem) for problem in report]
        return recorded

    def events(self):
        import ctrace

        with ctrace.Reader(self.trace) as reader:
            return list(reader)

    def calls(self):
        """The names of the functions that were called, in order."""
        functions, found = [], []
        for event in self.events():
            if event.kind == "Function":
                functions.append(event.name)
            elif event.kind == "Call":
                found.append(functions[event.function_id])
        return found

    def locals_of(self, wanted):
        """All values that a variable had, as the trace has them."""
        names, found = [], []
        for event in self.events():
            if event.kind == "VariableName":
                names.append(event.name)
            elif event.kind == "Value" and names[event.variable_id] == wanted:
                found.append(event.value)
        return found

    def output(self, kind="Write"):
        return "".join(event.content for event in self.events() if event.kind == "Event" and event.log_kind == kind)


@pytest.fixture
def recorder(tmp_path):
    return Recorder(tmp_path)
