# The interpreter's own limit on recursion, met and survived.
# no truth: a recorder written in Python eats of the stack itself
import sys


def endless(n):
    return endless(n + 1)


def caught():
    try:
        endless(0)
    except RecursionError as error:
        return str(error)[:30]


print(caught())
sys.setrecursionlimit(150)
print(caught())
