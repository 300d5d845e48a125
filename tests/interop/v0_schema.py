"""Events of our JSON lines as Cap'n Proto's own tool spells them by trace_v0.capnp."""

import base64
import json
import subprocess
from pathlib import Path

SCHEMA = Path(__file__).resolve().with_name("trace_v0.capnp")
HEAD = bytes.fromhex("c0de72ace2000000")

# Log kinds of the model, in the order of this form's numbers.
LOG_KINDS = [0, 1, 3, 4, 6, 7, 8, 9, 10, 11, 12, 2, 5, 13]
VALUES = {
    "String": ("string", "text"), "Raw": ("raw", "r"), "Error": ("error", "msg"), "Char": ("raw", "c"),
}
LISTS = {"Sequence": "elements", "Tuple": "elements", "Struct": "field_values"}


def number(n):
    return {"value": str(n)}


def value(v):
    kind, of_type = v["kind"], {"type": number(v.get("type_id", 0))}
    if kind == "Int":
        return {"int": {"i": str(v["i"]), **of_type}}
    if kind == "Float":
        return {"float": {"f": spell_float(float(v["f"])), **of_type}}
    if kind == "Bool":
        return {"bool": {"b": v["b"], **of_type}}
    if kind in VALUES:
        name, key = VALUES[kind]
        return {name: {"message" if name == "error" else "text": v[key], **of_type}}
    if kind in LISTS:
        name = "fields" if kind == "Struct" else "elements"
        extra = {"isSlice": v["is_slice"]} if kind == "Sequence" else {}
        return {kind.lower(): {name: [value(item) for item in v[LISTS[kind]]], **extra, **of_type}}
    if kind == "Variant":
        return {"variant": {"discriminator": v["discriminator"], "contents": value(v["contents"]), **of_type}}
    if kind == "Reference":
        return {"reference": {"dereferenced": value(v["dereferenced"]), "mutable": v["mutable"],
                              "address": str(v["address"]), **of_type}}
    if kind == "None":
        return {"none": of_type}
    if kind == "Cell":
        return {"cell": {"place": number(v["place"])}}
    assert kind == "BigInt"
    magnitude = list(base64.b64decode(v["b"], validate=True))
    return {"bigInt": {"magnitude": magnitude, "negative": v["negative"], **of_type}}


def spell_float(f):
    return {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}.get(str(f), f)


def pair(one, other):
    return {"number": number(one), "value": value(other)}


def type_info(info):
    if info["kind"] == "Struct":
        return {"fields": [{"name": f["name"], "type": number(f["type_id"])} for f in info["fields"]]}
    if info["kind"] == "Pointer":
        return {"target": number(info["dereference_type_id"])}
    return {"none": None}


def source(rvalue):
    kind, data = rvalue["kind"], rvalue.get("data")
    if kind == "Simple":
        return {"simple": number(data)}
    if kind == "Compound":
        return {"compound": [number(n) for n in data]}
    if kind == "Literal":
        return {"literal": None}
    if kind == "FieldAccess":
        return {"fieldAccess": {"receiver": number(data["receiver"]), "field": data["field"]}}
    if kind == "IndexAccess":
        return {"indexAccess": {"receiver": number(data["receiver"]), "index": str(data["index"])}}
    return {"functionReturn": {"callKey": str(data["call_key"])}}


EVENTS = {
    "Step": lambda e: {"first": number(e["path_id"]), "second": number(e["line"])},
    "Path": lambda e: {"text": e},
    "VariableName": lambda e: e,
    "Variable": lambda e: e,
    "Type": lambda e: {"kind": e["kind"], "name": e["lang_type"], "info": type_info(e["specific_info"])},
    "Value": lambda e: pair(e["variable_id"], e["value"]),
    "Function": lambda e: {"path": number(e["path_id"]), "line": number(e["line"]), "name": e["name"]},
    "Call": lambda e: {"function": number(e["function_id"]),
                       "args": [pair(arg["variable_id"], arg["value"]) for arg in e["args"]]},
    "Return": lambda e: {"value": value(e["return_value"])},
    "Event": lambda e: {"kind": LOG_KINDS.index(e["kind"]), "content": e["content"], "metadata": e["metadata"]},
    "Asm": lambda e: e,
    "BindVariable": lambda e: {"first": number(e["variable_id"]), "second": number(e["place"])},
    "Assignment": lambda e: {"passBy": ["Value", "Reference"].index(e["pass_by"]), "to": number(e["to"]),
                             "from": source(e["from"])},
    "DropVariables": lambda e: [number(n) for n in e],
    "CompoundValue": lambda e: pair(e["place"], e["value"]),
    "CellValue": lambda e: pair(e["place"], e["value"]),
    "AssignCompoundItem": lambda e: {"index": str(e["index"]), "place": number(e["place"]),
                                     "itemPlace": number(e["item_place"])},
    "AssignCell": lambda e: pair(e["place"], e["new_value"]),
    "VariableCell": lambda e: {"first": number(e["variable_id"]), "second": number(e["place"])},
    "DropVariable": number,
    "ThreadStart": number,
    "ThreadExit": number,
    "ThreadSwitch": number,
}


def by_schema(event):
    if event == "DropLastStep":
        return {"dropLastStep": None}
    [(kind, payload)] = event.items()
    return {kind[0].lower() + kind[1:]: EVENTS[kind](payload)}


def capnp_reads(file):
    """The events of a file as Cap'n Proto's own tool gives them."""
    message = file.read_bytes()
    assert message[:8] == HEAD
    done = subprocess.run(["capnp", "convert", "packed:json", SCHEMA, "Trace"], input=message[8:],
                          capture_output=True, check=False)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return json.loads(done.stdout)["events"]


def capnp_writes(events, file):
    """Lets Cap'n Proto's own tool write our events."""
    # it does not know escaped surrogate pairs
    message = json.dumps({"events": [by_schema(event) for event in events]}, ensure_ascii=False)
    done = subprocess.run(["capnp", "convert", "json:packed", SCHEMA, "Trace"], input=message.encode(),
                          capture_output=True, check=False)
    assert done.returncode == 0 and not done.stderr, done.stderr
    file.write_bytes(HEAD + done.stdout)
