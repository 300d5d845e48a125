# Small syntax: walrus, f-strings, unpacking, chained comparison, ternary, loops with else, del, slices, aug-assign.


def read(chunks):
    total = []
    while (chunk := chunks.pop() if chunks else None) is not None:
        total.append(chunk)
    else:
        total.append("end")
    return total


def find(items, wanted):
    for index, item in enumerate(items):
        if item == wanted:
            break
    else:
        index = -1
    return index


def unpack(data):
    a, (b, *c), d = data
    [e, f] = c
    *g, h = [e, f, a]
    return a, b, c, d, e, f, g, h


def augmented():
    x = 5
    x += 1; x *= 2; x -= 3
    x //= 2
    x **= 2
    x %= 7
    x |= 8
    x ^= 3
    x <<= 2
    x >>= 1
    y = z = [1, 2, 3, 4]
    y += [5]
    y[1:3] = ["a"]
    del y[0], z[-1]
    return x, y, z


def formats(name, value):
    width = 8
    return [f"{name!r:>{width}}", f"{value:.2f}", f"{value=}", "%s-%d" % (name, value), "{0}{k}".format(1, k=2)]


def conditions(a, b, c):
    middle = b if a < b < c else None
    flags = [a and b, a or b, not a, a is b, a in (b, c)]
    return middle, flags


def multi_line(
    first,
    second=(
        1 +
        2
    ),
):
    value = (
        first
        + second
    )
    text = """three
    lines
    here"""
    if (
        value > 3
        and text
    ):
        pass
    return dict(
        value=value,
        text=len(text),
    )


print(read([3, 2, 1]))
print(find("abc", "b"), find("abc", "z"))
print(unpack((1, [2, 3, 4], 5)))
print(augmented())
print(formats("n", 3.14159))
print(conditions(1, 2, 3), conditions(0, 0, 0))
print(multi_line(1), multi_line(2, second=5))
first, *middle, last = range(5)
matrix = [[1, 2], [3, 4]]
(matrix[0][1], matrix[1][0]) = matrix[1][0], matrix[0][1]
print(first, middle, last, matrix, [*middle, *"xy"], {**{"a": 1}, "b": 2}, 0x1F, 0b11, 1_000, 2j * 2j)
i = 0
while True:
    i += 1
    if i % 2: continue
    if i > 6: break
print(i); print(...); pass
if i == 1:
    pass
elif i == 8:
    print("eight")
else:
    pass
for i in range(2): print(i)
assert i == 1
