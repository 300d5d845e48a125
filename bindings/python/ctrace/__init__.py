"""Program-execution traces in CodeTracer's formats: written, read, judged, and recorded (`python -m ctrace prog.py`)."""

from .api import ctrace_version as _version
from .errors import Error

__version__ = _version()
