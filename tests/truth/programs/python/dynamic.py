# exec, eval, compile, getattr, type(), globals() and locals().
import sys

source = """
def made(a):
    b = a * 2
    return b
result = made(4)
"""
names = {}
exec(source, names)
print(names["result"], names["made"](5))


def calls_eval(x):
    y = eval("x + 1", {}, {"x": x})
    z = eval("[n * x for n in range(3)]", {"x": x})
    return y, z


def late(a):
    exec("hidden = a + 1")
    snapshot = sorted(locals())
    return snapshot


print(calls_eval(3))
print([name for name in late(1) if name in ("a", "hidden")])
globals()["sneaked"] = [1]
print(sneaked)  # noqa: F821
code = compile("x = 1\ny = x + 1\n" + "\n" * 500 + "z = y\n", __file__, "exec")
space = {}
exec(code, space)
print(space["z"])
odd = compile("a = 5\nb = a", "<made up>", "exec")
exec(odd, space)
print(space["b"], getattr(sys, "maxsize") > 0)
setattr(sys.modules[__name__], "by_name", 7)
print(by_name)  # noqa: F821
Made = type("Made", (), {"double": lambda self: self.n * 2, "n": 4})
print(Made().double())
