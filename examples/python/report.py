"""The printed report."""

from functools import wraps


def counted(method):
    """Counts the calls of a method in the attribute `calls` of its object."""
    @wraps(method)
    def wrapper(self, *args, **keywords):
        self.calls[method.__name__] = self.calls.get(method.__name__, 0) + 1
        return method(self, *args, **keywords)
    return wrapper


def line_width(*, narrow=False):
    return 40 if narrow else 56


class Report:
    def __init__(self, title, *, width):
        self.title = title
        self.width = width
        self.rows = []
        self.calls = {}
        self.sum = 0

    @property
    def refused(self):
        return self.calls.get("refuse", 0)

    @counted
    def add(self, number, customer, total, *discounts):
        self.sum += total
        self.rows.append((number, customer, f"{total / 100:.2f}", ", ".join(discounts)))

    @counted
    def refuse(self, number, customer, *, reason="no reason"):
        self.rows.append((number, customer, "refused", reason))

    def show(self, out):
        print(self.title.center(self.width, "-"), file=out)
        for number, customer, total, remark in sorted(self.rows):
            out.write(f"{number:>4}  {customer:<10}{total:>10}  {remark}\n")
        print("-" * self.width, file=out)
        print(f"{'sum':>4}  {'':<10}{self.sum / 100:>10.2f}", file=out)
