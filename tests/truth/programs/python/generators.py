# Generators: for, next, send, throw, close, yield from, return values, expressions, recursion, infinite ones.


def numbers(n):
    i = 0
    while i < n:
        yield i
        i += 1
    return "done"


def echo():
    received = None
    while True:
        received = yield received
        if received == "stop":
            return received


def guarded():
    try:
        while True:
            try:
                value = yield "ready"
            except ValueError as error:
                value = str(error)
                yield "caught " + value
    finally:
        print("closed")


def delegate(n):
    result = yield from numbers(n)
    yield result
    yield from "ab"
    yield from [10, 20]


def tree(depth):
    if depth:
        yield from tree(depth - 1)
        yield depth
        yield from tree(depth - 1)


def forever(start, step=1):
    while True:
        yield start
        start += step


def bare():
    x = yield
    print("got", x)
    yield x


def never():
    return
    yield


def failing():
    yield 1
    raise KeyError("broken")


print(list(numbers(3)))
machine = echo()
next(machine)
print(machine.send("a"), machine.send("b"))
try:
    machine.send("stop")
except StopIteration as stop:
    print("value", stop.value)
careful = guarded()
print(next(careful), careful.throw(ValueError("bad")), next(careful))
careful.close()
print(list(delegate(2)))
print(list(tree(3)))
ticks = forever(5, step=2)
print([next(ticks) for _ in range(3)])
del ticks
quiet = bare()
next(quiet)
print(quiet.send(4), list(never()))
broken = failing()
try:
    for item in broken:
        print(item)
except KeyError as error:
    print("key", error)
print(next(broken, "over"))
squares = (n * n for n in range(4) if n % 2)
print(sum(squares), list(squares))
print(sum(a * b for a in range(3) for b in numbers(a)))
first, *rest = numbers(4)
print(first, rest)
