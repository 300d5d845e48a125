"""The recording commands: a program runs as it would without them."""

import json
import os
import signal
import subprocess
import sys
import zipapp

import pytest

import ctrace

LOOK = """\
import os, sys
print(sys.argv, sys.path[0], __name__, __file__, __doc__, __package__, __spec__, type(__loader__).__name__)
print(sorted(globals()), sys.modules["__main__"].__dict__ is globals(), __builtins__ is __import__("builtins"))
print(sys.flags, sys._getframe().f_back, sys.stdout.name, type(sys.stdout), sys.stdout is sys.__stdout__)
print(sys.stdout.write, sys.gettrace(), sys.getprofile(), sys.getrecursionlimit())
"""


def without_addresses(ended):
    import re

    ended.out, ended.err = (re.sub(rb"0x[0-9a-f]+", b"0x", text) for text in (ended.out, ended.err))
    return ended


@pytest.mark.parametrize("words", [(), ("one", "two words", "--out-dir", "-m", "")])
def test_what_a_program_sees_of_itself(recorder, words):
    recorder.write(LOOK)
    assert without_addresses(recorder.record("prog.py", *words)) == without_addresses(recorder.plain("prog.py", *words))


@pytest.mark.parametrize("options", [("-O",), ("-B", "-u"), ("-X", "dev"), ("-W", "error")])
def test_the_interpreters_options_hold(recorder, options):
    recorder.write(LOOK)
    recorded = recorder.record("prog.py", options=options)
    assert without_addresses(recorded) == without_addresses(recorder.plain("prog.py", options=options))


def test_a_program_in_another_folder(recorder):
    recorder.write("import sibling\nprint(sibling.here(), __file__)\n", "deep/prog.py")
    recorder.write("def here():\n    return __file__\n", "deep/sibling.py")
    recorder.both("deep/prog.py")
    assert "here" in recorder.calls()


def test_a_link_to_a_program(recorder):
    recorder.write("import sys, sibling\nprint(sys.path[0], __file__, sys.argv)\n", "real/prog.py")
    recorder.write("def f():\n    return 1\nf()\n", "real/sibling.py")
    os.symlink(recorder.folder / "real" / "prog.py", recorder.folder / "link.py")
    recorder.both("link.py")


def test_a_module(recorder):
    recorder.write("print('init')\n", "pkg/__init__.py")
    recorder.write("import sys\nfrom . import other\nprint(sys.argv, sys.path[0], __name__, __package__, __spec__.name)\n"
                   "print(other.f(1))\nsys.exit(3)\n", "pkg/run.py")
    recorder.write("def f(x):\n    return x + 1\n", "pkg/other.py")
    recorder.write("from .run import *\n", "pkg/__main__.py")
    for module in ("pkg.run", "pkg"):
        plain, recorded = recorder.plain("-m", module, "arg"), recorder.record("-m", module, "arg")
        assert recorded == plain and plain.code == 3
        assert ctrace.validate(recorder.trace).valid
        assert "f" in recorder.calls()


def test_a_module_that_is_not_there(recorder):
    assert recorder.record("-m", "no.such.module") == recorder.plain("-m", "no.such.module")


def test_a_folder_as_a_program(recorder):
    recorder.write("import sys, helper\nprint(sys.argv, sys.path[0] == sys.argv[0], helper.f())\n", "app/__main__.py")
    recorder.write("def f():\n    return 5\n", "app/helper.py")
    plain, recorded = recorder.plain(recorder.folder / "app"), recorder.record(recorder.folder / "app")
    assert recorded == plain and "f" in recorder.calls()


@pytest.mark.parametrize("folder", ["app", "app/", "./app"])
def test_the_way_to_a_folder(recorder, folder):
    recorder.write("import sys\nprint(sys.argv, sys.path[0], __file__)\n", "app/__main__.py")
    recorder.both(folder)


def test_a_folder_without_a_program(recorder):
    (recorder.folder / "app").mkdir()
    plain, recorded = recorder.plain("app"), recorder.record("app")
    assert recorded.code == plain.code == 1 and b"can't find '__main__' module" in recorded.err


def test_an_archive_runs_without_being_recorded(recorder):
    recorder.write("import sys\nprint(sys.argv, sys.path[0], __file__)\nsys.exit(3)\n", "app/__main__.py")
    zipapp.create_archive(recorder.folder / "app", recorder.folder / "app.pyz")
    plain, recorded = recorder.plain("app.pyz", "one"), recorder.record("app.pyz", "one")
    assert (recorded.out, recorded.code) == (plain.out, plain.code)
    assert b"not recording: app.pyz is an archive" in recorded.err and not recorder.trace.exists()


