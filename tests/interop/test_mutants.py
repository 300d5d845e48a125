"""Our validator foretells what the published crates refuse, tried on tens of thousands of traces that are each wrong in
one place."""

import copy
import json
import tempfile
from pathlib import Path

import pytest
from support import DIALECTS, foretold, verdicts

FLOATS = {"old": "number", "new": "text"}

# Written as they stand in the file, as some are no values of Python's.
REPLACEMENTS = [
    "null", "true", "0", "1", "-1", "1.0", "1e2", "-0", "9223372036854775807", "9223372036854775808",
    "18446744073709551616", "1e400", '""', '"x"', '"1"', '"two"', '"\\ud800"', '"AQ"', '"AQ=="', "[]", "{}", "[0]",
    "[[]]", '{"kind":"None","type_id":0}', '{"kind":"Int","i":1,"type_id":0,"more":[{}]}', '{"kind":"Nothing"}',
    '["Int",5,1]', '["None",0]', "33", "34", "13", "14", "255", "256",
]


class Verbatim(str):
    """Text that is put into the file without quoting."""


def spell(node):
    if isinstance(node, Verbatim):
        return str(node)
    if isinstance(node, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{spell(value)}" for key, value in node.items()) + "}"
    if isinstance(node, list):
        return "[" + ",".join(map(spell, node)) + "]"
    return json.dumps(node)


