"""Tells what truly happens in a Python program: `plain_recorder.py OUT PROGRAM ARGS…` writes one JSON list a line.

    [thread, "step", path, line, [[name, value], …]]          a line is executed; what is visible then
    [thread, "call", name, path, line, [[name, value], …]]    a frame is entered or resumed
    [thread, "return", value] · [thread, "raised", type]      it is left
    [thread, "error", type, message]                          an exception comes up in the program
    [thread, "write", "stdout" or "stderr", text]

Plain and slow on purpose, and written apart from the recorder that it judges. It takes sys.monitoring where that is
there (3.12), since sys.settrace alters programs on those versions.
"""

import builtins
import dis
import gc
import io
import json
import os
import sys
import threading
import types

DEPTH, ITEMS, TEXT, TOTAL = 6, 100, 1000, 1000

out_path, program = sys.argv[1], os.path.abspath(sys.argv[2])
folder = os.path.dirname(program) + os.sep
out = open(out_path, "w", encoding="ascii", buffering=1)
process = os.getpid()
encode = json.JSONEncoder(check_circular=False).encode
names_of_code = {}
lines_of = {}
top = {"frame": None}


class State(threading.local):
    """Of each thread; __init__ runs in each."""

    def __init__(self):
        self.serial = None
        self.open = []        # the frames that were entered and not left, by id
        self.raised = None    # the exception that the program was told to have last, while it is on its way
        self.exceptions = {}  # 3.11 and older: frame -> its last exception, and f_lasti when that was its last event


state = State()
state.serial = 1
serials = iter(range(2, 1000))


def put(*event):
    if os.getpid() != process:
        return
    if state.serial is None:
        state.serial = next(serials)
    out.write(encode((state.serial,) + event) + "\n")


# ---- Values, without running any code of the program ----

class_dict, class_mro = type.__dict__["__dict__"].__get__, type.__dict__["__mro__"].__get__
class_name = type.__dict__["__qualname__"].__get__
short_name = type.__dict__["__name__"].__get__


def cut(text):
    text = "".join("\ufffd" if "\ud800" <= letter <= "\udfff" else letter for letter in text)
    return text if len(text) <= TEXT else f"{text[:TEXT]}…(+{len(text) - TEXT})"


def fields_of(thing):
    """The attributes that an object itself holds: slots first, then its dictionary."""
    fields, dictionary = [], {}
    if issubclass(type(thing), BaseException):
        fields.append(("args", BaseException.__dict__["args"].__get__(thing)))
    for cls in reversed(class_mro(type(thing))):
        for name, entry in class_dict(cls).items():
            if type(entry) is types.MemberDescriptorType and "__slots__" in class_dict(cls):
                try:
                    fields.append((name, entry.__get__(thing)))
                except AttributeError:
                    pass
            elif name == "__dict__" and type(entry) in (types.GetSetDescriptorType, types.MemberDescriptorType):
                dictionary = entry.__get__(thing)
    if type.__dict__["__dictoffset__"].__get__(type(thing)) and not dictionary and not fields:
        dictionary = next((held for held in gc.get_referents(thing) if type(held) is dict), {})
    return fields + [(name, value) for name, value in dict.items(dictionary) if isinstance(name, str)]


def raw(thing, kind, name):
    """The text that stands for a thing which is shown as it is; None for all others."""
    if kind is bytes or kind is bytearray:
        text = repr(bytes(thing[:TEXT])) + (f"…(+{len(thing) - TEXT})" if len(thing) > TEXT else "")
        return text if kind is bytes else f"bytearray({text})"
    if kind is complex:
        return repr(thing)
    if issubclass(kind, types.FunctionType):
        return f"<function {thing.__qualname__}>"
    if issubclass(kind, types.BuiltinFunctionType):
        return f"<built-in {thing.__name__}>"
    if issubclass(kind, types.MethodType):
        return f"<method {thing.__func__.__qualname__}>"
    if issubclass(kind, (types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType)):
        return f"<{name} {thing.__qualname__}>"
    if issubclass(kind, type):
        return f"<class {class_name(thing)}>"
    if issubclass(kind, types.ModuleType):
        return f"<module {types.ModuleType.__getattribute__(thing, '__dict__').get('__name__')}>"
    return None


