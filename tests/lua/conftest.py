"""Builds Lua as it is and Lua with the recorder; skips when the sources cannot be had here."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
for folder in ("truth", "interop"):
    sys.path.insert(0, str(HERE.parent / folder))

from comparison import BUILD, ROOT  # noqa: E402


@pytest.fixture(scope="session")
def lua():
    """The folder that has the programs lua-plain and lua-ctrace."""
    for tool in ("cargo", "make", "patch"):
        if not shutil.which(tool):
            pytest.skip(f"{tool} is missing, which building Lua needs")
    folder = Path(os.environ.get("CTRACE_LUA", BUILD.parent / "lua"))
    built = subprocess.run(["make", "-s", "-j2", "-C", ROOT / "examples" / "lua", f"OUT={folder}",
                            f"LIBCTRACE={BUILD / 'lib' / 'libctrace.a'}"], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    assert "warning" not in built.stderr, built.stderr
    return folder


def interop_fixtures():
    """tests/interop/conftest.py under another name, as this module has its name."""
    spec = importlib.util.spec_from_file_location("interop_conftest", HERE.parent / "interop" / "conftest.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


crates = interop_fixtures().crates
