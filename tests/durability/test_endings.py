"""Recorded programs that end, fork or lose their disk without closing the recorder: what was flushed is there and
whole, and the program itself comes to no harm. See endings.c for what each of them does."""

import json
import random
import shutil
import signal
import subprocess
import time

import pytest
from conftest import BUILD, FILES, PROGRAMS, Found

ENDINGS = PROGRAMS / "endings"
WHOLE = [form for form in FILES if form != "bin-v0"]


class Ran:
    """A run of endings.c: its exit status and what it told, as {word: [numbers, …]}."""

    def __init__(self, how, folder, form, threads, command=()):
        self.folder = folder
        ran = subprocess.run([*command, ENDINGS, how, folder, form, str(threads)], capture_output=True, text=True,
                             timeout=300)
        self.take(ran.returncode, ran.stdout, ran.stderr)

    def take(self, code, out, err):
        self.code, self.err, self.told = code, err, {}
        for line in out.splitlines():
            word, _, rest = line.partition(" ")
            numbers = rest.split()
            isnumber = all(number.isdigit() for number in numbers)
            self.told.setdefault(word, []).append([int(number) for number in numbers] if isnumber else rest)


def has(found, numbers):
    return all(there >= number for there, number in zip(found.last, numbers))


def metadata(folder):
    return json.loads((folder / "trace_metadata.json").read_bytes())


# What our validator holds against a form as such, and against a container that was not closed.
ALWAYS = ["not-a-list", "ct-meta-missing"]


def assert_valid(folder):
    ran = subprocess.run([BUILD / "tools" / "ctrace-validate", folder], capture_output=True, text=True)
    assert ran.returncode in (0, 1), ran.stderr
    errors = [line for line in ran.stdout.splitlines() if ": error " in line]
    assert not [line for line in errors if not any(f": error {rule}:" in line for rule in ALWAYS)], errors
    assert errors or ran.returncode == 0


# ---- Ends ----

UNHEEDED = {"abort": -signal.SIGABRT, "_exit": 0, "exit": 0, "exec": 0, "term": -signal.SIGTERM,
            "crash": -signal.SIGSEGV}
HEEDED = {"term-heeded": -signal.SIGTERM, "crash-heeded": -signal.SIGSEGV, "overflow-heeded": -signal.SIGSEGV,
          "abort-heeded": -signal.SIGABRT}


@pytest.mark.parametrize("form", WHOLE)
@pytest.mark.parametrize("how", UNHEEDED)
def test_an_end_that_nobody_heeds(tmp_path, form, how):
    for threads in (1, 4):
        ran = Ran(how, tmp_path / "t", form, threads)
        assert (ran.code, ran.err) == (UNHEEDED[how], "")
        found = Found(ran.folder)
        assert found.status == "CTRACE_END" and has(found, ran.told["flushed"][0])
        assert_valid(ran.folder)
        if how == "exec":  # what comes next has none of our files
            assert not [name for name in ran.told["open"] if str(tmp_path) in name]


@pytest.mark.parametrize("form", WHOLE)
@pytest.mark.parametrize("how", HEEDED)
def test_a_handler_that_brings_all_into_the_file(tmp_path, form, how):
    for threads in (1, 4):
        ran = Ran(how, tmp_path / "t", form, threads)
        assert (ran.code, ran.err, ran.told["emergency"]) == (HEEDED[how], "", [[1]])
        found = Found(ran.folder)
        assert found.status == "CTRACE_END" and has(found, ran.told["all"][0]), (found.last, ran.told["all"])
        assert_valid(ran.folder)


def test_bin_v0_is_there_only_when_it_was_closed(tmp_path):
    for how in UNHEEDED:
        ran = Ran(how, tmp_path / "t", "bin-v0", 2)
        assert ran.code == UNHEEDED[how] and not (ran.folder / "trace.bin").exists()


