"""What a recorder leaves that was killed."""

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
from conftest import ctrace

WRITER = Path(os.environ.get("CTRACE_BUILD", Path(__file__).resolve().parents[2] / "build" / "c")) / "tests" / "unit" / "killed_writer"


# The forms that are a whole trace after every flush, with the file of each.
FORMS = {"json": "trace.json", "ndjson": "trace.ndjson", "bin": "trace.bin", "ct": "trace.ct"}


def end(folder, form, seconds, with_signal):
    """Ends the writer some time after its first flush; gives what a reader finds, and how many events."""
    with subprocess.Popen([WRITER, folder, form], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"ready\n"
        time.sleep(seconds)
        process.send_signal(with_signal)
    ran = ctrace("cat", "--format", "jsonl", folder)
    lines = ran.out.splitlines()
    # Six were flushed: four events, then the first step twice. After it nothing is missing and nothing is torn.
    assert len(lines) >= 6
    assert lines[4:] == [f'{{"Step":{{"path_id":0,"line":{max(n - 1, 0)}}}}}' for n in range(len(lines) - 4)]
    if form != "ct":
        assert not json.loads((folder / "trace_metadata.json").read_bytes())["ctrace"]["complete"]
    return ran, len(lines)


@pytest.mark.parametrize("form", FORMS)
def test_what_was_written_can_be_read(tmp_path, form):
    chance = random.Random(1)
    for number in range(10):
        folder = tmp_path / str(number)
        ran, count = end(folder, form, chance.random() * 0.02, signal.SIGKILL)
        if ran.code:
            # Killed in the middle of a write in place: said plainly, and only the end is missing.
            assert form in ("ndjson", "ct")
            assert ran.code == 1 and len(ran.err.splitlines()) == 1
            assert any(words in ran.err for words in ("cut off", "ends inside", "ends early", "ends in"))
        elif form == "json":
            assert json.loads((folder / "trace.json").read_bytes())[count - 1] == json.loads(ran.out.splitlines()[-1])


@pytest.mark.parametrize("form", FORMS)
def test_no_other_signal_ends_a_write_half_way(tmp_path, form):
    chance = random.Random(2)
    for number in range(5):
        ran, _ = end(tmp_path / str(number), form, chance.random() * 0.01, signal.SIGTERM)
        assert ran.code == 0 and not ran.err
