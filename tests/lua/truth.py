"""Compares a recorded trace with what truth.lua told of the same program."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "truth"))

from comparison import Event, Trace, is_tuple, same_float, same_number  # noqa: E402
from running import assert_same_ending, assert_valid, fail_with, run  # noqa: E402, F401

DEPTH = 6  # containers in one another; what lies deeper is marked


def text_of(truth):
    """truth.lua gives bytes as characters."""
    return truth.encode("latin-1").decode("utf-8", errors="replace")


def read_truth(path):
    events = []
    for line in path.read_text(encoding="utf-8").splitlines():
        _, what, *rest = json.loads(line)
        if what == "step":
            events.append(Event(what, (text_of(rest[0]), rest[1]), rest[2]))
        elif what == "call":
            events.append(Event(what, (rest[0], text_of(rest[1]), rest[2]), rest[3]))
        elif what == "return":
            events.append(Event(what, (), [("", rest[0])]))
        elif what == "raised":
            events.append(Event(what, ()))
        else:
            events.append(Event(what, (rest[0], text_of(rest[1]))))
    return events


# ---- Values ----

def key_order(entry):
    key = entry[0]
    for rank, kind in enumerate(("integer", "float", "string")):
        if kind in key:
            value = key[kind]
            return rank, value.encode("latin-1") if kind == "string" else float(value)
    return 9, 0


def same_table(trace, truth, traced, depth):
    if depth >= DEPTH and traced["kind"] == "Raw":
        return traced["r"] == "…"
    below = depth + 1
    items, entries = truth["items"], sorted(truth["entries"], key=key_order)
    if not entries:
        return traced["kind"] == "Sequence" and trace.type_of(traced)["kind"] != 21 and same_list(
            trace, items, traced["elements"], below)
    if traced["kind"] == "Struct":
        type_ = trace.type_of(traced)
        names = [field["name"] for field in type_["specific_info"]["fields"]]
        return not items and names == [text_of(key.get("string", "?")) for key, _ in entries] and \
            type_["lang_type"] == (truth["name"] or "table") and \
            same_list(trace, [value for _, value in entries], traced["field_values"], below)
    pairs = [({"integer": n}, value) for n, value in enumerate(items, 1)] + entries
    return traced["kind"] == "Sequence" and len(pairs) == len(traced["elements"]) and all(
        is_tuple(trace, other) and same_list(trace, pair, other["elements"], below)
        for pair, other in zip(pairs, traced["elements"]))


def same_list(trace, truth, traced, depth):
    return len(truth) == len(traced) and all(
        same_value(trace, one, other, depth) for one, other in zip(truth, traced))


def same_value(trace, truth, traced, depth=0):
    (kind, value), *_ = truth.items()
    if kind == "nothing":
        return traced["kind"] == "None"
    if kind == "mark" or kind == "cycle":
        return traced["kind"] == "Raw" and traced["r"] == (value if kind == "mark" else "<cycle>")
    if kind == "items":
        return same_table(trace, truth, traced, depth)
    if trace.type_name(traced) != kind and kind not in ("userdata", "thread"):
        return False
    if kind == "nil":
        return traced["kind"] == "None"
    if kind == "boolean":
        return traced["kind"] == "Bool" and traced["b"] is value
    if kind == "integer":
        return same_number(value, traced)
    if kind == "float":
        return same_float(value, traced)
    if kind == "string":
        return traced["kind"] == "String" and traced["text"] == text_of(value)
    if kind == "function":
        return traced["kind"] == "Raw" and (
            traced["r"].endswith(f":{value}") if value >= 0 else traced["r"] == "function in C")
    return traced["kind"] == "Raw"


def same_named(trace, truth, traced):
    """Which variables, and what they hold. None if all is well."""
    given, recorded = dict(truth), dict(traced)
    if len(recorded) != len(traced):
        return f"a variable was recorded twice: {[name for name, _ in traced]}"
    if set(given) != set(recorded):
        return f"the variables are {sorted(given)}, {sorted(recorded)} were recorded"
    for name, value in given.items():
        if not same_value(trace, value, recorded[name]):
            return f"{name} is {str(value)[:300]}, recorded {str(recorded[name])[:300]}"
    return None


# ---- Events ----

def without_repeats(truth, traced):
    """The recorded events that the truth may have. A log event that comes later than other steps has its step repeated
    before it; the plain recorder knows nothing of errors."""
    result, at = [], [None]
    for i, event in enumerate(traced):
        follows = next((other.what for other in traced[i + 1:i + 2]), None)
        if event.what == "error" or event.details[:1] == ("stderr",):
            continue
        if event.what == "step":
            if follows in ("error", "write") and event.details == at[-1] and not is_expected(truth, len(result), event):
                continue
            at[-1] = event.details
        elif event.what == "call":
            at.append(event.details[1:])
        elif event.what in ("return", "raised") and len(at) > 1:
            at.pop()
        if event.what == "write" and result and result[-1].what == "write":
            result[-1] = Event("write", (event.details[0], result[-1].details[1] + event.details[1]))
        else:
            result.append(event)
    return result


def is_expected(truth, index, event):
    return index < len(truth) and truth[index].what == "step" and truth[index].details == event.details


def joined(truth):
    result = []
    for event in truth:
        if event.what == "write" and result and result[-1].what == "write":
            result[-1] = Event("write", (event.details[0], result[-1].details[1] + event.details[1]))
        else:
            result.append(event)
    return result


def difference(trace, event, found):
    if event.what != found.what:
        return f"{event} happened, {found} was recorded"
    if event.what == "call":
        if event.details[1:] != found.details[1:]:
            return f"{event} happened, {found} was recorded"
        return same_named(trace, event.values, found.values)
    if event.what == "return":
        value = found.values[0][1]
        truth = event.values[0][1]
        if same_value(trace, truth, value):
            return None
        return f"{str(truth)[:300]} was returned, {str(value)[:300]} recorded"
    if event.what == "raised":
        return None
    if event.details != found.details:
        return f"{event} happened, {found} was recorded"
    return same_named(trace, event.values, found.values) if event.what == "step" else None


def problems(folder, truth_file, limit=5):
    trace, truth, found = Trace(folder), joined(read_truth(truth_file)), []
    assert list(trace.threads) == [1]
    traced = without_repeats(truth, trace.threads[1])
    for i, event in enumerate(truth):
        if i == len(traced):
            return [*found, f"{event} happened, but nothing more was recorded"]
        problem = difference(trace, event, traced[i])
        if problem:
            before = " | ".join(str(one)[-60:] for one in truth[max(0, i - 3):i])
            found.append(f"event {i}, after {before}: {event}: {problem}")
            if len(found) == limit or event.what != traced[i].what:
                return found
    rest = traced[len(truth):]
    if any(event.what != "return" for event in rest):  # a program that ends at once leaves its calls
        found.append(f"recorded, but did not happen: {rest[0]}")
    return found
