"""ctrace gen: made-up traces in every form."""

import pytest

from conftest import ctrace, run, validate

FORMS = ["json", "ndjson", "bin", "bin-v0", "ct"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("content", ["valid", "every", "recorder"])
def test_every_form_holds_the_same_trace(form, content, tmp_path):
    common = ["--events", 3000, "--content", content, "--seed", 5]
    assert ctrace("gen", *common, tmp_path / "json").code == 0
    ran = ctrace("gen", *common, "--to", form, tmp_path / "other")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    expected = ctrace("cat", "--format", "jsonl", tmp_path / "json").out
    found = ctrace("cat", "--format", "jsonl", tmp_path / "other").out
    if form == "bin-v0":  # which has no Char
        expected = expected.replace('"kind":"Char","c":', '"kind":"Raw","r":')
    assert found == expected and expected.count("\n") >= 3000


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("content", ["valid", "recorder"])
def test_what_is_called_valid_is(seed, content, tmp_path):
    assert ctrace("gen", "--content", content, "--seed", seed, "--events", 4000, tmp_path / "t").code == 0
    ran = validate(tmp_path / "t")
    assert ran.code == 0, ran.out


@pytest.mark.parametrize("suffix", ["json", "ndjson", "bin", "ct"])
def test_a_suffix_names_the_form(suffix, tmp_path):
    file = tmp_path / f"x.{suffix}"
    assert ctrace("gen", file).code == 0
    assert file.is_file() and [entry.name for entry in tmp_path.iterdir()] == [file.name]
    form = [line for line in ctrace("info", file).out.splitlines() if line.startswith("form")]
    assert len(form) == 1
    assert ctrace("cat", file).out.count("\n") >= 1000


@pytest.mark.parametrize("arguments, said", [
    ([], "ctrace gen: give one folder or file to write; see --help\n"),
    (["--content", "odd", "x"], "ctrace gen: --content is valid, every or recorder, not 'odd'\n"),
    (["--to", "xml", "x"], "ctrace gen: --to is json, ndjson, bin, bin-v0 or ct, not 'xml'\n"),
    (["--depth", "501", "x"], "ctrace gen: max_depth is 501, at most 500 is possible\n"),
    (["--events", "x", "y"], "ctrace gen: --events needs a number, not 'x'\n"),
])
def test_bad_arguments(arguments, said, tmp_path):
    ran = run("ctrace", "gen", *arguments, cwd=tmp_path)
    assert (ran.code, ran.out, ran.err) == (2, "", said)
