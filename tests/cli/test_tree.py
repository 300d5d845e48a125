"""ctrace tree: the calls as a tree."""

import random
import subprocess
import sys

import pytest

from conftest import (GOLDEN, TOOLS, Trace, ctrace, environment, expected, fixture_files, integer, none, sequence,
                      string)


def tree(folder, *options):
    ran = ctrace("tree", *options, folder)
    assert (ran.code, ran.err) == (0, "")
    return ran.out


def test_small_program(program):
    assert tree(program) == expected("tree.txt")
    assert tree(program, "--ascii") == expected("tree_ascii.txt")


def test_every_call_has_a_line_without_folding(program):
    lines = tree(program, "--no-fold", "--max-calls", "100000").splitlines()
    assert len(lines) == 504
    assert lines[2:5] == ["   ├─ load(path='a.cfg') -> {'retries': 3}  prog.py:2",
                          "   ├─ step(i=0) -> None  prog.py:5", "   ├─ step(i=1) -> None  prog.py:5"]


def test_lines_are_cut_to_a_width(program):
    whole = tree(program, "--no-fold").splitlines()
    cut = tree(program, "--no-fold", "--width", "30").splitlines()
    assert [line if len(line) <= 30 else line[:29] + "…" for line in whole] == cut
    ascii_lines = tree(program, "--ascii", "--width", "30").splitlines()
    assert max(map(len, ascii_lines)) == 30 and any(line.endswith("...") for line in ascii_lines)
    coloured = tree(program, "--color", "always", "--width", "30")
    assert all(line.count("\x1b[") % 2 == 0 for line in coloured.splitlines())
    assert tree(program, "--width", "0") == tree(program)


def test_two_like_calls_are_not_folded(tmp_path):
    trace = Trace()
    for i in range(2):
        trace.call("f", 2, x=integer(i))
        trace.ret()
    assert "├─ f(x=0) -> None" in tree(trace.save(tmp_path / "t"))
    trace.call("f", 2, x=integer(2))
    trace.ret()
    assert "└─ 3x f(x=0…2) -> None" in tree(trace.save(tmp_path / "t"))


def test_values_of_folded_calls(tmp_path):
    trace = Trace()
    for i in range(5):
        trace.call("f", 2, same=string("s"), number=integer(10 - i), text=string(str(i)),
                   mixed=integer(1) if i else none())
        trace.ret(integer(i * i))
    assert "└─ 5x f(same='s', number=6…10, text=…, mixed=…) -> 0…16  prog.py:2" in tree(trace.save(tmp_path / "t"))


def test_below_folded_calls_stands_the_sum_by_function(tmp_path):
    trace = Trace()
    for i in range(10):
        trace.call("outer", 2, i=integer(i))
        for j in range(i % 3):
            trace.call("a", 3, j=integer(j))
            trace.call("deep", 5)
            trace.ret()
            trace.ret()
            trace.call("b", 4)
            trace.ret()
        trace.ret()
    assert tree(trace.save(tmp_path / "t")).splitlines() == [
        "<top-level>  prog.py:1  38 calls",
        "└─ 10x outer(i=0…9) -> None  prog.py:2",
        "   ├─ 9x a(j=0…1) -> None  prog.py:3",
        "   │  └─ 9x deep() -> None  prog.py:5",
        "   └─ 9x b() -> None  prog.py:4"]


def test_calls_that_take_turns(tmp_path):
    trace = Trace()
    for i in range(50):
        for name, line in ("read", 2), ("work", 3), ("write", 4):
            trace.call(name, line, i=integer(i))
            trace.ret()
    trace.call("read", 2, i=integer(50))
    trace.ret()
    folder = trace.save(tmp_path / "t")
    assert tree(folder).splitlines() == [
        "<top-level>  prog.py:1  152 calls",
        "├─ 50x ┌ read(i=0…49) -> None  prog.py:2",
        "├─ 50x │ work(i=0…49) -> None  prog.py:3",
        "├─ 50x └ write(i=0…49) -> None  prog.py:4",
        "└─ read(i=50) -> None  prog.py:2"]
    assert tree(folder, "--ascii").splitlines()[1:4] == [
        "|- 50x / read(i=0...49) -> None  prog.py:2",
        "|- 50x | work(i=0...49) -> None  prog.py:3",
        "|- 50x \\ write(i=0...49) -> None  prog.py:4"]


