"""What the tests against the published crates share: the program on the crates and our tools."""

import subprocess

import pytest

from support import BUILD, built_crates


@pytest.fixture(scope="session")
def crates():
    """The program on the published crates."""
    return built_crates()


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
