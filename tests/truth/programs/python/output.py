# Every way to print.
import logging
import sys


def prints():
    print()
    print("a", "b", sep="-", end="|")
    print(1, None, [2], sep="\n")
    print("to stderr", file=sys.stderr)
    print("flushed", flush=True)
    print("αβγ 😀")


def writes():
    n = sys.stdout.write("written\n")
    sys.stdout.writelines(["one\n", "two\n"])
    sys.stderr.write("error text\n")
    return n


def logs():
    logging.basicConfig(format="%(levelname)s %(message)s", stream=sys.stderr, level=logging.INFO)
    logging.info("logged %d", 5)


def replaced():
    class Upper:
        def write(self, text):
            return sys.__stdout__.write(text.upper())

        def flush(self):
            sys.__stdout__.flush()
    sys.stdout = Upper()
    print("shouted")
    sys.stdout = sys.__stdout__


def both():
    print(value()) ; print("same line")


def value():
    print("inside")
    return "outside"


prints()
print(writes())
logs()
replaced()
both()
print(sys.stdout.isatty(), sys.stdout.encoding is not None)