def plain(thing, above=(), room=None):
    """`room`: how many more items and fields the whole value may show."""
    room = room or [TOTAL]
    kind = type(thing)
    name = class_name(kind)
    if thing is None or kind is bool:
        return {"type": name, "is": thing}
    if issubclass(kind, int):
        return {"type": name, "is": int.__index__(thing)}
    if issubclass(kind, float):
        return {"type": name, "float": float.__repr__(thing)}
    if issubclass(kind, str):
        return {"type": name, "is": cut(str.__str__(thing))}
    text = raw(thing, kind, name)
    if text is not None:
        return {"type": name, "raw": text}
    if id(thing) in above:
        return {"mark": "<cycle>"}
    inner = (*above, id(thing))
    base = next((base for base in (list, tuple, dict, set, frozenset) if issubclass(kind, base)), None)
    if base:
        if len(above) >= DEPTH:
            return {"mark": "…"}
        items = list(base.items(thing)) if base is dict else list(base.__iter__(thing))
        shown = min(len(items), ITEMS, room[0])
        room[0] -= shown
        more = len(items) - shown
        if base is dict:
            items = [[plain(key, inner, room), plain(value, inner, room)] for key, value in items[:shown]]
        else:
            items = [plain(item, inner, room) for item in items[:shown]]
        if more > 0:
            items.append({"mark": f"… {more} more"})
        return {"type": name, "base": base.__name__, "items": items}
    fields = fields_of(thing)
    if not fields and type.__dict__["__dictoffset__"].__get__(kind) == -1 \
            and not any("__dict__" in class_dict(cls) for cls in class_mro(kind)):
        return {"type": name, "hidden": True}  # it has attributes, but no language to ask for them all (3.14)
    if not fields:
        return {"type": name, "raw": f"<{name}>"}
    shown = min(len(fields), ITEMS)
    if len(above) >= DEPTH or shown > room[0]:
        return {"mark": "…"}
    room[0] -= shown
    return {"type": name, "fields": [[key, plain(value, inner, room)] for key, value in fields[:ITEMS]]}


# ---- Frames ----

def qualified_name(code):
    if hasattr(code, "co_qualname"):
        return code.co_qualname
    return names_of_code.get(code, code.co_name)


def learn_names(code, prefix=""):
    """Until 3.10 a code object does not know its qualified name; those inside the given one are told theirs."""
    names_of_code[code] = prefix + code.co_name
    is_function = code.co_flags & 0x2
    inner = "" if code.co_name == "<module>" else names_of_code[code] + (".<locals>." if is_function else ".")
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            learn_names(constant, inner)


def variables(frame):
    code, found = frame.f_code, frame.f_locals
    if code.co_flags & 0x1:
        order = list(dict.fromkeys(code.co_varnames + code.co_cellvars + code.co_freevars))
        shown = [[name, plain(found[name])] for name in order if name in found]
        if sys.version_info[:2] == (3, 12):
            for name in order:  # the frame keeps this copy, and with it what the program has let go
                found.pop(name, None)
        return shown
    if type(found) is not dict:  # 3.13, within a comprehension of the module's own: its names alone
        found = {**frame.f_globals, **found}
    hidden = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type)
    return [[name, plain(value)] for name, value in list(found.items())
            if not (name.startswith("__") and name.endswith("__")) and not issubclass(type(value), hidden)]


def arguments(frame):
    code = frame.f_code
    count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 0x4) + bool(code.co_flags & 0x8)
    found = dict(variables(frame)) if code.co_flags & 0x1 else {}
    return [[name, found[name]] for name in code.co_varnames[:count] if name in found]


def enter(frame):
    state.raised = None
    state.open.append(id(frame))
    if frame.f_code.co_name == "<module>" and frame.f_code not in names_of_code:
        learn_names(frame.f_code)
    if frame.f_code.co_filename == program and frame.f_code.co_name == "<module>" and top["frame"] is None:
        top["frame"] = frame
        return
    code = frame.f_code
    put("call", qualified_name(code), code.co_filename, code.co_firstlineno, arguments(frame))


def resume(frame):
    """A generator goes on unannounced when the one it delegates to ended by what was thrown into it."""
    can_wait = frame.f_code.co_flags & (0x20 | 0x80 | 0x200)
    if can_wait and state.open[-1:] != [id(frame)]:
        enter(frame)


def step(frame, line):
    """Code that claims a line which its file does not have is not shown."""
    resume(frame)
    state.raised = None
    path = frame.f_code.co_filename
    if path not in lines_of:
        with open(path, "rb") as file:
            lines_of[path] = file.read().count(b"\n") + 1
    if line <= lines_of[path]:
        put("step", frame.f_code.co_filename, line, variables(frame))


def leave(frame, value):
    resume(frame)
    state.raised = None
    state.open.pop()
    if frame is not top["frame"]:
        if class_name(type(value)) == "async_generator_wrapped_value":
            value = gc.get_referents(value)[0]
        put("return", plain(value))


