"""Every form: reading, validating and converting, our library beside the published crates on the same files."""

import json
import subprocess

from json_files import cost
from measure import load_average, rounds, table, times_faster

CRATES, OURS, TWO = "crates, new", "libctrace", "libctrace, two processors"

# What is measured: title, the crates' command and ours, and the least ratio that we want.
READS = [
    ("Reading trace.json", "json", 8),
    ("Reading trace.bin, version 1", "bin", 10),
    ("Reading trace.bin, version 0", "bin-v0", 8),
]


def run(command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"bench: {command[0]} failed: {done.stdout}{done.stderr}")
    return json.loads(done.stdout)


def wall(result):
    return result["wall_ns"] / result["events"]


class Formats:
    """The programs, and the stream as the crates wrote it in each form."""

    def __init__(self, build, crates, folder, events):
        self.bench = build / "tests" / "bench"
        self.tools = build / "tools"
        self.crates = crates
        self.folder = folder
        self.files = {}
        for form, command in (("json", "bench-write"), ("bin-v0", "bench-write-v0")):
            place = folder / form
            run([crates, command, "--dialect", "new", "--events", events, place])
            self.files[form] = place / ("trace.json" if form == "json" else "trace.bin")
        self.files["bin"] = folder / "theirs.bin"
        self.their_conversion()

    def theirs(self, form):
        return run([self.crates, "bench-read", "--dialect", "new", self.files[form]])

    def ours(self, form):
        return run([self.bench / "bench_read", self.files[form]])

    def validate(self):
        return run([self.bench / "bench_validate", self.files["json"]])

    def their_conversion(self):
        return run([self.crates, "bench-convert", "--dialect", "new", self.files["json"], self.folder / "theirs.bin"])

    def our_conversion(self, *aside):
        return run([self.bench / "bench_convert", self.files["json"], self.folder / "ours.bin", "bin", *aside])


def compare(title, goal, theirs, ours, name=OURS):
    """Theirs and ours are costs of the same rounds."""
    ratio = times_faster(theirs, ours)
    remark = f"{ratio:.1f}x faster (wanted: {goal}x)"
    table(title, "ns/event", [(CRATES, theirs, ""), (name, ours, remark)])


def speed(programs, count):
    for title, form, goal in READS:
        taken = rounds(count, {CRATES: lambda form=form: programs.theirs(form), OURS: lambda form=form: programs.ours(form)})
        compare(title, goal, [cost(r) for r in taken[CRATES]], [cost(r) for r in taken[OURS]])
    taken = rounds(count, {CRATES: lambda: programs.theirs("json"), OURS: programs.validate})
    compare("Reading and validating trace.json, beside their reading alone", 5, [cost(r) for r in taken[CRATES]],
            [cost(r) for r in taken[OURS]])
    taken = rounds(count, {CRATES: programs.their_conversion, OURS: programs.our_conversion,
                           TWO: lambda: programs.our_conversion("aside")})
    theirs = [cost(r) for r in taken[CRATES]]
    compare("Converting trace.json to version 1, one processor", 4, theirs, [cost(r) for r in taken[OURS]])
    compare("The same, time that passes with two processors", 7, theirs, [wall(r) for r in taken[TWO]], TWO)


def memory(build, folder, events):
    """The largest memory of our own work on a long trace."""
    source = folder / "long.json"
    subprocess.run([str(build / "tools" / "ctrace"), "gen", "--content", "recorder", "--events", str(events), str(source)],
                   check=True)
    bench = build / "tests" / "bench"
    print(f"\nLargest memory, {source.stat().st_size / 2**20:,.0f} MiB of JSON, {events:,} events  "
          f"[load average {load_average()}]")
    rows = [("read json", [bench / "bench_read", source]), ("validate json", [bench / "bench_validate", source])]
    for form in ("bin", "bin-v0", "ct", "ndjson"):
        file = folder / f"long.{form}"
        rows.append((f"convert json to {form}", [bench / "bench_convert", source, file, form]))
        rows.append((f"read {form}", [bench / "bench_read", file]))
    rows.insert(3, ("convert json to bin, two processors",
                    [bench / "bench_convert", source, folder / "long.aside", "bin", "aside"]))
    for name, command in rows:
        result = run(command)
        print(f"  {name:42} {result['peak_rss_kib'] / 1024:>10,.1f} MiB {cost(result):>10,.0f} ns/event", flush=True)


def measure(build, crates, folder, options):
    events = 200_000 if options.quick else 1_000_000
    if crates:
        speed(Formats(build, crates, folder, events), options.rounds or (3 if options.quick else 9))
    else:
        print("The comparison of forms needs the crates.")
    memory(build, folder, 500_000 if options.quick else 12_000_000)
