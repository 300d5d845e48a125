# Ends with sys.exit(text): the text goes to stderr, the status is 1.
import sys


def main():
    print("before")
    sys.exit("that went wrong")


if __name__ == "__main__":
    main()
