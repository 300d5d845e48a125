"""Failures carry what the library knows of them."""

import pickle

import pytest

import ctrace
from ctrace import api


def test_a_missing_trace(tmp_path):
    with pytest.raises(ctrace.MissingError) as caught:
        ctrace.Reader(tmp_path / "nothing")
    error = caught.value
    assert error.status == api.CTRACE_NOT_FOUND and error.name == "NOT_FOUND"
    assert isinstance(error, FileNotFoundError) and isinstance(error, ctrace.Error)
    assert error.file == str(tmp_path / "nothing") and error.line is None and error.event is None
    assert str(error).count(str(tmp_path)) == 1
    with pytest.raises(ctrace.MissingError):
        ctrace.validate(tmp_path / "nothing")


def test_a_broken_trace(tmp_path):
    file = tmp_path / "trace.json"
    file.write_text('[\n{"Path":"/a"},\n{"Step":{"path_id":0,"line":oops}}\n]')
    reader = ctrace.Reader(file)
    assert next(reader).path == "/a"
    with pytest.raises(ctrace.TraceError) as caught:
        next(reader)
    error = caught.value
    assert error.name == "SYNTAX" and error.file == str(file) and error.line == 3 and error.column > 1
    assert error.offset > 15 and error.event == 1 and isinstance(error, ValueError)
    assert str(error).startswith(f"{file}:3:{error.column}: ")


def test_reading_goes_on_after_a_bad_event(tmp_path):
    file = tmp_path / "trace.json"
    file.write_text('[{"Path":"/a"},{"Nonsense":1},{"Path":"/b"}]')
    reader = ctrace.Reader(file)
    assert next(reader).path == "/a"
    with pytest.raises(ctrace.TraceError) as caught:
        next(reader)
    assert caught.value.name == "EVENT"
    assert next(reader).path == "/b"
    assert list(reader) == []


def test_not_a_trace(tmp_path):
    file = tmp_path / "trace.json"
    file.write_text("hello")
    with pytest.raises(ctrace.TraceError) as caught:
        list(ctrace.Reader(file))
    assert caught.value.name == "NOT_A_TRACE"


def test_a_closed_writer_and_reader(tmp_path):
    writer = ctrace.Writer(tmp_path / "trace")
    writer.close()
    writer.close()
    with pytest.raises(ctrace.ArgumentError) as caught:
        writer.step("/a.py", 1)
    assert caught.value.name == "STATE"
    reader = ctrace.Reader(tmp_path / "trace")
    reader.close()
    reader.close()
    for use in (lambda: next(reader), lambda: reader.position, lambda: reader.metadata, reader.__enter__):
        with pytest.raises(ctrace.Error):
            use()


def test_a_refused_call_leaves_the_trace_going(tmp_path):
    writer = ctrace.Writer(tmp_path / "trace")
    path = writer.path("/a.py")
    with pytest.raises(ctrace.ArgumentError):
        writer.step(99, 1)
    writer.step(path, 1)
    with pytest.raises(ctrace.ArgumentError) as caught:
        writer.close()
    assert "path" in str(caught.value)
    assert [event.kind for event in ctrace.Reader(tmp_path / "trace")] == ["Path", "Step", "Step"]


def test_an_unwritable_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ctrace.StorageError) as caught:
        ctrace.Writer(tmp_path / "file" / "trace")
    assert caught.value.errno


def test_wrong_arguments(tmp_path):
    for options in ({"floats": "octal"}, {"interning": "some"}, {"without": "nothing"}):
        with pytest.raises(ValueError):
            ctrace.Writer(tmp_path / "trace", **options)
    with pytest.raises(TypeError):
        ctrace.Writer(tmp_path / "trace", args="words")
    with ctrace.Writer(tmp_path / "trace") as writer:
        for call in (lambda: writer.log("Nonsense", ""), lambda: writer.type("Nonsense", "")):
            with pytest.raises(ValueError):
                call()
        with pytest.raises(TypeError):
            writer.variable(None)
    with pytest.raises(ValueError):
        ctrace.validate(tmp_path / "trace", "no-such-program")


def test_errors_can_be_pickled():
    error = ctrace.TraceError(api.CTRACE_SYNTAX, "bad", "f", 1, 2, 3, 4)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is ctrace.TraceError and vars(again) == vars(error) and str(again) == "f:2:3: bad"


def test_nothing_passes_for_a_handle():
    for function in (api.ctrace_step, api.ctrace_path, api.ctrace_put_end):
        with pytest.raises((TypeError, ValueError)):
            function(None, *[0, 0][:function.__doc__ is None])
