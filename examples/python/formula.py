"""Small formulas, as in discount rules: numbers, names, + - * /, comparisons, `and`, parentheses."""

import operator
import re

SYMBOL = re.compile(r"\s*(\d+|[a-z]+|[-+*/()<>])")
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


def symbols(text):
    """The parts of a formula, then None for its end."""
    place = 0
    while place < len(text.rstrip()):
        found = SYMBOL.match(text, place)
        if not found:
            raise FormulaError(f"cannot read {text[place:].strip()!r}")
        yield found.group(1)
        place = found.end()
    yield None


class Parser:
    def __init__(self, text):
        self.symbols = symbols(text)
        self.symbol = next(self.symbols)

    def take(self):
        symbol, self.symbol = self.symbol, next(self.symbols, None)
        return symbol

    def level(self, number=0):
        """A formula whose operations are of this level or bind more tightly."""
        if number == len(LEVELS):
            return self.operand()
        left = self.level(number + 1)
        while self.symbol in LEVELS[number]:
            sign = self.take()
            left = Operation(left, sign, self.level(number + 1), LEVELS[number][sign])
        return left

    def operand(self):
        symbol = self.take()
        if symbol is None:
            raise FormulaError("it ends too early")
        if symbol.isdigit():
            return Number(symbol)
        if symbol.isalpha():
            return Name(symbol)
        if symbol != "(":
            raise FormulaError(f"{symbol!r} is out of place")
        inner = self.level()
        if self.take() != ")":
            raise FormulaError("a parenthesis is not closed")
        return inner


def parse(text):
    parser = Parser(text)
    formula = parser.level()
    if parser.symbol is not None:
        raise FormulaError(f"{parser.symbol!r} is out of place")
    return formula
