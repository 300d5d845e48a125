# Descriptors, cached properties, partials, singledispatch, methods as values, operator functions.
import functools
import operator


class Positive:
    def __set_name__(self, owner, name):
        self.slot = "_" + name

    def __get__(self, instance, owner=None):
        return self if instance is None else getattr(instance, self.slot, 0)

    def __set__(self, instance, value):
        if value < 0:
            raise ValueError(self.slot)
        setattr(instance, self.slot, value)

    def __delete__(self, instance):
        delattr(instance, self.slot)


class Account:
    balance = Positive()
    limit = Positive()

    def __init__(self, balance):
        self.balance = balance

    @functools.cached_property
    def expensive(self):
        return sum(range(self.balance))

    @functools.singledispatchmethod
    def take(self, what):
        return "unknown"

    @take.register
    def _(self, what: int):
        self.balance -= what
        return self.balance

    @take.register
    def _(self, what: str):
        return self.take(int(what))


@functools.singledispatch
def show(thing):
    return "thing"


@show.register(list)
def show_list(thing):
    return [show(item) for item in thing]


@functools.total_ordering
class Grade:
    def __init__(self, n):
        self.n = n

    def __eq__(self, other):
        return self.n == other.n

    def __lt__(self, other):
        return self.n < other.n


account = Account(5)
print(account.balance, account.expensive, account.expensive, account.take(2), account.take("1"), account.take(None))
try:
    account.balance = -1
except ValueError as error:
    print(error)
del account.balance
print(account.balance, show([1, [2]]), Grade(1) >= Grade(1), max([Grade(1), Grade(3)]).n)
add_one = functools.partial(operator.add, 1)
method = account.take
print(add_one(2), method(-4), functools.reduce(lambda a, b: a * b, [1, 2, 3, 4]))
items = sorted([{"n": 2}, {"n": 1}], key=operator.itemgetter("n"))
print(items)
