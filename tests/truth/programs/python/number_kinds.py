# Numbers: big, negative, floats at their edges, complex, Decimal, Fraction, bool as int, subclasses.
from decimal import Decimal
from fractions import Fraction


class Meters(int):
    pass


class Ratio(float):
    def __repr__(self):
        return "Ratio!"


def integers():
    small = 2 ** 31
    edge = 2 ** 63 - 1
    over = 2 ** 63
    low = -(2 ** 63)
    under = low - 1
    big = 3 ** 200
    negative = -big
    return small, edge, over, low, under, big, negative


def floats():
    tenth = 0.1
    tiny = 5e-324
    huge = 1.7976931348623157e308
    infinite = huge * 10
    minus = -infinite
    nothing = infinite - infinite
    zero = -0.0
    whole = 1e22
    return [tenth, tiny, huge, infinite, minus, str(nothing), zero, whole]


def others():
    z = 1 + 2j
    flag = True
    both = flag + 1
    price = Decimal("1.10")
    half = Fraction(1, 2)
    length = Meters(5)
    ratio = Ratio(0.5)
    return z * z, both, price + price, half * 3, length + 1, ratio


print(integers())
print(floats())
print(others())
