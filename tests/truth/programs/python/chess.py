# A longer run: N queens by backtracking, and words counted.


class Board:
    def __init__(self, size):
        self.size = size
        self.queens = []

    def safe(self, column):
        row = len(self.queens)
        return all(column != other and abs(column - other) != row - index
                   for index, other in enumerate(self.queens))

    def solutions(self):
        if len(self.queens) == self.size:
            yield tuple(self.queens)
            return
        for column in range(self.size):
            if self.safe(column):
                self.queens.append(column)
                yield from self.solutions()
                self.queens.pop()


def count_words(text):
    counts = {}
    for word in text.split():
        word = word.strip(".,").lower()
        counts[word] = counts.get(word, 0) + 1
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def sieve(limit):
    prime = [True] * limit
    for n in range(2, limit):
        if prime[n]:
            for multiple in range(n * n, limit, n):
                prime[multiple] = False
    return [n for n in range(2, limit) if prime[n]]


print(list(Board(4).solutions()), sum(1 for _ in Board(5).solutions()))
print(count_words("The cat and the dog. And the end, the END.")[:3])
print(sieve(50))
