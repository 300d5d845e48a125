# Ends by an exception that nobody catches.


def inner(items):
    return items[5]


def outer(n):
    local = [n]
    return inner(local)


print("start")
outer(2)
