"""The C examples compile without a warning, and do what they say."""

import os
import subprocess

import pytest

from comparison import BUILD, ROOT
from running import assert_valid, run

SOURCES = ROOT / "examples" / "c"
AREA = """\
/src/area.lua:2
/src/area.lua:2
/src/area.lua:1
/src/area.lua:1
    width = 6
/src/area.lua:2
"""


def build(name, folder):
    program = folder / name
    compiler = os.environ.get("CC", "cc").split()
    subprocess.run([*compiler, "-std=c11", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror",
                    f"-I{ROOT / 'include'}", SOURCES / f"{name}.c", "-o", program, BUILD / "lib" / "libctrace.a", "-lzstd", "-pthread"],
                   check=True)
    return program


def test_minimal_writes_what_reader_prints(tmp_path):
    trace = tmp_path / "trace"
    written = run([build("minimal", tmp_path), trace])
    assert (written.code, written.out, written.err) == (0, b"", b"")
    assert_valid(trace, "--no-sources")  # there is no /src/area.lua
    printed = run([build("reader", tmp_path), trace])
    assert (printed.code, printed.out.decode(), printed.err) == (0, AREA, b"")


def test_minimal_tells_why_it_cannot_write(tmp_path):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    ended = run([build("minimal", tmp_path), in_the_way / "trace"])
    assert ended.code == 1 and ended.out == b"" and str(in_the_way) in ended.err.decode()


@pytest.mark.parametrize("content", ["[{", "no trace at all"])
def test_reader_tells_what_is_wrong(tmp_path, content):
    (tmp_path / "trace.json").write_text(content)
    ended = run([build("reader", tmp_path), tmp_path])
    assert ended.code == 1 and ended.err.decode().count("\n") == 1 and "trace.json" in ended.err.decode()
