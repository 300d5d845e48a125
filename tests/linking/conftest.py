"""What a program that uses the library needs: an installed one, an example to build, a look at the trace it writes."""

import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("CTRACE_BUILD", ROOT / "build" / "c"))
EXAMPLE = ROOT / "examples" / "c" / "minimal.c"


def run(*command, **options):
    """Runs a command to its good end, and returns what it printed."""
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    assert result.returncode == 0, f"{' '.join(map(str, command))}\n{result.stdout[-3000:]}{result.stderr[-3000:]}"
    return result.stdout


def check_trace(folder):
    """The trace of examples/c/minimal.c is sound and whole."""
    run(BUILD / "tools" / "ctrace-validate", "--no-sources", folder)
    assert "area(width=6) -> 42" in run(BUILD / "tools" / "ctrace", "tree", folder)


def check_program(program, folder, **environment):
    """A build of examples/c/minimal.c does what it should."""
    run(program, folder, env={**os.environ, **environment})
    check_trace(folder)


def needed_libraries(program):
    """The shared libraries that a program asks for."""
    lines = run("readelf", "-d", "-W", program).splitlines()
    return [line.split("[")[1].rstrip("]") for line in lines if "(NEEDED)" in line]


class Installed:
    """The library as `meson install` puts it into a prefix that is made for the test."""

    def __init__(self, folder):
        options = run("meson", "introspect", "--buildoptions", BUILD)
        values = {option["name"]: option["value"] for option in json.loads(options)}
        run("meson", "install", "-C", BUILD, "--no-rebuild", "--destdir", folder)
        self.prefix = folder / values["prefix"].lstrip("/")
        self.lib = self.prefix / values["libdir"]
        self.include = self.prefix / values["includedir"]


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    return Installed(tmp_path_factory.mktemp("installed"))
