"""Writing a trace from Python."""

import os

from . import api
from .errors import ArgumentError, Error

_CONVENIENCES = {
    "top_level": api.CTRACE_CONVENIENCE_TOP_LEVEL,
    "entry_step": api.CTRACE_CONVENIENCE_ENTRY_STEP,
    "first_step_twice": api.CTRACE_CONVENIENCE_FIRST_STEP_TWICE,
    "close_frames": api.CTRACE_CONVENIENCE_CLOSE_FRAMES,
    "copy_files": api.CTRACE_CONVENIENCE_COPY_FILES,
}
_FLOATS = {"text": api.CTRACE_FLOAT_TEXT, "number": api.CTRACE_FLOAT_NUMBER}
_FORMS = {api.ctrace_form_name(number): number for number in range(api.CTRACE_FORM_COUNT)}
_INTERNING = {"full": api.CTRACE_INTERN_FULL, "names": api.CTRACE_INTERN_NAMES}


def _numbers(prefix):
    """The constants of one enumeration by the format's names, and by ours in small letters: "TypeKind", "log"."""
    return {name[len(prefix):].lower(): number for name, number in vars(api).items()
            if name.startswith(prefix) and isinstance(number, int) and not name.endswith("_COUNT")}


_LOG_KINDS = _numbers("CTRACE_LOG_")
_TYPE_KINDS = {name: number for name, number in _numbers("CTRACE_TYPE_").items() if not name.startswith("info_")}
_PASS_KINDS = _numbers("CTRACE_PASS_")
_RVALUE_KINDS = _numbers("CTRACE_RVALUE_")


def _one_of(table, what, name):
    """The number of a name, spelled as in the format ("WriteOther") or small ("write_other"); a number passes."""
    if isinstance(name, int):
        return name
    small = "".join("_" + letter.lower() if letter.isupper() else letter for letter in name).lstrip("_")
    try:
        return table[small]
    except KeyError:
        raise ValueError(f"there is no {what} {name!r}; there are {', '.join(sorted(table))}") from None


