"""Prices the orders of a small shop: reads the catalog and the orders, applies the discount rules, prints a report."""

import os
import sys

from catalog import Catalog, UnknownArticle
from formula import FormulaError, parse
from report import Report, line_width

HERE = os.path.dirname(os.path.abspath(__file__))


class Order:
    """What one customer wants: a list of (article, quantity)."""

    def __init__(self, number, customer, *lines, note=""):
        self.number = number
        self.customer = customer
        self.lines = list(lines)
        self.note = note

    def quantity(self):
        return sum(quantity for _, quantity in self.lines)


class Discount:
    """A rule such as `big: quantity * 2 when quantity > 10`, in percent."""

    def __init__(self, name, amount, condition):
        self.name = name
        self.amount = parse(amount)
        self.condition = parse(condition)

    def percent(self, **facts):
        if not self.condition.value(facts):
            return 0
        return min(self.amount.value(facts), 50)


def read_lines(name):
    """The lines of a file beside this program, without comments and empty ones."""
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        for line in file:
            line = line.split("#")[0].strip()
            if line:
                yield line


def read_orders(name):
    """One Order for each line `number customer article*quantity …`."""
    for text in read_lines(name):
        number, customer, *wanted = text.split()
        lines = []
        for part in wanted:
            article, _, quantity = part.partition("*")
            lines.append((article, int(quantity or 1)))
        yield Order(int(number), customer, *lines)


def read_discounts(name):
    discounts = []
    for text in read_lines(name):
        title, rule = text.split(":")
        amount, condition = rule.split(" when ")
        try:
            discounts.append(Discount(title, amount, condition))
        except FormulaError as error:
            print(f"rule {title!r} is left out: {error}", file=sys.stderr)
    return discounts


def price(order, catalog, discounts):
    """The order's total in cents and the discounts that it got."""
    total = sum(catalog.find(article).price * quantity for article, quantity in order.lines)
    got = {}
    for discount in discounts:
        try:
            percent = discount.percent(total=total, quantity=order.quantity(), kinds=len(order.lines))
        except FormulaError:
            percent = 0
        if percent:
            got[discount.name] = percent
    best = max(got.values(), default=0)
    return total - total * best // 100, got


def main(width=line_width()):
    catalog = Catalog.read(read_lines("catalog.txt"))
    discounts = read_discounts("discounts.txt")
    report = Report("Orders", width=width)
    for order in read_orders("orders.txt"):
        try:
            total, got = price(order, catalog, discounts)
        except UnknownArticle as error:
            report.refuse(order.number, order.customer, reason=str(error))
        else:
            report.add(order.number, order.customer, total, *got)
    report.show(sys.stdout)
    print("\nArticles:")
    print(catalog.tree())
    print(f"\n{len(report.rows)} orders, {report.refused} refused")


if __name__ == "__main__":
    main()
