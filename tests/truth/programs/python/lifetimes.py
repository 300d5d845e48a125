# needs 3.12: a plain settrace recorder keeps locals alive longer, so only sys.monitoring can tell the truth here
# Objects end when the last reference goes: __del__, weak references, with, del, rebinding.
import weakref


class Watched:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        print("end of", self.name)


def local():
    thing = Watched("local")
    print("in local")
    return len(thing.name)


def deleted():
    thing = Watched("deleted")
    del thing
    print("after del")


def rebound():
    thing = Watched("first")
    thing = Watched("second")
    print("rebound")
    return None


def weak():
    thing = Watched("weak")
    reference = weakref.ref(thing)
    alive = reference() is not None
    thing = None
    return alive, reference()


def caught():
    try:
        thing = Watched("in try")
        raise KeyError(thing.name)
    except KeyError:
        pass
    print("caught")


print(local())
deleted()
rebound()
print(weak())
caught()
listed = [Watched("a"), Watched("b")]
listed.pop()
print("popped")
listed.clear()
print("cleared")