def places(node, path=()):
    """The path of every part of an event."""
    if path:
        yield path
    if isinstance(node, dict):
        for key, value in node.items():
            yield from places(value, (*path, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from places(value, (*path, index))


def changed(event, path, change):
    """A copy of the event; `change` is given the container of the place and the place's key."""
    event = copy.deepcopy(event)
    container = event
    for key in path[:-1]:
        container = container[key]
    change(container, path[-1])
    return event


def leave_out(container, key):
    del container[key]


def mutants(event):
    """(what was done, the text of the changed event)."""
    if isinstance(event, str):
        event = {event: None}
        yield "object", spell(event)
    for path in places(event):
        where = ".".join(map(str, path))
        yield f"{where} left out", spell(changed(event, path, leave_out))
        for replacement in REPLACEMENTS:
            def replace(container, key, replacement=replacement):
                container[key] = Verbatim(replacement)
            yield f"{where} = {replacement}", spell(changed(event, path, replace))

        def add_after(container, key):
            if isinstance(container, dict):
                container["unknown"] = 1
            else:
                container.append(container[key])
        yield f"{where} with one more beside it", spell(changed(event, path, add_after))

        def twice(container, key):
            if isinstance(container, dict):
                container[key] = Verbatim(f"{spell(container[key])},{json.dumps(key)}:{spell(container[key])}")
        yield f"{where} twice", spell(changed(event, path, twice))

        def as_list(container, key):
            if isinstance(container[key], dict):
                container[key] = list(container[key].values())
        yield f"{where} as a list", spell(changed(event, path, as_list))

        def turned(container, key):
            if isinstance(container[key], dict):
                container[key] = dict(reversed(list(container[key].items())))
        yield f"{where} in the opposite order", spell(changed(event, path, turned))


def value_kinds(node):
    """The kinds of values in an event, to choose few events that hold all."""
    if isinstance(node, dict):
        if isinstance(node.get("kind"), str):
            yield node["kind"]
        for value in node.values():
            yield from value_kinds(value)
    elif isinstance(node, list):
        for value in node:
            yield from value_kinds(value)


def samples(folders):
    """The smallest event of each kind of event and of value."""
    smallest = {}
    for folder in folders:
        for event in json.loads((folder / "trace.json").read_text()):
            kind = event if isinstance(event, str) else next(iter(event))
            size = len(json.dumps(event))
            if size > 400:
                continue
            for key in [kind, *((kind, inner) for inner in value_kinds(event) if kind in ("Value", "Type"))]:
                if key not in smallest or size < smallest[key][0]:
                    smallest[key] = (size, event)
    smallest["Call"] = (0, {"Call": {"function_id": 0, "args": [
        {"variable_id": 0, "value": {"kind": "Int", "i": 1, "type_id": 0}}]}})
    return [event for _, event in smallest.values()]


# Every name and a step, so that a sound event is sound here too.
BEFORE = """[{"Path":"/src/main.py"},{"Function":{"path_id":0,"line":1,"name":"<top-level>"}},
{"Call":{"function_id":0,"args":[]}},{"Type":{"kind":30,"lang_type":"None","specific_info":{"kind":"None"}}},
{"VariableName":"a"},{"VariableName":"b"},{"Step":{"path_id":0,"line":1}},
"""


# Where the crates and our rules part; no producer writes any of these.
KNOWN_DIFFERENCES = {
    ".contents.kind = 0 in ": "inside another value the crates take a kind's number for its name",
}


def assert_foretold(crates, dialect, mutants):
    """`mutants` is {what was done: the bytes of the trace}."""
    with tempfile.TemporaryDirectory() as folder:
        files = {Path(folder) / f"{index}.json": what for index, what in enumerate(mutants)}
        for file, what in files.items():
            file.write_bytes(mutants[what])
        refused = crates.refusals(dialect, list(files))
        reports = verdicts(list(files), "--max-errors", "5")
    # that many and not all: else the mutants show nothing
    assert 1000 < sum(1 for why in refused.values() if why) < len(files) - 100
    wrong = []
    for (file, what), report in zip(files.items(), reports):
        why = refused[file]
        if any(known in what for known in KNOWN_DIFFERENCES):
            continue
        if foretold(report, dialect) != (why is not None):
            rules = sorted({problem["rule"] for problem in report["problems"]})
            wrong.append(f"{what}: the crate says {why or 'accepted'}; we found {rules}")
    assert not wrong, f"{len(wrong)} of {len(files)}:\n" + "\n".join(wrong[:100])


@pytest.mark.parametrize("dialect", DIALECTS)
def test_parts(crates, our_traces, dialect):
    """Every part of an event left out, doubled or replaced."""
    done = {}
    for event in samples(our_traces[FLOATS[dialect]].values()):
        for what, text in mutants(event):
            done[f"{what} in {json.dumps(event)}"] = f"{BEFORE}{text}]\n".encode()
    assert_foretold(crates, dialect, done)


# One of each kind of event and value, in few bytes.
SMALL = {
    "text": '{"Value":{"variable_id":0,"value":{"kind":"Float","f":"-2.5e3","type_id":1}}}',
    "number": '{"Value":{"variable_id":0,"value":{"kind":"Float","f":-2.5e3,"type_id":1}}}',
    "both": """{"Value":{"variable_id":0,"value":{"kind":"Sequence","elements":[{"kind":"Int","i":-12,"type_id":1},
{"kind":"Bool","b":true,"type_id":2},{"kind":"Cell","place":-1}],"is_slice":false,"type_id":3}}},
{"Value":{"variable_id":1,"value":{"kind":"BigInt","b":"AQD/","negative":true,"type_id":1}}},
{"Event":{"kind":0,"metadata":"","content":"\\u00e9\\ud83d\\ude00\\n"}},"DropLastStep",
{"Return":{"return_value":{"kind":"Variant","discriminator":"S",
"contents":{"kind":"None","type_id":0},"type_id":1}}}""",
}
BYTES = [b"", b'"', b"\\", b",", b":", b"}", b"]", b"0", b"-", b".", b"n", b"\n", b"\0", b"\xed\xa0\x80"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_bytes(crates, dialect):
    """Every byte of a small trace left out, replaced and followed by another."""
    sound = f"{BEFORE}{SMALL['both']},\n{SMALL[FLOATS[dialect]]}]\n".encode()
    done = {}
    for at in [*range(3), *range(len(BEFORE), len(sound))]:
        for new in BYTES:
            for kept in (0, 1) if new else (0,):
                what = f"{new!r} {'after' if kept else 'in place of'} byte {at}: {sound[:at][-30:]}>{sound[at:][:30]}"
                done[what] = sound[:at + kept] + new + sound[at + 1:]
    assert_foretold(crates, dialect, done)
