"""Imported by imports.py; as a program it does little."""
shared = ["from", "helper"]


def double(n):
    return n * 2


class Helper:
    def __init__(self, value):
        self.value = value


if __name__ == "__main__":
    print(double(21))
