"""Containers of every layout: the independent reader, the library, and what was put in agree."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("CTRACE_BUILD", ROOT / "build" / "c"))
FIXTURES = Path(os.environ.get("CTRACE_FIXTURES", ROOT.parent / "shared" / "fixtures"))
sys.path[:0] = [str(ROOT / "spec"), str(Path(__file__).parent)]

import contents  # noqa: E402
import ct_builder as build  # noqa: E402
import ct_split as streams  # noqa: E402
import ctfs  # noqa: E402
from encoding import BEFORE_TEXT, DIALECTS, NIM, ODD, PORTABLE, RUST  # noqa: E402
from seen import cat, check_same  # noqa: E402

SEEDS = range(int(os.environ.get("CTRACE_SEEDS", "6")))


def check(tmp_path, data, expected=None, code=0):
    """Both readers see the same in the container, and it is what was put in."""
    path = tmp_path / "trace.ct"
    path.write_bytes(data)
    by_reader = ctfs.read(path)
    if expected is not None:
        check_same(by_reader, expected, "the independent reader", "what was put in")
    check_same(cat(path, code), by_reader, "the library", "the independent reader")


# ---- The container ----

@pytest.mark.parametrize("version", [2, 3, 4])
@pytest.mark.parametrize("block_size", [1024, 2048, 4096])
@pytest.mark.parametrize("layout", ["in order", "shuffled", "not padded"])
def test_containers(tmp_path, version, block_size, layout):
    r = random.Random(f"{version} {block_size} {layout}")
    events = contents.events(r, 300)
    check(tmp_path, build.old(events, version=version, block_size=block_size, padded=layout != "not padded",
                              shuffle=r if layout == "shuffled" else None,
                              reserved=b"\0\1" if version == 4 else b"\0\0"), events)


@pytest.mark.parametrize("block_size,megabytes", [(1024, 0.2), (1024, 1), (1024, 17), (2048, 1), (4096, 3)])
def test_files_of_many_blocks(tmp_path, block_size, megabytes):
    r = random.Random(block_size)
    size = 40000
    events = [{"Event": {"kind": 0, "metadata": "", "content": f"{i:06} " + "abcdefgh" * (size // 8)}}
              for i in range(int(megabytes * 1e6 / size))]
    check(tmp_path, build.old(events, framing="bare", block_size=block_size, shuffle=r), events)


@pytest.mark.parametrize("entries", [4, 31, 100, 170])
def test_numbers_of_entries(tmp_path, entries):
    events = contents.events(random.Random(entries), 20)
    check(tmp_path, build.old(events, entries=entries), events)


# ---- Layout "old" ----

@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("framing,payload", [("chunks", "split-binary"), ("prefix", "split-binary"), ("chunks", "cbor"),
                                             ("prefix", "cbor"), ("bare", "cbor"), ("frames", "cbor")])
def test_old(tmp_path, seed, dialect, framing, payload):
    r = random.Random(f"{seed} {dialect} {framing} {payload}")
    events = contents.events(r, r.choice([0, 1, 7, 150]))
    data = build.old(events, framing, payload, DIALECTS[dialect], chunk=r.choice([1, 5, 64, 4096]),
                     tells_size=r.random() < 0.7, tells_format=r.random() < 0.8)
    check(tmp_path, data, events if dialect != "odd" else None)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("framing", ["chunks", "prefix", "bare", "frames"])
def test_cut_containers(tmp_path, seed, framing):
    """Cut anywhere behind the header: all whole chunks, or whole events where there are none."""
    r = random.Random(f"cut {seed} {framing}")
    data = build.old(contents.events(r, 400), framing, chunk=8, block_size=1024)
    path = tmp_path / "trace.ct"
    path.write_bytes(data[:r.randrange(2048, len(data))])
    out = subprocess.run([BUILD / "tools" / "ctrace", "cat", "--format", "jsonl", path], capture_output=True)
    assert out.returncode in (0, 1), out.stderr
    found = [json.loads(line) for line in out.stdout.splitlines()]
    check_same(found, ctfs.read(path), "the library", "the independent reader")


@pytest.mark.parametrize("what", ["no meta.dat", "meta.dat of version 2", "meta.dat cut", "bytes behind",
                                  "unknown flags", "wrong id", "all blocks", "meta.json"])
def test_metadata_matters_little(tmp_path, what):
    metadata = {
        "no meta.dat": None,
        "meta.dat of version 2": build.meta_dat(version=2),
        "meta.dat cut": build.meta_dat()[:30],
        "bytes behind": build.meta_dat(behind=b"more"),
        "unknown flags": build.meta_dat(flags=0xE000),
        "wrong id": build.meta_dat(recording_id="7"),
        "all blocks": build.meta_dat(flags=0b1110, paths=["/a", "/b"]),
        "meta.json": None,
    }[what]
    more = {"meta.json": b'{"recording_id":"x","program":"p","args":[],"workdir":"/w"}'} if what == "meta.json" else {}
    events = contents.events(random.Random(what), 50)
    check(tmp_path, build.old(events, meta=metadata, more=more), events)


# ---- Layout "split" ----

@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("older", [False, True], ids=["newer", "older"])
@pytest.mark.parametrize("positions,rich", [("nim", False), ("packed", False), ("packed", True), ("columns", False),
                                            ("columns", True)])
def test_split(tmp_path, seed, threads, older, positions, rich):
    r = random.Random(f"{seed} {threads} {older} {positions} {rich}")
    recording = streams.Recording(r, r.choice([1, 2, 40, 200]), threads, positions, rich, older)
    data = streams.split(recording, r.choice([RUST, BEFORE_TEXT, NIM, PORTABLE]), chunk=r.choice([1, 3, 16, 256]),
                       tells_size=r.random() < 0.7, tables_have_end=r.random() < 0.7,
                       block_size=r.choice([1024, 4096]), shuffle=r if r.random() < 0.5 else None)
    check(tmp_path, data, recording.events)


@pytest.mark.parametrize("positions", ["nim", "packed"])
@pytest.mark.parametrize("older", [False, True], ids=["newer", "older"])
def test_split_without_metadata(tmp_path, positions, older):
    recording = streams.Recording(random.Random(positions), 100, 2, positions, False, older)
    check(tmp_path, streams.split(recording, meta=None), recording.events)


@pytest.mark.parametrize("older,flags", [(False, 0), (True, streams.NEW_FRAMINGS)], ids=["newer", "older"])
def test_flags_that_lie_about_framings(tmp_path, older, flags):
    """The files themselves tell their framing."""
    recording = streams.Recording(random.Random(flags), 100, 2, "packed", older=older)
    check(tmp_path, streams.split(recording, meta=build.meta_dat(flags=flags)), recording.events)


def test_split_of_an_odd_dialect(tmp_path):
    recording = streams.Recording(random.Random(5), 80)
    check(tmp_path, streams.split(recording, ODD))


@pytest.mark.parametrize("what", ["unknown flags", "paths of meta.dat", "no tables", "combined", "step map",
                                  "tags above 09", "bare names with bit 12", "no values", "no calls", "no events"])
def test_odd_split(tmp_path, what):
    r = random.Random(what)
    recording = streams.Recording(r, 60, rich=what == "bare names with bit 12", positions="packed")
    files = streams.split_files(recording)
    flags = streams.split_flags(recording)
    if what == "unknown flags":
        flags |= 0xE000
    elif what == "paths of meta.dat":
        del files["paths.dat"], files["paths.off"]
    elif what == "no tables":
        for name in ("funcs", "types", "varnames"):
            del files[name + ".dat"], files[name + ".off"]
    elif what == "combined":
        files["events.log"] = build.events_log(contents.events(r, 30))
        files["events.fmt"] = b"split-binary"
    elif what == "step map":
        files["step-map.ns"] = bytes.fromhex("504D5453") + bytes(14)
        files["linehits.tc"] = b"NSB1" + bytes(4092)
    elif what == "tags above 09":
        rows = [streams.value_record(row, False, RUST) + b"\x0a" + build.vbytes(b"new") for row in recording.values]
        files.update(streams.record_stream("values", rows, 16, False, True))
    elif what == "bare names with bit 12":
        files.update(streams.table("funcs", [b"main", b"f", b"", b"run it", b"g", b"h"]))
    elif what.startswith("no "):
        del files[what[3:] + ".dat"], files[what[3:] + ".idx"]
    files["meta.dat"] = build.meta_dat(flags=flags, paths=recording.paths)
    check(tmp_path, build.container(files))


def steps_alone(positions, paths, meta, **more):
    files = streams.stream("steps", [b"".join(b"\0" + build.varint(position) for position in positions)], 4096)
    files.update(streams.table("paths", paths))
    if meta is not None:
        files["meta.dat"] = build.meta_dat(flags=streams.NEW_FRAMINGS | meta)
    return build.container({**files, **more})


@pytest.mark.parametrize("paths", [0, 1, 2, 3])
@pytest.mark.parametrize("flags", [None, 0, streams.BINARY_TABLES], ids=["no meta.dat", "no bit", "bit 12"])
def test_positions_are_decided_one_by_one(tmp_path, paths, flags):
    positions = [0, 7, 99999, 100000, 100001, 250000, 2**32 - 1, 2**32, 2**32 + 5, 2**33 + 9, 2**40, 2**64 - 1]
    check(tmp_path, steps_alone(positions, [b"/a", b"/b", b"/c"][:paths], flags))


def test_positions_with_columns(tmp_path):
    """Two paths with lines, one without, one with empty lines, one more; and beyond them all."""
    tables = [build.vstr("/a") + build.varint(2) + build.svarint(10) + build.svarint(-7),
              build.vstr("/b") + build.varint(0),
              build.vstr("/c") + build.varint(3) + build.svarint(0) + build.svarint(4) + build.svarint(-4),
              b"/no table"]
    positions = [0, 9, 10, 12, 13, 14, 100012, 100013, 100016, 100017, 100018, 200016, 200017, 2**50]
    check(tmp_path, steps_alone(positions, tables, streams.COLUMNS))
    path = tmp_path / "trace.ct"
    places = [(event["Step"]["path_id"], event["Step"]["line"]) for event in ctfs.read(path) if "Step" in event]
    assert places == [(0, 1), (0, 1), (0, 2), (0, 2), (1, 0), (1, 1), (1, 99999), (2, 2), (2, 2), (3, 0), (3, 1),
                      (3, 99999), (0, 0), (0, 0)]


def test_what_lies_behind_the_steps(tmp_path):
    """Calls and log events of steps that do not exist come at the end, calls first; values do not."""
    recording = streams.Recording(random.Random(1), 3, positions="packed", rich=True)
    value = {"kind": "Int", "i": 1, "type_id": 0}
    recording.calls.append(streams.Call(1, -1, 7, 8, [], value))
    recording.logs.append((9, {"kind": 0, "metadata": "", "content": "late"}))
    recording.values.append([{"Value": {"variable_id": 0, "value": value}}])
    behind = [{"Call": {"function_id": 1, "args": []}}, {"Event": {"kind": 0, "metadata": "", "content": "late"}}]
    check(tmp_path, streams.split(recording), recording.events + behind)


# ---- Real files ----

def test_the_fixture_of_the_public_specification(tmp_path):
    path = FIXTURES / "spec_minimal_trace.ct"
    if not path.exists():
        pytest.skip("the fixtures are not here")
    check(tmp_path, path.read_bytes())
    assert len(ctfs.read(path)) == 11


def convert(*words):
    return subprocess.run([BUILD / "tools" / "ctrace", "convert", *map(str, words)], capture_output=True, text=True)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_the_library_writes(tmp_path, seed):
    """trace.json to .ct, read by the independent reader."""
    events = contents.events(random.Random(f"written {seed}"), 400)
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "trace.json").write_text(json.dumps(events))
    out = tmp_path / "out.ct"
    done = convert(folder, out)
    assert done.returncode in (0, 1) and out.exists(), done.stderr
    check_same(ctfs.read(out), cat(folder), "the written container", "what was converted")
    check_same(cat(out), cat(folder), "the library in the container", "what was converted")


def test_what_the_library_writes_suits_every_reader(tmp_path):
    """What CodeTracer, its tools and the Nim library ask of a container."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "trace.json").write_text(json.dumps(contents.events(random.Random(3), 100)))
    out = tmp_path / "out.ct"
    assert convert(folder, out).returncode in (0, 1)
    data = out.read_bytes()
    container = ctfs.Container(data)
    assert data[5] == 4 and container.block_size == 4096 and data[12:16] == build.u32(31)
    assert len(data) % 4096 == 0
    assert container.read("events.fmt") == b"split-binary"
    log = container.read("events.log")
    assert log[16:20] == bytes.fromhex("28B52FFD") and log[20] & 0xE0, "a frame tells its size"
    meta = ctfs.Meta(container.read("meta.dat"))
    assert container.read("meta.dat")[4:6] == b"\3\0" and meta.recording_id[14] == "7" and meta.flags & 0xE000 == 0
    paths = [event["Path"] for event in ctfs.read(out) if "Path" in event]
    assert json.loads(container.read("paths.json")) == paths