class Writer:
    """A trace in `folder`, which is made when it is not there; one that was there is replaced.

    Names (path, function, type, variable) are declared at their first use and give ids. Any Python object is a value:
    it is looked at without running its code. The folder holds a whole trace after every flush. A writer is of one
    thread at a time; use it as a context manager, or call close().

    program, args, workdir, recorder, recorder_version: what the metadata tells. top_level: the name of function 0.
    floats: "text", or "number" for readers from before November 2025. interning: "full", or "names" as upstream's
    recorders do. without: conveniences that are not wanted, out of "top_level", "entry_step", "first_step_twice",
    "close_frames", "copy_files". flush_bytes, flush_ms, max_depth: limits, 0 is the default.

    form: "json", "ndjson", "bin", "bin-v0" or "ct". level: of its compression, 1 to 19, 0 is the default.
    compress_aside: another thread compresses. recording_id: a UUID; default: a new one. lone_file: `folder` is one file,
    and nothing is put beside it. durable: a flush waits until the disk has it. single_copy: JSON and bin lie on the disk
    once while they are written, so a kill in the middle of a flush can leave them without their end.
    """

    def __init__(self, folder, *, program="", args=(), workdir="", recorder="", recorder_version="", top_level="",
                 floats="text", interning="full", without=(), flush_bytes=0, flush_ms=0, max_depth=0, form="json",
                 recording_id="", level=0, compress_aside=False, lone_file=False, durable=False, single_copy=False):
        self._writer = self._capture = None
        if isinstance(args, (str, bytes)):
            raise TypeError("args is a list of texts")
        if isinstance(without, str):
            without = (without,)
        self._writer = api.writer_open(
            _path(folder), bool(lone_file), program, list(args), _path(workdir), recorder, recorder_version, top_level, flush_bytes,
            flush_ms, max_depth, _one_of(_FLOATS, "form of floats", floats),
            _one_of(_INTERNING, "interning", interning),
            sum({_one_of(_CONVENIENCES, "convenience", name) for name in without}),
            _one_of(_FORMS, "form", form), recording_id, level, bool(compress_aside),
            bool(durable), bool(single_copy))
        self._capture = api.capture_new(self._writer)

    # ---- Life ----

    def _handle(self):
        writer = self._writer
        if writer is None:
            raise ArgumentError(api.CTRACE_STATE, "the writer is closed, or used by another thread")
        return writer

    def start(self, path, line=1):
        """Writes the top level: the main file, function 0 at `line` of it, call 0."""
        api.ctrace_writer_start(self._handle(), _path(path), line)

    def flush(self):
        """Puts what waits into the file, which then is whole."""
        writer, self._writer = self._handle(), None
        try:
            api.ctrace_writer_flush(writer)
        finally:
            self._writer = writer

    def close(self):
        """Ends the trace. Raises the first failure of all since the beginning. Fine when it is closed."""
        writer, self._writer = self._writer, None
        if writer is not None:
            self._free_capture()
            api.writer_close(writer)

    def abandon(self):
        """Gives the trace up without a write, as in the child of a fork."""
        writer, self._writer = self._writer, None
        if writer is not None:
            self._free_capture()
            api.writer_abandon(writer)

    def _free_capture(self):
        capture, self._capture = self._capture, None
        api.capture_free(capture)

    def check(self):
        """Raises the first failure so far, if any."""
        api.writer_check(self._handle())

    @property
    def closed(self):
        return self._writer is None

    @property
    def counts(self):
        """What was written, and what had to be changed so that the trace stays readable: a dict."""
        counts = api.ctrace_writer_counts()
        api.ctrace_writer_get_counts(self._handle(), counts)
        return {name: getattr(counts, name) for name in _COUNTS}

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        try:
            self.close()
        except Error:
            if error is None:
                raise

    def __del__(self):
        if getattr(self, "_writer", None) is not None:
            self.close()

    # ---- Names ----

    def _declared(self, number):
        if number == api.CTRACE_ID_NONE:
            self.check()
            raise ArgumentError(api.CTRACE_ARGUMENT, "the name was refused")
        return number

    def path(self, path):
        return self._declared(api.ctrace_path(self._handle(), _path(path)))

    def variable(self, name):
        return self._declared(api.ctrace_variable(self._handle(), name))

    def function(self, path, line, name):
        """A function by the path (or its id) and line of its definition, and its name."""
        return self._declared(api.ctrace_function(self._handle(), self._path_id(path), line, name))

    def type(self, kind, name, fields=None, target=None):
        """A type by its kind ("Int", "Seq" …) and name. A Struct may have `fields`, a list of (name, type id); a
        Pointer has a `target`, a type id."""
        writer = self._handle()
        if fields is not None:
            return self._declared(api.ctrace_struct_type(writer, name, list(fields)))
        if target is not None:
            return self._declared(api.ctrace_pointer_type(writer, name, target))
        return self._declared(api.ctrace_type(writer, _one_of(_TYPE_KINDS, "kind of type", kind), name))

    def _path_id(self, path):
        return path if isinstance(path, int) else self.path(path)

    def _variable_id(self, name):
        return name if isinstance(name, int) else self.variable(name)

    # ---- What happens ----

    def step(self, path, line):
        """A line is executed. `path` is a path or its id."""
        api.ctrace_step(self._handle(), self._path_id(path), line)

    def call(self, function, args=None):
        """A function (its id) is entered, with {name: object} or [(name, object)] as its arguments."""
        writer = self._handle()
        for name, value in (args.items() if hasattr(args, "items") else args or ()):
            api.ctrace_begin_arg(writer, self._variable_id(name))
            api.put_object(self._capture, value)
        api.ctrace_call(writer, function)

    def return_(self, value=None):
        """The innermost call ends with a value."""
        api.ctrace_begin_return(self._handle())
        api.put_object(self._capture, value)

    def raise_(self, message):
        """The innermost call is left by an error."""
        api.ctrace_begin_return(self._handle())
        try:
            api.ctrace_put_error(self._writer, self.type("Error", "error"), message)
        except Error:
            api.ctrace_cancel_value(self._writer)
            raise

    def value(self, name, value):
        """A variable has a value at the last step. `name` is a name or its id."""
        api.ctrace_begin_local(self._handle(), self._variable_id(name))
        api.put_object(self._capture, value)

    def values(self, values):
        """Several of them: {name: object} or [(name, object)]."""
        for name, value in (values.items() if hasattr(values, "items") else values):
            self.value(name, value)

    def log(self, kind, content, metadata=""):
        """Something to tell at the last step: output ("Write", "WriteOther"), an error ("Error") …"""
        api.ctrace_log(self._handle(), _one_of(_LOG_KINDS, "kind of log event", kind), metadata, content)

    def asm(self, lines):
        api.ctrace_asm(self._handle(), list(lines))

    def thread_start(self, thread):
        api.ctrace_thread_start(self._handle(), thread)

    def thread_exit(self, thread):
        api.ctrace_thread_exit(self._handle(), thread)

    def thread_switch(self, thread):
        """What follows is of another thread."""
        api.ctrace_thread_switch(self._handle(), thread)

    def drop_last_step(self):
        """Takes the last step and its values back."""
        api.ctrace_drop_last_step(self._handle())

    # ---- Places: memory that variables share; CodeTracer's readers refuse or ignore most of these ----

    def bind_variable(self, name, place):
        api.ctrace_bind_variable(self._handle(), self._variable_id(name), place)

    def variable_cell(self, name, place):
        api.ctrace_variable_cell(self._handle(), self._variable_id(name), place)

    def compound_value(self, place, value):
        api.ctrace_begin_compound(self._handle(), place)
        api.put_object(self._capture, value)

    def cell_value(self, place, value):
        api.ctrace_begin_cell(self._handle(), place)
        api.put_object(self._capture, value)

    def assign_cell(self, place, value):
        api.ctrace_begin_assign_cell(self._handle(), place)
        api.put_object(self._capture, value)

    def assign_compound_item(self, place, index, item_place):
        api.ctrace_assign_compound_item(self._handle(), place, index, item_place)

    def assign(self, to, kind, variable=None, *, variables=(), field="", index=0, call_key=0, pass_by="value"):
        """`to` gets its value from a right-hand side of a kind: "Simple" (variable), "Compound" (variables), "Literal",
        "FieldAccess" (variable, field), "IndexAccess" (variable, index), "FunctionReturn" (call_key)."""
        source = 0 if variable is None else self._variable_id(variable)
        api.assign(self._handle(), self._variable_id(to), _one_of(_PASS_KINDS, "way to pass", pass_by),
                   _one_of(_RVALUE_KINDS, "kind of right-hand side", kind), source,
                   [self._variable_id(name) for name in variables], field, index, call_key)

    def drop_variable(self, name):
        api.ctrace_drop_variable(self._handle(), self._variable_id(name))

    def drop_variables(self, names):
        api.ctrace_drop_variables(self._handle(), [self._variable_id(name) for name in names])


_COUNTS = [name for name, member in vars(api.ctrace_writer_counts).items()
           if isinstance(member, property) and name != "thisown"]


def _path(path):
    """A path as text or bytes."""
    return os.fspath(path)
