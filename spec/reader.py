"""A small reader of trace.json, written from format.md alone.

It takes what format.md allows and nothing else, and is slow and short on purpose: tests hold the library against it.

    for event in read("trace.json"): print(event.kind, event.fields)
    tree = calls(read("trace.json"))
"""

import base64
import json
import math
import re
from dataclasses import dataclass, field
from pathlib import Path

EVENTS = {
    "Step": {"path_id": "path", "line": "int"},
    "Path": "text",
    "VariableName": "text",
    "Variable": "text",
    "Type": {"kind": "type kind", "lang_type": "text", "specific_info": "type info"},
    "Value": {"variable_id": "variable", "value": "value"},
    "Function": {"path_id": "path", "line": "int", "name": "text"},
    "Call": {"function_id": "function", "args": "arguments"},
    "Return": {"return_value": "value"},
    "Event": {"kind": "log kind", "metadata": "text", "content": "text"},
    "Asm": "texts",
    "BindVariable": {"variable_id": "variable", "place": "int"},
    "Assignment": {"to": "variable", "pass_by": "pass", "from": "source"},
    "DropVariables": "variables",
    "CompoundValue": {"place": "int", "value": "value"},
    "CellValue": {"place": "int", "value": "value"},
    "AssignCompoundItem": {"place": "int", "index": "unsigned", "item_place": "int"},
    "AssignCell": {"place": "int", "new_value": "value"},
    "VariableCell": {"variable_id": "variable", "place": "int"},
    "DropVariable": "variable",
    "ThreadStart": "unsigned",
    "ThreadExit": "unsigned",
    "ThreadSwitch": "unsigned",
}

VALUES = {
    "Int": {"i": "int"},
    "Float": {"f": "float"},
    "Bool": {"b": "bool"},
    "String": {"text": "text"},
    "Sequence": {"elements": "values", "is_slice": "bool"},
    "Tuple": {"elements": "values"},
    "Struct": {"field_values": "values"},
    "Variant": {"discriminator": "text", "contents": "value"},
    "Reference": {"dereferenced": "value", "address": "unsigned", "mutable": "bool"},
    "Raw": {"r": "text"},
    "Error": {"msg": "text"},
    "None": {},
    "Cell": {"place": "int"},
    "BigInt": {"b": "base64", "negative": "bool"},
    "Char": {"c": "char"},
}

SOURCES = {
    "Simple": "variable",
    "Compound": "variables",
    "Literal": None,
    "FieldAccess": {"receiver": "variable", "field": "text"},
    "IndexAccess": {"receiver": "variable", "index": "int"},
    "FunctionReturn": {"call_key": "int"},
}

FLOAT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?inf(inity)?|[+-]?nan", re.IGNORECASE)


class Malformed(Exception):
    """The trace is not what format.md says."""


def need(condition, what, value):
    if not condition:
        raise Malformed(f"expected {what}, found {str(value)[:80]!r}")
    return value


def is_integer(value):
    return isinstance(value, int) and not isinstance(value, bool)


def record(fields, data, types=False):
    """An object of exactly these fields; `types` adds type_id and the tag."""
    need(isinstance(data, dict), "an object", data)
    wanted = list(fields) + (["type_id"] if types else [])
    need(set(data) == set(wanted), f"the fields {wanted}", list(data))
    result = {name: payload(kind, data[name]) for name, kind in fields.items()}
    if types:
        result["type_id"] = payload("type", data["type_id"])
    return result


def tagged(table, data):
    need(isinstance(data, dict) and data.get("kind") in table, f"one of the kinds {list(table)}", data)
    rest = {name: item for name, item in data.items() if name != "kind"}
    return data["kind"], rest


def read_value(data):
    kind, rest = tagged(VALUES, data)
    result = {"kind": kind, **record(VALUES[kind], rest, types=kind != "Cell")}
    if kind == "BigInt":
        magnitude = int.from_bytes(result["b"], "big")
        result["number"] = -magnitude if result["negative"] else magnitude
    return result


def read_type_info(data):
    kind, rest = tagged({"None", "Struct", "Pointer"}, data)
    if kind == "Struct":
        need(isinstance(rest.get("fields"), list), "a list of fields", rest)
        return {"kind": kind, "fields": [record({"name": "text", "type_id": "type"}, one) for one in rest["fields"]]}
    return {"kind": kind, **record({} if kind == "None" else {"dereference_type_id": "type"}, rest)}