def test_a_program_on_the_standard_input_is_refused_by_a_clear_word(recorder):
    ended = recorder.record("-")
    assert ended.code == 2 and b"standard input cannot be recorded" in ended.err


def test_main_can_be_imported_and_pickled(recorder):
    recorder.write("""\
import pickle, sys
class Point:
    def __init__(self):
        self.x = 5
if __name__ == "__main__":
    import __main__
    print(__main__.Point is Point, pickle.loads(pickle.dumps(Point())).x, Point.__module__, sys.modules["__main__"])
""")
    recorder.both("prog.py")


@pytest.mark.parametrize("ending", [
    "", "sys.exit()", "sys.exit(0)", "sys.exit(7)", "sys.exit('text')", "sys.exit(None)", "sys.exit((1, 2))",
    "raise SystemExit(300)", "raise ValueError('no')", "1/0", "os._exit(9)", "raise KeyboardInterrupt", "def f(:",
    "raise type('E', (Exception,), {'__str__': lambda self: 1 / 0})()", "sys.stdout.close()",
    "class E(BaseException): pass\nraise E from ValueError('cause')", "sys.excepthook = lambda *a: print('hook')\n1/0",
    "os.kill(os.getpid(), signal.SIGTERM)", "import atexit\natexit.register(lambda: 1/0)", "os.abort()",
    "import warnings\nwarnings.warn('careful')", "def deep():\n    deep()\ndeep()",
    "import threading\nthreading.Thread(target=lambda: 1/0).start()", "import traceback\ntraceback.print_stack()",
    "async def f(): pass\nf()", "exit(4)", "quit('bye')", "import faulthandler", "print(end='no newline')",
])
def test_endings(recorder, ending):
    recorder.write(f"import os, signal, sys\nprint('begun', flush=True)\n{ending}\n")
    plain, recorded = recorder.plain("prog.py"), recorder.record("prog.py")
    if "threading" in ending:
        for ended in (plain, recorded):
            ended.err = ended.err.split(b"\n")[-2]
    assert without_addresses(recorded) == without_addresses(plain)
    if "kill" not in ending and "abort" not in ending:
        report = ctrace.validate(recorder.trace)
        assert report.valid, report.problems


def test_an_interrupt(recorder):
    recorder.write("import os, signal, time\nprint('begun', flush=True)\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(5)\n")
    plain, recorded = recorder.plain("prog.py"), recorder.record("prog.py")
    assert plain.code == recorded.code == -signal.SIGINT and plain.err == recorded.err
    assert ctrace.validate(recorder.trace).valid


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGALRM] * 2)
def test_a_signal_in_the_midst_leaves_a_trace_that_opens(recorder, number):
    recorder.write("much = ['x' * 1000] * 100\nwhile True:\n    much\n")
    command = [sys.executable, "-m", "ctrace", "-o", str(recorder.trace), "prog.py"]
    # Where the tests were started with it ignored, as nohup does, the program would run on for ever.
    running = subprocess.Popen(command, cwd=recorder.folder, preexec_fn=lambda: signal.signal(number, signal.SIG_DFL))
    trace = recorder.trace / "trace.json"
    while running.poll() is None and (not trace.exists() or trace.stat().st_size < 30_000_000):
        pass
    running.send_signal(number)
    try:
        assert running.wait(timeout=60) == -number
    finally:
        running.kill()
    report = ctrace.validate(recorder.trace)
    assert report.valid, report.problems


def test_recursion_goes_as_deep(recorder):
    recorder.write("""\
import sys
sys.setrecursionlimit(300)
depth = 0
def f():
    global depth
    depth += 1
    f()
try:
    f()
except RecursionError:
    print(depth)
""")
    recorder.both("prog.py")


def test_exit_handlers_are_recorded(recorder):
    recorder.write("import atexit\ndef bye(n):\n    print('bye', n)\natexit.register(bye, 1)\natexit.register(bye, 2)\n")
    recorder.both("prog.py")
    assert recorder.calls() == ["<top-level>", "bye", "bye"]
    assert recorder.output() == "bye 2\nbye 1\n"


def test_output_is_recorded(recorder):
    recorder.write("""\
import sys
print("a", 1, end="|")
sys.stdout.write("b\\n")
sys.stdout.writelines(["c", "d\\n"])
print("e", file=sys.stderr)
input_is = sys.stdin.read()
""")
    recorder.both("prog.py")
    assert recorder.output() == "a 1|b\ncd\n" and recorder.output("WriteOther") == "e\n"
    steps, lines = [], []
    for event in recorder.events():
        if event.kind == "Step":
            steps.append(event.line)
        elif event.kind == "Event":
            lines.append(steps[-1])
    assert sorted(set(lines)) == [2, 3, 4, 5]


