# if, unless, case, while, until, for, ternaries, modifiers, safe navigation, flip-flop, multiple assignment, operators.
def branches(n)
  kind = if n < 0
           :negative
         elsif n.zero?
           :zero
         else
           :positive
         end
  kind = :big unless n < 100
  word = n.even? ? "even" : "odd"
  [kind, word]
end

def loops
  seen = []
  i = 0
  while i < 5
    i += 1
    next if i == 2
    break if i == 4

    seen << i
  end
  until i.zero?
    i -= 1
  end
  for a, b in [[1, 2], [3, 4]] do seen << a + b end
  1.upto(2) { |n| seen << n }
  seen << i += 1 while i < 2 rescue seen << :odd
  seen
end

def assignments
  a, b = 1, 2
  a, b = b, a
  *c, d = [1, 2, 3]
  e, (f, *g), h = 1, [2, 3, 4], 5
  i = j = []
  i << 1
  k = nil
  k ||= 5
  k &&= k + 1
  l = { m: 1 }
  l[:m] += 1
  l[:n] ||= []
  o = k&.succ
  q = nil&.succ
  [a, b, c, d, e, f, g, h, j, k, l, o, q]
end

def flip
  (1..10).select { |n| true if (n == 3)..(n == 5) }
end

def multi_line(
  first,
  second = [
    1,
    2
  ]
)
  value =
    first +
    second.sum
  value
    .to_s
    .rjust(5, "0")
end

def logic(a, b)
  both = a && b
  either = a || b
  words = (a and not b)
  puts "or" or puts "never" unless a
  [both, either, words, !a, a ^ b]
end

p branches(-1), branches(0), branches(101), assignments, flip, multi_line(1), multi_line(1, [5]), logic(true, false)
p loops
result = begin
  1 + 1
end
p result, (1 if false), [1, 2, 3][-1], "ab" "cd", [1, 2] <=> [1, 3], 5.between?(1, 9), 1 <=> "x"
puts([1, 2, 3].map do |n|
  n * 2
end)
x = 5; y = x * 2; p x + y
redo_count = 0
3.times do |n|
  redo_count += 1
  redo if redo_count == 2
end
p redo_count, __LINE__