def read_source(data):
    kind, rest = tagged(SOURCES, data)
    shape = SOURCES[kind]
    need(list(rest) == ([] if shape is None else ["data"]), "data", rest)
    if shape is None:
        return {"kind": kind}
    return {"kind": kind, "data": record(shape, rest["data"]) if isinstance(shape, dict) else payload(shape, rest["data"])}


def read_float(data):
    if isinstance(data, str):
        need(FLOAT.fullmatch(data), "a float", data)
        return float(data)
    need(isinstance(data, float) or is_integer(data), "a float", data)
    return float(data)


def payload(kind, data):
    if kind in ("path", "function", "variable", "type", "unsigned"):
        return need(is_integer(data) and 0 <= data < 2**64, f"a number for {kind}", data)
    if kind == "int":
        return need(is_integer(data) and -(2**63) <= data < 2**63, "an integer of 64 bits", data)
    if kind == "bool":
        return need(isinstance(data, bool), "true or false", data)
    if kind == "text":
        need(isinstance(data, str), "text", data)
        return need(not re.search("[\ud800-\udfff]", data), "valid Unicode", data)
    if kind == "char":
        return need(isinstance(data, str) and len(data) == 1, "one character", data)
    if kind == "base64":
        return base64.b64decode(need(isinstance(data, str), "base64", data), validate=True)
    if kind == "type kind":
        return need(is_integer(data) and 0 <= data <= 33, "a kind of types", data)
    if kind == "log kind":
        return need(is_integer(data) and 0 <= data <= 13, "a kind of log events", data)
    if kind == "pass":
        return need(data in ("Value", "Reference"), "Value or Reference", data) and data
    if kind in ("values", "texts", "variables", "arguments"):
        need(isinstance(data, list), "a list", data)
        if kind == "arguments":
            return [record({"variable_id": "variable", "value": "value"}, one) for one in data]
        return [payload(kind[:-1], one) for one in data]
    return {"value": read_value, "float": read_float, "type info": read_type_info, "source": read_source}[kind](data)


@dataclass
class Event:
    kind: str
    fields: object = None


def read(path):
    """The events of a trace.json, or of the one in a folder; an array that is not closed ends after its last event."""
    path = Path(path)
    text = (path / "trace.json" if path.is_dir() else path).read_bytes().decode("utf-8")
    try:
        events = json.loads(text)
    except json.JSONDecodeError:
        events = json.loads(text.rstrip().rstrip(",") + "]")
    need(isinstance(events, list), "a list of events", events)
    result = []
    for data in events:
        if data == "DropLastStep":
            result.append(Event(data))
            continue
        need(isinstance(data, dict) and len(data) == 1, "an event", data)
        (kind, fields), = data.items()
        need(kind in EVENTS, "a kind of events", kind)
        shape = EVENTS[kind]
        result.append(Event(kind, record(shape, fields) if isinstance(shape, dict) else payload(shape, fields)))
    return result


@dataclass
class Call:
    function: str
    args: list
    thread: int = 0
    result: object = None
    steps: int = 0
    calls: list = field(default_factory=list)


def calls(events):
    """The calls of every thread as trees, and the declared names: {"roots": [Call…], "paths": […], …}."""
    names = {"Path": [], "Function": [], "Type": [], "VariableName": []}
    roots, stacks, thread = [], {None: []}, None
    for event in events:
        kind, data = event.kind, event.fields
        stack = stacks.setdefault(thread, [])
        if kind in ("Path", "VariableName", "Variable"):
            names["VariableName" if kind == "Variable" else kind].append(data)
        elif kind in ("Function", "Type"):
            names[kind].append(data)
        elif kind == "ThreadSwitch":
            # The first thread has no name until it is switched back to.
            if data not in stacks and thread is not None and None in stacks:
                stacks[data] = stacks.pop(None)
            thread = data
        elif kind == "ThreadStart":
            stacks.setdefault(data, [])
        elif kind == "Step" and stack:
            stack[-1].steps += 1
        elif kind == "Call":
            args = [(names["VariableName"][one["variable_id"]], one["value"]) for one in data["args"]]
            call = Call(names["Function"][data["function_id"]]["name"], args, thread or 0)
            (stack[-1].calls if stack else roots).append(call)
            stack.append(call)
        elif kind == "Return":
            need(stack, "an open call", "a Return")
            stack.pop().result = data["return_value"]
    return {"roots": roots, "open": sum(map(len, stacks.values())), **names}


def same(a, b):
    """Whether two values or events are equal, with NaN equal to itself."""
    if isinstance(a, float) and isinstance(b, float):
        return a == b and math.copysign(1, a) == math.copysign(1, b) or math.isnan(a) and math.isnan(b)
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[name], b[name]) for name in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b
