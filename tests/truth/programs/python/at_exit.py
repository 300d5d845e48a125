# Code that runs when the program has ended.
import atexit


def farewell(name, *, mark="."):
    text = "bye " + name + mark
    print(text)
    return text


@atexit.register
def first_registered():
    for i in range(2):
        print("last", i)


atexit.register(farewell, "Ada", mark="!")
atexit.register(farewell, "Bob")
print("main ends")
