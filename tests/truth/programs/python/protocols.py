# Copying, pickling, formatting, ordering, context of warnings, __missing__, reflected operators, slots in a hierarchy.
import copy
import pickle
import warnings


class Base:
    __slots__ = ("a",)

    def __init__(self, a):
        self.a = a


class Mixed(Base):
    def __init__(self, a, b):
        super().__init__(a)
        self.b = b

    def __getstate__(self):
        return {"a": self.a, "b": self.b}

    def __setstate__(self, state):
        self.a = state["a"]
        self.b = state["b"]

    def __copy__(self):
        return Mixed(self.a, "copied")

    def __deepcopy__(self, memo):
        return Mixed(copy.deepcopy(self.a, memo), "deep")


class Money:
    def __init__(self, cents):
        self.cents = cents

    def __format__(self, spec):
        return f"{self.cents / 100:{spec or '.2f'}}"

    def __radd__(self, other):
        return Money(self.cents + other)

    def __matmul__(self, other):
        return self.cents @ other if False else (self.cents, other)

    def __round__(self, digits=None):
        return round(self.cents, -2)

    def __divmod__(self, other):
        return divmod(self.cents, other)

    def __complex__(self):
        return complex(self.cents)

    def __reduce__(self):
        return Money, (self.cents,)

    def __sizeof__(self):
        return 1

    def __dir__(self):
        return ["cents", "zzz"]


class Table(dict):
    def __missing__(self, key):
        self[key] = value = len(self)
        return value


mixed = Mixed([1], 2)
again = pickle.loads(pickle.dumps(mixed))
print(again.a, again.b, copy.copy(mixed).b, copy.deepcopy(mixed).a)
money = sum([Money(5)], 120)
print(f"{money} {money:.1f}", money.cents, money @ "x", round(money), divmod(money, 7), complex(money), dir(money))
print(pickle.loads(pickle.dumps(money)).cents)
table = Table()
print(table["x"], table["y"], table["x"], table)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    warnings.warn("careful")
print(len(caught), caught[0].message)
