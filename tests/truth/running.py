"""Runs a program plainly and recorded, and says how the two may not differ."""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from comparison import BUILD

TRACES = os.environ.get("CTRACE_RECORDED_TRACES")


@dataclass
class Ended:
    code: int
    out: bytes
    err: bytes


def run(command, **environment):
    env = {name: value for name, value in os.environ.items() if not name.startswith(("CTRACE_REC", "CODETRACER_"))}
    env.update(environment)
    done = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL, capture_output=True, env=env,
                          cwd=tempfile.gettempdir())
    return Ended(done.returncode, done.stdout, done.stderr)


def trace_folder(language, program, tmp_path):
    """Where the trace of a program goes: to the other suites if they ask for it."""
    folder = Path(TRACES) / language / program if TRACES else tmp_path / "trace"
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def assert_same_ending(plain, recorded):
    assert recorded.err.decode(errors="replace") == plain.err.decode(errors="replace")
    assert recorded.out.decode(errors="replace") == plain.out.decode(errors="replace")
    assert recorded.out == plain.out and recorded.err == plain.err
    assert recorded.code == plain.code


def assert_valid(folder, *options):
    tool = BUILD / "tools" / "ctrace-validate"
    assert tool.exists(), f"{tool} is not built"
    done = run([tool, *options, folder])
    assert done.code == 0, (done.out + done.err).decode()


def fail_with(problems):
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)
