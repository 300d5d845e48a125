"""The child of a fork has a trace of its own, linked to its parent's, which it leaves alone."""

import json

import ctrace


def children(recorder, folder=None):
    """The traces of the forks of a recorded process."""
    forks = (folder or recorder.trace) / "forks"
    return sorted(forks.iterdir()) if forks.exists() else []


def calls_of(folder):
    functions, found = [], []
    with ctrace.Reader(folder) as reader:
        for event in reader:
            if event.kind == "Function":
                functions.append(event.name)
            elif event.kind == "Call":
                found.append(functions[event.function_id])
    return found


def output_of(folder):
    with ctrace.Reader(folder) as reader:
        return "".join(event.content for event in reader if event.kind == "Event" and event.log_kind == "Write")


def assert_valid(folder):
    report = ctrace.validate(folder)
    assert report.valid, [str(problem) for problem in report]


def test_a_child_records_its_own(recorder):
    recorder.write("""\
import os, sys
def work(n):
    return n * 2
def both():
    sys.stdout.flush()
    if os.fork() == 0:
        work(1)
        print("child")
        sys.exit(0)
    os.wait()
    print("parent", work(4))
both()
""")
    recorder.both("prog.py")
    assert recorder.calls() == ["<top-level>", "both", "work"] and recorder.output() == "parent 8\n"
    child, = children(recorder)
    assert_valid(child)
    assert calls_of(child) == ["<top-level>", "both", "work"] and output_of(child) == "child\n"
    mine = json.loads((recorder.trace / "trace_metadata.json").read_text())
    parent = json.loads((child / "trace_metadata.json").read_text())["ctrace"]["parent"]
    assert parent == mine["recording_id"]


def test_a_child_of_a_child(recorder):
    recorder.write("""\
import os
def deep(n):
    if n and os.fork() == 0:
        deep(n - 1)
        os._exit(n)
    if n:
        print(os.waitstatus_to_exitcode(os.wait()[1]), flush=True)
deep(3)
""")
    recorder.both("prog.py")
    folder, depth = recorder.trace, 0
    while children(recorder, folder):
        folder, = children(recorder, folder)
        assert_valid(folder)
        depth += 1
        assert calls_of(folder).count("deep") == 4 - 3 + depth
    assert depth == 3


def test_workers_of_multiprocessing(recorder):
    recorder.write("""\
import multiprocessing
def double(n):
    return n * 2
if __name__ == "__main__":
    for method in ("fork", "spawn"):
        with multiprocessing.get_context(method).Pool(2) as pool:
            print(pool.map(double, range(4)))
            pool.close()
            pool.join()
""")
    recorder.both("prog.py")
    found = [calls_of(folder).count("double") for folder in children(recorder)]
    assert sum(found) == 4 and "double" not in recorder.calls()
    for folder in children(recorder):
        assert_valid(folder)


def test_children_that_become_another_program_leave_no_trace(recorder):
    recorder.write("""\
import os, subprocess, sys
print(subprocess.run(["true"]).returncode)
print(subprocess.run(["true"], preexec_fn=os.getpid, close_fds=False).returncode)
print(os.system("true"), os.spawnvp(os.P_WAIT, "true", ["true"]))
print(os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)[1])
""")
    recorder.both("prog.py")
    assert children(recorder) == []


def test_a_child_that_becomes_another_program(recorder):
    recorder.write("""\
import os, sys
def before():
    return 5
sys.stdout.flush()
if os.fork() == 0:
    before()
    os.execv("/bin/echo", ["echo", "other"])
os.wait()
print("parent", flush=True)
before()
os.execv("/bin/echo", ["echo", "last"])
""")
    assert recorder.record("prog.py") == recorder.plain("prog.py")
    child, = children(recorder)
    for folder in (recorder.trace, child):
        assert calls_of(folder) == ["<top-level>", "before"]


def test_a_thread_forks(recorder):
    recorder.write("""\
import os, sys, threading, warnings
warnings.simplefilter("ignore")
def work(who):
    return who
def ends(how):
    if os.fork() == 0:
        work("child")
        if how:
            os._exit(3)
        return
    print(os.waitstatus_to_exitcode(os.wait()[1]))
    work("parent")
def other():
    gate.wait()
gate = threading.Event()
waiting = threading.Thread(target=other)
waiting.start()
for how in (True, False):
    thread = threading.Thread(target=ends, args=(how,))
    thread.start()
    thread.join()
gate.set()
waiting.join()
""")
    recorder.both("prog.py")
    found = children(recorder)
    assert len(found) == 2
    for folder in found:
        assert_valid(folder)
        assert calls_of(folder)[-1] == "work" and "other" not in calls_of(folder)


def test_threads_go_on_while_another_forks(recorder):
    recorder.write("""\
import os, threading, warnings
warnings.simplefilter("ignore")  # of forks with threads, which tell the process
def busy(stop):
    n = 0
    while not stop.is_set():
        n += 1
    return n
def child():
    return os.getpid()
stop = threading.Event()
threads = [threading.Thread(target=busy, args=(stop,)) for _ in range(2)]
for thread in threads:
    thread.start()
for _ in range(5):
    if os.fork() == 0:
        child()
        os._exit(0)
    print(os.wait()[1])
stop.set()
for thread in threads:
    thread.join()
""")
    recorder.both("prog.py")
    found = children(recorder)
    assert len(found) == 5
    for folder in found:
        assert_valid(folder)
        assert calls_of(folder).count("child") == 1


def test_forks_while_functions_are_open(recorder):
    recorder.write("""\
import os, sys
def numbers(n):
    for i in range(n):
        yield i
def inner(a, b):
    local = [a, b]
    child = os.fork() == 0
    local.append(child)
    return local
def outer(x):
    y = x + 1
    result = inner(x, y)
    return result
for n in numbers(2):
    if outer(n)[2]:
        break
    os.wait()
""")
    recorder.both("prog.py")
    found = children(recorder)
    assert len(found) == 2
    for folder in found:
        assert_valid(folder)
        assert calls_of(folder)[:3] == ["<top-level>", "outer", "inner"]
        names, values = [], {}
        with ctrace.Reader(folder) as reader:
            for event in reader:
                if event.kind == "VariableName":
                    names.append(event.name)
                elif event.kind == "Value":
                    values[names[event.variable_id]] = event.value
        assert values["y"].i in (1, 2) and values["result"].elements[2].b is True
