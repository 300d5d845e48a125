# Ends with sys.exit(3), within calls and a try.
import sys


def leave(code):
    try:
        sys.exit(code)
    finally:
        print("leaving")


leave(3)
