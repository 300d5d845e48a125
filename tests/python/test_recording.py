"""ctrace.pause() and the others, called by the program that is recorded; the flight recorder."""

import signal
import subprocess
import sys

import pytest

import ctrace


def lines_of(recorder):
    return [event.line for event in recorder.events() if event.kind == "Step"]


def test_pause_and_resume(recorder):
    recorder.write("""\
import ctrace
def inner(n):
    return n
def outer(n):
    ctrace.pause()
    inner(n)
    n += 1
    text = "while paused"
    ctrace.resume()
    inner(n)
    return n
print(ctrace.is_recording())
outer(5)
ctrace.pause()
print("not recorded", ctrace.is_recording())
ctrace.resume()
print("recorded")
""")
    ended = recorder.record("prog.py")
    assert ended.code == 0 and ended.out == b"True\nnot recorded False\nrecorded\n" and ended.err == b""
    assert ctrace.validate(recorder.trace).valid
    assert recorder.calls() == ["<top-level>", "outer", "inner"]
    assert recorder.output() == "True\nrecorded\n"
    assert not {6, 7, 8, 15} & set(lines_of(recorder)) and {5, 10, 11, 16, 17} <= set(lines_of(recorder)) | {16}
    assert [value.text for value in recorder.locals_of("text")] == ["while paused"] * 2
    assert [value.i for value in recorder.locals_of("n")][-1] == 6


def test_without_a_recorder_they_do_nothing(recorder):
    recorder.write("import ctrace\nctrace.pause()\nctrace.resume()\nctrace.flush()\nctrace.dump()\n"
                   "print(ctrace.is_recording())\n")
    ended = recorder.plain("prog.py")
    assert (ended.code, ended.out, ended.err) == (0, b"False\n", b"")


def test_flush(recorder):
    recorder.write("import ctrace, os\ndef f(x):\n    return x\nf(1)\nctrace.flush()\nos.kill(os.getpid(), 9)\n")
    assert recorder.record("prog.py").code == -9
    assert recorder.calls() == ["<top-level>", "f"]


FLIGHT = """\
import ctrace, os, signal, sys
def early(n):
    return n
def late(n):
    return n
early(0)
for n in range(100000):
    late(n)
"""


def fly(recorder, ending):
    recorder.write(FLIGHT + ending)
    return recorder.run("-m", "ctrace", "-o", recorder.trace, "--flight-recorder", "1", "prog.py")


@pytest.mark.parametrize("ending", ["ctrace.dump()\n", "1 / 0\n", "os.kill(os.getpid(), signal.SIGUSR2)\n"])
def test_a_flight_recorder_keeps_the_newest(recorder, ending):
    ended = fly(recorder, ending)
    assert ended.code == ("/" in ending)
    assert ctrace.validate(recorder.trace).valid
    calls = recorder.calls()
    assert "early" not in calls and 100 < calls.count("late") < 90000
    lost = [event.content for event in recorder.events() if event.kind == "Event" and event.metadata == "lost"]
    assert len(lost) == 1 and lost[0].endswith("events before this were not kept")


def test_a_flight_recorder_that_nothing_asks(recorder):
    assert fly(recorder, "").code == 0
    assert "late" not in recorder.calls()


def test_a_flight_recorder_of_no_size(recorder):
    for size in ("0", "much", "-1", ""):
        ended = recorder.run("-m", "ctrace", f"--flight-recorder={size}" if size else "--flight-recorder", "x.py")
        assert ended.code == 2 and b"--flight-recorder" in ended.err


ENDS = ["SIGTERM", "SIGHUP", "SIGQUIT", "SIGALRM", "SIGUSR1", "SIGUSR2", "SIGABRT", "SIGSEGV", "SIGBUS", "SIGFPE",
        "SIGILL"]


