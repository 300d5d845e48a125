"""Judging a trace."""

import os

from . import _ctrace, api

_SEVERITIES = {api.CTRACE_SEVERITY_ERROR: "error", api.CTRACE_SEVERITY_WARNING: "warning",
               api.CTRACE_SEVERITY_INFO: "info"}
_EFFECTS = {api.CTRACE_EFFECT_NONE: "none", api.CTRACE_EFFECT_DEGRADE: "degrade", api.CTRACE_EFFECT_ABORT: "abort",
            api.CTRACE_EFFECT_REFUSE: "refuse"}

#: The programs that a trace can be judged for: name -> what it is.
consumers = {api.ctrace_consumer_name(number): api.ctrace_consumer_text(number)
             for number in range(api.CTRACE_CONSUMER_COUNT)}


class Rule:
    """What must hold. id, severity ("error", "warning", "info"), summary, explanation; effects: what a breach does to
    each consumer ("none", "degrade", "abort", "refuse")."""

    def __init__(self, rule):
        self.id = rule.id
        self.severity = _SEVERITIES[rule.severity]
        self.summary = rule.summary
        self.explanation = rule.explanation
        self.effects = {name: _EFFECTS[api.rule_effect(rule, api.ctrace_consumer_find(name))] for name in consumers}

    def __repr__(self):
        return f"<Rule {self.id}: {self.summary}>"


def rules():
    """All rules, by id."""
    return {rule.id: rule for rule in (Rule(api.ctrace_rule_at(at)) for at in range(api.ctrace_rule_count()))}


class Problem:
    """A breach. rule: its id; severity, message, note, file; position, None when it is about the whole trace."""

    def __init__(self, problem):
        self.rule = problem.rule.id
        self.severity = _SEVERITIES[problem.severity]
        self.message = problem.message
        self.note = problem.note
        self.file = problem.file
        at = problem.position
        event = None if at.event == api.CTRACE_ID_NONE else at.event
        known = event is not None or at.line or at.offset
        self.position = _ctrace.Position((event, at.offset, at.line, at.column)) if known else None

    def __str__(self):
        place = [self.file] if self.file else []
        if self.position and self.position.line:
            place += [str(self.position.line), str(self.position.column)]
        return f"{':'.join(place)}: {self.severity} {self.rule}: {self.message}".lstrip(": ")

    def __repr__(self):
        return f"<Problem {self}>"


class Report:
    """The verdict. valid: nothing of severity error was found; form: "json" and the like, None when it could not be
    told; events: how many were read; problems: those that were
    kept; found: how many of each severity, kept or not; effects: the worst that each consumer would do."""

    def __init__(self, report):
        self.valid = api.ctrace_report_is_valid(report)
        self.form = api.ctrace_form_name(api.ctrace_report_form(report))
        self.events = api.ctrace_report_events(report)
        self.found = {name: api.ctrace_report_found(report, number) for number, name in _SEVERITIES.items()}
        self.problems = [Problem(api.ctrace_report_at(report, at)) for at in range(api.ctrace_report_count(report))]
        self.effects = {name: _EFFECTS[api.ctrace_report_effect(report, api.ctrace_consumer_find(name))]
                        for name in consumers}

    def __bool__(self):
        return self.valid

    def __iter__(self):
        return iter(self.problems)

    def __len__(self):
        return len(self.problems)

    def __repr__(self):
        return f"<Report {'valid' if self.valid else 'invalid'}, {self.events} events, {len(self.problems)} problems>"


def validate(path, profile=None, *, max_errors=0, sources=True):
    """Judges the trace in a folder or a file. Raises an Error when it could not be judged, as without such a file.

    profile: judge for one consumer, a name out of `ctrace.consumers`. max_errors: how many problems of one severity
    are kept, 0 is the default. sources: look at the program's source files on this machine."""
    number = api.CTRACE_CONSUMER_COUNT
    if profile is not None:
        number = api.ctrace_consumer_find(profile)
        if number == api.CTRACE_CONSUMER_COUNT:
            raise ValueError(f"there is no consumer {profile!r}; there are {', '.join(consumers)}")
    report = api.validate(os.fspath(path), max_errors, number, not sources)
    try:
        return Report(report)
    finally:
        api.report_free(report)
