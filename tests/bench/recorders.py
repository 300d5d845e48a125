"""What recording adds to a line, a call and a block of a Python and a Ruby program. The program takes the time itself,
inside one run, so that starting and ending do not count."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from measure import rounds, table

PROGRAMS = Path(__file__).resolve().parent / "programs"


def python_bindings(build):
    """Built bindings: {version: (interpreter, folder)}."""
    found = {}
    for folder in [build, *sorted(build.parent.glob("python-3.*"))]:
        bindings = folder / "bindings" / "python"
        if not (folder / "meson-info" / "intro-buildoptions.json").exists() or not bindings.is_dir():
            continue
        built = json.loads((folder / "meson-info" / "intro-buildoptions.json").read_text())
        interpreter = next(option["value"] for option in built if option["name"] == "python_interpreter")
        version = run([interpreter, "-c", "import ctrace, platform; print(platform.python_version())"],
                      {"PYTHONPATH": str(bindings)}, may_fail=True)
        if version:
            found.setdefault(version, (interpreter, bindings))
    return found


def run(command, environment=None, may_fail=False):
    """The last line that the command prints; None if it may fail and did."""
    if may_fail and not shutil.which(command[0]):
        return None
    done = subprocess.run([str(word) for word in command], env={**os.environ, **(environment or {})},
                          capture_output=True, text=True, check=False)
    if done.returncode:
        if may_fail:
            return None
        raise SystemExit(f"bench: {' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    return done.stdout.split("\n")[-2].strip()


def count_steps(trace):
    with open(trace / "trace.json", "rb") as file:
        return sum(line.count(b'"Step"') for line in file)


class Recorder:
    """A program's command without and with the recorder."""

    def __init__(self, bare, recorded, trace, environment=None):
        self.bare, self.recorded, self.trace, self.environment = bare, recorded, trace, environment

    def time(self, section, count, is_recorded):
        """Of the thread that runs the program, and of the process."""
        command = self.recorded if is_recorded else self.bare
        if is_recorded:
            shutil.rmtree(self.trace, ignore_errors=True)
        return tuple(map(int, run([*command, section, count], self.environment).split()))


def added(recorder, options, pairs):
    """Measures; rows for the table. `pairs` are (what, section, the section without it or None)."""
    count = 5_000 if options.quick else 50_000
    number = options.rounds or (3 if options.quick else 7)
    sections = list(dict.fromkeys(name for _, *names in pairs for name in names if name))
    contestants, steps = {}, {}
    for section in sections:
        for is_recorded in (False, True):
            contestants[section, is_recorded] = (
                lambda section=section, is_recorded=is_recorded: recorder.time(section, count, is_recorded))
        recorder.time(section, count, True)
        steps[section] = count_steps(recorder.trace)
    taken = rounds(number, contestants)

    def extra(section, of):
        return [with_it[of] - bare[of] for bare, with_it in zip(taken[section, False], taken[section, True])]

    rows = []
    for what, section, without in pairs:
        bare = [time[0] for time in taken[section, False]]
        if without is not None:
            bare = [one - other[0] for one, other in zip(bare, taken[without, False])]
        per = steps[section] if without is None else count
        remark = f"itself: {sorted(bare)[number // 2] / per:.0f}"
        for of, which in enumerate(("", "  whole process")):
            values = extra(section, of)
            if without is not None:
                values = [one - other for one, other in zip(values, extra(without, of))]
            rows.append((which or what, [ns / per for ns in values], remark if of == 0 else ""))
    return rows


def python(build, folder, options):
    bindings = python_bindings(build)
    if not bindings:
        print(f"\nPython recorder: skipped, no built binding below {build}")
    for version, (interpreter, path) in bindings.items():
        program = PROGRAMS / "sections.py"
        trace = folder / f"python-{version}"
        recorder = Recorder([interpreter, program], [interpreter, "-m", "ctrace", "-o", trace, program], trace,
                            {"PYTHONPATH": str(path)})
        table(f"Added by the Python recorder, CPython {version}", "ns", added(recorder, options, [
            ("a line with three locals", "lines", None),
            ("a line with ten locals", "ten_locals", None),
            ("a call, two arguments, a result, its line", "calls", "no_calls"),
        ]))


def ruby(folder, options):
    program = PROGRAMS / "sections.rb"
    trace = folder / "ruby"
    version = run(["ruby", "-e", "puts RUBY_VERSION"], may_fail=True)
    if not version or not run(["ctrace-ruby", "--out-dir", trace, program, "lines", "1"], may_fail=True):
        print("\nRuby recorder: skipped, ruby or ctrace-ruby is not on PATH or not built (./dev bench sees to it)")
        return
    recorder = Recorder(["ruby", program], ["ctrace-ruby", "--out-dir", trace, program], trace)
    table(f"Added by the Ruby recorder, {version}", "ns", added(recorder, options, [
        ("a line with three locals", "lines", None),
        ("a call, two arguments, a result, its line", "calls", "no_calls"),
        ("a call with a block, both with their lines", "blocks", "no_calls"),
        ("of that, the block", "blocks", "no_blocks"),
    ]))


class Hooked(Recorder):
    """A hook that does nothing in place of a recorder. The trace, which steps are counted in, is a recorder's."""

    def time(self, section, count, is_recorded):
        return tuple(map(int, run([*(self.recorded if is_recorded else self.bare), section, count]).split()))


def lua(build, folder, options):
    programs, program = build.parent / "lua", PROGRAMS / "sections.lua"
    if not (programs / "lua-ctrace").exists():
        print(f"\nLua recorder: skipped, it is not built in {programs} (./dev bench sees to it where there is cargo)")
        return
    plain, trace = [programs / "lua-plain", program], folder / "lua"
    recorder = Recorder(plain, [programs / "lua-ctrace", "--out-dir", trace, program], trace)
    rows = added(recorder, options, [
        ("a line with three locals", "lines", None),
        ("the same with two tables in sight", "tables", None),
        ("a call, two arguments, a result, its line", "calls", "no_calls"),
    ])
    recorder.time("lines", 5_000 if options.quick else 50_000, True)
    hooked = Hooked(plain, [plain[0], PROGRAMS / "hooked.lua", program], trace)
    rows += added(hooked, options, [("a line, of a hook in Lua that does nothing", "lines", None)])
    table("Added by the Lua recorder, Lua 5.4", "ns", rows)
