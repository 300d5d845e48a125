# Decorators: of functions, of methods, with arguments, stacked, as classes, of classes.
import functools

registry = {}


def plain(function):
    def wrapper(*args, **kwargs):
        result = function(*args, **kwargs)
        return result, "plain"
    return wrapper


def tagged(tag, *, times=1):
    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args):
            return [tag] * times + [function(*args)]
        return wrapper
    return decorate


class Memo:
    def __init__(self, function):
        self.function = function
        self.seen = {}
        functools.update_wrapper(self, function)

    def __call__(self, n):
        if n not in self.seen:
            self.seen[n] = self.function(n)
        return self.seen[n]


def register(cls):
    registry[cls.__name__] = cls
    cls.tag = "registered"
    return cls


@plain
def add(a, b):
    return a + b


@tagged("x", times=2)
@tagged("y")
def stacked(a):
    return a * 2


@Memo
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


@register
class Thing:
    @staticmethod
    def static(a):
        return a

    @classmethod
    def make(cls, *args):
        return cls(), args

    @plain
    def method(self, a):
        return a


@functools.lru_cache(maxsize=None)
def cached(n):
    return n * n


print(add(1, b=2))
print(stacked(4), stacked.__name__)
print(fib(6), sorted(fib.seen))
print(Thing.static(1), type(Thing.make(1, 2)[0]).__name__, Thing().method(3), Thing.tag)
print(cached(3), cached(3), cached.cache_info().hits)
print(sorted(registry))
