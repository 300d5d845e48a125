# Text and bytes: Unicode, surrogates, NULs, long ones, subclasses, bytearray, memoryview.


class Name(str):
    def __str__(self):
        print("Name.__str__")
        return "hidden"


def texts():
    empty = ""
    greek = "αβγ"
    emoji = "a😀b"
    control = "tab\tnull\0 bell\a quote\" back\\ line\u2028"
    lone = "\ud800 half"
    combined = "e\u0301"
    long = "x" * 2500
    wide = "é" * 1200
    exact = "y" * 1000
    name = Name("Ada")
    return len(empty + greek + emoji + control + lone + combined + long + wide + exact), name.upper()


def raw():
    data = bytes(range(256))
    some = b"abc\x00\xff"
    array = bytearray(b"xyz")
    view = memoryview(array)
    view[0] = 65
    view.release()
    return len(data), some, array


def build():
    text = ""
    for letter in "abc":
        text += letter
        text = text.upper()
    return text.encode(), text[::-1], "-".join(text), text.split("B")


print(texts())
print(raw())
print(build())