def test_folding_counts_every_call(tmp_path):
    """Whatever is folded, the numbers on the lines add up to the calls of the trace."""
    for seed in range(30):
        chance = random.Random(seed)
        trace = Trace()
        calls = [1]

        def program(depth):
            for _ in range(chance.choice([0, 1, 2, 3, 4, 7])):
                body = chance.choices("abc", k=chance.randint(1, 3))
                for _ in range(chance.choice([1, 1, 2, 3, 9])):
                    for name in body:
                        trace.call(name, ord(name) - 90, x=integer(calls[0]))
                        calls[0] += 1
                        if depth < 4 and calls[0] < 2000 and chance.random() < 0.4:
                            program(depth + 1)
                        failed = chance.random() < 0.1
                        trace.ret({"kind": "Error", "msg": "E", "type_id": 0} if failed else none())

        program(0)
        lines = tree(trace.save(tmp_path / str(seed)), "--max-calls", "1000000").splitlines()
        counted = 0
        for line in lines:
            word = line.lstrip("│├└─ ").split()[0]
            counted += int(word[:-1]) if word[:-1].isdigit() and word[-1] == "x" else 1
        assert counted == calls[0], seed


def test_failed_calls_are_not_folded_away(tmp_path):
    trace = Trace()
    for i in range(9):
        trace.call("f", 2, i=integer(i))
        trace.ret({"kind": "Error", "msg": "ValueError: 4", "type_id": 0} if i == 4 else none())
    assert tree(trace.save(tmp_path / "t")).splitlines()[1:] == [
        "├─ 4x f(i=0…3) -> None  prog.py:2", "├─ f(i=4) raised ValueError: 4  prog.py:2",
        "└─ 4x f(i=5…8) -> None  prog.py:2"]


def test_exception_that_was_caught(tmp_path):
    trace = Trace()
    for i in range(4):
        trace.call("f", 2)
        if i != 1:
            trace.add(Event={"kind": 11, "metadata": "", "content": "KeyError: 'k'"})
        trace.ret(integer(1))
    folder = trace.save(tmp_path / "t")
    assert "├─ f() -> 1 after KeyError: 'k'  prog.py:2" in tree(folder, "--no-fold")
    assert "└─ 4x f() -> 1, 3 of them after KeyError: 'k'  prog.py:2" in tree(folder)


def test_depth(program):
    assert tree(program, "--depth", "2").splitlines()[1:] == [
        "└─ main(argv=['prog.py']) -> 0  prog.py:20", "   └─ … 502 calls"]
    assert tree(program, "--depth", "1") == "<top-level> -> None  prog.py:1  504 calls\n└─ … 503 calls\n"
    assert tree(program, "--depth", "0") == "… 504 calls\n"


def test_deep_recursion(tmp_path):
    trace = Trace()
    for i in range(50000):
        trace.call("f", 2)
    for i in range(50000):
        trace.ret()
    folder = trace.save(tmp_path / "t")
    assert tree(folder).splitlines()[-1].lstrip() == "└─ … 49995 calls"
    lines = tree(folder, "--depth", "999999", "--max-calls", "999999").splitlines()
    assert len(lines) == 1001 and lines[-1].lstrip() == "└─ … 49001 calls"


def test_max_calls(tmp_path):
    trace = Trace()
    for i in range(100):
        trace.call(f"f{i}", 2)
        trace.ret()
    lines = tree(trace.save(tmp_path / "t"), "--max-calls", "10").splitlines()
    assert len(lines) == 11 and lines[-1] == "└─ … 91 more calls"


def test_calls_that_did_not_return(tmp_path):
    trace = Trace()
    trace.call("f", 2, x=integer(1))
    trace.call("g", 3)
    assert tree(trace.save(tmp_path / "t")).splitlines() == [
        "<top-level>  prog.py:1  3 calls", "└─ f(x=1) did not return  prog.py:2",
        "   └─ g() did not return  prog.py:3"]


