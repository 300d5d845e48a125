# argv, __main__, __file__, sys.path[0], stdin: what a program may see of how it was started.
import os
import sys


def main(argv):
    print(argv[1:], os.path.basename(argv[0]))
    print(__name__, __doc__, os.path.basename(__file__))
    print(os.path.basename(sys.path[0]), sys.modules["__main__"].main is main)
    print(sys.stdin.read() == "", len(sys.argv))
    print(sorted(name for name in globals() if not name.startswith("__")))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv))
