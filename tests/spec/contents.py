"""Contents of traces, made up from a seed: the same random.Random gives the same."""

import base64

KINDS_OF_TYPES, KINDS_OF_LOGS = 34, 14
WORDS = ["x", "total", "naïve", "日本語", "", "a b", "line\nbreak", 'q"uote\\', "tab\t", "\x01", "🦀", "z" * 300]
EDGES = [0, 1, 23, 24, 255, 256, 65535, 65536, 2**31, 2**32 - 1, 2**32, 2**53 + 1, 2**63 - 1,
         -1, -24, -25, -256, -257, -(2**63)]


def word(r):
    return r.choice(WORDS) + (str(r.randrange(1000)) if r.random() < 0.5 else "")


def integer(r):
    return r.choice(EDGES) if r.random() < 0.3 else r.randrange(-1000, 1000)


def place(r):
    return r.choice([-1, 0, 1, -(2**63), 2**63 - 1, r.randrange(10000)])


def unsigned(r):
    return r.choice([0, 1, 2**32, 2**63 - 1, 2**64 - 1, r.randrange(100)])


def float_text(r):
    if r.random() < 0.2:
        return r.choice(["NaN", "inf", "-inf", "-0", "1e300", "5e-324", "0"])
    return repr(r.choice([r.random(), r.randrange(-100, 100) / 4, r.random() * 10.0 ** r.randrange(-30, 30)]))


def big(r):
    """The magnitude in base64. It begins above ASCII, so that as a byte string it is no base64 itself."""
    raw = bytes([r.randrange(128, 256)]) + r.randbytes(r.randrange(8, 20)) if r.random() < 0.9 else b""
    return base64.b64encode(raw).decode()


def value(r, types, depth=3):
    """A value as trace.json has it."""
    kinds = ["Int", "Int", "Float", "Bool", "String", "Raw", "Error", "None", "Cell", "BigInt", "Char"]
    if depth > 0:
        kinds += ["Sequence", "Sequence", "Tuple", "Struct", "Variant", "Reference"]
    kind = r.choice(kinds)

    def inner():
        return value(r, types, depth - 1)

    fields = {
        "Int": lambda: {"i": integer(r)},
        "Float": lambda: {"f": float_text(r)},
        "Bool": lambda: {"b": r.random() < 0.5},
        "String": lambda: {"text": word(r)},
        "Raw": lambda: {"r": word(r)},
        "Error": lambda: {"msg": word(r)},
        "None": dict,
        "Cell": lambda: {"place": place(r)},
        "BigInt": lambda: {"b": big(r), "negative": r.random() < 0.5},
        "Char": lambda: {"c": r.choice("aé日🦀\n\0")},
        "Sequence": lambda: {"elements": [inner() for _ in range(r.randrange(4))], "is_slice": r.random() < 0.5},
        "Tuple": lambda: {"elements": [inner() for _ in range(r.randrange(4))]},
        "Struct": lambda: {"field_values": [inner() for _ in range(r.randrange(4))]},
        "Variant": lambda: {"discriminator": word(r), "contents": inner()},
        "Reference": lambda: {"dereferenced": inner(), "address": unsigned(r), "mutable": r.random() < 0.5},
    }[kind]()
    made = {"kind": kind, **fields}
    if kind != "Cell":
        made["type_id"] = r.randrange(types)
    return made


def type_info(r, types):
    kind = r.choice(["None", "Struct", "Pointer"])
    if kind == "Struct":
        fields = [{"name": word(r), "type_id": r.randrange(types)} for _ in range(r.randrange(4))]
        return {"kind": kind, "fields": fields}
    return {"kind": kind, "dereference_type_id": r.randrange(types)} if kind == "Pointer" else {"kind": kind}


def type_record(r, types):
    return {"kind": r.randrange(KINDS_OF_TYPES), "lang_type": word(r), "specific_info": type_info(r, types)}


def source(r, variables):
    kind = r.choice(["Simple", "Compound", "Literal", "FieldAccess", "IndexAccess", "FunctionReturn"])
    if kind == "Literal":
        return {"kind": kind}
    variable = r.randrange(variables)
    return {"kind": kind, "data": {
        "Simple": variable,
        "Compound": [r.randrange(variables) for _ in range(r.randrange(4))],
        "FieldAccess": {"receiver": variable, "field": word(r)},
        "IndexAccess": {"receiver": variable, "index": integer(r)},
        "FunctionReturn": {"call_key": r.randrange(100)},
    }[kind]}


def assignment(r, variables):
    return {"to": r.randrange(variables), "pass_by": r.choice(["Value", "Reference"]), "from": source(r, variables)}


def arguments(r, variables, types):
    return [{"variable_id": r.randrange(variables), "value": value(r, types)} for _ in range(r.choice([0, 0, 1, 3]))]


def event(r, kinds=None):
    """An event of any kind as trace.json has it. Ids need not be declared."""
    makers = {
        "Step": lambda: {"path_id": r.randrange(5), "line": r.choice([r.randrange(1, 500), integer(r)])},
        "Path": lambda: "/src/" + word(r),
        "VariableName": lambda: word(r),
        "Variable": lambda: word(r),
        "Type": lambda: type_record(r, 9),
        "Value": lambda: {"variable_id": r.randrange(9), "value": value(r, 9)},
        "Function": lambda: {"path_id": r.randrange(5), "line": integer(r), "name": word(r)},
        "Call": lambda: {"function_id": r.randrange(9), "args": arguments(r, 9, 9)},
        "Return": lambda: {"return_value": value(r, 9)},
        "Event": lambda: {"kind": r.randrange(KINDS_OF_LOGS), "metadata": word(r), "content": word(r)},
        "Asm": lambda: [word(r) for _ in range(r.randrange(4))],
        "BindVariable": lambda: {"variable_id": r.randrange(9), "place": place(r)},
        "Assignment": lambda: assignment(r, 9),
        "DropVariables": lambda: [r.randrange(9) for _ in range(r.randrange(4))],
        "CompoundValue": lambda: {"place": place(r), "value": value(r, 9)},
        "CellValue": lambda: {"place": place(r), "value": value(r, 9)},
        "AssignCompoundItem": lambda: {"place": place(r), "index": unsigned(r), "item_place": place(r)},
        "AssignCell": lambda: {"place": place(r), "new_value": value(r, 9)},
        "VariableCell": lambda: {"variable_id": r.randrange(9), "place": place(r)},
        "DropVariable": lambda: r.randrange(9),
        "ThreadStart": lambda: unsigned(r),
        "ThreadExit": lambda: unsigned(r),
        "ThreadSwitch": lambda: unsigned(r),
        "DropLastStep": None,
    }
    kind = r.choice(kinds or ["Step", "Value", *makers])
    return kind if makers[kind] is None else {kind: makers[kind]()}


def events(r, count, kinds=None):
    return [event(r, kinds) for _ in range(count)]
