"""Writing: our recorder and our writer beside the published crates, on one and the same stream of events."""

import json
import shutil
import statistics
import subprocess

from measure import load_average, rounds, spread, times_faster

CRATES, RECORDER, WRITER = "crates, new", "libctrace, recorder", "libctrace, writer alone"
SINGLE = "the same, single copy"  # as the crates write, not whole when killed in the middle of a flush
# Title, our name of the form, the crates' command, and how many times less of the traced thread and of the whole
# process we want to take.
FORMS = [
    ("trace.json", "json", "bench-write", (12, 5)),
    ("trace.bin, version 1, zstd level 3", "bin", "bench-write-v1", (12, 3)),
    ("trace.bin, version 0", "bin-v0", "bench-write-v0", (None, None)),
    ("trace.ct", "ct", None, (None, None)),
]
# How else the recorder can be used; title and the words of bench_record.
WAYS = [
    ("one thread, to a file", []),
    ("the same, single copy", ["single"]),
    ("the same, durable", ["durable"]),
    ("the same, bytes thrown away", None),
    ("a flight recorder, nothing written", ["drop"]),
    ("two threads at once, exact order", ["threads=2"]),
    ("two threads at once, loose order", ["threads=2", "loose"]),
    ("eight threads at once, exact order", ["threads=8"]),
    ("eight threads at once, loose order", ["threads=8", "loose"]),
]
# What one call may take, in nanoseconds.
CALL_GOALS = {
    "step": "goal of the traced thread: 15",
    "call and return": "goal of the traced thread: 30",
    "step with ten unchanged locals": "goal of the whole process: 60",
}
MEMORY_GOAL = 32  # MiB


