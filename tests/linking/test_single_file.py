"""ctrace.c and ctrace.h, which a program compiles along with itself."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import BUILD, EXAMPLE, ROOT, check_program, needed_libraries, run

SINGLE = BUILD / "single"
MAKE = ROOT / "single" / "make.py"
HERE = Path(__file__).parent
CTRACE = BUILD / "tools" / "ctrace"
STRICT = ["-Wall", "-Wextra", "-Werror"]


@pytest.fixture(scope="module", params=["gcc", "clang"])
def compiled(request, tmp_path_factory):
    """The compiler and the object file."""
    compiled_library = tmp_path_factory.mktemp(request.param) / "ctrace.o"
    run(request.param, "-std=c11", "-O2", *STRICT, "-c", SINGLE / "ctrace.c", "-o", compiled_library)
    return request.param, compiled_library


def build_both(compiled, source, folder):
    """The program with the single file, and with the library."""
    compiler, compiled_library = compiled
    for header in "ctrace.h", "ctrace/ctrace.h":
        path = folder / "include" / header
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'#include "{SINGLE}/ctrace.h"\n')
    run(compiler, "-std=c11", *STRICT, "-I", folder / "include", source, compiled_library, "-pthread", "-o",
        folder / "single")
    assert not [name for name in needed_libraries(folder / "single") if "zstd" in name or "ctrace" in name]

    (folder / "include" / "ctrace" / "ctrace.h").unlink()
    (folder / "include" / "ctrace.h").write_text("#include <ctrace/ctrace.h>\n")
    run(compiler, "-std=c11", *STRICT, "-I", folder / "include", "-I", ROOT / "include", source,
        BUILD / "lib" / "libctrace.a", "-lzstd", "-pthread", "-o", folder / "whole")
    return folder / "single", folder / "whole"


def test_round_trip(compiled, tmp_path):
    """It writes what the library writes, reads it, and refuses the other forms."""
    single, whole = build_both(compiled, HERE / "round_trip.c", tmp_path)
    run(CTRACE, "gen", "--events", "1000", tmp_path / "other.bin")
    out = run(single, tmp_path / "trace", tmp_path / "other.bin", cwd=tmp_path)
    assert "others refused" in out and not (tmp_path / "never-written").exists()
    run(BUILD / "tools" / "ctrace-validate", "--no-sources", tmp_path / "trace")
    run(whole, tmp_path / "expected")
    assert (tmp_path / "trace" / "trace.json").read_text() == (tmp_path / "expected" / "trace.json").read_text()


def test_recorder(compiled, tmp_path):
    single, whole = build_both(compiled, HERE / "record.c", tmp_path)
    run(single, tmp_path / "trace")
    run(BUILD / "tools" / "ctrace-validate", "--no-sources", tmp_path / "trace")
    assert '3x sum(list=[0.5, 0.5, … 3 more]) -> "done"' in run(CTRACE, "tree", tmp_path / "trace")
    run(whole, tmp_path / "expected")
    run(CTRACE, "diff", tmp_path / "trace", tmp_path / "expected")


def test_reads_what_the_library_reads(compiled, tmp_path):
    """Of a large trace with every kind of event, and of broken ones."""
    programs = build_both(compiled, ROOT / "examples" / "c" / "reader.c", tmp_path)
    run(CTRACE, "gen", "--content", "every", "--events", "20000", tmp_path / "every")
    traces = [tmp_path / "every", *sorted((ROOT / "tests" / "golden").glob("*/*.json"))[:40]]
    assert len(traces) > 20
    for trace in traces:
        ran = [subprocess.run([program, trace], capture_output=True) for program in programs]
        single, whole = ((process.returncode, process.stdout, process.stderr) for process in ran)
        assert single == whole, trace


@pytest.mark.parametrize("standard", ["c++17", "c++20"])
def test_cplusplus(compiled, tmp_path, standard):
    """A program in C++ has the header and links the object."""
    compiler, compiled_library = compiled
    source = EXAMPLE if standard == "c++20" else ROOT / "tests" / "source" / "test_cplusplus.cpp"
    (tmp_path / "ctrace").mkdir()
    (tmp_path / "ctrace" / "ctrace.h").symlink_to(SINGLE / "ctrace.h")
    run({"gcc": "g++", "clang": "clang++"}[compiler], f"-std={standard}", "-Wall", "-Werror", "-I", tmp_path,
        "-x", "c++", source, "-x", "none", compiled_library, "-pthread", "-o", tmp_path / "program")
    if standard == "c++20":
        check_program(tmp_path / "program", tmp_path / "trace")
    else:
        run(tmp_path / "program")


def functions(file, *options):
    lines = run("nm", "--defined-only", *options, file).splitlines()
    return {line.split()[-1].split("@")[0] for line in lines if line.split()[-2] in "TW"}


def test_offers_what_the_library_offers_and_nothing_else(compiled, tmp_path):
    compiler, _ = compiled
    shared = tmp_path / "single.so"
    run(compiler, "-std=c11", "-shared", "-fPIC", SINGLE / "ctrace.c", "-pthread", "-o", shared)
    assert functions(shared, "-D") == functions(BUILD / "lib" / "libctrace.so", "-D")


# ---- The script that makes it ----

def make(folder, files):
    """Makes one source file of a library with these files, and what the script said."""
    lib = folder / "lib"
    public = folder / "include" / "ctrace"
    public.mkdir(parents=True)
    (public / "ctrace.h").write_text('#define CTRACE_VERSION_STRING "0"\nint ctrace_main(void);\n')
    (folder / "LICENSE").write_text("Free\n")
    for name, text in files.items():
        (lib / name).parent.mkdir(parents=True, exist_ok=True)
        (lib / name).write_text(text)
    sources = [lib / name for name in files if name.endswith(".c")]
    outputs = [folder / "ctrace.c", folder / "ctrace.h", folder / "ctrace.d"]
    return subprocess.run([sys.executable, MAKE, lib, *outputs, *sources], capture_output=True, text=True)


SAME_NAMES = """
#include "base/x.h"
#include <stddef.h>
#define LIMIT {value}
#define TWICE(name) (part(name) * 2)
enum {{ FIRST = {value}, SECOND }};
typedef struct item {{ int item; struct item *part; }} item;
struct counted {{ int part, (*state)(int); }};
static const char *const names[] = {{"part", "item" /* part */}};
static int state[LIMIT];
static int part(int part_of);
static int part(int item)
{{
    ctr_shared shared = {{.state = FIRST, .part = item}};
    struct counted counted = {{.part = SECOND}};
    state[0]++;
    return shared.state + (&shared)->part + counted.part + (int)sizeof names / (int)sizeof *names;
}}
int ctr_{name}(void)
{{
    item one = {{.item = 1, .part = NULL}};
    return one.item + TWICE(LIMIT);
}}
"""
SHARED = "#ifndef X_H\n#define X_H\ntypedef struct ctr_shared { int state, part; } ctr_shared;\n" \
         "int ctr_a(void);\nint ctr_b(void);\n#endif\n"


def test_same_names_of_two_files_stay_apart(tmp_path):
    main = '#include "base/x.h"\n#include <stdio.h>\nint main(void) { printf("%d %d\\n", ctr_a(), ctr_b()); }\n'
    files = {"base/x.h": SHARED, "base/a.c": SAME_NAMES.format(name="a", value=3),
             "base/b.c": SAME_NAMES.format(name="b", value=50), "base/main.c": main}
    made = make(tmp_path, files)
    assert made.returncode == 0, made.stderr
    text = (tmp_path / "ctrace.c").read_text()
    assert "base_a_part(int item)" in text or "base_a_part(int base_a_item)" in text
    assert '"part", "item" /* part */' in text and text.count("typedef struct ctr_shared") == 1
    run("gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", tmp_path / "ctrace.c", "-o", tmp_path / "program")
    # 1 + 2 * (FIRST + LIMIT + SECOND + 2)
    assert run(tmp_path / "program") == "25 307\n"


@pytest.mark.parametrize("files, message", [
    ({"base/a.h": "struct ctr_x { int a; };\n", "base/b.h": "struct ctr_x { int b; };\n",
      "base/a.c": '#include "base/a.h"\n', "base/b.c": '#include "base/b.h"\n'},
     "ctr_x is in lib/base/a.h and in lib/base/b.h: call one of them otherwise"),
    ({"base/a.c": "typedef struct ctr_x { int a; } ctr_x;\n", "base/b.c": "typedef struct ctr_x { int a; } ctr_x;\n"},
     "ctr_x is in lib/base/a.c and in lib/base/b.c: call one of them otherwise"),
    ({"base/a.c": "static int one, two;\n"}, "base/a.c: declare one name at a time: static int one ,"),
])
def test_what_it_cannot_tell_apart_is_told(tmp_path, files, message):
    made = make(tmp_path, files)
    assert made.returncode != 0 and message in made.stderr


def test_it_is_made_anew_when_a_header_changes():
    """Ninja knows of every file that went into it."""
    known = run("ninja", "-C", BUILD, "-t", "deps", "single/ctrace.c")
    for header in "lib/base/buffer.h", "include/ctrace/writer.h", "lib/validate/rules.def":
        assert re.search(rf"{re.escape(header)}$", known, re.MULTILINE)
