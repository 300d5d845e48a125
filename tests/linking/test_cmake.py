"""Programs that find the installed library by CMake."""

import re
import subprocess
from pathlib import Path

import pytest
from conftest import EXAMPLE, ROOT, check_program, needed_libraries, run

CONSUMER = Path(__file__).parent / "cmake"
VERSION = re.search(r'CTRACE_VERSION_STRING "(.*)"', (ROOT / "include/ctrace/version.h").read_text()).group(1)


def package(installed):
    """Told outright: CMake looks into lib64, where some Mesons install, on some systems alone."""
    return installed.lib / "cmake" / "libctrace"


@pytest.fixture(scope="module")
def programs(installed, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cmake")
    run("cmake", "-S", CONSUMER, "-B", folder, f"-Dlibctrace_DIR={package(installed)}", f"-DEXAMPLE={EXAMPLE}",
        f"-DWANTED_VERSION={VERSION}")
    run("cmake", "--build", folder)
    return folder


@pytest.mark.parametrize("program", ["shared_c", "shared_cpp", "static_c", "static_cpp"])
def test_program(programs, tmp_path, program):
    asks = any("libctrace" in name for name in needed_libraries(programs / program))
    assert asks == program.startswith("shared")
    check_program(programs / program, tmp_path / "trace")


def series(version):
    """A version before which no other is compatible, and one that is not any more."""
    first, second, _ = map(int, version.split("."))
    return (f"{first}.{second}", f"{first}.{second + 1}") if first == 0 else (f"{first}", f"{first + 1}")


@pytest.mark.parametrize("wanted, fits", [
    ("", True), (VERSION, True), (series(VERSION)[0], True), (series(VERSION)[1], False), (VERSION + ".1", False),
    ("99", False),
])
def test_version(installed, tmp_path, wanted, fits):
    project = tmp_path / "CMakeLists.txt"
    project.write_text("cmake_minimum_required(VERSION 3.16)\nproject(consumer C)\n"
                       f"find_package(libctrace {wanted} REQUIRED)\n")
    command = ["cmake", "-S", tmp_path, "-B", tmp_path / "build", f"-Dlibctrace_DIR={package(installed)}"]
    code = subprocess.run(command, capture_output=True).returncode
    assert (code == 0) == fits
