# with: own managers, several at once, that swallow, contextlib, nested.
import contextlib
import io


class Manager:
    def __init__(self, name, swallow=False):
        self.name = name
        self.swallow = swallow
        self.log = []

    def __enter__(self):
        self.log.append("enter")
        return self

    def __exit__(self, kind, error, traceback):
        self.log.append(kind.__name__ if kind else None)
        return self.swallow


@contextlib.contextmanager
def section(title):
    print("begin", title)
    try:
        yield title.upper()
    except LookupError as error:
        print("section caught", type(error).__name__)
    finally:
        print("end", title)


def normal():
    with Manager("a") as a, Manager("b") as b:
        both = a.name + b.name
    return both, a.log, b.log


def swallowing():
    with Manager("s", swallow=True) as manager:
        raise RuntimeError("swallowed")
    return manager.log


def passing():
    manager = Manager("p")
    try:
        with manager:
            raise RuntimeError("passes")
    except RuntimeError:
        return manager.log


def early():
    for i in range(3):
        with Manager(i) as manager:
            if i == 1:
                return manager.name


print(normal())
print(swallowing())
print(passing())
print(early())
with section("one") as title:
    print(title)
with section("two"):
    [][0]
with contextlib.suppress(KeyError):
    {}["x"]
buffer = io.StringIO()
with contextlib.redirect_stdout(buffer):
    print("hidden")
print(buffer.getvalue().strip())
with contextlib.ExitStack() as stack:
    managers = [stack.enter_context(Manager(n)) for n in range(2)]
    stack.callback(print, "called back")
print([manager.log for manager in managers])
