"""What the documents show must work: each snippet of the README is run, each link leads somewhere."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("CTRACE_BUILD", ROOT / "build" / "c"))
README = (ROOT / "README.md").read_text()
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "spec").glob("*.md"), *(ROOT / "examples").glob("*/*.md")])


def snippets(language):
    found = re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    assert found, f"the README has no {language}"
    return found


def run(command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options)


def validate(folder):
    run([BUILD / "tools" / "ctrace-validate", "--no-sources", folder])


@pytest.mark.parametrize("number, trace", [(0, "area-trace"), (1, "recorded-trace")])
def test_c(tmp_path, number, trace):
    snippet = snippets("c")[number]
    assert trace in snippet
    (tmp_path / "area.c").write_text(snippet)
    run(["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-I", ROOT / "include", "area.c", "-o", "area",
         BUILD / "lib" / "libctrace.a", "-lzstd", "-pthread"], cwd=tmp_path)
    run([tmp_path / "area"], cwd=tmp_path)
    validate(tmp_path / trace)
    tree = run([BUILD / "tools" / "ctrace", "tree", tmp_path / trace]).stdout
    assert "area(width=6) -> 42" in tree


def test_python(tmp_path):
    (snippet,) = snippets("python")
    (tmp_path / "snippet.py").write_text(snippet)
    out = run([sys.executable, "snippet.py"], cwd=tmp_path).stdout
    assert out == "['Path', 'Function', 'Call']\nTrue\n"
    assert "area(width=6) -> 42" in run([BUILD / "tools" / "ctrace", "tree", tmp_path / "py-trace"]).stdout


def test_ruby(tmp_path):
    (snippet,) = snippets("ruby")
    (tmp_path / "snippet.rb").write_text(snippet)
    out = run(["ruby", "snippet.rb"], cwd=tmp_path).stdout
    assert out == '["Path", "Function", "Call"]\ntrue\n'
    assert "area(width=6) -> 42" in run([BUILD / "tools" / "ctrace", "tree", tmp_path / "rb-trace"]).stdout


@pytest.mark.parametrize("suffix, program", [
    (".py", "import sys\ndef double(x):\n    return 2 * x\nprint(double(len(sys.argv)))\n"),
    (".rb", "def double(x)\n  2 * x\nend\nputs double(ARGV.size + 1)\n"),
])
def test_shell(tmp_path, suffix, program):
    """The recorders' command lines, and what follows them."""
    (tmp_path / f"prog{suffix}").write_text(program)
    lines = [line.split("#")[0] for snippet in snippets("sh") for line in snippet.splitlines()]
    recording = [shlex.split(line) for line in lines if f"prog{suffix}" in line]
    assert len(recording) == 1
    assert run(recording[0], cwd=tmp_path).stdout == "6\n"
    for line in lines:
        if line.startswith(("ctrace-validate", "ctrace tree")):
            out = run(shlex.split(line), cwd=tmp_path).stdout
    assert re.search(r"double\((self=\S+, )?x=3\) -> 6", out), out


def test_every_form(tmp_path):
    """The lines that look into traces, convert and mend them."""
    ctrace = BUILD / "tools" / "ctrace"
    for name in "trace", "before", "old.ct", "after.bin":
        run([ctrace, "gen", "--events", "5000", tmp_path / name])
    whole = (tmp_path / "trace" / "trace.json").read_bytes()
    (tmp_path / "broken.json").write_bytes(whole[:-1000])
    lines = [line.split("#")[0] for snippet in snippets("sh") for line in snippet.splitlines()]
    lines = [line for line in lines if re.match("ctrace (?!tree)", line)]
    assert len(lines) == 6
    for line in lines:
        run([ctrace, *shlex.split(line)[1:]], cwd=tmp_path)
    for made in "trace.bin", "mended", "part":
        validate(tmp_path / made)


def test_links_lead_somewhere():
    for document in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text()):
            if "://" not in target:
                assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_files_that_are_named_exist():
    for document in DOCUMENTS:
        for name in re.findall(r"`((?:lib|include|spec|tools|tests|bindings|examples)/[\w./-]*)`", document.read_text()):
            assert (ROOT / name).exists(), f"{document.name}: {name}"
