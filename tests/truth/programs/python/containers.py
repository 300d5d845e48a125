# Containers: nested, long, deep, cyclic, shared, with keys of all kinds, changed in place.


def nested():
    data = {"list": [1, [2, [3]]], "tuple": (1, (2,)), ("a", 1): {"deep": {"deeper": None}}, 3.5: True, None: [], b"k": 1}
    data["list"][1].append("new")
    data[True] = {1: {2}}
    return data


def long():
    many = list(range(150))
    exact = list(range(100))
    table = {i: str(i) for i in range(120)}
    pairs = tuple((i, -i) for i in range(101))
    return len(many) + len(table) + len(exact) + len(pairs)


def deep():
    chain = []
    for i in range(10):
        chain = [chain, i]
    boxes = {}
    for i in range(9):
        boxes = {"in": boxes}
    return len(chain), len(boxes)


def cyclic():
    loop = [1]
    loop.append(loop)
    ring = {"name": "ring"}
    ring["self"] = ring
    a, b = [], []
    a.append(b)
    b.append((a, a))
    return len(loop), len(ring), len(a)


def shared():
    one = [1]
    three = [one, one, one]
    one.append(2)
    return three


def sets():
    numbers = {3, 1, 2}
    frozen = frozenset([1])
    numbers |= {7}
    numbers.discard(3)
    empty = set()
    return sorted(numbers), frozen, empty


def changes():
    items = [3, 1, 2]
    items.sort()
    items.insert(0, 9)
    items.pop()
    items.reverse()
    mapping = {}
    mapping["b"] = 1
    mapping["a"] = 2
    mapping["b"] += 5
    mapping.update(c=3)
    del mapping["a"]
    view = mapping.keys()
    mapping.setdefault("d", []).append(1)
    return items, mapping, len(view)


def objects():
    class Node:
        def __init__(self, value, next=None):
            self.value = value
            self.next = next
    last = Node(3)
    first = Node(1, Node(2, last))
    last.next = first
    return first.next.next.next is first


print(nested())
print(long())
print(deep())
print(cyclic())
print(shared())
print(sets())
print(changes())
print(objects())
