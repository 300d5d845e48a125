from .. import inner


def leaf():
    return [inner.WHERE, __name__]
