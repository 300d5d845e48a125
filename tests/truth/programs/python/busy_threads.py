# Several threads that run at the same time.
import threading


def step(i):
    return i % 3


def count(ready, gate, n, answer):
    ready.set()
    gate.wait()
    seen = 0
    for i in range(n):
        seen += step(i)
    answer(seen)


def start(gate, answer):
    ready = threading.Event()
    threading.Thread(target=count, args=(ready, gate, 200, answer)).start()
    ready.wait()


def run(names):
    gate = threading.Event()
    done = threading.Semaphore(0)
    for name in names:
        start(gate, lambda seen: done.release())
    gate.set()
    for name in names:
        done.acquire()
    return len(names)


print(run("xyz"))
