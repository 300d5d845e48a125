# Several threads that run at the same time.
import threading

start = threading.Barrier(3)
counts = {}


def count(name, n):
    start.wait()
    seen = 0
    for i in range(n):
        seen += step(i)
    counts[name] = seen


def step(i):
    return i % 3


threads = []
for name in "xyz":
    thread = threading.Thread(target=count, args=(name, 200))
    threads.append(thread)
    thread.start()
for thread in threads:
    thread.join()
print(sorted(counts.items()))
