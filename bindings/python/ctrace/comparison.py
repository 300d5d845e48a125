"""Comparing two traces."""

import os

from . import _ctrace, api


def _position(at):
    event = None if at.event == api.CTRACE_ID_NONE else at.event
    return _ctrace.Position((event, at.offset, at.line, at.column))


def _extent(counts):
    return {name: getattr(counts, name) for name in ("events", "steps", "calls", "returns", "values", "logs")}


class Difference:
    """Where two traces differ first. It is true when they do.

    kind: what differs: "none", "call", "return", "step", "value", "log", "thread", "other", "kind" (something else
    happens), "length" (one of them ends). texts: what stands there in each, positions: where; where: the step before
    it and its function; steps, calls: how many both have before it; counts: what each holds; different_steps: steps of
    the same number that differ."""

    def __init__(self, result):
        self.kind = api.ctrace_difference_name(result.kind)
        self.texts = (result.text_a, result.text_b)
        self.positions = (_position(result.a), _position(result.b))
        self.where = result.where
        self.steps = result.step
        self.calls = result.call
        self.counts = (_extent(result.extent_a), _extent(result.extent_b))
        self.different_steps = result.different_steps

    def __bool__(self):
        return self.kind != "none"

    def __repr__(self):
        return f"<Difference {self.kind}: {self.texts[0]!r}, {self.texts[1]!r}>" if self else "<Difference none>"


def diff(a, b, *, values=True, base_names=False):
    """Compares two traces by what they tell, whatever their forms and ids. values: compare values and log events too,
    not only calls and steps. base_names: compare only the last part of paths."""
    found = api.diff(os.fspath(a), os.fspath(b), not values, base_names)
    try:
        return Difference(api.ctrace_diff_result(found))
    finally:
        api.diff_free(found)
