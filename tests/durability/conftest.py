"""What the tests of durability share: the programs that are recorded, and who reads what they leave."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("CTRACE_BUILD", ROOT / "build" / "c")).resolve()
PROGRAMS = BUILD / "tests" / "durability"
FILES = {"json": "trace.json", "ndjson": "trace.ndjson", "bin": "trace.bin", "ct": "trace.ct", "bin-v0": "trace.bin"}

sys.path += [str(ROOT / "tests" / "interop"), str(ROOT / "spec")]

from support import built_crates  # noqa: E402


@pytest.fixture(scope="session")
def crates():
    """The strict reader of the published crates."""
    return built_crates()


class Found:
    """What our reader finds in a folder; that nothing is missing before the end, it checks itself."""

    def __init__(self, folder, *gaps):
        ran = subprocess.run([PROGRAMS / "recording", "check", folder, *gaps], capture_output=True, text=True,
                             timeout=300)
        assert ran.returncode == 0, (str(folder), ran.stdout, ran.stderr)
        words = ran.stdout.split()
        self.status, self.events, self.last = words[0], int(words[1]), [int(word) for word in words[2:10]]
        self.more = [int(word) for word in words[10:]]
        self.why = ran.stderr.strip()
