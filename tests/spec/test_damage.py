"""Files of every form with bytes changed, cut and made longer: the library neither dies nor hangs."""

import json
import os
import random
import struct
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("CTRACE_BUILD", ROOT / "build" / "c"))
sys.path[:0] = [str(ROOT / "spec"), str(Path(__file__).parent)]

import bin_builder  # noqa: E402
import contents  # noqa: E402
import ct_builder as build  # noqa: E402
import ct_split as streams  # noqa: E402
import v0  # noqa: E402
from damage import damaged  # noqa: E402

ROUNDS = int(os.environ.get("CTRACE_DAMAGE", "40"))


def run(path, command="cat"):
    out = subprocess.run([BUILD / "tools" / "ctrace", command, path], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert out.returncode in (0, 1, 2), f"{path} ended {command} with {out.returncode}: {out.stderr[-500:]}"
    return out.returncode


def samples():
    r = random.Random("damage")
    events = contents.events(r, 120)
    yield "bin", bin_builder.trace_bin(events, frame=700)
    yield "chunks", build.old(events, block_size=1024, chunk=16)
    yield "bare", build.old(events, framing="bare", block_size=1024)
    for positions, rich, older in (("nim", False, False), ("packed", True, False), ("columns", True, False),
                                   ("nim", False, True)):
        recording = streams.Recording(r, 60, 2, positions, rich, older)
        yield f"{positions} {'older' if older else 'newer'}", streams.split(recording, block_size=1024)


SAMPLES = dict(samples())


@pytest.mark.parametrize("what", SAMPLES)
@pytest.mark.parametrize("where", ["anywhere", "in the head"])
def test_damage(tmp_path, what, where):
    """In the head: of a container, its entries and the first mapping blocks."""
    whole = SAMPLES[what]
    r = random.Random(f"{what} {where}")
    path = tmp_path / "trace"
    path.write_bytes(whole)
    assert run(path) == 0
    for _ in range(ROUNDS):
        if where == "anywhere":
            path.write_bytes(damaged(r, whole))
        else:
            path.write_bytes(whole[:8] + damaged(r, whole[8:2048]) + whole[2048:])
        run(path)
        if r.random() < 0.25:
            run(path, "validate")


def test_damage_of_version_0(tmp_path):
    """Packed, and with the changes in what is packed: pointers, counts, sizes of segments."""
    r = random.Random("version 0")
    given, path = tmp_path / "in.json", tmp_path / "trace.bin"
    kinds = ["Step", "Value", "Path", "Call", "Return", "Type", "Assignment"]
    given.write_text(json.dumps(contents.events(r, 60, kinds)))
    subprocess.run([BUILD / "tools" / "ctrace", "convert", "-q", "--to", "bin-v0", given, path], check=True)
    whole = path.read_bytes()
    message = v0.unpack(whole[8:])
    for _ in range(ROUNDS):
        path.write_bytes(whole[:8] + damaged(r, whole[8:]))
        run(path)
        changed = damaged(r, message)
        words = [changed[at:at + 8].ljust(8, b"\0") for at in range(0, len(changed), 8)]
        path.write_bytes(whole[:8] + b"".join(b"\xff" + word + b"\0" for word in words))
        run(path)


def entries(data):
    """(place of the entry, size, mapping block) of each file."""
    for at in range(16, 16 + 24 * 31, 24):
        size, block, name = struct.unpack_from("<QQQ", data, at)
        if name:
            yield at, size, block


@pytest.mark.parametrize("what", ["chunks", "bare", "nim newer"])
@pytest.mark.parametrize("size", [2**20, 2**40, 2**63 - 1, 2**64 - 1])
def test_a_size_that_is_not_there(tmp_path, what, size):
    data = bytearray(SAMPLES[what])
    for at, _, _ in entries(data):
        struct.pack_into("<Q", data, at, size)
    path = tmp_path / "trace"
    path.write_bytes(data)
    run(path)


@pytest.mark.parametrize("what", ["chunks", "bare", "nim newer"])
def test_blocks_that_lead_to_themselves(tmp_path, what):
    """Every slot of every mapping block leads back to that block, and the files claim to be huge."""
    data = bytearray(SAMPLES[what])
    for at, _, block in list(entries(data)):
        struct.pack_into("<Q", data, at, 2**50)
        struct.pack_into("<128Q", data, block * 1024, *[block] * 128)
    path = tmp_path / "trace"
    path.write_bytes(data)
    run(path)


def test_claims_of_much(tmp_path):
    """Counts and lengths near the largest, in every place of streams and tables that has one."""
    r = random.Random("claims")
    huge = build.varint(2**62)
    recording = streams.Recording(r, 20)
    files = streams.split_files(recording)
    files["meta.dat"] = build.meta_dat(flags=streams.split_flags(recording))
    changes = {
        "values": huge, "values of a record": build.vbytes(b"\0" + huge), "drops": build.vbytes(b"\3" + huge),
        "unknown tag": build.vbytes(b"\x10" + huge),
    }
    path = tmp_path / "trace"
    for name, chunk in changes.items():
        path.write_bytes(build.container({**files, **streams.stream("values", [chunk], 16)}))
        assert run(path) in (0, 1), name
    arguments = build.varint(0) + build.svarint(-1) + build.varint(0) * 3 + huge
    path.write_bytes(build.container({**files, **streams.stream("calls", [build.vbytes(arguments)], 16)}))
    run(path)
    path.write_bytes(build.container({**files, **streams.stream("events", [build.vbytes(b"\0\0" + huge)], 16)}))
    run(path)
    path.write_bytes(build.container({**files, "paths.off": build.u64(2**63) * 9}))
    run(path)
    path.write_bytes(build.container({**files, "steps.idx": build.u32(2**32 - 1) + build.u64(2**63) * 9}))
    run(path)
    path.write_bytes(build.container({**files, "meta.dat": b"CTMD\3\0\0\0" + huge * 9}))
    run(path)


def test_a_frame_that_grows(tmp_path):
    """A chunk of 1 GiB of zeros in 100 kB, and a frame whose window is larger than any reader's memory."""
    zeros = build.compress(bytes(1 << 24)) * 64
    path = tmp_path / "trace"
    for log in (build.u32(len(zeros)) + build.u32(1) + build.u64(0) + zeros,
                build.u32(40) + build.u32(1) + build.u64(0) + bytes.fromhex("28B52FFD00F8") + bytes(40)):
        path.write_bytes(build.container({"events.log": log, "events.fmt": b"split-binary"}))
        out = subprocess.run(["bash", "-c", 'ulimit -v 400000; exec "$0" cat "$1"', BUILD / "tools" / "ctrace", path],
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        assert out.returncode in (0, 1, 2), out.stderr
