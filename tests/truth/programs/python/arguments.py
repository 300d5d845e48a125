# Every kind of parameter and of argument.


def plain(a, b):
    return a - b


def defaults(a, b=2, c="three"):
    return [a, b, c]


def only_positional(a, b, /, c, d=4):
    return a, b, c, d


def only_keyword(*, a, b=2):
    return {"a": a, "b": b}


def star(*args):
    return len(args)


def keywords(**names):
    return sorted(names)


def everything(a, b=2, /, c=3, *rest, d, e=5, **more):
    total = a + b + c + d + e
    return total, rest, more


def mutable_default(item, bucket=[]):
    bucket.append(item)
    return bucket


def annotated(a: int, b: "str" = "x", *c: float, **d: list) -> bool:
    a += 1
    return bool(a)


def rebinds(a, b):
    a, b = b, a
    del a
    return b


print(plain(5, 3), plain(b=1, a=2))
print(defaults(1), defaults(1, c=3), defaults(1, 2, 3))
print(only_positional(1, 2, 3), only_positional(1, 2, c=5, d=6))
print(only_keyword(a=1), only_keyword(b=3, a=2))
print(star(), star(1), star(*[1, 2], 3, *(4,)))
print(keywords(), keywords(x=1, **{"y": 2}))
print(everything(1, d=4), everything(1, 2, 3, 4, 5, d=6, e=7, f=8, **{"g h": 9}))
mutable_default(1)
print(mutable_default(2), mutable_default(3, []))
print(annotated(1), annotated(-1, "y", 0.5, z=[1]))
print(rebinds(1, 2))
print((lambda x, *y, z=1: (x, y, z))(1, 2, z=3))
try:
    plain(1)
except TypeError as error:
    print(type(error).__name__)
try:
    only_positional(a=1, b=2, c=3)
except TypeError as error:
    message = str(error)
print(len(message) > 10)
