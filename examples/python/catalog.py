"""The articles of the shop, in groups within groups."""


class UnknownArticle(LookupError):
    def __init__(self, name, known):
        super().__init__(f"no article {name}")
        self.known = known


class Entry:
    """What a group may hold."""

    def __init__(self, name):
        self.name = name

    def rows(self, depth=0):
        yield depth, self.name


class Article(Entry):
    def __init__(self, name, price):
        super().__init__(name)
        self.price = price

    def rows(self, depth=0):
        yield depth, f"{self.name} {self.price / 100:.2f}"


class Group(Entry):
    def __init__(self, name):
        super().__init__(name)
        self.entries = {}

    def group(self, name):
        """The group of that name below this one, which is made if need be."""
        return self.entries.setdefault(name, Group(name))

    def rows(self, depth=0):
        yield from super().rows(depth)
        for name in sorted(self.entries):
            yield from self.entries[name].rows(depth + 1)

    def find(self, name):
        """Looks for an article here and in all groups below."""
        for entry in self.entries.values():
            if isinstance(entry, Group):
                found = entry.find(name)
                if found is not None:
                    return found
            elif entry.name == name:
                return entry
        return None


class Catalog:
    def __init__(self):
        self.root = Group("all")
        self.cache = {}

    @classmethod
    def read(cls, lines):
        """From lines such as `food/fruit apple 45`."""
        catalog = cls()
        for line in lines:
            place, name, price = line.split()
            group = catalog.root
            for part in place.split("/"):
                group = group.group(part)
            group.entries[name] = Article(name, int(price))
        return catalog

    def find(self, name):
        try:
            return self.cache[name]
        except KeyError:
            article = self.root.find(name)
        if article is None:
            raise UnknownArticle(name, sorted(self.cache))
        self.cache[name] = article
        return article

    def tree(self):
        return "\n".join("  " * depth + text for depth, text in self.root.rows())
