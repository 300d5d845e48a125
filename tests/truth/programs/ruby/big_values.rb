# Values that would fill the trace at every line if all of them were shown.
require "set"

Cell = Struct.new(:row, :column)

class Point
  def initialize(row, column)
    @row = row
    @column = column
  end
end

def first_of(cube)
  cube[0][0][0]
end

numbers = (0...100).to_a
puts first_of([[numbers] * 100] * 100)
cells = [[Cell.new(1, 2), Point.new(3, numbers), 4..5, Rational(6, 7)] * 10] * 60
puts cells[2][0].row
tables = numbers.zip([numbers.zip([[1, 2]] * 100).to_h] * 100).to_h
puts tables[4][5]
groups = [Set[1], [2]] * 700
puts groups.size
levels = [[[[[[7] * 8] * 8] * 8] * 8] * 8] * 8
puts levels.size