def run(command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"bench: {command[0]} failed: {done.stdout}{done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def each(results, field):
    return [result[field] / result["events"] for result in results]


class Programs:
    def __init__(self, build, crates, folder, events):
        self.bench = build / "tests" / "bench"
        self.crates, self.folder, self.events = crates, folder, events

    def new_folder(self):
        """That an older trace is removed is not to be measured."""
        folder = self.folder / "written"
        shutil.rmtree(folder, ignore_errors=True)
        return folder

    def theirs(self, command):
        return run([self.crates, command, "--dialect", "new", "--events", self.events, self.new_folder()])[0]

    def write(self, form):
        return run([self.bench / "bench_write", self.events, self.new_folder(), form])[0]

    def record(self, form, *words, to=None, events=None):
        return run([self.bench / "bench_record", events or self.events, to or self.new_folder(), form, *words])[0]

    def calls(self, whom, form, count):
        return {call["call"]: call for call in run([self.bench / f"calls_{whom}", form, count])}


def figure(values, theirs, goal):
    """Median and spread, and how many times less than theirs."""
    text = f"{statistics.median(values):>7,.1f} {spread(values):>13}"
    if theirs is None:
        return f"{text} {'':22}"
    ratio = times_faster(theirs, values)
    return f"{text} {f'{ratio:.1f}x less' + (f' (goal {goal}x)' if goal else ''):22}"


def forms(programs, count):
    """Every form, each beside the crates."""
    contestants = {}
    for _, form, command, _ in FORMS:
        if command and programs.crates:
            contestants[form, CRATES] = lambda command=command: programs.theirs(command)
        contestants[form, RECORDER] = lambda form=form: programs.record(form)
        if form in ("json", "bin"):
            contestants[form, SINGLE] = lambda form=form: programs.record(form, "single")
        contestants[form, WRITER] = lambda form=form: programs.write(form)
    taken = rounds(count, contestants)
    print(f"\nWriting {programs.events:,} mixed events, {count} rounds, nanoseconds of processor time an event: "
          f"median, min–max  [load average {load_average()}]")
    print(f"  {'':26} {'traced thread':>21} {'':22} {'whole process':>21} {'':22} {'bytes':>6} {'memory':>9}")
    for title, form, _, goals in FORMS:
        print(f"  {title}")
        theirs = taken.get((form, CRATES))
        for name in (CRATES, RECORDER, SINGLE, WRITER):
            results = taken.get((form, name))
            if not results:
                continue
            peer = theirs if theirs and name != CRATES else None
            shown = goals if name in (RECORDER, SINGLE) else (None, None)
            cells = [figure(each(results, field), peer and each(peer, field), goal)
                     for field, goal in zip(("thread_ns", "cpu_ns"), shown)]
            peak = statistics.median(result["peak_rss_kib"] for result in results) / 1024
            print(f"    {name:24} {cells[0]} {cells[1]} {each(results, 'bytes')[0]:>6.1f} {peak:>5.1f} MiB", flush=True)


def ways(programs, count):
    """The recorder alone, in JSON."""
    taken = rounds(count, {
        title: lambda words=words: programs.record("json", *(words or []), to="-" if words is None else None)
        for title, words in WAYS})
    print(f"\nThe recorder in JSON, nanoseconds an event  [load average {load_average()}]")
    print(f"  {'':40} {'traced threads':>21} {'whole process':>21} {'as time passes':>21} {'waits':>7} {'lost':>10} "
          f"{'memory':>9}")
    for title, _ in WAYS:
        results = taken[title]
        cells = " ".join(figure(each(results, field), None, None).rstrip()
                         for field in ("thread_ns", "cpu_ns", "wall_ns"))
        middle = {field: statistics.median(result[field] for result in results)
                  for field in ("waits", "events_lost", "peak_rss_kib")}
        print(f"  {title:40} {cells} {middle['waits']:>7,.0f} {middle['events_lost']:>10,.0f} "
              f"{middle['peak_rss_kib'] / 1024:>5.1f} MiB", flush=True)


def calls(programs, count, times):
    """Each kind of call alone, to a sink that throws the bytes away, in JSON."""
    taken = rounds(count, {whom: lambda whom=whom: programs.calls(whom, "json", times) for whom in ("lane", "writer")})
    for whom, title in (("lane", "a lane of the recorder"), ("writer", "the writer")):
        print(f"\nOne call to {title}, JSON, bytes thrown away, ns  [load average {load_average()}]")
        print(f"  {'':44} {'traced thread':>21} {'whole process':>21} {'allocations':>12}")
        for name in taken[whom][0]:
            results = [result[name] for result in taken[whom]]
            cells = " ".join(figure([result[field] for result in results], None, None).rstrip()
                             for field in ("thread_ns", "cpu_ns"))
            print(f"  {name:44} {cells} {max(result['allocations'] for result in results):>12}"
                  f"   {CALL_GOALS.get(name, '')}".rstrip(), flush=True)


def beside_compression(programs, count):
    """What the traced thread takes while the other processor compresses, and while it hardly works."""
    taken = rounds(count, {form: lambda form=form: programs.record(form, to="-") for form in ("json", "bin")})
    idle, busy = (each(taken[form], "thread_ns") for form in ("json", "bin"))
    slower = 1 / times_faster(idle, busy) - 1
    print(f"\nThe traced thread while the other one makes  [load average {load_average()}]")
    print(f"  JSON for a sink that throws it away            {figure(idle, None, None).rstrip()} ns/event")
    print(f"  trace.bin version 1 at level 3, for the same   {figure(busy, None, None).rstrip()} ns/event   "
          f"{slower:+.1%} (goal: +5 %)")


def memory(programs, events):
    print(f"\nLargest memory of recording {events:,} events (goal: {MEMORY_GOAL} MiB)")
    for _, form, _, _ in FORMS:
        result = programs.record(form, events=events)
        print(f"  {form:10} {result['bytes'] / 2**20:>8,.0f} MiB written {result['peak_rss_kib'] / 1024:>8.1f} MiB "
              f"memory", flush=True)


def measure(build, crates, folder, options):
    programs = Programs(build, crates, folder, 200_000 if options.quick else 1_000_000)
    count = options.rounds or (3 if options.quick else 9)
    forms(programs, count)
    ways(programs, count)
    calls(programs, count, 100_000 if options.quick else 1_000_000)
    beside_compression(programs, count)
    memory(programs, 500_000 if options.quick else 12_000_000)
