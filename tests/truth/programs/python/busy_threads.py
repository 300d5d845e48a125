# Several threads that run at the same time. Nothing that they see changes by another one.
import queue
import threading


def step(i):
    return i % 3


def count(ready, gate, n, answers):
    ready.release()
    gate.acquire()
    seen = 0
    for i in range(n):
        seen += step(i)
    answers.put(seen)


def closed():
    lock = threading.Lock()
    lock.acquire()
    return lock


def start(answers):
    ready, gate = closed(), closed()
    threading.Thread(target=count, args=(ready, gate, 200, answers)).start()
    ready.acquire()
    return gate


def run(names):
    answers = queue.SimpleQueue()
    gates = [start(answers) for name in names]
    for gate in gates:
        gate.release()
    return [answers.get() for name in names]


print(run("xyz"))
