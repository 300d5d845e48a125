"""From any event on, `ctrace cat` gives what it gives there when it begins at the beginning."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("CTRACE_BUILD", ROOT / "build" / "c"))
sys.path[:0] = [str(ROOT / "spec"), str(Path(__file__).parent)]

import bin_builder  # noqa: E402
import contents  # noqa: E402
import ct_builder  # noqa: E402
import ct_split  # noqa: E402


def split(r, *of_recording, **of_file):
    return ct_split.split(ct_split.Recording(r, 4000, *of_recording), **of_file)


SAMPLES = {
    "bin": lambda r: bin_builder.trace_bin(contents.events(r, 9000), frame=30000),
    "bin without a table": lambda r: bin_builder.trace_bin(contents.events(r, 9000), frame=30000, table="none"),
    "chunks": lambda r: ct_builder.old(contents.events(r, 9000), chunk=1000),
    "prefix, cbor": lambda r: ct_builder.old(contents.events(r, 9000), "prefix", "cbor", chunk=1000),
    "bare": lambda r: ct_builder.old(contents.events(r, 9000), "bare"),
    "frames": lambda r: ct_builder.old(contents.events(r, 9000), "frames", chunk=700),
    "split": lambda r: split(r, 1, "packed", True, chunk=256),
    "split, bare names": lambda r: split(r, 1, "nim", False, chunk=256),
    "split, threads": lambda r: split(r, 3, "packed", True, chunk=64),
    "split, columns": lambda r: split(r, 3, "columns", True, chunk=100),
    "split, older": lambda r: split(r, 3, "packed", False, True, chunk=100),
}


def lines(path, *options):
    return subprocess.run([BUILD / "tools" / "ctrace", "cat", "--format", "jsonl", *map(str, options), path],
                          stdout=subprocess.PIPE, check=True).stdout.splitlines()


@pytest.mark.parametrize("what", SAMPLES)
@pytest.mark.parametrize("index", ["kept", "not kept"])
def test_from_any_event(tmp_path, what, index):
    r = random.Random(what)
    path = tmp_path / "trace"
    path.write_bytes(SAMPLES[what](r))
    whole = lines(path)
    assert len(whole) > 8000
    if index == "kept":
        subprocess.run([BUILD / "tools" / "ctrace", "index", path], check=True, stdout=subprocess.DEVNULL)
    places = [0, 1, len(whole) - 1, len(whole), len(whole) + 5, *(r.randrange(len(whole)) for _ in range(12))]
    for place in places:
        assert lines(path, "--from", place, "--count", 30) == whole[place:place + 30], place
