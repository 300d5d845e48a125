# Tracebacks as text, frames looked at, tracing functions of the program's own.
import inspect
import sys
import traceback


def fails(a):
    b = a + 1
    raise ValueError(b)


def text():
    try:
        fails(1)
    except ValueError:
        return traceback.format_exc().replace(__file__, "here")


def who():
    frame = inspect.currentframe()
    caller = frame.f_back.f_code.co_name
    del frame
    return caller


def arguments(a, *b, **c):
    return inspect.getargvalues(inspect.currentframe()).args, inspect.signature(arguments).parameters["b"].kind.name


print(text())
print(who(), arguments(1, 2, x=3))
try:
    fails(2)
except ValueError as error:
    steps = [(entry.name, entry.lineno) for entry in traceback.extract_tb(error.__traceback__)]
    print(steps, sys.exc_info()[0].__name__)
    del error
