"""What goes wrong, with the place in the trace where that is known."""

from . import _ctrace, api


class Error(Exception):
    """A failure that the library tells.

    status: its number, such as `ctrace.api.CTRACE_SYNTAX`; name: such as "SYNTAX"; message: what is wrong.
    file, offset, line, column, event: where, None when that is not known. errno: of the system, or 0.
    """

    def __init__(self, status, message, file=None, offset=None, line=None, column=None, event=None, errno=0):
        super().__init__(message)
        self.status = status
        self.message = message
        self.file = file or None
        self.offset = offset
        self.line = line
        self.column = column
        self.event = event
        self.errno = errno

    @property
    def name(self):
        return api.ctrace_status_name(self.status).replace("CTRACE_", "", 1)

    def __str__(self):
        place = ":".join(str(part) for part in (self.file, self.line, self.line and self.column) if part)
        told = not place or self.file and self.file in self.message
        return self.message if told else f"{place}: {self.message}"

    def __reduce__(self):
        return type(self), (self.status, self.message, self.file, self.offset, self.line, self.column, self.event,
                            self.errno)


class ArgumentError(Error, ValueError):
    """A call does not fit, by its arguments or by what was called before."""


class TraceError(Error, ValueError):
    """The input is not a trace, or a broken one."""


class StorageError(Error, OSError):
    """Reading or writing failed."""

    def __init__(self, *args, **keywords):
        Error.__init__(self, *args, **keywords)


class MissingError(StorageError, FileNotFoundError):
    """There is no such file or folder."""


class DepthError(TraceError):
    """Values are nested too deeply."""


class NoMemoryError(Error, MemoryError):
    """There is no memory left."""


_CLASSES = {
    api.CTRACE_NO_MEMORY: NoMemoryError,
    api.CTRACE_ARGUMENT: ArgumentError,
    api.CTRACE_STATE: ArgumentError,
    api.CTRACE_IO: StorageError,
    api.CTRACE_NOT_FOUND: MissingError,
    api.CTRACE_NOT_A_TRACE: TraceError,
    api.CTRACE_SYNTAX: TraceError,
    api.CTRACE_TRUNCATED: TraceError,
    api.CTRACE_EVENT: TraceError,
    api.CTRACE_TOO_DEEP: DepthError,
    api.CTRACE_TOO_LARGE: TraceError,
    api.CTRACE_UNSUPPORTED: TraceError,
}


def make(status, message, file, offset, line, column, event, errno):
    # Without a line or an event the offset 0 is only "not known".
    known = offset if offset or line or event is not None else None
    return _CLASSES.get(status, Error)(status, message, file, known, line, column, event, errno)


_ctrace.set_error_maker(make)
