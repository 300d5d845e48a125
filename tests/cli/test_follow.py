"""ctrace cat --follow: the events of a trace while it is written."""

import json
import os
import signal
import subprocess
import threading

import pytest

from conftest import TOOLS, ctrace, environment

UNIT = TOOLS.parent / "tests" / "unit"
FORMS = ["json", "ndjson", "bin", "ct"]


class Writer:
    """A recorder in another process, which writes when it is told to."""

    def __init__(self, folder, form):
        self.process = subprocess.Popen([UNIT / "live_writer", folder, form], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def write(self, count):
        self.process.stdin.write(f"{count}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "there\n"

    def end(self):
        self.process.stdin.close()
        assert self.process.wait() == 0
        self.process.stdout.close()


class Follower:
    """ctrace cat --follow in another process; one that hangs is ended, so that the test fails."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([TOOLS / "ctrace", "cat", "--follow", *map(str, arguments)],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment())
        self.guard = threading.Timer(60, self.process.kill)
        self.guard.start()

    def line(self):
        return self.process.stdout.readline()

    def end(self):
        out, err = self.process.communicate()
        self.guard.cancel()
        assert err == ""
        return self.process.returncode, out


@pytest.fixture(params=FORMS)
def writer(request, tmp_path):
    writer = Writer(tmp_path / "t", request.param)
    yield writer
    writer.process.kill()
    writer.process.wait()


def test_events_come_as_they_are_written(writer, tmp_path):
    writer.write(3)
    follower = Follower("--kind", "step", tmp_path / "t")
    lines = [follower.line() for _ in range(3)]
    writer.write(0)
    writer.write(2)
    lines += [follower.line() for _ in range(2)]
    writer.write(4000)
    lines += [follower.line() for _ in range(4000)]
    writer.write(1)
    writer.end()
    code, rest = follower.end()
    lines += rest.splitlines(keepends=True)
    assert code == 0
    assert [int(line.rsplit(":", 1)[1]) for line in lines] == list(range(1000, 5006))
    assert "".join(lines) == ctrace("cat", "--kind", "step", tmp_path / "t").out


def test_json_lines_come_whole(writer, tmp_path):
    writer.write(1)
    follower = Follower("--format", "jsonl", "--step", "2", tmp_path / "t")
    writer.write(4)
    assert [json.loads(follower.line())["Step"]["line"] for _ in range(3)] == [1002, 1003, 1004]
    writer.end()
    code, rest = follower.end()
    assert code == 0
    assert all("Step" not in line for line in rest.splitlines())


def test_count_ends_it(writer, tmp_path):
    writer.write(1)
    follower = Follower("--kind", "step", "--count", "2", tmp_path / "t")
    assert follower.line().endswith(":1000\n")
    writer.write(5)
    assert follower.line().endswith(":1001\n")
    assert follower.end() == (0, "")


def test_interrupt_ends_it_cleanly(writer, tmp_path):
    writer.write(2)
    follower = Follower("--kind", "step", tmp_path / "t")
    assert follower.line() and follower.line()
    os.kill(follower.process.pid, signal.SIGINT)
    assert follower.end() == (0, "")


def test_empty_file_is_waited_for(tmp_path):
    (tmp_path / "trace.json").touch()
    follower = Follower(tmp_path)
    with (tmp_path / "trace.json").open("w") as file:
        file.write('[{"Path":"/a"}]')
    (tmp_path / "trace_metadata.json").write_text('{"workdir":"/w","program":"p","args":[]}')
    assert follower.end() == (0, "0 path 0: /a\n")


def test_whole_trace_ends_at_once(program):
    assert ctrace("cat", "--follow", program).out == ctrace("cat", program).out


def test_missing_trace_is_told(tmp_path):
    ran = ctrace("cat", "--follow", "nowhere", cwd=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "ctrace cat: cannot open nowhere: No such file or directory\n"


def test_standard_input_ends_with_it():
    ran = ctrace("cat", "--follow", "-", stdin=b'[{"Path":"/a"}]')
    assert (ran.code, ran.out, ran.err) == (0, "0 path 0: /a\n", "")


def test_version_0_of_trace_bin_is_refused(tmp_path):
    writer = Writer(tmp_path / "t", "bin-v0")
    writer.write(1)
    writer.end()
    ran = ctrace("cat", "--follow", tmp_path / "t")
    assert ran.code == 2 and "cannot be followed" in ran.err
