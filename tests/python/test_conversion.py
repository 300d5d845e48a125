"""Converting, repairing, cutting, comparing, making up and seeking, from Python."""

import threading

import pytest

import ctrace


@pytest.fixture
def trace(tmp_path):
    ctrace.generate(tmp_path / "trace", events=2000, seed=3)
    return tmp_path / "trace"


def events_of(path):
    """By their spelling, as a NaN is not equal to itself."""
    return [(event.kind, repr(event.as_dict())) for event in ctrace.Reader(path)]


@pytest.mark.parametrize("form", ["json", "ndjson", "bin", "ct"])
def test_convert_into_every_form(form, trace, tmp_path):
    done = ctrace.convert(trace, tmp_path / "out", form)
    assert (done.source, done.target, done.events, done.losses) == ("json", form, len(events_of(trace)), [])
    reader = ctrace.Reader(tmp_path / "out")
    assert reader.form == form and isinstance(reader.details, str)
    assert events_of(tmp_path / "out") == events_of(trace)
    assert not ctrace.diff(trace, tmp_path / "out")
    assert ctrace.validate(tmp_path / "out").form == form


def test_a_loss_is_told(trace, tmp_path):
    done = ctrace.convert(trace, tmp_path / "out", "bin-v0")
    loss, = done.losses
    assert loss.kind == "char-as-raw" and loss.count > 0 and loss.message
    with pytest.raises(ctrace.Error) as caught:
        ctrace.convert(trace, tmp_path / "strict", "bin-v0", strict=True)
    assert caught.value.name == "LOSS"
    assert not (tmp_path / "strict").exists()


def test_repair_keeps_what_is_whole(trace, tmp_path):
    whole = (trace / "trace.json").read_bytes()
    broken = tmp_path / "broken.json"
    broken.write_bytes(whole[:len(whole) * 2 // 3])
    with pytest.raises(ctrace.TraceError):
        ctrace.convert(broken, tmp_path / "out.json")
    assert not (tmp_path / "out.json").exists()
    done = ctrace.repair(broken, tmp_path / "out.json")
    assert "tail" in [loss.kind for loss in done.losses] and 1000 < done.events < 2000
    kept = events_of(tmp_path / "out.json")
    assert kept[:1000] == events_of(trace)[:1000]


def test_cut_a_part(trace, tmp_path):
    done = ctrace.cut(trace, tmp_path / "part", steps=(100, 110))
    assert done.events > 10
    assert ctrace.validate(tmp_path / "part").valid
    with pytest.raises(ValueError):
        ctrace.cut(trace, tmp_path / "other", steps=(1, 2), calls=(1, 2))
    with pytest.raises(ctrace.ArgumentError):
        ctrace.cut(trace, tmp_path / "other", steps=(10**9, 10**9 + 1))


def test_diff(trace, tmp_path):
    ctrace.generate(tmp_path / "other", events=2000, seed=4)
    found = ctrace.diff(trace, tmp_path / "other")
    assert found and found.kind != "none" and all(found.texts) and found.where
    assert found.counts[0]["events"] == len(events_of(trace))
    assert not ctrace.diff(trace, trace)


def test_seek(trace):
    events = events_of(trace)
    steps = [at for at, (kind, _) in enumerate(events) if kind == "Step"]
    calls = [at for at, (kind, _) in enumerate(events) if kind == "Call"]
    reader = ctrace.Reader(trace)
    assert (reader.count("event"), reader.count("step"), reader.count("call")) == (len(events), len(steps), len(calls))
    for unit, n, at in ("event", 1234, 1234), ("step", 77, steps[77]), ("call", 5, calls[5]), ("event", 0, 0):
        reader.seek(unit, n)
        event = next(reader)
        assert (event.kind, repr(event.as_dict())) == events[at] and event.position.event == at
    with pytest.raises(IndexError):
        reader.seek("step", len(steps))
    with pytest.raises(ValueError):
        reader.seek("line", 1)
    reader.keep_index()
    assert (trace / "trace.json.index").exists()


def test_follow_waits_for_what_comes(tmp_path):
    writer = ctrace.Writer(tmp_path / "live", program="p.py")
    writer.start("/p.py", 1)
    writer.flush()
    seen = []

    def follow():
        seen.extend(event.kind for event in ctrace.Reader(tmp_path / "live", follow=True))

    thread = threading.Thread(target=follow)
    thread.start()
    for line in range(1, 6):
        writer.step("/p.py", line)
        writer.flush()
    writer.close()
    thread.join(60)
    assert not thread.is_alive()
    assert seen == [event.kind for event in ctrace.Reader(tmp_path / "live")] and seen.count("Step") == 6


def test_follow_waits_for_the_first_byte(tmp_path):
    file = tmp_path / "trace.ndjson"
    file.touch()
    seen = []
    thread = threading.Thread(target=lambda: seen.append(next(ctrace.Reader(file, follow=True)).path))
    thread.start()
    file.write_text('{"Path":"/a"}\n')
    thread.join(60)
    assert seen == ["/a"]


@pytest.mark.parametrize("call", [
    lambda path: ctrace.convert(path, path.parent / "x", "xml"),
    lambda path: ctrace.generate(path.parent / "x", "xml"),
    lambda path: ctrace.generate(path.parent / "x", content="odd"),
])
def test_unknown_names_are_refused(call, trace):
    with pytest.raises(ValueError, match="there is no"):
        call(trace)
