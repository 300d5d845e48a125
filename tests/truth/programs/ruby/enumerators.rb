# Enumerators, external iteration, lazy ones, Fiber, generators without end.
def numbers(n)
  return enum_for(:numbers, n) unless block_given?

  n.times { |i| yield i * i }
  :done
end

fib = Enumerator.new do |out|
  a, b = 0, 1
  loop do
    out << a
    a, b = b, a + b
  end
end

p numbers(3).to_a, numbers(3) { |n| n }, fib.take(8), fib.lazy.select(&:even?).first(3)
external = numbers(2)
p external.next, external.peek, external.next
begin
  external.next
rescue StopIteration => e
  p e.result
end
external.rewind
p external.next

fiber = Fiber.new do |first|
  second = Fiber.yield(first + 1)
  third = Fiber.yield(second * 2)
  "end #{third}"
end
p fiber.resume(1), fiber.resume(10), fiber.resume(:x), fiber.alive?

failing = Fiber.new do
  begin
    Fiber.yield 1
  ensure
    puts "fiber ensure"
  end
  raise "in fiber"
end
failing.resume
begin
  failing.resume
rescue RuntimeError => e
  p e.message
end

words = %w[a b c].each_with_index
loop do
  word, index = words.next
  p [word, index]
end
chained = %w[x y].each.with_index(1).map { |letter, index| letter * index }
p chained, (1..Float::INFINITY).lazy.map { |n| n * 2 }.first(2)
pipeline = (1..3).each_entry.with_object([]).each { |n, list| list << n }
p pipeline
p [4, 5].each_with_index.to_a, "abc".each_char.with_index.map { |c, i| c * i }, 3.downto(1).to_a, 1.step(7, 3).to_a
product = Enumerator.produce(1) { |n| n * 2 }
p product.take(4), ([1, 2].each + [3]).to_a
