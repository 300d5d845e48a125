# Threads one after another and at once; each has its own calls.
import queue
import threading

results = queue.SimpleQueue()
local = threading.local()
lock = threading.Lock()
total = 0


def work(name, n):
    global total
    local.name = name
    for i in range(n):
        with lock:
            total += i
    return finish(name)


def finish(name):
    results.put((name, local.name == name))


class Worker(threading.Thread):
    def __init__(self, inbox, outbox):
        super().__init__()
        self.inbox = inbox
        self.outbox = outbox

    def run(self):
        while True:
            item = self.inbox.get()
            if item is None:
                break
            self.outbox.put(item * 2)


def failing():
    raise ValueError("in a thread")


def quiet(args):
    print("hook", args.exc_type.__name__)


def run(target, *args):
    thread = threading.Thread(target=target, args=args)
    thread.start()
    thread.join()


for name in ("a", "b"):
    run(work, name, 3)
print(sorted(results.get() for _ in range(2)), total)
inbox, outbox = queue.SimpleQueue(), queue.SimpleQueue()
worker = Worker(inbox, outbox)
worker.start()
answers = []
for n in range(3):
    inbox.put(n)
    answers.append(outbox.get())
inbox.put(None)
worker.join()
print(answers)
threading.excepthook = quiet
run(failing)
