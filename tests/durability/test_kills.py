"""Programs that are killed at random times while they are recorded: what they leave is whole, and has all but the last
flush interval.

CTRACE_KILLS is how many there are in all, 200 when it is not set. Readers that must take what is left:
- the published crate's, which is strict: JSON and bin;
- ours, in every form, without a word of complaint; in JSON lines and ct, which are written in place, also what is cut
  off;
- for ct the one in spec/, as no crate reads that form.
bin-v0 is whole only at its end: killed, it leaves no events, and nothing that could be taken for them.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import time

import ctfs
import pytest
from conftest import FILES, PROGRAMS, Found

KILLS = int(os.environ.get("CTRACE_KILLS", "200"))
SEED = int(os.environ.get("CTRACE_KILLS_SEED", "0")) or random.randrange(1, 1 << 31)
COMBINATIONS = [(form, threads) for form in FILES for threads in (1, 2, 8)]
KILLS_EACH = -(-KILLS // len(COMBINATIONS))
BATCH = 10  # so many traces are kept, to be read by the crate at once


class Killed:
    """A recording that ran for some time after its first words, and was killed."""

    def __init__(self, folder, *arguments, seconds, early=False):
        self.folder = folder
        with subprocess.Popen([PROGRAMS / "recording", folder, *map(str, arguments)], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as process:
            first = "" if early else process.stdout.readline()
            time.sleep(seconds)
            self.at = time.monotonic() * 1000
            process.send_signal(signal.SIGKILL)
            rest, err = process.communicate()
        assert process.returncode == -signal.SIGKILL and not err, (process.returncode, err)
        # The last line may be cut off.
        lines = [line.split() for line in (first + rest).rpartition("\n")[0].splitlines()]
        self.acked = [[int(word) for word in words[1:]] for words in lines if words[0] == "acked"]
        self.told = [(int(words[1]), [int(word) for word in words[2:]]) for words in lines if words[0] == "told"]

    def drop_copies(self):
        for path in self.folder.glob(".trace*"):
            path.unlink()


def has(found, numbers):
    return all(there >= number for there, number in zip(found.last, numbers))


def lines_are_whole(path):
    """Whether a file has lines of JSON alone; a part of one may come last."""
    whole, _, part = path.read_bytes().rpartition(b"\n")
    for line in whole.splitlines():
        json.loads(line)
    return not part


def kill_one(folder, form, threads, chance):
    options = [word for word, share in (("loose", 0.5), ("fast", 0.5), ("durable", 0.1)) if chance.random() < share]
    early = chance.random() < 0.1
    seconds = chance.random() * (0.02 if early else 0.15)
    killed = Killed(folder, form, threads, *options, seconds=seconds, early=early)
    killed.drop_copies()
    what = (str(folder), options, seconds, SEED)
    file = folder / FILES[form]
    if form == "bin-v0":
        assert not file.exists(), what
        return None
    # Before the first flush JSON lines have no line; before the folder is made there is no form at all.
    if (early and not file.exists()) or (form == "ndjson" and file.stat().st_size == 0):
        assert not killed.acked, what
        return None
    found = Found(folder)
    if killed.acked:
        assert has(found, killed.acked[-1]), (what, found.last, killed.acked[-1])
    whole = found.status == "CTRACE_END"
    if form in ("json", "bin"):
        assert whole, (what, found.why)
    elif form == "ndjson":
        assert lines_are_whole(file) == whole, what
    assert whole or any(words in found.why for words in ("cut off", "ends inside", "ends early", "ends in")), found.why
    if form == "ct" and file.stat().st_size < 1 << 18 and chance.random() < 0.3:  # it is slow
        assert len(ctfs.read(file)) == found.events, what
    return found


@pytest.mark.parametrize("form,threads", COMBINATIONS)
def test_what_a_killed_program_leaves(tmp_path, crates, form, threads):
    chance = random.Random(f"{SEED} {form} {threads}")
    waiting = {}
    read = 0
    for number in range(KILLS_EACH):
        folder = tmp_path / str(number)
        found = kill_one(folder, form, threads, chance)
        if found and form in ("json", "bin"):
            waiting[folder / FILES[form]] = found.events
        else:
            shutil.rmtree(folder, ignore_errors=True)
        if waiting and (len(waiting) == BATCH or number == KILLS_EACH - 1):
            lines = crates.run("read", "--dialect", "new", "--summary", *waiting)
            expected = [f"accepted {events} {file}" for file, events in waiting.items()]
            assert lines == expected, (SEED, [line for line in lines if line not in expected])
            read += len(lines)
            for file in waiting:
                shutil.rmtree(file.parent)
            waiting.clear()
    if form in ("json", "bin"):
        assert read >= KILLS_EACH // 2


# A flush comes every 100 ms. Another two seconds are for a machine that has other things to do.
INTERVAL, SLACK = 100, 2000


@pytest.mark.parametrize("form", [form for form in FILES if form != "bin-v0"])
@pytest.mark.parametrize("threads", [1, 8])
def test_at_most_the_last_interval_is_missing(tmp_path, form, threads):
    killed = Killed(tmp_path / "t", form, threads, "quiet", seconds=(INTERVAL + SLACK) / 1000 + 0.6)
    told = [numbers for at, numbers in killed.told if at < killed.at - INTERVAL - SLACK]
    assert told and max(told[-1]) > 0
    found = Found(killed.folder)
    assert has(found, told[-1]), (found.last, told[-1], killed.told[-1])


def hidden_in(folder):
    return {path.name for path in folder.iterdir() if path.name.startswith(".")}


def test_what_a_killed_program_left_hidden_goes_with_the_next_one(tmp_path):
    for form in ("json", "bin"):
        left = hidden_in(Killed(tmp_path / "t", form, 1, "fast", seconds=0.02).folder)
        assert any(name.startswith(f".{FILES[form]}.") for name in left)
        assert not left & hidden_in(Killed(tmp_path / "t", "ndjson", 1, seconds=0).folder)