@pytest.mark.parametrize("threads", [1, 4])
def test_a_signal_at_any_moment(tmp_path, crates, threads):
    """Also while a lane holds a lock: then the recorder's thread cannot go on, and the handler is told so in the end."""
    chance = random.Random(threads)
    done = 0
    for number in range(20):
        form = chance.choice(["json", "bin"])
        folder = tmp_path / str(number)
        command = [ENDINGS, "any-time", folder, form, str(threads)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout.readline().startswith("flushed") and process.stdout.readline() == "ready 1\n"
            time.sleep(chance.random() * 0.05)
            process.send_signal(signal.SIGTERM)
            out, _ = process.communicate()
        assert process.returncode == -signal.SIGTERM
        told = dict(line.split(" ", 1) for line in out.splitlines())
        found = Found(folder)
        assert found.status == "CTRACE_END"
        if told["emergency"] == "1":
            assert has(found, [int(number) for number in told["all"].split()]), (found.last, told)
            done += 1
        file = folder / FILES[form]
        assert crates.run("read", "--dialect", "new", "--summary", file) == [f"accepted {found.events} {file}"]
        shutil.rmtree(folder)
    assert done >= 15


# ---- Forks ----

def children_of(folder):
    return sorted(path for path in (folder / "forks").iterdir()) if (folder / "forks").exists() else []


def assert_parent_is_whole(ran, form):
    assert (ran.code, ran.err) == (0, "")
    assert ran.told["status"] == ["CTRACE_OK "] and "the" not in ran.told
    found = Found(ran.folder)
    assert found.status == "CTRACE_END" and found.last[:len(ran.told["all"][0])] == ran.told["all"][0]
    assert_valid(ran.folder)
    if form != "ct":
        assert metadata(ran.folder)["ctrace"]["complete"]


@pytest.mark.parametrize("form", [*WHOLE, "bin-v0"])
@pytest.mark.parametrize("how", ["fork-close", "fork-exit", "fork-value", "fork-flight"])
def test_children_have_traces_of_their_own(tmp_path, form, how):
    if (form, how) == ("bin-v0", "fork-exit"):
        return  # it is whole only when it was closed
    for threads in (1, 4):
        ran = Ran(how, tmp_path / "t", form, threads)
        assert_parent_is_whole(ran, form)
        assert {path.name for path in children_of(ran.folder)} == {str(number) for number, in ran.told["child"]}
        for child in children_of(ran.folder):
            found = Found(child)
            assert (found.status, found.last) == ("CTRACE_END", [0] * 7 + [200])
            assert_valid(child)
            if form != "ct":
                about = metadata(child)
                assert about["ctrace"]["parent"] == metadata(ran.folder)["recording_id"] != about["recording_id"]
                assert about["ctrace"]["complete"] == (how != "fork-exit")
        shutil.rmtree(ran.folder)


def lists_in(folder):
    ran = subprocess.run([BUILD / "tools" / "ctrace", "cat", "--format", "jsonl", folder], capture_output=True,
                         text=True, check=True)
    events = [json.loads(line) for line in ran.stdout.splitlines()]
    values = [event["Value"]["value"] for event in events if "Value" in event]
    return [[item.get("i") for item in value["elements"]] for value in values if value["kind"] == "Sequence"]


def test_a_value_that_a_fork_comes_into_is_never_half(tmp_path):
    ran = Ran("fork-value", tmp_path / "t", "json", 1)
    assert_parent_is_whole(ran, "json")
    assert lists_in(ran.folder) and all(items == [1, 2, 3] for items in lists_in(ran.folder))
    for child in children_of(ran.folder):
        assert all(items == [1, 2, 3] for items in lists_in(child))


@pytest.mark.parametrize("form", WHOLE)
def test_children_of_children(tmp_path, form):
    ran = Ran("grandchildren", tmp_path / "t", form, 4)
    assert_parent_is_whole(ran, form)
    folder, generations = ran.folder, 0
    while children_of(folder):
        child, = children_of(folder)
        assert Found(child).last == [0] * 7 + [200]
        assert_valid(child)
        if form != "ct":
            assert metadata(child)["ctrace"]["parent"] == metadata(folder)["recording_id"]
        folder, generations = child, generations + 1
    assert generations == 3


@pytest.mark.parametrize("form", [*WHOLE, "bin-v0"])
@pytest.mark.parametrize("how", ["fork-abandon", "fork-exec", "fork-unannounced"])
def test_children_that_are_not_recorded(tmp_path, form, how):
    for threads in (1, 4):
        ran = Ran(how, tmp_path / "t", form, threads)
        assert_parent_is_whole(ran, form)
        assert not children_of(ran.folder)


# ---- A disk that takes no more ----

def may_mount():
    """How to run a command that may mount, or None where nobody may."""
    for command in (["unshare", "-rm"], ["unshare", "-m"]) if shutil.which("unshare") else ():
        ran = subprocess.run([*command, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True)
        if ran.returncode == 0:
            return command
    return None


def assert_lived_on(ran, threads, words):
    """Every step of the program was made, though they could not be written."""
    assert (ran.code, ran.err) == (0, ""), ran.err
    assert "goes" in ran.told and ran.told["all"][0][0] == 2001500 and len(ran.told["all"][0]) == threads
    status, = ran.told["status"]
    assert any(word in status for word in words) and "trace" in status, status


def assert_flushed_is_there(ran, form, folder, crates):
    if "flushed" not in ran.told or form == "bin-v0":
        return
    found = Found(folder)
    assert found.status == "CTRACE_END" and has(found, ran.told["flushed"][0])
    if form in ("json", "bin"):
        file = folder / FILES[form]
        assert crates.run("read", "--dialect", "new", "--summary", file) == [f"accepted {found.events} {file}"]


@pytest.mark.parametrize("form", FILES)
def test_files_that_may_not_grow(tmp_path, crates, form):
    for threads in (1, 4):
        ran = Ran("limit", tmp_path / "t", form, threads)
        assert_lived_on(ran, threads, ["CTRACE_IO", "too large"])
        assert_flushed_is_there(ran, form, ran.folder, crates)


@pytest.mark.parametrize("form", FILES)
def test_a_disk_that_is_full(tmp_path, crates, form):
    """A small file system, of a size that lets the end come at another place each time. Where nothing can be mounted
    the files may not grow, as in the test above."""
    mount = may_mount()
    if not mount:
        ran = Ran("limit", tmp_path / "t", form, 8)
        assert_lived_on(ran, 8, ["CTRACE_IO"])
        return
    disk, out = tmp_path / "disk", tmp_path / "out"
    disk.mkdir()
    failed_at_once = 0
    for number, size in enumerate([4, 12, 20, 48, 100, 200, 400, 1000]):
        script = f"mount -t tmpfs -o size={size}k none {disk} && {ENDINGS} full {disk}/t {form} 4; " \
                 f"code=$?; cp -r {disk}/t {out}{number}; exit $code"
        done = subprocess.run([*mount, "sh", "-c", script], capture_output=True, text=True, timeout=300)
        ran = Ran.__new__(Ran)
        ran.take(done.returncode, done.stdout, done.stderr)
        if ran.code == 1:  # there was no room to begin
            assert "No space left" in ran.err, ran.err
            failed_at_once += 1
            continue
        assert_lived_on(ran, 4, ["No space left"])
        assert_flushed_is_there(ran, form, tmp_path / f"out{number}", crates)
    assert failed_at_once < 5


@pytest.mark.parametrize("form", FILES)
def test_a_folder_that_vanishes(tmp_path, form):
    for threads in (1, 4):
        ran = Ran("vanish", tmp_path / "t", form, threads)
        assert_lived_on(ran, threads, ["CTRACE_NOT_FOUND cannot write trace"])
        assert not ran.folder.exists()


# ---- The flight recorder ----

@pytest.mark.parametrize("form", WHOLE)
@pytest.mark.parametrize("threads", [1, 4])
def test_a_flight_recorder_writes_what_it_holds(tmp_path, crates, form, threads):
    """Twice on request, then from the handler of a signal that ends the program."""
    ran = Ran("flight", tmp_path / "t", form, threads)
    assert (ran.code, ran.err, ran.told["emergency"]) == (-signal.SIGTERM, "", [[1]])
    found = Found(ran.folder, "gaps")
    # The newest is there; a thread that had to wait may have nothing among it.
    assert found.status == "CTRACE_END" and found.last[0] == ran.told["all"][-1][0] == 600000
    assert len(ran.told["all"]) == 3
    missing, lost = found.more
    # A step is two events with its variable; at every sixteenth there is a call and a return.
    assert missing > 300000 and 2 * missing <= lost <= 2.25 * missing + 100
    assert_valid(ran.folder)
    if form in ("json", "bin"):
        file = ran.folder / FILES[form]
        assert crates.run("read", "--dialect", "new", "--summary", file) == [f"accepted {found.events} {file}"]
