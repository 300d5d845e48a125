"""Programs that would notice, or break, a recorder that runs their code or keeps their objects."""

OBJECTS = """\
import sys

class Never:
    def __init__(self):
        object.__setattr__(self, "held", 1)
    def _no(self, *args, **named):
        print("RUN", sys._getframe().f_lineno)
        raise SystemExit(99)
    __getattribute__ = __getattr__ = __setattr__ = __repr__ = __str__ = __eq__ = __hash__ = __len__ = __iter__ = _no
    __contains__ = __bool__ = __int__ = __float__ = __index__ = __bytes__ = __format__ = __dir__ = __call__ = _no
    __sizeof__ = __reduce__ = __get__ = __next__ = __lt__ = __class_getitem__ = __instancecheck__ = _no

class Meta(type):
    def _no(cls, *args):
        print("RUN meta")
        raise SystemExit(98)
    __getattribute__ = __repr__ = __eq__ = __hash__ = __instancecheck__ = __subclasscheck__ = __len__ = _no

class List(list):
    __iter__ = __len__ = __getitem__ = __repr__ = Never._no
class Dict(dict):
    __iter__ = __len__ = __getitem__ = __repr__ = items = keys = values = __missing__ = Never._no
class Text(str):
    __len__ = __str__ = __repr__ = __iter__ = encode = Never._no
class Number(int):
    __int__ = __index__ = __repr__ = __str__ = to_bytes = bit_length = Never._no
class Error(Exception):
    __str__ = __repr__ = Never._no
    args = property(Never._no)

Made = Meta("Made", (), {"field": property(Never._no)})

def look(never, made, kind, listed, table, text, number, *rest, **named):
    local = [never, {"k": never}, (made, text)]
    try:
        raise Error(never, text)
    except Error as error:
        held = error
    yield held
    return local

for thing in look(Never(), Made(), Made, List([Never()]), Dict(a=Never()), Text("t"), Number(5), Never(), n=Never()):
    pass
print("fine")
"""


def test_no_code_of_the_program_runs(recorder):
    recorder.write(OBJECTS)
    assert recorder.both("prog.py").out == b"fine\n"
    assert recorder.calls().count("look") == 2


def test_names_that_are_no_identifiers(recorder):
    recorder.write("globals()['a b\\n'] = 1\nglobals()[5] = 2\nglobals()['\\ud800'] = 3\nprint(len(globals()) > 5)\n"
                   "def f(**named):\n    return named\nf(**{'x y': 1, '': 2})\n")
    recorder.both("prog.py")


def test_a_namespace_that_is_no_dictionary(recorder):
    recorder.write("""\
class Space(dict):
    def __getitem__(self, name):
        print("get", name)
        return dict.__getitem__(self, name)
    def items(self):
        raise SystemExit(9)
class Meta(type):
    def __prepare__(name, bases):
        return Space()
class Made(metaclass=Meta):
    x = 1
    y = x
print(Made.y)
""")
    recorder.both("prog.py")


def test_containers_that_change_while_they_are_used(recorder):
    recorder.write("""\
table = {n: [n] for n in range(50)}
def shrink():
    for key in list(table):
        del table[key]
    table.update(a=1)
cycle = {}
cycle["self"] = cycle
nest = []
for n in range(2000):
    nest = [nest]
shrink()
print(table)
while nest:
    nest = nest[0]
""")
    recorder.both("prog.py")


def test_big_values_stay_small(recorder):
    recorder.write("big = list(range(100000))\ntext = 'x' * 1000000\nnumber = 1 << 100000\ndata = bytes(100000)\n"
                   "for i in range(20):\n    pass\n")
    recorder.both("prog.py")
    assert (recorder.trace / "trace.json").stat().st_size < 2_000_000
    assert recorder.locals_of("number")[0].r == "<int of 100001 bits>"


def test_replaced_outputs(recorder):
    recorder.write("""\
import contextlib, io, sys
with contextlib.redirect_stdout(io.StringIO()) as held:
    print("held")
print(held.getvalue(), end="")
kept = sys.stdout
sys.stdout = None
print("nowhere")
sys.stdout = open(1, "w", closefd=False)
print("again", flush=True)
sys.stdout = kept
sys.stdout.buffer.write(b"bytes\\n")
sys.stdout.reconfigure(encoding="utf-16")
del kept
try:
    print(b"x".decode, file=3)
except AttributeError as error:
    print(error)
""")
    recorder.both("prog.py")


def test_output_that_cannot_be_encoded(recorder):
    recorder.write("try:\n    print('\\ud800')\nexcept UnicodeEncodeError as error:\n    print(error.reason)\n")
    recorder.both("prog.py")


def test_a_deleted_source(recorder):
    recorder.write("import os\nos.remove(__file__)\ndef f():\n    return 1\nprint(f())\n")
    plain = recorder.plain("prog.py")
    recorder.write("import os\nos.remove(__file__)\ndef f():\n    return 1\nprint(f())\n")
    assert recorder.record("prog.py") == plain


def test_generators_that_are_never_finished(recorder):
    recorder.write("""\
def numbers():
    try:
        yield 1
        yield 2
    finally:
        print("closed")
g = numbers()
next(g)
del g
h = numbers()
next(h)
try:
    h.throw(ValueError("into"))
except ValueError as error:
    print(error)
i = numbers()
try:
    i.throw(KeyError)
except KeyError:
    print("before it began")
def endless():
    while True:
        try:
            yield
        except GeneratorExit:
            return
j = endless()
next(j)
j.close()
k = numbers()
next(k)
""")
    recorder.both("prog.py")


def test_exceptions_at_the_same_place_are_told_apart(recorder):
    recorder.write("""\
def fail(n):
    raise ValueError(n)
for n in range(5):
    try:
        fail(n)
    except ValueError:
        pass
for n in range(3):
    try:
        int("x")
    except ValueError:
        pass
""")
    recorder.both("prog.py")
    errors = [event.content for event in recorder.events() if event.kind == "Event" and event.log_kind == "Error"]
    assert errors == [f"ValueError: {n}" for n in range(5)] + [
        "ValueError: invalid literal for int() with base 10: 'x'"] * 3
