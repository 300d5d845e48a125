# async: await, async for, async with, async generators, gather, tasks, cancellation, context variables.
import asyncio
import contextvars

request = contextvars.ContextVar("request", default="none")


class Steps:
    def __init__(self, n):
        self.n = n

    def __aiter__(self):
        return self

    async def __anext__(self):
        if not self.n:
            raise StopAsyncIteration
        self.n -= 1
        await asyncio.sleep(0)
        return self.n


class Connection:
    async def __aenter__(self):
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, kind, error, traceback):
        self.closed = True
        return kind is ValueError


class Later:
    def __await__(self):
        value = yield from asyncio.sleep(0, "slept").__await__()
        return value * 2


async def double(n):
    await asyncio.sleep(0)
    return n * 2


async def produce(n):
    for i in range(n):
        received = yield i
        if received:
            yield received
    await asyncio.sleep(0)


async def fails():
    await asyncio.sleep(0)
    raise KeyError("async")


async def waits():
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        print("cancelled")
        raise


async def task(name):
    token = request.set(name)
    await asyncio.sleep(0)
    seen = request.get()
    request.reset(token)
    return seen


async def main(*args):
    print(await double(4), args)
    print([n async for n in Steps(3)])
    async for value in produce(2):
        print("value", value)
    source = produce(1)
    print(await source.asend(None), await source.asend("sent"))
    await source.aclose()
    async with Connection() as connection:
        raise ValueError("kept in")
    print(connection.closed, await Later())
    print(await asyncio.gather(double(1), double(2), task("a"), task("b")))
    try:
        await fails()
    except KeyError as error:
        print("caught", error)
    waiting = asyncio.ensure_future(waits())
    await asyncio.sleep(0)
    waiting.cancel()
    try:
        await waiting
    except asyncio.CancelledError:
        print("over", waiting.cancelled())
    return request.get()


print(asyncio.run(main("x", 1)))
