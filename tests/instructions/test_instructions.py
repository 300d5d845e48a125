"""The hot paths take no more instructions than the baseline says, and ask for no memory; a recording holds little."""

import json
import os
import shutil
from pathlib import Path

import pytest

import instruction_counts
from instruction_counts import (CALLS, FOREIGN_RISE, callgrind, complaints, count_all, expected, made_of, nearest,
                                release_build)

ADVICE = "\nWhere it is meant: ./dev bench instructions --renew, and commit tests/instructions/baseline.json."


@pytest.fixture(scope="module")
def build():
    return release_build(Path(os.environ["CTRACE_BUILD"]).resolve())


@pytest.fixture(scope="module")
def counts(build, tmp_path_factory):
    assert shutil.which("valgrind"), "valgrind is missing (Debian package valgrind)"
    return count_all(build, tmp_path_factory.mktemp("counted"))


def test_no_hot_path_takes_more_than_the_baseline(build, counts):
    key = made_of(build)
    baseline, rise = expected(key)
    found = complaints(counts, baseline, rise)
    assert not found, f"{key}, at most {rise:.0%} more:\n" + "\n".join(found) + ADVICE


def test_the_counts_repeat(build, counts, tmp_path):
    again = callgrind([build / "tests" / "bench" / "calls_writer", "json", CALLS], tmp_path)
    assert len(again) > 8
    for name, count in again.items():
        assert count / CALLS == pytest.approx(counts[f"writer json: {name}"], rel=0.001), name


def test_a_rise_is_seen(counts):
    name = "writer json: step"
    lower = {**counts, name: counts[name] / 1.06}
    assert complaints(counts, counts, 0.05) == []
    assert [line.split(":")[1] for line in complaints(counts, lower, 0.05)] == [" step"]
    assert complaints(counts, {**counts, name: counts[name] / 1.04}, 0.05) == []
    assert len(complaints(counts, {**counts, "gone": 1}, 0.05)) == 1
    del lower[name]
    assert len(complaints(counts, lower, 0.05)) == 1


def test_a_rise_beside_the_baseline_of_another_compiler_is_seen(counts):
    half_more = {name: count * 1.5 for name, count in counts.items()}
    assert len(complaints(half_more, counts, FOREIGN_RISE)) == 1
    name = "writer json: step"
    assert complaints({**counts, name: counts[name] * 1.5}, counts, FOREIGN_RISE) == []
    assert len(complaints({**counts, name: counts[name] * 2.1}, counts, FOREIGN_RISE)) == 1


def test_the_nearest_baseline():
    known = ["clang 14, glibc 2.36, zstd 1.5.4, x86_64", "gcc 12, glibc 2.36, zstd 1.5.4, x86_64",
             "gcc 14, glibc 2.41, zstd 1.5.7, x86_64"]
    assert nearest("gcc 12, glibc 2.31, zstd 1.5.4, x86_64", known) == known[1]
    assert nearest("clang 19, glibc 2.41, zstd 1.5.7, x86_64", known) == known[0]
    assert nearest("gcc 14, glibc 2.41, zstd 1.5.6, aarch64", known) == known[2]


@pytest.mark.parametrize("program", ["calls_writer", "calls_lane"])
@pytest.mark.parametrize("form", ["json", "bin", "bin-v0"])
def test_nothing_asks_for_memory_once_it_runs(build, program, form):
    output = instruction_counts.run([build / "tests" / "bench" / program, form, 50_000])
    calls = [json.loads(line) for line in output.splitlines()]
    assert len(calls) > 8
    assert {call["call"]: call["allocations"] for call in calls if call["allocations"]} == {}


@pytest.mark.parametrize("form", ["json", "bin", "bin-v0", "ct"])
def test_a_long_recording_takes_little_memory(build, form):
    told = json.loads(instruction_counts.run([build / "tests" / "bench" / "bench_record", 2_000_000, "-", form]))
    assert told["events"] == 2_000_000
    assert told["peak_rss_kib"] < 32 * 1024
