"""Running the program on the crates and our tools, and comparing events."""

import base64
import json
import math
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("CTRACE_BUILD", ROOT / "build" / "c")).resolve()
CRATES_FOLDER = Path(__file__).resolve().parent / "rust"
DIALECTS = ("old", "new")


def lines_of(output):
    """Lines end in newlines alone; a text in them may hold other characters that str.splitlines() would split at."""
    return output.decode().split("\n")[:-1]


class Crates:
    """The program on the published crates, see rust/src/main.rs."""

    def __init__(self, program):
        self.program = program

    def run(self, *arguments):
        done = subprocess.run([self.program, *arguments], capture_output=True, check=False)
        assert done.returncode in (0, 1) and not done.stderr, (done.returncode, done.stderr)
        return lines_of(done.stdout)

    def write(self, dialect, folder):
        """Lets the crate write its traces: {name: folder}."""
        lines = self.run("write", "--dialect", dialect, folder)
        return {line.split()[1]: folder / line.split()[1] for line in lines if line.startswith("written ")}

    def refusals(self, dialect, files):
        """Why the crate refuses each file, None where it does not."""
        lines = self.run("read", "--dialect", dialect, "--summary", *files)
        assert len(lines) == len(files)
        return {file: None if line.startswith("accepted ") else line for file, line in zip(files, lines)}

    def events(self, dialect, file):
        """The events that the crate reads, as it spells them itself."""
        lines = self.run("read", "--dialect", dialect, file)
        assert not lines or not lines[-1].startswith("refused "), lines[-1]
        return [json.loads(line) for line in lines]


def missing_toolchain():
    """What cannot be done without, or None."""
    if not shutil.which("cargo"):
        return "cargo is missing"
    version = subprocess.run(["cargo", "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    if tuple(int(part) for part in version.split("-")[0].split(".")[:2]) < (1, 85):
        return f"cargo 1.85 or newer is missing (there is {version})"
    if not shutil.which("capnp"):
        return "capnp is missing (Debian package capnproto), which the crates need at build"
    return None


def built_crates():
    """Builds the program on the published crates; a skip where that cannot be."""
    missing = missing_toolchain()
    if missing:
        pytest.skip(missing)
    target = BUILD.parent / "rust"
    built = subprocess.run(
        ["cargo", "build", "--release", "--locked", "--quiet", "--target-dir", target],
        cwd=CRATES_FOLDER, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return Crates(target / "release" / "crates")


def our_events(path):
    """The events that our reader gives."""
    command = [BUILD / "tools" / "ctrace", "cat", "--format", "jsonl", path]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in lines_of(done.stdout)]


def our_copy(path, folder, floats):
    """Our writer's copy of the events that our reader gives; the file."""
    subprocess.run([BUILD / "tests" / "interop" / "write_everything", "copy", path, folder, floats], check=True)
    return folder / "trace.json"


def verdicts(paths, *options):
    """What ctrace-validate says of traces: one object each, see tools/validate.schema.json."""
    done = subprocess.run(
        [BUILD / "tools" / "ctrace-validate", "--format", "json", *options, *paths], capture_output=True, check=False)
    assert done.returncode in (0, 1), done.stderr.decode()
    inputs = json.loads(done.stdout)["inputs"]
    assert len(inputs) == len(paths)
    return inputs


def foretold(report, dialect):
    """True when our validator says that the crate refuses the trace."""
    return report["consumers"][f"rust-{dialect}"] == "refuse"


class Approximately(float):
    """A float that equals its neighbours: serde_json's usual way to read a number may miss by two units in the last
    place, and the old crate uses it."""

    def __eq__(self, other):
        return math.isclose(self, other, rel_tol=2.0**-50) or abs(self - other) <= 4 * 5e-324

    __hash__ = None


def _as_float(spelling, reader):
    if spelling is None:
        return "NaN"
    number = float(spelling)
    if math.isnan(number):
        return "NaN"
    return Approximately(number) if reader == "old" else (number, math.copysign(1, number))


def plain(node, reader=None):
    """The same node with what may be spelled in two ways in one of them: floats. `reader` "old" is given for what the
    old crate has read."""
    if isinstance(node, list):
        return [plain(item, reader) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("kind") == "Float":
        return {**node, "f": _as_float(node["f"], reader)}
    if node.get("kind") == "BigInt":
        return {**node, "b": base64.b64decode(node["b"], validate=True)}
    return {key: plain(value, reader) for key, value in node.items()}


def assert_same_events(left, right, reader=None):
    """Event by event; the first difference is told."""
    for index, (one, other) in enumerate(zip(left, right)):
        one, other = plain(one, reader), plain(other, reader)
        assert one == other, f"event {index}"
    assert len(left) == len(right)
