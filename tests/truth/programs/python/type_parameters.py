# needs 3.12
# Type parameters, type aliases, nested f-strings.
type Numbers = list[int]


def first[T](items: list[T]) -> T:
    return items[0]


class Stack[T]:
    def __init__(self) -> None:
        self.items: list[T] = []

    def push(self, item: T) -> None:
        self.items.append(item)


stack = Stack[int]()
stack.push(first([4, 5]))
words = ["a", "b"]
print(stack.items, f"{f"{"-".join(words)}"}!", Numbers.__name__)
