# Exceptions: raised here, below and in C, caught, raised again, chained, in finally, with else, own classes.


class Problem(Exception):
    def __init__(self, code, message="no message"):
        super().__init__(message)
        self.code = code


class Silent(Problem):
    def __str__(self):
        print("__str__ runs")
        return "silent"


def deep(n):
    if n == 0:
        raise Problem(7, "deep down")
    return deep(n - 1)


def order(fails):
    steps = []
    try:
        steps.append("try")
        if fails:
            int("x")
    except (ValueError, TypeError) as error:
        steps.append(type(error).__name__)
    else:
        steps.append("else")
    finally:
        steps.append("finally")
    return steps


def again():
    try:
        {}["missing"]
    except KeyError:
        raise


def chained():
    try:
        [][3]
    except IndexError as error:
        raise Problem(1, "chained") from error


def hidden():
    try:
        1 / 0
    except ZeroDivisionError:
        raise Problem(2) from None


def finally_wins():
    try:
        raise ValueError("lost")
    finally:
        return "won"


def finally_passes():
    try:
        return "first"
    finally:
        print("cleaning")


def loop():
    seen = []
    for i in range(4):
        try:
            if i == 1:
                continue
            if i == 3:
                break
            seen.append(i)
        finally:
            seen.append(-i)
    return seen


def nested():
    try:
        try:
            raise KeyError("inner")
        except ValueError:
            return "wrong"
        finally:
            note = "passed"
    except KeyError as error:
        return note, error.args


def checked(x):
    assert x > 0, f"not positive: {x}"
    return x


def local_class():
    class Inner(Exception):
        pass
    raise Inner("local")


try:
    local_class()
except Exception as inner:
    print(type(inner).__qualname__)
try:
    deep(3)
except Problem as problem:
    print(problem.code, problem)
print(order(True), order(False))
for function in (again, chained, hidden):
    try:
        function()
    except (KeyError, Problem) as error:
        print(type(error).__name__, type(error.__cause__).__name__, error.__suppress_context__)
print(finally_wins(), finally_passes(), loop(), nested())
try:
    checked(-1)
except AssertionError as error:
    print(error)
try:
    raise Silent(3)
except Silent as silent:
    caught = silent
print(caught.code)
try:
    raise SystemExit(3)
except BaseException as base:
    print(type(base).__name__)
try:
    None.nothing
except AttributeError:
    print("attribute")