def test_errors_come_first_on_their_line(recorder):
    recorder.write("""\
import sys
def fail():
    sys.stdout.write("x"); raise ValueError("bad")
try:
    fail()
except ValueError:
    pass
""")
    recorder.both("prog.py")
    events = recorder.events()
    at = [number for number, event in enumerate(events) if event.kind == "Event" and event.log_kind == "Error"]
    assert len(at) == 1 and events[at[0]].content == "ValueError: bad"
    before = next(event for event in reversed(events[:at[0]]) if event.kind not in ("Value", "VariableName", "Type"))
    assert before.kind == "Step" and before.line == 3
    error = [event for event in events if event.kind == "Return"][0].return_value
    assert error.kind == "Error" and error.msg == "ValueError: bad"


def test_steps_outside_their_file_are_dropped(recorder):
    recorder.write("code = compile('\\n' * 50 + 'x = 1\\ny = 2', __file__, 'exec')\nexec(code)\nprint(x, y)\n"
                   "exec(compile('z = 3', '<string>', 'exec'))\n")
    recorder.both("prog.py")
    assert {event.line for event in recorder.events() if event.kind == "Step"} <= {1, 2, 3, 4}


def test_the_scope(recorder):
    recorder.write("import sys\nsys.path.insert(0, 'other')\nimport inside.part, beside, json\n"
                   "inside.part.f(), beside.g(), json.dumps([1])\n", "app/prog.py")
    recorder.write("def f():\n    pass\n", "app/inside/part.py")
    recorder.write("def g():\n    pass\n", "other/beside.py")
    recorder.write("def h():\n    pass\n", "app2/nothing.py")
    recorder.record("app/prog.py")
    assert "f" in recorder.calls() and "g" not in recorder.calls()
    recorder.record("--scope", "other", "app/prog.py")
    assert "g" in recorder.calls() and "f" not in recorder.calls()
    recorder.record("--scope=other", "--scope", "app", "app/prog.py")
    assert {"f", "g"} <= set(recorder.calls())
    paths = [event.path for event in recorder.events() if event.kind == "Path"]
    assert not any("json" in path for path in paths) and len(paths) == len(set(paths))


def test_subprocesses_and_pools(recorder):
    recorder.write("""\
import multiprocessing, subprocess, sys
def double(n):
    return n * 2
if __name__ == "__main__":
    print(subprocess.run([sys.executable, "-c", "print(1)"], capture_output=True).stdout)
    for method in ("fork", "spawn"):
        with multiprocessing.get_context(method).Pool(1) as pool:
            print(pool.map(double, [1, 2, 3]))
""")
    recorder.both("prog.py", options=("-W", "ignore"))


def test_threads_balance(recorder):
    recorder.write("""\
import threading, _thread, time
def work(n):
    for i in range(n):
        leaf(i)
def leaf(i):
    return i
threads = [threading.Thread(target=work, args=(20,)) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
threading.Thread(target=time.sleep, args=(0.01,), daemon=True).start()
print("done")
""")
    recorder.both("prog.py")
    depths, thread, ended = {1: 0}, 1, []
    for event in recorder.events():
        if event.kind == "ThreadSwitch":
            thread = event.thread_id
        elif event.kind == "Call":
            depths[thread] = depths.get(thread, 0) + 1
        elif event.kind == "Return":
            depths[thread] -= 1
            assert depths[thread] >= 0
        elif event.kind == "ThreadExit":
            ended.append(event.thread_id)
    assert set(depths.values()) == {0} and len(depths) == 5 and sorted(ended) == [2, 3, 4, 5]


def test_objects_live_as_long(recorder):
    recorder.write("""\
import sys, weakref, gc
gc.disable()
class Thing:
    def __del__(self):
        print("gone")
def make():
    thing = Thing()
    seen = weakref.ref(thing)
    return seen
seen = make()
print(seen())
def fails():
    thing = Thing()
    raise ValueError
try:
    fails()
except ValueError:
    print("caught")
print(sys.getrefcount(Thing), len(vars(Thing)))
""")
    recorder.both("prog.py")


def test_disabled(recorder):
    recorder.write("print('plain')\n")
    ended = recorder.record("prog.py", CODETRACER_PYTHON_RECORDER_DISABLED="1")
    assert ended == recorder.plain("prog.py") and not recorder.trace.exists()


