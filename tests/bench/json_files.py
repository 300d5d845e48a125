"""Writing and reading trace.json: our library beside the published crates, on one and the same stream of events."""

import json
import re
import shutil
import subprocess

from measure import rounds, table, times_faster

OURS, NEW, OLD = "libctrace", "crates, new", "crate, old"


class Programs:
    """How the stream is written and read by each contestant, in a folder for the traces."""

    def __init__(self, build, crates, folder):
        self.writers = {
            NEW: [crates, "bench-write", "--dialect", "new", "--events"],
            OLD: [crates, "bench-write", "--dialect", "old", "--events"],
            OURS: [build / "tests" / "bench" / "bench_write"],
        }
        self.readers = {
            NEW: [crates, "bench-read", "--dialect", "new"],
            OLD: [crates, "bench-read", "--dialect", "old"],
            OURS: [build / "tests" / "bench" / "bench_read"],
        }
        if not crates:
            for contestants in (self.writers, self.readers):
                del contestants[NEW], contestants[OLD]
        self.folder = folder

    def trace(self, name):
        return self.folder / name.replace(", ", "-")

    def write(self, name, events):
        return self._run([*self.writers[name], str(events), self.trace(name)])

    def file_to_read(self, name):
        """What the new crates wrote; for the old crate its own, as it refuses floats as text."""
        return self.trace(name if name == OLD or NEW not in self.writers else NEW) / "trace.json"

    def read(self, name):
        return self._run([*self.readers[name], self.file_to_read(name)])

    @staticmethod
    def _run(command):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"bench: {command[0]} failed: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)


def cost(result):
    return result["cpu_ns"] / result["events"]


def compare(title, results):
    costs = {name: [cost(result) for result in taken] for name, taken in results.items()}
    rows = []
    for name, values in costs.items():
        peers = [] if name != OURS else [peer for peer in (NEW, OLD) if peer in costs]
        remark = ", ".join(f"{times_faster(costs[peer], values):.1f}x faster than {peer}" for peer in peers)
        rows.append((name, values, remark))
    table(title, "ns/event", rows)


def speed(programs, options):
    events = 200_000 if options.quick else 1_000_000
    count = options.rounds or (3 if options.quick else 9)
    if options.wants("json-write"):
        results = rounds(count, {name: lambda name=name: programs.write(name, events) for name in programs.writers})
        compare(f"Writing trace.json, {events:,} events, {count} rounds, processor time", results)
        for name, taken in results.items():
            print(f"  {name:42} {taken[0]['bytes'] / taken[0]['events']:>18.1f} bytes/event")
    if options.wants("json-read"):
        for name in programs.writers:
            programs.write(name, events)
        results = rounds(count, {name: lambda name=name: programs.read(name) for name in programs.readers})
        compare(f"Reading trace.json, {events:,} events, {count} rounds, processor time", results)


def memory(programs, options):
    sizes = (100_000, 400_000) if options.quick else (1_000_000, 4_000_000)
    print(f"\nLargest memory, MiB{'':25}" + "".join(f"{events:>16,} events" for events in sizes))
    for action in ("writing", "reading"):
        for name in programs.writers:
            peaks = []
            for events in sizes:
                result = programs.write(name, events)
                if action == "reading":
                    if name == OURS and NEW in programs.writers:
                        programs.write(NEW, events)
                    result = programs.read(name)
                peaks.append(result["peak_rss_kib"] / 1024)
            print(f"  {action + ', ' + name:42}" + "".join(f"{peak:>23,.1f}" for peak in peaks), flush=True)


def instructions(programs, options):
    """Instructions an event: they do not depend on what else the machine does. The cost of starting is taken out by
    counting two lengths."""
    if not shutil.which("valgrind"):
        print("\nInstructions: skipped, valgrind is missing (Debian package valgrind)")
        return
    short, long = (2_000, 4_000) if options.quick else (10_000, 30_000)
    print("\nInstructions an event, counted by valgrind")
    for action in ("writing", "reading"):
        for name in programs.writers:
            counted = []
            for events in (short, long):
                command = [*programs.writers[name], str(events), programs.trace(name)]
                if action == "reading":
                    programs.write(name, events)
                    if name == OURS and NEW in programs.writers:
                        programs.write(NEW, events)
                    command = [*programs.readers[name], programs.file_to_read(name)]
                counted.append(count_instructions(command))
            print(f"  {action + ', ' + name:42} {(counted[1] - counted[0]) / (long - short):>18,.0f}", flush=True)


def count_instructions(command):
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command],
                          capture_output=True, text=True, check=False)
    collected = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode or not collected:
        raise SystemExit(f"bench: valgrind {command[0]} failed: {done.stderr[-500:]}")
    return int(collected[1])
