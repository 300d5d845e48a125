from .inner.leaf import leaf


def tool(n):
    return leaf() * n
