"""Runs the suites and sums them up in one line: N passed, N failed, N skipped.

Called by ./dev test, which has built everything and set the paths. Uses Python's standard library alone; pytest
and what else the tests need are installed into virtual environments below build/.
"""

import glob
import os
import re
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ["CTRACE_BUILD"]).parent
REPORTS = BUILD / "reports"
IN_CI = os.environ.get("CI") == "true"
RECORDED = BUILD / "recorded"


class Result:
    """Counts of one suite, and the lines that say what failed or was skipped."""

    def __init__(self, passed=0, failed=(), skipped=()):
        self.passed, self.failed, self.skipped = passed, list(failed), list(skipped)

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped


def run(command, log, **environment):
    """Runs a command; what it prints goes to a file, and to the screen when it fails."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    path = REPORTS / log
    with open(path, "wb") as out:
        code = subprocess.run(
            [str(part) for part in command], cwd=ROOT, stdout=out, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, env={**os.environ, **environment},
        ).returncode
    if code:
        text = path.read_text(errors="replace").splitlines()
        print("\n".join(text[-60:]))
        print(f"({' '.join(map(str, command))}: exit {code}; all of it in {path})")
    return code


def from_junit(path, suite, code):
    """The counts in a JUnit report; a runner that died before writing one is a failure."""
    if not path.exists():
        return Result(failed=[f"{suite}: the runner wrote no report (exit {code})"])
    result = Result()
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        name = f"{suite}: {case.get('classname', '')}::{case.get('name')}"
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            result.failed.append(name)
        elif skipped is not None:
            reason = skipped.get("message") or case.findtext("system-out") or ""
            result.skipped.append(f"{name}: {' '.join(reason.split())}")
        else:
            result.passed += 1
    if code and not result.failed:
        result.failed.append(f"{suite}: the runner ended with {code}")
    return result


def meson_build(folder, options, log):
    if not (folder / "build.ninja").exists():
        code = run(["meson", "setup", folder, ROOT, *options], f"{log}-setup.log")
        if code:
            return code
    return run(["ninja", "-C", folder], f"{log}-build.log")


def meson_test(folder, suite, **environment):
    report = folder / "meson-logs" / "testlog.junit.xml"
    report.unlink(missing_ok=True)
    code = run(["meson", "test", "-C", folder, "--no-rebuild", "--print-errorlogs"], f"{suite}.log",
               CMOCKA_MESSAGE_OUTPUT="TAP", **environment)
    return from_junit(report, suite, code)


def interpreters():
    """Every CPython 3.9 or newer on this machine, one for each minor version, the default one first."""
    found = {}
    candidates = [sys.executable, *sorted(glob.glob(os.path.expanduser("~/.pyenv/versions/3.*/bin/python3")))]
    for folder in os.environ["PATH"].split(":"):
        candidates += sorted(glob.glob(f"{folder}/python3.[0-9]*"))
    for candidate in candidates:
        if not re.fullmatch(r"python(3(\.\d+)?)?", os.path.basename(candidate)):
            continue
        probe = subprocess.run(
            [candidate, "-c", "import sys, sysconfig, os, platform; print(platform.python_implementation(),"
             "*sys.version_info[:2], os.path.exists(sysconfig.get_path('include') + '/Python.h'), sys.executable)"],
            capture_output=True, text=True)
        words = probe.stdout.split(None, 4)
        if probe.returncode == 0 and words[0] == "CPython" and words[3] == "True" and (3, 9) <= (int(words[1]), int(words[2])):
            found.setdefault((int(words[1]), int(words[2])), words[4].strip())
    default = sys.version_info[:2]
    return sorted(found.items(), key=lambda item: (item[0] != default, item[0]))


def venv(python, version, requirements):
    """The Python of a virtual environment that has the requirements."""
    folder = BUILD / f"venv-{version[0]}.{version[1]}"
    stamp = folder / "requirements"
    wanted = "\n".join(requirements)
    if not stamp.exists() or stamp.read_text() != wanted:
        if run([python, "-m", "venv", "--clear", folder], "venv.log"):
            return None
        if run([folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements],
               "venv.log"):
            return None
        stamp.write_text(wanted)
    return folder / "bin" / "python"


def requirements():
    lines = (ROOT / "tests" / "requirements.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def pytest(python, suite, paths, **environment):
    if python is None:
        return Result(failed=[f"{suite}: pytest could not be installed"])
    paths = [path for path in paths if (ROOT / path).exists()]
    if not paths:
        return Result(failed=[f"{suite}: it has no tests"])
    report = REPORTS / f"{suite}.xml"
    report.unlink(missing_ok=True)
    code = run([python, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *paths], f"{suite}.log",
               PYTHONDONTWRITEBYTECODE="1", CTRACE_RECORDED_TRACES=str(RECORDED), **environment)
    return from_junit(report, suite, code)


def suite_c():
    return meson_test(BUILD / "c", "c")


def suite_sanitize():
    result = Result()
    for name, sanitizers in (("asan", "address,undefined"), ("tsan", "thread")):
        folder = BUILD / name
        options = [f"-Db_sanitize={sanitizers}", "-Db_lundef=false", "-Dbuildtype=debugoptimized", "-Dtests=true"]
        code = meson_build(folder, options, name)
        if code:
            result.add(Result(failed=[f"{name}: it does not build"]))
        else:
            result.add(meson_test(folder, name, UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1"))
    return result


def default_pytest(suite, *paths):
    return pytest(venv(sys.executable, sys.version_info[:2], requirements()), suite, paths)


def suite_cli():
    return default_pytest("cli", "tests/cli")


def suite_spec():
    return default_pytest("spec", "tests/spec")


def suite_instructions():
    return default_pytest("instructions", "tests/instructions")


def suite_docs():
    return default_pytest("docs", "tests/docs")


def suite_durability():
    return default_pytest("durability", "tests/durability")


def suite_linking():
    return default_pytest("linking", "tests/linking")


def suite_interop():
    return default_pytest("interop", "tests/interop")


def suite_python():
    """The binding and its recorder on every interpreter; each has its own build."""
    result = Result()
    for version, python in interpreters():
        name = f"python-{version[0]}.{version[1]}"
        default = version == sys.version_info[:2]
        folder = BUILD / "c"
        if not default:
            folder = BUILD / name
            code = meson_build(folder, ["-Dtests=false", "-Dpython=enabled", f"-Dpython_interpreter={python}"], name)
            if code:
                result.add(Result(failed=[f"{name}: it does not build"]))
                continue
        tools = [line for line in requirements() if default or line.startswith(("pytest", "tomli"))]
        result.add(pytest(venv(python, version, tools), name, ["tests/python", "tests/truth/test_python.py"],
                          CTRACE_BUILD=str(folder), PYTHONPATH=str(folder / "bindings" / "python")))
    return result


def suite_truth():
    return default_pytest("truth", "tests/truth/test_ruby.py", "tests/truth/test_examples.py", "tests/truth/test_comparison.py")


def suite_lua():
    """A real interpreter with a recorder: examples/lua."""
    return default_pytest("lua", "tests/lua")


def suite_ruby():
    files = sorted(str(path) for path in (ROOT / "tests" / "ruby").glob("test_*.rb"))
    code = run(["ruby", "-W1", "-Itests/ruby", "-e", "ARGV.each { |file| require File.expand_path(file) }; ARGV.clear", *files],
               "ruby.log", CTRACE_RECORDED_TRACES=str(RECORDED))
    text = (REPORTS / "ruby.log").read_text(errors="replace")
    sums = re.findall(r"(\d+) runs, \d+ assertions, (\d+) failures, (\d+) errors, (\d+) skips", text)
    if not sums:
        return Result(failed=[f"ruby: the runner printed no sum (exit {code})"])
    runs, failures, errors, skips = map(int, sums[-1])
    failed = ["ruby: see above"] * (failures + errors)
    if code and not failed:
        failed = [f"ruby: the runner ended with {code}"]
    reasons = re.findall(r"Skipped:\n(\S+).*?\n(.*)", text) + [("?", "")] * skips
    return Result(runs - failures - errors - skips, failed, [f"ruby: {n}: {why}" for n, why in reasons[:skips]])


# The recorders come before spec and interop, which read what they recorded.
SUITES = {
    "c": suite_c, "sanitize": suite_sanitize, "cli": suite_cli, "python": suite_python, "ruby": suite_ruby,
    "truth": suite_truth, "lua": suite_lua, "spec": suite_spec, "interop": suite_interop, "linking": suite_linking,
    "durability": suite_durability,
    "docs": suite_docs, "instructions": suite_instructions,
}


def heed_signals():
    """What was started in the background or by nohup ignores some, and so would the programs of the tests."""
    for number in signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def renew_abi():
    python = venv(sys.executable, sys.version_info[:2], requirements())
    script = ROOT / "tests" / "linking" / "abi.py"
    library = Path(os.environ["CTRACE_BUILD"]) / "lib" / "libctrace.so"
    return subprocess.run([python, script, library, "--renew"]).returncode if python else 1


def main(wanted):
    heed_signals()
    if wanted == ["--renew-abi"]:
        sys.exit(renew_abi())
    unknown = [name for name in wanted if name not in SUITES]
    if unknown:
        sys.exit(f"no such suite: {' '.join(unknown)}; there are: {' '.join(SUITES)}")
    total = Result()
    for name in wanted or SUITES:
        started = time.monotonic()
        result = SUITES[name]()
        total.add(result)
        print(f"{name:12} {result.passed} passed, {len(result.failed)} failed, {len(result.skipped)} skipped"
              f"  ({time.monotonic() - started:.0f} s)", flush=True)
    for line in total.failed:
        print("FAILED ", line)
    for line in total.skipped:
        print("skipped", line)
    if IN_CI and total.skipped:
        print("A skip counts as a failure here (CI=true).")
    print(f"{total.passed} passed, {len(total.failed)} failed, {len(total.skipped)} skipped")
    sys.exit(1 if total.failed or (IN_CI and total.skipped) or not total.passed else 0)


main(sys.argv[1:])
