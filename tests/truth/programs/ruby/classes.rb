# Classes: inheritance, super chains, accessors, operators, visibility, singleton methods, reopening, comparison.
class Shape
  attr_accessor :name
  attr_reader :scale

  def initialize(name, scale: 1)
    @name = name
    @scale = scale
  end

  def scale=(value)
    raise ArgumentError, "scale must be positive" unless value.positive?

    @scale = value
  end

  def area
    raise NotImplementedError, "#{self.class} has no area"
  end

  def to_s = "#{self.class.name}(#{name})"
end

class Square < Shape
  def initialize(side, **options)
    super("square", **options)
    @side = side
  end

  def area
    (@side * scale)**2
  end
end

class Cube < Square
  def initialize(*)
    super
    self.name = "cube"
  end

  def area
    super * 6
  end

  def self.unit = new(1)
end

class Vector
  include Comparable
  attr_reader :x, :y

  def initialize(x, y)
    @x, @y = x, y
  end

  def +(other) = Vector.new(x + other.x, y + other.y)

  def -@ = Vector.new(-x, -y)

  def *(factor)
    Vector.new(x * factor, y * factor)
  end

  def [](index)
    [x, y][index]
  end

  def []=(index, value)
    index.zero? ? @x = value : @y = value
  end

  def ==(other) = other.is_a?(Vector) && x == other.x && y == other.y
  alias eql? ==

  def hash = x * 31 + y

  def <=>(other)
    length <=> other.length
  end

  def coerce(number)
    [self, number]
  end

  def to_proc = ->(n) { n * x }

  def !~(other) = "not #{other}"

  def call(a) = a + x

  protected

  def length = x * x + y * y

  private

  def secret = :hidden
end

class Integer
  def doubled
    self * 2
  end
end

square = Square.new(3, scale: 2)
p square.area, square.to_s, "#{square}"
square.scale = 5
begin
  square.scale = -1
rescue ArgumentError => e
  puts e.message
end
begin
  Shape.new("none").area
rescue NotImplementedError => e
  puts e.message
end
cube = Cube.new(2)
p cube.area, cube.name, Cube.unit.area, Cube.ancestors.take(3)
v = Vector.new(1, 2)
w = v + v * 2
w[0] = 7
p w[0], w[1], -v == Vector.new(-1, -2), v < w, [w, v].min.x, v.clamp(v, w).x, { v => 1 }[Vector.new(1, 2)]
p [1, 2].map(&v), v.(4), v !~ 3, (2 * v).x
begin
  v.secret
rescue NoMethodError => e
  p e.name
end
begin
  v.length
rescue NoMethodError => e
  p e.name
end
def square.special
  "only #{name}"
end
p square.special, square.singleton_methods, 4.doubled, v.send(:secret)
class Square
  alias old_area area
  def area = old_area + 1
  undef_method :name=
end
p Square.new(1).area, Square.method_defined?(:name=), Square.instance_method(:area).owner
copy = square.dup
p copy.area, copy.frozen?, square.freeze.frozen?
begin
  square.scale = 3
rescue FrozenError => e
  p e.class
end
