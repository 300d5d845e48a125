"""What a recorder leaves that was killed."""

import json
import os
import random
import subprocess
import time
from pathlib import Path

import pytest
from conftest import ctrace

WRITER = Path(os.environ.get("CTRACE_BUILD", Path(__file__).resolve().parents[2] / "build" / "c")) / "tests" / "unit" / "killed_writer"


# The forms that are a whole trace after every flush, with the file of each.
FORMS = {"json": "trace.json", "ndjson": "trace.ndjson", "bin": "trace.bin", "ct": "trace.ct"}


def kill(folder, form, seconds):
    with subprocess.Popen([WRITER, folder, form], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"ready\n"
        time.sleep(seconds)
        process.kill()


@pytest.mark.parametrize("form", FORMS)
def test_what_was_written_can_be_read(tmp_path, form):
    chance = random.Random(1)
    for number in range(20 if form == "json" else 10):
        folder = tmp_path / str(number)
        kill(folder, form, chance.random() * 0.02)
        ran = ctrace("cat", "--format", "jsonl", folder)
        events = [json.loads(line) for line in ran.out.splitlines()]
        # The first step is there twice; after it nothing is missing and nothing is torn.
        steps = [event["Step"]["line"] for event in events if "Step" in event]
        assert steps == [0] + list(range(len(steps) - 1))
        assert len(steps) > 1
        if ran.code:
            # Killed in the middle of a write: said plainly, and only the end is missing.
            assert ran.code == 1 and len(ran.err.splitlines()) == 1
            assert any(words in ran.err for words in ("cut off", "ends inside", "ends early", "ends in"))
        elif form == "json":
            assert json.loads((folder / "trace.json").read_bytes()) == events
        elif form == "ndjson":
            assert [json.loads(line) for line in (folder / "trace.ndjson").read_bytes().splitlines()] == events
        if form != "ct":
            assert not json.loads((folder / "trace_metadata.json").read_bytes())["ctrace"]["complete"]
