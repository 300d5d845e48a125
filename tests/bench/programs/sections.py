"""sections.py SECTION N: runs one section N times and prints the nanoseconds of processor time that its thread took, and
the whole process."""

import sys
import time


def lines(n, total, text):
    while n:
        total += n & 7
        n -= 1


def ten_locals(n, total, text):
    some, half, word, nothing, yes, number, other = 1, 2.5, "abc", None, True, 12, "defg"
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


section = {"lines": lines, "ten_locals": ten_locals, "calls": calls, "no_calls": no_calls}[sys.argv[1]]
count = int(sys.argv[2])
thread, process = time.thread_time_ns(), time.process_time_ns()
section(count, 0, "a text")
print(time.thread_time_ns() - thread, time.process_time_ns() - process)
