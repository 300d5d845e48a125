"""Measures libctrace beside the published crates and its recorders beside the programs without them.

Contestants take turns, so that a busy machine is busy for all; look at the ratios more than at the nanoseconds.
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import formats
import instructions
import json_files
import recorders
import writer
from measure import load_average

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("CTRACE_BUILD", ROOT / "build" / "c")).resolve()
PARTS = ("writer", "json-read", "memory", "instructions", "formats", "python", "ruby", "lua")


def arguments():
    parser = argparse.ArgumentParser(prog="bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("part", nargs="*", choices=[[], *PARTS], help="only these parts: " + ", ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="small streams and few rounds: a minute")
    parser.add_argument("--only", action="append", default=[], choices=PARTS, help="the same")
    parser.add_argument("--rounds", type=int, help="how often each contestant runs")
    parser.add_argument("--renew", action="store_true",
                        help="with instructions: what is counted becomes the baseline that the tests compare with")
    options = parser.parse_args()
    wanted = options.part + options.only
    options.wants = lambda part: not wanted or part in wanted
    return options


def crates_program():
    """The program on the published crates, or None when it cannot be built here."""
    for tool, package in (("cargo", "cargo"), ("capnp", "capnproto")):
        if not shutil.which(tool):
            print(f"The crates are left out: {tool} is missing (Debian package {package}).")
            return None
    target = BUILD.parent / "rust"
    built = subprocess.run(["cargo", "build", "--release", "--locked", "--quiet", "--target-dir", target],
                           cwd=ROOT / "tests" / "interop" / "rust", capture_output=True, text=True, check=False)
    if built.returncode:
        print(f"The crates are left out: cargo build failed:\n{built.stderr}")
        return None
    return target / "release" / "crates"


def main():
    options = arguments()
    if not (BUILD / "tests" / "bench" / "bench_write").exists():
        sys.exit(f"bench: {BUILD} has no benchmarks; build with -Dtests=true (./dev bench does)")
    print(f"{platform.machine()}, {os.cpu_count()} processors, {platform.system()} {platform.release()}; "
          f"load average {load_average()}")
    with tempfile.TemporaryDirectory(prefix="ctrace-bench-", dir=os.environ.get("CTRACE_BENCH_DIR")) as name:
        folder = Path(name)
        crates = crates_program() if any(options.wants(part) for part in PARTS[:5]) else None
        if options.wants("writer"):
            writer.measure(BUILD, crates, folder, options)
        if options.wants("json-read") or options.wants("memory"):
            programs = json_files.Programs(BUILD, crates, folder)
            if options.wants("json-read"):
                json_files.speed(programs, options)
            if options.wants("memory"):
                json_files.memory(programs, options)
        if options.wants("instructions"):
            instructions.measure(BUILD, crates, folder, options)
        if options.wants("formats"):
            formats.measure(BUILD, crates, folder, options)
        if options.wants("python"):
            recorders.python(BUILD, folder, options)
        if options.wants("ruby"):
            recorders.ruby(folder, options)
        if options.wants("lua"):
            recorders.lua(BUILD, folder, options)


main()
