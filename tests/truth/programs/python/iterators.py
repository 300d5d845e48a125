# Iterators by class, by __getitem__, iter with a sentinel, zip, itertools, reversed, sorting with own comparison.
import functools
import itertools


class Countdown:
    def __init__(self, start):
        self.n = start

    def __iter__(self):
        return self

    def __next__(self):
        if self.n <= 0:
            raise StopIteration
        self.n -= 1
        return self.n


class Old:
    def __getitem__(self, index):
        if index > 2:
            raise IndexError
        return index * 10

    def __len__(self):
        return 3


class Back:
    def __reversed__(self):
        yield from (3, 2, 1)


def compare(a, b):
    return (a > b) - (a < b)


def chunks(items, size):
    iterator = iter(items)
    while chunk := list(itertools.islice(iterator, size)):
        yield chunk


print(list(Countdown(3)), sum(Countdown(4)), 2 in Countdown(5))
for a, b in zip(Countdown(3), Old()):
    print(a, b)
print(list(reversed(Old())), list(reversed(Back())))
values = iter([1, 2, 0, 3])
print(list(iter(lambda: next(values), 0)))
print(sorted([3, 1, 2], key=functools.cmp_to_key(compare)), max("bca", key=ord))
print(list(chunks("abcde", 2)))
print(list(itertools.takewhile(lambda n: n < 3, itertools.count())), [*itertools.chain([1], (2,))])
print(any(n > 1 for n in Countdown(3)), dict(zip("ab", Countdown(2))), list(enumerate("xy", start=1)))
a, b, c = Old()
print(a, b, c)
