"""Every pair of forms: made-up traces come back the same from any form through any other."""

import itertools

import pytest

from conftest import ctrace

FORMS = ["json", "ndjson", "bin", "bin-v0", "ct"]


def events(path, without_char):
    """The events as JSON lines; a form without Char has Raw in its place."""
    ran = ctrace("cat", "--format", "jsonl", path)
    assert (ran.code, ran.err) == (0, "")
    return ran.out.replace('"kind":"Char","c":', '"kind":"Raw","r":') if without_char else ran.out


@pytest.mark.parametrize("one, other", itertools.product(FORMS, FORMS))
def test_there_and_back(one, other, tmp_path):
    without_char = "bin-v0" in (one, other)
    for seed, content in enumerate(["valid", "every", "recorder"]):
        made, there, back = (tmp_path / f"{name}-{content}" for name in ("made", "there", "back"))
        assert ctrace("gen", "--content", content, "--seed", seed, "--events", 700, "--to", one, made).code == 0
        for source, target, form in (made, there, other), (there, back, one):
            ran = ctrace("convert", source, target, "--to", form)
            assert ran.code == 0, ran.err
        expected = events(made, without_char)
        assert events(there, without_char) == expected and events(back, without_char) == expected
        if not without_char:
            assert ctrace("diff", made, back).code == 0


@pytest.mark.parametrize("form", FORMS)
def test_a_long_trace(form, tmp_path):
    """Of many frames, chunks and windows."""
    common = ["--content", "recorder", "--events", 150000, "--seed", 9]
    ctrace("gen", *common, "--to", form, tmp_path / "made")
    ctrace("gen", *common, tmp_path / "json")
    ran = ctrace("diff", tmp_path / "json", tmp_path / "made")
    assert ran.code == 0, ran.out
