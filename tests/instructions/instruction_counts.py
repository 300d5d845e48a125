"""Counts the instructions of the library's hot paths under valgrind's callgrind, and keeps them as a baseline.

They do not depend on what else the machine does, but on the compiler, the C library and zstd: there is a baseline for
each combination, in baseline.json. `./dev bench instructions --renew` writes that of this machine anew.
"""

import json
import os
import platform
import re
import statistics
import subprocess
from pathlib import Path

BASELINE = Path(__file__).resolve().parent / "baseline.json"
ROOT = Path(__file__).resolve().parents[2]

PROGRAMS = ("calls_writer", "calls_lane", "bench_read", "bench_validate", "bench_write", "bench_record")
CALLS = 2_000        # of each kind
READ_EVENTS = 10_000
RISE = 0.05  # so much more than the baseline is too much
# When the baseline is that of another compiler or C library: so much for a single one, and for all in the mean.
FOREIGN_RISE, FOREIGN_MEAN_RISE = 1.0, 0.40


def run(command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def part_of(path):
    """callgrind.out.12-01 is the twelfth part, of the first thread."""
    return [int(number) for number in re.findall(r"\d+", path.name)]


def callgrind(command, folder, *options):
    """{mark: instructions} of a program that marks what is to be counted, or of the traced thread alone with the
    option --separate-threads=yes."""
    for left in folder.glob("callgrind.*"):
        left.unlink()
    run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/callgrind.out", *options, *command])
    counts = {}
    for path in sorted(folder.glob("callgrind.out.*"), key=part_of):
        text = path.read_text()
        mark = re.search(r"^desc: Trigger: Client Request: (.*)$", text, re.M)
        if mark:
            # "totals", as "summary" has threads twice
            counts[mark[1]] = int(re.search(r"^totals: (\d+)$", text, re.M)[1])
    if not counts:
        raise RuntimeError(f"{command[0]} marks nothing to count: it was built without valgrind/callgrind.h")
    return counts


# ---- The programs, built as the baseline's were ----


def is_plain_release(build):
    """Whether a build has no flags but those of a release."""
    options = {option["name"]: option["value"]
               for option in json.loads((build / "meson-info" / "intro-buildoptions.json").read_text())}
    return (options["buildtype"], options["b_sanitize"], options["b_lto"], options["b_coverage"], options["tests"]) == \
        ("release", "none", False, False, True) and not options["c_args"] and not options["c_link_args"]


def release_build(build):
    """A folder with the measured programs as a release; `build` itself when it is one."""
    if is_plain_release(build):
        return build
    folder = build.parent / "instructions"
    plain = {name: value for name, value in os.environ.items() if name not in ("CFLAGS", "CPPFLAGS", "LDFLAGS")}
    if not (folder / "build.ninja").exists():
        subprocess.run(["meson", "setup", folder, ROOT, "-Dtests=true"], env=plain, check=True, capture_output=True)
    programs = [f"tests/bench/{name}" for name in PROGRAMS]
    subprocess.run(["ninja", "-C", folder, *programs], env=plain, check=True, capture_output=True)
    return folder


def made_of(build):
    """What the counts depend on; the key of a baseline."""
    dependencies = json.loads((build / "meson-info" / "intro-dependencies.json").read_text())
    zstd = next(library["version"] for library in dependencies if library["name"] == "libzstd")
    compiler = run([build / "tests" / "bench" / "calls_writer"]).strip()
    return f"{compiler}, zstd {zstd}, {processor()}"


def processor():
    """The C library and zstd choose instructions that the processor has."""
    has_avx2 = re.search(r"^flags\s*:.*\bavx2\b", Path("/proc/cpuinfo").read_text(), re.M)
    return platform.machine() + (" with AVX2" if has_avx2 else "")


# ---- What is counted ----


def per_call(counts):
    return {name: count / CALLS for name, count in counts.items()}


def count_writer(build, folder, form):
    counts = per_call(callgrind([build / "tests" / "bench" / "calls_writer", form, CALLS], folder))
    return {f"writer {form}: {name}": count for name, count in counts.items()}


def count_lane(build, folder, forms):
    """One run counts the traced thread, for which all forms are alike; the others count both threads."""
    program = build / "tests" / "bench" / "calls_lane"
    traced = per_call(callgrind([program, "json", CALLS], folder, "--separate-threads=yes"))
    counts = {f"lane: {name}": count for name, count in traced.items()}
    for form in forms:
        both = per_call(callgrind([program, form, CALLS], folder))
        counts.update({f"recorder's thread, {form}: {name}": both[name] - traced[name] for name in both})
    return counts


def count_readers(build, folder):
    bench = build / "tests" / "bench"
    counts = {}
    for form, file in (("json", "trace.json"), ("bin", "trace.bin"), ("bin-v0", "trace.bin")):
        trace = folder / form
        events = json.loads(run([bench / "bench_write", READ_EVENTS, trace, form]))["events"]
        programs = ["bench_read", "bench_validate"] if form == "json" else ["bench_read"]
        for program in programs:
            for mark, count in callgrind([bench / program, trace / file], folder).items():
                counts[f"{mark} {form}: mixed events"] = count / events
    return counts


def count_all(build, folder):
    """{what: instructions for each call, or for each event}."""
    counts = {}
    for form in ("json", "bin", "bin-v0"):
        counts.update(count_writer(build, folder, form))
    counts.update(count_lane(build, folder, ("json", "bin")))
    counts.update(count_readers(build, folder))
    return counts


# ---- The baseline ----


def baselines():
    return json.loads(BASELINE.read_text())


def nearest(key, keys):
    """The key that has most words in common, from the left on."""
    words = key.split()

    def common(other):
        length = 0
        for one, two in zip(words, other.split()):
            if one != two:
                break
            length += 1
        return length

    return max(sorted(keys), key=common)


def expected(key):
    """The baseline for `key` and how far one may be above it."""
    known = baselines()
    if key in known:
        return known[key], RISE
    return known[nearest(key, known)], FOREIGN_RISE


def complaints(counts, baseline, rise):
    """What is too much, and what the baseline and the counts do not have in common."""
    found = [f"{name}: {count:.1f} instructions, the baseline has {baseline[name]:.1f}: "
             f"{count / baseline[name] - 1:+.1%}"
             for name, count in counts.items() if name in baseline and count > baseline[name] * (1 + rise)]
    found += [f"{name}: the baseline does not have it" for name in counts.keys() - baseline.keys()]
    found += [f"{name}: only the baseline has it" for name in baseline.keys() - counts.keys()]
    mean = statistics.geometric_mean(counts[name] / baseline[name] for name in counts.keys() & baseline.keys()) - 1
    if mean > min(rise, FOREIGN_MEAN_RISE):
        found.append(f"all in the mean: {mean:+.1%}")
    return sorted(found)


def renew(key, counts):
    known = baselines() if BASELINE.exists() else {}
    known[key] = {name: round(count, 1) for name, count in counts.items()}
    BASELINE.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")