def unwind(frame, exception):
    resume(frame)
    state.open.pop()
    if frame is not top["frame"]:
        put("raised", short_name(type(exception)))
    state.raised = exception


def error(frame, exception):
    """An exception on its way out of one recorded frame into the next was told already."""
    resume(frame)
    if state.raised is not exception:
        put("error", short_name(type(exception)), message_of(exception))
    state.raised = None


def message_of(exception):
    args = BaseException.__dict__["args"].__get__(exception)
    return args[0] if len(args) == 1 and type(args[0]) is str else None


# ---- The interpreter's events ----

def recorded(code):
    return code.co_filename.startswith(folder)


def start_monitoring():
    mon, tool = sys.monitoring, 4
    mon.use_tool_id(tool, "plain")
    here = sys._getframe

    def on(event, action):
        def callback(code, *rest):
            if recorded(code):
                action(here(1), *rest)
        mon.register_callback(tool, event, callback)
        return event

    events = mon.events
    mon.set_events(
        tool,
        on(events.PY_START, lambda frame, *_: enter(frame))
        | on(events.PY_RESUME, lambda frame, *_: enter(frame))
        | on(events.PY_THROW, lambda frame, *_: enter(frame))
        | on(events.LINE, lambda frame, line: step(frame, line))
        | on(events.PY_RETURN, lambda frame, _, value: leave(frame, value))
        | on(events.PY_YIELD, lambda frame, _, value: leave(frame, value))
        | on(events.PY_UNWIND, lambda frame, _, exception: unwind(frame, exception))
        | on(events.RAISE, lambda frame, _, exception: error(frame, exception)))


def start_settrace():
    leaving = {dis.opmap.get(name) for name in ("RETURN_VALUE", "YIELD_VALUE", "YIELD_FROM", "SEND")}

    yield_from = bytes([dis.opmap["YIELD_FROM"]]) if "YIELD_FROM" in dis.opmap else None

    def trace(frame, event, arg):
        code = frame.f_code
        if event == "call":
            if not recorded(code):
                return None
            enter(frame)
        elif event == "line":
            if frame in state.exceptions:
                state.exceptions[frame] = state.exceptions[frame][0], None
            step(frame, frame.f_lineno)
        elif event == "exception":
            if not isinstance(arg[1], BaseException):
                return trace  # the interpreter's own StopIteration, which nobody made an object of
            state.exceptions[frame] = arg[1], frame.f_lasti
            error(frame, arg[1])
        elif event == "return":
            exception, lasti = state.exceptions.pop(frame, (None, None))
            # Until 3.10 a frame that waits in YIELD_FROM stands before it.
            here = frame.f_lasti
            leaves = code.co_code[here] in leaving or code.co_code[here + 2:here + 3] == yield_from
            if arg is None and exception and (lasti == here or not leaves):
                unwind(frame, exception)
            else:
                leave(frame, arg)
        return trace

    threading.settrace(trace)
    sys.settrace(trace)


def replace_output(kind):
    """Puts one in place of sys.stdout or sys.stderr that tells what is written, and looks like the old one."""
    class TextIOWrapper(io.TextIOWrapper):
        def write(self, text):
            put("write", kind, text)
            return super().write(text)

    TextIOWrapper.__qualname__ = "TextIOWrapper"
    old = getattr(sys, kind)
    new = TextIOWrapper(old.detach(), old.encoding, old.errors, line_buffering=old.line_buffering,
                        write_through=kind == "stderr")
    new.mode = "w"
    setattr(sys, kind, new)
    setattr(sys, f"__{kind}__", new)


def main():
    sys.argv[:] = sys.argv[2:]
    sys.path[0] = os.path.dirname(program)
    module = types.ModuleType("__main__")
    if sys.version_info < (3, 14):
        module.__annotations__ = {}
    module.__builtins__ = builtins
    module.__file__ = program
    module.__cached__ = None
    sys.modules["__main__"] = module
    with open(program, "rb") as file:
        code = compile(file.read(), program, "exec", dont_inherit=True)
    learn_names(code)
    replace_output("stdout")
    replace_output("stderr")
    (start_monitoring if hasattr(sys, "monitoring") else start_settrace)()
    try:
        exec(code, module.__dict__)
    except SystemExit:
        raise
    except BaseException as problem:
        problem.__traceback__ = problem.__traceback__.tb_next
        sys.excepthook(type(problem), problem, problem.__traceback__)
        sys.exit(1)


if __name__ == "__main__":
    main()
