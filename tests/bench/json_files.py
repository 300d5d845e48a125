"""Reading trace.json, and the memory of that and of writing it: our library beside both generations of the crates."""

import json
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
