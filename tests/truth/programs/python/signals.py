# A signal handler that runs between two lines, and one that raises.
import os
import signal

seen = []


def handler(number, frame):
    seen.append(number == signal.SIGUSR1)


def raising(number, frame):
    raise TimeoutError("signal")


signal.signal(signal.SIGUSR1, handler)
os.kill(os.getpid(), signal.SIGUSR1)
print(seen)
signal.signal(signal.SIGUSR1, raising)
try:
    os.kill(os.getpid(), signal.SIGUSR1)
    print("never")
except TimeoutError as error:
    print(error)
