"""Trace filters: which functions are recorded, and which values are shown.

A filter is a chain of files in TOML; `spec/filters.md` has the language. In front of them stand the builtin rules, which
hide what has the name of a secret.
"""

import os

from . import _ctrace
from .errors import TraceError

NAME = os.path.join(".codetracer", "trace-filter.toml")
VARIABLE = "CODETRACER_TRACE_FILTER"
ACTIONS = ("allow", "redact", "drop")
KINDS = ("local", "global", "arg", "ret", "attr")


class FilterError(TraceError):
    """A filter file cannot be read, or does not say what a filter says."""

    def __init__(self, file, message):
        super().__init__(-7, message, file=file)


def parse(path):
    """What a filter file says, and the SHA-256 of the file."""
    import hashlib

    try:
        import tomllib
    except ImportError:
        try:
            import tomli as tomllib
        except ImportError:
            raise FilterError(path, "reading a trace filter before Python 3.11 needs the package tomli: "
                                    "pip install tomli") from None
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        raise FilterError(path, f"cannot read the trace filter: {error.strerror}") from None
    try:
        table = tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise FilterError(path, "the trace filter is not UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise FilterError(path, f"the trace filter is not TOML: {error}") from None
    return table, hashlib.sha256(content).hexdigest()


def nearest(folder):
    """The filter of the project that the folder lies in, or None."""
    folder = os.path.realpath(folder)
    while True:
        path = os.path.join(folder, NAME)
        if os.path.isfile(path):
            return path
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above


def split(chain):
    """The paths of `A::B`."""
    paths = [path for path in chain.split("::") if path]
    if not paths:
        raise FilterError(None, f"there is no path in the chain of filters {chain!r}")
    return paths


def chain(folder, given=(), environment=os.environ):
    """The files that hold for a program in this folder, in their order: the project's, those of CODETRACER_TRACE_FILTER,
    and those that are given, each of them a path or several as `A::B`."""
    found = nearest(folder)
    paths = [found] if found else []
    if environment.get(VARIABLE):
        paths += split(environment[VARIABLE])
    for part in given:
        paths += split(part)
    return [os.path.realpath(path) for path in paths]


class Filter:
    """The files of a chain. secrets: hide what has the name of a secret. replace: the value patterns of a rule replace
    those of the rules before it, as in CodeTracer's own recorders, instead of being added to them."""

    def __init__(self, paths=(), secrets=True, replace=False):
        sources = []
        for path in paths:
            path = os.path.realpath(path)
            table, sha256 = parse(path)
            sources.append((path, sha256, table))
        self.handle = _ctrace.filter_make(sources, secrets, replace)

    @property
    def sources(self):
        """The (path, SHA-256, name, version) of each file; the builtin rules have no SHA-256."""
        return _ctrace.filter_sources(self.handle)

    def explain(self, package="", file="", function=""):
        """Whether a function is recorded, and why: (True, 'rule 2 "pkg:shop.*" of …'). `function`: without the package."""
        return _ctrace.filter_ask(self.handle, package, os.path.realpath(file) if file else "",
                                  whole_name(package, function))

    def explain_value(self, kind, name, package="", file="", function=""):
        """What is shown of a value, and why: ("redact", …). `kind`: local, global, arg, ret or attr. The name of a result
        is that of its function, which is what it is without one."""
        whole = whole_name(package, function)
        action, why = _ctrace.filter_ask(self.handle, package, os.path.realpath(file) if file else "", whole,
                                         KINDS.index(kind), name or whole)
        return ACTIONS[action], why


def whole_name(package, function):
    return ".".join(part for part in (package, function) if part)
