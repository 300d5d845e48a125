"""The benchmark compares like with like, and runs."""

import json
import os
import subprocess
import sys

import pytest

from support import BUILD, ROOT, assert_same_events


def events_in(file):
    """The events of a trace in any form, as its JSON spells them."""
    done = subprocess.run([BUILD / "tools" / "ctrace", "convert", file, file.with_name("as.json")], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(file.with_name("as.json").read_text())


@pytest.mark.parametrize("program", ["bench_write", "bench_record"])
def test_all_write_the_same_stream(crates, tmp_path, program):
    subprocess.run([BUILD / "tests" / "bench" / program, "1000", tmp_path / "ours"], check=True, capture_output=True)
    ours = json.loads((tmp_path / "ours" / "trace.json").read_text())
    shares = {kind: sum(1 for event in ours if kind in event) for kind in ("Value", "Step", "Call", "Return")}
    assert shares == {"Value": 720, "Step": 240, "Call": 21, "Return": 20}
    for dialect in ("old", "new"):
        folder = tmp_path / dialect
        crates.run("bench-write", "--dialect", dialect, "--events", "1000", folder)
        assert_same_events(json.loads((folder / "trace.json").read_text()), ours)
        for command in ("bench-write-v0", "bench-write-v1"):
            crates.run(command, "--dialect", dialect, "--events", "1000", folder)
            assert_same_events(events_in(folder / "trace.bin"), ours)


def test_the_benchmark_runs(crates):
    command = [sys.executable, ROOT / "tests" / "bench" / "run.py", "--quick", "--rounds", "1",
               "writer", "json-read"]
    environment = {**os.environ, "CTRACE_BUILD": str(BUILD)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("faster than crates, new") == 1, done.stdout
    assert done.stdout.count("x less (goal") == 8, done.stdout
