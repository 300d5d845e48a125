# Classes: attributes, inheritance, super, properties, operators, slots, static and class methods.


class Shape:
    count = 0

    def __init__(self, name, *, scale=1):
        self.name = name
        self._scale = scale
        type(self).count += 1
        Shape.last = name

    @property
    def scale(self):
        return self._scale

    @scale.setter
    def scale(self, value):
        if value <= 0:
            raise ValueError("scale must be positive")
        self._scale = value

    @scale.deleter
    def scale(self):
        self._scale = 1

    def area(self):
        raise NotImplementedError

    def __repr__(self):
        return f"{type(self).__name__}({self.name!r})"


class Square(Shape):
    def __init__(self, side, **kwargs):
        super().__init__("square", **kwargs)
        self.side = side

    def area(self):
        return (self.side * self.scale) ** 2


class Named:
    def describe(self):
        return "named " + self.name


class Cube(Square, Named):
    def area(self):
        return super().area() * 6

    def describe(self):
        return super().describe() + " cube"


class Vector:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)

    def __mul__(self, factor):
        return Vector(self.x * factor, self.y * factor)

    __rmul__ = __mul__

    def __iadd__(self, other):
        self.x += other.x
        self.y += other.y
        return self

    def __neg__(self):
        return Vector(-self.x, -self.y)

    def __eq__(self, other):
        return (self.x, self.y) == (other.x, other.y)

    def __hash__(self):
        return hash((self.x, self.y))

    def __lt__(self, other):
        return self.x < other.x

    def __bool__(self):
        return bool(self.x or self.y)

    def __len__(self):
        return 2

    def __getitem__(self, index):
        return (self.x, self.y)[index]

    def __contains__(self, value):
        return value in (self.x, self.y)

    def __call__(self, function):
        return Vector(function(self.x), function(self.y))

    def __iter__(self):
        yield self.x
        yield self.y


square = Square(3, scale=2)
print(square.area(), square, Square.count, Shape.count)
square.scale = 5
print(square.scale, square.area())
try:
    square.scale = -1
except ValueError as error:
    print(error)
del square.scale
cube = Cube(2)
print(square.scale, cube.area(), cube.describe(), [c.__name__ for c in Cube.__mro__])
try:
    Shape("abstract").area()
except NotImplementedError:
    print("abstract")
v = Vector(1, 2)
w = v + 2 * v
w += Vector(1, 1)
print(list(w), -w == Vector(-4, -7), bool(Vector(0, 0)), len(w), w[0], 7 in w, list(w(str)), v < w)
print(len({v, Vector(1, 2), w}))
v.x = "changed"
try:
    v.z = 1
except AttributeError:
    print("no z")
