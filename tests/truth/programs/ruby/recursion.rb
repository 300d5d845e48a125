# Recursion: deep, mutual, memoised, towers of Hanoi, permutations, a recursive lambda.
def depth(n)
  n.zero? ? 0 : 1 + depth(n - 1)
end

def even(n)
  n.zero? ? true : odd(n - 1)
end

def odd(n) = n.zero? ? false : even(n - 1)

def hanoi(n, from, to, via, moves)
  return moves if n.zero?

  hanoi(n - 1, from, via, to, moves)
  moves << [from, to]
  hanoi(n - 1, via, to, from, moves)
end

def permutations(items)
  return [items] if items.size <= 1

  items.flat_map { |item| permutations(items - [item]).map { |rest| [item, *rest] } }
end

fib = Hash.new { |memo, n| memo[n] = n < 2 ? n : memo[n - 1] + memo[n - 2] }
factorial = ->(n) { n < 2 ? 1 : n * factorial.(n - 1) }
p depth(120), even(7), hanoi(3, :a, :b, :c, []).size, permutations([1, 2, 3]), fib[15], factorial.call(25)
