# Reads itself, writes a temporary file, struct, json and re with callbacks into the program.
import json
import re
import struct
import tempfile


class Encoder(json.JSONEncoder):
    def default(self, thing):
        if isinstance(thing, set):
            return sorted(thing)
        return super().default(thing)


def hook(pairs):
    return dict(pairs)


def lines(path):
    with open(path, encoding="utf-8") as file:
        return sum(1 for line in file if line.startswith("def "))


def replace(match):
    word = match.group(0)
    return word[::-1]


print(lines(__file__))
text = json.dumps({"a": {3, 1}, "b": [1.5, None]}, cls=Encoder)
print(json.loads(text, object_pairs_hook=hook))
try:
    json.dumps(object(), cls=Encoder)
except TypeError as error:
    print("json", type(error).__name__)
try:
    json.loads("{bad")
except ValueError as error:
    print(type(error).__name__)
print(re.sub(r"\w{3,}", replace, "abc de fgh"))
packed = struct.pack("<iH", -5, 7)
print(struct.unpack("<iH", packed))
with tempfile.TemporaryFile("w+") as file:
    size = file.write("content")
    file.seek(0)
    again = file.read()
print(size, again)
