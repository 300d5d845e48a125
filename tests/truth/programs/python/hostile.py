# Objects whose own methods raise, print, loop or lie. Looking at them must run none of it.
calls = []


class Explosive:
    def __init__(self):
        self.fuse = 1

    def __repr__(self):
        calls.append("repr")
        raise RuntimeError("repr")

    __str__ = __repr__

    def __eq__(self, other):
        calls.append("eq")
        raise RuntimeError("eq")

    def __hash__(self):
        calls.append("hash")
        return 1

    def __bool__(self):
        calls.append("bool")
        raise RuntimeError("bool")

    def __len__(self):
        calls.append("len")
        raise RuntimeError("len")

    def __iter__(self):
        calls.append("iter")
        raise RuntimeError("iter")

    def __index__(self):
        calls.append("index")
        return 3

    __int__ = __float__ = __index__


class Secretive:
    def __getattribute__(self, name):
        print("asked for", name)
        raise AttributeError(name)


class Liar:
    @property
    def __class__(self):
        calls.append("class")
        return int

    @property
    def __dict__(self):
        calls.append("dict")
        raise RuntimeError("dict")


class LoudMeta(type):
    def __repr__(cls):
        calls.append("meta repr")
        return "loud"

    def __getattribute__(cls, name):
        if name == "__name__":
            calls.append("meta name")
        return super().__getattribute__(name)

    def __instancecheck__(cls, instance):
        calls.append("instancecheck")
        return True

    def __subclasscheck__(cls, other):
        calls.append("subclasscheck")
        return True


class Loud(metaclass=LoudMeta):
    value = 1


class Endless:
    def __getattr__(self, name):
        calls.append(name)
        return Endless()


def hold(thing):
    kept = [thing, {"thing": thing}]
    return len(kept)


def make_all():
    explosive = Explosive()
    secretive = Secretive()
    liar = Liar()
    loud = Loud()
    endless = Endless()
    total = hold(explosive) + hold(secretive) + hold(liar) + hold(loud) + hold(endless)
    return total


print(make_all())
print(calls)
