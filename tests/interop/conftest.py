"""What the tests against the published crates share: the program on the crates and our tools."""

import shutil
import subprocess

import pytest

from support import BUILD, CRATES_FOLDER, Crates


def missing_toolchain():
    """What cannot be done without, or None."""
    if not shutil.which("cargo"):
        return "cargo is missing"
    version = subprocess.run(["cargo", "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    if tuple(int(part) for part in version.split("-")[0].split(".")[:2]) < (1, 85):
        return f"cargo 1.85 or newer is missing (there is {version})"
    if not shutil.which("capnp"):
        return "capnp is missing (Debian package capnproto), which the crates need at build"
    return None


@pytest.fixture(scope="session")
def crates():
    """The program on the published crates."""
    missing = missing_toolchain()
    if missing:
        pytest.skip(missing)
    target = BUILD.parent / "rust"
    built = subprocess.run(
        ["cargo", "build", "--release", "--locked", "--quiet", "--target-dir", target],
        cwd=CRATES_FOLDER, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return Crates(target / "release" / "crates")


@pytest.fixture(scope="session")
def crate_traces(crates, tmp_path_factory):
    """What each dialect's crate writes: dialect → {name: folder}."""
    return {dialect: crates.write(dialect, tmp_path_factory.mktemp(f"crates-{dialect}")) for dialect in ("old", "new")}


@pytest.fixture(scope="session")
def our_traces(tmp_path_factory):
    """What our library writes: spelling of floats → {name: folder}."""
    program = BUILD / "tests" / "interop" / "write_everything"
    traces = {}
    for floats in ("text", "number"):
        folder = tmp_path_factory.mktemp(f"ours-{floats}")
        names = subprocess.run([program, folder, floats], capture_output=True, text=True, check=True).stdout.split()
        traces[floats] = {name: folder / name for name in names}
    return traces
