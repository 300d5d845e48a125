# Pattern matching: values, arrays, hashes, find pattern, guards, pin, deconstruct, alternatives, one-line forms.
class Point
  attr_reader :x, :y

  def initialize(x, y)
    @x = x
    @y = y
  end

  def deconstruct
    [x, y]
  end

  def deconstruct_keys(keys)
    { x: x, y: y }
  end
end

def kind(thing)
  case thing
  in Integer | Float => number if number.negative?
    "negative #{number}"
  in 0
    "zero"
  in Integer
    "integer"
  in String => text unless text.empty?
    "text #{text}"
  in []
    "nothing"
  in [one]
    "one #{one}"
  in [Integer => first, *rest, Integer => last]
    "#{first}..#{last} with #{rest}"
  in [*, :needle, after, *]
    "needle before #{after}"
  in { type: :circle, r: }
    "circle #{r}"
  in { name: String => name, **nil }
    "only #{name}"
  in { name:, **others }
    "#{name} and #{others}"
  in Point[0, 0]
    "origin"
  in Point(x:, y:)
    "point #{x} #{y}"
  in nil
    "nil"
  in ->(n) { n == :special }
    "special"
  else
    "other"
  end
end

[0, -2, 7, 2.5, "abc", "", [], [5], [1, 2, 3], [:a, :needle, "x", 1], { type: :circle, r: 2 }, { name: "n" },
 { name: "n", age: 3 }, Point.new(0, 0), Point.new(1, 2), nil, :special, :plain].each { |thing| puts kind(thing) }
config = { db: { user: "ada", ports: [1, 2] } }
config => { db: { user:, ports: [first, *] } }
p user, first
p((config in { db: { user: Integer } }))
expected = 5
case [5, 5]
in [^expected, n]
  p n
end
begin
  case 3
  in String then 1
  end
rescue NoMatchingPatternError => e
  p e.message
end
case 7
when 1..5 then puts "low"
when 6..., Float then puts "high"
end
case "word"
when /^w(.)/ then puts $1
end
value = case when expected > 4 then :big else :small end
p value
