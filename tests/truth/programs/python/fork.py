# A child by fork: it must not disturb the parent's trace.
import os
import sys


def child_work(n):
    return n * 2


def parent_work(n):
    return n + 1


sys.stdout.flush()
if os.fork() == 0:
    result = child_work(4)
    os._exit(result)
status = os.wait()[1]
print(parent_work(1), os.WEXITSTATUS(status) if hasattr(os, "WEXITSTATUS") else status)
