# Blocks, procs, lambdas: yield, call, break, next, redo, return from inside, closures, numbered parameters, arity.
def twice
  yield 1
  yield 2, 3
end

def values
  result = yield
  other = yield(*[4, 5])
  [result, other]
end

def find_first(items)
  items.each { |item| return item if item > 2 }
  nil
end

def make_counter(start)
  count = start
  up = -> { count += 1 }
  down = proc { |by = 1| count -= by }
  [up, down, -> { count }]
end

def proc_returns
  inner = proc { return :from_proc }
  inner.call
  :never
end

def lambda_returns
  inner = lambda { return :from_lambda }
  inner.call
  :after
end

def redo_once
  tries = 0
  [1].each do |n|
    tries += 1
    redo if tries < 3
    tries += n * 10
  end
  tries
end

def capture(&block)
  block
end

def shadow(x)
  [1, 2].each { |n; x| x = n }
  x
end

def nested
  [1, 2].flat_map do |a|
    [3, 4].map do |b|
      a * b
    end
  end
end

twice { |a, b| p [a, b] }
p values { |a, b = 9| [a, b] }
p find_first([1, 2, 3, 4]), find_first([])
up, down, read = make_counter(5)
up.call
up.()
down[3]
p read.call
p proc_returns, lambda_returns, redo_once, shadow(:kept), nested
p [1, 2, 3, 4].each { |n| break n * 10 if n == 3 }
p (1..5).map { |n| next 0 if n.even?; n }
p [3, 1, 2].sort_by { -_1 }, [[1, 2], [3, 4]].map { _1 + _2 }
block = capture { |a, (b, c), *d, e: 1| [a, b, c, d, e] }
p block.call(1, [2, 3], 4, e: 5), block.arity, block.lambda?
double = ->(n) { n * 2 }
add = proc { |a, b| (a || 0) + (b || 0) }
p (double >> double).call(3), (double << ->(n) { n + 1 }).call(3), add.call(1), add.call(1, 2, 3)
p add.curry[1][2], double === 4, [1, 2].each_slice(1).to_a, :upcase.to_proc.call("x")
def yielder = yield(*[1, [2, 3]])
yielder { |a, (b, c)| p a + b + c }
x = 10
change = -> { x += 1 }
3.times { change.call }
p x
p [1, 2, 3].inject { |sum, n| sum + n }, [[1, [2, 3]]].each { |a, (b, c)| p [a, b, c] }
i = 0
loop do
  i += 1
  next if i == 1
  break if i > 3
end
p i
