# Recursion: deep, mutual, with a cache, towers of Hanoi, permutations, the interpreter's limit.
import sys


def depth(n):
    return 0 if n == 0 else 1 + depth(n - 1)


def even(n):
    return True if n == 0 else odd(n - 1)


def odd(n):
    return False if n == 0 else even(n - 1)


def hanoi(n, source, target, spare, moves):
    if n:
        hanoi(n - 1, source, spare, target, moves)
        moves.append((source, target))
        hanoi(n - 1, spare, target, source, moves)
    return len(moves)


def permutations(items):
    if len(items) <= 1:
        return [items]
    result = []
    for index, item in enumerate(items):
        for rest in permutations(items[:index] + items[index + 1:]):
            result.append([item] + rest)
    return result


def ackermann(m, n):
    if m == 0:
        return n + 1
    if n == 0:
        return ackermann(m - 1, 1)
    return ackermann(m - 1, ackermann(m, n - 1))


print(depth(150), even(7), hanoi(3, "a", "b", "c", []), permutations([1, 2, 3]), ackermann(2, 2))
