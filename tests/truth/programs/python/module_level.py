# Everything at the level of the module: loops, branches, try, with, comprehension, star import, conditional functions.
from math import *  # noqa: F403

total = 0
for i in range(3):
    total += i
    if total > 2:
        label = "big"
    elif total:
        label = "some"
    else:
        label = "none"
else:
    label += "!"
try:
    total // 0
except ZeroDivisionError as problem:
    kind = type(problem).__name__
finally:
    done = True
while total:
    total -= 1
with open(__file__) as source:
    first = source.readline()
source.close()
del source
if done:
    def chosen(a):
        return a + 1
else:
    def chosen(a):
        return a - 1
doubled = [
    n * 2
    for n in range(3)
]
pairs = {k: v for k, v in zip("ab", doubled)}
_private = 1
__hidden = 2
__dunder__ = 3
nothing = None
print(chosen(1), doubled, pairs, kind, label, floor(2.5), _private + __hidden)  # noqa: F405
