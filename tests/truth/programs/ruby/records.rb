# Struct in its forms, Comparable, Enumerable, OpenStruct-like objects, Set.
require "set"

Point = Struct.new(:x, :y) do
  include Comparable

  def <=>(other) = x <=> other.x

  def moved(dx)
    self.class.new(x + dx, y)
  end
end

Options = Struct.new(:size, :color, keyword_init: true)

class Pair < Struct.new(:left, :right)
  def sum
    left + right
  end
end

class Numbers
  include Enumerable

  def initialize(*items)
    @items = items
  end

  def each
    return to_enum(:each) { @items.size } unless block_given?

    @items.each { |item| yield item }
    self
  end
end

point = Point.new(1, [2])
point.y << 3
other = point.moved(5)
p point, other, point < other, point == Point.new(1, [2, 3]), [other, point].min.x, point.to_a, point.to_h
x, y = *point
p x, y, point[:x], point["y"], point.dig(:y, 0)
options = Options.new(size: 3)
options.color = "red"
p options, options.to_h, options.members
pair = Pair.new(1, 2)
pair.left = 10
p pair.sum, pair.each.to_a, pair.eql?(Pair.new(10, 2)), pair.size
numbers = Numbers.new(3, 1, 2)
p numbers.sort, numbers.map { |n| n * 2 }, numbers.include?(2), numbers.reduce(:+), numbers.min_by { |n| -n }
p numbers.each_with_object([]) { |n, list| list << n }, numbers.first, numbers.first(2), numbers.each_cons(2).to_a
p numbers.partition(&:odd?), numbers.group_by { |n| n > 1 }, numbers.zip([1, 2, 3]), numbers.each.size, numbers.to_set.size
p numbers.lazy.map { |n| n + 1 }.select(&:even?).to_a, numbers.each_entry.to_a, numbers.tally, numbers.sum { |n| n.to_f }
letters = Set.new(%w[a b])
letters << "c" << "a"
more = letters | Set["d"]
p letters.size, more.include?("d"), more - letters, letters.subset?(more), Set[1, [2]].to_a
