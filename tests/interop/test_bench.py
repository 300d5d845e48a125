"""The benchmark compares like with like, and runs."""

import json
import os
import subprocess
import sys

from support import BUILD, ROOT, assert_same_events


def test_all_write_the_same_stream(crates, tmp_path):
    program = BUILD / "tests" / "bench" / "bench_write"
    subprocess.run([program, "1000", tmp_path / "ours"], check=True, capture_output=True)
    ours = json.loads((tmp_path / "ours" / "trace.json").read_text())
    shares = {kind: sum(1 for event in ours if kind in event) for kind in ("Value", "Step", "Call", "Return")}
    assert shares == {"Value": 720, "Step": 240, "Call": 21, "Return": 20}
    for dialect in ("old", "new"):
        folder = tmp_path / dialect
        crates.run("bench-write", "--dialect", dialect, "--events", "1000", folder)
        assert_same_events(json.loads((folder / "trace.json").read_text()), ours)


def test_the_benchmark_runs(crates):
    command = [sys.executable, ROOT / "tests" / "bench" / "run.py", "--quick", "--rounds", "1",
               "--only", "json-write", "--only", "json-read"]
    environment = {**os.environ, "CTRACE_BUILD": str(BUILD)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("faster than crates, new") == 2, done.stdout
