# Every kind of parameter and of argument.
def plain(a, b)
  a - b
end

def defaults(a, b = a + 1, c = [b])
  [a, b, c]
end

def middle(a, b = 2, *rest, c, d)
  { a: a, b: b, rest: rest, c: c, d: d }
end

def keywords(a:, b: 2, **more)
  [a, b, more]
end

def everything(a, (b, *c), d = 4, *e, f, g:, h: g * 2, **i, &j)
  result = [a, b, c, d, e, f, g, h, i]
  result << j.call(a) if j
  result
end

def anonymous(*, **, &)
  inner_block(&)
end

def inner_block
  block_given? ? yield : :none
end

def forwards(...)
  everything(...)
end

def no_keywords(a, **nil)
  a
end

def last_hash(options = {})
  options[:x]
end

def endless(n) = n * 2

def rebinds(a, b)
  a, b = b, a
  a += 1
  a
end

p plain(5, 3)
p defaults(1), defaults(1, 5), defaults(1, 2, 3)
p middle(1, 2, 3), middle(1, 2, 3, 4), middle(1, 2, 3, 4, 5, 6)
p keywords(a: 1), keywords(b: 3, a: 2, "c": 4)
p everything(1, [2, 3, 4], 5, g: 6)
p everything(1, [2], 3, 4, 5, g: 6, h: 7, z: 8) { |x| x + 100 }
p anonymous(1, 2, x: 3) { "given" }, anonymous
p forwards(1, [2, 3], 9, g: 1) { |x| x }
p no_keywords(1), last_hash(x: 1), last_hash, endless(4), rebinds(1, 2)
list = [3, 4]
options = { g: 1, k: 2 }
p everything(1, [2], *list, **options)
p [1, 2].sum(&:succ), %w[a b].each_with_index.map { |word, index| word * index }
begin
  plain(1)
rescue ArgumentError => e
  puts e.message
end
begin
  keywords(1)
rescue ArgumentError => e
  puts e.message
end
