"""Instructions an event, counted by valgrind: of our hot paths beside their baseline, and of the crates on the stream.
They do not depend on what else the machine does."""

import json
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "instructions"))
import instruction_counts  # noqa: E402


def ours(build, folder, must_renew):
    build = instruction_counts.release_build(build)
    key = instruction_counts.made_of(build)
    counts = instruction_counts.count_all(build, folder)
    if must_renew:
        instruction_counts.renew(key, counts)
        print(f"\nRenewed for {key}: {instruction_counts.BASELINE}")
    baseline, rise = instruction_counts.expected(key)
    whose = "" if key in instruction_counts.baselines() else " of another machine"
    print(f"\nInstructions a call or an event, {key}; beside the baseline{whose}, above which they may be {rise:.0%}")
    for name, count in counts.items():
        before = baseline.get(name)
        remark = f"{before:>12,.0f} {count / before - 1:>+8.1%}" if before else f"{'new':>12}"
        print(f"  {name:66} {count:>10,.0f} {remark}")
    return counts


def of_the_crates(crates, folder, counts, options):
    """The cost of starting is taken out by counting two lengths."""
    short, long = (2_000, 4_000) if options.quick else (10_000, 30_000)
    print("\nThe crates on the stream, instructions an event")
    for form, suffix, file in (("json", "", "trace.json"), ("bin", "-v1", "trace.bin"), ("bin-v0", "-v0", "trace.bin")):
        written, read = [], []
        for events in (short, long):
            place = folder / f"crates-{form}"
            written.append(collected([crates, f"bench-write{suffix}", "--dialect", "new", "--events", events, place]))
            read.append(collected([crates, "bench-read", "--dialect", "new", place / file]))
        for action, name, (less, more) in (("write", "writer", written), ("read", "read", read)):
            each = (more - less) / (long - short)
            times = each / counts[f"{name} {form}: mixed events"]
            print(f"  {f'{action} {form}':66} {each:>10,.0f}   {times:.1f} times ours", flush=True)


def collected(command):
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *map(str, command)],
                          capture_output=True, text=True, check=False)
    count = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode or not count:
        raise SystemExit(f"bench: valgrind {command[0]} failed: {done.stderr[-500:]}")
    json.loads(done.stdout)
    return int(count[1])


def measure(build, crates, folder, options):
    counts = ours(build, folder, options.renew)
    if crates:
        of_the_crates(crates, folder, counts, options)
