"""Programs that were compiled against the last release run with this library, and the test that says so sees what
breaks them."""

import re
import shutil
import subprocess

import abi
import pytest
from conftest import BUILD, ROOT, run

LIBRARY = BUILD / "lib" / "libctrace.so"


@pytest.fixture(scope="module")
def present():
    return abi.describe_library(LIBRARY)


def test_programs_of_the_last_release_run(present):
    found = abi.complaints(present)
    assert not found, "\n".join(found)


def test_version_is_told_in_one_place():
    """The name of the library and the marks of its symbols follow the header."""
    header = (ROOT / "include" / "ctrace" / "version.h").read_text()
    soversion = int(re.search(r"#define CTRACE_SOVERSION (\d+)", header).group(1))
    _, of_name, of_symbols = abi.exports(LIBRARY)
    assert (of_name, of_symbols) == (soversion, [f"CTRACE_{soversion}"])


def test_description_is_read_as_it_was_written(present):
    assert abi.parse(present.text()).text() == present.text()


def changed(tmp_path, present, header, old, new, without=()):
    """The description of the library if a header said something else."""
    include = tmp_path / "include"
    shutil.copytree(ROOT / "include", include)
    path = include / "ctrace" / header
    text = path.read_text()
    assert re.search(old, text, re.DOTALL), f"{header} has no {old}"
    path.write_text(re.sub(old, new, text, count=1, flags=re.DOTALL))
    functions = [entry.name for entry in present.entries.values() if entry.kind == "function"]
    return abi.describe([name for name in functions if name not in without], present.soversion, include)


BREAKING = {
    "function gone": ("common.h", r"CTRACE_API const char \*ctrace_version\(void\);", "", "ctrace_version is gone"),
    "parameter": ("common.h", r"ctrace_version\(void\)", "ctrace_version(int which)", "ctrace_version was "),
    "result": ("common.h", r"CTRACE_API const char \*ctrace_version", "CTRACE_API char *ctrace_version",
               "ctrace_version was "),
    "larger struct": ("common.h", r"size_t size;\n\} ctrace_str;", "size_t size; int more;\n} ctrace_str;",
                      "ctrace_str had 16 bytes, and has 24 bytes"),
    "type of a member": ("common.h", r"size_t size;\n\} ctrace_str;", "uint32_t size;\n} ctrace_str;",
                         "ctrace_str: size was "),
    "order of members": ("common.h", r"const char \*data;\n    size_t size;", r"size_t size;\n    const char *data;",
                         "ctrace_str: data was at 0"),
    "callback": ("common.h", r"\*\(\*resize\)\(void \*cookie,", "*(*resize)(int cookie,",
                 "ctrace_allocator: resize was "),
    "value of an enum": ("form.h", r'(X\(JSON, "json".*?\n)(.*?X\(NDJSON.*?\n)', r"\2\1",
                         "ctrace_form: CTRACE_FORM_JSON was 0"),
    "typedef": ("common.h", r"typedef uint64_t ctrace_id;", "typedef uint32_t ctrace_id;", "ctrace_id was uint64_t"),
    "option gone": ("generate.h", r"    uint32_t max_depth;", "    uint32_t depth;",
                    "ctrace_generate_options: max_depth is gone"),
    "option between": ("generate.h", r"    uint64_t seed;", r"    uint64_t more;\n    uint64_t seed;",
                       "ctrace_generate_options: seed was at 8"),
    "option in padding": ("diff.h", r"(    bool no_values;[^\n]*\n    bool base_names;)", r"\1 bool more;",
                          "ctrace_diff_options: more lies within the 40 bytes"),
}


@pytest.mark.parametrize("case", BREAKING)
def test_what_breaks_programs_is_told(tmp_path, present, case):
    header, old, new, message = BREAKING[case]
    without = ["ctrace_version"] if case == "function gone" else []
    after = changed(tmp_path, present, header, old, new, without)
    assert any(message in what for what in abi.breaks(present, after)), abi.breaks(present, after)
    after.soversion += 1
    assert not any(what.startswith("since") for what in abi.complaints(after))


COMPATIBLE = {
    "option at the end": ("generate.h", r"\n\} ctrace_generate_options;",
                          r"\n    bool more;\n} ctrace_generate_options;"),
    "type": ("common.h", r"typedef uint64_t ctrace_id;", r"typedef uint64_t ctrace_id;\ntypedef int ctrace_more;"),
    "value of an enum": ("error.h", r"(X\(-12, UNSUPPORTED, [^\n]*\n)", r'\1    X(-99, MORE, "more") \\\n'),
}


@pytest.mark.parametrize("case", COMPATIBLE)
def test_additions_break_nothing_but_are_to_be_described(tmp_path, present, case):
    after = changed(tmp_path, present, *COMPATIBLE[case])
    assert abi.breaks(present, after) == []
    assert any("renew it with ./dev abi" in what for what in abi.complaints(after))


def test_function_that_no_header_declares_is_told(tmp_path, present):
    with pytest.raises(subprocess.CalledProcessError):
        abi.describe(["ctrace_that_is_not_there"], 0)


def test_last_release_is_a_tag(tmp_path, present):
    """A release is what counts, not what the tree says of itself."""
    git = ["git", "-C", tmp_path, "-c", "user.name=A", "-c", "user.email=a@example.org"]
    (tmp_path / "lib").mkdir()
    file = tmp_path / "lib" / "libctrace.abi"
    run("git", "init", "-q", tmp_path)
    run(*git, "commit", "-q", "--allow-empty", "-m", "Without a description")
    run(*git, "tag", "v0.0.1")
    assert abi.last_release(tmp_path) is None

    file.write_text(present.text())
    run(*git, "add", ".")
    run(*git, "commit", "-q", "-m", "Release")
    run(*git, "tag", "v0.0.2")
    later = abi.parse(present.text().replace("\nfunction ctrace_version: ", "\nfunction ctrace_versions: "))
    file.write_text(later.text())
    assert abi.last_release(tmp_path)[0] == "v0.0.2"
    found = abi.complaints(later, tmp_path)
    assert found[0] == "since v0.0.2: ctrace_version is gone" and found[1].startswith("raise CTRACE_SOVERSION")
    later.soversion += 1
    file.write_text(later.text())
    assert abi.complaints(later, tmp_path) == []
