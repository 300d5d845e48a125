# Dataclasses, enums, named tuples, types.SimpleNamespace.
import enum
import types
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass
class Point:
    x: int
    y: int = 0
    tags: list = field(default_factory=list)

    def __post_init__(self):
        self.sum = self.x + self.y

    def moved(self, dx):
        return Point(self.x + dx, self.y, [*self.tags, "moved"])


@dataclass(frozen=True, order=True)
class Version:
    major: int
    minor: int = 0


class Color(enum.Enum):
    RED = 1
    GREEN = "g"

    def nice(self):
        return self.name.title()


class Access(enum.Flag):
    READ = enum.auto()
    WRITE = enum.auto()


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 5


Pair = namedtuple("Pair", "left right")


class Row(NamedTuple):
    key: str
    value: int = 0

    def text(self):
        return f"{self.key}={self.value}"


def total(row, *pairs):
    result = row.value
    for left, right in pairs:
        result += left * right
    return result


point = Point(1, 2)
other = point.moved(5)
print(point, other, point == Point(1, 2))
version = Version(1)
try:
    version.major = 2
except AttributeError as error:
    print(type(error).__name__)
print(max(Version(1, 5), Version(1, 4)))
color = Color.RED
print(color.nice(), Color("g"), Color["RED"] is color)
access = Access.READ | Access.WRITE
print(Access.READ in access, Level.HIGH > Level.LOW, Level.HIGH + 1)
pair = Pair(1, right=2)
print(pair, pair._replace(left=9), total(Row("k", 3), pair, Pair(2, 2)), Row("z").text())
space = types.SimpleNamespace(a=1, b=[2])
space.c = point
counter = Counter("abracadabra")
groups = defaultdict(list)
for letter, number in counter.items():
    groups[number].append(letter)
queue = deque([1, 2, 3], maxlen=2)
queue.append(4)
ordered = OrderedDict(b=1, a=2)
ordered.move_to_end("b")
print(space, counter.most_common(2), dict(groups), queue, list(ordered))
