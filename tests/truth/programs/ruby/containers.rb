# Arrays and hashes: nested, long, deep, cyclic, shared, defaults, keys of all kinds, changed in place.
def nested
  data = { list: [1, [2, [3]]], "text" => { deep: { deeper: nil } }, [1, 2] => :pair, 3.5 => true, nil => [] }
  data[:list][1] << "new"
  data[:set] = { a: 1 }.to_a
  data
end

def long
  many = (0...150).to_a
  exact = (0...100).to_a
  table = (0...120).to_h { |i| [i, i.to_s] }
  many.size + exact.size + table.size
end

def deep
  chain = []
  10.times { |i| chain = [chain, i] }
  boxes = {}
  9.times { boxes = { in: boxes } }
  chain.size + boxes.size
end

def cyclic
  loop_list = [1]
  loop_list << loop_list
  ring = { name: "ring" }
  ring[:self] = ring
  a = []
  b = [a, a]
  a << b
  [loop_list.size, ring.size, a.size]
end

def defaults
  counts = Hash.new(0)
  "abracadabra".each_char { |c| counts[c] += 1 }
  lists = Hash.new { |hash, key| hash[key] = [key] }
  lists[:a] << 1
  missing = counts["zzz"]
  [counts, lists, missing]
end

def changes
  items = [3, 1, 2]
  items.sort!
  items.unshift(9)
  items.pop
  items.map!.with_index { |n, i| n * i }
  items.concat([5, 6]).delete_if(&:zero?)
  items[5] = :far
  first, (second, *third), *rest = [1, [2, 3, 4], 5, 6]
  table = { b: 1 }
  table[:a] = 2
  table.delete(:b)
  table.merge!(c: 3) { |_key, old, new| old + new }
  table.transform_values! { |n| n * 10 }
  table.compare_by_identity
  [items, first, second, third, rest, table]
end

def shared
  one = [1]
  three = [one, one, one]
  one << 2
  three
end

class Node
  attr_accessor :value, :next_node

  def initialize(value, next_node = nil)
    @value = value
    @next_node = next_node
  end
end

def objects
  last = Node.new(3)
  first = Node.new(1, Node.new(2, last))
  last.next_node = first
  first.next_node.next_node.next_node.equal?(first)
end

p nested, long, deep, cyclic, defaults, changes, shared, objects
p [3, 1, 2].sort { |a, b| b <=> a }, [1, [2, [3]]].flatten, [1, 2, 3, 4].each_slice(2).to_h, %w[a b].product([1, 2])
p({ a: 1, b: 2 }.filter_map { |key, value| key if value > 1 }, { a: { b: 1 } }.dig(:a, :b), [nil, 1].compact, [*1..3, *nil])
p [1, 2, 3].each_with_index.select { |n, i| i.positive? }, { "k" => 1 }.sum { |_, v| v }, [[1, :a], [2, :b]].transpose
x = y = 1
hash = { x:, y: }
p hash, hash.any? { |key, value| value > 1 }, hash.each_with_object({}) { |(key, value), all| all[value] = key }
