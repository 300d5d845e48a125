"""Every public C function can be reached from Python, or stands here with the reason."""

import re
from pathlib import Path

import ctrace
from ctrace import _ctrace, api

ROOT = Path(__file__).resolve().parents[2]

# By a flat function in bindings/ctrace.i, which takes the options one by one or gives the handle itself.
FLAT = {
    "ctrace_writer_open": "writer_open",
    "ctrace_writer_open_file": "writer_open",
    "ctrace_writer_close": "writer_close",
    "ctrace_writer_abandon": "writer_abandon",
    "ctrace_writer_status": "writer_check",
    "ctrace_assign": "assign",
    "ctrace_validate": "validate",
    "ctrace_report_free": "report_free",
    "ctrace_convert": "convert",
    "ctrace_repair": "convert",
    "ctrace_cut": "convert",
    "ctrace_conversion_free": "conversion_free",
    "ctrace_diff_traces": "diff",
    "ctrace_diff_free": "diff_free",
    "ctrace_generate": "generate",
}
# By ctrace.Reader and ctrace.Event, which are written in C.
READER = {
    "ctrace_reader_open": "__new__",
    "ctrace_reader_next": "__next__",
    "ctrace_reader_position": "position",
    "ctrace_reader_warnings": "warnings",
    "ctrace_reader_metadata": "metadata",
    "ctrace_reader_file_size": "file_size",
    "ctrace_reader_bytes_read": "bytes_read",
    "ctrace_reader_close": "close",
    "ctrace_reader_form": "form",
    "ctrace_reader_details": "details",
    "ctrace_reader_seek": "seek",
    "ctrace_reader_count": "count",
    "ctrace_reader_keep_index": "keep_index",
}
NOT_WRAPPED = {
    "ctrace_writer_open_sink": "a sink is a callback in C",
    "ctrace_reader_open_source": "a source is a callback in C",
    "ctrace_validate_source": "a source is a callback in C",
    "ctrace_writer_event": "takes an event as C data; Python calls the function of its kind",
    "ctrace_put_value": "takes a value as C data; Python puts any object",
}

# What recorders are made of, which are in C; ctrace.filter and `python -m ctrace` are how Python has them.
FOR_RECORDERS = {"filter.h", "recorder.h"}


def public_functions():
    found = set()
    headers = {header.name: header for header in (ROOT / "include" / "ctrace").glob("*.h")}
    assert FOR_RECORDERS <= set(headers)
    for header in (headers[name] for name in sorted(set(headers) - FOR_RECORDERS)):
        text = re.sub(r"/\*.*?\*/", "", header.read_text(), flags=re.S)
        found.update(re.findall(r"^CTRACE_API\b[^;(]*?\b(ctrace_\w+)\s*\(", text, flags=re.M))
    return found


def test_every_public_function_is_wrapped():
    functions = public_functions()
    assert len(functions) > 80
    excused = {*FLAT, *READER, *NOT_WRAPPED}
    assert excused <= functions, "there is no such function any more"
    assert {name for name in functions - excused if not callable(getattr(api, name, None))} == set()
    assert {name for name in NOT_WRAPPED if hasattr(api, name)} == set()


def test_what_stands_for_the_others_is_there():
    assert {name for name in FLAT.values() if not callable(getattr(api, name, None))} == set()
    assert {name for name in READER.values() if not hasattr(ctrace.Reader, name)} == set()


def test_constants_come_from_the_headers():
    text = (ROOT / "include" / "ctrace" / "kinds.h").read_text()
    for prefix in ("EVENT", "VALUE", "TYPE", "LOG", "PASS", "RVALUE"):
        block = re.search(rf"#define CTRACE_{prefix}_KINDS\(X\)(.*?[^\\])\n", text, flags=re.S).group(1)
        names = re.findall(r"X\((\d+), (\w+), \"(\w+)\"\)", block)
        assert names
        for number, name, _ in names:
            assert getattr(api, f"CTRACE_{prefix}_{name}") == int(number)
    assert api.CTRACE_ID_NONE == 2**64 - 1
    assert api.ctrace_event_kind_name(api.CTRACE_EVENT_LOG) == "Event"


def test_the_version():
    text = (ROOT / "include" / "ctrace" / "version.h").read_text()
    assert re.search(r'CTRACE_VERSION_STRING "(.*)"', text).group(1) == ctrace.__version__
    assert _ctrace.__name__ in ("ctrace._ctrace", "_ctrace")
