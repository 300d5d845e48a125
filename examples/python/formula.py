"""Small formulas, as in discount rules: numbers, names, + - * /, comparisons, `and`, parentheses."""

import operator
import re

TOKEN = re.compile(r"\s*(\d+|[a-z]+|[-+*/()<>])")
LEVELS = [
    {"and": lambda left, right: left and right},
    {"<": operator.lt, ">": operator.gt},
    {"+": operator.add, "-": operator.sub},
    {"*": operator.mul, "/": operator.floordiv},
]


class FormulaError(Exception):
    pass


class Number:
    def __init__(self, text):
        self.number = int(text)

    def value(self, facts):
        return self.number


class Name:
    def __init__(self, name):
        self.name = name

    def value(self, facts):
        try:
            return facts[self.name]
        except KeyError:
            raise FormulaError(f"nothing is called {self.name}") from None


class Operation:
    def __init__(self, left, sign, right, function):
        self.left, self.sign, self.right = left, sign, right
        self.function = function

    def value(self, facts):
        left = self.left.value(facts)
        right = self.right.value(facts)
        try:
            return self.function(left, right)
        except ZeroDivisionError as error:
            raise FormulaError(f"{left} {self.sign} {right}") from error


def tokens(text):
    """The parts of a formula, then None for its end."""
    place = 0
    while place < len(text.rstrip()):
        found = TOKEN.match(text, place)
        if not found:
            raise FormulaError(f"cannot read {text[place:].strip()!r}")
        yield found.group(1)
        place = found.end()
    yield None


class Parser:
    def __init__(self, text):
        self.tokens = tokens(text)
        self.token = next(self.tokens)

    def take(self):
        token, self.token = self.token, next(self.tokens, None)
        return token

    def level(self, number=0):
        """A formula whose operations are of this level or bind more tightly."""
        if number == len(LEVELS):
            return self.operand()
        left = self.level(number + 1)
        while self.token in LEVELS[number]:
            sign = self.take()
            left = Operation(left, sign, self.level(number + 1), LEVELS[number][sign])
        return left

    def operand(self):
        token = self.take()
        if token is None:
            raise FormulaError("it ends too early")
        if token.isdigit():
            return Number(token)
        if token.isalpha():
            return Name(token)
        if token != "(":
            raise FormulaError(f"{token!r} is out of place")
        inner = self.level()
        if self.take() != ")":
            raise FormulaError("a parenthesis is not closed")
        return inner


def parse(text):
    parser = Parser(text)
    formula = parser.level()
    if parser.token is not None:
        raise FormulaError(f"{parser.token!r} is out of place")
    return formula
