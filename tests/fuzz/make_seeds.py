"""make_seeds.py CTRACE: makes the seeds of the fuzz targets anew, out of made-up traces and small broken ones.

They lie in the tree, so that every build replays the same; this is run when a form or a target changes."""

import json
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SEEDS = HERE / "seeds"
GOLDEN = HERE.parent / "golden"

# The names of wrap.c, in its order.
NAMES = """events.log events.fmt meta.dat paths.json meta.json steps.dat steps.idx values.dat values.idx calls.dat
calls.idx events.dat events.idx paths.dat paths.off funcs.dat funcs.off types.dat types.off varnames.dat varnames.off
step-map.ns linehits.tc values.off calls.off events.off filemap.bin""".split()


def put(target, name, content):
    folder = SEEDS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def unpacked(message):
    """The words of a packed message."""
    out, at = bytearray(), 0
    while at < len(message):
        tag = message[at]
        at += 1
        for bit in range(8):
            if tag >> bit & 1:
                out.append(message[at])
                at += 1
            else:
                out.append(0)
        if tag == 0:
            out += bytes(8 * message[at])
            at += 1
        elif tag == 0xFF:
            count = 8 * message[at]
            out += message[at + 1:at + 1 + count]
            at += 1 + count
    return bytes(out)


def frames(file):
    """The plain content of a file of zstd frames."""
    return subprocess.run(["zstd", "-dc"], input=file, capture_output=True, check=False).stdout


def internal_files(container):
    """The files inside a container whose blocks have 4096 bytes and whose maps have one level."""
    for at in range(16, 16 + 24 * 31, 24):
        size, block, number = struct.unpack_from("<QQQ", container, at)
        if not number:
            continue
        name = ""
        while number:
            name += "\0" "0123456789abcdefghijklmnopqrstuvwxyz./-"[number % 40]
            number //= 40
        content = b""
        for slot in range((size + 4095) // 4096):
            data, = struct.unpack_from("<Q", container, block * 4096 + 8 * slot)
            content += container[data * 4096:data * 4096 + 4096]
        yield name, content[:size]


def described(files):
    """As wrap_ct() wants it: (name, how, content) each."""
    return b"\1" + b"".join(bytes([NAMES.index(name), how]) + struct.pack("<H", len(content)) + content
                            for name, how, content in files)


def parts_of(container):
    for name, content in internal_files(container):
        if name == "events.log":
            size, = struct.unpack_from("<I", content)
            yield name, 1, frames(content[16:16 + size])[:60000]
        else:
            yield name, 0, content


def varint(number):
    out = bytearray()
    while True:
        out.append(number & 0x7F | (0x80 if number > 0x7F else 0))
        number >>= 7
        if not number:
            return bytes(out)


def text(string):
    return varint(len(string)) + string


def table(name, records):
    """An interning table: the bytes, and where each record ends."""
    offsets = [0]
    for record in records:
        offsets.append(offsets[-1] + len(record))
    return [(f"{name}.dat", 0, b"".join(records)), (f"{name}.off", 0, b"".join(struct.pack("<Q", o) for o in offsets))]


def split_container(flags):
    meta = (b"CTMD" + struct.pack("<HH", 3, flags) + text(b"01940000-0000-7000-8000-000000000000") + text(b"prog.py")
            + varint(0) + text(b"/w") + text(b"") + varint(1) + text(b"/w/prog.py"))
    value = b"\xa3dkindcInta\x69\x05gtype_id\x01"
    record = b"\0\1" + varint(0) + varint(len(value)) + value
    call = varint(0) + b"\1" + varint(0) + varint(2) + varint(0) + varint(0) + varint(1) + b"\xff" + varint(0) + varint(0)
    log = b"\0" + varint(1) + text(b"") + text(b"hello")
    streams = [
        ("steps.dat", 2, b"\0" + varint(3) + b"\1\2" + b"\1\2" + b"\2\1" + text(b"oops") + b"\4\1"),
        ("values.dat", 2, b"".join(varint(len(r)) + r for r in (record, b"", record))),
        ("calls.dat", 2, varint(len(call)) + call),
        ("events.dat", 2, varint(len(log)) + log),
    ]
    names = table("paths", [b"/w/prog.py"]) + table("funcs", [b"main"]) + table("types", [b"None", b"int"]) + \
        table("varnames", [b"x"])
    return described([("meta.dat", 0, meta), *streams, *names])


def make(ctrace):
    shutil.rmtree(SEEDS, ignore_errors=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for seed, content in enumerate(("valid", "every", "recorder")):
            made = {}
            for form, suffix in (("json", "json"), ("ndjson", "ndjson"), ("bin", "bin"), ("bin-v0", "v0"), ("ct", "ct")):
                out = folder / f"{seed}.{suffix}"
                out = out if form != "bin-v0" else folder / f"{seed}-v0"
                subprocess.run([ctrace, "gen", "--seed", str(seed), "--events", "70", "--content", content, "--to", form,
                                out], check=True)
                made[form] = (out if out.is_file() else out / "trace.bin").read_bytes()
            put("json", f"{content}.json", made["json"])
            put("json", f"{content}.ndjson", made["ndjson"])
            put("bin", f"{content}-file", b"\0" + made["bin"])
            put("bin", f"{content}-events", b"\x40" + frames(made["bin"][8:]))
            put("bin_v0", f"{content}-file", b"\0" + made["bin-v0"])
            put("bin_v0", f"{content}-message", b"\1" + unpacked(made["bin-v0"][8:]))
            put("ct", f"{content}-files", described(parts_of(made["ct"])))
            put("round_trip", f"{content}.json", made["json"])
            put("repair", f"{content}.json", b"\0" + made["json"])
            put("repair", f"{content}-cut.json", b"\2" + made["json"][:-1000])
            put("repair", f"{content}-cut.bin", b"\1" + made["bin"][:-60])
            put("repair", f"{content}.v0", b"\0" + made["bin-v0"])
            put("validate", f"{content}.json", made["json"])
            put("validate", f"{content}.bin", made["bin"])
            put("validate", f"{content}.v0", made["bin-v0"])
            if content == "valid":
                put("repair", "valid.ct", b"\0" + made["ct"])
                put("validate", "valid.ct", made["ct"])
                put("ct", "valid-file", b"\0" + made["ct"])
    for flags in (0x0F00, 0, 0x0F10, 0x1F00):
        put("ct", f"split-{flags:04x}", split_container(flags))
    # Of the broken ones those that the reader or the validator says something of, all in two files.
    broken = [json.loads(line) for file in sorted((GOLDEN / "invalid").glob("*.json"))
              for line in well_formed(file.read_text(errors="replace"))]
    put("json", "broken.ndjson", "\n".join(json.dumps(event) for event in broken).encode())


def well_formed(content):
    try:
        events = json.loads(content)
    except ValueError:
        return []
    return [json.dumps(event) for event in events[6:40]] if isinstance(events, list) else []


if __name__ == "__main__":
    make(sys.argv[1])