def test_where_the_trace_goes(recorder):
    recorder.write("x = 1\n")
    recorder.run("-m", "ctrace", "prog.py")
    assert (recorder.folder / "trace-out" / "trace.json").exists()
    recorder.run("-m", "ctrace", "prog.py", CODETRACER_PYTHON_RECORDER_OUT_DIR="elsewhere")
    assert (recorder.folder / "elsewhere" / "trace.json").exists()
    recorder.run("-m", "ctrace", "--out-dir=here", "prog.py", CODETRACER_PYTHON_RECORDER_OUT_DIR="nowhere")
    assert (recorder.folder / "here" / "trace.json").exists() and not (recorder.folder / "nowhere").exists()


def test_codetracer_record(recorder):
    recorder.write("import sys\nprint(sys.argv, sys.path[0], __name__)\nsys.exit(5)\n")
    command = recorder.write("from ctrace.command import record\nrecord()\n", "bin/codetracer-record")
    ended = recorder.run(command, "prog.py", "a", CODETRACER_DB_TRACE_PATH="folder")
    assert ended == recorder.plain("prog.py", "a")
    files = recorder.folder / "folder"
    assert {"trace.json", "trace_metadata.json", "trace_paths.json"} <= {file.name for file in files.iterdir()}
    recorder.run(command, "prog.py")
    assert (recorder.folder / "trace.json").exists()


def test_the_metadata(recorder):
    recorder.write("x = 1\n")
    recorder.record("prog.py", "a", "b c")
    metadata = json.loads((recorder.trace / "trace_metadata.json").read_text())
    assert metadata["program"] == "prog.py" and metadata["args"] == ["a", "b c"]
    assert os.path.samefile(metadata["workdir"], recorder.folder)
    paths = json.loads((recorder.trace / "trace_paths.json").read_text())
    assert paths == [str(recorder.folder / "prog.py")]


def test_usage(recorder):
    for words, message in ((("--nonsense",), b"--nonsense"), ((), b"program"), (("-o",), b"-o"),
                           (("missing.py",), b"can't open file")):
        ended = recorder.run("-m", "ctrace", *words)
        assert ended.code == 2 and message in ended.err and ended.err.count(b"\n") == 1 and ended.out == b""
    ended = recorder.run("-m", "ctrace", "--version")
    assert ended.code == 0 and ended.out.decode().split()[-1] == ctrace.__version__
    ended = recorder.run("-m", "ctrace", "--help")
    assert ended.code == 0 and b"--out-dir" in ended.out and b"ct print" in ended.out


def test_a_folder_that_cannot_be_written(recorder):
    recorder.write("print(1)\n")
    (recorder.folder / "trace").write_text("a file")
    ended = recorder.record("prog.py")
    assert ended.code == 1 and ended.err.startswith(b"python -m ctrace: ")


if hasattr(sys, "monitoring"):  # since Python 3.12

    def test_other_tools_go_on(recorder):
        recorder.write("""\
import sys
mon = sys.monitoring
lines = []
mon.use_tool_id(mon.DEBUGGER_ID, "mine")
mon.register_callback(mon.DEBUGGER_ID, mon.events.LINE, lambda code, line: lines.append(line))
def f():
    return 1
mon.set_local_events(mon.DEBUGGER_ID, f.__code__, mon.events.LINE)
f()
print(lines)
""")
        recorder.both("prog.py")


def test_settrace_of_the_program(recorder):
    recorder.write("""\
import sys
events = []
def trace(frame, event, arg):
    events.append((event, frame.f_lineno))
    return trace
def f():
    return 1
sys.settrace(trace)
f()
sys.settrace(None)
print(events)
""")
    recorder.both("prog.py")


@pytest.mark.parametrize("form, file", [("json", "trace.json"), ("ndjson", "trace.ndjson"), ("bin", "trace.bin"),
                                        ("bin-v0", "trace.bin"), ("ct", "trace.ct")])
def test_forms(recorder, form, file):
    recorder.write("def f(x):\n    return x + 1\nprint(f(1))\n")
    assert recorder.record("--form", form, "prog.py") == recorder.plain("prog.py")
    assert (recorder.trace / file).is_file()
    assert "f" in recorder.calls()
    # No other program reads lines.
    assert ctrace.validate(recorder.trace).valid == (form != "ndjson")


def test_a_form_that_is_none(recorder):
    recorder.write("print(1)\n")
    ended = recorder.record("--form=xml", "prog.py")
    assert ended.code == 2 and ended.out == b""
    assert ended.err == b"python -m ctrace: there is no form xml; there are json, ndjson, bin, bin-v0, ct\n"
