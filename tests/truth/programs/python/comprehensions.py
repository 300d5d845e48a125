# Comprehensions of all kinds, nested, with conditions, over several lines, lambdas within.


def squares(n):
    result = [i * i for i in range(n)]
    return result


def nested(rows):
    flat = [
        cell
        for row in rows
        if row
        for cell in row
        if cell != 2
    ]
    turned = [[row[i] for row in rows if len(row) > i] for i in range(2)]
    return flat, turned


def others(words):
    lengths = {word: len(word) for word in words}
    letters = {letter for word in words for letter in word}
    total = sum(len(word) for word in words)
    return lengths, sorted(letters), total


def closures():
    offset = 10
    functions = [lambda x: x + n + offset for n in range(3)]
    return [function(1) for function in functions]


def shadow(x):
    inner = [x for x in range(3)]
    return x, inner


print(squares(4))
print(nested([[1, 2], [], [3, 4]]))
print(others(["ab", "b"]))
print(closures())
print(shadow("mine"))
table = {row: {column: row * column for column in range(2)} for row in range(2)}
print(table)
both = [(a, b) for a in "xy" for b in range(2)]
print(both)
key = sorted(["ccc", "a", "bb"], key=lambda word: -len(word))
print(key, list(map(lambda a, b: a + b, [1, 2], [3, 4])), list(filter(None, [0, 1, "", "x"])))
try:
    [1 // n for n in (1, 0)]
except ZeroDivisionError:
    print("zero")
