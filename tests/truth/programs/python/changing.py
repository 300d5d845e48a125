# Variables that change in ways that look like not changing, and come and go in any order.


def kinds():
    value = 1
    value = 1.0
    value = True
    value = 0
    value = 0.0
    value = -0.0
    value = False
    value = None
    value = float("nan")
    value = -float("nan")
    value = 10**18
    value = 10**18 + 1
    value = 10**19
    value = 10**19 + 1
    value = -(2**63)
    value = "a"
    value = b"a"
    value = ["a"]
    value[0] = "b"
    value = ("b",)
    return value


def texts(parts):
    text = ""
    for part in parts:
        text += part
        same = text
    text = text[:5] + "…"
    text = "".join(["y"] * 100)
    text = "".join(["z"] * 100)
    return same


def order(flag):
    if flag:
        later = 1
    first = 2
    if not flag:
        later = 3
    del first
    again = later
    first = 4
    del later, again
    later = first
    for name in "ab":
        try:
            raise ValueError(name)
        except ValueError as error:
            inside = error
        else:
            never = 1
    del inside
    never = None
    return name


def nested(n, seen):
    mine = n
    if n:
        seen.append(n)
        result = nested(n - 1, seen)
        mine += result
    seen.append(-n)
    return mine


def closed(n):
    count = 0

    def add(step):
        nonlocal count
        count += step
        if count > 3:
            del step
        return count

    for step in range(n):
        add(step)
        n = n + 0
    del n
    return count


def waits(n):
    held = [n]
    while n:
        got = yield held
        held.append(got)
        n -= 1
    del held
    yield n


kinds()
texts(["one", "two" * 20, ""])
order(True)
order(False)
nested(3, [])
closed(4)
waiting = waits(2)
for item in waiting:
    kept = item

one = 1
two = [1]
two.append(one)
del one
three = one = "again"
closed = 5
del two, three


def two():
    return 2


two = two()
globals()["made" + str(two)] = [two]
name = "temporary"
globals()[name] = 0.5
globals()[name] = 1.5
del globals()[name]
del kept
squares = [number * number for number in range(3)]
number = "mine"
squares = [number + two for number in squares]


class Body:
    field = 1
    other = [field]
    other.append(2)
    field = "text"
    del other
    made = [each for each in "xy"]
    other = field


for _ in range(2):
    class Again:
        turn = _
