# Integers of all sizes, floats at their edges, rationals, complex numbers, ranges, conversions.
def integers
  small = 2**31
  edge = 2**62 - 1
  over = 2**62
  long = 2**63 - 1
  beyond = 2**63
  low = -(2**63)
  under = low - 1
  big = 3**200
  negative = -big
  [small, edge, over, long, beyond, low, under, big, negative]
end

def floats
  tenth = 0.1
  tiny = Float::MIN
  huge = Float::MAX
  infinite = Float::INFINITY
  minus = -infinite
  nothing = Float::NAN
  zero = -0.0
  whole = 1e22
  [tenth, tiny, huge, infinite, minus, nothing.nan?, zero, whole]
end

def others
  half = 1r / 2
  complex = Complex(1, 2)
  imaginary = 3i
  range = (1..5)
  open = (1..)
  exclusive = ("a"...)
  none = nil
  truth = [true, false]
  [half + 1, complex * imaginary, range.sum, open.first(2), exclusive.begin, none.to_a, truth]
end

p integers, floats, others
p 7 / 2, -7 / 2, 7 % -3, 7.fdiv(2), 7.divmod(2), 2**-1, 10.digits, 255.to_s(2), 1_000, 0b11, 0o17, 0xff
p 3.7.floor, 3.2.ceil, 3.5.round, -3.5.round, 3.14159.round(2), 1234.round(-2), 10.pow(3, 7), 5.bit_length, 6.gcd(4)
p (1..10).step(3).to_a, 1.0.step(2.0, 0.5).to_a, ("a".."e").include?("c"), (1...10) === 10, Integer.sqrt(17)
p Integer("0x1f", 16), Float("1.5"), "12abc".to_i, "x".to_f, "3/4".to_r, 0.1 + 0.2 == 0.3, 0.1r + 0.2r == 0.3r
