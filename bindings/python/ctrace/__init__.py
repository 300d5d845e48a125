"""Program-execution traces in CodeTracer's formats: written, read, judged, converted, and recorded
(`python -m ctrace prog.py`).

    with ctrace.Writer("out", program="demo") as w: …
    for event in ctrace.Reader("out"): …
    report = ctrace.validate("out")
    ctrace.convert("out", "out.bin")
"""

import warnings as _warnings

# SWIG's types name no module, of which some Pythons warn; `-W error` would refuse them.
with _warnings.catch_warnings():
    _warnings.simplefilter("ignore", DeprecationWarning)
    from ._ctrace import Event, Position, Reader, Value

from .api import ctrace_version as _version
from .comparison import Difference, diff
from .conversion import Conversion, Loss, convert, cut, forms, generate, repair
from .errors import (ArgumentError, DepthError, Error, MissingError, NoMemoryError, StorageError, TraceError)
from .recording import dump, flush, is_recording, pause, resume
from .validation import Problem, Report, Rule, consumers, rules, validate
from .writer import Writer

__version__ = _version()
__all__ = ["ArgumentError", "Conversion", "DepthError", "Difference", "Error", "Event", "Loss", "MissingError",
           "NoMemoryError", "Position", "Problem", "Reader", "Report", "Rule", "StorageError", "TraceError", "Value",
           "Writer", "consumers", "convert", "cut", "diff", "dump", "flush", "forms", "generate", "is_recording",
           "pause", "repair", "resume", "rules", "validate"]
