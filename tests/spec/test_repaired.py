"""What `ctrace repair` makes of broken files is whole for the independent readers, and holds what could be read."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("CTRACE_BUILD", ROOT / "build" / "c"))
sys.path[:0] = [str(ROOT / "spec"), str(Path(__file__).parent)]

import bin as trace_bin  # noqa: E402
import bin_builder  # noqa: E402
import contents  # noqa: E402
import ct_builder  # noqa: E402
import ctfs  # noqa: E402
from damage import damaged  # noqa: E402
from seen import cat, check_same  # noqa: E402

ROUNDS = int(os.environ.get("CTRACE_DAMAGE", "40")) // 4


def samples():
    events = contents.events(random.Random("repair"), 150)
    yield "bin", bin_builder.trace_bin(events, frame=700)
    yield "bin, no table", bin_builder.trace_bin(events, frame=700, table="none")
    yield "chunks", ct_builder.old(events, block_size=1024, chunk=8)
    yield "prefix", ct_builder.old(events, "prefix", block_size=4096, chunk=8)
    yield "bare", ct_builder.old(events, framing="bare", block_size=1024)
    yield "json", json.dumps(events).encode()


SAMPLES = dict(samples())
READERS = {"bin": trace_bin.read, "ct": ctfs.read}


def repair(path, out):
    done = subprocess.run([BUILD / "tools" / "ctrace", "repair", path, out], capture_output=True, text=True)
    assert done.returncode in (0, 1, 2), done.stderr
    return done.returncode == 0


def check_whole(out, form):
    """The repaired file says the same to both readers, without complaint."""
    events = READERS[form](out)
    check_same(cat(out), events, "the library", "the independent reader")
    return events


def readable(path):
    """What `ctrace cat` gives of a broken file, up to where it breaks."""
    out = subprocess.run([BUILD / "tools" / "ctrace", "cat", "--format", "jsonl", path], capture_output=True)
    return [json.loads(line) for line in out.stdout.splitlines()]


@pytest.mark.parametrize("what", SAMPLES)
@pytest.mark.parametrize("form", READERS)
def test_cut_files(tmp_path, what, form):
    whole = SAMPLES[what]
    r = random.Random(f"{what} {form}")
    path, out = tmp_path / "broken", tmp_path / f"out.{form}"
    repaired = 0
    for _ in range(ROUNDS):
        path.write_bytes(whole[:r.randrange(16, len(whole))])
        before = readable(path)
        if repair(path, out):
            events = check_whole(out, form)
            check_same(events[:len(before)], before, "the repaired file", "the cut one")
            repaired += 1
            out.unlink()
        else:
            assert not before
    assert repaired


@pytest.mark.parametrize("what", SAMPLES)
@pytest.mark.parametrize("form", READERS)
def test_damaged_files(tmp_path, what, form):
    r = random.Random(f"damaged {what} {form}")
    path, out = tmp_path / "broken", tmp_path / f"out.{form}"
    repaired = 0
    for _ in range(ROUNDS):
        path.write_bytes(damaged(r, SAMPLES[what]))
        if repair(path, out):
            check_whole(out, form)
            repaired += 1
            out.unlink()
    assert repaired
