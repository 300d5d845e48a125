"""symbols.py INCLUDE SHARED STATIC: does the shared library export just what the public headers promise, and does
nothing in it keep state of its own?"""

import re
import subprocess
import sys
from pathlib import Path

PROMISE = re.compile(r"\bCTRACE_API\b(?!\s*(?:__attribute__|$))[^;{]*?\b(ctrace_\w+)\s*\(", re.MULTILINE)
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def promised(include):
    names = set()
    for header in include.glob("ctrace/*.h"):
        lines = [line for line in COMMENT.sub("", header.read_text()).split("\n") if not line.startswith("#")]
        names.update(PROMISE.findall("\n".join(lines)))
    return names


def exported(shared):
    fields = (line.split() for line in run("nm", "-D", "--defined-only", shared).splitlines())
    return {words[-1].split("@")[0] for words in fields if words[-2] != "A"}


def variables(static):
    """Names of what can be written to, with the object file they are in."""
    found, member = [], ""
    for line in run("objdump", "-t", static).splitlines():
        if ": " in line and "file format" in line:
            member = line.split(":")[0]
        match = re.match(r"[0-9a-f]+ (.{7}) (\S+)\s+([0-9a-f]+)\s+(?:\.hidden )?(\S+)$", line)
        if not match:
            continue
        flags, section, size, name = match.groups()
        writable = section == "*COM*" or re.match(r"\.(data|bss|tdata|tbss)(?!\.rel\.ro)", section)
        if writable and int(size, 16) and "d" not in flags:
            found.append(f"{member}: {name} in {section}")
    return found


def main():
    include, shared, static = sys.argv[1:]
    want, have = promised(Path(include)), exported(shared)
    found = [f"{name} is promised, but not exported" for name in sorted(want - have)]
    found += [f"{name} is exported, but no header promises it" for name in sorted(have - want)]
    found += [f"{variable} keeps state" for variable in variables(static)]
    if len(want) < 2:
        found.append("the headers promise nothing: this test does not see them")
    print("\n".join(found))
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
