# Coroutines driven by hand: send, throw, close, a coroutine that is never awaited.
import types


@types.coroutine
def pause(value):
    answer = yield value
    return answer


async def talk(a, b=2):
    first = await pause(a)
    try:
        second = await pause(b)
    except ValueError as error:
        second = str(error)
    return first, second


async def outer():
    return await talk("x")


coroutine = talk(1)
print(coroutine.send(None), coroutine.send("one"))
try:
    coroutine.throw(ValueError("thrown"))
except StopIteration as stop:
    print(stop.value)
nested = outer()
print(nested.send(None))
print(nested.send("answer"))
nested.close()
unused = talk(3)
unused.close()
print("end")