@pytest.mark.parametrize("name", ENDS)
def test_all_that_was_before_a_signal_is_there(recorder, name):
    recorder.write(f"""\
import os, resource, signal
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
def last(n):
    return n
signals = [signal.getsignal(number) for number in sorted(signal.valid_signals())]
print([str(handler) for handler in signals if handler != signal.SIG_DFL], flush=True)
last(5)
os.kill(os.getpid(), signal.{name})
print("not reached")
""")
    plain, recorded = recorder.plain("prog.py"), recorder.record("prog.py")
    assert (recorded.code, recorded.err) == (plain.code, plain.err) == (-getattr(signal, name), b"")
    assert ctrace.validate(recorder.trace).valid
    assert recorder.calls()[-1] == "last" and 8 in lines_of(recorder)


@pytest.mark.parametrize("how", ["import ctypes; ctypes.string_at(0)", "os.abort()"])
@pytest.mark.parametrize("options", [(), ("-X", "faulthandler")])
def test_a_crash(recorder, how, options):
    recorder.write(f"import os, resource\nresource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"
                   f"def last():\n    return 1\nlast()\n{how}\n")
    plain, recorded = recorder.plain("prog.py", options=options), recorder.record("prog.py", options=options)
    assert recorded.code == plain.code and recorded.code in (-signal.SIGSEGV, -signal.SIGABRT)
    assert (b"Fatal Python error" in recorded.err) == bool(options) == (b"Fatal Python error" in plain.err)
    assert recorder.calls() == ["<top-level>", "last"]


def test_the_programs_own_handlers(recorder):
    recorder.write("""\
import faulthandler, os, signal
def handler(number, frame):
    print("handled", number)
for number in (signal.SIGTERM, signal.SIGUSR2):
    print(signal.signal(number, handler))
    os.kill(os.getpid(), number)
    print(signal.signal(number, signal.SIG_IGN) is handler)
    os.kill(os.getpid(), number)
print(faulthandler.is_enabled(), signal.sigpending())
faulthandler.enable()
faulthandler.disable()
signal.signal(signal.SIGTERM, signal.SIG_DFL)
print(flush=True)
os.kill(os.getpid(), signal.SIGTERM)
""")
    plain, recorded = recorder.plain("prog.py"), recorder.record("prog.py")
    assert recorded == plain and recorded.code == -signal.SIGTERM


def test_a_process_that_is_killed_has_all_but_the_last_moment(recorder):
    recorder.write("import time\ndef f():\n    return 1\nf()\nprint('here', flush=True)\ntime.sleep(60)\n")
    running = subprocess.Popen([sys.executable, "-m", "ctrace", "-o", str(recorder.trace), "prog.py"],
                               cwd=recorder.folder, stdout=subprocess.PIPE)
    try:
        assert running.stdout.readline() == b"here\n"
        # The recorder's thread brings it there by itself.
        while running.poll() is None and (recorder.trace / "trace.json").read_bytes().count(b'"Call"') < 2:
            pass
    finally:
        running.kill()
        running.wait()
        running.stdout.close()
    assert ctrace.validate(recorder.trace).valid
    assert "f" in recorder.calls()


def test_a_file_that_may_not_grow(recorder):
    recorder.write("""\
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (3000000, 3000000))
def work(n):
    return n + 1
total = 0
for n in range(30000):
    total += work(n)
print(total)
""")
    plain, recorded = recorder.plain("prog.py"), recorder.record("prog.py")
    assert (recorded.code, recorded.out) == (plain.code, plain.out) and plain.code == 0
    assert recorded.err.startswith(b"python -m ctrace: the trace is not complete: ") and recorded.err.count(b"\n") == 1
    assert "work" in recorder.calls()


def test_a_folder_that_vanishes(recorder):
    recorder.write("""\
import os, shutil, sys
def work(n):
    return n
shutil.rmtree(sys.argv[1])
for n in range(1000):
    work(n)
if os.fork() == 0:
    work(1)
    os._exit(0)
print(os.wait()[1])
""")
    ended = recorder.record("prog.py", recorder.trace)
    assert (ended.code, ended.out) == (0, b"0\n")
    assert all(line.startswith(b"python -m ctrace: the trace is not complete: ") for line in ended.err.splitlines())
