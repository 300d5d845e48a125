"""What a recorder leaves that was killed."""

import json
import os
import random
import subprocess
import time
from pathlib import Path

from conftest import ctrace

WRITER = Path(os.environ.get("CTRACE_BUILD", Path(__file__).resolve().parents[2] / "build" / "c")) / "tests" / "unit" / "killed_writer"


def test_what_was_written_can_be_read(tmp_path):
    chance = random.Random(1)
    for kill in range(20):
        folder = tmp_path / str(kill)
        with subprocess.Popen([WRITER, folder], stdout=subprocess.PIPE) as process:
            assert process.stdout.readline() == b"ready\n"
            time.sleep(chance.random() * 0.02)
            process.kill()
        ran = ctrace("cat", "--format", "jsonl", folder)
        events = [json.loads(line) for line in ran.out.splitlines()]
        # The first step is there twice; after it nothing is missing and nothing is torn.
        steps = [event["Step"]["line"] for event in events if "Step" in event]
        assert steps == [0] + list(range(len(steps) - 1))
        if ran.code:
            # Killed in the middle of a write: said plainly, and only the end is missing.
            assert ran.code == 1 and len(ran.err.splitlines()) == 1 and ("cut off" in ran.err or "ends inside" in ran.err)
        else:
            assert json.loads((folder / "trace.json").read_bytes()) == events
        assert not json.loads((folder / "trace_metadata.json").read_bytes())["ctrace"]["complete"]
