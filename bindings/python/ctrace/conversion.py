"""Turning traces into others: into another form, into a whole one, into a part."""

import os

from . import _ctrace, api

#: The forms of a trace: name -> what it is.
forms = {api.ctrace_form_name(number): api.ctrace_form_text(number) for number in range(api.CTRACE_FORM_COUNT)}

_UNITS = {"events": api.CTRACE_UNIT_EVENT, "steps": api.CTRACE_UNIT_STEP, "calls": api.CTRACE_UNIT_CALL}


class Loss:
    """What the output lacks. kind: its name; count: how many, 0 when that is not known; position: of the first, None
    when that is not known; message."""

    def __init__(self, loss):
        self.kind = api.ctrace_loss_name(loss.kind)
        self.count = loss.count
        self.message = loss.message
        at = loss.first
        event = None if at.event == api.CTRACE_ID_NONE else at.event
        known = event is not None or at.line or at.offset
        self.position = _ctrace.Position((event, at.offset, at.line, at.column)) if known else None

    def __str__(self):
        return f"{self.kind}: {self.message}"

    def __repr__(self):
        return f"<Loss {self}>"


class Conversion:
    """What was done. source, target: the forms; events: how many were written; bytes: of the file with the events;
    losses: what is lost; notes: what was made up or done in its place."""

    def __init__(self, report):
        self.source = api.ctrace_form_name(api.ctrace_conversion_from(report))
        self.target = api.ctrace_form_name(api.ctrace_conversion_to(report))
        self.events = api.ctrace_conversion_events(report)
        self.bytes = api.ctrace_conversion_bytes(report)
        self.losses = [Loss(api.ctrace_conversion_loss_at(report, at))
                       for at in range(api.ctrace_conversion_loss_count(report))]
        self.notes = [api.ctrace_conversion_note_at(report, at)
                      for at in range(api.ctrace_conversion_note_count(report))]

    def __repr__(self):
        return f"<Conversion {self.source} to {self.target}, {self.events} events, {len(self.losses)} losses>"


def form_number(name):
    """The number of a form's name; of None that of no form."""
    if name is None:
        return api.CTRACE_FORM_COUNT
    number = api.ctrace_form_find(name)
    if number == api.CTRACE_FORM_COUNT:
        raise ValueError(f"there is no form {name!r}; there are {', '.join(forms)}")
    return number


def _run(kind, source, target, form, strict, lone_file, files, level, aside, unit=0, first=0, end=0):
    report = api.convert(kind, os.fspath(source), os.fspath(target), form_number(form), strict, lone_file, not files,
                         level, aside, unit, first, end)
    try:
        return Conversion(report)
    finally:
        api.conversion_free(report)


def convert(source, target, form=None, *, strict=False, lone_file=False, files=True, level=0, compress_aside=False):
    """Writes the trace at `source` to `target`: a folder, or a file when its suffix names a form (or with `lone_file`).

    form: a name out of `ctrace.forms`; by default the suffix of the target decides, else it is that of the source.
    strict: a loss raises an Error and nothing is written. files: the copies of sources come along. level: of zstd.
    compress_aside: another thread compresses."""
    return _run(api.CONVERT, source, target, form, strict, lone_file, files, level, compress_aside)


def repair(source, target, form=None, *, lone_file=False, files=True, level=0, compress_aside=False):
    """The same, but keeps all that can be kept of a broken trace; the Conversion tells what was lost."""
    return _run(api.REPAIR, source, target, form, False, lone_file, files, level, compress_aside)


def cut(source, target, form=None, *, steps=None, calls=None, events=None, lone_file=False, files=True, level=0):
    """A part of a trace as a trace of its own: `steps`, `calls` or `events` is (first, end), counted from 0, without
    the one at `end`."""
    chosen = [(name, part) for name, part in (("steps", steps), ("calls", calls), ("events", events)) if part is not None]
    if len(chosen) != 1:
        raise ValueError("give one of steps, calls and events")
    (name, (first, end)), = chosen
    return _run(api.CUT, source, target, form, False, lone_file, files, level, False, _UNITS[name], first, end)


def generate(target, form="json", *, content="valid", events=0, seed=0, max_depth=0, lone_file=False):
    """Makes up a trace, always the same for the same arguments. content: "valid", "every" or "recorder"; 0 is the
    default."""
    contents = {api.ctrace_content_name(number): number for number in range(api.CTRACE_CONTENT_COUNT)}
    if content not in contents:
        raise ValueError(f"there is no content {content!r}; there are {', '.join(contents)}")
    api.generate(os.fspath(target), lone_file, form_number(form), contents[content], events, seed, max_depth)
