"""Reads a recorded trace with nothing but json, and compares it with what a plain recorder told."""

import base64
import json
import os
import re
import struct
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("CTRACE_BUILD", ROOT / "build" / "c"))
WRITE, WRITE_OTHER, ERROR = 0, 2, 11


@dataclass
class Event:
    """One thing that happened. `details`: step (path, line) · call (function, path, line) · return () · raised (type) ·
    error (type, message) · write (stream, text). `values` are named ones, or the returned one alone."""

    what: str
    details: tuple
    values: list = field(default_factory=list)
    after_switch: bool = field(default=False, compare=False)

    def __str__(self):
        return " ".join([self.what, *map(str, self.details)])


def without_addresses(text):
    """Where an object lies in memory differs from run to run."""
    return re.sub(r"0x[0-9a-f]{6,}", "0x…", text)


# ---- The recorded trace ----

class Trace:
    """The events of each thread, with all ids resolved."""

    def __init__(self, folder):
        self.threads = defaultdict(list)
        self.types = []
        self.raw = json.loads(without_addresses((folder / "trace.json").read_text(encoding="utf-8")))
        self._read()

    def _read(self):
        paths, names, functions = [], [], []
        thread, first_step, switched = 1, True, False
        depth = defaultdict(int)
        for entry in self.raw:
            (kind, data), = entry.items()
            events = self.threads[thread]
            if kind == "Path":
                assert data not in paths, f"path {data} declared twice"
                paths.append(data)
            elif kind == "VariableName":
                assert data not in names, f"variable {data} declared twice"
                names.append(data)
            elif kind == "Type":
                self.types.append(data)
            elif kind == "Function":
                functions.append((data["name"], paths[data["path_id"]], data["line"]))
            elif kind == "Step":
                step = Event("step", (paths[data["path_id"]], data["line"]), after_switch=switched)
                if first_step and events == [step]:
                    first_step = False  # it is written twice
                else:
                    first_step = not events
                    events.append(step)
            elif kind == "Value":
                events[-1].values.append((names[data["variable_id"]], data["value"]))
            elif kind == "Call":
                depth[thread] += 1
                if thread == 1 and depth[thread] == 1:
                    assert data["function_id"] == 0, "the first call is not the top level"
                    continue
                name, path, line = functions[data["function_id"]]
                assert events and events[-1] == Event("step", (path, line)), f"no entry step before {name}"
                events[-1] = Event("call", (name, path, line),
                                   [(names[arg["variable_id"]], arg["value"]) for arg in data["args"]])
            elif kind == "Return":
                depth[thread] -= 1
                assert depth[thread] >= 0, f"return below the top of thread {thread}"
                if thread == 1 and depth[thread] == 0:
                    continue
                value = data["return_value"]
                if value["kind"] == "Error":
                    events.append(Event("raised", (value["msg"].split(": ")[0],)))
                else:
                    events.append(Event("return", (), [("", value)]))
            elif kind == "Event":
                if data["kind"] == ERROR:
                    type_name, _, message = data["content"].partition(": ")
                    events.append(Event("error", (type_name, message)))
                else:
                    stream = {WRITE: "stdout", WRITE_OTHER: "stderr"}[data["kind"]]
                    events.append(Event("write", (stream, data["content"])))
            elif kind == "ThreadSwitch":
                thread = data
            elif kind not in ("ThreadStart", "ThreadExit"):
                raise AssertionError(f"an event that recorders do not write: {entry}")
            switched = kind == "ThreadSwitch" or (switched and kind in ("Path", "VariableName", "Type", "Function"))
        self.open_calls = {thread: count for thread, count in depth.items() if count}

    def type_name(self, value):
        return self.types[value["type_id"]]["lang_type"]

    def type_of(self, value):
        return self.types[value["type_id"]]


# ---- The truth ----

def read_truth(path):
    threads = defaultdict(list)
    for line in without_addresses(path.read_text(encoding="utf-8")).splitlines():
        thread, what, *rest = json.loads(line)
        if what != "write" or threads[thread]:  # the compiler may warn before the program runs
            threads[thread].append(_TRUTH[what](what, rest))
    return threads


def _call(what, rest):
    name, path, line, values = rest
    return Event(what, (name if isinstance(name, str) else tuple(name), path, line), values)


_TRUTH = {
    "step": lambda what, rest: Event(what, tuple(rest[:2]), rest[2]),
    "call": _call,
    "return": lambda what, rest: Event(what, (), [("", rest[0])]),
    "raised": lambda what, rest: Event(what, tuple(rest)),
    "error": lambda what, rest: Event(what, tuple(rest)),
    "write": lambda what, rest: Event(what, tuple(rest)),
}


# ---- Comparing ----

def joined_writes(events):
    """One print may be several writes; what counts is the text. Another thread's turn between two of them makes a
    recorder say again where the first thread is."""
    result = []
    for i, event in enumerate(events):
        if event.after_switch and 0 < i < len(events) - 1 and events[i - 1].what == events[i + 1].what == "write":
            continue
        if event.what == "write" and result and result[-1].what == "write" \
                and result[-1].details[0] == event.details[0]:
            result[-1] = Event("write", (event.details[0], result[-1].details[1] + event.details[1]))
        elif event.what != "write" or event.details[1]:
            result.append(event)
    return result