def test_threads_have_their_own_trees(tmp_path):
    trace = Trace()
    trace.call("main", 2)
    trace.add(ThreadStart=2)
    trace.add(ThreadSwitch=2)
    trace.call("work", 3)
    trace.add(ThreadSwitch=1)
    trace.call("wait", 4)
    trace.add(ThreadSwitch=2)
    trace.ret(integer(2))
    trace.add(ThreadExit=2)
    trace.add(ThreadSwitch=1)
    trace.ret()
    trace.ret()
    assert tree(trace.save(tmp_path / "t")).splitlines() == [
        "thread 1", "<top-level>  prog.py:1  3 calls", "└─ main() -> None  prog.py:2",
        "   └─ wait() -> None  prog.py:4", "thread 2", "work() -> 2  prog.py:3"]


def test_return_without_a_call(tmp_path):
    trace = Trace()
    for _ in range(3):
        trace.ret()
    folder = trace.save(tmp_path / "t")
    ran = ctrace("tree", folder)
    assert ran.code == 1
    assert ran.out == "<top-level> -> None  prog.py:1\n"
    assert ran.err == f"ctrace tree: {folder}: 2 Returns without an open call passed over\n"


def test_many_and_long_arguments(tmp_path):
    trace = Trace()
    trace.call("f", 2, **{f"a{i}": string("x" * 500) for i in range(40)})
    trace.ret(sequence(*map(integer, range(1000))))
    line = tree(trace.save(tmp_path / "t")).splitlines()[1]
    assert ", …) -> [0, 1, 2" in line and ", …]  prog.py:2" in line
    assert len(line) < 1200


def test_undeclared_ids(tmp_path):
    trace = Trace()
    trace.add(Call={"function_id": 7, "args": [{"variable_id": 9, "value": integer(1)}]})
    trace.ret()
    assert "└─ function#7(variable#9=1) -> None\n" in tree(trace.save(tmp_path / "t"))


def test_a_long_loop_takes_no_memory(tmp_path):
    file = tmp_path / "trace.json"
    body = ('{"Step":{"path_id":0,"line":2}},\n{"Call":{"function_id":1,"args":[{"variable_id":0,"value":'
            '{"kind":"Int","i":%d,"type_id":0}}]}},\n{"Return":{"return_value":{"kind":"None","type_id":0}}},\n')
    with file.open("w") as out:
        out.write('[{"Path":"/a"},{"Function":{"path_id":0,"line":1,"name":"m"}},'
                  '{"Function":{"path_id":0,"line":2,"name":"f"}},{"VariableName":"i"},'
                  '{"Call":{"function_id":0,"args":[]}},')
        for i in range(200000):
            out.write(body % i)
        out.write('{"Step":{"path_id":0,"line":3}}]')

    # A process counts the memory that its parent had when it was forked, so a small one lies between.
    measure = ("import resource, subprocess, sys; code = subprocess.call(sys.argv[1:]); "
               "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr); sys.exit(code)")

    def memory_of(*arguments):
        with open(tmp_path / "out", "wb") as out:
            ran = subprocess.run([sys.executable, "-c", measure, TOOLS / "ctrace", *arguments, file], stdout=out,
                                 stderr=subprocess.PIPE, env=environment(ASAN_OPTIONS="quarantine_size_mb=1"))
        assert ran.returncode == 0
        return int(ran.stderr)

    every_call = memory_of("tree", "--no-fold", "--max-calls", "1000000")
    assert memory_of("info") < every_call / 2
    assert memory_of("cat") < every_call / 2
    assert memory_of("tree") < every_call / 2
    assert "└─ 200000x f(i=0…199999) -> none" in (tmp_path / "out").read_text()


def test_traces_of_other_producers():
    for file in fixture_files():
        ran = ctrace("tree", file)
        assert ran.out and ran.code == (1 if file.name.startswith(("go_", "rust_")) else 0), file
        if file.name == "python_array_sum.trace.json":
            assert "   └─ sum(arr=[1, 2, 3]) -> 6  array_sum.py:1\n" in ran.out


@pytest.mark.parametrize("file", sorted((GOLDEN / "valid").glob("*.json")), ids=lambda file: file.name)
def test_golden_traces(file):
    assert tree(file)
