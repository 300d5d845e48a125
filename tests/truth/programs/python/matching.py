# needs 3.10
# The match statement.
from dataclasses import dataclass


@dataclass
class Point:
    x: int
    y: int


def kind(thing):
    match thing:
        case 0 | 1:
            return "bit"
        case int(n) if n < 0:
            return f"negative {n}"
        case int() | float():
            return "number"
        case "":
            return "empty"
        case str() as text:
            return f"text {text}"
        case []:
            return "nothing"
        case [one]:
            return f"one {one}"
        case [first, *rest, last]:
            return f"{first} … {last}, {len(rest)} between"
        case {"kind": "circle", "r": r, **others}:
            return f"circle {r} {sorted(others)}"
        case {}:
            return "mapping"
        case Point(x=0, y=0):
            return "origin"
        case Point(x, y):
            return f"point {x} {y}"
        case None:
            return "none"
        case _:
            return "other"


for thing in (0, -3, 7, 2.5, "", "abc", [], [5], [1, 2, 3, 4], {"kind": "circle", "r": 2, "z": 1}, {"a": 1},
              Point(0, 0), Point(1, 2), None, {1, 2}):
    print(kind(thing))
command = "go north fast".split()
match command:
    case ["go", ("north" | "south") as way, *rest]:
        print(way, rest)
