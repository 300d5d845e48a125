# Exceptions thrown through generators that delegate; the inner one catches and ends, or goes on.


def inner():
    try:
        yield 1
    except ValueError:
        pass
    except KeyError:
        yield "went on"
    return "inner ended"


def outer(name):
    result = yield from inner()
    yield name, result


def outermost():
    yield from outer("middle")
    return 3


def throw(error):
    generator = outermost()
    next(generator)
    values = [generator.throw(error)]
    values.extend(generator)
    return values


print(throw(ValueError("x")))
print(throw(KeyError("y")))
try:
    throw(IndexError("z"))
except IndexError as error:
    print(error)
closed = outermost()
next(closed)
closed.close()
print("closed")
