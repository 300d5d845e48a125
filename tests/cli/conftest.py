"""What the tests of the command line share: running a tool, and making small traces."""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = Path(os.environ.get("CTRACE_BUILD", ROOT / "build" / "c")) / "tools"
FIXTURES = Path(os.environ.get("CTRACE_FIXTURES", ROOT.parent / "shared" / "fixtures"))
GOLDEN = ROOT / "tests" / "golden"
EXPECTED = Path(__file__).parent / "expected"


class Ran:
    """What a run of a tool left behind."""

    def __init__(self, process):
        self.code = process.returncode
        self.out = process.stdout.decode()
        self.err = process.stderr.decode()


def environment(**changes):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("LC_") and k not in ("LANG", "NO_COLOR", "TERM")}
    return {**clean, "LC_ALL": "C.UTF-8", **changes}


def run(*command, stdin=b"", cwd=None, **env):
    process = subprocess.run([TOOLS / command[0], *map(str, command[1:])], input=stdin, cwd=cwd,
                             capture_output=True, env=environment(**env), timeout=120)
    return Ran(process)


def ctrace(*arguments, **options):
    return run("ctrace", *arguments, **options)


def validate(*arguments, **options):
    return run("ctrace-validate", *arguments, **options)


def expected(name):
    return (EXPECTED / name).read_text()


def none():
    return {"kind": "None", "type_id": 0}


def integer(i):
    return {"kind": "Int", "i": i, "type_id": 1}


def string(text):
    return {"kind": "String", "text": text, "type_id": 2}


def sequence(*elements, type_id=3):
    return {"kind": "Sequence", "elements": list(elements), "is_slice": False, "type_id": type_id}


def tuple_of(*elements):
    return {"kind": "Tuple", "elements": list(elements), "type_id": 5}


class Trace:
    """Events as they stand in trace.json, with ids kept by name."""

    def __init__(self, source="/w/prog.py"):
        self.events = [{"Path": source}]
        self.variables = {}
        self.functions = {}
        self.function("<top-level>", 1)
        self.add(Call={"function_id": 0, "args": []})
        for kind, name in [(30, "None"), (7, "int"), (9, "str"), (0, "list"), (0, "dict"), (27, "tuple")]:
            self.add(Type={"kind": kind, "lang_type": name, "specific_info": {"kind": "None"}})
        self.step(1)
        self.step(1)

    def add(self, **event):
        self.events.append(event)
        return len(self.events) - 1

    def variable(self, name):
        if name not in self.variables:
            self.variables[name] = len(self.variables)
            self.add(VariableName=name)
        return self.variables[name]

    def function(self, name, line):
        if name not in self.functions:
            self.functions[name] = (len(self.functions), line)
            self.add(Function={"path_id": 0, "line": line, "name": name})

    def step(self, line):
        return self.add(Step={"path_id": 0, "line": line})

    def value(self, name, value):
        self.add(Value={"variable_id": self.variable(name), "value": value})

    def call(self, name, line, **arguments):
        self.function(name, line)
        args = [{"variable_id": self.variable(k), "value": v} for k, v in arguments.items()]
        self.step(line)
        return self.add(Call={"function_id": self.functions[name][0], "args": args})

    def ret(self, value=None):
        return self.add(Return={"return_value": value or none()})

    def save(self, folder, workdir="/w"):
        """A folder as a recorder leaves it."""
        folder.mkdir(parents=True, exist_ok=True)
        lines = ",\n".join(json.dumps(event, ensure_ascii=False, separators=(",", ":")) for event in self.events)
        (folder / "trace.json").write_text(f"[\n{lines}\n]")
        (folder / "trace_metadata.json").write_text(json.dumps({
            "recording_id": "01940000-0000-7000-8000-000000000000", "workdir": workdir,
            "program": self.events[0]["Path"], "args": ["a b", "é"],
            "recorder": {"name": "by-hand", "version": "1"}}))
        (folder / "trace_paths.json").write_text(json.dumps([e["Path"] for e in self.events if "Path" in e]))
        source = folder / "files" / self.events[0]["Path"].lstrip("/")
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_text("pass\n" * 30)
        return folder


def small_program():
    """main() loads a file, runs a loop and fails once."""
    trace = Trace()
    trace.call("main", 20, argv=sequence(string("prog.py")))
    trace.call("load", 2, path=string("a.cfg"))
    trace.step(3)
    trace.value("path", string("a.cfg"))
    trace.ret(sequence(tuple_of(string("retries"), integer(3)), type_id=4))
    for i in range(500):
        trace.call("step", 5, i=integer(i))
        trace.step(6)
        trace.ret()
    trace.call("fail", 9)
    trace.step(10)
    trace.add(Event={"kind": 11, "metadata": "", "content": "ValueError: no"})
    trace.ret({"kind": "Error", "msg": "ValueError: no", "type_id": 0})
    trace.step(22)
    trace.add(Event={"kind": 0, "metadata": "", "content": "done\n"})
    trace.ret(integer(0))
    trace.ret()
    return trace


@pytest.fixture
def program(tmp_path):
    return small_program().save(tmp_path / "program")


@pytest.fixture
def open_to_all():
    """A folder that another user may enter, with the tools in it."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    for tool in "ctrace", "ctrace-validate":
        shutil.copy(TOOLS / tool, folder / tool)
    yield folder
    shutil.rmtree(folder)


def nobody():
    """The options of subprocess that let permissions hold, which do not stop root."""
    return {"user": 65534} if os.getuid() == 0 else {}


def fixture_files():
    if not FIXTURES.is_dir():
        pytest.skip(f"traces of other producers are not at {FIXTURES}")
    return sorted(FIXTURES.glob("*.json"))
