# Closures, nonlocal, global, cells of parameters, names that are not bound yet or no more.
count = 0
later = None


def counter(start):
    value = start

    def up(by=1):
        nonlocal value
        value += by
        return value

    def down():
        nonlocal value, start
        start -= 1
        value -= 1
        return value, start
    return up, down


def use_global():
    global count, made_here
    count += 1
    made_here = count * 2
    local = count + made_here
    return local


def make_adders():
    adders = []
    for i in range(3):
        adders.append(lambda x: x + i)
    return [add(10) for add in adders] + [add(10) for add in [lambda x, i=i: x + i for i in range(3)]]


def three_levels(a):
    b = a + 1

    def second(c):
        def third(d):
            nonlocal b
            b += d
            return a + b + c + d
        return third(c + 1)
    return second(b + 1)


def unbound(flag):
    if flag:
        maybe = 1
    try:
        return maybe
    except UnboundLocalError:
        return "unbound"


def free_unbound():
    def inner():
        return not_yet
    try:
        inner()
    except NameError as error:
        found = type(error).__name__
    not_yet = 1
    return found, inner()


def deletes():
    a = 1
    b = 2

    def reads():
        return b
    del a
    first = reads()
    del b
    try:
        reads()
    except NameError:
        second = "gone"
    return first, second


up, down = counter(5)
print(up(), up(3), down(), up())
print(use_global(), use_global(), count, made_here)
print(make_adders())
print(three_levels(1))
print(unbound(True), unbound(False))
print(free_unbound())
print(deletes())
x = "outer"


class Body:
    x = x + "!"
    y = [x for _ in range(2)]

    def read(self):
        return x, self.x


print(Body().read(), Body.y)
del x
print("x" in globals())