class Comparison:
    """`language` tells how values and names of one language agree: same_value(trace, truth, traced) and
    same_call(truth's name, traced name)."""

    def __init__(self, trace, truth, language):
        self.trace = trace
        self.truth = truth
        self.language = language
        self.problems = []

    def run(self, limit=8):
        if sorted(self.truth) != sorted(self.trace.threads):
            self.problems.append(f"threads {sorted(self.truth)} ran, {sorted(self.trace.threads)} were recorded")
        for thread, events in self.truth.items():
            self._thread(thread, joined_writes(events), joined_writes(self.trace.threads.get(thread, [])), limit)
        return self.problems

    def _thread(self, thread, truth, traced, limit):
        at = [None]  # where each open frame is
        i = 0
        for number, event in enumerate(truth):
            while i < len(traced) and self._is_return_to_line(event, traced, i, at):
                i += 1
            found = traced[i] if i < len(traced) else None
            problem = self._difference(event, found)
            if problem:
                before = " | ".join(str(one)[-60:] for one in truth[max(0, number - 3):number])
                self.problems.append(f"thread {thread}, after {before}: {problem}")
                if len(self.problems) >= limit or found is None or found.what != event.what:
                    return
            i += 1
            if event.what == "step":
                at[-1] = event.details
            elif event.what == "call":
                at.append(event.details[1:])
            elif event.what in ("return", "raised") and len(at) > 1:
                at.pop()
        while i < len(traced) and traced[i].what == "step" and traced[i].details == at[-1]:
            i += 1
        # A program that ends at once leaves its frames; the trace closes them.
        while i < len(traced) and traced[i].what in ("return", "raised") and len(at) > 1:
            i += 1
            at.pop()
        if i < len(traced):
            self.problems.append(f"thread {thread}: recorded, but did not happen: {traced[i]}")
        if thread in self.trace.open_calls:
            self.problems.append(f"thread {thread}: {self.trace.open_calls[thread]} calls are still open")

    def _is_return_to_line(self, event, traced, i, at):
        """A recorder repeats the step of the line that goes on, so that what follows belongs to it."""
        return event.what in ("write", "error") and traced[i].what == "step" and traced[i].details == at[-1]

    def _difference(self, event, found):
        if found is None:
            return f"{event} happened, but nothing more was recorded"
        if event.what != found.what or not self._same_details(event, found):
            return f"{event} happened, {found} was recorded"
        if event.what == "return":
            return self._values_differ(event, event.values, found.values)
        if [name for name, _ in event.values] != [name for name, _ in found.values]:
            return f"{event}: the variables are {[n for n, _ in event.values]}, {[n for n, _ in found.values]} recorded"
        return self._values_differ(event, event.values, found.values)

    def _values_differ(self, event, values, recorded):
        for (name, value), (_, other) in zip(values, recorded):
            if not self.language.same_value(self.trace, value, other):
                return f"{event}: {name} is {str(value)[:200]}, recorded {str(other)[:300]}"
        return None

    def _same_details(self, event, found):
        if event.what == "call":
            return event.details[1:] == found.details[1:] and self.language.same_call(event.details[0],
                                                                                      found.details[0])
        if event.what == "error":
            return event.details[0] == found.details[0] and event.details[1] in (None, found.details[1])
        return event.details == found.details


# ---- Values: what both languages share ----

def same_number(truth, traced):
    if traced["kind"] == "BigInt":
        magnitude = int.from_bytes(base64.b64decode(traced["b"]), "big")
        return truth == (-magnitude if traced["negative"] else magnitude) and not -2**63 <= truth < 2**63
    return traced["kind"] == "Int" and truth == traced["i"] and -2**63 <= truth < 2**63


def same_float(truth, traced):
    """Spelled differently, but the same bits."""
    a, b = float(truth), float(traced["f"])
    return traced["kind"] == "Float" and (struct.pack("<d", a) == struct.pack("<d", b) or (a != a and b != b))


def same_items(same, trace, truth, elements):
    return len(truth) == len(elements) and all(same(trace, one, other) for one, other in zip(truth, elements))


def is_tuple(trace, value):
    """CodeTracer shows a Sequence of a Tuple type well, a Tuple not."""
    return value["kind"] == "Sequence" and trace.type_of(value)["kind"] == 27


def same_pairs(same, trace, truth, elements):
    """Each is a pair of key and value, but for a mark at the end."""
    return len(truth) == len(elements) and all(
        same(trace, one, other) if isinstance(one, dict)
        else is_tuple(trace, other) and same_items(same, trace, one, other["elements"])
        for one, other in zip(truth, elements))


def same_fields(same, trace, truth, traced):
    if traced["kind"] != "Struct":
        return False
    if "_native_id" in dict(truth):  # a thread: what is in it depends on how far it is
        return True
    names = [entry["name"] for entry in trace.type_of(traced)["specific_info"]["fields"]]
    return names == [name for name, _ in truth] and same_items(
        same, trace, [value for _, value in truth], traced["field_values"])
