"""sections.py SECTION N: runs one section N times and prints the nanoseconds of processor time that it took."""

import sys
import time


def lines(n, total, text):
    while n:
        total += n & 7
        n -= 1


def add(a, b):
    return a + b


def calls(n, total, text):
    while n:
        total = add(n, 3)
        n -= 1


def no_calls(n, total, text):
    while n:
        total = n + 3
        n -= 1


section = {"lines": lines, "calls": calls, "no_calls": no_calls}[sys.argv[1]]
count = int(sys.argv[2])
before = time.process_time_ns()
section(count, 0, "a text")
after = time.process_time_ns()
print(after - before)
